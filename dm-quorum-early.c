// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads that are answered as soon as enough legs agree.  What comes later is
 * compared with the answer when all legs are back, or given up on.
 *
 * Legs come back at any time, several at once.  Whoever finds nobody looking
 * looks; the others only say that there is something new.
 */
#include "dm-quorum.h"
#include "dm-quorum-answer.h"
#include "dm-quorum-detach.h"
#include "dm-quorum-early.h"
#include "dm-quorum-io.h"
#include "dm-quorum-leg.h"

/* More than this is not compared in an interrupt. */
#define COMPARE_AT_ONCE		(32 << 10)

/*
 * So many have to agree that nothing else can win, also where a minority can.
 */
static unsigned int enough_votes(struct quorum *q)
{
	return max(q->threshold, q->nr_legs / 2 + 1);
}

static bool same_data(void *ctx, unsigned int a, unsigned int b)
{
	struct quorum_io *io = ctx;
	unsigned int len = quorum_early_of(io)->bytes;

	return quorum_buf_differ(&io->leg[a].buf, &io->leg[b].buf, 0, len) ==
	       len;
}

/* The legs that are back, and returned something. */
static u32 have_read(struct quorum_io *io)
{
	u32 legs = io->legs & ~quorum_flight_out(io->flight) &
		   ~quorum_io_late(io);
	unsigned int leg;

	quorum_for_each_leg(leg, legs)
		if (io->leg[leg].bio.bi_status)
			legs &= ~BIT(leg);
	return legs;
}

static void answer(struct quorum_io *io, unsigned int leg)
{
	struct bio *bio = io->bio;

	quorum_early_of(io)->answer = leg;
	quorum_flight_owe(io->flight);
	quorum_buf_drain(&io->leg[leg].buf, bio);
	io->bio = NULL;
	bio->bi_status = BLK_STS_OK;
	bio_endio(bio);
}

static void answer_if_they_agree(struct quorum_io *io)
{
	u32 legs = have_read(io);
	u8 ballot[QUORUM_MAX_LEGS];
	struct quorum_tally tally;

	if (hweight32(legs) < enough_votes(io->q))
		return;
	quorum_classify(ballot, legs, same_data, io);
	quorum_tally(ballot, legs, &tally);
	if (tally.votes >= enough_votes(io->q))
		answer(io, tally.first);
}

/* Returns true if it is over, and may be gone. */
static bool look(struct quorum_io *io)
{
	struct quorum_early *early = quorum_early_of(io);
	bool landed = READ_ONCE(early->landed);

	if (io->bio)
		answer_if_they_agree(io);
	if (landed)
		early->done(io);
	return landed;
}

static void look_until_nothing_is_new(struct quorum_io *io)
{
	atomic_t *news = &quorum_early_of(io)->news;
	int seen;

	do {
		seen = atomic_read(news);
		if (look(io))
			break;
	} while (atomic_sub_return(seen, news));
}

static void look_work(struct work_struct *work)
{
	look_until_nothing_is_new(container_of(work, struct quorum_io, work));
}

/* Context: end_io of a leg. */
static void leg_seen(struct quorum_io *io)
{
	struct quorum_early *early = quorum_early_of(io);

	if (atomic_fetch_add(1, &early->news))
		return;
	if (hweight32(io->legs) * early->bytes <= COMPARE_AT_ONCE)
		look_until_nothing_is_new(io);
	else
		quorum_io_defer(io, early->wq, look_work);
}

/* Context: end_io of the last leg, or the timer. */
static void all_back(struct quorum_io *io)
{
	WRITE_ONCE(quorum_early_of(io)->landed, true);
	leg_seen(io);
}

/**
 * quorum_early_send() - send a read that is to be answered early
 * @io: the request, prepared; it may outlive its bio
 * @wq: where much is compared
 * @done: called once, when all legs are back, or given up on: the request may
 *	have been answered, or not
 *
 * Context: Any that may submit bios.
 */
void quorum_early_send(struct quorum_io *io, struct workqueue_struct *wq,
		       void (*done)(struct quorum_io *io))
{
	struct quorum_early *early = quorum_early_of(io);

	early->wq = wq;
	early->done = done;
	early->bytes = io->bio->bi_iter.bi_size;
	early->ahead = io->bio->bi_opf & REQ_RAHEAD;
	early->landed = false;
	atomic_set(&early->news, 0);
	early->seen = leg_seen;
	quorum_io_submit(io, io->legs, all_back);
}

/**
 * quorum_early_differs() - whether a read that was answered needs another look
 * @io: the request; all legs are back, or given up on
 *
 * Those that were given up on are accused.
 *
 * Context: Any.
 */
bool quorum_early_differs(struct quorum_io *io)
{
	struct quorum_early *early = quorum_early_of(io);
	u32 late = quorum_io_late(io) & io->legs;
	u32 back = io->legs & ~late, read = have_read(io);
	unsigned int leg;

	quorum_for_each_leg(leg, late)
		quorum_leg_accuse(io->q, leg, QUORUM_TIMEOUTS, io->sector,
				  early->bytes >> SECTOR_SHIFT,
				  BLK_STS_TIMEOUT);
	quorum_for_each_leg(leg, read)
		if (leg != early->answer && !same_data(io, early->answer, leg))
			return true;
	return back != read && !early->ahead;
}
