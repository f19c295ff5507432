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

/* Bytes [from, to) of a request; empty if from == to. */
struct span {
	unsigned int from;
	unsigned int to;
};

/*
 * struct recheck_leg - what one leg has to say
 * @recheck: whose leg this is
 * @bio: reads and rewrites it
 * @lost: where it lost a vote or could not be read
 * @status: how the read of the whole request ended
 * @digest: names its version, once legs are known to differ
 * @bad: blocks that could not be read, once read by pieces
 */
struct recheck_leg {
	struct recheck *recheck;
	struct bio bio;
	struct span lost;
	blk_status_t status;
	u8 digest[HASH_MAX_DIGESTSIZE];
	unsigned long *bad;
};

/*
 * struct recheck - one second look
 * @sector: first sector
 * @bytes: length
 * @dissent: the first look failed to agree
 * @forgiving: read errors are not the leg's fault this time
 * @asked: the legs that were read
 * @answered: those of them that returned all of the request
 * @off: the part being compared
 * @len: likewise
 * @ballot: who agrees with whom about that part
 * @tied: some part was decided by the tie rule
 * @answer: where the winning data is
 * @pending: leg bios still out, plus one while they are being sent
 * @buf: the data of each leg
 */
struct recheck {
	struct quorum *q;
	sector_t sector;
	unsigned int bytes;
	bool dissent;
	bool forgiving;
	u32 asked;
	u32 answered;
	unsigned int off;
	unsigned int len;
	u8 ballot[QUORUM_MAX_LEGS];
	bool tied;
	struct quorum_buf *answer;
	atomic_t pending;
	struct completion idle;
	struct quorum_buf buf[QUORUM_MAX_LEGS];
	struct recheck_leg leg[];
};

static unsigned int bitmap_longs(struct quorum *q)
{
	return BITS_TO_LONGS(q->max_bytes >> SECTOR_SHIFT);
}

/**
 * quorum_rechecks_init() - make room for second looks
 * @q: nr_legs and max_bytes are set
 *
 * One context is held in reserve.
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int quorum_rechecks_init(struct quorum *q)
{
	struct recheck *rc;
	size_t size = struct_size(rc, leg, q->nr_legs) +
		      q->nr_legs * bitmap_longs(q) * sizeof(long);

	return mempool_init_kmalloc_pool(&q->rechecks, 1, size);
}

void quorum_rechecks_exit(struct quorum *q)
{
	mempool_exit(&q->rechecks);
}

static struct recheck *recheck_get(struct quorum *q, sector_t sector,
				   unsigned int bytes)
{
	struct recheck *rc = mempool_alloc(&q->rechecks, GFP_NOIO);
	unsigned long *bitmaps = (unsigned long *)&rc->leg[q->nr_legs];
	unsigned int leg;

	memset(rc, 0, sizeof(*rc));
	rc->q = q;
	rc->sector = sector;
	rc->bytes = bytes;
	init_completion(&rc->idle);
	for (leg = 0; leg < q->nr_legs; leg++) {
		memset(&rc->leg[leg], 0, sizeof(rc->leg[leg]));
		rc->leg[leg].recheck = rc;
		rc->leg[leg].bad = bitmaps + leg * bitmap_longs(q);
	}
	rc->asked = quorum_live(q);
	quorum_bufs_get(q, rc->buf, rc->asked, bytes);
	return rc;
}

static void recheck_put(struct recheck *rc)
{
	struct quorum *q = rc->q;
	unsigned int leg;

	quorum_for_each_leg(leg, rc->asked)
		quorum_buf_put(q, &rc->buf[leg]);
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

static bool read_piece(struct recheck *rc, unsigned int leg, unsigned int off,
		       unsigned int len)
{
	io_begin(rc);
	io_start(rc, leg, REQ_OP_READ, &rc->buf[leg], off, len);
	io_wait(rc);
	return !rc->leg[leg].bio.bi_status;
}

/*
 * Find the blocks of a leg that cannot be read.  The pieces are halved on an
 * error and doubled on success, so a few bad blocks among many cost a few
 * dozen reads.
 */
static void read_by_pieces(struct recheck *rc, unsigned int leg)
{
	unsigned int block = rc->q->block_size;
	unsigned int piece = rc->bytes;
	unsigned int off = 0;

	bitmap_zero(rc->leg[leg].bad, rc->bytes / block);
	while (off < rc->bytes) {
		piece = min(piece, rc->bytes - off);
		if (read_piece(rc, leg, off, piece)) {
			off += piece;
			piece *= 2;
		} else if (piece == block) {
			__set_bit(off / block, rc->leg[leg].bad);
			off += piece;
		} else {
			piece = max(rounddown(piece / 2, block), block);
		}
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

/* The digest is a name, not a proof: what it calls equal is compared. */
static bool same_version(void *ctx, unsigned int a, unsigned int b)
{
	struct recheck *rc = ctx;

	return !memcmp(rc->leg[a].digest, rc->leg[b].digest,
		       HASH_MAX_DIGESTSIZE) && same_bytes(ctx, a, b);
}

/* A leg whose hash cannot be computed keeps the name zero. */
static void name_versions(struct recheck *rc)
{
	unsigned int leg;

	quorum_for_each_leg(leg, rc->answered)
		if (quorum_buf_hash(&rc->buf[leg], rc->bytes, rc->q->hash,
				    rc->leg[leg].digest))
			memset(rc->leg[leg].digest, 0, HASH_MAX_DIGESTSIZE);
}

static bool unanimous(struct recheck *rc)
{
	unsigned int first, leg;

	if (rc->answered != rc->asked)
		return false;

	first = __ffs(rc->answered);
	rc->off = 0;
	rc->len = rc->bytes;
	quorum_for_each_leg(leg, rc->answered)
		if (leg != first && !same_bytes(rc, first, leg))
			return false;
	rc->answer = &rc->buf[first];
	return true;
}

static void lose(struct recheck *rc, unsigned int leg, unsigned int from,
		 unsigned int to)
{
	struct span *lost = &rc->leg[leg].lost;

	if (lost->from == lost->to)
		lost->from = from;
	lost->to = to;
}

static void forget_losses(struct recheck *rc)
{
	unsigned int leg;

	rc->tied = false;
	quorum_for_each_leg(leg, rc->asked)
		rc->leg[leg].lost = (struct span) { 0, 0 };
}

/* Mark the blocks of [off, off + len) in which @leg differs from @winner. */
static void lose_difference(struct recheck *rc, unsigned int leg,
			    unsigned int winner, unsigned int off,
			    unsigned int len)
{
	unsigned int block = rc->q->block_size;
	unsigned int end = off + len;

	while (off < end) {
		off = rounddown(quorum_buf_differ(&rc->buf[winner],
						  &rc->buf[leg], off,
						  end - off), block);
		if (off < end)
			lose(rc, leg, off, off + block);
		off += block;
	}
}

static bool vote_on(struct recheck *rc, u32 voters, struct quorum_tally *tally)
{
	quorum_tally(rc->ballot, voters, tally);
	rc->tied |= tally->tied;
	return tally->votes >= rc->q->threshold;
}

/* One vote on the whole request. */
static bool vote_request(struct recheck *rc)
{
	struct quorum_tally tally;
	unsigned int leg;

	rc->off = 0;
	rc->len = rc->bytes;
	name_versions(rc);
	quorum_classify(rc->ballot, rc->answered, same_version, rc);
	if (!vote_on(rc, rc->answered, &tally))
		return false;

	rc->answer = &rc->buf[tally.first];
	quorum_for_each_leg(leg, rc->answered & ~tally.agree)
		lose_difference(rc, leg, tally.first, 0, rc->bytes);
	quorum_for_each_leg(leg, rc->asked & ~rc->answered)
		lose(rc, leg, 0, rc->bytes);
	return true;
}

/* The legs that have something to say about the current block. */
static u32 block_voters(struct recheck *rc)
{
	u32 voters = rc->answered;
	unsigned int leg;

	quorum_for_each_leg(leg, rc->asked & ~rc->answered)
		if (!test_bit(rc->off / rc->len, rc->leg[leg].bad))
			voters |= BIT(leg);
	return voters;
}

static bool vote_block(struct recheck *rc)
{
	u32 voters = block_voters(rc);
	struct quorum_tally tally;
	unsigned int leg;

	quorum_classify(rc->ballot, voters, same_bytes, rc);
	if (!vote_on(rc, voters, &tally))
		return false;

	quorum_for_each_leg(leg, rc->asked & ~tally.agree)
		lose(rc, leg, rc->off, rc->off + rc->len);
	if (rc->answer != &rc->buf[tally.first])
		quorum_buf_copy(rc->answer, &rc->buf[tally.first], rc->off,
				rc->len);
	return true;
}

/*
 * One vote on each block.  The answer is put together in the buffer of the
 * lowest leg, block by block, each after it has been voted on.  On failure
 * rc->off is the block that has no winner.
 */
static bool vote_blocks(struct recheck *rc)
{
	unsigned int leg;

	quorum_for_each_leg(leg, rc->asked & ~rc->answered)
		read_by_pieces(rc, leg);

	forget_losses(rc);
	rc->answer = &rc->buf[__ffs(rc->asked)];
	rc->len = rc->q->block_size;
	for (rc->off = 0; rc->off < rc->bytes; rc->off += rc->len)
		if (!vote_block(rc))
			return false;
	return true;
}

/*
 * Consequences.
 */

static sector_t span_sectors(const struct span *span)
{
	return (span->to - span->from) >> SECTOR_SHIFT;
}

static void accuse_reader(struct recheck *rc, unsigned int leg,
			  const struct span *where)
{
	blk_status_t status = rc->leg[leg].status;

	if (rc->forgiving || quorum_blameless(status))
		return;
	quorum_leg_accuse(rc->q, leg, QUORUM_READ_ERRORS,
			  rc->sector + (where->from >> SECTOR_SHIFT),
			  span_sectors(where), status);
}

/* A tie says that legs differ, but not which of them to fail for it. */
static void accuse_loser(struct recheck *rc, unsigned int leg)
{
	const struct span *lost = &rc->leg[leg].lost;
	sector_t sector = rc->sector + (lost->from >> SECTOR_SHIFT);

	if (rc->tied)
		quorum_report(rc->q, leg, QUORUM_MISMATCHES, sector,
			      span_sectors(lost), BLK_STS_OK);
	else
		quorum_leg_accuse(rc->q, leg, QUORUM_MISMATCHES, sector,
				  span_sectors(lost), BLK_STS_OK);
}

/* An answer was found: report every leg that did not give it. */
static void accuse(struct recheck *rc)
{
	const struct span all = { 0, rc->bytes };
	unsigned int leg;

	quorum_for_each_leg(leg, rc->asked) {
		const struct span *lost = &rc->leg[leg].lost;

		if (!(rc->answered & BIT(leg)))
			accuse_reader(rc, leg,
				      span_sectors(lost) ? lost : &all);
		else if (span_sectors(lost))
			accuse_loser(rc, leg);
	}
}

/* The legs to rewrite: none on a tie, none that left meanwhile. */
static u32 to_rewrite(struct recheck *rc)
{
	u32 legs = 0;
	unsigned int leg;

	if (!quorum_option(rc->q, QUORUM_REWRITE_CORRUPTED) || rc->tied)
		return 0;

	quorum_for_each_leg(leg, rc->asked & quorum_live(rc->q)) {
		bool unread = !(rc->answered & BIT(leg));

		if (unread && (rc->forgiving ||
			       quorum_blameless(rc->leg[leg].status)))
			continue;
		if (span_sectors(&rc->leg[leg].lost))
			legs |= BIT(leg);
	}
	return legs;
}

static void rewrite(struct recheck *rc)
{
	struct quorum *q = rc->q;
	u32 losers = to_rewrite(rc);
	unsigned int leg;

	if (!losers)
		return;

	io_begin(rc);
	quorum_for_each_leg(leg, losers) {
		const struct span *lost = &rc->leg[leg].lost;

		io_start(rc, leg, REQ_OP_WRITE, rc->answer, lost->from,
			 lost->to - lost->from);
	}
	io_wait(rc);

	quorum_for_each_leg(leg, losers) {
		const struct span *lost = &rc->leg[leg].lost;
		blk_status_t status = rc->leg[leg].bio.bi_status;

		if (status)
			quorum_leg_accuse(q, leg, QUORUM_REWRITE_ERRORS,
					  rc->sector +
					  (lost->from >> SECTOR_SHIFT),
					  span_sectors(lost), status);
		else
			atomic64_inc(&q->leg[leg].stat[QUORUM_REWRITES]);
	}
}

/* blkverify: leg 0 is the reference, so the mismatch is leg 1's. */
static void blame_second_leg(struct recheck *rc)
{
	unsigned int byte = quorum_buf_differ(&rc->buf[0], &rc->buf[1], 0,
					      rc->bytes);

	forget_losses(rc);
	lose_difference(rc, 1, 0, 0, rc->bytes);
	quorum_report_byte(rc->q, ((u64)rc->sector << SECTOR_SHIFT) + byte);
	accuse_loser(rc, 1);
}

/* The status most legs failed with; just an I/O error if enough were read. */
static blk_status_t error_vote(struct recheck *rc)
{
	u32 failed = rc->asked & ~rc->answered;
	struct quorum_tally tally;
	unsigned int leg;

	if (hweight32(rc->answered) >= rc->q->threshold)
		return BLK_STS_IOERR;

	quorum_for_each_leg(leg, failed)
		rc->ballot[leg] = (__force u8)rc->leg[leg].status;
	quorum_tally(rc->ballot, failed, &tally);
	return (__force blk_status_t)rc->ballot[tally.first];
}

/*
 * No answer: nobody knows who is wrong, so only those that could not be read
 * are accused, and nothing is written.
 */
static blk_status_t no_quorum(struct recheck *rc)
{
	const struct span all = { 0, rc->bytes };
	sector_t sector = rc->sector + (rc->off >> SECTOR_SHIFT);
	blk_status_t status = error_vote(rc);
	unsigned int leg;

	quorum_for_each_leg(leg, rc->asked & ~rc->answered)
		accuse_reader(rc, leg, &all);

	if (quorum_option(rc->q, QUORUM_BLKVERIFY) &&
	    rc->answered == rc->asked)
		blame_second_leg(rc);
	if (!quorum_blameless(status))
		quorum_report_no_quorum(rc->q, sector,
					rc->len >> SECTOR_SHIFT);
	return status;
}

static blk_status_t recheck_run(struct recheck *rc)
{
	read_all(rc);
	if (unanimous(rc)) {
		if (rc->dissent)
			atomic64_inc(&rc->q->transient);
		return BLK_STS_OK;
	}
	if (!vote_request(rc) && !vote_blocks(rc))
		return no_quorum(rc);
	accuse(rc);
	rewrite(rc);
	return BLK_STS_OK;
}

/**
 * quorum_recheck_read() - answer a read that did not agree at first
 * @q: the target
 * @sector: first sector
 * @bio: the read; its pages are filled only with what won a vote
 * @dissent: it was read once, and legs were at fault: if they are not any more,
 *	that is counted as transient
 *
 * Context: slow_wq; sleeps.  The caller holds the range and no pages of @q.
 * Return: BLK_STS_OK or the error to complete the read with.
 */
blk_status_t quorum_recheck_read(struct quorum *q, sector_t sector,
				 struct bio *bio, bool dissent)
{
	struct recheck *rc = recheck_get(q, sector, bio->bi_iter.bi_size);
	blk_status_t status;

	rc->dissent = dissent;
	rc->forgiving = bio->bi_opf & REQ_RAHEAD;
	status = recheck_run(rc);
	if (!status)
		quorum_buf_drain(rc->answer, bio);
	recheck_put(rc);
	return status;
}
