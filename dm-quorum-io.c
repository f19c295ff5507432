// SPDX-License-Identifier: GPL-2.0-only
/*
 * One request of the mapped device and one bio for each leg it goes to.
 *
 * All of it lives in dm's per-bio data, so fanning out allocates nothing, but
 * for requests that may have to end before all legs have answered.
 */
#include "dm-quorum.h"
#include "dm-quorum-answer.h"
#include "dm-quorum-io.h"

#include <linux/jiffies.h>

/* The device is in use until so long after the last request came. */
#define FOREGROUND_QUIET	(HZ / 5)

/* Bytes of per-bio data for this many legs. */
size_t quorum_io_size(unsigned int nr_legs)
{
	struct quorum_io *io;

	return struct_size(io, leg, nr_legs);
}

/* No request has come yet.  Context: Any. */
void quorum_ios_init(struct quorum *q)
{
	q->last_io = jiffies - FOREGROUND_QUIET;
}

/* Whether the device is in use.  Context: Any. */
bool quorum_foreground_busy(struct quorum *q)
{
	return jiffies - READ_ONCE(q->last_io) < FOREGROUND_QUIET;
}

/* Write no more than once a jiffy what all processors share. */
static void note_request(struct quorum *q)
{
	unsigned long now = jiffies;

	if (READ_ONCE(q->last_io) != now)
		WRITE_ONCE(q->last_io, now);
}

/* Start a request.  Context: map. */
void quorum_io_init(struct quorum_io *io, struct quorum *q, struct bio *bio)
{
	unsigned int leg;

	note_request(q);
	io->q = q;
	io->bio = bio;
	io->flight = NULL;
	io->sector = dm_target_offset(q->ti, bio->bi_iter.bi_sector);
	io->legs = 0;
	io->tried = 0;
	io->by_hand = 0;
	io->dissent = false;
	io->held.since = 0;
	io->held.wanted = false;
	io->copy.bvecs = NULL;
	io->copy.nr = 0;
	for (leg = 0; leg < q->nr_legs; leg++) {
		io->leg[leg].buf.bvecs = NULL;
		io->leg[leg].buf.nr = 0;
	}
}

/**
 * quorum_io_aligned() - whether a request consists of logical blocks
 * @io: the request
 *
 * It may not: a table whose legs have larger blocks than those of the last one
 * can come into use under a file system that knows nothing of it.
 *
 * Context: Any.
 */
bool quorum_io_aligned(struct quorum_io *io)
{
	unsigned int mask = (io->q->block_size >> SECTOR_SHIFT) - 1;

	return !((io->sector | bio_sectors(io->bio)) & mask);
}

static void leg_endio(struct bio *bio)
{
	struct quorum_io *io = bio->bi_private;

	if (atomic_dec_and_test(&io->pending))
		io->end(io);
}

/* It may be late, and the request gone on; or over, but for this. */
static void detached_endio(struct bio *bio)
{
	struct quorum_io *io = bio->bi_private;
	struct quorum_leg_io *li = container_of(bio, struct quorum_leg_io, bio);

	quorum_flight_back(io->flight, li - io->leg);
}

/**
 * quorum_io_prepare() - make a leg's bio from the request
 * @io: the request
 * @leg: which leg
 *
 * The bio has the request's payload; quorum_buf_attach() may give it another.
 * Polling and non-blocking submission stop here: the legs complete by
 * interrupt, and a leg must not drop out for want of a tag.
 *
 * Context: Any; does not sleep.
 */
void quorum_io_prepare(struct quorum_io *io, unsigned int leg)
{
	struct quorum_leg *to = &io->q->leg[leg];
	struct bio *bio = &io->leg[leg].bio;

	/* Fails only where a bio carries a crypto context: ours never do. */
	if (bio_init_clone(to->dev->bdev, bio, io->bio, GFP_NOWAIT))
		bio->bi_status = BLK_STS_RESOURCE;
	bio->bi_opf &= ~(REQ_POLLED | REQ_NOWAIT);
	bio->bi_iter.bi_sector = to->offset + io->sector;
	bio->bi_private = io;
	bio->bi_end_io = unlikely(io->flight) ? detached_endio : leg_endio;
}

/**
 * quorum_io_submit() - send prepared bios
 * @io: the request; may be gone when this returns
 * @legs: which legs' bios, at least one
 * @end: called when the last has completed: in the context of its completion,
 *	which may be irq
 *
 * Context: Any that may submit bios.
 */
void quorum_io_submit(struct quorum_io *io, u32 legs,
		      void (*end)(struct quorum_io *io))
{
	struct quorum_flight *flight = io->flight;
	unsigned int leg;

	io->end = end;
	if (unlikely(flight))
		quorum_flight_begin(flight, legs, bio_has_data(io->bio) ?
				    io->bio->bi_iter.bi_size : 0);
	else
		atomic_set(&io->pending, hweight32(legs));
	/* After the last bio is sent io may not be touched. */
	quorum_for_each_leg(leg, legs) {
		struct bio *bio = &io->leg[leg].bio;

		if (unlikely(bio->bi_status))
			bio_endio(bio);
		else
			dm_submit_bio_remap(io->bio, bio);
	}
	if (unlikely(flight))
		quorum_flight_sent(flight);
}

static void range_granted(struct quorum_range *range)
{
	struct quorum_io *io = container_of(range, struct quorum_io, range);

	io->granted(io);
}

/**
 * quorum_io_defer() - go on with a request elsewhere
 * @io: the request
 * @wq: where
 * @then: what is run there
 *
 * Context: Any; does not sleep.
 */
void quorum_io_defer(struct quorum_io *io, struct workqueue_struct *wq,
		     work_func_t then)
{
	INIT_WORK(&io->work, then);
	queue_work(wq, &io->work);
}

/**
 * quorum_io_lock() - take the range of a request
 * @io: the request, not empty
 * @granted: called with the range held, if it is not free now; as that of
 *	struct quorum_range
 *
 * Context: Any; does not sleep.
 * Return: Whether the range is held now, and @granted will not be called.
 */
bool quorum_io_lock(struct quorum_io *io,
		    void (*granted)(struct quorum_io *io))
{
	return quorum_io_lock_range(io, bio_sectors(io->bio), granted);
}

/* As above, for a request whose bio has ended, and that was @sectors long. */
bool quorum_io_lock_range(struct quorum_io *io, sector_t sectors,
			  void (*granted)(struct quorum_io *io))
{
	io->granted = granted;
	io->range.start = io->sector;
	io->range.last = io->sector + sectors - 1;
	io->range.granted = range_granted;
	return quorum_range_lock(&io->q->ranges, &io->range);
}

/* Give the range back.  Context: Any; does not sleep. */
void quorum_io_unlock(struct quorum_io *io)
{
	quorum_range_unlock(&io->q->ranges, &io->range);
}

/**
 * quorum_io_failed() - the legs of a request whose answer is not success
 * @io: a request whose leg bios have all completed, or been given up on
 * @said: set to what they answered, for all that were asked
 *
 * Context: Any.
 */
u32 quorum_io_failed(struct quorum_io *io, u8 *said)
{
	u32 late = quorum_io_late(io), failed = 0;
	unsigned int leg;

	quorum_for_each_leg(leg, io->legs) {
		said[leg] = (__force u8)io->leg[leg].bio.bi_status;
		if (unlikely(late & BIT(leg)))
			said[leg] = (__force u8)BLK_STS_TIMEOUT;
		if (unlikely(said[leg]))
			failed |= BIT(leg);
	}
	return failed;
}

/**
 * quorum_requeues() - whether a request that failed is to be tried again
 * @q: the target
 * @status: the error
 *
 * While the device is suspended without flushing, what the legs could not do
 * goes back to dm, to be tried on the next table, and nothing is told of it.
 * Whoever asks acts on the answer: it may be another one a moment later.
 *
 * Context: Any.
 */
bool quorum_requeues(struct quorum *q, blk_status_t status)
{
	return !quorum_refusal(status) && !quorum_passing(status) &&
	       dm_noflush_suspending(q->ti);
}

/* What dm keeps of a request, whichever object it is by now. */
static struct quorum_io *kept_of(struct quorum *q, struct bio *bio)
{
	return dm_per_bio_data(bio, q->ti->per_io_data_size);
}

/**
 * quorum_holds() - whether a request is to be held, now that it has failed
 * @q: the target
 * @bio: the request
 * @status: the error
 *
 * That too few legs answered is for the caller to know.  Then it is ended with
 * BLK_STS_DM_REQUEUE; legs have been accused of what they did.  Who does not
 * want to wait is not made to.
 *
 * Context: Any.
 */
bool quorum_holds(struct quorum *q, struct bio *bio, blk_status_t status)
{
	return unlikely(READ_ONCE(q->hold.on)) && !quorum_refusal(status) &&
	       !(bio->bi_opf & (REQ_RAHEAD | REQ_NOWAIT)) &&
	       quorum_hold_wants(&q->hold, &kept_of(q, bio)->held);
}

/* Try a request again that was held.  Context: write_wq. */
void quorum_io_again(struct quorum_held *held)
{
	struct quorum_io *io = container_of(held, struct quorum_io, held);
	time64_t since = held->since;
	struct quorum *q = io->q;

	quorum_io_init(io, q, io->bio);
	held->since = since;
	q->start(io);
}

/* Give up one that was held, or give it back to dm.  Context: Any. */
void quorum_io_fail(struct quorum_held *held, bool requeue)
{
	struct quorum_io *io = container_of(held, struct quorum_io, held);

	if (!requeue)
		quorum_report_no_quorum(&io->q->reports, io->sector,
					bio_sectors(io->bio));
	io->bio->bi_status = requeue ? BLK_STS_DM_REQUEUE : BLK_STS_IOERR;
	bio_endio(io->bio);
}

/* Returns false if it is to end. */
static bool hold(struct quorum_io *io)
{
	return quorum_hold_take(&io->q->hold, &kept_of(io->q, io->bio)->held);
}

/**
 * quorum_io_end() - complete a request
 * @io: the request, with range and buffers given back; gone afterwards
 * @status: the verdict; BLK_STS_DM_REQUEUE to have it tried again, by dm or
 *	from where it is held
 *
 * Context: Any.
 */
void quorum_io_end(struct quorum_io *io, blk_status_t status)
{
	struct quorum_flight *flight = io->flight;

	if (likely(status != BLK_STS_DM_REQUEUE) || !hold(io)) {
		io->bio->bi_status = status;
		bio_endio(io->bio);
	}
	if (unlikely(flight))
		quorum_flight_put(flight);
}
