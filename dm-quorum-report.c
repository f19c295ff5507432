// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is told about bad legs: an exact counter, an entry in the ring, a log
 * line and a dm event, in that order, so that whoever the event wakes finds
 * the rest in place.
 */
#include "dm-quorum.h"

#include <linux/jiffies.h>

#define DM_MSG_PREFIX "quorum"

/* A leg that is always wrong does not ring the bell for every read. */
#define EVENT_INTERVAL	msecs_to_jiffies(10)

/* Lines about legs: all of them may fail at once. */
#define STATE_BURST	(2 * QUORUM_MAX_LEGS)

/* What the ring and the log call an accusation. */
static const char * const kind_names[QUORUM_NR_STATS] = {
	[QUORUM_READ_ERRORS]	= "read",
	[QUORUM_WRITE_ERRORS]	= "write",
	[QUORUM_FLUSH_ERRORS]	= "flush",
	[QUORUM_MISMATCHES]	= "mismatch",
	[QUORUM_REWRITE_ERRORS]	= "write",
};

/* The limit on log lines is each target's own: one bad set hides no other. */
static __printf(3, 4) void quorum_warn(struct quorum *q,
				       struct ratelimit_state *limit,
				       const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	if (!__ratelimit(limit))
		return;
	va_start(args, fmt);
	vaf.va = &args;
	DMWARN("%s: %pV", dm_table_device_name(q->ti->table), &vaf);
	va_end(args);
}

static void event_work(struct work_struct *work)
{
	struct quorum *q = container_of(to_delayed_work(work), struct quorum,
					event_work);

	WRITE_ONCE(q->last_event, jiffies);
	dm_table_event(q->ti->table);
}

void quorum_reports_init(struct quorum *q)
{
	ratelimit_default_init(&q->log_limit);
	ratelimit_state_init(&q->state_limit, DEFAULT_RATELIMIT_INTERVAL,
			     STATE_BURST);
	q->last_event = jiffies - EVENT_INTERVAL;
	INIT_DELAYED_WORK(&q->event_work, event_work);
}

/* No report may come any more.  Context: May sleep. */
void quorum_reports_exit(struct quorum *q)
{
	cancel_delayed_work_sync(&q->event_work);
	ratelimit_state_exit(&q->log_limit);
	ratelimit_state_exit(&q->state_limit);
}

/*
 * Wake whoever waits for an event: in a work item, since dm takes a mutex, and
 * at once, unless the last event was but a moment ago.  Context: Any.
 */
void quorum_raise_event(struct quorum *q)
{
	unsigned long since = jiffies - READ_ONCE(q->last_event);

	schedule_delayed_work(&q->event_work, since < EVENT_INTERVAL ?
			      EVENT_INTERVAL - since : 0);
}

/* Target sectors as the mapped device counts them. */
static unsigned long long device_sector(struct quorum *q, sector_t sector)
{
	return q->ti->begin + sector;
}

static void remember(struct quorum *q, const struct quorum_report *report)
{
	unsigned long flags;
	struct quorum_report *slot;

	spin_lock_irqsave(&q->lock, flags);
	slot = &q->ring[q->ring_seq++ % QUORUM_RING];
	*slot = *report;
	slot->seq = q->ring_seq;
	spin_unlock_irqrestore(&q->lock, flags);
}

/**
 * quorum_report() - accuse a leg
 * @q: the target
 * @leg: the accused
 * @kind: the counter to raise
 * @sector: first sector
 * @sectors: how many; 0 for a flush
 * @status: what the leg said; BLK_STS_OK for a mismatch
 *
 * Context: Any, without q->lock.
 */
void quorum_report(struct quorum *q, unsigned int leg, enum quorum_stat kind,
		   sector_t sector, sector_t sectors, blk_status_t status)
{
	struct quorum_report report = {
		.sector = device_sector(q, sector),
		.sectors = sectors,
		.error = -blk_status_to_errno(status),
		.leg = leg,
		.kind = kind,
	};

	atomic64_inc(&q->leg[leg].stat[kind]);
	remember(q, &report);
	quorum_warn(q, &q->log_limit,
		    "leg %u (%s): %s: sectors %llu+%llu, errno %d%s", leg,
		    q->leg[leg].dev->name, kind_names[kind],
		    (unsigned long long)report.sector,
		    (unsigned long long)sectors, report.error,
		    kind == QUORUM_REWRITE_ERRORS ? " (rewrite)" : "");
	quorum_raise_event(q);
}

/* Tell of a change in a leg's life.  Context: Any, without q->lock. */
void quorum_report_state(struct quorum *q, unsigned int leg, const char *state)
{
	quorum_warn(q, &q->state_limit, "leg %u (%s): %s", leg,
		    q->leg[leg].dev->name, state);
	quorum_raise_event(q);
}

/**
 * quorum_report_no_quorum() - tell that a request failed for lack of agreement
 * @q: the target
 * @sector: first sector nobody could agree on
 * @sectors: how many; 0 for a flush
 *
 * Context: Any, without q->lock.
 */
void quorum_report_no_quorum(struct quorum *q, sector_t sector,
			     sector_t sectors)
{
	atomic64_inc(&q->no_quorum);
	quorum_warn(q, &q->log_limit, "no quorum: sectors %llu+%llu",
		    device_sector(q, sector), (unsigned long long)sectors);
	quorum_raise_event(q);
}

/* blkverify: name the first byte, as the mapped device counts, that differs. */
void quorum_report_byte(struct quorum *q, u64 byte)
{
	quorum_warn(q, &q->log_limit,
		    "leg 1 (%s): blkverify: contents differ at byte %llu",
		    q->leg[1].dev->name,
		    (device_sector(q, 0) << SECTOR_SHIFT) + byte);
}

/* Zero the counters and empty the ring; numbering goes on.  Context: Any. */
void quorum_reports_clear(struct quorum *q)
{
	unsigned long flags;
	unsigned int leg, stat;

	spin_lock_irqsave(&q->lock, flags);
	memset(q->ring, 0, sizeof(q->ring));
	for (leg = 0; leg < q->nr_legs; leg++) {
		q->leg[leg].score.errors = 0;
		for (stat = 0; stat < QUORUM_NR_STATS; stat++)
			atomic64_set(&q->leg[leg].stat[stat], 0);
	}
	atomic64_set(&q->no_quorum, 0);
	atomic64_set(&q->transient, 0);
	spin_unlock_irqrestore(&q->lock, flags);
}

/* The @i-th of the reports up to @last, oldest first, if it is still there. */
static bool recall(struct quorum *q, u64 last, unsigned int i,
		   struct quorum_report *report)
{
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	*report = q->ring[(last + i) % QUORUM_RING];
	spin_unlock_irqrestore(&q->lock, flags);
	return report->seq && report->seq <= last;
}

/*
 * The ring as text, oldest first.  Formatting is slow, so the I/O path is not
 * held up for it, and may add reports meanwhile: these are left for the next
 * time.  Context: Any.
 */
void quorum_reports_emit(struct quorum *q, char *result, unsigned int maxlen)
{
	struct quorum_report report;
	unsigned long flags;
	unsigned int sz = 0;
	unsigned int i;
	u64 last;

	spin_lock_irqsave(&q->lock, flags);
	last = q->ring_seq;
	spin_unlock_irqrestore(&q->lock, flags);
	result[0] = '\0';
	for (i = 0; i < QUORUM_RING; i++) {
		if (!recall(q, last, i, &report))
			continue;
		DMEMIT("%llu %s %u %llu %llu %d\n",
		       report.seq, kind_names[report.kind], report.leg,
		       (unsigned long long)report.sector,
		       (unsigned long long)report.sectors, report.error);
	}
}
