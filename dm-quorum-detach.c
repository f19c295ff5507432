// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests that may outlive their bio.  dm's per-bio data is gone when the bio
 * ends, and so are the caller's pages: what a leg still has is in an object of
 * its own, with private pages for all legs, until the last bio is back.
 */
#include "dm-quorum.h"
#include "dm-quorum-answer.h"
#include "dm-quorum-detach.h"
#include "dm-quorum-io.h"

/* So many requests are under way however short memory is. */
#define RESERVE		16

/**
 * struct detached - a request of its own
 * @flight: what legs were sent
 * @early: more about it, if it is answered early
 * @op: what it is: its bio may be gone when somebody asks
 * @sectors: how long it is
 * @io: the request; the last, since its legs follow
 */
struct detached {
	struct quorum_flight flight;
	struct quorum_early early;
	enum req_op op;
	unsigned int sectors;
	struct quorum_io io;
};

static size_t detached_size(struct quorum *q)
{
	return offsetof(struct detached, io) + quorum_io_size(q->nr_legs);
}

static struct detached *detached_of(struct quorum_flight *flight)
{
	return container_of(flight, struct detached, flight);
}

/* Context: Any; the request may outlive its bio. */
struct quorum_early *quorum_early_of(struct quorum_io *io)
{
	return &container_of(io, struct detached, io)->early;
}

/* Whether a leg did its part; a discard it need not know is done, too. */
static bool did_well(struct detached *d, unsigned int leg)
{
	blk_status_t status = d->io.leg[leg].bio.bi_status;

	if (d->op == REQ_OP_DISCARD || d->op == REQ_OP_WRITE_ZEROES)
		return !status || quorum_refusal(status) ||
		       status == BLK_STS_TARGET;
	return !status;
}

/* A leg that could be asked instead counts as if it had answered. */
static bool enough_read(struct detached *d, u32 well)
{
	struct quorum_io *io = &d->io;
	struct quorum *q = io->q;
	u32 others = quorum_current(&q->regions, io->sector, d->sectors) &
		     ~io->legs & ~io->tried;

	if (q->pattern == QUORUM_PATTERN_FIFO)
		return others;
	if (q->pattern == QUORUM_PATTERN_MINIMAL)
		well |= others & ~READ_ONCE(q->flights.late);
	return hweight32(well) >= q->threshold;
}

static bool enough(struct quorum_flight *flight, u32 out)
{
	struct detached *d = detached_of(flight);
	u32 well = d->io.legs & ~out & ~flight->late;
	unsigned int leg;

	quorum_for_each_leg(leg, well)
		if (!did_well(d, leg))
			well &= ~BIT(leg);
	if (d->op == REQ_OP_READ)
		return enough_read(d, well);
	return quorum_suffice(&d->io.q->regions, well, d->io.sector,
			      d->sectors);
}

static void all_back(struct quorum_flight *flight)
{
	struct quorum_io *io = &detached_of(flight)->io;

	io->end(io);
}

static void leg_seen(struct quorum_flight *flight)
{
	struct detached *d = detached_of(flight);

	if (d->early.seen)
		d->early.seen(&d->io);
}

static void free_detached(struct quorum_flight *flight)
{
	struct detached *d = detached_of(flight);
	struct quorum *q = d->io.q;
	unsigned int leg;

	quorum_buf_put(&q->pages, &d->io.copy);
	for (leg = 0; leg < q->nr_legs; leg++)
		quorum_buf_put(&q->pages, &d->io.leg[leg].buf);
	mempool_free(d, &q->detached);
}

static const struct quorum_flight_ops flight_ops = {
	.enough	= enough,
	.seen	= leg_seen,
	.end	= all_back,
	.free	= free_detached,
};

static struct quorum_io *detached(struct detached *d, struct quorum_io *io)
{
	quorum_io_init(&d->io, io->q, io->bio);
	quorum_flight_init(&d->flight, &io->q->flights, &flight_ops);
	d->io.flight = &d->flight;
	d->early.seen = NULL;
	d->op = bio_op(io->bio);
	d->sectors = bio_sectors(io->bio);
	return &d->io;
}

/* It waits for others to end: none of these may be behind it in a queue. */
static void detach_work(struct work_struct *work)
{
	struct quorum_io *io = container_of(work, struct quorum_io, work);
	struct detached *d = mempool_alloc(&io->q->detached, GFP_NOIO);

	io->granted(detached(d, io));
}

/**
 * quorum_detach() - start a request as one that may outlive its bio
 * @io: the request, as it is in dm's per-bio data
 * @start: what starts it, as another one
 *
 * Context: map, or where it is tried again; does not sleep.
 */
void quorum_detach(struct quorum_io *io, void (*start)(struct quorum_io *io))
{
	struct detached *d = mempool_alloc(&io->q->detached, GFP_NOWAIT |
					   __GFP_NOWARN);

	if (likely(d)) {
		start(detached(d, io));
		return;
	}
	io->granted = start;
	quorum_io_defer(io, io->q->detach_wq, detach_work);
}

/**
 * quorum_detach_init() - prepare for requests that may outlive their bio
 * @q: the target, with its options
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM; quorum_detach_exit() is due in any case.
 */
int quorum_detach_init(struct quorum *q)
{
	if (q->leg_timeout)
		q->detach = QUORUM_DETACH_READS | QUORUM_DETACH_WRITES;
	else if (q->pattern == QUORUM_PATTERN_EARLY)
		q->detach = QUORUM_DETACH_READS;
	else
		return 0;
	q->detach_wq = alloc_workqueue("kquorum_detach",
				       WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!q->detach_wq)
		return -ENOMEM;
	return mempool_init_kmalloc_pool(&q->detached, RESERVE,
					 detached_size(q));
}

/* There are none any more.  Context: May sleep. */
void quorum_detach_exit(struct quorum *q)
{
	if (q->detach_wq)
		destroy_workqueue(q->detach_wq);
	mempool_exit(&q->detached);
}
