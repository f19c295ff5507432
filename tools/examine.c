// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which sets there are, and which of their legs.
 */
#include "set.h"
#include "show.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *state_of(const struct set *set)
{
	if (!set_is_startable(set))
		return "incomplete";
	return set_present(set) == set->nr_legs ? "complete" : "startable";
}

static char *label_of(const struct set *set)
{
	char *label = text("%.*s", QUORUM_LABEL_SIZE,
			   (const char *)set->super->id.label), *p;

	for (p = label; *p; p++)
		if (!isprint((unsigned char)*p))
			*p = '?';
	return label;
}

/*
 * For people.
 */

static void show_set(const struct set *set)
{
	char *label = label_of(set);
	char *size = show_sectors(le64_to_cpu(set->super->id.length));
	unsigned int i;

	say("%s: %s, %u of %u, %s: %s, %u of %u legs here", set->uuid, label,
	    set->threshold, set->nr_legs, size, state_of(set),
	    set_present(set), set->nr_legs);
	for (i = 0; i < set->nr_legs; i++)
		if (set->leg[i])
			say("  leg %u  %-20s %s", i, set->leg[i]->path,
			    standing_text(set->standing[i]));
		else
			say("  leg %u  %-20s missing", i, "-");
	for (i = 0; i < set->nr_strays; i++)
		say("  none   %-20s %s", set->stray[i]->path,
		    standing_text(set->stray_standing[i]));
	free(size);
	free(label);
}

static void show_brief(const struct set *set)
{
	char *label = label_of(set);

	if (is_good_label(label))
		say("%s UUID=%s", label, set->uuid);
	else
		say("quorum-%.8s UUID=%s", set->uuid, set->uuid);
	free(label);
}

/*
 * For programs.
 */

static const char *standing_word(enum standing standing)
{
	static const char *const words[] = {
		[STANDING_MEMBER] = "here",
		[STANDING_BEHIND] = "behind",
		[STANDING_REBUILD] = "rebuild",
		[STANDING_DAMAGED] = "damaged",
		[STANDING_REPLACED] = "replaced",
		[STANDING_DOUBLED] = "doubled",
	};

	return words[standing];
}

static struct json_object *json_leg(const struct leg *leg, const char *state,
				    int index)
{
	struct json_object *made = json_object_new_object();

	if (index >= 0)
		json_object_object_add(made, "index",
				       json_object_new_int(index));
	json_object_object_add(made, "device",
			       leg ? json_object_new_string(leg->path) : NULL);
	json_object_object_add(made, "state", json_object_new_string(state));
	return made;
}

static struct json_object *json_legs(const struct set *set)
{
	struct json_object *made = json_object_new_array();
	unsigned int i;

	for (i = 0; i < set->nr_legs; i++) {
		const char *state = "missing";

		if (set->leg[i])
			state = standing_word(set->standing[i]);
		json_object_array_add(made, json_leg(set->leg[i], state, i));
	}
	return made;
}

static struct json_object *json_strays(const struct set *set)
{
	struct json_object *made = json_object_new_array();
	unsigned int i;

	for (i = 0; i < set->nr_strays; i++) {
		const char *state = standing_word(set->stray_standing[i]);

		json_object_array_add(made, json_leg(set->stray[i], state, -1));
	}
	return made;
}

static struct json_object *json_set(const struct set *set)
{
	struct json_object *made = json_object_new_object();
	u64 length = le64_to_cpu(set->super->id.length);
	char *label = label_of(set);

	json_object_object_add(made, "uuid",
			       json_object_new_string(set->uuid));
	json_object_object_add(made, "label", json_object_new_string(label));
	json_object_object_add(made, "threshold",
			       json_object_new_int(set->threshold));
	json_object_object_add(made, "nr_legs",
			       json_object_new_int(set->nr_legs));
	json_object_object_add(made, "size_sectors",
			       json_object_new_uint64(length));
	json_object_object_add(made, "state",
			       json_object_new_string(state_of(set)));
	json_object_object_add(made, "legs", json_legs(set));
	json_object_object_add(made, "others", json_strays(set));
	free(label);
	return made;
}

static void show_json(const struct scan *scan)
{
	struct json_object *all = json_object_new_object();
	struct json_object *sets = json_object_new_array();
	unsigned int i;

	for (i = 0; i < scan->nr_sets; i++)
		json_object_array_add(sets, json_set(&scan->set[i]));
	json_object_object_add(all, "version", json_object_new_int(1));
	json_object_object_add(all, "sets", sets);
	json_print(all, manner.verbose);
}

static void show(const struct scan *scan, const struct args *args)
{
	unsigned int i;

	if (given(args, OPT_JSON)) {
		show_json(scan);
		return;
	}
	for (i = 0; i < scan->nr_sets; i++) {
		if (given(args, OPT_BRIEF))
			show_brief(&scan->set[i]);
		else
			show_set(&scan->set[i]);
	}
}

/* Those that the user names, and only those; or all. */
static int look(struct scan *scan, const struct args *args)
{
	int i, r = 0;

	if (!args->count) {
		r = scan_all(scan);
		if (!r && !scan->nr_legs && geteuid())
			r = fail(END_PERMISSION, "Only root may do that.");
	}
	for (i = 0; i < args->count && !r; i++) {
		unsigned int before = scan->nr_legs;

		r = scan_add(scan, args->word[i], LEG_READ | LEG_FILE);
		if (!r && scan->nr_legs == before)
			hint("%s is not a leg, or was named before",
			     args->word[i]);
	}
	if (!r)
		scan_sort(scan);
	return r;
}

int run_examine(const struct args *args)
{
	struct scan scan = { };
	int r = look(&scan, args);

	if (!r) {
		show(&scan, args);
		if (args->count && !scan.nr_sets)
			r = fail(END_DEVICE, "There is no leg of a set.");
	}
	scan_free(&scan);
	return r;
}
