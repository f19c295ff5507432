// SPDX-License-Identifier: GPL-2.0-only
/*
 * A new set.
 *
 * Legs are zeroed first.  What is written on them then, the kernel writes: a
 * device that nobody sees is made of them, and taken away again.  Until that
 * there is no set, and behind it there is: nothing is ever half done.
 */
#include "act.h"
#include "options.h"
#include "wipe.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <uuid/uuid.h>

#define FORMAT_NAME	"quorumsetup-format-"
#define FORMAT_UUID	"QUORUM-FORMAT-"

/**
 * struct plan - the set to be made
 * @args: what the user said
 * @count: number of legs
 * @leg: these
 * @threshold: how many have to agree
 * @label: its name
 * @uuid: its UUID
 * @offset: where the data starts
 * @length: how much there is
 * @region: size of a region
 */
struct plan {
	const struct args *args;
	unsigned int count;
	struct leg leg[QUORUM_DISK_LEGS];
	unsigned int threshold;
	char *label;
	char uuid[UUID_TEXT];
	u64 offset;
	u64 length;
	u64 region;
};

/*
 * What the user said.
 */

static int plan_numbers(struct plan *plan)
{
	u64 threshold = plan->count / 2 + 1;
	int r = options_number(plan->args, OPT_THRESHOLD, &threshold);

	plan->region = MIB;
	if (!r)
		r = options_sectors(plan->args, OPT_REGION_SIZE,
				    &plan->region);
	if (r)
		return r;
	if (threshold <= plan->count / 2 || threshold > plan->count)
		return fail(END_PARAMETERS,
			    "-T %llu: Of %u legs, %u to %u have to agree.",
			    threshold, plan->count, plan->count / 2 + 1,
			    plan->count);
	if (plan->region > INT32_MAX || !is_power_of_2(plan->region))
		return fail(END_PARAMETERS,
			    "--region-size: Not a power of two.");
	plan->threshold = threshold;
	return 0;
}

static int plan_names(struct plan *plan)
{
	const char *label = plan->args->value[OPT_LABEL];
	const char *given_uuid = plan->args->value[OPT_UUID];
	uuid_t uuid;

	uuid_generate(uuid);
	if (given_uuid &&
	    (uuid_parse(given_uuid, uuid) || uuid_is_null(uuid)))
		return fail(END_PARAMETERS, "--uuid %s: Not a UUID.",
			    given_uuid);
	uuid_text(uuid, plan->uuid);
	if (label && !is_good_label(label))
		return fail(END_PARAMETERS,
			    "--label \"%s\": Not a label: 1 to 31 bytes, no blanks, / or \\.",
			    label);
	plan->label = label ? must(strdup(label)) :
			      text("quorum-%.8s", plan->uuid);
	return 0;
}

/*
 * Legs.
 */

/* Devices that a call that was killed has left behind may hold legs. */
static void mend_leftovers(void)
{
	struct dm_device *list;
	unsigned int count, i;

	if (access("/dev/mapper/control", R_OK | W_OK))
		return;
	dm_setup();
	if (dm_names(&list, &count))
		return;
	for (i = 0; i < count; i++) {
		const char *name = list[i].name;

		if (strncmp(name, FORMAT_NAME, strlen(FORMAT_NAME)) ||
		    !lock_try(name))
			continue;
		warn("%s was left behind by a format that was killed: it is removed.",
		     name);
		deactivate(name, false);
	}
	free(list);
}

static int open_leg(struct plan *plan, const char *path)
{
	struct leg *leg = &plan->leg[plan->count];
	unsigned int flags = LEG_WRITE | LEG_ALONE, i;
	struct leg look;
	int r;

	/* With a file it can only be tried. */
	if (manner.dry_run)
		flags = LEG_READ | LEG_FILE;
	/* One that is given twice would seem to be in use. */
	r = leg_open(&look, path, LEG_READ | LEG_FILE | LEG_QUIET);
	for (i = 0; !r && i < plan->count; i++)
		if (leg_is_same(&plan->leg[i], &look))
			r = fail(END_DEVICE, "%s: Is the same device as %s.",
				 path, plan->leg[i].path);
	leg_free(&look);
	if (r == END_DEVICE && i)
		return r;
	plan->count++;
	r = leg_open(leg, path, flags);
	if (!r && leg->read_only)
		r = fail(END_DEVICE, "%s: Is read-only.", path);
	if (!r && leg->block > QUORUM_DISK_UNIT)
		r = fail(END_DEVICE,
			 "%s: Has logical blocks of more than %u bytes.", path,
			 QUORUM_DISK_UNIT);
	return r;
}

static int open_legs(struct plan *plan)
{
	int i, r = 0;

	if (plan->args->count > QUORUM_DISK_LEGS)
		return fail(END_PARAMETERS, "There may be 1 to %u legs.",
			    QUORUM_DISK_LEGS);
	for (i = 0; i < plan->args->count && !r; i++)
		r = open_leg(plan, plan->args->word[i]);
	return r;
}

static void close_legs(struct plan *plan)
{
	unsigned int i;

	for (i = 0; i < plan->count; i++)
		leg_close(&plan->leg[i]);
}

static const struct leg *smallest(const struct plan *plan)
{
	const struct leg *least = &plan->leg[0];
	unsigned int i;

	for (i = 1; i < plan->count; i++)
		if (plan->leg[i].sectors < least->sectors)
			least = &plan->leg[i];
	return least;
}

/*
 * Where things are.
 */

/* Room for metadata, also if the device is to grow to twice its length. */
static u64 offset_for(const struct plan *plan, u64 length)
{
	u32 planes = quorum_planes_for(plan->count);
	struct quorum_layout layout;

	if (!quorum_layout(&layout, 2 * length, plan->region, planes) &&
	    !quorum_layout(&layout, length, plan->region, planes))
		return 0;
	return (layout.sectors + MIB - 1) / MIB * MIB;
}

static int check_offset(const struct plan *plan)
{
	struct quorum_layout layout;

	if (!quorum_layout(&layout, plan->length, plan->region,
			   quorum_planes_for(plan->count)))
		return fail(END_PARAMETERS,
			    "--region-size: Too small for a device of this length.");
	if (plan->offset < layout.sectors)
		return fail(END_PARAMETERS,
			    "--offset %llus: The metadata takes %u sectors.",
			    plan->offset, layout.sectors);
	if (plan->offset % QUORUM_DISK_SECTORS)
		return fail(END_PARAMETERS,
			    "--offset %llus: Not a multiple of %u sectors.",
			    plan->offset, QUORUM_DISK_SECTORS);
	return 0;
}

static int plan_layout(struct plan *plan)
{
	const struct leg *least = smallest(plan);
	u64 room;
	int r;

	plan->offset = offset_for(plan, least->sectors ? least->sectors : 1);
	r = options_sectors(plan->args, OPT_OFFSET, &plan->offset);
	if (r)
		return r;
	room = plan->offset + LEG_TAIL;
	plan->length = least->sectors > room ? least->sectors - room : 0;
	plan->length -= plan->length % QUORUM_DISK_SECTORS;
	r = options_sectors(plan->args, OPT_SIZE, &plan->length);
	if (r)
		return r;
	if (!plan->length && !given(plan->args, OPT_SIZE))
		return fail(END_DEVICE,
			    "%s: Is too small: %llu sectors, more than %llu needed.",
			    least->path, least->sectors, room);
	if (!plan->length || plan->length % QUORUM_DISK_SECTORS)
		return fail(END_PARAMETERS,
			    "--size: Not a multiple of %u sectors.",
			    QUORUM_DISK_SECTORS);
	if (least->sectors < room || plan->length > least->sectors - room)
		return fail(END_DEVICE,
			    "%s: Is too small: %llu sectors, %llu needed.",
			    least->path, least->sectors, room + plan->length);
	return check_offset(plan);
}

/*
 * What the user is to know before.
 */

static void warn_of_disks(const struct plan *plan)
{
	char *disk[QUORUM_DISK_LEGS];
	unsigned int a, b;

	for (b = 0; b < plan->count; b++) {
		disk[b] = plan->leg[b].file ? NULL :
			  sysfs_disk(plan->leg[b].major, plan->leg[b].minor);
		for (a = 0; a < b; a++)
			if (disk[a] && disk[b] && !strcmp(disk[a], disk[b]))
				break;
		if (a < b)
			warn("%s and %s are on one disk: if that fails, both do.",
			     plan->leg[a].path, plan->leg[b].path);
	}
	for (b = 0; b < plan->count; b++)
		free(disk[b]);
}

static int confirm(struct plan *plan)
{
	char *question;
	unsigned int i;
	int r;

	for (i = 0; i < plan->count; i++)
		check_content(&plan->leg[i]);
	warn_of_disks(plan);
	if (manner.dry_run)
		return 0;
	warn("What is on %s%s will be lost, and cannot be had back.",
	     plan->leg[0].path, plan->count > 1 ? " and the others" : "");
	question = text("A set of %u legs, %u of which have to agree: %s.",
			plan->count, plan->threshold, plan->label);
	r = ask(question);
	free(question);
	return r;
}

/*
 * Making it.
 */

static void make_table(const struct plan *plan, struct table *table)
{
	unsigned int i;

	memset(table, 0, sizeof(*table));
	table->threshold = plan->threshold;
	for (i = 0; i < plan->count; i++)
		table_add_leg(table, plan->leg[i].path, plan->offset);
	table_add_word(table, "metadata");
	table_add_word(table, plan->uuid);
	table_add_word(table, "label");
	table_add_word(table, plan->label);
	if (plan->region != MIB)
		table_add_number(table, "region_size", plan->region);
}

/* As if nothing had been tried. */
static void unmake(struct plan *plan)
{
	unsigned int i;

	for (i = 0; i < plan->count; i++) {
		struct leg leg;

		if (!leg_open(&leg, plan->leg[i].path,
			      LEG_WRITE | LEG_ALONE | LEG_QUIET))
			wipe_head(&leg, 0, plan->offset);
		leg_free(&leg);
	}
}

/* The kernel writes what is to be on the legs. */
static int make_set(struct plan *plan)
{
	char *name = text(FORMAT_NAME "%.8s", plan->uuid);
	char *uuid = text(FORMAT_UUID "%s", plan->uuid);
	struct table table;
	int r, gone;

	make_table(plan, &table);
	r = lock_name(name);
	if (!r)
		r = activate(name, uuid, plan->length, &table, DM_PRIVATE);
	if (!r) {
		gone = deactivate(name, false);
		r = interrupted() ? END_INTERRUPTED : gone;
	}
	if (r && !manner.dry_run && !given(plan->args, OPT_NO_WIPE))
		unmake(plan);
	table_free(&table);
	free(uuid);
	free(name);
	return r;
}

static int blank(struct plan *plan)
{
	unsigned int i;

	if (given(plan->args, OPT_NO_WIPE))
		return 0;
	for (i = 0; i < plan->count && !manner.dry_run; i++)
		lock_disk(&plan->leg[i]);
	return wipe_all(plan->leg, plan->count, plan->offset, plan->length);
}

static void tell_made(const struct plan *plan)
{
	char *size = show_sectors(plan->length);
	unsigned int i;

	for (i = 0; i < plan->count && !manner.dry_run; i++)
		sysfs_tell_udev(plan->leg[i].major, plan->leg[i].minor,
				plan->uuid);
	if (!manner.dry_run) {
		say("Set %s is made: %s, %u of %u, %s.", plan->uuid,
		    plan->label, plan->threshold, plan->count, size);
		if (!manner.batch)
			say("Next: %s open NAME %s", PROGRAM,
			    plan->leg[0].path);
	}
	free(size);
}

static int make(struct plan *plan)
{
	int r;

	if (!manner.dry_run)
		mend_leftovers();
	r = open_legs(plan);
	if (!r)
		r = plan_layout(plan);
	if (!r && !manner.dry_run)
		r = need_target();
	if (!r)
		r = confirm(plan);
	if (!r)
		r = blank(plan);
	close_legs(plan);
	if (!r)
		r = make_set(plan);
	if (r == END_INTERRUPTED)
		return fail(r, "Interrupted: there is no new set.");
	if (!r)
		tell_made(plan);
	return r;
}

int run_format(const struct args *args)
{
	struct plan plan = { .args = args };
	unsigned int i;
	int r;

	plan.count = args->count;
	r = plan_numbers(&plan);
	if (!r)
		r = plan_names(&plan);
	plan.count = 0;
	if (!r)
		r = make(&plan);
	for (i = 0; i < plan.count; i++)
		leg_free(&plan.leg[i]);
	free(plan.label);
	return r;
}
