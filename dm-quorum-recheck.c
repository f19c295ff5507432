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
 * All of this runs in slow_wq and sleeps on leg I/O.
 */
#include "dm-quorum.h"

#include <crypto/hash.h>

/* A leg with more bad blocks in a request than this is asked last. */
#define MAX_BAD_BLOCKS	64

/*
 * struct recheck_leg - what one leg has to say
 * @recheck: whose leg this is
 * @bio: reads and rewrites it
 * @status: how the read of the whole request ended
 * @digest: names its version, once legs are known to differ
 * @bad: blocks that could not be read, once read by pieces
 * @nr_bad: how many were tried and could not
 * @untried: from this block on, @bad only says that the leg was given up on
 * @lost: blocks in which it lost a vote or could not be read
 * @done: how far @lost has been rewritten, in blocks
 */
struct recheck_leg {
	struct recheck *recheck;
	struct bio bio;
	blk_status_t status;
	u8 digest[HASH_MAX_DIGESTSIZE];
	unsigned long *bad;
	unsigned int nr_bad;
	unsigned int untried;
	unsigned long *lost;
	unsigned int done;
};

/*
 * struct recheck - one second look
 * @sector: first sector
 * @bytes: length
 * @blocks: length in logical blocks
 * @flags: of enum quorum_look
 * @asked: the legs that were read
 * @answered: those of them that returned all of the request
 * @alike: those of them that returned the same as the lowest of them
 * @off: the part being compared
 * @len: likewise
 * @ballot: who agrees with whom about that part
 * @tied: blocks decided by the tie rule
 * @differ: blocks about which those that could be read differ
 * @undecided: blocks without a winner
 * @answer: where the winning data is
 * @pending: leg bios still out, plus one while they are being sent
 * @buf: the data of each leg
 */
struct recheck {
	struct quorum *q;
	sector_t sector;
	unsigned int bytes;
	unsigned int blocks;
	unsigned int flags;
	u32 asked;
	u32 answered;
	u32 alike;
	unsigned int off;
	unsigned int len;
	u8 ballot[QUORUM_MAX_LEGS];
	unsigned long *tied;
	unsigned long *differ;
	unsigned long *undecided;
	struct quorum_buf *answer;
	atomic_t pending;
	struct completion idle;
	struct quorum_buf *buf;
	struct recheck_leg leg[];
};

/*
 * For each leg a buffer and two bitmaps, and three for all of them.  All of it
 * is zeroed each time, so a small request is given small bitmaps.
 */
static size_t recheck_size(struct quorum *q, unsigned int blocks)
{
	unsigned int longs = (2 * q->nr_legs + 3) * BITS_TO_LONGS(blocks);
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
	}
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
	rc->flags = flags;
	init_completion(&rc->idle);
	carve(rc);
	for (leg = 0; leg < q->nr_legs; leg++) {
		rc->leg[leg].recheck = rc;
		rc->leg[leg].untried = rc->blocks;
	}
	rc->asked = quorum_current(q, sector, bytes >> SECTOR_SHIFT);
	quorum_bufs_get(&q->pages, rc->buf, rc->asked, bytes);
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
	bio->bi_iter.bi_sector = to->offset + rc->sector +
				 (off >> SECTOR_SHIFT);
	quorum_buf_attach(buf, bio, off, len);
	bio->bi_private = &rc->leg[leg];
	bio->bi_end_io = recheck_endio;
	atomic_inc(&rc->pending);
	submit_bio_noacct(bio);
}

static void read_all(struct recheck *rc)
{
	unsigned int leg;

	io_begin(rc);
	quorum_for_each_leg(leg, rc->asked)
		io_start(rc, leg, REQ_OP_READ, &rc->buf[leg], 0, rc->bytes);
	io_wait(rc);

	quorum_for_each_leg(leg, rc->asked) {
		rc->leg[leg].status = rc->leg[leg].bio.bi_status;
		if (!rc->leg[leg].status)
			rc->answered |= BIT(leg);
	}
}

/* Read a piece again from several legs.  Returns those that failed. */
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
	return !(rc->flags & QUORUM_LOOK_SWEEP) &&
	       hweight32(rc->asked & ~failed) < rc->q->threshold;
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
 * No version of a block has won yet: ask the legs that were given up on before
 * it.  But not over and over: a read is lost with one such block, a sweep bears
 * with some.  Returns whether a leg has something to say after all.
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
	quorum_for_each_leg(leg, untried & ~failed)
		__clear_bit(block, rc->leg[leg].bad);
	return failed != untried;
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
			__set_bit(off / block, rc->leg[leg].lost);
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

/* One vote on the whole request. */
static bool vote_request(struct recheck *rc)
{
	struct quorum_tally tally;
	unsigned int leg;

	name_versions(rc);
	quorum_classify(rc->ballot, rc->answered, same_version, rc);
	if (!vote_on(rc, rc->answered, &tally))
		return false;

	if (tally.tied)
		bitmap_fill(rc->tied, rc->blocks);
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

	rc->off = block * rc->q->block_size;
	if (!count_block(rc, block, &tally) &&
	    !(ask_untried(rc, block) && count_block(rc, block, &tally))) {
		__set_bit(block, rc->undecided);
		return;
	}
	if (tally.tied)
		__set_bit(block, rc->tied);
	quorum_for_each_leg(leg, rc->asked & ~tally.agree)
		__set_bit(block, rc->leg[leg].lost);
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

	read_by_pieces(rc);
	rc->answer = &rc->buf[__ffs(rc->asked)];
	rc->len = rc->q->block_size;
	for (block = 0; block < rc->blocks; block++)
		vote_block(rc, block);
}

/*
 * Consequences.
 */

static bool faulty(struct recheck *rc, unsigned int leg)
{
	return !(rc->flags & QUORUM_LOOK_FORGIVING) &&
	       !quorum_blameless(rc->leg[leg].status);
}

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
		quorum_report(rc->q, leg, kind, rc->sector + first * per_block,
			      (last - first + 1) * per_block, status);
	else
		quorum_leg_accuse(rc->q, leg, kind,
				  rc->sector + first * per_block,
				  (last - first + 1) * per_block, status);
}

static void accuse_unreadable(struct recheck *rc)
{
	unsigned int leg;

	quorum_for_each_leg(leg, rc->asked & ~rc->answered)
		if (faulty(rc, leg))
			accuse_of(rc, leg, QUORUM_READ_ERRORS,
				  rc->leg[leg].bad, rc->leg[leg].status);
}

static bool lost_any(struct recheck *rc, unsigned int leg)
{
	return !bitmap_empty(rc->leg[leg].lost, rc->blocks);
}

static void accuse_losers(struct recheck *rc)
{
	unsigned int leg;

	if (rc->flags & QUORUM_LOOK_UNSETTLED)
		return;
	quorum_for_each_leg(leg, rc->answered)
		if (lost_any(rc, leg))
			accuse_of(rc, leg, QUORUM_MISMATCHES,
				  rc->leg[leg].lost, BLK_STS_OK);
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
	}
	return failed;
}

/* The legs to rewrite, without ties, and without those that left meanwhile. */
static u32 to_rewrite(struct recheck *rc)
{
	u32 legs = 0;
	unsigned int leg;

	if (!(rc->flags & QUORUM_LOOK_REWRITE))
		return 0;
	quorum_for_each_leg(leg, rc->asked & quorum_live(rc->q)) {
		unsigned long *lost = rc->leg[leg].lost;

		bitmap_andnot(lost, lost, rc->tied, rc->blocks);
		if (lost_any(rc, leg) &&
		    (rc->answered & BIT(leg) || faulty(rc, leg)))
			legs |= BIT(leg);
	}
	return legs;
}

/* Returns the losers that did not take it. */
static u32 rewrite(struct recheck *rc)
{
	u32 losers = to_rewrite(rc);
	u32 failed = write_answer(rc, losers, 0);
	unsigned int leg;

	quorum_for_each_leg(leg, losers & ~failed)
		atomic64_inc(&rc->q->leg[leg].stat[QUORUM_REWRITES]);
	quorum_for_each_leg(leg, failed)
		if (!quorum_blameless(rc->leg[leg].bio.bi_status))
			accuse_of(rc, leg, QUORUM_REWRITE_ERRORS,
				  rc->leg[leg].lost,
				  rc->leg[leg].bio.bi_status);
	return failed;
}

/*
 * Give the answer to the legs that have no vote here, for good: others may
 * rely on it as soon as they have one.  A leg that cannot take it is failed.
 * What was tied is undecided.  Returns the legs that did not take the rest.
 */
static u32 rebuild(struct recheck *rc)
{
	u32 legs, failed;
	unsigned int leg;

	if (!(rc->flags & QUORUM_LOOK_REBUILD))
		return 0;
	legs = quorum_live(rc->q) & ~rc->asked;
	bitmap_or(rc->undecided, rc->undecided, rc->tied, rc->blocks);
	quorum_for_each_leg(leg, legs)
		bitmap_complement(rc->leg[leg].lost, rc->undecided, rc->blocks);
	failed = write_answer(rc, legs, REQ_FUA);
	quorum_for_each_leg(leg, failed) {
		if (quorum_blameless(rc->leg[leg].bio.bi_status))
			continue;
		accuse_of(rc, leg, QUORUM_WRITE_ERRORS, rc->leg[leg].lost,
			  rc->leg[leg].bio.bi_status);
		quorum_leg_fail(rc->q, leg);
	}
	return failed;
}

/* blkverify: leg 0 is the reference, so the mismatch is leg 1's. */
static void blame_second_leg(struct recheck *rc)
{
	unsigned int byte = quorum_buf_differ(&rc->buf[0], &rc->buf[1], 0,
					      rc->bytes);

	quorum_report_byte(rc->q, ((u64)rc->sector << SECTOR_SHIFT) + byte);
	if (!(rc->flags & QUORUM_LOOK_UNSETTLED))
		accuse_of(rc, 1, QUORUM_MISMATCHES, rc->differ, BLK_STS_OK);
}

/* The status most legs failed with; just an I/O error if enough were read. */
static blk_status_t error_vote(struct recheck *rc)
{
	struct quorum_tally tally;
	unsigned int leg;
	u32 failed = 0;

	quorum_for_each_leg(leg, rc->asked) {
		rc->ballot[leg] = (__force u8)rc->leg[leg].status;
		if (rc->ballot[leg])
			failed |= BIT(leg);
	}
	if (!failed || hweight32(rc->answered) >= rc->q->threshold)
		return BLK_STS_IOERR;
	quorum_tally(rc->ballot, failed, &tally);
	return (__force blk_status_t)rc->ballot[tally.first];
}

/* Some block has no winner: nobody knows who is wrong there. */
static blk_status_t no_quorum(struct recheck *rc)
{
	unsigned int per_block = rc->q->block_size >> SECTOR_SHIFT;
	unsigned int first = find_first_bit(rc->undecided, rc->blocks);
	unsigned int last = find_last_bit(rc->undecided, rc->blocks);
	blk_status_t status = error_vote(rc);

	if (quorum_option(rc->q, QUORUM_BLKVERIFY) &&
	    rc->answered == rc->asked)
		blame_second_leg(rc);
	if (!quorum_blameless(status) &&
	    !(rc->flags & QUORUM_LOOK_FORGIVING && rc->asked != rc->answered))
		quorum_report_no_quorum(rc->q, rc->sector + first * per_block,
					(last - first + 1) * per_block);
	return status;
}

/* Read and vote.  Returns whether every block has a winner. */
static bool decide(struct recheck *rc)
{
	if (hweight32(rc->asked) < rc->q->threshold) {
		bitmap_fill(rc->undecided, rc->blocks);
		return false;
	}
	read_all(rc);
	if (unanimous(rc)) {
		if (rc->flags & QUORUM_LOOK_DISSENT)
			atomic64_inc(&rc->q->transient);
		return true;
	}
	if ((rc->flags & QUORUM_LOOK_SWEEP && rc->answered != rc->asked) ||
	    !vote_request(rc))
		vote_blocks(rc);
	accuse_unreadable(rc);
	return bitmap_empty(rc->undecided, rc->blocks);
}

/*
 * While legs are being made equal for the first time, nobody is to blame.  Nor
 * are legs written to by a device that is read-only itself.
 */
static unsigned int adjust_flags(struct quorum *q, sector_t sector,
				 unsigned int flags)
{
	if (!quorum_settled(q, sector))
		flags |= QUORUM_LOOK_UNSETTLED;
	if (!q->writable)
		flags &= ~(QUORUM_LOOK_REWRITE | QUORUM_LOOK_REBUILD);
	return flags;
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
 * Context: slow_wq; sleeps.  The caller holds the range and no pages of @q.
 * Return: BLK_STS_OK or the error to complete the read with.
 */
blk_status_t quorum_recheck_read(struct quorum *q, sector_t sector,
				 struct bio *bio, bool dissent)
{
	blk_status_t status = BLK_STS_OK;
	unsigned int flags = 0;
	struct recheck *rc;

	if (dissent)
		flags |= QUORUM_LOOK_DISSENT;
	if (bio->bi_opf & REQ_RAHEAD)
		flags |= QUORUM_LOOK_FORGIVING;
	if (quorum_option(q, QUORUM_REWRITE_CORRUPTED))
		flags |= QUORUM_LOOK_REWRITE;

	rc = recheck_get(q, sector, bio->bi_iter.bi_size,
			 adjust_flags(q, sector, flags));
	if (decide(rc)) {
		accuse_losers(rc);
		rewrite(rc);
		quorum_buf_drain(rc->answer, bio);
	} else {
		status = no_quorum(rc);
	}
	recheck_put(rc);
	return status;
}

/**
 * quorum_recheck_sweep() - look at a piece for its own sake
 * @q: the target
 * @sector: first sector
 * @bytes: length, at most q->max_bytes and within one region
 * @flags: QUORUM_LOOK_REWRITE and QUORUM_LOOK_REBUILD, or neither
 * @finding: what came of it
 *
 * Blocks without a winner are reported and left alone; the others are treated
 * as those of a read.
 *
 * Context: slow_wq; sleeps.  The caller holds the range and no pages of @q.
 */
void quorum_recheck_sweep(struct quorum *q, sector_t sector,
			  unsigned int bytes, unsigned int flags,
			  struct quorum_finding *finding)
{
	struct recheck *rc;
	bool decided;

	flags = adjust_flags(q, sector, flags | QUORUM_LOOK_SWEEP);
	rc = recheck_get(q, sector, bytes, flags);
	decided = decide(rc);
	accuse_losers(rc);
	if (!decided)
		no_quorum(rc);
	finding->missed = 0;
	if (rc->answer) {
		finding->missed = rewrite(rc);
		finding->missed |= rebuild(rc);
	}
	finding->differ = bitmap_weight(rc->differ, rc->blocks) *
			  (q->block_size >> SECTOR_SHIFT);
	finding->decided = bitmap_empty(rc->undecided, rc->blocks);
	recheck_put(rc);
}
