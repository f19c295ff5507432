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

#include <linux/slab.h>

#define META_WRITE	(REQ_OP_WRITE | REQ_SYNC | REQ_META)

static void io_begin(struct quorum_meta_io *io)
{
	reinit_completion(&io->idle);
	atomic_set(&io->pending, 1);
}

static void io_done(struct quorum_meta_io *io)
{
	if (atomic_dec_and_test(&io->pending))
		complete(&io->idle);
}

static void io_wait(struct quorum_meta_io *io)
{
	io_done(io);
	wait_for_completion_io(&io->idle);
}

static void meta_endio(struct bio *bio)
{
	struct quorum_meta_bio *mb = bio->bi_private;

	io_done(mb->io);
}

static void submit(struct quorum_meta_io *io, struct quorum_meta_bio *mb)
{
	mb->bio.bi_private = mb;
	mb->bio.bi_end_io = meta_endio;
	atomic_inc(&io->pending);
	submit_bio_noacct(&mb->bio);
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
	struct quorum_meta_bio *mb = &ml->bio[ml->nr++];

	bio_init(&mb->bio, io->legs[leg].dev->bdev, &mb->vec, 1, META_WRITE);
	mb->bio.bi_iter.bi_sector = sector;
	__bio_add_page(&mb->bio, virt_to_page(data), QUORUM_DISK_UNIT,
		       offset_in_page(data));
}

/* Send what was added, and wait for it. */
static void send_blocks(struct quorum_meta_io *io, u32 legs)
{
	unsigned int leg, i;

	io_begin(io);
	quorum_for_each_leg(leg, legs) {
		struct quorum_meta_leg *ml = &io->leg[leg];

		if (ml->nr == 1)
			ml->bio[0].bio.bi_opf |= REQ_FUA;
		for (i = 0; i < ml->nr; i++)
			submit(io, &ml->bio[i]);
	}
	io_wait(io);
}

/* Returns the legs whose first @nr bios did not all succeed. */
static u32 failed(struct quorum_meta_io *io, u32 legs)
{
	unsigned int leg, i;
	u32 bad = 0;

	quorum_for_each_leg(leg, legs) {
		struct quorum_meta_leg *ml = &io->leg[leg];

		for (i = 0; i < ml->nr; i++)
			if (ml->bio[i].bio.bi_status) {
				io->said[leg] = (__force u8)
					ml->bio[i].bio.bi_status;
				bad |= BIT(leg);
			}
	}
	return bad;
}

/* Returns the legs that failed; io->said tells how. */
static u32 flush_legs(struct quorum_meta_io *io, u32 legs)
{
	unsigned int leg;
	u32 bad;

	io_begin(io);
	quorum_for_each_leg(leg, legs) {
		struct quorum_meta_leg *ml = &io->leg[leg];

		bio_init(&ml->bio[0].bio, io->legs[leg].dev->bdev, NULL, 0,
			 META_WRITE | REQ_PREFLUSH);
		ml->nr = 1;
		submit(io, &ml->bio[0]);
	}
	io_wait(io);
	bad = failed(io, legs);
	quorum_for_each_leg(leg, legs)
		io->leg[leg].nr = 0;
	return bad;
}

/**
 * quorum_meta_write() - write what has been added, for good
 * @io: the I/O
 * @legs: to which something was added
 *
 * Context: May sleep, on leg I/O.
 * Return: The legs that failed; io->said tells how.
 */
u32 quorum_meta_write(struct quorum_meta_io *io, u32 legs)
{
	unsigned int leg;
	u32 bad, several = 0;

	send_blocks(io, legs);
	bad = failed(io, legs);
	quorum_for_each_leg(leg, legs) {
		if (io->leg[leg].nr > 1)
			several |= BIT(leg);
		io->leg[leg].nr = 0;
	}
	io->unflushed = flush_legs(io, several & ~bad);
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
		submit(io, &ml->bio[i]);
	}
}

/**
 * quorum_meta_read() - read the same from several legs
 * @io: the I/O; nothing has been added
 * @legs: which
 * @unit: for each leg, where it goes, block by block
 * @first: from which of these on
 * @sector: from where, counted from the start of the leg's device
 * @nr: how many blocks, at most QUORUM_META_READ
 *
 * Context: May sleep, on leg I/O.
 * Return: The legs that failed.
 */
u32 quorum_meta_read(struct quorum_meta_io *io, u32 legs,
		     struct quorum_meta_units *unit, unsigned int first,
		     sector_t sector, unsigned int nr)
{
	unsigned int leg;
	u32 bad;

	io_begin(io);
	quorum_for_each_leg(leg, legs)
		read_leg(io, leg, unit[leg].at + first, sector, nr);
	io_wait(io);
	bad = failed(io, legs);
	quorum_for_each_leg(leg, legs)
		io->leg[leg].nr = 0;
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

	for (i = 0; i < QUORUM_META_BIOS; i++)
		ml->bio[i].io = io;
	ml->super = quorum_meta_alloc_unit();
	return ml->super ? 0 : -ENOMEM;
}

/**
 * quorum_meta_io_init() - make what metadata I/O takes
 * @io: all zero
 * @legs: the devices
 * @nr_legs: how many there are
 * @present: those that are not missing
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM; quorum_meta_io_exit() is due in any case.
 */
int quorum_meta_io_init(struct quorum_meta_io *io, struct quorum_leg *legs,
			unsigned int nr_legs, u32 present)
{
	unsigned int i, leg;
	int r = 0;

	io->legs = legs;
	io->nr_legs = nr_legs;
	init_completion(&io->idle);
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
