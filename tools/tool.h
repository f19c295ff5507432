/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all of quorumsetup has in common: how it ends, and how it speaks.
 */
#ifndef QUORUM_TOOL_H
#define QUORUM_TOOL_H

#include "dm-quorum-user.h"

#include <stdarg.h>

#ifndef QUORUM_VERSION
#define QUORUM_VERSION	"unknown"
#endif

#define PROGRAM		"quorumsetup"
#define SECTOR		512ULL
#define MIB		2048ULL

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))
#define PRINTF(f, a)	__attribute__((format(printf, f, a)))

/* How it ends.  The first five are those of cryptsetup. */
enum exit_code {
	END_GOOD = 0,
	END_PARAMETERS = 1,
	END_PERMISSION = 2,
	END_MEMORY = 3,
	END_DEVICE = 4,
	END_BUSY = 5,
	END_FEW = 6,
	END_REFUSED = 7,
	END_DEGRADED = 10,
	END_DIFFER = 11,
	END_LOST = 12,
	END_INTERRUPTED = 130,
};

/**
 * struct manner - how it is to speak, whatever it does
 * @batch: no questions
 * @verbose: say more
 * @debug: say all, tables too
 * @dry_run: say what would be done, and do not do it
 * @progress_json: progress is for a program
 * @progress_every: seconds between lines of it; 0 is as it likes
 */
struct manner {
	bool batch;
	bool verbose;
	bool debug;
	bool dry_run;
	bool progress_json;
	unsigned int progress_every;
};

extern struct manner manner;

void say(const char *format, ...) PRINTF(1, 2);
void hint(const char *format, ...) PRINTF(1, 2);
void warn(const char *format, ...) PRINTF(1, 2);
void debug(const char *format, ...) PRINTF(1, 2);
void would(const char *format, ...) PRINTF(1, 2);
int fail(int code, const char *format, ...) PRINTF(2, 3);
int code_of(int error);

void *must(void *memory);
char *text(const char *format, ...) PRINTF(1, 2);

void catch_signals(void);
bool interrupted(void);

int ask(const char *question);

/* Numbers and sizes as users write them: parse.c. */
bool parse_number(const char *word, u64 *value);
bool parse_sectors(const char *word, u64 *sectors);
bool parse_range(const char *word, u64 *sector, u64 *sectors);
bool parse_seconds(const char *word, u64 *seconds);
bool is_good_name(const char *name);
bool is_good_label(const char *label);
char *show_sectors(u64 sectors);

#endif /* QUORUM_TOOL_H */
