// SPDX-License-Identifier: GPL-2.0-only
/*
 * How sets are, as Prometheus reads it: for node_exporter's textfile collector.
 */
#include "show.h"

#include <stdio.h>
#include <stdlib.h>

/* In a label's value, these three are escaped. */
static void put_value(const char *value)
{
	for (; *value; value++) {
		if (*value == '\n') {
			fputs("\\n", stdout);
			continue;
		}
		if (*value == '"' || *value == '\\')
			putchar('\\');
		putchar(*value);
	}
}

static void head(const char *metric, const char *type, const char *help)
{
	printf("# HELP quorum_%s %s\n# TYPE quorum_%s %s\n", metric, help,
	       metric, type);
}

static void put_device(const char *metric, const struct look *look)
{
	printf("quorum_%s{device=\"", metric);
	put_value(look->device.name);
	putchar('"');
}

static u64 get_threshold(const struct look *look)
{
	return look->status.threshold;
}

static u64 get_legs(const struct look *look)
{
	return look->status.nr_legs;
}

static u64 get_in_sync(const struct look *look)
{
	return look->status.in_sync;
}

static u64 get_regions(const struct look *look)
{
	return look->status.regions;
}

static u64 get_mismatches(const struct look *look)
{
	return look->status.mismatch_cnt;
}

static u64 get_no_quorum(const struct look *look)
{
	return look->status.no_quorum;
}

static u64 get_transient(const struct look *look)
{
	return look->status.transient;
}

static u64 get_degraded(const struct look *look)
{
	return status_legs(&look->status, "A") < look->status.nr_legs;
}

static u64 get_condition(const struct look *look)
{
	return status_condition(&look->status);
}

static u64 get_last_check(const struct look *look)
{
	return look->status.last_check;
}

/* What there is one of for each device. */
static const struct {
	const char *name;
	const char *type;
	const char *help;
	u64 (*get)(const struct look *look);
} metrics[] = {
	{ "threshold", "gauge", "Legs that have to agree.", get_threshold },
	{ "legs", "gauge", "Legs there are to be.", get_legs },
	{ "regions_in_sync", "gauge", "Regions in sync.", get_in_sync },
	{ "regions", "gauge", "Regions in all.", get_regions },
	{ "degraded", "gauge", "1 if some leg is not in sync.", get_degraded },
	{ "condition", "gauge",
	  "0 good, 1 legs differed, 2 degraded, 3 quorum lost.",
	  get_condition },
	{ "check_differing_sectors", "gauge",
	  "Sectors that the last check, repair or resync found to differ.",
	  get_mismatches },
	{ "no_quorum_total", "counter",
	  "Requests that failed for lack of agreement.", get_no_quorum },
	{ "transient_total", "counter",
	  "Dissents that were gone on a second look.", get_transient },
	{ "last_check_timestamp_seconds", "gauge",
	  "When a check or repair last ended; 0 is never.", get_last_check },
};

static void show_leg(const struct look *look, unsigned int leg,
		     const char *metric, u64 value)
{
	char *path = look_leg_path(look, leg);

	put_device(metric, look);
	printf(",leg=\"%u\",path=\"", leg);
	put_value(path);
	printf("\"} %llu\n", value);
	free(path);
}

static void show_states(struct look *const *looks, unsigned int count)
{
	unsigned int i, leg;

	head("leg_in_sync", "gauge", "1 if the leg votes everywhere.");
	for (i = 0; i < count; i++)
		for (leg = 0; leg < looks[i]->status.nr_legs; leg++)
			show_leg(looks[i], leg, "leg_in_sync",
				 looks[i]->status.health[leg] == 'A');
}

static void show_stat(struct look *const *looks, unsigned int count,
		      unsigned int stat)
{
	char *metric = text("leg_%s_total", stat_names[stat]);
	unsigned int i, leg;

	head(metric, "counter", "Counted for the leg.");
	for (i = 0; i < count; i++)
		for (leg = 0; leg < looks[i]->status.nr_legs; leg++)
			if (stat < looks[i]->status.nr_stats)
				show_leg(looks[i], leg, metric,
					 looks[i]->status.leg[leg].stat[stat]);
	free(metric);
}

void show_metrics(struct look *const *looks, unsigned int count)
{
	unsigned int i, m;

	for (m = 0; m < COUNT(metrics); m++) {
		head(metrics[m].name, metrics[m].type, metrics[m].help);
		for (i = 0; i < count; i++) {
			put_device(metrics[m].name, looks[i]);
			printf("} %llu\n", metrics[m].get(looks[i]));
		}
	}
	show_states(looks, count);
	for (m = 0; m < NR_STATS; m++)
		show_stat(looks, count, m);
}
