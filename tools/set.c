// SPDX-License-Identifier: GPL-2.0-only
/*
 * Legs sorted into sets.
 *
 * The newest superblock says who the members are, as it does for the kernel,
 * which has the last word.
 */
#include "set.h"

#include <stdlib.h>
#include <uuid/uuid.h>

void uuid_text(const u8 *uuid, char made[UUID_TEXT])
{
	uuid_unparse_lower(uuid, made);
}

/*
 * Finding legs.
 */

static bool has_leg(const struct scan *scan, const struct leg *leg)
{
	unsigned int i;

	for (i = 0; i < scan->nr_legs; i++)
		if (leg_is_same(scan->leg[i], leg))
			return true;
	return false;
}

/* Whether something of the kind of multipath has it for itself. */
static bool is_a_path(const struct leg *leg)
{
	char *holder = leg->file ? NULL : sysfs_holder(leg->major, leg->minor);
	char *file = holder ? text("holders/%s/dm/uuid", holder) : NULL;
	char *uuid = file ? sysfs_text(leg->major, leg->minor, file) : NULL;
	bool is = uuid && !strncmp(uuid, "mpath-", 6);

	free(holder);
	free(file);
	free(uuid);
	return is;
}

/**
 * scan_add() - look at one more device
 * @scan: where it goes, if it is a leg
 * @path: of the device
 * @flags: how it is opened
 *
 * Return: 0, also if it is no leg; or the code to end with.
 */
int scan_add(struct scan *scan, const char *path, unsigned int flags)
{
	struct leg *leg = must(malloc(sizeof(*leg)));
	int r = leg_open(leg, path, flags);

	if (!r && !has_leg(scan, leg) && !is_a_path(leg) &&
	    !leg_read_super(leg) && leg_super(leg)) {
		scan->leg = must(reallocarray(scan->leg, scan->nr_legs + 1,
					      sizeof(*scan->leg)));
		scan->leg[scan->nr_legs++] = leg;
		leg_close(leg);
		return 0;
	}
	leg_free(leg);
	free(leg);
	return r;
}

static int add_block(const char *path, void *context)
{
	/* One that cannot be opened may still be one that is not needed. */
	scan_add(context, path, LEG_READ | LEG_QUIET);
	return 0;
}

/* All legs that the system has. */
int scan_all(struct scan *scan)
{
	return sysfs_each_block(add_block, scan);
}

void scan_free(struct scan *scan)
{
	unsigned int i;

	for (i = 0; i < scan->nr_legs; i++) {
		leg_free(scan->leg[i]);
		free(scan->leg[i]);
	}
	free(scan->leg);
	free(scan->set);
	memset(scan, 0, sizeof(*scan));
}

/*
 * Sorting them.
 */

static bool is_of(const struct leg *leg, const u8 *uuid)
{
	return !memcmp(leg_super(leg)->id.set_uuid, uuid, QUORUM_UUID_SIZE);
}

static bool is_newer(const struct leg *leg, const struct leg *than)
{
	if (leg->answer.found != than->answer.found)
		return leg->answer.found == QUORUM_FOUND_SUPER;
	return leg->answer.found == QUORUM_FOUND_SUPER &&
	       quorum_older(quorum_super_version(leg_super(than)),
			    quorum_super_version(leg_super(leg)));
}

static const struct leg *newest_of(const struct scan *scan, const u8 *uuid)
{
	const struct leg *newest = NULL;
	unsigned int i;

	for (i = 0; i < scan->nr_legs; i++)
		if (is_of(scan->leg[i], uuid) &&
		    (!newest || is_newer(scan->leg[i], newest)))
			newest = scan->leg[i];
	return newest;
}

static void add_stray(struct set *set, struct leg *leg, enum standing standing)
{
	if (set->nr_strays == QUORUM_DISK_LEGS)
		return;
	set->stray_standing[set->nr_strays] = standing;
	set->stray[set->nr_strays++] = leg;
}

/* Its place among the members; nr_legs if it has none. */
static unsigned int place_of(const struct set *set, const struct leg *leg)
{
	const struct quorum_disk_identity *id = &leg_super(leg)->id;
	unsigned int i;

	/* A set of damaged legs has nothing but what each says of itself. */
	if (quorum_super_check(set->super, le32_to_cpu(set->super->slot)) !=
	    QUORUM_FOUND_SUPER)
		return le32_to_cpu(id->leg);
	for (i = 0; i < set->nr_legs; i++)
		if (!memcmp(set->super->member[i].uuid, id->leg_uuid,
			    QUORUM_UUID_SIZE))
			break;
	return i;
}

static enum standing standing_of(const struct set *set, const struct leg *leg,
				 unsigned int place)
{
	const struct quorum_disk_member *member = &set->super->member[place];

	if (leg->answer.found != QUORUM_FOUND_SUPER ||
	    quorum_older(quorum_super_version(leg_super(leg)),
			 quorum_member_version(member)))
		return STANDING_DAMAGED;
	switch (le16_to_cpu(member->state)) {
	case QUORUM_MEMBER_IN:
		return STANDING_MEMBER;
	case QUORUM_MEMBER_BEHIND:
		return STANDING_BEHIND;
	default:
		return STANDING_REBUILD;
	}
}

/* Of a device and what is made of it, the latter is meant. */
static bool is_below(const struct leg *leg, const struct leg *top)
{
	return !leg->file && !top->file &&
	       sysfs_is_below(leg->major, leg->minor, top->major, top->minor);
}

static void put_leg(struct set *set, struct leg *leg)
{
	unsigned int place = place_of(set, leg);
	struct leg *other;

	if (place >= set->nr_legs) {
		add_stray(set, leg, STANDING_REPLACED);
		return;
	}
	other = set->leg[place];
	if (other && is_below(leg, other))
		return;
	if (other && !is_below(other, leg)) {
		add_stray(set, leg, STANDING_DOUBLED);
		return;
	}
	set->leg[place] = leg;
	set->standing[place] = standing_of(set, leg, place);
}

static void make_set(struct scan *scan, const struct leg *newest)
{
	const struct quorum_disk_super *super = leg_super(newest);
	struct set *set;
	unsigned int i;

	scan->set = must(reallocarray(scan->set, scan->nr_sets + 1,
				      sizeof(*scan->set)));
	set = &scan->set[scan->nr_sets++];
	memset(set, 0, sizeof(*set));
	uuid_text(super->id.set_uuid, set->uuid);
	set->super = super;
	set->nr_legs = le32_to_cpu(super->id.nr_legs);
	set->threshold = le32_to_cpu(super->id.threshold);
	for (i = 0; i < scan->nr_legs; i++)
		if (is_of(scan->leg[i], super->id.set_uuid))
			put_leg(set, scan->leg[i]);
}

static bool is_known_version(const struct leg *leg)
{
	return leg->answer.found != QUORUM_FOUND_UNKNOWN;
}

/* To be called once all legs are there, or anew when more are. */
void scan_sort(struct scan *scan)
{
	unsigned int i;

	free(scan->set);
	scan->set = NULL;
	scan->nr_sets = 0;
	for (i = 0; i < scan->nr_legs; i++) {
		const u8 *uuid = leg_super(scan->leg[i])->id.set_uuid;
		char name[UUID_TEXT];

		uuid_text(uuid, name);
		if (is_known_version(scan->leg[i]) && !scan_uuid(scan, name))
			make_set(scan, newest_of(scan, uuid));
	}
}

struct set *scan_uuid(struct scan *scan, const char *uuid)
{
	unsigned int i;

	for (i = 0; i < scan->nr_sets; i++)
		if (!strcasecmp(scan->set[i].uuid, uuid))
			return &scan->set[i];
	return NULL;
}

/* The last of the sets with a label, and how many there are. */
struct set *scan_label(struct scan *scan, const char *label,
		       unsigned int *count)
{
	struct set *found = NULL;
	unsigned int i;

	*count = 0;
	for (i = 0; i < scan->nr_sets; i++) {
		if (strcmp((const char *)scan->set[i].super->id.label, label))
			continue;
		found = &scan->set[i];
		(*count)++;
	}
	return found;
}

/*
 * What can be done with one.
 */

unsigned int set_present(const struct set *set)
{
	unsigned int i, count = 0;

	for (i = 0; i < set->nr_legs; i++)
		count += !!set->leg[i];
	return count;
}

/* Legs that can say what was acknowledged. */
unsigned int set_answering(const struct set *set)
{
	unsigned int i, count = 0;

	for (i = 0; i < set->nr_legs; i++)
		count += set->leg[i] && set->standing[i] != STANDING_DAMAGED;
	return count;
}

/* How many it takes: to agree, and to have seen what was acknowledged. */
unsigned int set_needed(const struct set *set)
{
	return max(set->threshold, set->nr_legs - set->threshold + 1);
}

bool set_is_startable(const struct set *set)
{
	return set_answering(set) >= set_needed(set);
}

const char *standing_text(enum standing standing)
{
	static const char *const texts[] = {
		[STANDING_MEMBER] = "here",
		[STANDING_BEHIND] = "here, behind the others",
		[STANDING_REBUILD] = "here, to be rebuilt",
		[STANDING_DAMAGED] =
			"here, but damaged or set back: to be rebuilt",
		[STANDING_REPLACED] = "replaced: no member any more",
		[STANDING_DOUBLED] = "there twice: a copy of another leg",
	};

	return texts[standing];
}

void set_explain_missing(const struct set *set)
{
	unsigned int i;

	for (i = 0; i < set->nr_legs; i++) {
		char uuid[UUID_TEXT];

		uuid_text(set->super->member[i].uuid, uuid);
		if (!set->leg[i])
			hint("leg %u (%s) is missing", i, uuid);
		else if (set->standing[i] == STANDING_DAMAGED)
			hint("leg %u, %s, is damaged or was set back", i,
			     set->leg[i]->path);
	}
}

void set_explain_strays(const struct set *set)
{
	unsigned int i;

	for (i = 0; i < set->nr_strays; i++)
		hint("%s is left out: %s", set->stray[i]->path,
		     standing_text(set->stray_standing[i]));
}

/* The table that puts a set into use.  To be freed whatever comes of it. */
int set_table(const struct set *set, struct table *table)
{
	u32 region = le32_to_cpu(set->super->id.region_sectors);
	unsigned int i;

	memset(table, 0, sizeof(*table));
	table->threshold = set->threshold;
	for (i = 0; i < set->nr_legs; i++) {
		const struct leg *leg = set->leg[i];

		table_add_leg(table, leg ? leg->path : "-", leg ?
			      le64_to_cpu(leg_super(leg)->id.offset) : 0);
	}
	table_add_word(table, "metadata");
	table_add_word(table, set->uuid);
	if (region != MIB)
		table_add_number(table, "region_size", region);
	return 0;
}
