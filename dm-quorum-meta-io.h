/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-meta-io.c: metadata on its way to the legs and from them.
 */
#ifndef DM_QUORUM_META_IO_H
#define DM_QUORUM_META_IO_H

#include <linux/bio.h>
#include <linux/completion.h>
#include <linux/types.h>

#include "dm-quorum-flight.h"
#include "dm-quorum-format.h"
#include "dm-quorum-vote.h"

struct quorum_leg;

/* Bitmap blocks that are written at once. */
#define QUORUM_META_BLOCKS	8
#define QUORUM_META_BIOS	(QUORUM_META_BLOCKS + 1)

/* Blocks that are read at once, at most. */
#define QUORUM_META_READ	8

/**
 * struct quorum_meta_bio - one block on its way
 * @io: whose it is
 * @leg: and which leg's
 * @bio: the bio
 * @vec: the block
 */
struct quorum_meta_bio {
	struct quorum_meta_io *io;
	unsigned int leg;
	struct bio bio;
	struct bio_vec vec;
};

/**
 * struct quorum_meta_leg - what one leg is sent
 * @nr: how many blocks
 * @pending: its bios that are out
 * @bio: one for each, and for the flush after them
 * @super: the superblock
 */
struct quorum_meta_leg {
	unsigned int nr;
	atomic_t pending;
	struct quorum_meta_bio bio[QUORUM_META_BIOS];
	struct quorum_disk_super *super;
};

/**
 * struct quorum_meta_io - I/O of metadata, one batch at a time
 * @legs: the devices
 * @nr_legs: how many there are
 * @block: images of bitmap blocks, one for each slot
 * @flight: what is out
 * @done: called when nothing is out that is waited for; NULL is to complete
 *	@idle
 * @idle: nothing is out that is waited for
 * @sent: legs that were sent something last
 * @have: legs that have what the others are being sent, or need not
 * @need: so many have to have it: then others are not waited for too long; 0 is
 *	all
 * @unflushed: those of the legs that failed that took all, and could
 *	not store it
 * @said: how it ended for each leg that failed, a blk_status_t
 * @leg: what is sent to each of them
 */
struct quorum_meta_io {
	struct quorum_leg *legs;
	unsigned int nr_legs;
	struct quorum_disk_block *block[QUORUM_META_BLOCKS][2];
	struct quorum_flight flight;
	void (*done)(struct quorum_meta_io *io);
	struct completion idle;
	u32 sent;
	u32 have;
	unsigned int need;
	u32 unflushed;
	u8 said[QUORUM_MAX_LEGS];
	struct quorum_meta_leg *leg;
};

int quorum_meta_io_init(struct quorum_meta_io *io,
			struct quorum_flights *flights, struct quorum_leg *legs,
			unsigned int nr_legs, u32 present);
void quorum_meta_io_end(struct quorum_meta_io *io);
u32 quorum_meta_io_late(struct quorum_meta_io *io);
void quorum_meta_io_exit(struct quorum_meta_io *io);
void quorum_meta_add(struct quorum_meta_io *io, unsigned int leg, void *data,
		     sector_t sector);
u32 quorum_meta_write(struct quorum_meta_io *io, u32 legs);
void quorum_meta_write_one(struct quorum_meta_io *io, u32 legs,
			   void (*done)(struct quorum_meta_io *io));
u32 quorum_meta_wrote_one(struct quorum_meta_io *io, u32 legs);

/**
 * struct quorum_meta_units - what is read of one leg
 * @at: block by block
 */
struct quorum_meta_units {
	void *at[QUORUM_META_READ];
};

void *quorum_meta_alloc_unit(void);
void quorum_meta_free_unit(void *unit);
u32 quorum_meta_read(struct quorum_meta_io *io, u32 asked,
		     struct quorum_meta_units *unit, unsigned int first,
		     sector_t sector, unsigned int nr);

#endif /* DM_QUORUM_META_IO_H */
