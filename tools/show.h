/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a set is, shown.
 */
#ifndef QUORUM_SHOW_H
#define QUORUM_SHOW_H

#include "act.h"
#include "options.h"

#include <json-c/json.h>

/* show-text.c */
void show_text(const struct look *look, const struct work *work);
void show_map(const struct look *look);
void show_reports(const struct look *look);
char *show_health(const struct status *status);

/* show-json.c */
struct json_object *json_status(const struct look *look,
				const struct work *work, bool reports,
				bool map);
struct json_object *json_report(const struct report *report);
void json_print(struct json_object *object, bool pretty);

/* show-metrics.c */
void show_metrics(struct look *const *looks, unsigned int count);

char *show_time(u64 seconds);

#endif /* QUORUM_SHOW_H */
