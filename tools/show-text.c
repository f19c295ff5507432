// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a set is, in words.
 */
#include "show.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CELLS	64

/* Of local time; "never" for none.  To be freed. */
char *show_time(u64 seconds)
{
	time_t time = seconds;
	char made[32];
	struct tm tm;

	if (!seconds)
		return must(strdup("never"));
	if (!localtime_r(&time, &tm) ||
	    !strftime(made, sizeof(made), "%F %H:%M", &tm))
		return text("%llu", seconds);
	return must(strdup(made));
}

/*
 * A sentence.
 */

/* "leg 1 has failed", "legs 1, 2 have failed"; nothing if none has. */
static void say_legs(FILE *out, const struct status *status, char health,
		     const char *one, const char *several)
{
	char letter[] = { health, '\0' };
	unsigned int i, count = status_legs(status, letter), said = 0;

	if (!count)
		return;
	fprintf(out, count == 1 ? "leg" : "legs");
	for (i = 0; i < status->nr_legs; i++)
		if (status->health[i] == health)
			fprintf(out, "%s%u", said++ ? ", " : " ", i);
	fprintf(out, " %s; ", count == 1 ? one : several);
}

static void say_spare(FILE *out, const struct status *status)
{
	unsigned int spare = status_spare(status);

	if (status_legs(status, "A") < status->threshold)
		fprintf(out, "too few legs agree in places");
	else if (!spare && status->nr_legs > 1)
		fprintf(out, "one more fault in the same place cannot be outvoted");
	else
		fprintf(out, "%u more may be lost", spare);
}

static void say_degraded(FILE *out, const struct status *status)
{
	say_legs(out, status, 'D', "has failed", "have failed");
	say_legs(out, status, '-', "is missing", "are missing");
	say_legs(out, status, 'a', "is behind and being rebuilt",
		 "are behind and being rebuilt");
	say_spare(out, status);
}

/* Of what is lost, the reason that holds on comes first. */
static void say_lost(FILE *out, const struct status *status)
{
	if (status_legs(status, "Aa") < status->threshold)
		fprintf(out, "too few legs are left");
	else if (status->in_sync < status->regions)
		fprintf(out, "%llu regions are not in sync",
			status->regions - status->in_sync);
	if (status->no_quorum)
		fprintf(out, "%s%llu requests failed for lack of agreement",
			ftell(out) ? "; " : "", status->no_quorum);
	if (status_legs(status, "A") < status->nr_legs) {
		fprintf(out, "; ");
		say_degraded(out, status);
	}
}

/* How a set is, in a sentence.  To be freed. */
char *show_health(const struct status *status)
{
	static const char *const words[] = {
		[CONDITION_GOOD] = "good: ",
		[CONDITION_DIFFER] = "good, but legs differed: ",
		[CONDITION_DEGRADED] = "degraded: ",
		[CONDITION_LOST] = "quorum lost: ",
	};
	enum condition condition = status_condition(status);
	char *more = NULL, *all;
	size_t size;
	FILE *out = must(open_memstream(&more, &size));

	switch (condition) {
	case CONDITION_GOOD:
		fprintf(out, "all legs agree");
		break;
	case CONDITION_DIFFER:
		fprintf(out, "see the mismatches below; what was read was right");
		break;
	case CONDITION_DEGRADED:
		say_degraded(out, status);
		break;
	case CONDITION_LOST:
		say_lost(out, status);
		break;
	}
	fclose(out);
	must(more);
	all = text("%s%s", words[condition], more);
	free(more);
	return all;
}

/*
 * What to do next.
 */

static void try_for_leg(const struct look *look, unsigned int leg)
{
	const char *name = look->device.name;

	switch (look->status.health[leg]) {
	case 'D':
		say("  try: %s reinstate %s %u, or %s replace %s %u /dev/NEW",
		    PROGRAM, name, leg, PROGRAM, name, leg);
		break;
	case '-':
		say("  try: attach leg %u again and %s open --scan, or %s replace %s %u /dev/NEW",
		    leg, PROGRAM, PROGRAM, name, leg);
		break;
	}
}

static void say_what_next(const struct look *look)
{
	const struct status *status = &look->status;
	const char *name = look->device.name;
	unsigned int i;

	if (look->device.suspended)
		say("  try: dmsetup resume %s, if nobody is at work on it",
		    name);
	for (i = 0; i < status->nr_legs; i++)
		try_for_leg(look, i);
	if (!strcmp(status->action, "frozen"))
		say("  try: %s scrub --stop %s, to end the freeze", PROGRAM,
		    name);
	else if (status_legs(status, "a"))
		say("  try: %s wait --until in-sync %s", PROGRAM, name);
	if (status_condition(status) == CONDITION_LOST)
		say("  try: %s status --reports %s, then restore what is there; %s clear %s forgets the counts",
		    PROGRAM, name, PROGRAM, name);
	else if (status_condition(status) == CONDITION_DIFFER)
		say("  try: %s scrub --repair %s, then %s clear %s", PROGRAM,
		    name, PROGRAM, name);
}

/*
 * All of it.
 */

static void show_options(const struct look *look)
{
	unsigned int i;

	printf("options:");
	for (i = 0; i < look->table.nr_words; i++) {
		/* The UUID has been shown. */
		if (!strcmp(look->table.word[i], "metadata"))
			i++;
		else
			printf(" %s", look->table.word[i]);
	}
	putchar('\n');
}

static void show_action(const struct look *look, const struct work *work)
{
	const struct status *status = &look->status;

	printf("  in sync:    %llu/%llu regions     action: %s",
	       status->in_sync, status->regions, status->action);
	if (work->total && strcmp(status->action, "idle") &&
	    strcmp(status->action, "frozen"))
		printf(", %.1f%%", 100.0 * work->done / work->total);
	putchar('\n');
}

static void show_head(const struct look *look, const struct work *work)
{
	const struct status *status = &look->status;
	char *health = show_health(status);
	char *time = show_time(status->last_check);

	say("/dev/mapper/%s is active%s%s.", look->device.name,
	    look->device.opens ? " and is in use" : "",
	    look->device.suspended ? ", but suspended" : "");
	say("  type:       QUORUM %u of %u%s%s", status->threshold,
	    status->nr_legs, status->has_set ? "           uuid: " :
	    "           without metadata", status->uuid);
	say("  size:       %llu [512-byte sectors]%s", look->length,
	    look->device.read_only ? ", read-only" : "");
	say("  health:     %s", health);
	show_action(look, work);
	if (status->has_set)
		say("  last check: %s, %llu sectors differed", time,
		    status->mismatch_cnt);
	else
		say("  differed:   %llu sectors", status->mismatch_cnt);
	printf("  no quorum:  %-6llu transient: %-5llu ", status->no_quorum,
	       status->transient);
	show_options(look);
	free(time);
	free(health);
}

static void show_legs(const struct look *look)
{
	const struct status *status = &look->status;
	bool timeouts = status->nr_stats > STAT_TIMEOUTS;
	unsigned int i, s;

	printf("  leg device           state    read write flush mismatch rewrite rewrite-err%s\n",
	       timeouts ? " timeout" : "");
	for (i = 0; i < status->nr_legs; i++) {
		static const int width[] = { 4, 5, 5, 8, 7, 11, 7 };
		char *path = look_leg_path(look, i);

		printf("  %3u %-16s %-8s", i, path,
		       leg_state(status->health[i]));
		for (s = 0; s < NR_STATS && s < status->nr_stats; s++)
			printf(" %*llu", width[s], status->leg[i].stat[s]);
		putchar('\n');
		free(path);
	}
}

/* As a table, and a sentence on what to do. */
void show_text(const struct look *look, const struct work *work)
{
	show_head(look, work);
	show_legs(look);
	say_what_next(look);
}

/*
 * A row of cells for each leg.
 */

/* Where the kernel has a cell begin: some have one region more than others. */
static u64 cell_start(u64 regions, unsigned int cell)
{
	return (regions * cell + CELLS - 1) / CELLS;
}

static const char *cell_of(u64 behind, u64 most)
{
	static const char *const cells[] = { "█", "▓", "▒", "░", " " };

	if (!behind)
		return cells[0];
	if (!most || behind >= most)
		return cells[4];
	return cells[1 + 3 * behind / most];
}

static void show_row(const struct look *look, const char *line)
{
	u64 regions = look->status.regions, behind;
	char *end;
	u64 leg = strtoull(line, &end, 10);
	unsigned int i;

	printf("  %3llu ", leg);
	for (i = 0; i < CELLS && *end == ' '; i++) {
		behind = strtoull(end, &end, 10);
		fputs(cell_of(behind, cell_start(regions, i + 1) -
				      cell_start(regions, i)), stdout);
	}
	putchar('\n');
}

void show_map(const struct look *look)
{
	char *answer, *lines, *line;

	if (tell(look->device.name, "map 64", &answer)) {
		hint("this module cannot tell where legs are behind");
		return;
	}
	lines = answer;
	while ((line = strsep(&lines, "\n")))
		if (*line)
			show_row(look, line);
	say("      █ in sync   ▓▒░ partly   blank: all is out of sync");
	free(answer);
}

void show_reports(const struct look *look)
{
	struct report report;
	const char *at;
	char *answer;

	if (tell(look->device.name, "reports", &answer))
		return;
	at = answer;
	if (!*at)
		say("  no reports");
	while (report_parse(&report, &at))
		say("  report %llu: leg %u: %s, sectors %llu+%llu%s%s",
		    report.seq, report.leg, report.kind, report.sector,
		    report.sectors, report.error ? ", " : "",
		    report.error ? strerror(report.error) : "");
	free(answer);
}
