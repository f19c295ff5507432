/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-report.c: what is told about bad legs, and how.
 */
#ifndef DM_QUORUM_REPORT_H
#define DM_QUORUM_REPORT_H

#include <linux/atomic.h>
#include <linux/blk_types.h>
#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "dm-quorum-vote.h"

struct dm_target;

/* Per-leg counters, in the order of the status line. */
enum quorum_stat {
	QUORUM_READ_ERRORS,
	QUORUM_WRITE_ERRORS,
	QUORUM_FLUSH_ERRORS,
	QUORUM_MISMATCHES,
	QUORUM_REWRITES,
	QUORUM_REWRITE_ERRORS,
	QUORUM_TIMEOUTS,
	QUORUM_NR_STATS,
	/* What else is told of, and not counted for a leg. */
	QUORUM_SETTLED = QUORUM_NR_STATS,
	QUORUM_NR_KINDS
};

#define QUORUM_RING	64

/**
 * struct quorum_report - one accusation, as the ring remembers it
 * @seq: number of the report since the table was loaded, from 1; with metadata,
 *	since the set was made
 * @sector: first sector, on the mapped device
 * @sectors: how many
 * @error: a positive errno, 0 for a mismatch
 * @leg: the leg
 * @kind: what it is about: which counter it went to, if any
 */
struct quorum_report {
	u64 seq;
	sector_t sector;
	sector_t sectors;
	int error;
	u8 leg;
	u8 kind;
};

/**
 * struct quorum_record - what is told of one leg
 * @name: the leg's device
 * @stat: counters, of I/Os
 */
struct quorum_record {
	const char *name;
	atomic64_t stat[QUORUM_NR_STATS];
};

/**
 * struct quorum_reports - what is told of one target
 * @ti: the target
 * @leg: what is told of each leg
 * @no_quorum: requests that failed for lack of agreement
 * @transient: faults that were none under the lock
 * @event_work: raises dm events
 * @last_event: when it last did, in jiffies
 * @keeper: has what is counted written down; NULL if nobody does
 * @log_limit: on log lines about bad legs
 * @state_limit: on those about the life of legs
 * @seq: reports so far
 * @ring: the last of them
 */
struct quorum_reports {
	struct dm_target *ti;
	struct quorum_record leg[QUORUM_MAX_LEGS];
	atomic64_t no_quorum;
	atomic64_t transient;
	struct delayed_work event_work;
	unsigned long last_event;
	struct delayed_work *keeper;
	struct ratelimit_state log_limit;
	struct ratelimit_state state_limit;
	/** @lock: protects @seq and @ring */
	spinlock_t lock;
	u64 seq;
	struct quorum_report ring[QUORUM_RING];
};

void quorum_reports_init(struct quorum_reports *reports, struct dm_target *ti);
void quorum_reports_exit(struct quorum_reports *reports);
void quorum_reports_name(struct quorum_reports *reports, unsigned int leg,
			 const char *name);
void quorum_reports_flush(struct quorum_reports *reports);

void quorum_report(struct quorum_reports *reports, unsigned int leg,
		   enum quorum_stat kind, sector_t sector, sector_t sectors,
		   blk_status_t status);
void quorum_report_state(struct quorum_reports *reports, u32 legs,
			 const char *state);
void quorum_report_no_quorum(struct quorum_reports *reports, sector_t sector,
			     sector_t sectors);
void quorum_report_held(struct quorum_reports *reports);
void quorum_report_byte(struct quorum_reports *reports, u64 byte);
void quorum_report_rewritten(struct quorum_reports *reports, unsigned int leg);
void quorum_report_late(struct quorum_reports *reports, unsigned int leg);
void quorum_report_transient(struct quorum_reports *reports);
void quorum_raise_event(struct quorum_reports *reports);
void quorum_reports_watch(struct quorum_reports *reports,
			  struct delayed_work *keeper);
void quorum_reports_changed(struct quorum_reports *reports);

u64 quorum_stat(struct quorum_reports *reports, unsigned int leg,
		enum quorum_stat stat);
u64 quorum_nr_no_quorum(struct quorum_reports *reports);
u64 quorum_nr_transient(struct quorum_reports *reports);
void quorum_reports_clear(struct quorum_reports *reports);
void quorum_reports_emit(struct quorum_reports *reports, char *result,
			 unsigned int maxlen);

#endif /* DM_QUORUM_REPORT_H */
