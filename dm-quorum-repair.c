// SPDX-License-Identifier: GPL-2.0-only
/*
 * What follows from the verdict of a second look: who is accused of what, who
 * is given back what it lost, what legs without a vote get, and what is said
 * where there is no winner.
 */
#include "dm-quorum.h"
#include "dm-quorum-answer.h"
#include "dm-quorum-buf.h"
#include "dm-quorum-leg.h"
#include "dm-quorum-recheck-io.h"
#include "dm-quorum-repair.h"

#include <linux/random.h>

/* What makes each block of filler another. */
#define FILLER_NONCE	32

/*
 * Accuse a leg of what lies between the first and the last set bit, or of all
 * if none is.  A tie says that legs differ, but not which to fail for it.
 */
static void accuse_of(struct quorum_recheck *rc, unsigned int leg,
		      enum quorum_stat kind, const unsigned long *where,
		      blk_status_t status)
{
	struct quorum_verdict *v = &rc->verdict;
	unsigned int per_block = v->block_size >> SECTOR_SHIFT;
	unsigned int first = find_first_bit(where, v->blocks);
	unsigned int last = find_last_bit(where, v->blocks);

	if (first == v->blocks) {
		first = 0;
		last = v->blocks - 1;
	}
	if (bitmap_intersects(where, v->tied, v->blocks))
		quorum_report(&rc->q->reports, leg, kind,
			      rc->sector + first * per_block,
			      (last - first + 1) * per_block, status);
	else
		quorum_leg_accuse(rc->q, leg, kind,
				  rc->sector + first * per_block,
				  (last - first + 1) * per_block, status);
}

/* Whether what it said is that nobody waited for it. */
static bool was_late(struct quorum_recheck *rc, unsigned int leg)
{
	return rc->flight.late & BIT(leg) &&
	       rc->said[leg] == (__force u8)BLK_STS_TIMEOUT;
}

/* Accuse a leg that did not take what it was to be given. */
static void accuse_unwritten(struct quorum_recheck *rc, unsigned int leg,
			     enum quorum_stat kind)
{
	if (rc->flight.late & BIT(leg))
		quorum_report_late(&rc->q->reports, leg);
	accuse_of(rc, leg, kind, rc->verdict.leg[leg].lost,
		  quorum_recheck_said(rc, leg));
}

/**
 * quorum_repair_accuse_unread() - accuse the legs that could not be read
 * @rc: the second look
 * @told: but for these
 *
 * Context: Any.
 */
void quorum_repair_accuse_unread(struct quorum_recheck *rc, u32 told)
{
	unsigned int leg;

	quorum_for_each_leg(leg, rc->faulty & ~told)
		accuse_of(rc, leg, was_late(rc, leg) ? QUORUM_TIMEOUTS :
			  QUORUM_READ_ERRORS, rc->verdict.leg[leg].bad,
			  (__force blk_status_t)rc->said[leg]);
}

static bool lost_any(struct quorum_recheck *rc, unsigned int leg)
{
	struct quorum_verdict *v = &rc->verdict;

	return !bitmap_empty(v->leg[leg].lost, v->blocks);
}

/**
 * quorum_repair_accuse_losers() - accuse the legs that are to blame for a lost
 *	vote
 * @rc: the second look
 *
 * Context: Any.
 */
void quorum_repair_accuse_losers(struct quorum_recheck *rc)
{
	struct quorum_verdict *v = &rc->verdict;
	unsigned int leg;

	quorum_for_each_leg(leg, v->answered) {
		unsigned long *blame = v->leg[leg].blame;

		if (!bitmap_empty(blame, v->blocks))
			accuse_of(rc, leg, QUORUM_MISMATCHES, blame,
				  BLK_STS_OK);
	}
}

static u32 lost_something(struct quorum_recheck *rc)
{
	unsigned int leg;
	u32 legs = 0;

	quorum_for_each_leg(leg, rc->verdict.asked)
		if (lost_any(rc, leg))
			legs |= BIT(leg);
	return legs;
}

/* Those of @failed that will take it another time, perhaps. */
static u32 passing(struct quorum_recheck *rc, u32 failed)
{
	unsigned int leg;

	quorum_for_each_leg(leg, failed)
		if (!quorum_passing(quorum_recheck_said(rc, leg)))
			failed &= ~BIT(leg);
	return failed;
}

/*
 * Whether it was read, or could not be through its own fault, and is not still
 * about to be.
 */
static bool may_be_rewritten(struct quorum_recheck *rc, unsigned int leg)
{
	return !(((rc->failed & ~rc->faulty) | rc->flight.late) & BIT(leg)) &&
	       !quorum_flights_late(&rc->q->flights, leg);
}

/* The legs to rewrite, without ties, and without those that left meanwhile. */
static u32 to_rewrite(struct quorum_recheck *rc)
{
	struct quorum_verdict *v = &rc->verdict;
	u32 legs = 0, losers = v->asked & quorum_live(&rc->q->regions);
	unsigned int leg;

	if (!(rc->flags & (QUORUM_LOOK_REWRITE | QUORUM_LOOK_REFILL)))
		return 0;
	if (!(rc->flags & QUORUM_LOOK_REWRITE))
		losers &= v->answered;
	quorum_for_each_leg(leg, losers) {
		unsigned long *lost = v->leg[leg].lost;

		bitmap_andnot(lost, lost, v->tied, v->blocks);
		if (!(rc->flags & QUORUM_LOOK_REWRITE))
			bitmap_andnot(lost, lost, v->leg[leg].blame,
				      v->blocks);
		if (lost_any(rc, leg) && may_be_rewritten(rc, leg))
			legs |= BIT(leg);
	}
	return legs;
}

/* Tell of the blocks that too few agreed on, and of whom they are taken. */
static void report_settled(struct quorum_recheck *rc)
{
	struct quorum_verdict *v = &rc->verdict;
	unsigned int per_block = v->block_size >> SECTOR_SHIFT;
	unsigned int first = find_first_bit(v->settled, v->blocks);
	unsigned int last = find_last_bit(v->settled, v->blocks);
	unsigned int leg;

	quorum_for_each_leg(leg, v->answered)
		if (bitmap_intersects(v->leg[leg].lost, v->settled, v->blocks))
			quorum_report(&rc->q->reports, leg, QUORUM_SETTLED,
				      rc->sector + first * per_block,
				      (last - first + 1) * per_block,
				      BLK_STS_OK);
}

/*
 * What a leg is still about to write may come after something newer: where it
 * does, the leg is to have no vote.
 */
static void forsake(struct quorum_recheck *rc, u32 late)
{
	sector_t sectors = rc->verdict.bytes >> SECTOR_SHIFT;
	struct quorum *q = rc->q;

	if (!late || quorum_legs_commit(q, rc->sector, sectors,
					rc->verdict.asked & ~late, late, late))
		return;
	/* It cannot be done without: have it compared once it is back. */
	quorum_unsettle(&q->suspects, rc->sector, sectors);
}

/**
 * quorum_repair_rewrite() - write the answer over what legs have lost
 * @rc: the second look
 * @found: told who did not take it
 *
 * A read need not wait for it to be stored: what gets lost is rewritten again,
 * but for what was chosen without a quorum.
 * The sweep says that legs are equal when it is done.
 *
 * Context: May sleep.
 */
void quorum_repair_rewrite(struct quorum_recheck *rc,
			   struct quorum_finding *found)
{
	bool settled = !bitmap_empty(rc->verdict.settled, rc->verdict.blocks);
	blk_opf_t opf = rc->flags & QUORUM_LOOK_READ && !settled ? 0 : REQ_FUA;
	u32 losers = to_rewrite(rc);
	u32 failed = quorum_recheck_write(rc, losers, opf);
	u32 pass = passing(rc, failed);
	unsigned int leg;

	report_settled(rc);
	found->left_out |= lost_something(rc) & ~losers;
	quorum_for_each_leg(leg, losers & ~failed)
		quorum_report_rewritten(&rc->q->reports, leg);
	quorum_for_each_leg(leg, failed & ~pass)
		accuse_unwritten(rc, leg, QUORUM_REWRITE_ERRORS);
	forsake(rc, failed & rc->flight.late);
	found->missed |= failed;
	found->passing |= pass;
}

/* Put filler into the answer's undecided blocks, other each time. */
static void fill_undecided(struct quorum_recheck *rc)
{
	struct quorum_verdict *v = &rc->verdict;
	unsigned int size = v->block_size;
	unsigned int block;

	for_each_set_bit(block, v->undecided, rc->limit) {
		void *data = quorum_buf_at(v->answer, block * size);

		memset(data, 0, min_t(unsigned int, size, PAGE_SIZE));
		memcpy(data, QUORUM_FILLER, sizeof(QUORUM_FILLER));
		get_random_bytes(data + sizeof(QUORUM_FILLER), FILLER_NONCE);
	}
}

/* Each of @legs is to have all, with filler of its own.  Returns who failed. */
static u32 write_filled(struct quorum_recheck *rc, u32 legs)
{
	unsigned int leg;
	u32 failed = 0;

	quorum_for_each_leg(leg, legs) {
		fill_undecided(rc);
		bitmap_set(rc->verdict.leg[leg].lost, 0, rc->limit);
		failed |= quorum_recheck_write(rc, BIT(leg), REQ_FUA);
	}
	return failed;
}

/* Each of @legs is to have what has a winner.  Returns who failed. */
static u32 write_decided(struct quorum_recheck *rc, u32 legs)
{
	struct quorum_verdict *v = &rc->verdict;
	unsigned int leg;

	quorum_for_each_leg(leg, legs) {
		unsigned long *lost = v->leg[leg].lost;

		bitmap_complement(lost, v->undecided, v->blocks);
		bitmap_clear(lost, rc->limit, v->blocks - rc->limit);
	}
	return quorum_recheck_write(rc, legs, REQ_FUA);
}

/* If a single vote wins, or there is none, filler would. */
static bool filler_wins(struct quorum_recheck *rc)
{
	return rc->verdict.threshold == 1 ||
	       rc->q->pattern == QUORUM_PATTERN_FIFO;
}

/*
 * A leg that owes what was given up on, to whichever table, may still write it:
 * it has to wait.  Returns the others.
 */
static u32 leave_late(struct quorum_recheck *rc, u32 legs,
		      struct quorum_finding *found)
{
	u32 late = quorum_flights_all_late(&rc->q->flights);

	if (likely(!(late | rc->away)))
		return legs;
	found->missed |= legs & (late | rc->away);
	found->passing = true;
	return legs & ~(late | rc->away);
}

/**
 * quorum_repair_rebuild() - give the answer to the legs that have no vote here
 * @rc: the second look
 * @found: told who did not take it, and what there was no answer for
 *
 * For good: others may rely on it as soon as they have one.  A leg that cannot
 * take it is failed.  Where some block is undecided, or was tied, they get
 * filler; or such blocks are left as they are, and the leg without a vote.
 *
 * Context: May sleep.
 */
void quorum_repair_rebuild(struct quorum_recheck *rc,
			   struct quorum_finding *found)
{
	struct quorum_verdict *v = &rc->verdict;
	u32 legs = quorum_live(&rc->q->regions) & ~v->asked;
	u32 failed, pass;
	unsigned int leg;
	bool vague;

	legs = leave_late(rc, legs, found);
	if (!(rc->flags & QUORUM_LOOK_REBUILD) || !legs)
		return;
	bitmap_or(v->undecided, v->undecided, v->tied, v->blocks);
	vague = !bitmap_empty(v->undecided, rc->limit);
	if (vague && !filler_wins(rc)) {
		failed = write_filled(rc, legs);
	} else {
		failed = write_decided(rc, legs);
		found->vague = vague;
	}
	pass = passing(rc, failed);
	quorum_for_each_leg(leg, failed & ~pass) {
		accuse_unwritten(rc, leg, QUORUM_WRITE_ERRORS);
		quorum_leg_fail(rc->q, leg);
	}
	found->missed |= failed;
	found->passing |= pass;
}

/* blkverify: leg 0 is the reference, so the mismatch is leg 1's. */
static void blame_second_leg(struct quorum_recheck *rc)
{
	struct quorum_verdict *v = &rc->verdict;
	unsigned int byte;

	byte = quorum_buf_differ(&v->buf[0], &v->buf[1], 0, v->bytes);
	quorum_report_byte(&rc->q->reports,
			   ((u64)rc->sector << SECTOR_SHIFT) + byte);
	if (!v->unsettled)
		accuse_of(rc, 1, QUORUM_MISMATCHES, v->differ, BLK_STS_OK);
}

/**
 * quorum_repair_error() - the error of a read without a winner
 * @rc: the second look
 *
 * Context: Any.
 * Return: The status most legs failed with; just an I/O error if enough were
 *	read.
 */
blk_status_t quorum_repair_error(struct quorum_recheck *rc)
{
	struct quorum_verdict *v = &rc->verdict;

	if (hweight32(v->answered) >= v->threshold)
		return BLK_STS_IOERR;
	return quorum_error_vote(rc->said, rc->failed);
}

/**
 * quorum_repair_no_quorum() - report the blocks without a winner
 * @rc: the second look; there are such
 *
 * Nobody knows who is wrong there.
 *
 * Context: Any.
 */
void quorum_repair_no_quorum(struct quorum_recheck *rc)
{
	struct quorum_verdict *v = &rc->verdict;
	unsigned int per_block = v->block_size >> SECTOR_SHIFT;
	unsigned int first = find_first_bit(v->undecided, v->blocks);
	unsigned int last = find_last_bit(v->undecided, v->blocks);
	blk_status_t status = quorum_repair_error(rc);

	if (quorum_option(rc->q, QUORUM_BLKVERIFY) && v->answered == v->asked)
		blame_second_leg(rc);
	if (!quorum_refusal(status) && !quorum_passing(status))
		quorum_report_no_quorum(&rc->q->reports,
					rc->sector + first * per_block,
					(last - first + 1) * per_block);
}
