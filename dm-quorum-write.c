// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything that changes the legs: writes, zeroes, discards and flushes.
 *
 * A request holds its range until every leg has answered, so all legs see
 * overlapping requests in one order.  A write sends one private copy of its
 * payload: a caller that changes its buffer meanwhile cannot make legs differ.
 */
#include "dm-quorum.h"
#include "dm-quorum-answer.h"
#include "dm-quorum-clean.h"
#include "dm-quorum-io.h"
#include "dm-quorum-leg.h"
#include "dm-quorum-meta.h"
#include "dm-quorum-sync.h"
#include "dm-quorum-write.h"
#include "dm-quorum-zero.h"

#include <linux/sizes.h>

/* What zeroes and discards are cut to: so much, and so many regions. */
#define CHUNK_SECTORS	((sector_t)SZ_16M >> SECTOR_SHIFT)
#define CHUNK_REGIONS	1024

/* So much is copied by who tells many, one after the other, that they may. */
#define PROMPT_BYTES	SZ_64K

/* A leg need not know how to do it. */
static bool is_advice(struct quorum_io *io)
{
	return bio_op(io->bio) == REQ_OP_DISCARD ||
	       bio_op(io->bio) == REQ_OP_WRITE_ZEROES;
}

/*
 * The legs that have done their part.  Whatever the reason, a write that a leg
 * missed leaves old data there.  But a discard is advice: once some leg took
 * it, only those that are at fault have not.
 */
static u32 taken_by(struct quorum_io *io, u32 failed, u32 faulty)
{
	u32 took = io->legs & ~failed;

	if (bio_op(io->bio) == REQ_OP_DISCARD && took)
		return io->legs & ~faulty;
	return took;
}

/* A flush is missed by whom it was sent to, all else by whoever is there. */
static u32 missed_by(struct quorum_io *io, u32 took)
{
	return (bio_sectors(io->bio) ? io->q->members : io->legs) & ~took;
}

static void accuse(struct quorum_io *io, u32 legs)
{
	enum quorum_stat kind = bio_sectors(io->bio) ? QUORUM_WRITE_ERRORS :
						       QUORUM_FLUSH_ERRORS;
	u32 late = quorum_io_late(io);
	unsigned int leg;

	quorum_for_each_leg(leg, legs) {
		if (late & BIT(leg))
			quorum_report_late(&io->q->reports, leg);
		quorum_leg_accuse(io->q, leg, kind, io->sector,
				  bio_sectors(io->bio),
				  late & BIT(leg) ? BLK_STS_TIMEOUT :
				  io->leg[leg].bio.bi_status);
	}
}

/*
 * Too few did it.  Legs may differ now, and none is to blame for that.  If the
 * request comes again, it is what makes them equal, most probably.
 */
static void unsettle(struct quorum_io *io, u32 took, bool comes_again)
{
	if (!took || !bio_sectors(io->bio))
		return;
	quorum_unsettle(&io->q->suspects, io->sector, bio_sectors(io->bio));
	if (comes_again)
		quorum_sync_later(io->q);
	else
		quorum_sync_due(io->q);
}

/*
 * What legs have lost in a flush that nobody asked for may be what this one is
 * for.  Returns who they are; that has been reported.
 */
static u32 failed_before(struct quorum_io *io, u32 failed, u8 *said)
{
	unsigned int leg;
	u32 lost;

	if (!io->q->meta || bio_sectors(io->bio))
		return 0;
	lost = quorum_meta_take_unflushed(io->q->meta) & io->legs & ~failed;
	quorum_for_each_leg(leg, lost)
		said[leg] = (__force u8)BLK_STS_IOERR;
	return lost;
}

/* Whether it is to be held, in case too few did it. */
static bool may_be_held(struct quorum_io *io, u32 took, blk_status_t status)
{
	return !quorum_suffice(&io->q->regions, took, io->sector,
			       bio_sectors(io->bio)) &&
	       quorum_holds(io->q, io->bio, status);
}

/*
 * Some leg did not do it: settle what that means, before the range is given
 * back and before the caller hears of it.  The accusation comes before what
 * follows from it, unless it may have to be dropped.
 */
static blk_status_t settle(struct quorum_io *io, u32 failed, u8 *said)
{
	u32 faulty = quorum_faulty(said, io->legs, is_advice(io));
	u32 lost = failed_before(io, failed, said);
	u32 took = taken_by(io, failed, faulty) & ~lost;
	u32 missed = missed_by(io, took);
	blk_status_t status = quorum_error_vote(said, failed | lost);
	bool requeues = quorum_requeues(io->q, status);
	bool again = requeues || (!lost && may_be_held(io, took, status));
	struct quorum *q = io->q;

	if (!requeues)
		accuse(io, faulty);
	if (quorum_legs_commit(q, io->sector, bio_sectors(io->bio), took,
			       missed, faulty)) {
		if (requeues)
			accuse(io, faulty);
		if (missed & quorum_live(&q->regions))
			quorum_sync_due(q);
		io->owes = true;
		io->wait.legs = took;
		return BLK_STS_OK;
	}

	unsettle(io, took, requeues);
	if (again) {
		if (lost)
			quorum_meta_keep_unflushed(q->meta, lost);
		return BLK_STS_DM_REQUEUE;
	}
	if (faulty || lost || !failed)
		quorum_report_no_quorum(&q->reports, io->sector,
					bio_sectors(io->bio));
	return status;
}

/* Nothing new: all took it that it was sent to, and the others have missed. */
static bool is_plain(struct quorum_io *io, u32 failed)
{
	if (unlikely(failed))
		return false;
	if (!bio_sectors(io->bio))
		return !io->q->meta ||
		       likely(!atomic_read(&io->q->meta->unflushed));
	if (likely(io->legs == io->q->members))
		return true;
	return quorum_missed_before(&io->q->regions, io->legs, io->sector,
				    bio_sectors(io->bio));
}

/* The caller hears of it, and whoever waits for the range goes on. */
static void end(struct quorum_io *io, blk_status_t status)
{
	if (bio_sectors(io->bio)) {
		if (quorum_any_undecided(&io->q->suspects, io->sector,
					 bio_sectors(io->bio)))
			quorum_sync_due(io->q);
		quorum_io_unlock(io);
	}
	quorum_io_end(io, status);
}

/* What it takes could not be remembered. */
static void fail(struct quorum_io *io, blk_status_t status)
{
	if (quorum_requeues(io->q, status) ||
	    quorum_holds(io->q, io->bio, status))
		status = BLK_STS_DM_REQUEUE;
	end(io, status);
}

/* Context: write_wq. */
static void known_work(struct work_struct *work)
{
	struct quorum_io *io = container_of(work, struct quorum_io, work);

	if (io->wait.status)
		fail(io, io->wait.status);
	else
		end(io, BLK_STS_OK);
}

static void known(struct quorum_meta_wait *wait)
{
	struct quorum_io *io = container_of(wait, struct quorum_io, wait);

	quorum_io_defer(io, io->q->write_wq, known_work);
}

/*
 * What a leg has missed is known to a quorum before the caller hears that the
 * others did it.  Returns whether that has to be waited for.
 */
static bool wait_until_known(struct quorum_io *io)
{
	struct quorum *q = io->q;

	if (likely(io->legs == q->members && !io->owes))
		return false;
	if (!io->owes) {
		if (!quorum_meta_owes(q))
			return false;
		io->wait.legs = io->legs;
	}
	io->wait.done = known;
	quorum_meta_wait(q->meta, &io->wait);
	return true;
}

static void finish(struct quorum_io *io)
{
	u8 said[QUORUM_MAX_LEGS];
	u32 failed = quorum_io_failed(io, said);
	blk_status_t status = BLK_STS_OK;

	if (unlikely(!is_plain(io, failed)))
		status = settle(io, failed, said);
	/* A leg that is late still reads it. */
	if (likely(!quorum_io_late(io)))
		quorum_buf_put(&io->q->pages, &io->copy);
	if (io->q->meta) {
		if (bio_sectors(io->bio))
			quorum_meta_touch(io->q, io->sector,
					  bio_sectors(io->bio));
		if (!status && wait_until_known(io))
			return;
	}
	end(io, status);
}

/* Context: end_io of the last leg. */
static void legs_done(struct quorum_io *io)
{
	u8 said[QUORUM_MAX_LEGS];

	if (bio_op(io->bio) == REQ_OP_WRITE_ZEROES &&
	    quorum_io_failed(io, said)) {
		io->by_hand = quorum_refusing(said, io->legs, true);
		if (io->by_hand) {
			quorum_zero_by_hand(io, finish);
			return;
		}
	}
	finish(io);
}

/* Send the request, or io->copy if there is one, to @legs. */
static void send(struct quorum_io *io, u32 legs)
{
	unsigned int leg;

	io->legs = legs;
	quorum_for_each_leg(leg, legs) {
		struct bio *bio = &io->leg[leg].bio;

		quorum_io_prepare(io, leg);
		if (io->copy.nr)
			quorum_buf_attach(&io->copy, bio, 0,
					  io->bio->bi_iter.bi_size);
	}
	quorum_io_submit(io, legs, legs_done);
}

/*
 * The live legs.  One that owes too much would only owe more, so it misses
 * this, if the others will do.
 */
static u32 legs_for(struct quorum_io *io)
{
	struct quorum *q = io->q;
	u32 legs = quorum_live(&q->regions), full;

	if (likely(!io->flight) || !bio_sectors(io->bio))
		return legs;
	full = READ_ONCE(q->flights.full);
	if (legs & full && quorum_suffice(&q->regions, legs & ~full,
					  io->sector, bio_sectors(io->bio)))
		legs &= ~full;
	return legs;
}

/* One leg has none to differ from if the caller changes its buffer. */
static bool wants_copy(struct quorum_io *io)
{
	return bio_op(io->bio) == REQ_OP_WRITE && io->q->nr_legs > 1 &&
	       !quorum_option(io->q, QUORUM_NO_WRITE_COPY);
}

/* Context: write_wq, range held. */
static void copy_and_send(struct quorum_io *io)
{
	if (wants_copy(io)) {
		quorum_bufs_get(&io->q->pages, &io->copy, BIT(0),
				io->bio->bi_iter.bi_size);
		quorum_buf_fill(&io->copy, io->bio);
	}
	send(io, legs_for(io));
}

/* The same at once; false if memory is short.  Context: Any, range held. */
static bool try_send(struct quorum_io *io)
{
	if (wants_copy(io)) {
		if (!quorum_buf_try(&io->q->pages, &io->copy,
				    io->bio->bi_iter.bi_size))
			return false;
		quorum_buf_fill(&io->copy, io->bio);
	}
	send(io, legs_for(io));
	return true;
}

/*
 * That legs may differ there is known to a quorum before data is sent.
 */

/* Context: write_wq, range held; it is known, or cannot be. */
static void dirty_work(struct work_struct *work);

/* Context: As quorum_meta_wait.done. */
static void dirtied(struct quorum_meta_wait *wait)
{
	struct quorum_io *io = container_of(wait, struct quorum_io, wait);

	quorum_clean_later(io->q);
	if (!wait->status && wait->may_send &&
	    io->bio->bi_iter.bi_size <= PROMPT_BYTES && try_send(io))
		return;
	quorum_io_defer(io, io->q->write_wq, dirty_work);
}

/* Returns false if it has to wait, or has ended. */
static bool may_send(struct quorum_io *io)
{
	struct quorum *q = io->q;

	if (!q->meta || likely(quorum_meta_is_safe(q, io->sector,
						   bio_sectors(io->bio))))
		return true;
	io->wait.done = dirtied;
	io->wait.legs = ~0;
	if (!quorum_meta_dirty(q, io->sector, bio_sectors(io->bio), &io->wait))
		fail(io, BLK_STS_IOERR);
	return false;
}

/* Context: write_wq, range held. */
static void write_work(struct work_struct *work)
{
	struct quorum_io *io = container_of(work, struct quorum_io, work);

	if (may_send(io))
		copy_and_send(io);
}

static void dirty_work(struct work_struct *work)
{
	struct quorum_io *io = container_of(work, struct quorum_io, work);

	if (io->wait.status)
		fail(io, io->wait.status);
	else
		copy_and_send(io);
}

/* Context: Any; does not sleep.  The range is held. */
static void write_later(struct quorum_io *io)
{
	quorum_io_defer(io, io->q->write_wq, write_work);
}

/**
 * quorum_write_cut() - shorten a request without a payload
 * @io: a write-zeroes or discard
 *
 * They come in any length: cut them, so that none holds on to a large range for
 * long, nor has millions of regions to settle.
 *
 * Context: map.
 */
void quorum_write_cut(struct quorum_io *io)
{
	sector_t chunk = min_t(sector_t, CHUNK_SECTORS,
			       (sector_t)CHUNK_REGIONS << io->q->region_shift);
	sector_t left = chunk - (io->sector & (chunk - 1));

	if (bio_sectors(io->bio) > left)
		dm_accept_partial_bio(io->bio, left);
}

/**
 * quorum_write() - start a write, write-zeroes or discard
 * @io: the request
 *
 * Context: map, or write_wq.
 */
void quorum_write(struct quorum_io *io)
{
	io->owes = false;
	if (quorum_io_lock(io, write_later) && may_send(io) && !try_send(io))
		write_later(io);
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
	io->owes = false;
	send(io, legs_for(io));
}

/**
 * quorum_writes_init() - prepare for writes
 * @q: the target
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM; quorum_writes_exit() is due in any case.
 */
int quorum_writes_init(struct quorum *q)
{
	q->write_wq = alloc_workqueue("kquorum_write",
				      WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	return q->write_wq ? 0 : -ENOMEM;
}

/* No write is under way any more.  Context: May sleep. */
void quorum_writes_exit(struct quorum *q)
{
	if (q->write_wq)
		destroy_workqueue(q->write_wq);
}
