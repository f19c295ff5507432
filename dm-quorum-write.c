// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything that changes the legs: writes, zeroes, discards and flushes.
 *
 * A request holds its range until every leg has answered, so all legs see
 * overlapping requests in one order.  A write sends one private copy of its
 * payload: a caller that changes its buffer meanwhile cannot make legs differ.
 */
#include "dm-quorum.h"

#include <linux/sizes.h>

/* What zeroes and discards are cut to. */
#define CHUNK_SECTORS	((sector_t)SZ_16M >> SECTOR_SHIFT)

/* The legs of a request whose answer is not success. */
static u32 failed_legs(struct quorum_io *io)
{
	unsigned int leg;
	u32 failed = 0;

	quorum_for_each_leg(leg, io->legs)
		if (unlikely(io->leg[leg].bio.bi_status))
			failed |= BIT(leg);
	return failed;
}

/*
 * Whether a leg has said that it cannot zero or discard.  A SCSI disk that
 * finds out at the first attempt says so with BLK_STS_TARGET, and from then on
 * in its limits, too.
 */
static bool unsupported(struct quorum_io *io, unsigned int leg)
{
	struct block_device *bdev = io->q->leg[leg].dev->bdev;
	blk_status_t status = io->leg[leg].bio.bi_status;

	if (status != BLK_STS_TARGET)
		return status == BLK_STS_NOTSUPP;
	switch (bio_op(io->bio)) {
	case REQ_OP_DISCARD:
		return !bdev_max_discard_sectors(bdev);
	case REQ_OP_WRITE_ZEROES:
		return !bdev_write_zeroes_sectors(bdev);
	default:
		return false;
	}
}

/* Those of @failed that have themselves to blame. */
static u32 faulty_legs(struct quorum_io *io, u32 failed)
{
	unsigned int leg;
	u32 faulty = 0;

	quorum_for_each_leg(leg, failed)
		if (!quorum_blameless(io->leg[leg].bio.bi_status) &&
		    !unsupported(io, leg))
			faulty |= BIT(leg);
	return faulty;
}

/*
 * The legs that have done their part.  Whatever the reason, a write that a leg
 * missed leaves old data there.  But a discard is advice: once some leg took
 * it, only those that failed at it have not.
 */
static u32 taken_by(struct quorum_io *io, u32 failed, u32 faulty)
{
	u32 took = io->legs & ~failed;

	if (bio_op(io->bio) == REQ_OP_DISCARD && took)
		return (io->legs & ~faulty) | io->excused;
	return took;
}

static void accuse(struct quorum_io *io, u32 legs)
{
	enum quorum_stat kind = bio_sectors(io->bio) ? QUORUM_WRITE_ERRORS :
						       QUORUM_FLUSH_ERRORS;
	unsigned int leg;

	quorum_for_each_leg(leg, legs)
		quorum_leg_accuse(io->q, leg, kind, io->sector,
				  bio_sectors(io->bio),
				  io->leg[leg].bio.bi_status);
}

/*
 * Some leg did not do it: settle what that means, before the range is given
 * back and before the caller hears of it.
 */
static blk_status_t settle(struct quorum_io *io, u32 failed)
{
	u32 faulty = faulty_legs(io, failed);
	struct quorum *q = io->q;
	blk_status_t status;

	accuse(io, faulty);
	if (quorum_legs_commit(q, io->sector, bio_sectors(io->bio),
			       taken_by(io, failed, faulty), faulty))
		return BLK_STS_OK;

	status = quorum_io_error_vote(io);
	if (faulty || !failed)
		quorum_report_no_quorum(q, io->sector, bio_sectors(io->bio));
	return status;
}

static void finish(struct quorum_io *io)
{
	u32 failed = failed_legs(io);
	blk_status_t status = BLK_STS_OK;

	if (unlikely(failed || (io->legs | io->excused) != io->q->present))
		status = settle(io, failed);
	quorum_buf_put(&io->q->pages, &io->copy);
	if (bio_sectors(io->bio))
		quorum_io_unlock(io);
	quorum_io_end(io, status);
}

/*
 * A leg that cannot write zeroes gets them as data: it must not differ from
 * those that can.  If that fails, it is not for want of support.
 */
static void zero_by_hand(struct work_struct *work)
{
	struct quorum_io *io = container_of(work, struct quorum_io, work);
	unsigned int flags = io->bio->bi_opf & REQ_NOUNMAP ?
			     BLKDEV_ZERO_NOUNMAP : 0;
	unsigned int leg;

	quorum_for_each_leg(leg, io->legs) {
		struct quorum_leg *to = &io->q->leg[leg];
		struct bio *bio = &io->leg[leg].bio;
		int r;

		if (!unsupported(io, leg))
			continue;
		r = blkdev_issue_zeroout(to->dev->bdev, to->offset + io->sector,
					 bio_sectors(io->bio), GFP_NOIO, flags);
		bio->bi_status = errno_to_blk_status(r);
		if (bio->bi_status == BLK_STS_TARGET)
			bio->bi_status = BLK_STS_IOERR;
	}
	finish(io);
}

static bool zeroes_unsupported(struct quorum_io *io)
{
	unsigned int leg;

	if (bio_op(io->bio) != REQ_OP_WRITE_ZEROES)
		return false;
	quorum_for_each_leg(leg, io->legs)
		if (unsupported(io, leg))
			return true;
	return false;
}

/* Context: end_io of the last leg. */
static void legs_done(struct quorum_io *io)
{
	if (unlikely(zeroes_unsupported(io))) {
		INIT_WORK(&io->work, zero_by_hand);
		queue_work(io->q->slow_wq, &io->work);
		return;
	}
	finish(io);
}

/* Not every leg need support discards: those that do not are left alone. */
static u32 discarding_legs(struct quorum *q, u32 legs)
{
	unsigned int leg;

	quorum_for_each_leg(leg, legs)
		if (!bdev_max_discard_sectors(q->leg[leg].dev->bdev))
			legs &= ~BIT(leg);
	return legs;
}

/* Send the request, or io->copy if there is one, to @legs. */
static void send(struct quorum_io *io, u32 legs)
{
	unsigned int leg;

	quorum_for_each_leg(leg, legs) {
		struct bio *bio = &io->leg[leg].bio;

		quorum_io_prepare(io, leg);
		if (io->copy.nr)
			quorum_buf_attach(&io->copy, bio, 0,
					  io->bio->bi_iter.bi_size);
	}
	quorum_io_submit(io, legs, legs_done);
}

/* Context: the range is held. */
static void send_locked(struct quorum_io *io)
{
	u32 legs = quorum_live(io->q);

	if (bio_op(io->bio) == REQ_OP_DISCARD) {
		u32 able = discarding_legs(io->q, legs);

		io->excused = legs & ~able;
		legs = able;
	}
	if (likely(legs)) {
		send(io, legs);
		return;
	}
	quorum_io_unlock(io);
	quorum_io_end(io, BLK_STS_NOTSUPP);
}

/* One leg has none to differ from if the caller changes its buffer. */
static bool wants_copy(struct quorum_io *io)
{
	return bio_op(io->bio) == REQ_OP_WRITE && io->q->nr_legs > 1 &&
	       !quorum_option(io->q, QUORUM_NO_WRITE_COPY);
}

/* Context: slow_wq, range held. */
static void write_work(struct work_struct *work)
{
	struct quorum_io *io = container_of(work, struct quorum_io, work);

	if (wants_copy(io)) {
		quorum_bufs_get(&io->q->pages, &io->copy, BIT(0),
				io->bio->bi_iter.bi_size);
		quorum_buf_fill(&io->copy, io->bio);
	}
	send_locked(io);
}

/*
 * Requests without a payload come in any length: cut them, so that none holds
 * on to a large range for long, nor has millions of regions to settle.
 */
static void cut_at_chunk(struct quorum_io *io)
{
	sector_t left = CHUNK_SECTORS - (io->sector & (CHUNK_SECTORS - 1));

	if (bio_op(io->bio) != REQ_OP_WRITE && bio_sectors(io->bio) > left)
		dm_accept_partial_bio(io->bio, left);
}

/**
 * quorum_write() - start a write, write-zeroes or discard
 * @io: the request
 *
 * Context: map.
 */
void quorum_write(struct quorum_io *io)
{
	cut_at_chunk(io);
	if (!quorum_io_lock(io, write_work))
		return;

	if (wants_copy(io)) {
		if (!quorum_buf_try(&io->q->pages, &io->copy,
				    io->bio->bi_iter.bi_size)) {
			queue_work(io->q->slow_wq, &io->work);
			return;
		}
		quorum_buf_fill(&io->copy, io->bio);
	}
	send_locked(io);
}

/**
 * quorum_flush() - start a flush: a request without sectors
 * @io: the request
 *
 * Every write the caller knows to be complete is complete on every leg that
 * still has a vote, so no range is needed.
 *
 * Context: map.
 */
void quorum_flush(struct quorum_io *io)
{
	send(io, quorum_live(io->q));
}
