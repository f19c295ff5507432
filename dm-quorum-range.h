/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-range.c: the range lock.  Exclusive, first come first served, and
 * it never allocates: the caller embeds the node.
 */
#ifndef DM_QUORUM_RANGE_H
#define DM_QUORUM_RANGE_H

#include <linux/spinlock.h>
#include <linux/types.h>

/* A part of a range; those of one tree do not overlap. */
struct quorum_piece {
	sector_t start;
	sector_t last;
	/* Where in its tree it is, and what points to it there. */
	struct quorum_piece *left, *right, **link;
	u32 weight;
	/* Who waits for all of the tree; of the topmost piece only. */
	struct quorum_range *waiter;
	struct quorum_range *owner;
	/* The next older one of the same owner. */
	struct quorum_piece *next;
};

/**
 * struct quorum_range - one holder of, or waiter for, a range of sectors
 * @start: first sector
 * @last: last sector, inclusive
 * @granted: called once, without locks and in the context of whoever
 *	unlocked, if quorum_range_lock() did not grant at once; may not sleep,
 *	and must leave unlocking to others, lest it recurse through all waiters
 */
struct quorum_range {
	sector_t start;
	sector_t last;
	void (*granted)(struct quorum_range *range);
	/* private: */
	/* Its own first piece, and room for two of whatever ranges. */
	struct quorum_piece piece[3];
	/* All it owns, newest first. */
	struct quorum_piece *pieces;
	/* The tree of what it waits for. */
	struct quorum_piece *ahead;
	struct quorum_range *next;
};

/**
 * struct quorum_ranges - the ranges of one target
 * @latest: the tree of who asked last, sector by sector
 * @random: where weights come from
 */
struct quorum_ranges {
	/** @lock: protects the rest and the private part of every range */
	spinlock_t lock;
	struct quorum_piece *latest;
	u64 random;
};

void quorum_ranges_init(struct quorum_ranges *ranges);
bool quorum_range_lock(struct quorum_ranges *ranges,
		       struct quorum_range *range);
void quorum_range_unlock(struct quorum_ranges *ranges,
			 struct quorum_range *range);

#endif /* DM_QUORUM_RANGE_H */
