// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of verbs.
 */
#include "verbs.h"

#define TAKES(...)	((const enum option_id[]){ __VA_ARGS__, NR_OPTIONS })

const struct verb verbs[] = {
	{ "format", "LEG...", "make a new set; all that is on the legs is lost",
	  1, -1, TAKES(OPT_THRESHOLD, OPT_LABEL, OPT_UUID, OPT_OFFSET, OPT_SIZE,
		       OPT_REGION_SIZE, OPT_NO_WIPE), run_format },
	{ "open", "NAME {LEG...|UUID=u|LABEL=l}",
	  "put a set into use as /dev/mapper/NAME",
	  0, -1, TAKES(OPT_DEGRADED, OPT_READONLY, OPT_OPTION, OPT_SCAN,
		       OPT_NO_METADATA, OPT_THRESHOLD, OPT_OFFSET, OPT_SIZE,
		       OPT_REGION_SIZE, OPT_REBUILD, OPT_SYNC), run_open },
	{ "close", "NAME", "put it out of use",
	  1, 1, TAKES(OPT_DEFERRED), run_close },
	{ "status", "[NAME...]", "say how sets are, and what to do next",
	  0, -1, TAKES(OPT_TEST, OPT_REPORTS, OPT_MAP, OPT_FORMAT, OPT_JSON),
	  run_status },
	{ "dump", "LEG", "show what a leg knows of its set, field by field",
	  1, 1, TAKES(OPT_JSON), run_dump },
	{ "examine", "[LEG...]", "show which sets there are, and their legs",
	  0, -1, TAKES(OPT_JSON, OPT_BRIEF), run_examine },
	{ "add", "NAME LEG", "give a set one leg more",
	  2, 2, TAKES(OPT_THRESHOLD, OPT_OFFSET), run_add },
	{ "remove", "NAME INDEX", "take a leg away for good",
	  2, 2, TAKES(OPT_THRESHOLD), run_remove },
	{ "replace", "NAME INDEX LEG", "put another disk in a leg's place",
	  3, 3, TAKES(OPT_OFFSET), run_replace },
	{ "fail", "NAME {INDEX|LEG}", "do without a leg from now on",
	  2, 2, TAKES(NR_OPTIONS), run_fail },
	{ "reinstate", "NAME {INDEX|LEG}",
	  "take a leg back, and rebuild what it missed",
	  2, 2, TAKES(NR_OPTIONS), run_reinstate },
	{ "rebuild", "NAME {INDEX|LEG}", "rebuild all of a leg",
	  2, 2, TAKES(NR_OPTIONS), run_rebuild },
	{ "scrub", "NAME", "compare all legs",
	  1, 1, TAKES(OPT_REPAIR, OPT_RANGE, OPT_NO_WAIT, OPT_WAIT, OPT_STOP),
	  run_scrub },
	{ "wait", "NAME", "wait until something is done",
	  1, 1, TAKES(OPT_UNTIL, OPT_TIMEOUT), run_wait },
	{ "set", "NAME -o opt=v", "change options of a set in use",
	  1, 1, TAKES(OPT_OPTION), run_set },
	{ "clear", "NAME", "forget errors that were counted",
	  1, 1, TAKES(NR_OPTIONS), run_clear },
	{ "erase", "LEG", "make a leg forget that it is one",
	  1, 1, TAKES(NR_OPTIONS), run_erase },
	{ "monitor", "[NAME...]", "tell what happens to sets, as it happens",
	  0, -1, TAKES(OPT_JSON, OPT_SYSLOG, OPT_PROGRAM, OPT_ONESHOT,
		       OPT_TEST), run_monitor },
	{ "incremental", "--udev DEV", "note a leg that came, for udev",
	  0, 0, TAKES(OPT_UDEV), run_incremental },
	{ }
};

const struct verb *verb_named(const char *name)
{
	const struct verb *verb;

	for (verb = verbs; verb->name; verb++)
		if (!strcmp(verb->name, name))
			return verb;
	return NULL;
}
