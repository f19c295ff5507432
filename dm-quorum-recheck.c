// SPDX-License-Identifier: GPL-2.0-only
/*
 * The second look.  The caller holds the range, so no write is in flight in
 * it, and the legs are read into pages nobody else can touch: what differs
 * now really differs.
 *
 * The whole request is voted on first.  Without a winner each logical block is
 * voted on by itself, with the legs that could not be read in one go read in
 * smaller pieces: the answer does not depend on how the I/O was cut.  Losers
 * are reported, and rewritten if the table asks for it, before the answer is
 * given.
 *
 * The sweep looks the same way, but does not hold a range for long: where some
 * leg could not read all, it is to come again with a smaller piece.
 *
 * All of this runs in a workqueue and sleeps on leg I/O.
 */
#include "dm-quorum.h"
#include "dm-quorum-io.h"
#include "dm-quorum-recheck.h"
#include "dm-quorum-recheck-io.h"
#include "dm-quorum-repair.h"

/**
 * quorum_rechecks_init() - make room for second looks
 * @q: nr_legs, max_bytes and block_size are set
 *
 * One context is held in reserve.
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int quorum_rechecks_init(struct quorum *q)
{
	size_t size = quorum_recheck_size(q, q->max_bytes / q->block_size);

	return mempool_init_kmalloc_pool(&q->rechecks, 1, size);
}

void quorum_rechecks_exit(struct quorum *q)
{
	mempool_exit(&q->rechecks);
}

/*
 * Whether a leg that could not read all may read some of it, if asked for less.
 * Only the sweep does that.
 */
static bool may_ask_less(struct quorum_recheck *rc)
{
	struct quorum_verdict *v = &rc->verdict;
	unsigned int leg;

	if (v->bytes == v->block_size)
		return false;
	quorum_for_each_leg(leg, rc->failed & ~rc->flight.late) {
		struct quorum_leg *l = &rc->q->leg[leg];
		u64 at = (u64)(l->offset + rc->sector) << SECTOR_SHIFT;
		unsigned int physical = bdev_physical_block_size(l->dev->bdev);

		if (physical < v->bytes || at & (physical - 1))
			return true;
	}
	return false;
}

/*
 * Who has not given all has nothing to say, and @dead are not to be asked about
 * single blocks either.  Likewise.
 */
static void ask_no_more(struct quorum_recheck *rc, u32 dead)
{
	struct quorum_verdict *v = &rc->verdict;
	unsigned int leg;

	quorum_for_each_leg(leg, v->asked & ~v->answered) {
		bitmap_fill(v->leg[leg].bad, v->blocks);
		if (rc->shunned & ~dead & BIT(leg))
			rc->leg[leg].untried = 0;
	}
}

/*
 * A block without a winner, or with one by the tie rule, is voted on again if
 * another leg has something to say about it.
 */
static void vote_blocks(struct quorum_recheck *rc)
{
	struct quorum_verdict *v = &rc->verdict;
	unsigned int block;

	for (block = 0; block < v->blocks; block++) {
		if (!quorum_verdict_count(v, block) &&
		    quorum_recheck_ask_again(rc, block))
			quorum_verdict_count(v, block);
		quorum_verdict_block(v, block);
	}
}

/* Read all that there is, whole or by pieces, and vote. */
static void decide_read(struct quorum_recheck *rc, bool dissent)
{
	struct quorum_verdict *v = &rc->verdict;

	quorum_recheck_ask(rc);
	if (quorum_verdict_unanimous(v)) {
		if (dissent)
			quorum_report_transient(&rc->q->reports);
	} else if (!quorum_verdict_request(v)) {
		quorum_recheck_ask_by_pieces(rc);
		vote_blocks(rc);
	}
}

/*
 * Of the sweep's piece, only what can be read in one go counts.  Returns false
 * if a smaller one may tell more: the last votes are those on single blocks,
 * and one more may decide what is tied.
 */
static bool decide_piece(struct quorum_recheck *rc, u32 dead)
{
	struct quorum_verdict *v = &rc->verdict;

	quorum_recheck_ask(rc);
	if (may_ask_less(rc))
		return false;
	if (quorum_verdict_unanimous(v))
		return true;
	ask_no_more(rc, dead);
	if (quorum_verdict_request(v))
		return true;
	vote_blocks(rc);
	if (!rc->failed || v->blocks == 1)
		return true;
	return quorum_verdict_decided(v) && bitmap_empty(v->tied, v->blocks);
}

/* Whether there are legs enough to read; if not, nothing is decided. */
static bool enough_to_ask(struct quorum_recheck *rc)
{
	struct quorum_verdict *v = &rc->verdict;

	if (hweight32(v->asked) >= v->threshold)
		return true;
	bitmap_fill(v->undecided, v->blocks);
	return false;
}

/*
 * A version that was chosen is not told before enough legs have it, and for
 * good: after another crash it must not be another one.
 */
static bool settle(struct quorum_recheck *rc)
{
	struct quorum_verdict *v = &rc->verdict;
	struct quorum_finding found = {};
	u32 legs;

	quorum_repair_rewrite(rc, &found);
	legs = v->asked & quorum_live(&rc->q->regions) & ~found.missed &
	       ~rc->flight.late;
	if (bitmap_empty(v->settled, v->blocks) ||
	    hweight32(legs) >= v->threshold)
		return true;
	bitmap_or(v->undecided, v->undecided, v->settled, v->blocks);
	return false;
}

/* What follows from a vote on a read. */
static blk_status_t answer(struct quorum_recheck *rc, struct bio *bio)
{
	struct quorum_verdict *v = &rc->verdict;

	if (quorum_verdict_decided(v)) {
		quorum_repair_accuse_losers(rc);
		if (settle(rc)) {
			if (bio)
				quorum_buf_drain(v->answer, bio);
			return BLK_STS_OK;
		}
	}
	quorum_repair_no_quorum(rc);
	return quorum_repair_error(rc);
}

/* Whether it is to be held: never for want of agreement. */
static bool is_held(struct quorum_recheck *rc)
{
	struct quorum_verdict *v = &rc->verdict;

	return rc->origin && !quorum_verdict_decided(v) &&
	       quorum_verdict_short(v) &&
	       quorum_holds(rc->q, rc->origin, quorum_repair_error(rc));
}

/* Whether some leg was left out that would be asked next, and may decide. */
static bool is_hasty(struct quorum_recheck *rc)
{
	unsigned int flags = rc->flags | QUORUM_LOOK_PATIENT;

	return rc->away & ~quorum_recheck_slow(rc->q, flags) &&
	       !(rc->flags & QUORUM_LOOK_PATIENT) &&
	       !quorum_verdict_decided(&rc->verdict);
}

static struct quorum_recheck *look_for_read(struct quorum *q, sector_t sector,
					    unsigned int bytes, struct bio *bio,
					    unsigned int flags, bool dissent)
{
	struct quorum_recheck *rc = quorum_recheck_get(q, sector, bytes, flags);

	rc->origin = bio;
	if (enough_to_ask(rc))
		decide_read(rc, dissent);
	return rc;
}

/**
 * quorum_recheck_read() - answer a read that did not agree at first
 * @q: the target
 * @sector: first sector
 * @bytes: length
 * @bio: the read; its pages are filled only with what won a vote.  NULL if it
 *	has been answered
 * @dissent: it was read once, and legs were at fault: if they are not any more,
 *	that is counted as transient
 *
 * Nothing is written, and no loser accused, unless every block has a winner.
 *
 * Context: A workqueue; sleeps.  The caller holds the range and no pages of @q.
 * Return: BLK_STS_OK or the error to complete the read with.
 */
blk_status_t quorum_recheck_read(struct quorum *q, sector_t sector,
				 unsigned int bytes, struct bio *bio,
				 bool dissent)
{
	unsigned int flags = QUORUM_LOOK_READ;
	blk_status_t status = BLK_STS_OK;
	struct quorum_recheck *rc;

	if (quorum_torn_at(&q->suspects, sector))
		flags |= QUORUM_LOOK_REFILL;
	if (quorum_option(q, QUORUM_REWRITE_CORRUPTED))
		flags |= QUORUM_LOOK_REWRITE;

	rc = look_for_read(q, sector, bytes, bio, flags, dissent);
	if (is_hasty(rc)) {
		quorum_recheck_put(rc);
		rc = look_for_read(q, sector, bytes, bio,
				   flags | QUORUM_LOOK_PATIENT, dissent);
	}
	if (!quorum_verdict_decided(&rc->verdict) &&
	    quorum_requeues(q, quorum_repair_error(rc))) {
		status = BLK_STS_DM_REQUEUE;
	} else {
		quorum_repair_accuse_unread(rc, 0);
		status = is_held(rc) ? BLK_STS_DM_REQUEUE : answer(rc, bio);
	}
	quorum_recheck_put(rc);
	return status;
}

static sector_t count(struct quorum_recheck *rc, const unsigned long *blocks)
{
	return bitmap_weight(blocks, rc->limit) *
	       (rc->verdict.block_size >> SECTOR_SHIFT);
}

/* What follows from a piece that was looked at for its own sake. */
static void conclude(struct quorum_recheck *rc, struct quorum_look *look)
{
	struct quorum_verdict *v = &rc->verdict;
	bool decided = quorum_verdict_decided(v);
	struct quorum_finding *found = &look->found;

	if (!(rc->flags & QUORUM_LOOK_KNOWN)) {
		quorum_repair_accuse_unread(rc, look->told);
		quorum_repair_accuse_losers(rc);
		if (!decided)
			quorum_repair_no_quorum(rc);
	}
	if (!decided)
		found->passing |= rc->failed;
	if (v->answer) {
		quorum_repair_rewrite(rc, found);
		quorum_repair_rebuild(rc, found);
	} else {
		/* Too few legs have a vote to rebuild others from. */
		found->vague = true;
	}
	found->left_out |= rc->q->present & ~v->asked;
	found->unread = rc->failed | rc->unread;
	found->differ = count(rc, v->differ);
	found->unresolved = count(rc, v->undecided);
}

/* @done is set to whether no smaller piece is to be tried. */
static struct quorum_recheck *look_at_piece(struct quorum *q,
					    struct quorum_look *look,
					    bool *done)
{
	struct quorum_recheck *rc;

	rc = quorum_recheck_get(q, look->sector, look->bytes, look->flags);
	memset(&look->found, 0, sizeof(look->found));
	look->done = 0;
	rc->shunned = rc->verdict.asked & look->shun;
	*done = !enough_to_ask(rc) || decide_piece(rc, look->dead);
	return rc;
}

/**
 * quorum_recheck_sweep() - look at a piece for its own sake
 * @q: the target
 * @look: what to look at, and what comes of it
 *
 * Blocks without a winner are reported and left alone; the others are treated
 * as those of a read.
 *
 * Context: A workqueue; sleeps.  The caller holds the range and no pages of @q.
 */
void quorum_recheck_sweep(struct quorum *q, struct quorum_look *look)
{
	struct quorum_recheck *rc;
	bool done;

	rc = look_at_piece(q, look, &done);
	if (done && is_hasty(rc)) {
		quorum_recheck_put(rc);
		look->flags |= QUORUM_LOOK_PATIENT;
		rc = look_at_piece(q, look, &done);
	}
	if (done) {
		conclude(rc, look);
		look->done = rc->limit * q->block_size;
	}
	quorum_recheck_put(rc);
}
