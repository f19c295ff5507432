// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device compared with what it was: what happened meanwhile.
 */
#include "monitor.h"
#include "show.h"

#include <stdio.h>
#include <stdlib.h>

#define STEP	20

static void tell_device(const struct watched *watched,
			const struct outlet *outlet, const char *name,
			const char *detail)
{
	struct event event = {
		.name = name,
		.device = watched->name,
		.leg = NO_LEG,
		.detail = detail,
	};

	outlet_tell(outlet, &event);
}

static void tell_leg(const struct watched *watched,
		     const struct outlet *outlet, const char *name,
		     unsigned int leg, const struct report *report)
{
	bool known = leg < watched->look.status.nr_legs;
	char *path = known ? look_leg_path(&watched->look, leg) :
			     must(strdup("-"));
	struct event event = {
		.name = name,
		.device = watched->name,
		.leg = leg,
		.path = path,
		.report = report,
		.detail = "",
	};

	outlet_tell(outlet, &event);
	free(path);
}

static void tell_degraded(const struct watched *watched,
			  const struct outlet *outlet)
{
	char *sentence = show_health(&watched->look.status);

	tell_device(watched, outlet, "Degraded", sentence);
	free(sentence);
}

static bool is_degraded(const struct status *status)
{
	return status_legs(status, "A") < status->nr_legs;
}

static bool is_at_work(const struct status *status)
{
	return strcmp(status->action, "idle") &&
	       strcmp(status->action, "frozen");
}

/*
 * Legs.
 */

/* What it is called that a leg was one thing, and is another. */
static void compare_leg(const struct watched *watched,
			const struct outlet *outlet, unsigned int leg,
			char before, char now)
{
	bool was_there = strchr("Aa", before), is_there = strchr("Aa", now);

	if (was_there && !is_there)
		tell_leg(watched, outlet, "LegFailed", leg, NULL);
	if (!was_there && is_there)
		tell_leg(watched, outlet, "LegReinstated", leg, NULL);
	if (before == 'A' && now == 'a')
		tell_leg(watched, outlet, "LegOutOfSync", leg, NULL);
	if (before != 'A' && now == 'A')
		tell_leg(watched, outlet, "LegInSync", leg, NULL);
}

static void compare_legs(const struct watched *watched,
			 const struct status *before,
			 const struct outlet *outlet)
{
	const struct status *now = &watched->look.status;
	unsigned int i;

	for (i = 0; i < now->nr_legs; i++)
		if (i >= before->nr_legs)
			compare_leg(watched, outlet, i, '-', now->health[i]);
		else if (before->health[i] != now->health[i])
			compare_leg(watched, outlet, i, before->health[i],
				    now->health[i]);
	if (is_degraded(now) && !is_degraded(before))
		tell_degraded(watched, outlet);
}

/*
 * Reports.
 */

static const char *event_of(const char *kind)
{
	static const struct {
		const char *kind;
		const char *event;
	} names[] = {
		{ "read", "ReadError" }, { "write", "WriteError" },
		{ "flush", "FlushError" }, { "mismatch", "Mismatch" },
		{ "timeout", "Timeout" }, { "settled", "Settled" },
	};
	size_t i;

	for (i = 0; i < COUNT(names); i++)
		if (!strcmp(kind, names[i].kind))
			return names[i].event;
	return "Report";
}

static void tell_lost(const struct watched *watched,
		      const struct outlet *outlet, u64 count)
{
	char *detail = text("%llu reports came too fast to be seen", count);

	tell_device(watched, outlet, "ReportsLost", detail);
	free(detail);
}

/* The newest number there is; 0 is none. */
static u64 newest_of(const char *lines)
{
	struct report report = { };

	while (report_parse(&report, &lines))
		;
	return report.seq;
}

static void tell_reports(struct watched *watched, const char *lines,
			 const struct outlet *outlet)
{
	u64 newest = newest_of(lines);
	struct report report;

	/* Another table counts from the start. */
	if (newest && newest < watched->last_seq)
		watched->last_seq = 0;
	while (report_parse(&report, &lines)) {
		if (report.seq <= watched->last_seq)
			continue;
		if (report.seq > watched->last_seq + 1)
			tell_lost(watched, outlet,
				  report.seq - watched->last_seq - 1);
		watched->last_seq = report.seq;
		tell_leg(watched, outlet, event_of(report.kind), report.leg,
			 &report);
	}
}

static void look_at_reports(struct watched *watched,
			    const struct outlet *outlet)
{
	char *answer;

	if (tell(watched->name, "reports", &answer))
		return;
	if (outlet)
		tell_reports(watched, answer, outlet);
	else
		watched->last_seq = newest_of(answer);
	free(answer);
}

/*
 * What is done in the background.
 */

static void tell_percent(struct watched *watched, const struct outlet *outlet)
{
	unsigned int percent = 0;
	struct work work;
	char *answer;

	if (tell(watched->name, "progress", &answer))
		return;
	if (work_parse(&work, answer) && work.total)
		percent = 100 * work.done / work.total;
	free(answer);
	while (watched->percent + STEP <= percent &&
	       watched->percent + STEP < 100) {
		char name[16];

		watched->percent += STEP;
		snprintf(name, sizeof(name), "Sync%u", watched->percent);
		tell_device(watched, outlet, name,
			    watched->look.status.action);
	}
}

static void tell_finished(const struct watched *watched,
			  const struct status *before,
			  const struct outlet *outlet)
{
	char *detail = text("%s, %llu sectors differed", before->action,
			    watched->look.status.mismatch_cnt);

	tell_device(watched, outlet, "SyncFinished", detail);
	free(detail);
}

static void compare_action(struct watched *watched,
			   const struct status *before,
			   const struct outlet *outlet)
{
	const struct status *now = &watched->look.status;
	bool other = strcmp(before->action, now->action);

	if (is_at_work(before) && other)
		tell_finished(watched, before, outlet);
	if (is_at_work(now) && other) {
		watched->percent = 0;
		tell_device(watched, outlet, "SyncStarted", now->action);
	}
	if (is_at_work(now))
		tell_percent(watched, outlet);
}

/* Whether it has to be looked at even if nothing happens. */
bool watch_is_busy(const struct watched *watched)
{
	return is_at_work(&watched->look.status);
}

/*
 * All of it.
 */

/* What is wrong with it before anything happens. */
void watch_begin(struct watched *watched, const struct outlet *outlet)
{
	const struct status *status = &watched->look.status;
	char *sentence = show_health(status);
	unsigned int i;

	tell_device(watched, outlet, "NewDevice", sentence);
	free(sentence);
	for (i = 0; i < status->nr_legs; i++)
		if (strchr("D-", status->health[i]))
			tell_leg(watched, outlet, "LegFailed", i, NULL);
		else if (status->health[i] == 'a')
			tell_leg(watched, outlet, "LegOutOfSync", i, NULL);
	if (is_degraded(status))
		tell_degraded(watched, outlet);
	if (status->no_quorum)
		tell_device(watched, outlet, "NoQuorum",
			    "requests failed before now");
	if (is_at_work(status))
		tell_device(watched, outlet, "SyncStarted", status->action);
	watched->percent = 0;
	look_at_reports(watched, NULL);
}

/**
 * watch_again() - tell what happened since a device was looked at
 * @watched: as it was; becomes what it is
 * @now: as it is; taken over
 * @outlet: who is told
 */
void watch_again(struct watched *watched, struct look *now,
		 const struct outlet *outlet)
{
	const struct status before = watched->look.status;
	char *detail;

	look_free(&watched->look);
	watched->look = *now;
	look_at_reports(watched, outlet);
	compare_legs(watched, &before, outlet);
	if (watched->look.status.no_quorum > before.no_quorum) {
		detail = text("%llu requests", watched->look.status.no_quorum -
					       before.no_quorum);
		tell_device(watched, outlet, "NoQuorum", detail);
		free(detail);
	}
	compare_action(watched, &before, outlet);
}
