// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flushes that no request asked for: of all legs, before what they were written
 * counts as stored; of one, when it is back.
 */
#include "dm-quorum.h"
#include "dm-quorum-flush.h"

#include <linux/completion.h>
#include <linux/mempool.h>

/**
 * struct flush - a flush of some legs
 * @flight: what is out
 * @q: the target
 * @legs: those that are flushed
 * @rest: those that need not be
 * @idle: nothing is out that is waited for
 * @bio: one for each leg
 */
struct flush {
	struct quorum_flight flight;
	struct quorum *q;
	u32 legs;
	u32 rest;
	struct completion idle;
	struct bio bio[];
};

static u32 flushed(struct flush *flush, u32 legs)
{
	unsigned int leg;

	quorum_for_each_leg(leg, legs)
		if (flush->bio[leg].bi_status)
			legs &= ~BIT(leg);
	return legs;
}

static bool enough(struct quorum_flight *flight, u32 out)
{
	struct flush *flush = container_of(flight, struct flush, flight);

	return quorum_suffice(&flush->q->regions, flush->rest |
			      flushed(flush, flush->legs & ~out), 0, 0);
}

static void all_back(struct quorum_flight *flight)
{
	complete(&container_of(flight, struct flush, flight)->idle);
}

static void free_flush(struct quorum_flight *flight)
{
	struct flush *flush = container_of(flight, struct flush, flight);

	mempool_free(flush, &flush->q->flushes);
}

static const struct quorum_flight_ops flight_ops = {
	.enough	= enough,
	.end	= all_back,
	.free	= free_flush,
};

static void flush_endio(struct bio *bio)
{
	struct flush *flush = bio->bi_private;

	quorum_flight_back(&flush->flight, bio - flush->bio);
}

static void send(struct flush *flush)
{
	struct quorum *q = flush->q;
	unsigned int leg;

	quorum_flight_begin(&flush->flight, flush->legs, 0);
	quorum_for_each_leg(leg, flush->legs) {
		struct bio *bio = &flush->bio[leg];

		bio_init(bio, q->leg[leg].dev->bdev, NULL, 0,
			 REQ_OP_WRITE | REQ_PREFLUSH);
		bio->bi_private = flush;
		bio->bi_end_io = flush_endio;
		submit_bio_noacct(bio);
	}
	quorum_flight_sent(&flush->flight);
}

/**
 * quorum_flushes_init() - make room for flushes
 * @q: nr_legs is set
 *
 * One is held in reserve: what is waited for may be what would free memory.
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM; quorum_flushes_exit() is due in any case.
 */
int quorum_flushes_init(struct quorum *q)
{
	struct flush *flush;

	return mempool_init_kmalloc_pool(&q->flushes, 1,
					 struct_size(flush, bio, q->nr_legs));
}

/* There are none any more.  Context: May sleep. */
void quorum_flushes_exit(struct quorum *q)
{
	mempool_exit(&q->flushes);
}

/**
 * quorum_flush_legs() - have legs store what they took
 * @q: the target
 * @legs: which, at least one
 * @rest: of others it is known
 * @said: set to what each of them answered, a blk_status_t
 * @late: set to those that were given up on
 *
 * Context: May sleep, on leg I/O.
 * Return: The legs that did not.
 */
u32 quorum_flush_legs(struct quorum *q, u32 legs, u32 rest, u8 *said, u32 *late)
{
	struct flush *flush = mempool_alloc(&q->flushes, GFP_NOIO);
	unsigned int leg;
	u32 failed;

	flush->q = q;
	flush->legs = legs;
	flush->rest = rest;
	init_completion(&flush->idle);
	quorum_flight_init(&flush->flight, &q->flights, &flight_ops);
	send(flush);
	wait_for_completion_io(&flush->idle);

	*late = flush->flight.late;
	failed = legs & ~flushed(flush, legs & ~*late);
	quorum_for_each_leg(leg, failed)
		said[leg] = *late & BIT(leg) ? (__force u8)BLK_STS_TIMEOUT :
			    (__force u8)flush->bio[leg].bi_status;
	quorum_flight_put(&flush->flight);
	return failed;
}
