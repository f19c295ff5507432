/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The status line of a target, taken apart, and what it means.  Pure.
 */
#ifndef QUORUM_STATUS_H
#define QUORUM_STATUS_H

#include "tool.h"

#define STATUS_LEGS	32

/* Counters of a leg, in the order of the line.  More may follow. */
enum status_stat {
	STAT_READ_ERRORS,
	STAT_WRITE_ERRORS,
	STAT_FLUSH_ERRORS,
	STAT_MISMATCHES,
	STAT_REWRITES,
	STAT_REWRITE_ERRORS,
	STAT_TIMEOUTS,
	NR_STATS
};

extern const char *const stat_names[NR_STATS];

struct status_leg {
	char device[32];
	u64 stat[NR_STATS];
};

/**
 * struct status - what a status line says
 * @threshold: how many legs have to agree
 * @nr_legs: how many there are
 * @health: a letter for each
 * @in_sync: regions in sync
 * @regions: and in all
 * @action: what is done in the background
 * @mismatch_cnt: sectors found different
 * @no_quorum: requests that failed
 * @transient: dissents that vanished
 * @nr_stats: how many counters each leg has
 * @leg: the legs
 * @has_set: there is metadata, and what follows
 * @uuid: of the set
 * @epoch: how often it was put into use
 * @seq: and written since
 * @last_check: when a check ended; 0 is never
 */
struct status {
	unsigned int threshold;
	unsigned int nr_legs;
	char health[STATUS_LEGS + 1];
	u64 in_sync;
	u64 regions;
	char action[16];
	u64 mismatch_cnt;
	u64 no_quorum;
	u64 transient;
	unsigned int nr_stats;
	struct status_leg leg[STATUS_LEGS];
	bool has_set;
	char uuid[40];
	u64 epoch;
	u64 seq;
	u64 last_check;
};

/* How a set is, from good to bad. */
enum condition {
	CONDITION_GOOD,
	/* All is well but for what was found to differ. */
	CONDITION_DIFFER,
	/* Fewer legs than all vote everywhere. */
	CONDITION_DEGRADED,
	/* Some blocks cannot be read, or could not be. */
	CONDITION_LOST,
};

bool status_parse(struct status *status, const char *params);
enum condition status_condition(const struct status *status);
unsigned int status_spare(const struct status *status);
unsigned int status_legs(const struct status *status, const char *health);
const char *leg_state(char health);

/**
 * struct report - an accusation
 * @seq: its number
 * @kind: of what
 * @leg: whom
 * @sector: where
 * @sectors: and how much
 * @error: errno, positive
 */
struct report {
	u64 seq;
	char kind[16];
	unsigned int leg;
	u64 sector;
	u64 sectors;
	unsigned int error;
};

bool report_parse(struct report *report, const char **lines);

/**
 * struct work - how far the background is
 * @action: what it does
 * @done: sectors
 * @total: in all
 * @differ: of which differ
 * @unresolved: of which nobody knows what they should be
 */
struct work {
	char action[16];
	u64 done;
	u64 total;
	u64 differ;
	u64 unresolved;
};

bool work_parse(struct work *work, const char *answer);

#endif /* QUORUM_STATUS_H */
