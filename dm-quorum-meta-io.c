// SPDX-License-Identifier: GPL-2.0-only
/*
 * Metadata on its way to the legs and from them: bios of its own, made before
 * they are needed, so that a commit never waits for memory.
 *
 * What is written is for good when this returns: a leg that gets one block gets
 * it with FUA, one that gets several is flushed after them.
 */
#include "dm-quorum.h"
#include "dm-quorum-meta-io.h"

#include <linux/blk-cgroup.h>
#include <linux/ioprio.h>
#include <linux/slab.h>

#define META_WRITE	(REQ_OP_WRITE | REQ_SYNC | REQ_META)

/* Returns those of @legs whose bios have all ended well. */
static u32 did_well(struct quorum_meta_io *io, u32 legs)
{
	unsigned int leg, i;

	quorum_for_each_leg(leg, legs) {
		struct quorum_meta_leg *ml = &io->leg[leg];

		for (i = 0; i < ml->nr; i++)
			if (ml->bio[i].bio.bi_status)
				legs &= ~BIT(leg);
	}
	return legs;
}

static bool enough(struct quorum_flight *flight, u32 out)
{
	struct quorum_meta_io *io = container_of(flight, struct quorum_meta_io,
						 flight);
	u32 have = io->have | did_well(io, io->sent & ~out);

	return io->need && hweight32(have) >= io->need;
}

static void all_back(struct quorum_flight *flight)
{
	struct quorum_meta_io *io = container_of(flight, struct quorum_meta_io,
						 flight);

	if (io->done)
		io->done(io);
	else
		complete(&io->idle);
}

static void all_gone(struct quorum_flight *flight)
{
}

static const struct quorum_flight_ops flight_ops = {
	.enough	= enough,
	.end	= all_back,
	.free	= all_gone,
};

/**
 * quorum_meta_io_late() - the legs that were given up on and are not back
 * @io: the I/O
 *
 * They can be sent nothing, and count as failed.
 *
 * Context: Any; nothing is waited for.
 */
u32 quorum_meta_io_late(struct quorum_meta_io *io)
{
	return quorum_flight_late(&io->flight);
}

static void meta_endio(struct bio *bio)
{
	struct quorum_meta_bio *mb = bio->bi_private;
	struct quorum_meta_io *io = mb->io;
	struct quorum_meta_leg *ml = &io->leg[mb->leg];

	if (atomic_dec_and_test(&ml->pending))
		quorum_flight_back(&io->flight, mb->leg);
}

static void submit(struct quorum_meta_io *io, struct quorum_meta_bio *mb)
{
	mb->bio.bi_private = mb;
	mb->bio.bi_end_io = meta_endio;
	submit_bio_noacct(&mb->bio);
}

/* Send what was added; io->done is called when it is back. */
static void send(struct quorum_meta_io *io, u32 legs)
{
	unsigned int leg, i;

	io->sent = legs;
	quorum_flight_begin(&io->flight, legs, QUORUM_DISK_UNIT);
	quorum_for_each_leg(leg, legs) {
		struct quorum_meta_leg *ml = &io->leg[leg];

		atomic_set(&ml->pending, ml->nr);
		for (i = 0; i < ml->nr; i++)
			submit(io, &ml->bio[i]);
	}
	quorum_flight_sent(&io->flight);
}

static void send_and_wait(struct quorum_meta_io *io, u32 legs)
{
	reinit_completion(&io->idle);
	send(io, legs);
	wait_for_completion_io(&io->idle);
}

/*
 * Whoever has a batch made waits for all that others had to say, and they for
 * him: it is nobody's own, so neither his cgroup's limits nor his priority
 * count.
 */
static void init_bio(struct quorum_meta_io *io, unsigned int leg,
		     struct quorum_meta_bio *mb, blk_opf_t opf)
{
	bio_init(&mb->bio, io->legs[leg].dev->bdev, &mb->vec, 1, opf);
	bio_associate_blkg_from_css(&mb->bio, blkcg_root_css);
	mb->bio.bi_ioprio = IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, IOPRIO_BE_NORM);
}

/**
 * quorum_meta_add() - add a block to what a leg is sent next
 * @io: the I/O
 * @leg: which leg
 * @data: the block, 4096 bytes of one page; stays until it has been written
 * @sector: where it goes, from the start of the leg's device
 *
 * Context: Any; nobody else uses @io.
 */
void quorum_meta_add(struct quorum_meta_io *io, unsigned int leg, void *data,
		     sector_t sector)
{
	struct quorum_meta_leg *ml = &io->leg[leg];
	struct quorum_meta_bio *mb;

	if (io->flight.late & BIT(leg))
		return;
	mb = &ml->bio[ml->nr++];
	init_bio(io, leg, mb, META_WRITE);
	mb->bio.bi_iter.bi_sector = sector;
	__bio_add_page(&mb->bio, virt_to_page(data), QUORUM_DISK_UNIT,
		       offset_in_page(data));
}

/* A block that is alone needs no flush after it. */
static void store_single(struct quorum_meta_io *io, u32 legs)
{
	unsigned int leg;

	quorum_for_each_leg(leg, legs) {
		struct quorum_meta_leg *ml = &io->leg[leg];

		if (ml->nr == 1)
			ml->bio[0].bio.bi_opf |= REQ_FUA;
	}
}

static blk_status_t first_error(struct quorum_meta_leg *ml)
{
	unsigned int i;

	for (i = 0; i < ml->nr; i++)
		if (ml->bio[i].bio.bi_status)
			return ml->bio[i].bio.bi_status;
	return BLK_STS_OK;
}

/* Returns the legs that did not do all that they were sent. */
static u32 failed(struct quorum_meta_io *io, u32 legs)
{
	u32 late = legs & io->flight.late;
	unsigned int leg;
	u32 bad;

	bad = late | (legs & ~late & ~did_well(io, legs & ~late));
	quorum_for_each_leg(leg, bad)
		io->said[leg] = (__force u8)(late & BIT(leg) ? BLK_STS_TIMEOUT :
						first_error(&io->leg[leg]));
	return bad;
}

/* What is to be sent next begins with nothing. */
static void forget_sent(struct quorum_meta_io *io, u32 legs)
{
	unsigned int leg;

	quorum_for_each_leg(leg, legs)
		io->leg[leg].nr = 0;
}

/* Returns the legs that failed; io->said tells how. */
static u32 flush_legs(struct quorum_meta_io *io, u32 legs)
{
	unsigned int leg;
	u32 bad;

	if (!legs)
		return 0;
	quorum_for_each_leg(leg, legs) {
		struct quorum_meta_leg *ml = &io->leg[leg];

		init_bio(io, leg, &ml->bio[0], META_WRITE | REQ_PREFLUSH);
		ml->nr = 1;
	}
	send_and_wait(io, legs);
	bad = failed(io, legs);
	forget_sent(io, legs);
	return bad;
}

/**
 * quorum_meta_write_one() - begin to write one block, for good
 * @io: the I/O
 * @legs: to each of which just one was added; none is late
 * @done: called when it is written, in any context, with @io;
 *	quorum_meta_wrote_one() tells how it went, and is due before anything
 *	else is sent
 *
 * Context: Any that may submit bios.  @done may be called before this returns.
 */
void quorum_meta_write_one(struct quorum_meta_io *io, u32 legs,
			   void (*done)(struct quorum_meta_io *io))
{
	io->done = done;
	store_single(io, legs);
	send(io, legs);
}

/* Returns the legs that failed; io->said tells how.  Context: Any. */
u32 quorum_meta_wrote_one(struct quorum_meta_io *io, u32 legs)
{
	u32 bad = failed(io, legs);

	io->done = NULL;
	io->unflushed = 0;
	forget_sent(io, legs);
	return bad;
}

/**
 * quorum_meta_write() - write what has been added, for good
 * @io: the I/O
 * @legs: to which something was added
 *
 * A leg that owes what was given up on fails.
 *
 * Context: May sleep, on leg I/O.
 * Return: The legs that failed; io->said tells how.
 */
u32 quorum_meta_write(struct quorum_meta_io *io, u32 legs)
{
	u32 bad, several = 0, have = io->have;
	unsigned int leg;

	if (legs & ~io->flight.late) {
		store_single(io, legs & ~io->flight.late);
		send_and_wait(io, legs & ~io->flight.late);
	}
	bad = failed(io, legs);
	quorum_for_each_leg(leg, legs & ~bad)
		if (io->leg[leg].nr > 1)
			several |= BIT(leg);
	forget_sent(io, legs);
	io->have |= legs & ~bad & ~several;
	io->unflushed = flush_legs(io, several & ~bad);
	io->have = have;
	return bad | io->unflushed;
}

static void read_leg(struct quorum_meta_io *io, unsigned int leg, void **unit,
		     sector_t sector, unsigned int nr)
{
	struct quorum_meta_leg *ml = &io->leg[leg];
	unsigned int i;

	for (i = 0; i < nr; i++) {
		quorum_meta_add(io, leg, unit[i],
				sector + i * QUORUM_DISK_SECTORS);
		ml->bio[i].bio.bi_opf = REQ_OP_READ | REQ_SYNC | REQ_META;
	}
}

/**
 * quorum_meta_read() - read the same from several legs
 * @io: the I/O; nothing has been added; @need and @have are set, as for writes
 * @asked: which
 * @unit: for each leg, where it goes, block by block; this is the leg's as long
 *	as quorum_meta_io_late() has it
 * @first: from which of these on
 * @sector: from where, counted from the start of the leg's device
 * @nr: how many blocks, at most QUORUM_META_READ
 *
 * Context: May sleep, on leg I/O.
 * Return: The legs that failed.
 */
u32 quorum_meta_read(struct quorum_meta_io *io, u32 asked,
		     struct quorum_meta_units *unit, unsigned int first,
		     sector_t sector, unsigned int nr)
{
	u32 legs = asked & ~quorum_meta_io_late(io), bad;
	unsigned int leg;

	quorum_for_each_leg(leg, legs)
		read_leg(io, leg, unit[leg].at + first, sector, nr);
	if (legs)
		send_and_wait(io, legs);
	bad = failed(io, asked);
	forget_sent(io, legs);
	return bad;
}

/* Room for a block, all zero; NULL if there is none.  Context: May sleep. */
void *quorum_meta_alloc_unit(void)
{
	return (void *)get_zeroed_page(GFP_KERNEL);
}

void quorum_meta_free_unit(void *unit)
{
	free_page((unsigned long)unit);
}

static int init_leg(struct quorum_meta_io *io, unsigned int leg)
{
	struct quorum_meta_leg *ml = &io->leg[leg];
	unsigned int i;

	for (i = 0; i < QUORUM_META_BIOS; i++) {
		ml->bio[i].io = io;
		ml->bio[i].leg = leg;
	}
	atomic_set(&ml->pending, 0);
	ml->super = quorum_meta_alloc_unit();
	return ml->super ? 0 : -ENOMEM;
}

/**
 * quorum_meta_io_init() - make what metadata I/O takes
 * @io: all zero
 * @flights: those of the target
 * @legs: the devices
 * @nr_legs: how many there are
 * @present: those that are not missing
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM; quorum_meta_io_exit() is due in any case.
 */
int quorum_meta_io_init(struct quorum_meta_io *io,
			struct quorum_flights *flights, struct quorum_leg *legs,
			unsigned int nr_legs, u32 present)
{
	unsigned int i, leg;
	int r = 0;

	io->legs = legs;
	io->nr_legs = nr_legs;
	init_completion(&io->idle);
	quorum_flight_init(&io->flight, flights, &flight_ops);
	io->leg = kcalloc(nr_legs, sizeof(*io->leg), GFP_KERNEL);
	if (!io->leg)
		return -ENOMEM;
	quorum_for_each_leg(leg, present)
		r = r ?: init_leg(io, leg);
	for (i = 0; i < QUORUM_META_BLOCKS; i++) {
		io->block[i][0] = quorum_meta_alloc_unit();
		io->block[i][1] = quorum_meta_alloc_unit();
		if (!io->block[i][0] || !io->block[i][1])
			r = -ENOMEM;
	}
	return r;
}

/* Nothing is sent any more; some may be out.  Context: Any. */
void quorum_meta_io_end(struct quorum_meta_io *io)
{
	if (io->flight.all)
		quorum_flight_put(&io->flight);
}

void quorum_meta_io_exit(struct quorum_meta_io *io)
{
	unsigned int i;

	for (i = 0; io->leg && i < io->nr_legs; i++)
		quorum_meta_free_unit(io->leg[i].super);
	for (i = 0; i < QUORUM_META_BLOCKS; i++) {
		quorum_meta_free_unit(io->block[i][0]);
		quorum_meta_free_unit(io->block[i][1]);
	}
	kfree(io->leg);
}
