// SPDX-License-Identifier: GPL-2.0-only
/*
 * Legs that know nothing of their set: the user has to.
 */
#include "open.h"

#include <stdlib.h>

/**
 * struct plain - what the user says
 * @offset: where the data starts
 * @length: how much there is
 * @table: what becomes of it
 */
struct plain {
	u64 offset;
	u64 length;
	struct table table;
};

/* The shortest leg says how long the device is. */
static int add_leg(struct plain *plain, const char *path, bool readonly)
{
	struct leg leg;
	u64 room;
	int r;

	if (!strcmp(path, "-"))
		return table_add_leg(&plain->table, "-", 0) ? 0 :
		       fail(END_PARAMETERS, "There may be 1 to 32 legs.");
	r = leg_open(&leg, path, LEG_READ | (manner.dry_run ? LEG_FILE : 0));
	if (!r && leg.read_only && !readonly)
		r = fail(END_DEVICE, "%s: Is read-only; see --readonly.",
			 path);
	if (!r && leg.sectors <= plain->offset)
		r = fail(END_DEVICE, "%s: Is too small: %llu sectors.", path,
			 leg.sectors);
	if (!r) {
		room = leg.sectors - plain->offset;
		room -= room % (leg.block / SECTOR);
		if (room < plain->length)
			plain->length = room;
		if (!table_add_leg(&plain->table, leg.path, plain->offset))
			r = fail(END_PARAMETERS, "There may be 1 to 32 legs.");
	}
	leg_free(&leg);
	return r;
}

static int add_legs(struct plain *plain, const struct args *args)
{
	int i, r = 0;

	plain->length = UINT64_MAX;
	for (i = 1; i < args->count && !r; i++)
		r = add_leg(plain, args->word[i], given(args, OPT_READONLY));
	if (!r && plain->length == UINT64_MAX)
		r = fail(END_PARAMETERS, "There is no leg.");
	return r;
}

/* What of it the kernel would refuse with fewer words. */
static int check_threshold(struct plain *plain, const struct args *args)
{
	unsigned int i, present = 0;
	u64 threshold = 0;
	int r = options_number(args, OPT_THRESHOLD, &threshold);

	if (r)
		return r;
	if (!given(args, OPT_THRESHOLD))
		return fail(END_PARAMETERS,
			    "How many legs have to agree? Say -T.");
	if (!threshold || threshold > plain->table.nr_legs)
		return fail(END_PARAMETERS,
			    "-T %llu: Not from 1 to the number of legs.",
			    threshold);
	plain->table.threshold = threshold;
	for (i = 0; i < plain->table.nr_legs; i++)
		present += !!strcmp(plain->table.leg[i].device, "-");
	if (present < threshold)
		return fail(END_FEW, "Too few legs: %llu needed, %u here.",
			    threshold, present);
	return 0;
}

static int add_rebuilds(struct plain *plain, const struct args *args)
{
	unsigned int i;
	u64 leg;

	for (i = 0; i < args->rebuild.count; i++) {
		if (!parse_number(args->rebuild.word[i], &leg) ||
		    leg >= plain->table.nr_legs)
			return fail(END_PARAMETERS,
				    "--rebuild %s: Not the number of a leg.",
				    args->rebuild.word[i]);
		table_rebuild(&plain->table, leg);
	}
	return 0;
}

static int add_words(struct plain *plain, const struct opening *opening,
		     const struct args *args)
{
	u64 region = 0;
	unsigned int i;
	int r = options_sectors(args, OPT_REGION_SIZE, &region);

	if (!r)
		r = add_rebuilds(plain, args);
	if (!r && region)
		table_add_number(&plain->table, "region_size", region);
	if (!r && given(args, OPT_SYNC))
		table_add_word(&plain->table, "sync");
	for (i = 0; i < opening->nr_options && !r; i++)
		if (!table_set_option(&plain->table, opening->option[i]))
			r = fail(END_PARAMETERS, "-o %s: Cannot be set.",
				 opening->option[i]);
	return r;
}

/* If the kernel finds the legs too small, a smaller size may do. */
static int explain(int r, const struct plain *plain, const struct args *args)
{
	if (r == END_REFUSED && given(args, OPT_SIZE))
		hint("--size was %llus", plain->length);
	return r;
}

/**
 * open_plain() - make a device without metadata
 * @opening: how
 * @args: what the user said
 */
int open_plain(const struct opening *opening, const struct args *args)
{
	char *uuid = make_dm_uuid(NULL, opening->name);
	struct plain plain = { };
	int r = options_sectors(args, OPT_OFFSET, &plain.offset);

	if (!r)
		r = add_legs(&plain, args);
	if (!r)
		r = options_sectors(args, OPT_SIZE, &plain.length);
	if (!r)
		r = check_threshold(&plain, args);
	if (!r)
		r = add_words(&plain, opening, args);
	if (!r)
		r = lock_name(opening->name);
	if (!r)
		r = explain(activate(opening->name, uuid, plain.length,
				     &plain.table, opening->readonly ?
				     DM_READ_ONLY : 0), &plain, args);
	table_free(&plain.table);
	free(uuid);
	return r;
}
