// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices in use, looked at and told something.
 */
#include "act.h"
#include "kmsg.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* What dm says of a device that is there. */
static int look_lines(const char *name, struct look *look)
{
	struct dm_line line;
	int r = dm_status(name, &line);

	if (!r && !status_parse(&look->status, line.params))
		r = -EBADMSG;
	free(line.params);
	if (r)
		return r;
	r = dm_table(name, &line);
	look->length = line.length;
	if (!r && !table_parse(&look->table, line.params))
		r = -EBADMSG;
	free(line.params);
	return r;
}

static int try_look(const char *name, struct look *look)
{
	int r;

	memset(look, 0, sizeof(*look));
	r = dm_look(name, &look->device);
	if (!r && !look->device.live)
		r = -ENODATA;
	return r ? r : look_lines(name, look);
}

bool look_quietly(const char *name, struct look *look)
{
	return !try_look(name, look);
}

/**
 * look_at() - find out all about a device
 * @name: its name
 * @look: set by this; to be freed whatever comes of it
 */
int look_at(const char *name, struct look *look)
{
	int r = try_look(name, look);

	switch (r) {
	case 0:
		return 0;
	case -ENXIO:
		return fail(END_DEVICE, "%s: There is no such device.", name);
	case -EINVAL:
		return fail(END_DEVICE, "%s: Is not a %s device.", name,
			    DM_TARGET);
	case -ENODATA:
		return fail(END_DEVICE, "%s: Has no table; %s close %s.", name,
			    PROGRAM, name);
	case -EBADMSG:
		return fail(END_REFUSED,
			    "%s: The kernel's answer is not understood.",
			    name);
	default:
		return fail(code_of(r), "%s: %s.", name, strerror(-r));
	}
}

void look_free(struct look *look)
{
	table_free(&look->table);
}

static bool is_ours(const char *name)
{
	struct dm_line line;
	bool ours = !dm_status(name, &line);

	free(line.params);
	return ours;
}

/* The names of all devices that are made of one such target. */
int look_all(char ***names, unsigned int *count)
{
	struct dm_device *list;
	unsigned int all, i;
	int r = dm_names(&list, &all);

	*names = NULL;
	*count = 0;
	if (r)
		return fail(code_of(r), "Cannot list devices: %s.",
			    strerror(-r));
	*names = must(calloc(all + 1, sizeof(**names)));
	for (i = 0; i < all; i++)
		if (list[i].live && is_ours(list[i].name))
			(*names)[(*count)++] = must(strdup(list[i].name));
	free(list);
	return 0;
}

void look_free_all(char **names, unsigned int count)
{
	while (count)
		free(names[--count]);
	free(names);
}

/* The name of the device that a set is in use as; NULL if it is not. */
char *look_active(const char *set_uuid)
{
	struct look look;
	char **names, *found = NULL;
	unsigned int count, i;

	if (look_all(&names, &count))
		return NULL;
	for (i = 0; i < count && !found; i++) {
		if (look_quietly(names[i], &look) && look.status.has_set &&
		    !strcasecmp(look.status.uuid, set_uuid))
			found = must(strdup(names[i]));
		look_free(&look);
	}
	look_free_all(names, count);
	return found;
}

/* What the user calls a leg: by its number, or its device. */
int look_leg(const struct look *look, const char *word, unsigned int *leg)
{
	char number[32] = "";
	struct stat st;
	u64 index;

	if (parse_number(word, &index)) {
		if (index < look->status.nr_legs) {
			*leg = index;
			return 0;
		}
		return fail(END_PARAMETERS,
			    "%s: There is no leg %s: they are 0 to %u.",
			    look->device.name, word,
			    look->status.nr_legs - 1);
	}
	if (!stat(word, &st) && S_ISBLK(st.st_mode))
		snprintf(number, sizeof(number), "%u:%u", major(st.st_rdev),
			 minor(st.st_rdev));
	for (*leg = 0; *leg < look->status.nr_legs; (*leg)++)
		if (!strcmp(look->status.leg[*leg].device, number))
			return 0;
	return fail(END_DEVICE, "%s: %s is none of its legs.",
		    look->device.name, word);
}

/* The path of a leg's device; "-" if there is none.  To be freed. */
char *look_leg_path(const struct look *look, unsigned int leg)
{
	const char *device = look->status.leg[leg].device;
	unsigned int major, minor;

	if (sscanf(device, "%u:%u", &major, &minor) != 2)
		return must(strdup(device));
	return sysfs_path(major, minor);
}

/* A message; returns 0 or a negative errno. */
int tell(const char *name, const char *message, char **answer)
{
	if (manner.dry_run && !answer) {
		would("dmsetup message '%s' 0 %s", name, message);
		return 0;
	}
	debug("message to %s: %s", name, message);
	return dm_message(name, 0, message, answer);
}

/* The same, and if it is refused, the user is told why. */
int tell_or_refuse(const struct look *look, const char *message)
{
	struct kmsg log;
	char *lines;
	int r, code;

	kmsg_begin(&log);
	r = tell(look->device.name, message, NULL);
	lines = kmsg_end(&log, look->device.major, look->device.minor);
	code = 0;
	if (r) {
		code = fail(r == -EBUSY ? END_BUSY : END_REFUSED,
			    "%s: %s: refused by the kernel: %s",
			    look->device.name, message, strerror(-r));
		if (*lines)
			hint("%.*s", (int)strcspn(lines, "\n"), lines);
	}
	free(lines);
	return code;
}
