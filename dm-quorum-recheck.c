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

#include <crypto/hash.h>
#include <linux/jiffies.h>
#include <linux/random.h>

/*
 * What a rebuilt leg is given where no block has won: this, and something that
 * neither another leg has nor it had itself, so that it agrees with nobody
 * until the block is written.
 */
#define FILLER		"dm-quorum: no quorum for this.\n"
#define FILLER_NONCE	32

/* The sweep begins nothing more with a range it has held for so long. */
#define HOLD_LIMIT	(HZ / 10)

/* A leg with more bad blocks in a request than this is asked last. */
#define MAX_BAD_BLOCKS	64

/*
 * struct recheck_leg - what one leg has to say
 * @recheck: whose leg this is
 * @bio: reads and rewrites it
 * @digest: names its version, once legs are known to differ
 * @bad: blocks that could not be read, once read by pieces
 * @nr_bad: how many were tried and could not
 * @untried: from this block on, @bad only says that the leg was given up on
 * @lost: blocks in which it lost a vote or could not be read
 * @blame: those in which it lost a vote, and is to blame for that
 * @done: how far @lost has been rewritten, in blocks
 */
struct recheck_leg {
	struct recheck *recheck;
	struct bio bio;
	u8 digest[HASH_MAX_DIGESTSIZE];
	unsigned long *bad;
	unsigned int nr_bad;
	unsigned int untried;
	unsigned long *lost;
	unsigned long *blame;
	unsigned int done;
};

/*
 * struct recheck - one second look
 * @origin: the read it is for; NULL if it is the sweep's
 * @sector: first sector
 * @bytes: length
 * @blocks: length in logical blocks
 * @flags: of enum quorum_look_flag
 * @began: when the range was there, in jiffies
 * @asked: the legs that have a vote
 * @shunned: those of them that are not read at first
 * @answered: those that returned all of the request
 * @failed: those that were read and did not
 * @faulty: those of them that are to blame for it
 * @unread: those of which some block could not be read later, either
 * @alike: those that returned the same as the lowest of them
 * @said: how the read of the whole request ended, a blk_status_t for each leg
 * @off: the part being compared
 * @len: likewise
 * @ballot: who agrees with whom about that part
 * @tied: blocks decided by the tie rule
 * @differ: blocks about which those that could be read differ
 * @undecided: blocks without a winner
 * @limit: so many blocks are done with
 * @answer: where the winning data is
 * @pending: leg bios still out, plus one while they are being sent
 * @buf: the data of each leg
 */
struct recheck {
	struct quorum *q;
	struct bio *origin;
	sector_t sector;
	unsigned int bytes;
	unsigned int blocks;
	unsigned int flags;
	unsigned long began;
	u32 asked;
	u32 shunned;
	u32 answered;
	u32 failed;
	u32 faulty;
	u32 unread;
	u32 alike;
	u8 said[QUORUM_MAX_LEGS];
	unsigned int off;
	unsigned int len;
	u8 ballot[QUORUM_MAX_LEGS];
	unsigned long *tied;
	unsigned long *differ;
	unsigned long *undecided;
	unsigned int limit;
	struct quorum_buf *answer;
	atomic_t pending;
	struct completion idle;
	struct quorum_buf *buf;
	struct recheck_leg leg[];
};

/*
 * For each leg a buffer and three bitmaps, and three for all of them.  All of
 * it is zeroed each time, so a small request is given small bitmaps.
 */
static size_t recheck_size(struct quorum *q, unsigned int blocks)
{
	unsigned int longs = (3 * q->nr_legs + 3) * BITS_TO_LONGS(blocks);
	struct recheck *rc;

	return struct_size(rc, leg, q->nr_legs) +
	       q->nr_legs * sizeof(*rc->buf) + longs * sizeof(long);
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

/* Lay out what follows the struct. */
static void carve(struct recheck *rc)
{
	unsigned int longs = BITS_TO_LONGS(rc->blocks);
	unsigned int leg, nr_legs = rc->q->nr_legs;
	unsigned long *next;

	rc->buf = (struct quorum_buf *)&rc->leg[nr_legs];
	next = (unsigned long *)&rc->buf[nr_legs];
	rc->tied = next;
	rc->differ = next += longs;
	rc->undecided = next += longs;
	for (leg = 0; leg < nr_legs; leg++) {
		rc->leg[leg].bad = next += longs;
		rc->leg[leg].lost = next += longs;
		rc->leg[leg].blame = next += longs;
	}
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

static struct recheck *recheck_get(struct quorum *q, sector_t sector,
				   unsigned int bytes, unsigned int flags)
{
	struct recheck *rc = mempool_alloc(&q->rechecks, GFP_NOIO);
	unsigned int blocks = bytes / q->block_size;
	unsigned int leg;

	memset(rc, 0, recheck_size(q, blocks));
	rc->q = q;
	rc->sector = sector;
	rc->bytes = bytes;
	rc->blocks = blocks;
	rc->limit = blocks;
	rc->flags = adjust_flags(q, sector, flags);
	init_completion(&rc->idle);
	carve(rc);
	for (leg = 0; leg < q->nr_legs; leg++) {
		rc->leg[leg].recheck = rc;
		rc->leg[leg].untried = rc->blocks;
	}
	rc->asked = quorum_current(&q->regions, sector, bytes >> SECTOR_SHIFT);
	quorum_bufs_get(&q->pages, rc->buf, rc->asked, bytes);
	rc->began = jiffies;
	return rc;
}

static void recheck_put(struct recheck *rc)
{
	struct quorum *q = rc->q;
	unsigned int leg;

	quorum_for_each_leg(leg, rc->asked)
		quorum_buf_put(&q->pages, &rc->buf[leg]);
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
		io_start(rc, leg, REQ_OP_READ, &rc->buf[leg], off, len);
	io_wait(rc);

	quorum_for_each_leg(leg, legs)
		if (rc->leg[leg].bio.bi_status)
			failed |= BIT(leg);
	return failed;
}

static void read_all(struct recheck *rc)
{
	u32 legs = rc->asked & ~rc->shunned;
	unsigned int leg;

	rc->failed = read_piece(rc, legs, 0, rc->bytes);
	rc->answered = legs & ~rc->failed;
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
	unsigned int leg;
	u32 given_up = 0;

	quorum_for_each_leg(leg, failed) {
		struct recheck_leg *rl = &rc->leg[leg];

		__set_bit(block, rl->bad);
		if (++rl->nr_bad <= MAX_BAD_BLOCKS)
			continue;
		rl->untried = block + 1;
		bitmap_set(rl->bad, rl->untried, rc->blocks - rl->untried);
		given_up |= BIT(leg);
	}
	return given_up;
}

/* A read is lost with its first block that too few legs can give. */
static bool is_lost(struct recheck *rc, u32 failed)
{
	return hweight32(rc->asked & ~failed) < rc->q->threshold;
}

/*
 * Find the blocks that cannot be read from the legs that could not give all.
 * The pieces are halved on an error and doubled on success, so a few bad blocks
 * among many cost a few dozen reads.
 */
static void read_by_pieces(struct recheck *rc)
{
	unsigned int block = rc->q->block_size;
	unsigned int piece = rc->bytes / 2;
	u32 legs = rc->asked & ~rc->answered;
	unsigned int off = 0, leg;

	while (legs && off < rc->bytes) {
		u32 failed;

		piece = clamp(rounddown(piece, block), block, rc->bytes - off);
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
		bitmap_set(rc->leg[leg].bad, off / block,
			   (rc->bytes - off) / block);
}

/*
 * No version of a block has won yet, or but by a tie: ask the legs that were
 * given up on before it.  But not over and over: a read is lost with one such
 * block, a sweep bears with some.  Returns whether a leg has something to say
 * after all.
 */
static bool ask_untried(struct recheck *rc, unsigned int block)
{
	unsigned int most = rc->flags & QUORUM_LOOK_SWEEP ? MAX_BAD_BLOCKS : 1;
	u32 untried = 0, failed;
	unsigned int leg;

	quorum_for_each_leg(leg, rc->asked & ~rc->answered)
		if (block >= rc->leg[leg].untried)
			untried |= BIT(leg);
	if (!untried || bitmap_weight(rc->undecided, rc->blocks) >= most)
		return false;

	failed = read_piece(rc, untried, block * rc->q->block_size,
			    rc->q->block_size);
	rc->unread |= failed;
	quorum_for_each_leg(leg, untried & ~failed)
		__clear_bit(block, rc->leg[leg].bad);
	return failed != untried;
}

/*
 * For the sweep: whether a leg that could not read all may read some of it, if
 * asked for less.
 */
static bool could_read_less(struct recheck *rc)
{
	unsigned int leg;

	if (rc->bytes == rc->q->block_size)
		return false;
	quorum_for_each_leg(leg, rc->failed) {
		struct quorum_leg *l = &rc->q->leg[leg];
		u64 at = (u64)(l->offset + rc->sector) << SECTOR_SHIFT;
		unsigned int physical = bdev_physical_block_size(l->dev->bdev);

		if (physical < rc->bytes || at & (physical - 1))
			return true;
	}
	return false;
}

/* Nor can others be asked for less than all: they have nothing. */
static void all_bad(struct recheck *rc, u32 dead)
{
	unsigned int leg;

	quorum_for_each_leg(leg, rc->asked & ~rc->answered) {
		bitmap_fill(rc->leg[leg].bad, rc->blocks);
		if (rc->shunned & ~dead & BIT(leg))
			rc->leg[leg].untried = 0;
	}
}

/*
 * Votes.
 */

static bool same_bytes(void *ctx, unsigned int a, unsigned int b)
{
	struct recheck *rc = ctx;
	unsigned int end = rc->off + rc->len;

	return quorum_buf_differ(&rc->buf[a], &rc->buf[b], rc->off,
				 rc->len) == end;
}

/*
 * Who agrees with the lowest leg is known.  Of others, the digest is a name,
 * not a proof: what it calls equal is compared.
 */
static bool same_version(void *ctx, unsigned int a, unsigned int b)
{
	u32 pair = BIT(a) | BIT(b);
	struct recheck *rc = ctx;

	if (rc->alike & pair)
		return (rc->alike & pair) == pair;
	return !memcmp(rc->leg[a].digest, rc->leg[b].digest,
		       HASH_MAX_DIGESTSIZE) && same_bytes(ctx, a, b);
}

/*
 * Two legs are compared sooner than named.  A leg whose hash cannot be computed
 * keeps the name zero.
 */
static void name_versions(struct recheck *rc)
{
	u32 others = rc->answered & ~rc->alike;
	unsigned int leg;

	if (hweight32(others) <= 2)
		return;
	quorum_for_each_leg(leg, others)
		if (quorum_buf_hash(&rc->buf[leg], rc->bytes, rc->q->hash,
				    rc->leg[leg].digest))
			memset(rc->leg[leg].digest, 0, HASH_MAX_DIGESTSIZE);
}

/* Compare all that answered with the lowest of them. */
static bool unanimous(struct recheck *rc)
{
	unsigned int leg;

	rc->off = 0;
	rc->len = rc->bytes;
	quorum_for_each_leg(leg, rc->answered)
		if (!rc->alike || same_bytes(rc, __ffs(rc->alike), leg))
			rc->alike |= BIT(leg);
	if (rc->alike != rc->asked)
		return false;
	rc->answer = &rc->buf[__ffs(rc->alike)];
	return true;
}

/* Whether a leg was given nothing but filler when it was rebuilt. */
static bool has_filler(struct recheck *rc, unsigned int leg, unsigned int block)
{
	const void *data = quorum_buf_at(&rc->buf[leg],
					 block * rc->q->block_size);

	return !memcmp(data, FILLER, sizeof(FILLER));
}

/*
 * A leg that could be read has lost a block.  Nobody is to blame while the
 * region is unsettled.
 */
static void lose(struct recheck *rc, unsigned int leg, unsigned int block)
{
	__set_bit(block, rc->leg[leg].lost);
	if (!(rc->flags & QUORUM_LOOK_UNSETTLED) && !has_filler(rc, leg, block))
		__set_bit(block, rc->leg[leg].blame);
}

/* Mark the blocks in which @leg differs from @winner. */
static void lose_difference(struct recheck *rc, unsigned int leg,
			    unsigned int winner)
{
	unsigned int block = rc->q->block_size;
	unsigned int off = 0;

	while (off < rc->bytes) {
		off = quorum_buf_differ(&rc->buf[winner], &rc->buf[leg], off,
					rc->bytes - off) / block * block;
		if (off < rc->bytes) {
			lose(rc, leg, off / block);
			__set_bit(off / block, rc->differ);
		}
		off += block;
	}
}

static bool vote_on(struct recheck *rc, u32 voters, struct quorum_tally *tally)
{
	quorum_tally(rc->ballot, voters, tally);
	return tally->votes >= rc->q->threshold;
}

/*
 * One vote on the whole request.  What wins it must win each block, too, and so
 * be held by more than half of all legs.
 */
static bool vote_request(struct recheck *rc)
{
	struct quorum_tally tally;
	unsigned int leg;

	name_versions(rc);
	quorum_classify(rc->ballot, rc->answered, same_version, rc);
	if (!vote_on(rc, rc->answered, &tally) ||
	    2 * tally.votes <= rc->q->nr_legs)
		return false;

	rc->answer = &rc->buf[tally.first];
	quorum_for_each_leg(leg, rc->answered & ~tally.agree)
		lose_difference(rc, leg, tally.first);
	quorum_for_each_leg(leg, rc->asked & ~rc->answered)
		bitmap_fill(rc->leg[leg].lost, rc->blocks);
	return true;
}

/* The legs that have something to say about a block. */
static u32 block_voters(struct recheck *rc, unsigned int block)
{
	u32 voters = rc->answered;
	unsigned int leg;

	quorum_for_each_leg(leg, rc->asked & ~rc->answered)
		if (!test_bit(block, rc->leg[leg].bad))
			voters |= BIT(leg);
	return voters;
}

static bool count_block(struct recheck *rc, unsigned int block,
			struct quorum_tally *tally)
{
	u32 voters = block_voters(rc, block);
	bool won;

	quorum_classify(rc->ballot, voters, same_bytes, rc);
	won = vote_on(rc, voters, tally);
	if (voters & ~tally->agree)
		__set_bit(block, rc->differ);
	return won;
}

static void vote_block(struct recheck *rc, unsigned int block)
{
	struct quorum_tally tally;
	unsigned int leg;
	u32 voters;
	bool won;

	rc->off = block * rc->q->block_size;
	won = count_block(rc, block, &tally);
	if ((!won || tally.tied) && ask_untried(rc, block))
		won = count_block(rc, block, &tally);
	if (!won) {
		__set_bit(block, rc->undecided);
		return;
	}
	if (tally.tied)
		__set_bit(block, rc->tied);
	voters = block_voters(rc, block);
	quorum_for_each_leg(leg, rc->asked & ~voters)
		__set_bit(block, rc->leg[leg].lost);
	quorum_for_each_leg(leg, voters & ~tally.agree)
		lose(rc, leg, block);
	if (rc->answer != &rc->buf[tally.first])
		quorum_buf_copy(rc->answer, &rc->buf[tally.first], rc->off,
				rc->len);
}

/*
 * One vote on each block.  The answer is put together in the buffer of the
 * lowest leg, block by block, each after it has been voted on.
 */
static void vote_blocks(struct recheck *rc)
{
	unsigned int block;

	rc->answer = &rc->buf[__ffs(rc->asked)];
	rc->len = rc->q->block_size;
	for (block = 0; block < rc->blocks; block++)
		vote_block(rc, block);
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
	unsigned int per_block = rc->q->block_size >> SECTOR_SHIFT;
	unsigned int first = find_first_bit(where, rc->blocks);
	unsigned int last = find_last_bit(where, rc->blocks);

	if (first == rc->blocks) {
		first = 0;
		last = rc->blocks - 1;
	}
	if (bitmap_intersects(where, rc->tied, rc->blocks))
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
		accuse_of(rc, leg, QUORUM_READ_ERRORS, rc->leg[leg].bad,
			  (__force blk_status_t)rc->said[leg]);
}

static bool lost_any(struct recheck *rc, unsigned int leg)
{
	return !bitmap_empty(rc->leg[leg].lost, rc->blocks);
}

static void accuse_losers(struct recheck *rc)
{
	unsigned int leg;

	quorum_for_each_leg(leg, rc->answered) {
		unsigned long *blame = rc->leg[leg].blame;

		if (!bitmap_empty(blame, rc->blocks))
			accuse_of(rc, leg, QUORUM_MISMATCHES, blame,
				  BLK_STS_OK);
	}
}

/* Start to write the next run of lost blocks.  Returns false if none is. */
static bool write_run(struct recheck *rc, unsigned int leg, blk_opf_t opf)
{
	struct recheck_leg *rl = &rc->leg[leg];
	unsigned int block = rc->q->block_size;
	unsigned int from = find_next_bit(rl->lost, rc->blocks, rl->done);

	if (from == rc->blocks)
		return false;
	rl->done = find_next_zero_bit(rl->lost, rc->blocks, from);
	io_start(rc, leg, REQ_OP_WRITE | opf, rc->answer, from * block,
		 (rl->done - from) * block);
	return true;
}

/* The sweep stops after a while: how far it came is noted. */
static bool cut_short(struct recheck *rc, u32 busy)
{
	unsigned int leg;

	if (!(rc->flags & QUORUM_LOOK_SWEEP) ||
	    jiffies - rc->began <= HOLD_LIMIT)
		return false;
	quorum_for_each_leg(leg, busy) {
		struct recheck_leg *rl = &rc->leg[leg];
		unsigned int next = find_next_bit(rl->lost, rc->blocks,
						  rl->done);

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
	u32 legs = 0, losers = rc->asked & quorum_live(&rc->q->regions);
	unsigned int leg;

	if (!(rc->flags & (QUORUM_LOOK_REWRITE | QUORUM_LOOK_REFILL)))
		return 0;
	if (!(rc->flags & QUORUM_LOOK_REWRITE))
		losers &= rc->answered;
	quorum_for_each_leg(leg, losers) {
		unsigned long *lost = rc->leg[leg].lost;

		bitmap_andnot(lost, lost, rc->tied, rc->blocks);
		if (!(rc->flags & QUORUM_LOOK_REWRITE))
			bitmap_andnot(lost, lost, rc->leg[leg].blame,
				      rc->blocks);
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
		accuse_of(rc, leg, QUORUM_REWRITE_ERRORS, rc->leg[leg].lost,
			  rc->leg[leg].bio.bi_status);
	found->missed |= failed;
	found->passing |= pass;
}

/* Put filler into the answer's undecided blocks, other each time. */
static void fill_undecided(struct recheck *rc)
{
	unsigned int size = rc->q->block_size;
	unsigned int block;

	for_each_set_bit(block, rc->undecided, rc->limit) {
		void *data = quorum_buf_at(rc->answer, block * size);

		memset(data, 0, min_t(unsigned int, size, PAGE_SIZE));
		memcpy(data, FILLER, sizeof(FILLER));
		get_random_bytes(data + sizeof(FILLER), FILLER_NONCE);
	}
}

/* Each of @legs is to have all, with filler of its own.  Returns who failed. */
static u32 write_filled(struct recheck *rc, u32 legs)
{
	unsigned int leg;
	u32 failed = 0;

	quorum_for_each_leg(leg, legs) {
		fill_undecided(rc);
		bitmap_set(rc->leg[leg].lost, 0, rc->limit);
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
	unsigned int leg;

	if (rc->q->threshold > 1 && rc->q->pattern != QUORUM_PATTERN_FIFO)
		return write_filled(rc, legs);
	found->vague = true;
	quorum_for_each_leg(leg, legs) {
		bitmap_complement(rc->leg[leg].lost, rc->undecided, rc->blocks);
		bitmap_clear(rc->leg[leg].lost, rc->limit,
			     rc->blocks - rc->limit);
	}
	return write_answer(rc, legs, REQ_FUA);
}

static u32 write_whole(struct recheck *rc, u32 legs)
{
	unsigned int leg;

	quorum_for_each_leg(leg, legs)
		bitmap_set(rc->leg[leg].lost, 0, rc->limit);
	return write_answer(rc, legs, REQ_FUA);
}

/*
 * Give the answer to the legs that have no vote here, for good: others may
 * rely on it as soon as they have one.  A leg that cannot take it is failed.
 */
static void rebuild(struct recheck *rc, struct quorum_finding *found)
{
	u32 legs = quorum_live(&rc->q->regions) & ~rc->asked;
	u32 failed, pass;
	unsigned int leg;

	if (!(rc->flags & QUORUM_LOOK_REBUILD) || !legs)
		return;
	bitmap_or(rc->undecided, rc->undecided, rc->tied, rc->blocks);
	if (bitmap_empty(rc->undecided, rc->limit))
		failed = write_whole(rc, legs);
	else
		failed = write_around(rc, legs, found);
	pass = passing(rc, failed);
	quorum_for_each_leg(leg, failed & ~pass) {
		accuse_of(rc, leg, QUORUM_WRITE_ERRORS, rc->leg[leg].lost,
			  rc->leg[leg].bio.bi_status);
		quorum_leg_fail(rc->q, leg);
	}
	found->missed |= failed;
	found->passing |= pass;
}

/* blkverify: leg 0 is the reference, so the mismatch is leg 1's. */
static void blame_second_leg(struct recheck *rc)
{
	unsigned int byte = quorum_buf_differ(&rc->buf[0], &rc->buf[1], 0,
					      rc->bytes);

	quorum_report_byte(&rc->q->reports, ((u64)rc->sector << SECTOR_SHIFT) + byte);
	if (!(rc->flags & QUORUM_LOOK_UNSETTLED))
		accuse_of(rc, 1, QUORUM_MISMATCHES, rc->differ, BLK_STS_OK);
}

/* The status most legs failed with; just an I/O error if enough were read. */
static blk_status_t error_vote(struct recheck *rc)
{
	if (hweight32(rc->answered) >= rc->q->threshold)
		return BLK_STS_IOERR;
	return quorum_error_vote(rc->said, rc->failed);
}

/* Some block has no winner: nobody knows who is wrong there. */
static void report_no_quorum(struct recheck *rc)
{
	unsigned int per_block = rc->q->block_size >> SECTOR_SHIFT;
	unsigned int first = find_first_bit(rc->undecided, rc->blocks);
	unsigned int last = find_last_bit(rc->undecided, rc->blocks);
	blk_status_t status = error_vote(rc);

	if (quorum_option(rc->q, QUORUM_BLKVERIFY) &&
	    rc->answered == rc->asked)
		blame_second_leg(rc);
	if (!quorum_refusal(status) && !quorum_passing(status))
		quorum_report_no_quorum(&rc->q->reports, rc->sector + first * per_block,
					(last - first + 1) * per_block);
}

/* Read all that there is, whole or by pieces, and vote. */
static void decide_read(struct recheck *rc)
{
	read_all(rc);
	if (unanimous(rc)) {
		if (rc->flags & QUORUM_LOOK_DISSENT)
			quorum_report_transient(&rc->q->reports);
	} else if (!vote_request(rc)) {
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
	read_all(rc);
	if (could_read_less(rc))
		return false;
	if (unanimous(rc))
		return true;
	all_bad(rc, dead);
	if (vote_request(rc))
		return true;
	vote_blocks(rc);
	return !rc->failed || rc->blocks == 1 ||
	       bitmap_empty(rc->undecided, rc->blocks);
}

/* Whether there are legs enough to read; if not, nothing is decided. */
static bool enough_to_ask(struct recheck *rc)
{
	if (hweight32(rc->asked) >= rc->q->threshold)
		return true;
	bitmap_fill(rc->undecided, rc->blocks);
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
	if (bitmap_empty(rc->undecided, rc->blocks)) {
		accuse_unreadable(rc, 0);
		accuse_losers(rc);
		rewrite(rc, &found);
		quorum_buf_drain(rc->answer, bio);
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
	       (rc->q->block_size >> SECTOR_SHIFT);
}

/* What follows from a piece that was looked at for its own sake. */
static void conclude(struct recheck *rc, struct quorum_look *look)
{
	bool decided = bitmap_empty(rc->undecided, rc->blocks);
	struct quorum_finding *found = &look->found;

	if (!(rc->flags & QUORUM_LOOK_KNOWN)) {
		accuse_unreadable(rc, look->told);
		accuse_losers(rc);
		if (!decided)
			report_no_quorum(rc);
	}
	if (!decided)
		found->passing |= rc->failed;
	if (rc->answer) {
		rewrite(rc, found);
		rebuild(rc, found);
	}
	found->unread = rc->failed | rc->unread;
	found->differ = count(rc, rc->differ);
	found->unresolved = count(rc, rc->undecided);
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
	rc->shunned = rc->asked & look->shun;
	if (!enough_to_ask(rc) || decide_piece(rc, look->dead)) {
		conclude(rc, look);
		look->done = rc->limit * q->block_size;
	}
	recheck_put(rc);
}
