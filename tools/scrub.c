// SPDX-License-Identifier: GPL-2.0-only
/*
 * Legs compared, and waiting for that and other things.
 */
#include "act.h"
#include "events.h"
#include "options.h"
#include "progress.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define LOOK_MS		500

static int get_work(const char *name, struct work *work)
{
	char *answer;
	int r = tell(name, "progress", &answer);

	if (r)
		return fail(r == -ENXIO ? END_DEVICE : code_of(r),
			    "%s: progress: %s.", name, strerror(-r));
	r = work_parse(work, answer) ? 0 :
	    fail(END_REFUSED, "%s: The kernel's answer is not understood.",
		 name);
	free(answer);
	return r;
}

static bool is_scrub(const char *action)
{
	return !strcmp(action, "check") || !strcmp(action, "repair");
}

static char *more_of(const struct work *work)
{
	return text(", %llu %s%s", work->differ,
		    work->differ == 1 ? "sector differs" : "sectors differ",
		    work->unresolved ? ", some beyond repair" : "");
}

static int say_result(struct progress *progress, const char *name,
		      const struct work *work)
{
	char *more = more_of(work);
	bool cut = work->done < work->total;

	if (cut) {
		progress_break(progress);
		say("%s: stopped after %llu of %llu MiB%s", progress->what,
		    work->done / MIB, work->total / MIB, more);
	} else {
		progress_end(progress, work->done, work->total, more);
	}
	if (work->unresolved)
		say("Of %llu sectors nobody knows what they should be: %s status --reports %s",
		    work->unresolved, PROGRAM, name);
	free(more);
	return 0;
}

/* The kernel goes on, whatever becomes of this program. */
static int leave(struct progress *progress, const char *name)
{
	progress_break(progress);
	fflush(stdout);
	hint("The %s goes on: %s scrub --wait %s, or --stop.",
	     !strcmp(progress->what, "Repair") ? "repair" : "check", PROGRAM,
	     name);
	return END_INTERRUPTED;
}

static int wait_for_scrub(const char *name)
{
	struct progress progress;
	struct events events;
	struct work work;
	int r = get_work(name, &work);

	if (r || events_open(&events))
		return r ? r : END_PERMISSION;
	progress_begin(&progress, !strcmp(work.action, "repair") ?
		       "Repair" : "Check", name, work.done);
	for (;;) {
		char *more;

		events_arm(&events);
		r = get_work(name, &work);
		if (r || interrupted() || !is_scrub(work.action))
			break;
		more = more_of(&work);
		progress_show(&progress, work.done, work.total, more);
		free(more);
		events_wait(&events, LOOK_MS);
	}
	events_close(&events);
	if (interrupted())
		return leave(&progress, name);
	return r ? r : say_result(&progress, name, &work);
}

static int make_message(const struct args *args, char **message)
{
	const char *verb = given(args, OPT_REPAIR) ? "repair" : "check";
	u64 sector, sectors;

	if (!given(args, OPT_RANGE)) {
		*message = must(strdup(verb));
		return 0;
	}
	if (!parse_range(args->value[OPT_RANGE], &sector, &sectors))
		return fail(END_PARAMETERS,
			    "--range %s: It is <sector>+<sectors>.",
			    args->value[OPT_RANGE]);
	*message = text("%s %llu %llu", verb, sector, sectors);
	return 0;
}

/* That it runs already is no failure: a timer may have started it. */
static int start(const struct look *look, const char *message)
{
	const char *name = look->device.name;
	struct work work;
	int r = tell(name, message, NULL);

	if (!r)
		return 0;
	if (r == -EBUSY && !get_work(name, &work)) {
		if (is_scrub(work.action)) {
			say("%s: A %s is under way already.", name,
			    work.action);
			return 0;
		}
		fail(END_BUSY, "%s: Is busy: %s.", name,
		     look->device.suspended ? "suspended" : work.action);
		hint("try: %s wait %s, then again", PROGRAM, name);
		return END_BUSY;
	}
	if (r == -EINVAL)
		return fail(END_REFUSED,
			    "%s: %s: Not a range of the device, which has %llu sectors.",
			    name, message, look->length);
	if (r == -EROFS)
		return fail(END_REFUSED, "%s: Is read-only.", name);
	return fail(code_of(r), "%s: %s: %s.", name, message, strerror(-r));
}

static int do_scrub(const struct args *args, const struct look *look)
{
	const char *name = args->word[0];
	char *message = NULL;
	int r;

	if (given(args, OPT_STOP))
		return tell_or_refuse(look, "idle");
	r = make_message(args, &message);
	if (r)
		return r;
	/* One that was started before is waited for. */
	if (!given(args, OPT_WAIT) || !is_scrub(look->status.action))
		r = start(look, message);
	free(message);
	if (r || given(args, OPT_NO_WAIT) || manner.dry_run)
		return r;
	return wait_for_scrub(name);
}

int run_scrub(const struct args *args)
{
	struct look look;
	int r;

	if (given(args, OPT_STOP) + given(args, OPT_WAIT) +
	    given(args, OPT_NO_WAIT) > 1)
		return fail(END_PARAMETERS,
			    "--wait, --no-wait and --stop exclude each other.");
	r = need_target();
	if (r)
		return r;
	r = look_at(args->word[0], &look);
	if (!r)
		r = do_scrub(args, &look);
	look_free(&look);
	return r;
}
