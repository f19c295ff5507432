// SPDX-License-Identifier: GPL-2.0-only
/*
 * One call at a time for each device or set.
 */
#include "act.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FOLDER		"/run/lock/quorumsetup"
#define PATIENCE_MS	10000
#define PAUSE_MS	50

/* Other calls do not take long, but for format.  Returns 0 or an errno. */
static int wait_for(int fd)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	int left;

	for (left = PATIENCE_MS / PAUSE_MS; left; left--) {
		if (!flock(fd, LOCK_EX | LOCK_NB))
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return errno;
		if (interrupted())
			return EINTR;
		nanosleep(&pause, NULL);
	}
	return EBUSY;
}

static int open_lock(const char *name)
{
	char *path;
	int fd;

	mkdir("/run/lock", 0755);
	mkdir(FOLDER, 0700);
	path = text(FOLDER "/%s", name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	free(path);
	return fd;
}

/* Whether nobody else has it: then it is this call's. */
bool lock_try(const char *name)
{
	int fd = open_lock(name);

	if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB))
		return true;
	if (fd >= 0)
		close(fd);
	return false;
}

/**
 * lock_name() - have a device or a set for this call alone
 * @name: of the device, or UUID of the set
 *
 * It is given back when the program ends, however it does.
 */
int lock_name(const char *name)
{
	int fd, r;

	if (manner.dry_run)
		return 0;
	fd = open_lock(name);
	if (fd < 0)
		return fail(code_of(errno), "%s: Cannot be locked: %s.", name,
			    strerror(errno));
	r = wait_for(fd);
	if (!r)
		return 0;
	close(fd);
	if (r == EINTR)
		return END_INTERRUPTED;
	return fail(END_BUSY, "%s: Another %s is at work on it.", name,
		    PROGRAM);
}
