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
 * All of this runs in look_wq or sync_wq and sleeps on leg I/O.
 */
#include "dm-quorum.h"
#include "dm-quorum-answer.h"
#include "dm-quorum-buf.h"
#include "dm-quorum-io.h"
#include "dm-quorum-leg.h"
#include "dm-quorum-verdict.h"

#include <linux/jiffies.h>
#include <linux/random.h>

/* What makes each block of filler another. */
#define FILLER_NONCE	32

/* The sweep begins nothing more with a range it has held for so long. */
#define HOLD_LIMIT	(HZ / 10)

/* A leg with more bad blocks in a request than this is asked last. */
#define MAX_BAD_BLOCKS	64

/*
 * struct recheck_leg - what is asked of one leg
 * @recheck: whose leg this is
 * @bio: reads and rewrites it
 * @nr_bad: how many blocks were tried and could not be read
 * @untried: from this block on, those marked bad only say that the leg was
 *	given up on
 * @done: how far what it lost has been rewritten, in blocks
 */
struct recheck_leg {
	struct recheck *recheck;
	struct bio bio;
	unsigned int nr_bad;
	unsigned int untried;
	unsigned int done;
};

/*
 * struct recheck - one second look
 * @origin: the read it is for; NULL if it is the sweep's
 * @sector: first sector
 * @flags: of enum quorum_look_flag
 * @began: when the range was there, in jiffies
 * @shunned: legs that have a vote and are not read at first
 * @failed: those that were read and did not return all
 * @faulty: those of them that are to blame for it
 * @unread: those of which some block could not be read later, either
 * @said: how the read of the whole request ended, a blk_status_t for each leg
 * @limit: so many blocks are done with
 * @pending: leg bios still out, plus one while they are being sent
 * @verdict: who is asked for how much, what they returned, and who is right
 */
struct recheck {
	struct quorum *q;
	struct bio *origin;
	sector_t sector;
	unsigned int flags;
	unsigned long began;
	u32 shunned;
	u32 failed;
	u32 faulty;
	u32 unread;
	u8 said[QUORUM_MAX_LEGS];
	unsigned int limit;
	atomic_t pending;
	struct completion idle;
	struct quorum_verdict verdict;
	struct recheck_leg leg[];
};

static size_t recheck_size(struct quorum *q, unsigned int blocks)
{
	struct recheck *rc;

	return struct_size(rc, leg, q->nr_legs) +
	       quorum_verdict_size(q->nr_legs, blocks);
}

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
	size_t size = recheck_size(q, q->max_bytes / q->block_size);

	return mempool_init_kmalloc_pool(&q->rechecks, 1, size);
}

void quorum_rechecks_exit(struct quorum *q)
{
	mempool_exit(&q->rechecks);
}

/*
 * While legs are being made equal for the first time, nobody is to blame.  Nor
 * are legs written to by a device that is read-only itself.
 */
static unsigned int adjust_flags(struct quorum *q, sector_t sector,
				 unsigned int flags)
{
	if (quorum_unsettled(&q->suspects, sector))
		flags |= QUORUM_LOOK_UNSETTLED;
	if (!q->writable)
		flags &= ~(QUORUM_LOOK_REWRITE | QUORUM_LOOK_REBUILD);
	return flags;
}

/* What is voted on.  The bitmaps and buffers are behind the legs. */
static void verdict_init(struct recheck *rc, unsigned int bytes)
{
	struct quorum_verdict *v = &rc->verdict;
	struct quorum *q = rc->q;

	v->threshold = q->threshold;
	v->nr_legs = q->nr_legs;
	v->block_size = q->block_size;
	v->bytes = bytes;
	v->blocks = bytes / q->block_size;
	v->unsettled = rc->flags & QUORUM_LOOK_UNSETTLED;
	v->hash = q->hash;
	quorum_verdict_init(v, &rc->leg[q->nr_legs]);
}

static struct recheck *recheck_get(struct quorum *q, sector_t sector,
				   unsigned int bytes, unsigned int flags)
{
	struct recheck *rc = mempool_alloc(&q->rechecks, GFP_NOIO);
	struct quorum_verdict *v = &rc->verdict;
	unsigned int leg;

	memset(rc, 0, recheck_size(q, bytes / q->block_size));
	rc->q = q;
	rc->sector = sector;
	rc->flags = adjust_flags(q, sector, flags);
	init_completion(&rc->idle);
	verdict_init(rc, bytes);
	rc->limit = v->blocks;
	for (leg = 0; leg < q->nr_legs; leg++) {
		rc->leg[leg].recheck = rc;
		rc->leg[leg].untried = v->blocks;
	}
	v->asked = quorum_current(&q->regions, sector, bytes >> SECTOR_SHIFT);
	quorum_bufs_get(&q->pages, v->buf, v->asked, bytes);
	rc->began = jiffies;
	return rc;
}

static void recheck_put(struct recheck *rc)
{
	struct quorum_verdict *v = &rc->verdict;
	struct quorum *q = rc->q;
	unsigned int leg;

	quorum_for_each_leg(leg, v->asked)
		quorum_buf_put(&q->pages, &v->buf[leg]);
	mempool_free(rc, &q->rechecks);
}

/*
 * Leg I/O: start any number of bios, then wait for all of them.
 */

static void io_begin(struct recheck *rc)
{
	reinit_completion(&rc->idle);
	atomic_set(&rc->pending, 1);
}

static void io_done(struct recheck *rc)
{
	if (atomic_dec_and_test(&rc->pending))
		complete(&rc->idle);
}

static void io_wait(struct recheck *rc)
{
	io_done(rc);
	wait_for_completion_io(&rc->idle);
}

static void recheck_endio(struct bio *bio)
{
	struct recheck_leg *rl = bio->bi_private;

	io_done(rl->recheck);
}

static void io_start(struct recheck *rc, unsigned int leg, blk_opf_t opf,
		     struct quorum_buf *buf, unsigned int off, unsigned int len)
{
	struct quorum_leg *to = &rc->q->leg[leg];
	struct bio *bio = &rc->leg[leg].bio;

	bio_init(bio, to->dev->bdev, NULL, 0, opf | REQ_SYNC);
	/* Whoever asked is charged for it. */
	if (rc->origin)
		bio_clone_blkg_association(bio, rc->origin);
	bio->bi_iter.bi_sector = to->offset + rc->sector +
				 (off >> SECTOR_SHIFT);
	quorum_buf_attach(buf, bio, off, len);
	bio->bi_private = &rc->leg[leg];
	bio->bi_end_io = recheck_endio;
	atomic_inc(&rc->pending);
	submit_bio_noacct(bio);
}

/* Read a piece from several legs.  Returns those that failed. */
static u32 read_piece(struct recheck *rc, u32 legs, unsigned int off,
		      unsigned int len)
{
	unsigned int leg;
	u32 failed = 0;

	io_begin(rc);
	quorum_for_each_leg(leg, legs)
		io_start(rc, leg, REQ_OP_READ, &rc->verdict.buf[leg], off, len);
	io_wait(rc);

	quorum_for_each_leg(leg, legs)
		if (rc->leg[leg].bio.bi_status)
			failed |= BIT(leg);
	return failed;
}

static void read_all(struct recheck *rc)
{
	struct quorum_verdict *v = &rc->verdict;
	u32 legs = v->asked & ~rc->shunned;
	unsigned int leg;

	rc->failed = read_piece(rc, legs, 0, v->bytes);
	v->answered = legs & ~rc->failed;
	quorum_for_each_leg(leg, legs)
		rc->said[leg] = (__force u8)rc->leg[leg].bio.bi_status;
	rc->faulty = quorum_faulty(rc->said, legs, false);
}

/*
 * A block could not be read from some legs.  Returns those not to be asked for
 * any more: a leg that is dead may take its time to fail each read.
 */
static u32 mark_bad(struct recheck *rc, u32 failed, unsigned int block)
{
	unsigned int leg, next = block + 1;
	u32 given_up = 0;

	quorum_for_each_leg(leg, failed) {
		unsigned long *bad = rc->verdict.leg[leg].bad;

		__set_bit(block, bad);
		if (++rc->leg[leg].nr_bad <= MAX_BAD_BLOCKS)
			continue;
		rc->leg[leg].untried = next;
		bitmap_set(bad, next, rc->verdict.blocks - next);
		given_up |= BIT(leg);
	}
	return given_up;
}

/* A read is lost with its first block that too few legs can give. */
static bool is_lost(struct recheck *rc, u32 failed)
{
	struct quorum_verdict *v = &rc->verdict;

	return hweight32(v->asked & ~failed) < v->threshold;
}

/*
 * Find the blocks that cannot be read from the legs that could not give all.
 * The pieces are halved on an error and doubled on success, so a few bad blocks
 * among many cost a few dozen reads.
 */
static void read_by_pieces(struct recheck *rc)
{
	struct quorum_verdict *v = &rc->verdict;
	unsigned int block = v->block_size;
	unsigned int piece = v->bytes / 2;
	u32 legs = v->asked & ~v->answered;
	unsigned int off = 0, leg;

	while (legs && off < v->bytes) {
		u32 failed;

		piece = clamp(rounddown(piece, block), block, v->bytes - off);
		failed = read_piece(rc, legs, off, piece);
		if (failed && piece > block) {
			piece /= 2;
			continue;
		}
		legs &= ~mark_bad(rc, failed, off / block);
		off += piece;
		piece *= 2;
		if (is_lost(rc, failed))
			break;
	}
	quorum_for_each_leg(leg, legs)
		bitmap_set(v->leg[leg].bad, off / block,
			   (v->bytes - off) / block);
}

/*
 * No version of a block has won yet, or but by a tie: ask the legs that were
 * given up on before it.  But not over and over: a read is lost with one such
 * block, a sweep bears with some.  Returns whether a leg has something to say
 * after all.
 */
static bool ask_untried(struct recheck *rc, unsigned int block)
{
	struct quorum_verdict *v = &rc->verdict;
	unsigned int most = rc->flags & QUORUM_LOOK_SWEEP ? MAX_BAD_BLOCKS : 1;
	u32 untried = 0, failed;
	unsigned int leg;

	quorum_for_each_leg(leg, v->asked & ~v->answered)
		if (block >= rc->leg[leg].untried)
			untried |= BIT(leg);
	if (!untried || bitmap_weight(v->undecided, v->blocks) >= most)
		return false;

	failed = read_piece(rc, untried, block * v->block_size, v->block_size);
	rc->unread |= failed;
	quorum_for_each_leg(leg, untried & ~failed)
		__clear_bit(block, v->leg[leg].bad);
	return failed != untried;
}

/*
 * For the sweep: whether a leg that could not read all may read some of it, if
 * asked for less.
 */
static bool could_read_less(struct recheck *rc)
{
	struct quorum_verdict *v = &rc->verdict;
	unsigned int leg;

	if (v->bytes == v->block_size)
		return false;
	quorum_for_each_leg(leg, rc->failed) {
		struct quorum_leg *l = &rc->q->leg[leg];
		u64 at = (u64)(l->offset + rc->sector) << SECTOR_SHIFT;
		unsigned int physical = bdev_physical_block_size(l->dev->bdev);

		if (physical < v->bytes || at & (physical - 1))
			return true;
	}
	return false;
}

/* Nor can others be asked for less than all: they have nothing. */
static void all_bad(struct recheck *rc, u32 dead)
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
static void vote_blocks(struct recheck *rc)
{
	struct quorum_verdict *v = &rc->verdict;
	unsigned int block;

	for (block = 0; block < v->blocks; block++) {
		if (!quorum_verdict_count(v, block) && ask_untried(rc, block))
			quorum_verdict_count(v, block);
		quorum_verdict_block(v, block);
	}
}

/*
 * Consequences.
 */

/*
 * Accuse a leg of what lies between the first and the last set bit, or of all
 * if none is.  A tie says that legs differ, but not which to fail for it.
 */
static void accuse_of(struct recheck *rc, unsigned int leg,
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
		quorum_report(&rc->q->reports, leg, kind, rc->sector + first * per_block,
			      (last - first + 1) * per_block, status);
	else
		quorum_leg_accuse(rc->q, leg, kind,
				  rc->sector + first * per_block,
				  (last - first + 1) * per_block, status);
}

static void accuse_unreadable(struct recheck *rc, u32 told)
{
	unsigned int leg;

	quorum_for_each_leg(leg, rc->faulty & ~told)
		accuse_of(rc, leg, QUORUM_READ_ERRORS,
			  rc->verdict.leg[leg].bad,
			  (__force blk_status_t)rc->said[leg]);
}

static bool lost_any(struct recheck *rc, unsigned int leg)
{
	struct quorum_verdict *v = &rc->verdict;

	return !bitmap_empty(v->leg[leg].lost, v->blocks);
}

static void accuse_losers(struct recheck *rc)
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

/* Start to write the next run of lost blocks.  Returns false if none is. */
static bool write_run(struct recheck *rc, unsigned int leg, blk_opf_t opf)
{
	struct quorum_verdict *v = &rc->verdict;
	unsigned long *lost = v->leg[leg].lost;
	unsigned int block = v->block_size;
	unsigned int from, end;

	from = find_next_bit(lost, v->blocks, rc->leg[leg].done);
	if (from == v->blocks)
		return false;
	end = find_next_zero_bit(lost, v->blocks, from);
	rc->leg[leg].done = end;
	io_start(rc, leg, REQ_OP_WRITE | opf, v->answer, from * block,
		 (end - from) * block);
	return true;
}

/* The sweep stops after a while: how far it came is noted. */
static bool cut_short(struct recheck *rc, u32 busy)
{
	struct quorum_verdict *v = &rc->verdict;
	unsigned int leg, next;

	if (!(rc->flags & QUORUM_LOOK_SWEEP) ||
	    jiffies - rc->began <= HOLD_LIMIT)
		return false;
	quorum_for_each_leg(leg, busy) {
		next = find_next_bit(v->leg[leg].lost, v->blocks,
				     rc->leg[leg].done);
		rc->limit = min(rc->limit, next);
	}
	return true;
}

/* Write the answer over what @legs lost.  Returns the legs that failed. */
static u32 write_answer(struct recheck *rc, u32 legs, blk_opf_t opf)
{
	u32 busy = legs, failed = 0;
	unsigned int leg;

	while (busy) {
		io_begin(rc);
		quorum_for_each_leg(leg, busy)
			if (!write_run(rc, leg, opf))
				busy &= ~BIT(leg);
		io_wait(rc);

		quorum_for_each_leg(leg, busy)
			if (rc->leg[leg].bio.bi_status)
				failed |= BIT(leg);
		busy &= ~failed;
		if (cut_short(rc, busy))
			break;
	}
	return failed;
}

/* Those of @failed that will take it another time, perhaps. */
static u32 passing(struct recheck *rc, u32 failed)
{
	unsigned int leg;

	quorum_for_each_leg(leg, failed)
		if (!quorum_passing(rc->leg[leg].bio.bi_status))
			failed &= ~BIT(leg);
	return failed;
}

/* Whether it was read, or could not be through its own fault. */
static bool may_be_rewritten(struct recheck *rc, unsigned int leg)
{
	return !(rc->failed & ~rc->faulty & BIT(leg));
}

/* The legs to rewrite, without ties, and without those that left meanwhile. */
static u32 to_rewrite(struct recheck *rc)
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

/*
 * A read need not wait for it to be stored: what gets lost is rewritten again.
 * The sweep says that legs are equal when it is done.
 */
static void rewrite(struct recheck *rc, struct quorum_finding *found)
{
	u32 losers = to_rewrite(rc);
	u32 failed = write_answer(rc, losers, rc->flags & QUORUM_LOOK_SWEEP ?
				  REQ_FUA : 0);
	u32 pass = passing(rc, failed);
	unsigned int leg;

	quorum_for_each_leg(leg, losers & ~failed)
		quorum_report_rewritten(&rc->q->reports, leg);
	quorum_for_each_leg(leg, failed & ~pass)
		accuse_of(rc, leg, QUORUM_REWRITE_ERRORS,
			  rc->verdict.leg[leg].lost, rc->leg[leg].bio.bi_status);
	found->missed |= failed;
	found->passing |= pass;
}

/* Put filler into the answer's undecided blocks, other each time. */
static void fill_undecided(struct recheck *rc)
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
static u32 write_filled(struct recheck *rc, u32 legs)
{
	unsigned int leg;
	u32 failed = 0;

	quorum_for_each_leg(leg, legs) {
		fill_undecided(rc);
		bitmap_set(rc->verdict.leg[leg].lost, 0, rc->limit);
		failed |= write_answer(rc, BIT(leg), REQ_FUA);
	}
	return failed;
}

/*
 * Where some block is undecided, or was tied.  If a single vote wins, or there
 * is none, filler would: then such blocks are left as they are, and the leg is
 * without a vote.
 */
static u32 write_around(struct recheck *rc, u32 legs,
			struct quorum_finding *found)
{
	struct quorum_verdict *v = &rc->verdict;
	unsigned int leg;

	if (v->threshold > 1 && rc->q->pattern != QUORUM_PATTERN_FIFO)
		return write_filled(rc, legs);
	found->vague = true;
	quorum_for_each_leg(leg, legs) {
		bitmap_complement(v->leg[leg].lost, v->undecided, v->blocks);
		bitmap_clear(v->leg[leg].lost, rc->limit,
			     v->blocks - rc->limit);
	}
	return write_answer(rc, legs, REQ_FUA);
}

static u32 write_whole(struct recheck *rc, u32 legs)
{
	unsigned int leg;

	quorum_for_each_leg(leg, legs)
		bitmap_set(rc->verdict.leg[leg].lost, 0, rc->limit);
	return write_answer(rc, legs, REQ_FUA);
}

/*
 * Give the answer to the legs that have no vote here, for good: others may
 * rely on it as soon as they have one.  A leg that cannot take it is failed.
 */
static void rebuild(struct recheck *rc, struct quorum_finding *found)
{
	struct quorum_verdict *v = &rc->verdict;
	u32 legs = quorum_live(&rc->q->regions) & ~v->asked;
	u32 failed, pass;
	unsigned int leg;

	if (!(rc->flags & QUORUM_LOOK_REBUILD) || !legs)
		return;
	bitmap_or(v->undecided, v->undecided, v->tied, v->blocks);
	if (bitmap_empty(v->undecided, rc->limit))
		failed = write_whole(rc, legs);
	else
		failed = write_around(rc, legs, found);
	pass = passing(rc, failed);
	quorum_for_each_leg(leg, failed & ~pass) {
		accuse_of(rc, leg, QUORUM_WRITE_ERRORS, v->leg[leg].lost,
			  rc->leg[leg].bio.bi_status);
		quorum_leg_fail(rc->q, leg);
	}
	found->missed |= failed;
	found->passing |= pass;
}

/* blkverify: leg 0 is the reference, so the mismatch is leg 1's. */
static void blame_second_leg(struct recheck *rc)
{
	struct quorum_verdict *v = &rc->verdict;
	unsigned int byte;

	byte = quorum_buf_differ(&v->buf[0], &v->buf[1], 0, v->bytes);
	quorum_report_byte(&rc->q->reports, ((u64)rc->sector << SECTOR_SHIFT) + byte);
	if (!v->unsettled)
		accuse_of(rc, 1, QUORUM_MISMATCHES, v->differ, BLK_STS_OK);
}

/* The status most legs failed with; just an I/O error if enough were read. */
static blk_status_t error_vote(struct recheck *rc)
{
	struct quorum_verdict *v = &rc->verdict;

	if (hweight32(v->answered) >= v->threshold)
		return BLK_STS_IOERR;
	return quorum_error_vote(rc->said, rc->failed);
}

/* Some block has no winner: nobody knows who is wrong there. */
static void report_no_quorum(struct recheck *rc)
{
	struct quorum_verdict *v = &rc->verdict;
	unsigned int per_block = v->block_size >> SECTOR_SHIFT;
	unsigned int first = find_first_bit(v->undecided, v->blocks);
	unsigned int last = find_last_bit(v->undecided, v->blocks);
	blk_status_t status = error_vote(rc);

	if (quorum_option(rc->q, QUORUM_BLKVERIFY) && v->answered == v->asked)
		blame_second_leg(rc);
	if (!quorum_refusal(status) && !quorum_passing(status))
		quorum_report_no_quorum(&rc->q->reports, rc->sector + first * per_block,
					(last - first + 1) * per_block);
}

/* Read all that there is, whole or by pieces, and vote. */
static void decide_read(struct recheck *rc)
{
	struct quorum_verdict *v = &rc->verdict;

	read_all(rc);
	if (quorum_verdict_unanimous(v)) {
		if (rc->flags & QUORUM_LOOK_DISSENT)
			quorum_report_transient(&rc->q->reports);
	} else if (!quorum_verdict_request(v)) {
		read_by_pieces(rc);
		vote_blocks(rc);
	}
}

/*
 * Of the sweep's piece, only what can be read in one go counts.  Returns false
 * if a smaller one may tell more: the last votes are those on single blocks.
 */
static bool decide_piece(struct recheck *rc, u32 dead)
{
	struct quorum_verdict *v = &rc->verdict;

	read_all(rc);
	if (could_read_less(rc))
		return false;
	if (quorum_verdict_unanimous(v))
		return true;
	all_bad(rc, dead);
	if (quorum_verdict_request(v))
		return true;
	vote_blocks(rc);
	return !rc->failed || v->blocks == 1 || quorum_verdict_decided(v);
}

/* Whether there are legs enough to read; if not, nothing is decided. */
static bool enough_to_ask(struct recheck *rc)
{
	struct quorum_verdict *v = &rc->verdict;

	if (hweight32(v->asked) >= v->threshold)
		return true;
	bitmap_fill(v->undecided, v->blocks);
	return false;
}

/**
 * quorum_recheck_read() - answer a read that did not agree at first
 * @q: the target
 * @sector: first sector
 * @bio: the read; its pages are filled only with what won a vote
 * @dissent: it was read once, and legs were at fault: if they are not any more,
 *	that is counted as transient
 *
 * Nothing is written, and no loser accused, unless every block has a winner.
 *
 * Context: look_wq; sleeps.  The caller holds the range and no pages of @q.
 * Return: BLK_STS_OK or the error to complete the read with.
 */
blk_status_t quorum_recheck_read(struct quorum *q, sector_t sector,
				 struct bio *bio, bool dissent)
{
	struct quorum_finding found = {};
	blk_status_t status = BLK_STS_OK;
	unsigned int flags = 0;
	struct recheck *rc;

	if (dissent)
		flags |= QUORUM_LOOK_DISSENT;
	if (quorum_option(q, QUORUM_REWRITE_CORRUPTED))
		flags |= QUORUM_LOOK_REWRITE;

	rc = recheck_get(q, sector, bio->bi_iter.bi_size, flags);
	rc->origin = bio;
	if (enough_to_ask(rc))
		decide_read(rc);
	if (quorum_verdict_decided(&rc->verdict)) {
		accuse_unreadable(rc, 0);
		accuse_losers(rc);
		rewrite(rc, &found);
		quorum_buf_drain(rc->verdict.answer, bio);
	} else if (quorum_requeues(q, error_vote(rc))) {
		status = BLK_STS_DM_REQUEUE;
	} else {
		accuse_unreadable(rc, 0);
		report_no_quorum(rc);
		status = error_vote(rc);
	}
	recheck_put(rc);
	return status;
}

static sector_t count(struct recheck *rc, const unsigned long *blocks)
{
	return bitmap_weight(blocks, rc->limit) *
	       (rc->verdict.block_size >> SECTOR_SHIFT);
}

/* What follows from a piece that was looked at for its own sake. */
static void conclude(struct recheck *rc, struct quorum_look *look)
{
	struct quorum_verdict *v = &rc->verdict;
	bool decided = quorum_verdict_decided(v);
	struct quorum_finding *found = &look->found;

	if (!(rc->flags & QUORUM_LOOK_KNOWN)) {
		accuse_unreadable(rc, look->told);
		accuse_losers(rc);
		if (!decided)
			report_no_quorum(rc);
	}
	if (!decided)
		found->passing |= rc->failed;
	if (v->answer) {
		rewrite(rc, found);
		rebuild(rc, found);
	}
	found->unread = rc->failed | rc->unread;
	found->differ = count(rc, v->differ);
	found->unresolved = count(rc, v->undecided);
}

/**
 * quorum_recheck_sweep() - look at a piece for its own sake
 * @q: the target
 * @look: what to look at, and what comes of it
 *
 * Blocks without a winner are reported and left alone; the others are treated
 * as those of a read.
 *
 * Context: sync_wq; sleeps.  The caller holds the range and no pages of @q.
 */
void quorum_recheck_sweep(struct quorum *q, struct quorum_look *look)
{
	struct recheck *rc = recheck_get(q, look->sector, look->bytes,
					 look->flags | QUORUM_LOOK_SWEEP);

	memset(&look->found, 0, sizeof(look->found));
	look->done = 0;
	rc->shunned = rc->verdict.asked & look->shun;
	if (!enough_to_ask(rc) || decide_piece(rc, look->dead)) {
		conclude(rc, look);
		look->done = rc->limit * q->block_size;
	}
	recheck_put(rc);
}
