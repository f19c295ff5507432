// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whom a read asks, and where the answers go.
 */
#include "dm-quorum.h"
#include "dm-quorum-ask.h"
#include "dm-quorum-io.h"
#include "dm-quorum-leg.h"

/* The legs that have a vote on it.  Context: Any. */
u32 quorum_read_voters(struct quorum_io *io)
{
	return quorum_current(&io->q->regions, io->sector,
			      bio_sectors(io->bio));
}

/*
 * Legs that are not asked if there are others: they owe too much.  One that was
 * given up on is asked no more before it is back, unless it is to be failed
 * when that has happened often enough.
 *
 * Context: Any.
 */
u32 quorum_slow_legs(struct quorum *q)
{
	u32 slow = READ_ONCE(q->flights.full);

	return q->max_errors ? slow : slow | READ_ONCE(q->flights.late);
}

/* The others of @voters, if these are enough.  Context: Any. */
u32 quorum_leave_slow(struct quorum_io *io, u32 voters)
{
	u32 quick = voters & ~quorum_slow_legs(io->q);

	return hweight32(quick) >= io->q->threshold ? quick : voters;
}

/* The legs that read into a buffer: all, if they may be late. */
static u32 with_buf(struct quorum_io *io)
{
	return unlikely(io->flight) ? io->legs : io->legs & (io->legs - 1);
}

/* Free what was read into.  Context: Any. */
void quorum_read_put(struct quorum_io *io)
{
	unsigned int leg;

	quorum_for_each_leg(leg, with_buf(io))
		quorum_buf_put(&io->q->pages, &io->leg[leg].buf);
}

/**
 * quorum_read_get() - get what a read is to read into
 * @io: the request
 * @legs: whom it asks
 *
 * Context: Any; does not sleep.
 * Return: false if memory is short: then quorum_read_put() is due, too.
 */
bool quorum_read_get(struct quorum_io *io, u32 legs)
{
	unsigned int leg;

	io->legs = legs;
	quorum_for_each_leg(leg, with_buf(io))
		if (!quorum_buf_try(&io->q->pages, &io->leg[leg].buf,
				    io->bio->bi_iter.bi_size))
			return false;
	return true;
}

/* Prepare the bios of the legs that are asked.  Context: Any. */
void quorum_read_prepare(struct quorum_io *io)
{
	unsigned int leg;

	quorum_for_each_leg(leg, io->legs) {
		struct quorum_leg_io *li = &io->leg[leg];

		quorum_io_prepare(io, leg);
		if (li->buf.nr)
			quorum_buf_attach(&li->buf, &li->bio, 0,
					  io->bio->bi_iter.bi_size);
	}
}

/* Readahead may fail for reasons that are not the leg's.  Context: Any. */
bool quorum_read_forgiven(struct quorum_io *io)
{
	return io->bio->bi_opf & REQ_RAHEAD;
}

/* The leg did not answer, or not well.  Context: Any. */
void quorum_read_accuse(struct quorum_io *io, unsigned int leg,
			blk_status_t status)
{
	quorum_leg_accuse(io->q, leg, quorum_io_late(io) & BIT(leg) ?
			  QUORUM_TIMEOUTS : QUORUM_READ_ERRORS, io->sector,
			  bio_sectors(io->bio), status);
}
