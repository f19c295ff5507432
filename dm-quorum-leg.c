// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a leg.
 *
 * A live leg takes part: it gets every write and votes wherever it is in sync.
 * A failed one gets no I/O; what it misses is remembered, region by region,
 * until it is reinstated.  A missing one is a place in the table and no more.
 *
 * Whether something that changes the legs succeeded, who is failed for missing
 * it and where who loses its vote are settled in one critical section, so two
 * requests that fail different legs cannot bring a set below its threshold.
 */
#include "dm-quorum.h"

/**
 * quorum_live() - the legs that take part now, in sync or not
 * @q: the target
 *
 * Context: Any.
 */
u32 quorum_live(struct quorum *q)
{
	return READ_ONCE(q->live);
}

/**
 * quorum_passing() - errors that say nothing about the leg and will pass
 * @status: what a leg answered
 *
 * It ran out of tags or memory.
 *
 * Context: Any.
 */
bool quorum_passing(blk_status_t status)
{
	return status == BLK_STS_AGAIN || status == BLK_STS_RESOURCE;
}

/**
 * quorum_refusal() - errors that say that a leg does not do such things
 * @status: what a leg answered
 *
 * If all do, that is the caller's mistake.
 *
 * Context: Any.
 */
bool quorum_refusal(blk_status_t status)
{
	switch (status) {
	case BLK_STS_NOTSUPP:
#ifdef BLK_STS_INVAL
	case BLK_STS_INVAL:
#endif
		return true;
	default:
		return false;
	}
}

/**
 * quorum_faulty() - the legs that have an answer to answer for
 * @said: what each leg answered, a blk_status_t
 * @asked: the legs that were
 * @advice: a discard or zeroes, which a leg need not know.  A SCSI disk that
 *	finds out that it does not says so with BLK_STS_TARGET.
 *
 * A leg that alone refuses a plain request is at fault.
 *
 * Context: Any.
 */
u32 quorum_faulty(const u8 *said, u32 asked, bool advice)
{
	u32 faulty = 0, refused = 0;
	unsigned int leg;

	quorum_for_each_leg(leg, asked) {
		blk_status_t status = (__force blk_status_t)said[leg];

		if (quorum_refusal(status) ||
		    (advice && status == BLK_STS_TARGET))
			refused |= BIT(leg);
		else if (status && !quorum_passing(status))
			faulty |= BIT(leg);
	}
	if (!advice && refused != asked)
		faulty |= refused;
	return faulty;
}

/**
 * quorum_requeues() - whether a request that failed is to be tried again
 * @q: the target
 * @status: the error
 *
 * While the device is suspended without flushing, what the legs could not do
 * goes back to dm, to be tried on the next table, and nothing is told of it.
 * Whoever asks acts on the answer: it may be another one a moment later.
 *
 * Context: Any.
 */
bool quorum_requeues(struct quorum *q, blk_status_t status)
{
	return !quorum_refusal(status) && !quorum_passing(status) &&
	       dm_noflush_suspending(q->ti);
}

/* For whoever changes what quorum_current() reads. */
static unsigned long lock_legs(struct quorum *q)
	__acquires(&q->lock)
{
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	write_seqcount_begin(&q->changes);
	return flags;
}

static void unlock_legs(struct quorum *q, unsigned long flags)
	__releases(&q->lock)
{
	write_seqcount_end(&q->changes);
	spin_unlock_irqrestore(&q->lock, flags);
}

/* Returns what of @legs was live.  Holds q->lock. */
static u32 __fail(struct quorum *q, u32 legs)
{
	u32 failed = q->live & legs;

	WRITE_ONCE(q->live, q->live & ~legs);
	return failed;
}

/* What the sweep has done so far was without this leg.  Holds q->lock. */
static void __revive(struct quorum *q, unsigned int leg)
{
	__quorum_remark(q, leg);
	/* Pairs with quorum_current(). */
	smp_store_release(&q->live, q->live | BIT(leg));
	q->leg[leg].score.errors = 0;
}

/* A live leg votes nowhere until it is let go.  Holds q->lock. */
static void __hold(struct quorum *q, unsigned int leg)
{
	WRITE_ONCE(q->held, q->held | BIT(leg));
	WRITE_ONCE(q->stale, q->stale | BIT(leg));
}

static void __let_go(struct quorum *q, unsigned int leg)
{
	WRITE_ONCE(q->held, q->held & ~BIT(leg));
	if (!q->leg[leg].stale.weight)
		WRITE_ONCE(q->stale, q->stale & ~BIT(leg));
}

/* Whether the legs are a quorum everywhere without these.  Holds q->lock. */
static bool __dispensable(struct quorum *q, u32 legs)
{
	return __quorum_enough(q, ~legs, 0, 0);
}

static void report_state(struct quorum *q, u32 legs, const char *state)
{
	unsigned int leg;

	quorum_for_each_leg(leg, legs)
		quorum_report_state(q, leg, state);
}

/**
 * quorum_leg_fail() - fail a leg, unless fewer than threshold would remain
 * @q: the target
 * @leg: which
 *
 * Context: Any, without q->lock.
 * Return: Whether the leg is failed now.
 */
bool quorum_leg_fail(struct quorum *q, unsigned int leg)
{
	unsigned long flags;
	u32 failed = 0;
	bool gone;

	flags = lock_legs(q);
	if (__dispensable(q, BIT(leg)))
		failed = __fail(q, BIT(leg));
	gone = !(q->live & BIT(leg));
	unlock_legs(q, flags);

	report_state(q, failed, "failed");
	return gone;
}

/* Whether the leg had failed.  It takes part now, but is held back. */
static bool readmit(struct quorum *q, unsigned int leg)
{
	unsigned long flags = lock_legs(q);
	bool failed = !(q->live & BIT(leg));

	if (failed) {
		__hold(q, leg);
		__revive(q, leg);
	}
	unlock_legs(q, flags);
	return failed;
}

/**
 * quorum_leg_reinstate() - take a failed leg back
 * @q: the target
 * @leg: which; not a missing one
 *
 * It gets writes and flushes at once, and is flushed itself: it may not have
 * stored what it took before it failed, and others have flushed since.  Then it
 * votes where it missed nothing.
 *
 * Context: May sleep, on leg I/O.
 * Return: 0; -EINVAL if it had not failed; or the error of the flush, with
 * which it has failed again.
 */
int quorum_leg_reinstate(struct quorum *q, unsigned int leg)
{
	unsigned long flags;
	int r;

	if (!readmit(q, leg))
		return -EINVAL;
	r = blkdev_issue_flush(q->leg[leg].dev->bdev);
	if (r)
		quorum_leg_accuse(q, leg, QUORUM_FLUSH_ERRORS, 0, 0,
				  errno_to_blk_status(r));

	flags = lock_legs(q);
	if (r)
		__fail(q, BIT(leg));
	__let_go(q, leg);
	unlock_legs(q, flags);
	quorum_report_state(q, leg, r ? "failed" : "reinstated");
	return r;
}

/**
 * quorum_leg_rebuild() - forget the content of a leg and build it anew
 * @q: the target
 * @leg: which, live or failed; not a missing one
 *
 * Context: Any, without q->lock.
 * Return: Whether the others are a quorum everywhere; if not, nothing changes.
 */
bool quorum_leg_rebuild(struct quorum *q, unsigned int leg)
{
	unsigned long flags;
	bool dispensable;

	flags = lock_legs(q);
	dispensable = __dispensable(q, BIT(leg));
	if (dispensable) {
		__quorum_mark(q, BIT(leg), 0, 0);
		__revive(q, leg);
	}
	unlock_legs(q, flags);

	if (dispensable)
		quorum_report_state(q, leg, "to be rebuilt");
	return dispensable;
}

/**
 * quorum_legs_commit() - decide whether something that changes legs succeeded
 * @q: the target
 * @sector: first sector
 * @sectors: how many; 0 for a flush
 * @took: legs that did it
 * @missed: legs that did not
 * @faulty: those of them that are to blame for it
 *
 * If it succeeded, then before this returns, so before anyone can hear of it,
 * those that missed it lose their vote in the range.  A flush that a leg
 * missed, for whatever reason, may have been for any write, so that leg loses
 * its vote everywhere.  Those to blame are failed, unless the rest were no
 * quorum in some other region: then they stay in service where they are in
 * sync, as do the others.
 *
 * Context: Any, without q->lock.
 * Return: Whether at least threshold of the legs with a vote took it.
 */
bool quorum_legs_commit(struct quorum *q, sector_t sector, sector_t sectors,
			u32 took, u32 missed, u32 faulty)
{
	u32 gone = 0, behind = 0, were_behind;
	unsigned long flags;
	bool enough;

	flags = lock_legs(q);
	were_behind = q->stale;
	enough = __quorum_enough(q, took, sector, sectors);
	if (enough) {
		if (__dispensable(q, faulty))
			gone = __fail(q, faulty);
		__quorum_mark(q, missed, sector, sectors);
		behind = missed & q->live;
	}
	unlock_legs(q, flags);

	report_state(q, gone, "failed");
	report_state(q, behind & ~were_behind, "out of sync");
	return enough;
}

/* Add one error to a leg's score.  Returns whether it has had too many. */
static bool score(struct quorum *q, struct quorum_leg *leg)
{
	time64_t now = ktime_get_seconds();
	unsigned long flags;
	unsigned int errors;

	spin_lock_irqsave(&q->lock, flags);
	errors = quorum_score_add(&leg->score, now);
	spin_unlock_irqrestore(&q->lock, flags);
	return errors >= q->max_errors;
}

/**
 * quorum_leg_accuse() - report a bad leg; fail it once it has had max_errors
 * @q: the target
 * @leg: the accused
 * @kind: the counter to raise
 * @sector: first sector
 * @sectors: how many
 * @status: what the leg said; BLK_STS_OK for a mismatch
 *
 * Context: Any, without q->lock.
 */
void quorum_leg_accuse(struct quorum *q, unsigned int leg,
		       enum quorum_stat kind, sector_t sector,
		       sector_t sectors, blk_status_t status)
{
	quorum_report(q, leg, kind, sector, sectors, status);
	if (!q->max_errors)
		return;
	if (kind != QUORUM_READ_ERRORS && kind != QUORUM_MISMATCHES)
		return;
	if (score(q, &q->leg[leg]))
		quorum_leg_fail(q, leg);
}
