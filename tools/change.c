// SPDX-License-Identifier: GPL-2.0-only
/*
 * Legs that come and go, and options that change, while a device is in use.
 */
#include "mend.h"
#include "options.h"
#include "wipe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/**
 * struct change - what is to become of a table
 * @look: the device before
 * @threshold: how many legs have to agree
 * @index: which leg
 * @path: what takes its place
 * @major: its number
 * @minor: its number
 * @offset: where the data starts on that
 * @fresh: nothing on that is of use
 * @options: what to set
 */
struct change {
	struct look look;
	u64 threshold;
	unsigned int index;
	char *path;
	unsigned int major;
	unsigned int minor;
	u64 offset;
	bool fresh;
	const struct words *options;
};

/* Nobody else is at work on it, so a call that was killed left it so. */
static void mend_suspended(const struct look *look)
{
	if (!look->device.suspended || manner.dry_run)
		return;
	warn("%s was suspended, perhaps by a call that was killed: it is resumed.",
	     look->device.name);
	dm_resume(look->device.name, look->device.read_only ? DM_READ_ONLY : 0);
}

/* One call at a time for each set, whatever it is called. */
int begin_change(const char *name, struct look *look)
{
	int r = need_target();

	memset(look, 0, sizeof(*look));
	if (!r)
		r = look_at(name, look);
	if (!r)
		r = lock_name(look->status.has_set ? look->status.uuid :
						     look->device.name);
	if (r)
		return r;
	mend_suspended(look);
	/* As it is now that nobody else changes it. */
	look_free(look);
	return look_at(name, look);
}

static int run_change(const struct args *args,
		      int (*act)(struct change *change,
				 const struct args *args))
{
	struct change change = { };
	int r = begin_change(args->word[0], &change.look);

	if (!r)
		r = act(&change, args);
	look_free(&change.look);
	free(change.path);
	return r;
}

/*
 * The new leg.
 */

/* Where the data starts on the others. */
static u64 offset_of(const struct look *look)
{
	unsigned int i;

	for (i = 0; i < look->table.nr_legs; i++)
		if (strcmp(look->table.leg[i].device, "-"))
			return look->table.leg[i].offset;
	return 0;
}

static int check_size(const struct change *change, const struct leg *leg)
{
	u64 needed = change->offset + change->look.length;

	if (leg->sectors < needed)
		return fail(END_DEVICE,
			    "%s: Is too small: %llu sectors, %llu needed.",
			    leg->path, leg->sectors, needed);
	if (leg->sectors < needed + LEG_TAIL)
		warn("%s has less than 1 MiB behind the data: what is at its end may be taken for its own.",
		     leg->path);
	return 0;
}

static int check_blocks(const struct change *change, const struct leg *leg)
{
	char *block = sysfs_text(change->look.device.major,
				 change->look.device.minor,
				 "queue/logical_block_size");
	u64 bytes = 0;
	int r = 0;

	if (block && parse_number(block, &bytes) && leg->block > bytes)
		r = fail(END_DEVICE,
			 "%s: Has logical blocks of %u bytes, %s of %llu: take a disk with these (512e).",
			 leg->path, leg->block, change->look.device.name,
			 bytes);
	free(block);
	return r;
}

/*
 * One that is in use by the device itself is no new one.  Sets what the table
 * will call it.
 */
static int check_own(struct change *change, const char *path)
{
	struct leg leg;
	unsigned int i;
	char *number;
	int r = leg_open(&leg, path, LEG_READ);

	number = text("%u:%u", leg.major, leg.minor);
	for (i = 0; !r && i < change->look.status.nr_legs; i++)
		if (!strcmp(change->look.status.leg[i].device, number))
			r = fail(END_DEVICE, "%s: Is leg %u of %s already.",
				 path, i, change->look.device.name);
	if (!r && leg.major == change->look.device.major &&
	    leg.minor == change->look.device.minor)
		r = fail(END_DEVICE, "%s: Is the device itself.", path);
	free(number);
	change->path = must(strdup(leg.path));
	change->major = leg.major;
	change->minor = leg.minor;
	leg_free(&leg);
	return r;
}

/* What is on it is lost, so the user is asked if there is something. */
static int wipe_new(const struct change *change, struct leg *leg)
{
	char *question;
	int r = 0;

	if (check_content(leg)) {
		question = text("What is on %s will be lost.", leg->path);
		r = ask(question);
		free(question);
	}
	if (r)
		return r;
	if (!manner.dry_run)
		lock_disk(leg);
	return wipe_ends(leg, change->offset);
}

static int prepare(struct change *change)
{
	unsigned int flags = manner.dry_run ? LEG_READ :
					      LEG_WRITE | LEG_ALONE;
	struct leg leg = { .fd = -1 };
	int r = leg_open(&leg, change->path, flags);

	if (!r)
		r = check_size(change, &leg);
	if (!r)
		r = check_blocks(change, &leg);
	if (!r)
		r = wipe_new(change, &leg);
	leg_free(&leg);
	return r;
}

static void tell_rebuilt(const struct change *change)
{
	if (manner.dry_run)
		return;
	if (change->look.status.has_set)
		sysfs_tell_udev(change->major, change->minor,
				change->look.status.uuid);
	say("%s: Leg %u is being rebuilt on %s.", change->look.device.name,
	    change->index, change->path);
	if (!manner.batch)
		say("Next: %s wait --until in-sync %s", PROGRAM,
		    change->look.device.name);
}

/*
 * Another leg in the place of one.
 */

static int put_leg(struct table *table, void *context)
{
	struct change *change = context;

	if (change->index >= table->nr_legs)
		return END_BUSY;
	table_set_leg(table, change->index, change->path, change->offset);
	if (!change->fresh)
		table_trust(table, change->index);
	else if (!table_rebuild(table, change->index))
		return END_PARAMETERS;
	return 0;
}

/* A member that was away knows what it missed. */
static bool is_back(const struct change *change)
{
	struct scan scan = { };
	struct set *set = NULL;
	struct leg leg;
	bool back = false;

	if (change->look.status.has_set &&
	    !strcmp(change->look.table.leg[change->index].device, "-") &&
	    !scan_all(&scan)) {
		scan_sort(&scan);
		set = scan_uuid(&scan, change->look.status.uuid);
	}
	if (!leg_open(&leg, change->path, LEG_READ | LEG_QUIET) && set &&
	    set->leg[change->index])
		back = leg_is_same(&leg, set->leg[change->index]);
	leg_free(&leg);
	scan_free(&scan);
	return back;
}

static int do_replace(struct change *change, const struct args *args)
{
	u64 index;
	int r;

	if (!parse_number(args->word[1], &index) ||
	    index >= change->look.table.nr_legs)
		return fail(END_PARAMETERS,
			    "%s: There is no leg %s: they are 0 to %u.",
			    args->word[0], args->word[1],
			    change->look.table.nr_legs - 1);
	change->index = index;
	change->offset = change->look.table.leg[index].offset;
	if (!strcmp(change->look.table.leg[index].device, "-"))
		change->offset = offset_of(&change->look);
	r = options_sectors(args, OPT_OFFSET, &change->offset);
	if (!r)
		r = check_own(change, args->word[2]);
	if (r)
		return r;
	change->fresh = !is_back(change);
	if (change->fresh)
		r = prepare(change);
	if (!r)
		r = swap_table(args->word[0], put_leg, change);
	if (!r)
		tell_rebuilt(change);
	return r;
}

int run_replace(const struct args *args)
{
	return run_change(args, do_replace);
}

/*
 * One more.
 */

static int add_leg(struct table *table, void *context)
{
	struct change *change = context;

	if (change->index != table->nr_legs)
		return END_BUSY;
	if (!table_add_leg(table, change->path, change->offset) ||
	    !table_rebuild(table, change->index))
		return END_PARAMETERS;
	table->threshold = change->threshold;
	return 0;
}

static int get_threshold(struct change *change, const struct args *args,
			 unsigned int legs)
{
	int r;

	change->threshold = legs / 2 + 1;
	r = options_number(args, OPT_THRESHOLD, &change->threshold);
	if (!r && (!change->threshold || change->threshold > legs))
		r = fail(END_PARAMETERS, "-T %llu: Not from 1 to %u.",
			 change->threshold, legs);
	return r;
}

static int do_add(struct change *change, const struct args *args)
{
	unsigned int legs = change->look.table.nr_legs;
	int r;

	if (legs == TABLE_LEGS)
		return fail(END_PARAMETERS, "%s: Has %u legs already.",
			    args->word[0], legs);
	r = get_threshold(change, args, legs + 1);
	change->index = legs;
	change->offset = offset_of(&change->look);
	if (!r)
		r = options_sectors(args, OPT_OFFSET, &change->offset);
	if (!r)
		r = check_own(change, args->word[1]);
	if (!r)
		r = prepare(change);
	if (!r)
		r = swap_table(args->word[0], add_leg, change);
	if (!r)
		tell_rebuilt(change);
	return r;
}

int run_add(const struct args *args)
{
	return run_change(args, do_add);
}

/*
 * One less.
 */

static int drop_leg(struct table *table, void *context)
{
	struct change *change = context;

	if (table->nr_legs != change->look.table.nr_legs)
		return END_BUSY;
	table_drop_leg(table, change->index);
	table->threshold = change->threshold;
	return 0;
}

static int do_remove(struct change *change, const struct args *args)
{
	unsigned int legs = change->look.table.nr_legs;
	char *path;
	int r;

	if (legs == 1)
		return fail(END_FEW, "%s: Has no other leg.", args->word[0]);
	r = look_leg(&change->look, args->word[1], &change->index);
	if (!r)
		r = get_threshold(change, args, legs - 1);
	if (r)
		return r;
	path = look_leg_path(&change->look, change->index);
	r = swap_table(args->word[0], drop_leg, change);
	if (!r && !manner.dry_run) {
		say("%s: Leg %u, %s, is none any more; those behind it move up.",
		    args->word[0], change->index, path);
		if (change->look.status.has_set && strcmp(path, "-"))
			say("Next: %s erase %s", PROGRAM, path);
	}
	free(path);
	return r;
}

int run_remove(const struct args *args)
{
	return run_change(args, do_remove);
}

/*
 * Options.
 */

static int set_options(struct table *table, void *context)
{
	struct change *change = context;
	unsigned int i;

	for (i = 0; i < change->options->count; i++)
		if (!table_set_option(table, change->options->word[i]))
			return END_PARAMETERS;
	return 0;
}

/* Those that a message changes: what is held meanwhile need not wait. */
static int set_by_message(const struct change *change, const char *option)
{
	static const char name[] = "queue_if_no_quorum=";
	char *message = NULL;
	int r = -EINVAL;

	if (!strncmp(option, name, strlen(name)))
		message = text("queue_if_no_quorum %s", option + strlen(name));
	else if (!strcmp(option, "fail_if_no_quorum"))
		message = must(strdup(option));
	if (message)
		r = tell(change->look.device.name, message, NULL);
	free(message);
	return r;
}

static int do_set(struct change *change, const struct args *args)
{
	struct words left = { };
	struct table trial;
	char *params;
	unsigned int i;
	int r;

	for (i = 0; i < args->options.count; i++)
		if (set_by_message(change, args->options.word[i]))
			left.word[left.count++] = args->options.word[i];
	if (!left.count)
		return 0;
	change->options = &left;
	/* What cannot be done at all need not stop the device. */
	params = table_text(&change->look.table);
	table_parse(&trial, params);
	r = set_options(&trial, change);
	table_free(&trial);
	free(params);
	if (r)
		return fail(r, "%s: Such an option cannot be set, or is not there to be taken away.",
			    args->word[0]);
	return swap_table(args->word[0], set_options, change);
}

int run_set(const struct args *args)
{
	if (!args->options.count)
		return fail(END_PARAMETERS, "It is: %s set %s", PROGRAM,
			    args->verb->usage);
	return run_change(args, do_set);
}
