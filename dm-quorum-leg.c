// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a leg.
 *
 * A live leg takes part: it gets every write and votes wherever it is in sync.
 * A failed one gets no I/O; what it misses is remembered, region by region,
 * until it is reinstated.  A missing one is a place in the table and no more.
 *
 * What is here tells of all that changes in it.
 */
#include "dm-quorum.h"
#include "dm-quorum-behind.h"
#include "dm-quorum-flush.h"
#include "dm-quorum-leg.h"
#include "dm-quorum-meta.h"

/* Have it remembered, if anything is. */
static void remember(struct quorum *q, u32 legs)
{
	if (q->meta && legs)
		quorum_meta_kick(q->meta);
}

/**
 * quorum_leg_fail() - fail a leg, unless fewer than threshold would remain
 * @q: the target
 * @leg: which
 *
 * Context: Any, without locks of the regions.
 * Return: Whether the leg is failed now.
 */
bool quorum_leg_fail(struct quorum *q, unsigned int leg)
{
	struct quorum_change change;
	bool gone = quorum_drop(&q->regions, leg, &change);

	quorum_report_state(&q->reports, change.gone, "failed");
	remember(q, change.gone);
	return gone;
}

static bool is_failed(struct quorum *q, unsigned int leg)
{
	return !(quorum_live(&q->regions) & BIT(leg));
}

static bool flush_it(struct quorum *q, unsigned int leg, u8 *said)
{
	u32 rest = quorum_live(&q->regions) & ~BIT(leg), late;

	if (!quorum_flush_legs(q, BIT(leg), rest, said, &late))
		return true;
	if (late)
		quorum_report_late(&q->reports, leg);
	return false;
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
 * Return: 0; -EINVAL if it had not failed; -EBUSY if it owes what was given up
 * on: what it may still write would come after what it is given; or the error
 * of the flush, with which it has failed again.
 */
int quorum_leg_reinstate(struct quorum *q, unsigned int leg)
{
	u8 said[QUORUM_MAX_LEGS];
	int r = 0;

	if (!is_failed(q, leg))
		return -EINVAL;
	if (quorum_flights_late(&q->flights, leg))
		return -EBUSY;
	if (!quorum_readmit(&q->regions, leg))
		return -EINVAL;
	if (!flush_it(q, leg, said)) {
		quorum_leg_accuse(q, leg, QUORUM_FLUSH_ERRORS, 0, 0,
				  (__force blk_status_t)said[leg]);
		r = blk_status_to_errno((__force blk_status_t)said[leg]);
	} else if (q->meta && !quorum_meta_admit(q->meta, leg)) {
		r = -EIO;
	}
	quorum_let_go(&q->regions, leg, !r);
	quorum_report_state(&q->reports, BIT(leg), r ? "failed" : "reinstated");
	remember(q, BIT(leg));
	quorum_hold_kick(&q->hold);
	return r;
}

/**
 * quorum_leg_rebuild() - forget the content of a leg and build it anew
 * @q: the target
 * @leg: which, live or failed; not a missing one
 *
 * Context: Any, without locks of the regions.
 * Return: Whether the others are a quorum everywhere; if not, nothing changes.
 */
bool quorum_leg_rebuild(struct quorum *q, unsigned int leg)
{
	if (!quorum_forget(&q->regions, leg))
		return false;
	quorum_report_state(&q->reports, BIT(leg), "to be rebuilt");
	if (q->meta)
		quorum_meta_need(q, 0, 0);
	remember(q, BIT(leg));
	return true;
}

/**
 * quorum_legs_left_out() - a region was made equal without some legs
 * @q: the target
 * @region: as for quorum_left_out()
 * @legs: likewise
 *
 * Context: Any, without locks of the regions.
 * Return: As quorum_left_out().
 */
bool quorum_legs_left_out(struct quorum *q, unsigned long region, u32 legs)
{
	bool done = quorum_left_out(&q->regions, region, legs);

	if (q->meta && legs)
		quorum_meta_need(q, (sector_t)region << q->region_shift, 1);
	remember(q, legs);
	return done;
}

/**
 * quorum_legs_rebuilt() - give legs their vote back
 * @q: the target
 * @region: as for quorum_rebuilt()
 * @marks: likewise
 * @missed: likewise
 *
 * Context: Any, without locks of the regions.
 * Return: As quorum_rebuilt().
 */
bool quorum_legs_rebuilt(struct quorum *q, unsigned long region, u64 marks,
			 u32 missed)
{
	u32 whole;
	bool done = quorum_rebuilt(&q->regions, region, marks, missed, &whole);

	quorum_report_state(&q->reports, whole, "in sync");
	quorum_hold_kick(&q->hold);
	if (q->meta)
		quorum_meta_need(q, (sector_t)region << q->region_shift, 1);
	remember(q, whole);
	return done;
}

/**
 * quorum_legs_commit() - decide whether something that changes legs succeeded
 * @q: the target
 * @sector: as for quorum_commit()
 * @sectors: likewise
 * @took: likewise
 * @missed: likewise
 * @faulty: likewise
 *
 * Context: Any, without locks of the regions.
 * Return: As quorum_commit().
 */
bool quorum_legs_commit(struct quorum *q, sector_t sector, sector_t sectors,
			u32 took, u32 missed, u32 faulty)
{
	struct quorum_change change;
	bool enough = quorum_commit(&q->regions, sector, sectors, took, missed,
				    faulty, &change);

	quorum_report_state(&q->reports, change.gone, "failed");
	quorum_report_state(&q->reports, change.behind, "out of sync");
	if (q->meta && enough && sectors)
		quorum_meta_need(q, sector, sectors);
	return enough;
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
 * Context: Any, without locks of the regions.
 */
void quorum_leg_accuse(struct quorum *q, unsigned int leg,
		       enum quorum_stat kind, sector_t sector,
		       sector_t sectors, blk_status_t status)
{
	quorum_report(&q->reports, leg, kind, sector, sectors, status);
	if (!q->max_errors)
		return;
	if (kind != QUORUM_READ_ERRORS && kind != QUORUM_MISMATCHES &&
	    kind != QUORUM_TIMEOUTS)
		return;
	if (quorum_score(&q->regions, leg, ktime_get_seconds()) >=
	    q->max_errors)
		quorum_leg_fail(q, leg);
}
