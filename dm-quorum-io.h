/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-io.c: one request of the mapped device.
 */
#ifndef DM_QUORUM_IO_H
#define DM_QUORUM_IO_H

#include <linux/bio.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "dm-quorum-buf.h"
#include "dm-quorum-flight.h"
#include "dm-quorum-hold.h"
#include "dm-quorum-meta.h"
#include "dm-quorum-range.h"

struct quorum;

/**
 * struct quorum_leg_io - one leg's part of a request
 * @bio: what the leg is sent
 * @buf: where a read other than the first one lands; if the request may outlive
 *	its bio, the first, too
 */
struct quorum_leg_io {
	struct bio bio;
	struct quorum_buf buf;
};

/**
 * struct quorum_io - a request: dm's per-bio data, or an object of its own
 * @q: the target
 * @bio: dm's clone, never itself submitted: its iterator stays as mapped
 * @flight: with a request that may outlive @bio, what legs were sent; or NULL
 * @sector: first sector
 * @legs: legs the request was sent to
 * @tried: legs a fifo read need not ask again
 * @by_hand: legs that cannot write zeroes and get them as data
 * @zeroed: sectors of these that are done
 * @pending: leg bios still out
 * @end: called when the last of them has completed, in its context
 * @range: held by whatever changes the legs, and by the second look
 * @dissent: the first look failed to agree (as against: never took place)
 * @owes: it must not end before it is known what legs have missed
 * @wait: for what is to be known before it goes on
 * @copy: what a write sends to every leg
 * @granted: how it goes on once the range is there, or what is done by hand
 * @work: what goes on elsewhere
 * @list: among second looks that wait for their turn
 * @held: in dm's per-bio data: whether it is held, and since when
 * @leg: what is sent to each leg
 */
struct quorum_io {
	struct quorum *q;
	struct bio *bio;
	struct quorum_flight *flight;
	sector_t sector;
	u32 legs;
	u32 tried;
	u32 by_hand;
	sector_t zeroed;
	atomic_t pending;
	void (*end)(struct quorum_io *io);
	struct quorum_range range;
	void (*granted)(struct quorum_io *io);
	struct work_struct work;
	struct list_head list;
	struct quorum_held held;
	bool dissent;
	bool owes;
	struct quorum_meta_wait wait;
	struct quorum_buf copy;
	struct quorum_leg_io leg[];
};

/* The legs that were given up on.  Context: Any, after @io's end. */
static inline u32 quorum_io_late(const struct quorum_io *io)
{
	return unlikely(io->flight) ? io->flight->late : 0;
}

void quorum_ios_init(struct quorum *q);
bool quorum_foreground_busy(struct quorum *q);

size_t quorum_io_size(unsigned int nr_legs);
void quorum_io_init(struct quorum_io *io, struct quorum *q, struct bio *bio);
bool quorum_io_aligned(struct quorum_io *io);
void quorum_io_prepare(struct quorum_io *io, unsigned int leg);
void quorum_io_submit(struct quorum_io *io, u32 legs,
		      void (*end)(struct quorum_io *io));
void quorum_io_defer(struct quorum_io *io, struct workqueue_struct *wq,
		     work_func_t then);
bool quorum_io_lock(struct quorum_io *io,
		    void (*granted)(struct quorum_io *io));
bool quorum_io_lock_range(struct quorum_io *io, sector_t sectors,
			  void (*granted)(struct quorum_io *io));
void quorum_io_unlock(struct quorum_io *io);
void quorum_io_end(struct quorum_io *io, blk_status_t status);
u32 quorum_io_failed(struct quorum_io *io, u8 *said);
bool quorum_holds(struct quorum *q, struct bio *bio, blk_status_t status);
void quorum_io_again(struct quorum_held *held);
void quorum_io_fail(struct quorum_held *held, bool requeue);
bool quorum_requeues(struct quorum *q, blk_status_t status);

#endif /* DM_QUORUM_IO_H */
