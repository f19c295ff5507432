// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events of device-mapper, for all devices at once.
 *
 * libdevmapper hides its file, and it is the file that is armed: so this is one
 * of our own.
 */
#include "events.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DEAF_MS		1000

/* Returns 0 or an errno. */
int events_open(struct events *events)
{
	events->deaf = false;
	events->fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
	return events->fd < 0 ? errno : 0;
}

/* What happens from now on ends the next wait. */
void events_arm(struct events *events)
{
	struct dm_ioctl request = {
		.version = { 4, 37, 0 },
		.data_size = sizeof(request),
		.data_start = sizeof(request),
	};

	if (ioctl(events->fd, DM_DEV_ARM_POLL, &request))
		events->deaf = true;
}

/* -1 is for ever.  A signal ends it, too. */
void events_wait(struct events *events, int milliseconds)
{
	struct pollfd poll_fd = { .fd = events->fd, .events = POLLIN };

	if (events->deaf && (milliseconds < 0 || milliseconds > DEAF_MS))
		milliseconds = DEAF_MS;
	if (!interrupted())
		poll(&poll_fd, events->deaf ? 0 : 1, milliseconds);
}

void events_close(struct events *events)
{
	if (events->fd >= 0)
		close(events->fd);
}
