// SPDX-License-Identifier: GPL-2.0-only
/*
 * All sets that there are, opened; or one, by whatever name the table gives it.
 *
 * That there is nothing to do is no failure: this is called when legs come.
 */
#include "open.h"
#include "tab.h"

#include <stdlib.h>

/**
 * struct found - the line of the table about a set
 * @set: which
 * @opening: how it is to be opened, of which the table may change a copy
 * @skip: not by itself
 * @name: as what; to be freed
 * @option: of the line, to be freed
 * @nr_options: how many
 */
struct found {
	const struct set *set;
	struct opening opening;
	bool skip;
	char *name;
	char *option[32];
	unsigned int nr_options;
};

static int take_line(const struct tab_line *line, void *context)
{
	struct found *found = context;
	unsigned int i;

	if (!tab_means(line, found->set))
		return 0;
	found->name = must(strdup(line->name));
	found->skip = line->noauto;
	if (line->degraded == TAB_NEVER)
		found->opening.degraded = false;
	found->opening.readonly |= line->readonly;
	for (i = 0; i < line->nr_options; i++) {
		char *option = must(strdup(line->option[i]));

		found->option[found->nr_options++] = option;
		found->opening.option[found->opening.nr_options++] = option;
	}
	return 1;
}

/* Without a line, the label; or what is the same on every machine. */
static char *own_name(const struct set *set)
{
	const char *label = (const char *)set->super->id.label;

	return is_good_label(label) ? must(strdup(label)) :
				      text("quorum-%.8s", set->uuid);
}

static bool is_taken(const char *name)
{
	struct dm_device device;

	return !manner.dry_run && !dm_look(name, &device);
}

static int open_found(struct found *found)
{
	char *active = manner.dry_run ? NULL : look_active(found->set->uuid);
	unsigned int count;
	int r;

	if (active) {
		r = open_again(active, found->set, &count);
	} else if (is_taken(found->name)) {
		found->opening.name = text("%s-%.8s", found->name,
					   found->set->uuid);
		r = open_set(&found->opening, found->set);
		free((char *)found->opening.name);
	} else {
		found->opening.name = found->name;
		r = open_set(&found->opening, found->set);
	}
	free(active);
	return r;
}

static int open_one(const struct opening *opening, const struct set *set,
		    bool asked_for)
{
	struct found found = { .set = set, .opening = *opening };
	int r = 0;

	tab_each(take_line, &found);
	if (!found.name)
		found.name = own_name(set);
	if (!found.skip || asked_for)
		r = lock_name(set->uuid);
	if (!r && (!found.skip || asked_for))
		r = open_found(&found);
	while (found.nr_options)
		free(found.option[--found.nr_options]);
	free(found.name);
	return r;
}

/* Sets that have too few legs are left for later, and the worst is told. */
static int open_all(const struct opening *opening, struct scan *scan)
{
	unsigned int i;
	int r, worst = 0;

	for (i = 0; i < scan->nr_sets && !interrupted(); i++) {
		r = open_one(opening, &scan->set[i], false);
		if (r > worst)
			worst = r;
	}
	return worst;
}

/**
 * open_scan() - open all sets, or some
 * @opening: how
 * @words: which: UUID=, LABEL= or a leg
 * @count: how many of these; 0 is all
 */
int open_scan(const struct opening *opening, char **words, int count)
{
	struct scan scan = { };
	struct set *set;
	int i, r = scan_for(&scan, words, count);

	if (!r && !count)
		r = open_all(opening, &scan);
	for (i = 0; i < count && !r; i++) {
		r = find_set(&scan, words[i], &set);
		if (!r)
			r = open_one(opening, set, true);
	}
	scan_free(&scan);
	return r;
}
