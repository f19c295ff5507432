// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a second look takes: its memory, with the pages nobody else can touch,
 * and how it reads and writes the legs.  All of this sleeps on leg I/O.
 */
#include "dm-quorum.h"
#include "dm-quorum-answer.h"
#include "dm-quorum-buf.h"
#include "dm-quorum-recheck-io.h"

#include <linux/jiffies.h>

/* The sweep begins nothing more with a range it has held for so long. */
#define HOLD_LIMIT	(HZ / 10)

/* A leg with more bad blocks in a request than this is asked last. */
#define MAX_BAD_BLOCKS	64

/**
 * quorum_recheck_size() - the memory that a second look takes
 * @q: the target
 * @blocks: length of what is looked at, in logical blocks
 *
 * Return: Bytes, without the buffers' pages.
 */
size_t quorum_recheck_size(struct quorum *q, unsigned int blocks)
{
	struct quorum_recheck *rc;

	return struct_size(rc, leg, q->nr_legs) +
	       quorum_verdict_size(q->nr_legs, blocks);
}

/*
 * What is voted on.  While legs are being made equal for the first time, nobody
 * is to blame.  The bitmaps and buffers are behind the legs.
 */
static void verdict_init(struct quorum_recheck *rc, unsigned int bytes)
{
	struct quorum_verdict *v = &rc->verdict;
	struct quorum *q = rc->q;

	v->threshold = q->threshold;
	v->nr_legs = q->nr_legs;
	v->block_size = q->block_size;
	v->bytes = bytes;
	v->blocks = bytes / q->block_size;
	v->unsettled = quorum_unsettled_at(&q->suspects, rc->sector);
	v->torn = rc->flags & (QUORUM_LOOK_REWRITE | QUORUM_LOOK_REFILL) &&
		  quorum_torn_at(&q->suspects, rc->sector);
	v->hash = q->hash;
	quorum_verdict_init(v, &rc->leg[q->nr_legs]);
}

/* Those of @legs whose bio has ended well. */
static u32 answered_well(struct quorum_recheck *rc, u32 legs)
{
	unsigned int leg;

	quorum_for_each_leg(leg, legs)
		if (rc->leg[leg].bio.bi_status)
			legs &= ~BIT(leg);
	return legs;
}

/*
 * Enough have returned something, whatever it is; or have what is written, or
 * would not be missed by those that have it.
 */
static bool enough(struct quorum_flight *flight, u32 out)
{
	struct quorum_recheck *rc = container_of(flight, struct quorum_recheck,
						 flight);
	struct quorum_verdict *v = &rc->verdict;
	u32 legs = rc->sent & ~out;

	if (rc->writes)
		legs = v->asked & ~(rc->sent & ~answered_well(rc, legs));
	else
		legs = v->answered | answered_well(rc, legs);
	return hweight32(legs & ~flight->late) >= v->threshold;
}

static void all_back(struct quorum_flight *flight)
{
	complete(&container_of(flight, struct quorum_recheck, flight)->idle);
}

static void free_recheck(struct quorum_flight *flight)
{
	struct quorum_recheck *rc = container_of(flight, struct quorum_recheck,
						 flight);
	struct quorum_verdict *v = &rc->verdict;
	struct quorum *q = rc->q;
	unsigned int leg;

	quorum_for_each_leg(leg, v->asked)
		quorum_buf_put(&q->pages, &v->buf[leg]);
	mempool_free(rc, &q->rechecks);
}

static const struct quorum_flight_ops flight_ops = {
	.enough	= enough,
	.end	= all_back,
	.free	= free_recheck,
};

/**
 * quorum_recheck_slow() - the legs that are left alone if the others will do
 * @q: the target
 * @flags: of the second look
 *
 * They owe too much, or what was given up on.  A read that fails without them
 * asks all of them, too.  The sweep does not ask the latter: what they still
 * write may come after what it has seen.
 *
 * Context: Any.
 */
u32 quorum_recheck_slow(struct quorum *q, unsigned int flags)
{
	u32 late = READ_ONCE(q->flights.late);

	if (!(flags & QUORUM_LOOK_PATIENT))
		return late | READ_ONCE(q->flights.full);
	return flags & QUORUM_LOOK_READ ? 0 : late;
}

/* The legs to ask: those that have a vote. */
static void choose_legs(struct quorum_recheck *rc)
{
	struct quorum_verdict *v = &rc->verdict;
	u32 late = quorum_recheck_slow(rc->q, rc->flags);

	v->asked = quorum_current(&rc->q->regions, rc->sector,
				  v->bytes >> SECTOR_SHIFT);
	if (late && hweight32(v->asked & ~late) >= v->threshold) {
		rc->away = v->asked & late;
		v->asked &= ~late;
	}
	/* No version is chosen while a leg that has a vote is not asked. */
	v->torn = v->torn && !rc->away;
}

/**
 * quorum_recheck_get() - begin a second look
 * @q: the target
 * @sector: first sector
 * @bytes: length
 * @flags: of enum quorum_look_flag
 *
 * Legs are not written to by a device that is read-only itself.
 *
 * Context: May sleep.  The caller holds the range and no pages of @q.
 * Return: What quorum_recheck_put() ends; never NULL.
 */
struct quorum_recheck *quorum_recheck_get(struct quorum *q, sector_t sector,
					  unsigned int bytes,
					  unsigned int flags)
{
	struct quorum_recheck *rc = mempool_alloc(&q->rechecks, GFP_NOIO);
	struct quorum_verdict *v = &rc->verdict;
	unsigned int leg;

	memset(rc, 0, quorum_recheck_size(q, bytes / q->block_size));
	rc->q = q;
	rc->sector = sector;
	rc->flags = flags;
	if (!q->writable)
		rc->flags &= ~QUORUM_LOOK_WRITES;
	init_completion(&rc->idle);
	quorum_flight_init(&rc->flight, &q->flights, &flight_ops);
	verdict_init(rc, bytes);
	rc->limit = v->blocks;
	for (leg = 0; leg < q->nr_legs; leg++) {
		rc->leg[leg].recheck = rc;
		rc->leg[leg].untried = v->blocks;
	}
	choose_legs(rc);
	quorum_bufs_get(&q->pages, v->buf, v->asked, bytes);
	rc->began = jiffies;
	return rc;
}

/*
 * The end of a second look.  What is out was given up on.  Context: Any.
 */
void quorum_recheck_put(struct quorum_recheck *rc)
{
	quorum_flight_put(&rc->flight);
}

/*
 * Leg I/O: one bio for each of some legs, then wait for all of them.
 */

static void io_begin(struct quorum_recheck *rc, u32 legs, bool writes)
{
	reinit_completion(&rc->idle);
	rc->sent = legs;
	rc->writes = writes;
	quorum_flight_begin(&rc->flight, legs, rc->verdict.bytes);
}

/* Returns those that failed, or were given up on. */
static u32 io_wait(struct quorum_recheck *rc)
{
	quorum_flight_sent(&rc->flight);
	wait_for_completion_io(&rc->idle);
	return rc->sent & ~answered_well(rc, rc->sent & ~rc->flight.late);
}

static void recheck_endio(struct bio *bio)
{
	struct quorum_recheck_leg *rl = bio->bi_private;
	struct quorum_recheck *rc = rl->recheck;

	quorum_flight_back(&rc->flight, rl - rc->leg);
}

static void io_start(struct quorum_recheck *rc, unsigned int leg, blk_opf_t opf,
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
	submit_bio_noacct(bio);
}

/*
 * Read a piece from several legs.  Returns those that failed: who was given up
 * on is not asked, since its bio may be out.
 */
static u32 read_piece(struct quorum_recheck *rc, u32 legs, unsigned int off,
		      unsigned int len)
{
	u32 late = legs & rc->flight.late;
	unsigned int leg;

	legs &= ~late;
	if (!legs)
		return late;
	io_begin(rc, legs, false);
	quorum_for_each_leg(leg, legs)
		io_start(rc, leg, REQ_OP_READ, &rc->verdict.buf[leg], off, len);
	return late | io_wait(rc);
}

/* How the last I/O of a leg has ended, as far as anybody waited for it. */
blk_status_t quorum_recheck_said(struct quorum_recheck *rc, unsigned int leg)
{
	if (rc->flight.late & BIT(leg))
		return BLK_STS_TIMEOUT;
	return rc->leg[leg].bio.bi_status;
}

/**
 * quorum_recheck_ask() - read all from the legs that are not shunned
 * @rc: the second look
 *
 * Notes who answered, and of the others who is at fault.
 *
 * Context: May sleep.
 */
void quorum_recheck_ask(struct quorum_recheck *rc)
{
	struct quorum_verdict *v = &rc->verdict;
	u32 legs = v->asked & ~rc->shunned;
	unsigned int leg;

	rc->failed = read_piece(rc, legs, 0, v->bytes);
	v->answered = legs & ~rc->failed;
	quorum_for_each_leg(leg, legs)
		rc->said[leg] = (__force u8)quorum_recheck_said(rc, leg);
	rc->faulty = quorum_faulty(rc->said, legs, false);
}

/*
 * A block could not be read from some legs.  Returns those not to be asked for
 * any more: a leg that is dead may take its time to fail each read.
 */
static u32 mark_bad(struct quorum_recheck *rc, u32 failed, unsigned int block)
{
	unsigned int leg, next = block + 1;
	u32 given_up = 0;

	quorum_for_each_leg(leg, failed) {
		unsigned long *bad = rc->verdict.leg[leg].bad;

		__set_bit(block, bad);
		if (++rc->leg[leg].nr_bad <= MAX_BAD_BLOCKS &&
		    !(rc->flight.late & BIT(leg)))
			continue;
		rc->leg[leg].untried = next;
		bitmap_set(bad, next, rc->verdict.blocks - next);
		given_up |= BIT(leg);
	}
	return given_up;
}

/* A read is lost with its first block that too few legs can give. */
static bool is_lost(struct quorum_recheck *rc, u32 failed)
{
	struct quorum_verdict *v = &rc->verdict;

	return hweight32(v->asked & ~failed) < v->threshold;
}

/**
 * quorum_recheck_ask_by_pieces() - find the blocks that legs cannot give
 * @rc: the second look
 *
 * The legs that could not give all are asked for less.  The pieces are halved
 * on an error and doubled on success, so a few bad blocks among many cost a few
 * dozen reads.
 *
 * Context: May sleep.
 */
void quorum_recheck_ask_by_pieces(struct quorum_recheck *rc)
{
	struct quorum_verdict *v = &rc->verdict;
	unsigned int block = v->block_size;
	unsigned int piece = v->bytes / 2;
	u32 legs = v->asked & ~v->answered & ~rc->flight.late;
	unsigned int off = 0, leg;

	quorum_for_each_leg(leg, rc->flight.late & v->asked)
		bitmap_fill(v->leg[leg].bad, v->blocks);
	while (legs && off < v->bytes) {
		u32 failed;

		piece = clamp(rounddown(piece, block), block, v->bytes - off);
		failed = read_piece(rc, legs, off, piece);
		if (failed & ~rc->flight.late && piece > block) {
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

/**
 * quorum_recheck_ask_again() - ask the legs that were given up on for a block
 * @rc: the second look
 * @block: one that no version of has won yet, or but by a tie
 *
 * But not over and over: a read is lost with one such block, a sweep bears with
 * some.
 *
 * Context: May sleep.
 * Return: whether a leg has something to say after all.
 */
bool quorum_recheck_ask_again(struct quorum_recheck *rc, unsigned int block)
{
	struct quorum_verdict *v = &rc->verdict;
	unsigned int most = rc->flags & QUORUM_LOOK_READ ? 1 : MAX_BAD_BLOCKS;
	u32 untried = 0, failed;
	unsigned int leg;

	quorum_for_each_leg(leg, v->asked & ~v->answered)
		if (block >= rc->leg[leg].untried)
			untried |= BIT(leg);
	untried &= ~rc->flight.late;
	if (!untried || bitmap_weight(v->undecided, v->blocks) >= most)
		return false;

	failed = read_piece(rc, untried, block * v->block_size, v->block_size);
	rc->unread |= failed;
	quorum_for_each_leg(leg, untried & ~failed)
		__clear_bit(block, v->leg[leg].bad);
	return failed != untried;
}

/* The legs that have lost blocks left to write. */
static u32 have_runs(struct quorum_recheck *rc, u32 legs)
{
	struct quorum_verdict *v = &rc->verdict;
	unsigned int leg;

	quorum_for_each_leg(leg, legs)
		if (find_next_bit(v->leg[leg].lost, v->blocks,
				  rc->leg[leg].done) == v->blocks)
			legs &= ~BIT(leg);
	return legs;
}

/* Start to write the next run of lost blocks; there is one. */
static void write_run(struct quorum_recheck *rc, unsigned int leg,
		      blk_opf_t opf)
{
	struct quorum_verdict *v = &rc->verdict;
	unsigned long *lost = v->leg[leg].lost;
	unsigned int block = v->block_size;
	unsigned int from, end;

	from = find_next_bit(lost, v->blocks, rc->leg[leg].done);
	end = find_next_zero_bit(lost, v->blocks, from);
	rc->leg[leg].done = end;
	io_start(rc, leg, REQ_OP_WRITE | opf, v->answer, from * block,
		 (end - from) * block);
}

/* The sweep stops after a while: how far it came is noted. */
static bool cut_short(struct quorum_recheck *rc, u32 busy)
{
	struct quorum_verdict *v = &rc->verdict;
	unsigned int leg, next;

	if (rc->flags & QUORUM_LOOK_READ ||
	    jiffies - rc->began <= HOLD_LIMIT)
		return false;
	quorum_for_each_leg(leg, busy) {
		next = find_next_bit(v->leg[leg].lost, v->blocks,
				     rc->leg[leg].done);
		rc->limit = min(rc->limit, next);
	}
	return true;
}

/**
 * quorum_recheck_write() - write the answer over what legs lost
 * @rc: the second look
 * @legs: the legs
 * @opf: flags of the writes
 *
 * The sweep may stop early: then @rc->limit is where.
 *
 * Context: May sleep.
 * Return: The legs that failed; why is in their bios.
 */
u32 quorum_recheck_write(struct quorum_recheck *rc, u32 legs, blk_opf_t opf)
{
	u32 busy = have_runs(rc, legs), failed = 0;
	unsigned int leg;

	while (busy) {
		io_begin(rc, busy, true);
		quorum_for_each_leg(leg, busy)
			write_run(rc, leg, opf);
		failed |= io_wait(rc);
		busy = have_runs(rc, busy & ~failed);
		if (cut_short(rc, busy))
			break;
	}
	return failed;
}
