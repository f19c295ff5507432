// SPDX-License-Identifier: GPL-2.0-only
/*
 * Another table for a device in use.
 *
 * While it is suspended, whatever needs it stands still: this program must not.
 * So all memory is locked, and nothing is said.
 */
#include "act.h"
#include "kmsg.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

/* Room for what libdevmapper takes, so that the heap need not grow. */
#define RESERVE		(1024 * 1024)

static void lock_memory(void)
{
	char *reserve = must(malloc(RESERVE));

	memset(reserve, 1, RESERVE);
	free(reserve);
	/* Without it works, too, unless the device is the one to swap to. */
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		debug("memory cannot be locked: %s", strerror(errno));
}

/* As the device is suspended: no leg can fail any more. */
static int read_table(const char *name, struct dm_line *line,
		      struct table *table)
{
	int r = dm_table(name, line);

	if (!r && !table_parse(table, line->params))
		r = -EBADMSG;
	return r;
}

/* A table that was not taken when it came into use has replaced the old one. */
static void take_back(const char *name, const struct dm_line *old,
		      unsigned int flags)
{
	dm_load(name, old, flags);
	if (dm_resume(name, flags))
		debug("the old table of %s could not be resumed", name);
}

static int load_changed(const char *name, const struct dm_line *old,
			const char *params, unsigned int flags)
{
	struct dm_line new = *old;
	int r;

	new.params = (char *)params;
	r = dm_load(name, &new, flags);
	if (r) {
		dm_resume(name, flags);
		return r;
	}
	r = dm_resume(name, flags);
	if (r)
		take_back(name, old, flags);
	return r;
}

/**
 * struct swap - on its way
 * @name: the device
 * @flags: how it is resumed
 * @code: what @change said
 * @error: what dm said
 * @old: the table before
 * @params: the one behind
 */
struct swap {
	const char *name;
	unsigned int flags;
	int code;
	int error;
	struct dm_line old;
	char *params;
};

static void do_swap(struct swap *swap, swap_change change, void *context)
{
	struct table table = { };

	swap->error = dm_suspend(swap->name);
	if (swap->error)
		return;
	swap->error = read_table(swap->name, &swap->old, &table);
	if (!swap->error)
		swap->code = change(&table, context);
	if (swap->error || swap->code) {
		dm_resume(swap->name, swap->flags);
	} else {
		swap->params = table_text(&table);
		swap->error = load_changed(swap->name, &swap->old,
					   swap->params, swap->flags);
	}
	table_free(&table);
}

static int show_swap(struct swap *swap, swap_change change, void *context)
{
	struct table table = { };
	char *params;
	int r = read_table(swap->name, &swap->old, &table);

	if (r)
		return fail(code_of(r), "%s: %s.", swap->name, strerror(-r));
	r = change(&table, context);
	if (!r) {
		params = table_text(&table);
		would("dmsetup suspend --noflush --nolockfs '%s'",
		      swap->name);
		would("dmsetup load '%s' --table '%llu %llu %s %s'",
		      swap->name, swap->old.start, swap->old.length,
		      DM_TARGET, params);
		would("dmsetup resume '%s'", swap->name);
		free(params);
	}
	table_free(&table);
	free(swap->old.params);
	return r;
}

static int finish(struct swap *swap, struct kmsg *log,
		  const struct dm_device *device)
{
	char *lines = kmsg_end(log, device->major, device->minor);
	int r = swap->code;

	if (swap->old.params)
		debug("old table: %s", swap->old.params);
	if (swap->params)
		debug("new table: %s", swap->params);
	if (!r && swap->error)
		r = refused(swap->name, swap->error, lines);
	if (r)
		hint("%s goes on as it was", swap->name);
	free(lines);
	free(swap->old.params);
	free(swap->params);
	return r;
}

/**
 * swap_table() - change the table of a device in use
 * @name: the device
 * @change: changes it; may allocate, and must not say anything
 * @context: for that
 *
 * On any failure the old table is in use again.
 */
int swap_table(const char *name, swap_change change, void *context)
{
	struct swap swap = { .name = name };
	struct dm_device device;
	struct kmsg log;
	int r = dm_look(name, &device);

	if (r)
		return fail(code_of(r), "%s: %s.", name, strerror(-r));
	if (device.read_only)
		swap.flags = DM_READ_ONLY;
	if (manner.dry_run)
		return show_swap(&swap, change, context);
	kmsg_begin(&log);
	lock_memory();
	do_swap(&swap, change, context);
	munlockall();
	return finish(&swap, &log, &device);
}
