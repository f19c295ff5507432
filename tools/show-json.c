// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a set is, as JSON: quorumsetup-status.schema.json says what is what.
 */
#include "show.h"

#include <stdio.h>
#include <stdlib.h>

static struct json_object *number(u64 value)
{
	return json_object_new_uint64(value);
}

static struct json_object *text_of(const char *value)
{
	return json_object_new_string(value);
}

static void add(struct json_object *object, const char *key,
		struct json_object *value)
{
	json_object_object_add(object, key, value);
}

static void add_text(struct json_object *object, const char *key,
		     const char *value)
{
	add(object, key, text_of(value));
}

struct json_object *json_report(const struct report *report)
{
	struct json_object *made = json_object_new_object();

	add(made, "seq", number(report->seq));
	add_text(made, "kind", report->kind);
	add(made, "leg", number(report->leg));
	add(made, "sector", number(report->sector));
	add(made, "sectors", number(report->sectors));
	add(made, "errno", number(report->error));
	return made;
}

static struct json_object *json_leg(const struct look *look, unsigned int leg)
{
	struct json_object *made = json_object_new_object();
	char *path = look_leg_path(look, leg);
	unsigned int s;

	add(made, "index", number(leg));
	add(made, "device", strcmp(path, "-") ?
	    json_object_new_string(path) : NULL);
	add_text(made, "state", leg_state(look->status.health[leg]));
	for (s = 0; s < NR_STATS && s < look->status.nr_stats; s++)
		add(made, stat_names[s],
		    number(look->status.leg[leg].stat[s]));
	free(path);
	return made;
}

static const char *health_word(const struct status *status)
{
	static const char *const words[] = {
		[CONDITION_GOOD] = "good",
		[CONDITION_DIFFER] = "differences",
		[CONDITION_DEGRADED] = "degraded",
		[CONDITION_LOST] = "lost",
	};

	return words[status_condition(status)];
}

static struct json_object *json_action(const struct work *work,
				       const struct status *status)
{
	struct json_object *made = json_object_new_object();

	add_text(made, "name", status->action);
	if (work->total) {
		add(made, "done", number(work->done));
		add(made, "total", number(work->total));
		add(made, "differ", number(work->differ));
		add(made, "unresolved", number(work->unresolved));
	}
	return made;
}

static struct json_object *json_options(const struct look *look)
{
	struct json_object *made = json_object_new_array();
	unsigned int i;

	for (i = 0; i < look->table.nr_words; i++)
		json_object_array_add(made, text_of(look->table.word[i]));
	return made;
}

static struct json_object *json_reports(const struct look *look)
{
	struct json_object *made = json_object_new_array();
	struct report report;
	const char *at;
	char *answer;

	if (tell(look->device.name, "reports", &answer))
		return made;
	at = answer;
	while (report_parse(&report, &at))
		json_object_array_add(made, json_report(&report));
	free(answer);
	return made;
}

static struct json_object *json_cells(char *line)
{
	struct json_object *made = json_object_new_array();
	char *end;

	/* The number of the leg comes first, and they are in order. */
	strtoull(line, &end, 10);
	while (*end == ' ')
		json_object_array_add(made, number(strtoull(end, &end, 10)));
	return made;
}

static struct json_object *json_map(const struct look *look)
{
	struct json_object *made = json_object_new_array();
	char *answer, *lines, *line;

	if (tell(look->device.name, "map 64", &answer))
		return made;
	lines = answer;
	while ((line = strsep(&lines, "\n")))
		if (*line)
			json_object_array_add(made, json_cells(line));
	free(answer);
	return made;
}

static void add_set(struct json_object *made, const struct status *status)
{
	add_text(made, "uuid", status->uuid);
	add(made, "epoch", number(status->epoch));
	add(made, "seq", number(status->seq));
	add(made, "last_check", number(status->last_check));
}

static void add_counts(struct json_object *made, const struct look *look)
{
	const struct status *status = &look->status;
	struct json_object *regions = json_object_new_object();

	add(regions, "in_sync", number(status->in_sync));
	add(regions, "total", number(status->regions));
	add(made, "regions", regions);
	add(made, "mismatch_cnt", number(status->mismatch_cnt));
	add(made, "no_quorum", number(status->no_quorum));
	add(made, "transient", number(status->transient));
}

/* All that is known of a device; with reports, and the map, if asked for. */
struct json_object *json_status(const struct look *look,
				const struct work *work, bool reports,
				bool map)
{
	const struct status *status = &look->status;
	struct json_object *made = json_object_new_object();
	struct json_object *legs = json_object_new_array();
	char *sentence = show_health(status);
	unsigned int i;

	add_text(made, "name", look->device.name);
	if (status->has_set)
		add_set(made, status);
	add(made, "threshold", number(status->threshold));
	add(made, "size_sectors", number(look->length));
	add_text(made, "health", health_word(status));
	add_text(made, "sentence", sentence);
	add(made, "open", json_object_new_boolean(look->device.opens));
	add(made, "suspended",
	    json_object_new_boolean(look->device.suspended));
	add(made, "read_only", json_object_new_boolean(look->device.read_only));
	add_counts(made, look);
	add(made, "action", json_action(work, status));
	add(made, "options", json_options(look));
	for (i = 0; i < status->nr_legs; i++)
		json_object_array_add(legs, json_leg(look, i));
	add(made, "legs", legs);
	if (reports)
		add(made, "reports", json_reports(look));
	if (map)
		add(made, "map", json_map(look));
	free(sentence);
	return made;
}

/* Prints it, and frees it. */
void json_print(struct json_object *object, bool pretty)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;

	if (pretty)
		flags |= JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED;
	puts(must((char *)json_object_to_json_string_ext(object, flags)));
	json_object_put(object);
}
