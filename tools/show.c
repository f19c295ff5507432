// SPDX-License-Identifier: GPL-2.0-only
/*
 * The action "status".
 */
#include "show.h"

#include <stdio.h>
#include <stdlib.h>

enum show_format {
	SHOW_TEXT,
	SHOW_JSON,
	SHOW_METRICS,
};

static int format_of(const struct args *args, enum show_format *format)
{
	const char *name = args->value[OPT_FORMAT];

	*format = given(args, OPT_JSON) ? SHOW_JSON : SHOW_TEXT;
	if (!name)
		return 0;
	if (!strcmp(name, "text"))
		*format = SHOW_TEXT;
	else if (!strcmp(name, "json"))
		*format = SHOW_JSON;
	else if (!strcmp(name, "prometheus"))
		*format = SHOW_METRICS;
	else
		return fail(END_PARAMETERS,
			    "--format %s: It is text, json or prometheus.",
			    name);
	return 0;
}

static void get_work(const struct look *look, struct work *work)
{
	char *answer;

	memset(work, 0, sizeof(*work));
	if (tell(look->device.name, "progress", &answer))
		return;
	if (!work_parse(work, answer))
		memset(work, 0, sizeof(*work));
	free(answer);
}

static void show_one(const struct look *look, const struct args *args)
{
	struct work work;

	get_work(look, &work);
	show_text(look, &work);
	if (given(args, OPT_MAP))
		show_map(look);
	if (given(args, OPT_REPORTS))
		show_reports(look);
}

static void show_json(struct look *const *looks, unsigned int count,
		      const struct args *args)
{
	struct json_object *all = json_object_new_object();
	struct json_object *devices = json_object_new_array();
	unsigned int i;

	for (i = 0; i < count; i++) {
		struct work work;

		get_work(looks[i], &work);
		json_object_array_add(devices,
				      json_status(looks[i], &work,
						  given(args, OPT_REPORTS),
						  given(args, OPT_MAP)));
	}
	json_object_object_add(all, "version", json_object_new_int(1));
	json_object_object_add(all, "devices", devices);
	json_print(all, manner.verbose);
}

static void show_all(struct look *const *looks, unsigned int count,
		     const struct args *args, enum show_format format)
{
	unsigned int i;

	if (format == SHOW_JSON)
		show_json(looks, count, args);
	else if (format == SHOW_METRICS)
		show_metrics(looks, count);
	else
		for (i = 0; i < count; i++)
			show_one(looks[i], args);
}

/* That of the worst. */
static int verdict(struct look *const *looks, unsigned int count)
{
	static const int codes[] = {
		[CONDITION_GOOD] = END_GOOD,
		[CONDITION_DIFFER] = END_DIFFER,
		[CONDITION_DEGRADED] = END_DEGRADED,
		[CONDITION_LOST] = END_LOST,
	};
	enum condition worst = CONDITION_GOOD, condition;
	unsigned int i;

	for (i = 0; i < count; i++) {
		condition = status_condition(&looks[i]->status);
		if (condition > worst)
			worst = condition;
	}
	return codes[worst];
}

/* Those that the user names have to be there; of all, one may have gone. */
static int look_at_all(char **names, unsigned int count, bool named,
		       struct look **looks, unsigned int *found)
{
	unsigned int i;
	int r, worst = 0;

	for (i = 0; i < count; i++) {
		struct look *look = must(calloc(1, sizeof(*look)));

		r = 0;
		if (named)
			r = look_at(names[i], look);
		else if (!look_quietly(names[i], look))
			r = -1;
		if (!r) {
			looks[(*found)++] = look;
			continue;
		}
		look_free(look);
		free(look);
		if (named)
			worst = r;
	}
	return worst;
}

static int show_names(const struct args *args, char **names,
		      unsigned int count, enum show_format format)
{
	struct look **looks = must(calloc(count + 1, sizeof(*looks)));
	unsigned int found = 0, i;
	int r;

	r = look_at_all(names, count, args->count, looks, &found);
	if (found || !r)
		show_all(looks, found, args, format);
	if (!r && given(args, OPT_TEST))
		r = verdict(looks, found);
	for (i = 0; i < found; i++) {
		look_free(looks[i]);
		free(looks[i]);
	}
	free(looks);
	return r;
}

int run_status(const struct args *args)
{
	enum show_format format;
	unsigned int count;
	char **names;
	int r = format_of(args, &format);

	if (!r)
		r = need_target();
	if (r)
		return r;
	if (args->count)
		return show_names(args, args->word, args->count, format);
	r = look_all(&names, &count);
	if (r)
		return r;
	r = show_names(args, names, count, format);
	look_free_all(names, count);
	return r;
}
