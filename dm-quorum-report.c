// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is told about bad legs: an exact counter, an entry in the ring, a log
 * line and a dm event, in that order, so that whoever the event wakes finds
 * the rest in place.
 */
#include "dm-quorum-report.h"

#include <linux/device-mapper.h>
#include <linux/jiffies.h>

#define DM_MSG_PREFIX "quorum"

/* A leg that is always wrong does not ring the bell for every read. */
#define EVENT_INTERVAL	msecs_to_jiffies(10)

/* What is counted is written down so much later. */
#define KEEP_INTERVAL	(60 * HZ)

/* Lines about legs: all of them may fail at once. */
#define STATE_BURST	(2 * QUORUM_MAX_LEGS)

/* What the ring and the log call an accusation. */
static const char * const kind_names[QUORUM_NR_KINDS] = {
	[QUORUM_READ_ERRORS]	= "read",
	[QUORUM_WRITE_ERRORS]	= "write",
	[QUORUM_FLUSH_ERRORS]	= "flush",
	[QUORUM_MISMATCHES]	= "mismatch",
	[QUORUM_REWRITE_ERRORS]	= "write",
	[QUORUM_TIMEOUTS]	= "timeout",
	[QUORUM_SETTLED]	= "settled",
};

/* The limit on log lines is each target's own: one bad set hides no other. */
static __printf(3, 4) void quorum_warn(struct quorum_reports *reports,
				       struct ratelimit_state *limit,
				       const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	if (!__ratelimit(limit))
		return;
	va_start(args, fmt);
	vaf.va = &args;
	DMWARN("%s: %pV", dm_table_device_name(reports->ti->table), &vaf);
	va_end(args);
}

static void event_work(struct work_struct *work)
{
	struct quorum_reports *reports = container_of(to_delayed_work(work),
						      struct quorum_reports,
						      event_work);

	WRITE_ONCE(reports->last_event, jiffies);
	dm_table_event(reports->ti->table);
}

/* @reports is zeroed.  Context: May sleep. */
void quorum_reports_init(struct quorum_reports *reports, struct dm_target *ti)
{
	reports->ti = ti;
	spin_lock_init(&reports->lock);
	ratelimit_default_init(&reports->log_limit);
	ratelimit_state_init(&reports->state_limit, DEFAULT_RATELIMIT_INTERVAL,
			     STATE_BURST);
	reports->last_event = jiffies - EVENT_INTERVAL;
	INIT_DELAYED_WORK(&reports->event_work, event_work);
}

/* No report may come any more.  Context: May sleep. */
void quorum_reports_exit(struct quorum_reports *reports)
{
	cancel_delayed_work_sync(&reports->event_work);
	ratelimit_state_exit(&reports->log_limit);
	ratelimit_state_exit(&reports->state_limit);
}

/* From when on a leg can be reported.  Context: Any. */
void quorum_reports_name(struct quorum_reports *reports, unsigned int leg,
			 const char *name)
{
	reports->leg[leg].name = name;
}

/* Whoever is to be woken has been.  Context: May sleep. */
void quorum_reports_flush(struct quorum_reports *reports)
{
	flush_delayed_work(&reports->event_work);
}

/*
 * Wake whoever waits for an event: in a work item, since dm takes a mutex, and
 * at once, unless the last event was but a moment ago.  Context: Any.
 */
void quorum_raise_event(struct quorum_reports *reports)
{
	unsigned long since = jiffies - READ_ONCE(reports->last_event);

	schedule_delayed_work(&reports->event_work, since < EVENT_INTERVAL ?
			      EVENT_INTERVAL - since : 0);
}

/**
 * quorum_reports_watch() - have what is counted written down
 * @reports: of the target
 * @keeper: queued some time after something has been counted; or NULL
 *
 * Context: Any; nothing is counted meanwhile.
 */
void quorum_reports_watch(struct quorum_reports *reports,
			  struct delayed_work *keeper)
{
	WRITE_ONCE(reports->keeper, keeper);
}

/* There is something to write down, within a minute.  Context: Any. */
void quorum_reports_changed(struct quorum_reports *reports)
{
	struct delayed_work *keeper = READ_ONCE(reports->keeper);

	if (keeper)
		schedule_delayed_work(keeper, KEEP_INTERVAL);
}

/* Target sectors as the mapped device counts them. */
static unsigned long long device_sector(struct quorum_reports *reports,
					sector_t sector)
{
	return reports->ti->begin + sector;
}

static void remember(struct quorum_reports *reports,
		     const struct quorum_report *report)
{
	unsigned long flags;
	struct quorum_report *slot;

	spin_lock_irqsave(&reports->lock, flags);
	slot = &reports->ring[reports->seq++ % QUORUM_RING];
	*slot = *report;
	slot->seq = reports->seq;
	spin_unlock_irqrestore(&reports->lock, flags);
}

/**
 * quorum_report() - accuse a leg
 * @reports: of the target
 * @leg: the accused
 * @kind: the counter to raise, if there is one
 * @sector: first sector
 * @sectors: how many; 0 for a flush
 * @status: what the leg said; BLK_STS_OK for a mismatch
 *
 * Context: Any, without reports->lock.
 */
void quorum_report(struct quorum_reports *reports, unsigned int leg,
		   enum quorum_stat kind, sector_t sector, sector_t sectors,
		   blk_status_t status)
{
	struct quorum_report report = {
		.sector = device_sector(reports, sector),
		.sectors = sectors,
		.error = -blk_status_to_errno(status),
		.leg = leg,
		.kind = kind,
	};

	if (kind < QUORUM_NR_STATS)
		atomic64_inc(&reports->leg[leg].stat[kind]);
	remember(reports, &report);
	quorum_reports_changed(reports);
	quorum_warn(reports, &reports->log_limit,
		    "leg %u (%s): %s: sectors %llu+%llu, errno %d%s", leg,
		    reports->leg[leg].name, kind_names[kind],
		    (unsigned long long)report.sector,
		    (unsigned long long)sectors, report.error,
		    kind == QUORUM_REWRITE_ERRORS ? " (rewrite)" : "");
	quorum_raise_event(reports);
}

/* Tell of a change in the life of legs, if any.  Context: as above. */
void quorum_report_state(struct quorum_reports *reports, u32 legs,
			 const char *state)
{
	unsigned int leg;

	quorum_for_each_leg(leg, legs)
		quorum_warn(reports, &reports->state_limit, "leg %u (%s): %s",
			    leg, reports->leg[leg].name, state);
	if (legs)
		quorum_raise_event(reports);
}

/**
 * quorum_report_no_quorum() - tell that a request failed for lack of agreement
 * @reports: of the target
 * @sector: first sector nobody could agree on
 * @sectors: how many; 0 for a flush
 *
 * Context: Any, without reports->lock.
 */
void quorum_report_no_quorum(struct quorum_reports *reports, sector_t sector,
			     sector_t sectors)
{
	atomic64_inc(&reports->no_quorum);
	quorum_reports_changed(reports);
	quorum_warn(reports, &reports->log_limit,
		    "no quorum: sectors %llu+%llu",
		    device_sector(reports, sector),
		    (unsigned long long)sectors);
	quorum_raise_event(reports);
}

/* Requests are held that would have failed.  Context: as above. */
void quorum_report_held(struct quorum_reports *reports)
{
	quorum_warn(reports, &reports->state_limit,
		    "no quorum: requests are held");
	quorum_raise_event(reports);
}

/* blkverify: name the first byte, as the mapped device counts, that differs. */
void quorum_report_byte(struct quorum_reports *reports, u64 byte)
{
	quorum_warn(reports, &reports->log_limit,
		    "leg 1 (%s): blkverify: contents differ at byte %llu",
		    reports->leg[1].name,
		    (device_sector(reports, 0) << SECTOR_SHIFT) + byte);
}

/* A leg was given what had won.  Context: Any. */
void quorum_report_rewritten(struct quorum_reports *reports, unsigned int leg)
{
	atomic64_inc(&reports->leg[leg].stat[QUORUM_REWRITES]);
	quorum_reports_changed(reports);
}

/*
 * A leg did not take something in time, which is told as the error it counts
 * as.  Context: Any.
 */
void quorum_report_late(struct quorum_reports *reports, unsigned int leg)
{
	atomic64_inc(&reports->leg[leg].stat[QUORUM_TIMEOUTS]);
	quorum_reports_changed(reports);
}

/* What had seemed to be wrong was not.  Context: Any. */
void quorum_report_transient(struct quorum_reports *reports)
{
	atomic64_inc(&reports->transient);
	quorum_reports_changed(reports);
}

/* How often it was.  Context, of this and the next two: Any. */
u64 quorum_nr_transient(struct quorum_reports *reports)
{
	return atomic64_read(&reports->transient);
}

u64 quorum_nr_no_quorum(struct quorum_reports *reports)
{
	return atomic64_read(&reports->no_quorum);
}

u64 quorum_stat(struct quorum_reports *reports, unsigned int leg,
		enum quorum_stat stat)
{
	return atomic64_read(&reports->leg[leg].stat[stat]);
}

/* Zero the counters and empty the ring; numbering goes on.  Context: Any. */
void quorum_reports_clear(struct quorum_reports *reports)
{
	unsigned long flags;
	unsigned int leg, stat;

	spin_lock_irqsave(&reports->lock, flags);
	memset(reports->ring, 0, sizeof(reports->ring));
	for (leg = 0; leg < QUORUM_MAX_LEGS; leg++)
		for (stat = 0; stat < QUORUM_NR_STATS; stat++)
			atomic64_set(&reports->leg[leg].stat[stat], 0);
	atomic64_set(&reports->no_quorum, 0);
	atomic64_set(&reports->transient, 0);
	spin_unlock_irqrestore(&reports->lock, flags);
}

/* The @i-th of the reports up to @last, oldest first, if it is still there. */
static bool recall(struct quorum_reports *reports, u64 last, unsigned int i,
		   struct quorum_report *report)
{
	unsigned long flags;

	spin_lock_irqsave(&reports->lock, flags);
	*report = reports->ring[(last + i) % QUORUM_RING];
	spin_unlock_irqrestore(&reports->lock, flags);
	return report->seq && report->seq <= last;
}

/*
 * The ring as text, oldest first.  Formatting is slow, so the I/O path is not
 * held up for it, and may add reports meanwhile: these are left for the next
 * time.  Context: Any.
 */
void quorum_reports_emit(struct quorum_reports *reports, char *result,
			 unsigned int maxlen)
{
	struct quorum_report report;
	unsigned long flags;
	unsigned int sz = 0;
	unsigned int i;
	u64 last;

	spin_lock_irqsave(&reports->lock, flags);
	last = reports->seq;
	spin_unlock_irqrestore(&reports->lock, flags);
	result[0] = '\0';
	for (i = 0; i < QUORUM_RING; i++) {
		if (!recall(reports, last, i, &report))
			continue;
		DMEMIT("%llu %s %u %llu %llu %d\n",
		       report.seq, kind_names[report.kind], report.leg,
		       (unsigned long long)report.sector,
		       (unsigned long long)report.sectors, report.error);
	}
}
