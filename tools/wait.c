// SPDX-License-Identifier: GPL-2.0-only
/*
 * The action "wait".
 */
#include "act.h"
#include "events.h"
#include "options.h"
#include "progress.h"

#include <stdlib.h>

/* Some changes come without an event: look now and then. */
#define LOOK_MS		2000

enum until {
	UNTIL_IDLE,
	UNTIL_IN_SYNC,
	UNTIL_EVENT,
};

/**
 * struct wait - a wait
 * @name: for what device
 * @until: for what
 * @events: events there were when it began
 * @deadline: in milliseconds; 0 is none
 * @progress: shown meanwhile
 */
struct wait {
	const char *name;
	enum until until;
	u32 events;
	u64 deadline;
	struct progress progress;
};

static int parse_until(const struct args *args, enum until *until)
{
	static const char *const words[] = {
		[UNTIL_IDLE] = "idle",
		[UNTIL_IN_SYNC] = "in-sync",
		[UNTIL_EVENT] = "event",
	};
	const char *word = args->value[OPT_UNTIL];
	size_t i;

	*until = UNTIL_IDLE;
	if (!word)
		return 0;
	for (i = 0; i < COUNT(words); i++) {
		if (!strcmp(word, words[i])) {
			*until = i;
			return 0;
		}
	}
	return fail(END_PARAMETERS,
		    "--until %s: It is idle, in-sync or event.", word);
}

static int parse_timeout(const struct args *args, u64 *deadline)
{
	u64 seconds;

	*deadline = 0;
	if (!given(args, OPT_TIMEOUT))
		return 0;
	if (!parse_seconds(args->value[OPT_TIMEOUT], &seconds))
		return fail(END_PARAMETERS, "--timeout %s: Not a time.",
			    args->value[OPT_TIMEOUT]);
	*deadline = now_ms() + seconds * 1000 + 1;
	return 0;
}

static bool is_idle(const struct status *status)
{
	return !strcmp(status->action, "idle") ||
	       !strcmp(status->action, "frozen");
}

static bool is_over(const struct wait *wait, const struct look *look)
{
	const struct status *status = &look->status;

	switch (wait->until) {
	case UNTIL_IDLE:
		return is_idle(status);
	case UNTIL_IN_SYNC:
		return status_legs(status, "A") == status->nr_legs &&
		       status->in_sync == status->regions;
	default:
		return look->device.events != wait->events;
	}
}

/* What will never come is not waited for. */
static int is_hopeless(const struct wait *wait, const struct look *look)
{
	const struct status *status = &look->status;

	if (wait->until != UNTIL_IN_SYNC || !is_idle(status) ||
	    status_legs(status, "a"))
		return 0;
	if (status_legs(status, "D-"))
		return fail(END_DEGRADED,
			    "%s: A leg has failed or is missing: it will not be in sync.",
			    wait->name);
	return 0;
}

static void show(struct wait *wait, const struct look *look)
{
	struct work work;
	char *answer;

	if (is_idle(&look->status) || tell(wait->name, "progress", &answer))
		return;
	if (work_parse(&work, answer) && work.total) {
		wait->progress.what = look->status.action;
		progress_show(&wait->progress, work.done, work.total, "");
	}
	free(answer);
}

/* Returns a code to end with, or -1 to go on. */
static int look_once(struct wait *wait)
{
	struct look look;
	int r = look_at(wait->name, &look);

	if (!r && !is_over(wait, &look)) {
		r = is_hopeless(wait, &look);
		if (!r)
			r = -1;
		show(wait, &look);
	}
	look_free(&look);
	return r;
}

static int time_left(const struct wait *wait)
{
	u64 now = now_ms();

	if (!wait->deadline || wait->deadline - now > LOOK_MS)
		return LOOK_MS;
	return wait->deadline - now;
}

static int do_wait(struct wait *wait)
{
	struct events events;
	int r;

	if (events_open(&events))
		return fail(END_PERMISSION, "Only root may do that.");
	progress_begin(&wait->progress, "", wait->name, 0);
	for (;;) {
		events_arm(&events);
		r = look_once(wait);
		if (r >= 0)
			break;
		if (interrupted()) {
			r = END_INTERRUPTED;
			break;
		}
		if (wait->deadline && now_ms() >= wait->deadline) {
			r = fail(END_BUSY, "%s: It took too long.",
				 wait->name);
			break;
		}
		events_wait(&events, time_left(wait));
	}
	progress_break(&wait->progress);
	events_close(&events);
	return r;
}

int run_wait(const struct args *args)
{
	struct wait wait = { .name = args->word[0] };
	struct look look;
	int r = parse_until(args, &wait.until);

	if (!r)
		r = parse_timeout(args, &wait.deadline);
	if (!r)
		r = need_target();
	if (r)
		return r;
	r = look_at(wait.name, &look);
	wait.events = look.device.events;
	look_free(&look);
	return r ? r : do_wait(&wait);
}
