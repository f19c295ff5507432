// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets put into use, and out of it.
 */
#include "open.h"
#include "tab.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <uuid/uuid.h>

/*
 * A set that is in use gets the legs back that it had to do without.
 */

/**
 * struct comeback - legs that are back
 * @set: what there is
 * @count: how many were put in
 */
struct comeback {
	const struct set *set;
	unsigned int count;
};

static int put_back(struct table *table, void *context)
{
	struct comeback *comeback = context;
	unsigned int i;

	comeback->count = 0;
	for (i = 0; i < table->nr_legs && i < comeback->set->nr_legs; i++) {
		const struct leg *leg = comeback->set->leg[i];

		if (!leg || strcmp(table->leg[i].device, "-"))
			continue;
		table_set_leg(table, i, leg->path,
			      le64_to_cpu(leg_super(leg)->id.offset));
		comeback->count++;
	}
	return 0;
}

static unsigned int count_back(const struct look *look, const struct set *set)
{
	unsigned int i, count = 0;

	for (i = 0; i < look->table.nr_legs && i < set->nr_legs; i++)
		count += set->leg[i] &&
			 !strcmp(look->table.leg[i].device, "-");
	return count;
}

/* Sets @count to how many legs came back to a set in use. */
int open_again(const char *name, const struct set *set, unsigned int *count)
{
	struct comeback comeback = { .set = set };
	struct look look;
	int r = look_at(name, &look);

	*count = 0;
	if (!r && count_back(&look, set)) {
		r = swap_table(name, put_back, &comeback);
		*count = comeback.count;
		if (!r && !manner.dry_run)
			say("%s: %u %s back, and brought up to date.", name,
			    comeback.count,
			    comeback.count == 1 ? "leg is" : "legs are");
	}
	look_free(&look);
	return r;
}

/*
 * A set that is not.
 */

static int check_enough(const struct opening *opening, const struct set *set)
{
	unsigned int missing = set->nr_legs - set_present(set);
	char label[QUORUM_LABEL_SIZE + 1];

	snprintf(label, sizeof(label), "%s",
		 (const char *)set->super->id.label);
	if (!set_is_startable(set)) {
		fail(END_FEW,
		     "Set %s (%s): Too few legs: %u needed, %u here.",
		     set->uuid, label, set_needed(set), set_answering(set));
		set_explain_missing(set);
		set_explain_strays(set);
		hint("this cannot be overridden: what is missing may have newer data");
		return END_FEW;
	}
	if (missing && !opening->degraded) {
		fail(END_FEW, "Set %s (%s): %u of %u legs %s missing.",
		     set->uuid, label, missing, set->nr_legs,
		     missing == 1 ? "is" : "are");
		set_explain_missing(set);
		set_explain_strays(set);
		hint("try: open --degraded, to do without for now");
		return END_FEW;
	}
	return 0;
}

static int check_doubled(const struct set *set)
{
	unsigned int i;

	for (i = 0; i < set->nr_strays; i++) {
		if (set->stray_standing[i] != STANDING_DOUBLED)
			continue;
		return fail(END_DEVICE,
			    "Set %s: %s is a copy of another leg: detach one of them.",
			    set->uuid, set->stray[i]->path);
	}
	return 0;
}

static int add_options(struct table *table, const struct opening *opening)
{
	unsigned int i;

	for (i = 0; i < opening->nr_options; i++)
		if (!table_set_option(table, opening->option[i]))
			return fail(END_PARAMETERS, "-o %s: Cannot be set.",
				    opening->option[i]);
	return 0;
}

/**
 * open_set() - put a set into use
 * @opening: how
 * @set: which
 */
int open_set(const struct opening *opening, const struct set *set)
{
	char *uuid = make_dm_uuid(set->uuid, opening->name);
	struct table table = { };
	int r = check_doubled(set);

	if (!r)
		r = check_enough(opening, set);
	if (!r)
		r = set_table(set, &table);
	if (!r)
		r = add_options(&table, opening);
	if (!r)
		r = activate(opening->name, uuid,
			     le64_to_cpu(set->super->id.length), &table,
			     opening->readonly ? DM_READ_ONLY : 0);
	if (!r && manner.verbose)
		set_explain_strays(set);
	table_free(&table);
	free(uuid);
	return r;
}

/*
 * Which set is meant.
 */

static struct set *set_of_label(struct scan *scan, const char *label, int *r)
{
	unsigned int count;
	struct set *set = scan_label(scan, label, &count);

	if (count < 2)
		return set;
	*r = fail(END_DEVICE,
		  "LABEL=%s: There are %u such sets: name it by its UUID; see %s examine.",
		  label, count, PROGRAM);
	return NULL;
}

static const struct leg *leg_at(const struct scan *scan, const char *path)
{
	const struct leg *found = NULL;
	struct leg look;
	unsigned int i;

	if (!leg_open(&look, path, LEG_READ | LEG_FILE | LEG_QUIET))
		for (i = 0; i < scan->nr_legs && !found; i++)
			if (leg_is_same(scan->leg[i], &look))
				found = scan->leg[i];
	leg_free(&look);
	return found;
}

static int explain_no_leg(const char *path)
{
	struct leg leg;
	int r = leg_open(&leg, path, LEG_READ | LEG_FILE);

	if (!r) {
		leg_read_super(&leg);
		if (leg.answer.found == QUORUM_FOUND_UNKNOWN)
			r = fail(END_DEVICE,
				 "%s: Was made by a later version.", path);
		else
			r = fail(END_DEVICE, "%s: Is not a leg of a set.",
				 path);
	}
	leg_free(&leg);
	return r;
}

/* A leg that is none any more says what it was. */
static int check_standing(const struct set *set, const struct leg *leg)
{
	unsigned int i;

	for (i = 0; i < set->nr_strays; i++)
		if (set->stray[i] == leg &&
		    set->stray_standing[i] == STANDING_REPLACED)
			return fail(END_DEVICE,
				    "%s: Was replaced: it is no leg of the set %s any more.",
				    leg->path, set->uuid);
	return 0;
}

static int set_of_leg(struct scan *scan, const char *path, struct set **set)
{
	const struct leg *leg = leg_at(scan, path);
	char uuid[UUID_TEXT];

	if (!leg)
		return explain_no_leg(path);
	uuid_text(leg_super(leg)->id.set_uuid, uuid);
	*set = scan_uuid(scan, uuid);
	return *set ? check_standing(*set, leg) : explain_no_leg(path);
}

/**
 * find_set() - find the set that is meant
 * @scan: what there is
 * @word: UUID=, LABEL= or a leg
 * @set: set to it
 */
int find_set(struct scan *scan, const char *word, struct set **set)
{
	int r = 0;

	*set = NULL;
	if (!strncmp(word, "UUID=", 5))
		*set = scan_uuid(scan, word + 5);
	else if (!strncmp(word, "LABEL=", 6))
		*set = set_of_label(scan, word + 6, &r);
	else
		r = set_of_leg(scan, word, set);
	if (r || *set)
		return r;
	fail(END_DEVICE, "%s: There is no leg of such a set.", word);
	hint("see %s examine", PROGRAM);
	return END_DEVICE;
}

/* Legs that the user names are looked at even if the system lists none. */
int scan_for(struct scan *scan, char **words, int count)
{
	int i, r = 0;

	for (i = 0; i < count && !r; i++)
		if (strncmp(words[i], "UUID=", 5) &&
		    strncmp(words[i], "LABEL=", 6))
			r = scan_add(scan, words[i], LEG_READ |
				     (manner.dry_run ? LEG_FILE : 0));
	if (!r)
		r = scan_all(scan);
	if (!r)
		scan_sort(scan);
	return r;
}

static int find_one_set(struct scan *scan, char **words, int count,
			struct set **set)
{
	struct set *other;
	int i, r;

	r = find_set(scan, words[0], set);
	for (i = 1; i < count && !r; i++) {
		r = find_set(scan, words[i], &other);
		if (!r && other != *set)
			r = fail(END_DEVICE, "%s: Belongs to another set, %s.",
				 words[i], other->uuid);
	}
	return r;
}

/* One that is in use is not opened again. */
static int open_or_add(const struct opening *opening, const struct set *set)
{
	char *active = manner.dry_run ? NULL : look_active(set->uuid);
	unsigned int count = 0;
	int r;

	if (!active || opening->readonly) {
		free(active);
		return open_set(opening, set);
	}
	r = open_again(active, set, &count);
	if (!r && !count)
		r = fail(END_BUSY, "Set %s is already in use as %s.",
			 set->uuid, active);
	free(active);
	return r;
}

static int open_words(const struct opening *opening, char **words, int count)
{
	struct scan scan = { };
	struct set *set;
	int r = scan_for(&scan, words, count);

	if (!r)
		r = find_one_set(&scan, words, count, &set);
	if (!r)
		r = lock_name(set->uuid);
	if (!r)
		r = open_or_add(opening, set);
	scan_free(&scan);
	return r;
}

/* A name alone is one of the table. */
static int open_line(const struct tab_line *line, void *context)
{
	struct opening *opening = context;
	char *set = line->set;
	unsigned int i;

	if (strcmp(line->name, opening->name))
		return 0;
	opening->readonly |= line->readonly;
	for (i = 0; i < line->nr_options; i++)
		opening->option[opening->nr_options++] = line->option[i];
	opening->found = true;
	set[strcspn(set, ",")] = '\0';
	return open_words(opening, &set, 1);
}

static int open_named(struct opening *opening)
{
	int r = tab_each(open_line, opening);

	if (r || opening->found)
		return r;
	return fail(END_PARAMETERS, "%s: Of which set? %s has no such name.",
		    opening->name, TAB_PATH);
}

static void take_options(struct opening *opening, const struct args *args)
{
	opening->degraded = given(args, OPT_DEGRADED);
	opening->readonly = given(args, OPT_READONLY);
	opening->nr_options = args->options.count;
	memcpy(opening->option, args->options.word,
	       sizeof(args->options.word));
}

static int check_words(const struct args *args)
{
	static const enum option_id plain[] = {
		OPT_THRESHOLD, OPT_OFFSET, OPT_SIZE, OPT_REBUILD, OPT_SYNC,
		OPT_REGION_SIZE,
	};
	size_t i;

	for (i = 0; i < COUNT(plain); i++)
		if (given(args, plain[i]) && !given(args, OPT_NO_METADATA))
			return fail(END_PARAMETERS,
				    "A set with metadata knows its threshold, offset, size and what to rebuild.");
	if (given(args, OPT_SCAN) && given(args, OPT_NO_METADATA))
		return fail(END_PARAMETERS,
			    "--scan: Legs without metadata cannot be found.");
	if (!given(args, OPT_SCAN) && !args->count)
		return fail(END_PARAMETERS, "It is: %s open %s", PROGRAM,
			    args->verb->usage);
	return 0;
}

int run_open(const struct args *args)
{
	struct opening opening = { };
	int r = check_words(args);

	take_options(&opening, args);
	if (!r && !manner.dry_run)
		r = need_target();
	if (r)
		return r;
	if (given(args, OPT_SCAN))
		return open_scan(&opening, args->word, args->count);
	opening.name = args->word[0];
	r = check_name(opening.name);
	if (r)
		return r;
	if (given(args, OPT_NO_METADATA))
		return open_plain(&opening, args);
	if (args->count == 1)
		return open_named(&opening);
	return open_words(&opening, args->word + 1, args->count - 1);
}

int run_close(const struct args *args)
{
	const char *name = args->word[0];
	struct look look;
	int r = check_name(name);

	if (!r && !manner.dry_run)
		r = need_target();
	if (!r)
		r = lock_name(name);
	if (r)
		return r;
	/* What is left of an attempt to make one is ours to close, too. */
	if (!manner.dry_run) {
		r = look_at(name, &look);
		if (r && !look.device.live && look.device.name[0] &&
		    !strncmp(look.device.uuid, DM_UUID_PREFIX,
			     strlen(DM_UUID_PREFIX)))
			r = 0;
		look_free(&look);
	}
	return r ? r : deactivate(name, given(args, OPT_DEFERRED));
}
