/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verbs and their options: one table each, from which the command line is
 * parsed, and help and completion are made.
 */
#ifndef QUORUM_OPTIONS_H
#define QUORUM_OPTIONS_H

#include "tool.h"

enum option_id {
	OPT_THRESHOLD,
	OPT_LABEL,
	OPT_UUID,
	OPT_OFFSET,
	OPT_SIZE,
	OPT_REGION_SIZE,
	OPT_NO_WIPE,
	OPT_DEGRADED,
	OPT_READONLY,
	OPT_OPTION,
	OPT_NO_METADATA,
	OPT_REBUILD,
	OPT_SYNC,
	OPT_SCAN,
	OPT_DEFERRED,
	OPT_TEST,
	OPT_REPORTS,
	OPT_MAP,
	OPT_FORMAT,
	OPT_JSON,
	OPT_BRIEF,
	OPT_REPAIR,
	OPT_RANGE,
	OPT_NO_WAIT,
	OPT_WAIT,
	OPT_STOP,
	OPT_UNTIL,
	OPT_TIMEOUT,
	OPT_SYSLOG,
	OPT_PROGRAM,
	OPT_ONESHOT,
	OPT_UDEV,
	/* From here on for all verbs. */
	OPT_BATCH_MODE,
	OPT_VERBOSE,
	OPT_DEBUG,
	OPT_DRY_RUN,
	OPT_PROGRESS_FREQUENCY,
	OPT_PROGRESS_JSON,
	OPT_VERSION,
	OPT_HELP,
	NR_OPTIONS
};

#define OPT_COMMON	OPT_BATCH_MODE
#define MAX_WORDS	64

/**
 * struct words - what an option was given that may be given again
 * @count: how often
 * @word: what
 */
struct words {
	unsigned int count;
	const char *word[MAX_WORDS];
};

struct verb;

/**
 * struct args - a command line
 * @verb: what to do
 * @value: of each option, the last one; "" for one without; NULL is not given
 * @options: what -o was given
 * @rebuild: what --rebuild was given
 * @count: number of words behind the verb
 * @word: these
 */
struct args {
	const struct verb *verb;
	const char *value[NR_OPTIONS];
	struct words options;
	struct words rebuild;
	int count;
	char **word;
};

/**
 * struct verb - something that can be done
 * @name: its name
 * @usage: what follows it
 * @help: what it does, in a line
 * @least: words it takes
 * @most: words it takes at most; -1 is any number
 * @options: which it takes, ended by NR_OPTIONS, beside those for all
 * @run: does it; returns how to end
 */
struct verb {
	const char *name;
	const char *usage;
	const char *help;
	int least;
	int most;
	const enum option_id *options;
	int (*run)(const struct args *args);
};

int options_parse(struct args *args, int argc, char **argv);
int options_sectors(const struct args *args, enum option_id id, u64 *sectors);
int options_number(const struct args *args, enum option_id id, u64 *number);
void options_help(const struct verb *verb);
void options_completion(void);

static inline bool given(const struct args *args, enum option_id id)
{
	return args->value[id];
}

int run_format(const struct args *args);
int run_open(const struct args *args);
int run_close(const struct args *args);
int run_status(const struct args *args);
int run_dump(const struct args *args);
int run_examine(const struct args *args);
int run_add(const struct args *args);
int run_remove(const struct args *args);
int run_replace(const struct args *args);
int run_fail(const struct args *args);
int run_reinstate(const struct args *args);
int run_rebuild(const struct args *args);
int run_scrub(const struct args *args);
int run_wait(const struct args *args);
int run_set(const struct args *args);
int run_clear(const struct args *args);
int run_erase(const struct args *args);
int run_monitor(const struct args *args);
int run_incremental(const struct args *args);

#endif /* QUORUM_OPTIONS_H */
