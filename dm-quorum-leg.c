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
 * quorum_blameless() - errors that say nothing about the leg
 * @status: what a leg answered
 *
 * Unsupported or malformed requests are the caller's mistake, and running out
 * of tags or memory passes.
 *
 * Context: Any.
 */
bool quorum_blameless(blk_status_t status)
{
	switch (status) {
	case BLK_STS_OK:
	case BLK_STS_NOTSUPP:
	case BLK_STS_AGAIN:
	case BLK_STS_RESOURCE:
#ifdef BLK_STS_INVAL
	case BLK_STS_INVAL:
#endif
		return true;
	default:
		return false;
	}
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

	spin_lock_irqsave(&q->lock, flags);
	if (__dispensable(q, BIT(leg)))
		failed = __fail(q, BIT(leg));
	gone = !(q->live & BIT(leg));
	spin_unlock_irqrestore(&q->lock, flags);

	report_state(q, failed, "failed");
	return gone;
}

/**
 * quorum_leg_reinstate() - take a failed leg back
 * @q: the target
 * @leg: which; not a missing one
 *
 * It gets writes at once and votes where it missed none.
 *
 * Context: Any, without q->lock.
 * Return: Whether it had failed.
 */
bool quorum_leg_reinstate(struct quorum *q, unsigned int leg)
{
	unsigned long flags;
	bool failed;

	spin_lock_irqsave(&q->lock, flags);
	failed = !(q->live & BIT(leg));
	if (failed)
		__revive(q, leg);
	spin_unlock_irqrestore(&q->lock, flags);

	if (failed)
		quorum_report_state(q, leg, "reinstated");
	return failed;
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

	spin_lock_irqsave(&q->lock, flags);
	dispensable = __dispensable(q, BIT(leg));
	if (dispensable) {
		__quorum_mark(q, BIT(leg), 0, 0);
		__revive(q, leg);
	}
	spin_unlock_irqrestore(&q->lock, flags);

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
 * @failed: legs that tried and did not
 *
 * If it succeeded, then before this returns, so before anyone can hear of it,
 * all other legs lose their vote in the range.  A flush that a leg missed may
 * have been for any write, so that leg loses its vote everywhere.  Those that
 * failed are failed, unless the rest were no quorum in some other region: then
 * they stay in service where they are in sync, as do legs that were not at
 * fault.  The sweep is told if it is to bring live legs up to date.
 *
 * Context: Any, without q->lock.
 * Return: Whether at least threshold of the legs with a vote took it.
 */
bool quorum_legs_commit(struct quorum *q, sector_t sector, sector_t sectors,
			u32 took, u32 failed)
{
	u32 missed = q->present & (sectors ? ~took : failed);
	u32 gone = 0, behind = 0, were_behind;
	unsigned long flags;
	bool enough;

	spin_lock_irqsave(&q->lock, flags);
	were_behind = q->stale;
	enough = __quorum_enough(q, took, sector, sectors);
	if (enough) {
		if (__dispensable(q, failed))
			gone = __fail(q, failed);
		__quorum_mark(q, missed, sector, sectors);
		behind = missed & q->live;
	}
	spin_unlock_irqrestore(&q->lock, flags);

	report_state(q, gone, "failed");
	report_state(q, behind & ~were_behind, "out of sync");
	if (behind)
		queue_work(q->slow_wq, &q->recover_work);
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
