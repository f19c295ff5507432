// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a leg.  A live leg is read, written and votes; a failed one gets
 * no I/O and has no vote until the table is loaded again.  A leg is failed in
 * the same critical section that decides whether enough others remain, so two
 * requests that fail different legs cannot bring the set below the threshold.
 */
#include "dm-quorum.h"

#define SCORE_HALF_LIFE		3600	/* seconds */

/**
 * quorum_live() - the legs that take part now
 * @q: the target
 *
 * Legs only ever leave the set, and a leg that missed a write has left before
 * the caller hears of the write: a request that starts later cannot see it.
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

static void report_failed(struct quorum *q, u32 failed)
{
	unsigned int leg;

	quorum_for_each_leg(leg, failed)
		quorum_report_failed(q, leg);
}

/**
 * quorum_leg_fail() - fail a leg, unless fewer than threshold would remain
 * @q: the target
 * @leg: which
 *
 * Context: Any.
 * Return: Whether the leg is failed now.
 */
bool quorum_leg_fail(struct quorum *q, unsigned int leg)
{
	unsigned long flags;
	u32 failed = 0;
	bool gone;

	spin_lock_irqsave(&q->lock, flags);
	if (hweight32(q->live & ~BIT(leg)) >= q->threshold)
		failed = __fail(q, BIT(leg));
	gone = !(q->live & BIT(leg));
	spin_unlock_irqrestore(&q->lock, flags);

	report_failed(q, failed);
	return gone;
}

/**
 * quorum_legs_commit() - decide whether something that changes legs succeeded
 * @q: the target
 * @took: legs that did it
 * @missed: legs that did not; if it succeeded they are failed before this
 *	returns, so before anyone can hear of the success
 *
 * Context: Any.
 * Return: Whether at least threshold of the live legs took it.
 */
bool quorum_legs_commit(struct quorum *q, u32 took, u32 missed)
{
	unsigned long flags;
	u32 failed = 0;
	bool enough;

	spin_lock_irqsave(&q->lock, flags);
	enough = hweight32(took & q->live) >= q->threshold;
	if (enough)
		failed = __fail(q, missed);
	spin_unlock_irqrestore(&q->lock, flags);

	report_failed(q, failed);
	return enough;
}

/* Add one error to a leg's score.  Returns whether it has had too many. */
static bool score(struct quorum *q, struct quorum_leg *leg)
{
	time64_t now = ktime_get_seconds();
	unsigned long flags;
	bool too_many;

	spin_lock_irqsave(&q->lock, flags);
	while (leg->score && now - leg->score_time >= SCORE_HALF_LIFE) {
		leg->score /= 2;
		leg->score_time += SCORE_HALF_LIFE;
	}
	if (!leg->score++)
		leg->score_time = now;
	too_many = leg->score >= q->max_errors;
	spin_unlock_irqrestore(&q->lock, flags);
	return too_many;
}

/**
 * quorum_leg_accuse() - report a bad leg, and fail it once it has had max_errors
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
