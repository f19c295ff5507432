// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device comes, and goes.
 */
#include "act.h"
#include "kmsg.h"

#include <errno.h>
#include <stdlib.h>

int check_name(const char *name)
{
	if (is_good_name(name))
		return 0;
	return fail(END_PARAMETERS,
		    "\"%s\": Not a name for a device: 1 to 127 bytes without /.",
		    name);
}

/* dm has room for 128 bytes. */
char *make_dm_uuid(const char *set_uuid, const char *name)
{
	return text(DM_UUID_PREFIX "%s-%.80s", set_uuid ? set_uuid : "PLAIN",
		    name);
}

static int refuse_create(const char *name, int error)
{
	if (error == -EBUSY || error == -EEXIST)
		return fail(END_BUSY, "%s: Such a device is already there.",
			    name);
	return fail(code_of(error), "%s: Cannot be created: %s.", name,
		    strerror(-error));
}

/* Before anything is said, lest nobody be there to hear it. */
static int undo(const char *name, const struct dm_device *device, int error,
		struct kmsg *log)
{
	char *lines;
	int r;

	dm_remove(name, false);
	lines = kmsg_end(log, device->major, device->minor);
	r = refused(name, error, lines);
	free(lines);
	return r;
}

/* A call that was killed may have left one without a table. */
static bool remove_leftover(const char *name)
{
	struct dm_device device;

	if (dm_look(name, &device) || device.live || device.opens ||
	    strncmp(device.uuid, DM_UUID_PREFIX, strlen(DM_UUID_PREFIX)))
		return false;
	warn("%s was left behind by a call that was killed: it is removed.",
	     name);
	return !dm_remove(name, false);
}

static int do_activate(const char *name, const char *uuid,
		       const struct dm_line *line, unsigned int flags)
{
	struct dm_device device;
	struct kmsg log;
	int r;

	kmsg_begin(&log);
	r = dm_create(name, uuid, &device);
	if (r == -EBUSY && remove_leftover(name))
		r = dm_create(name, uuid, &device);
	if (r) {
		free(kmsg_end(&log, 0, 0));
		return refuse_create(name, r);
	}
	r = dm_load(name, line, flags);
	if (!r)
		r = dm_resume(name, flags);
	if (r)
		return undo(name, &device, r, &log);
	free(kmsg_end(&log, device.major, device.minor));
	return 0;
}

/**
 * activate() - make a device
 * @name: its name
 * @uuid: dm's for it
 * @length: its sectors
 * @table: and what is behind them
 * @flags: enum dm_resume_flags
 *
 * If that fails, there is no such device.
 */
int activate(const char *name, const char *uuid, u64 length,
	     const struct table *table, unsigned int flags)
{
	struct dm_line line = { .length = length };
	int r = 0;

	line.params = table_text(table);
	debug("table: 0 %llu %s %s", length, DM_TARGET, line.params);
	if (manner.dry_run)
		would("dmsetup create %s--uuid '%s' '%s' --table '0 %llu %s %s'",
		      flags & DM_READ_ONLY ? "--readonly " : "", uuid, name,
		      length, DM_TARGET, line.params);
	else
		r = do_activate(name, uuid, &line, flags);
	free(line.params);
	return r;
}

/* The opposite. */
int deactivate(const char *name, bool deferred)
{
	int r;

	if (manner.dry_run) {
		would("dmsetup remove %s'%s'", deferred ? "--deferred " : "",
		      name);
		return 0;
	}
	r = dm_remove(name, deferred);
	if (r == -ENXIO)
		return fail(END_DEVICE, "%s: There is no such device.", name);
	if (r == -EBUSY) {
		fail(END_BUSY, "%s: Is in use.", name);
		hint("see lsblk /dev/mapper/%s; or close it once it is not: --deferred",
		     name);
		return END_BUSY;
	}
	if (r)
		return fail(code_of(r), "%s: Cannot be removed: %s.", name,
			    strerror(-r));
	return 0;
}
