// SPDX-License-Identifier: GPL-2.0-only
/*
 * The range lock: exclusive, first come first served.
 *
 * For every sector that is held or waited for, a tree tells who asked for it
 * last: it consists of pieces of ranges, and no two of them overlap.  A
 * newcomer cuts out of it all pieces within its range, puts a single piece of
 * its own in their place, and waits until the last of what it cut out is gone.
 * The pieces of a range go when it is unlocked, each from the tree it is in.
 *
 * This is all a newcomer has to wait for.  Take an earlier range that is still
 * there, and any sector it shares with the newcomer.  Who had asked last for
 * that sector was either this range, and the newcomer waits for it; or some
 * other that came between the two.  That one, by the same argument, waits for
 * the earlier range, so it will be there longer; and the newcomer waits for it.
 * Nor does anyone wait for a range it does not overlap.  So overlapping
 * requests go in the order they came, nobody starves, and a range is granted
 * as soon as no earlier one overlaps it.
 *
 * A newcomer makes no more than three pieces: its own, and one at each of its
 * ends, where it may have to cut another range's piece in two.  To cut and to
 * join trees takes O(log n) steps, however many pieces change hands.  This is
 * why they are treaps: from a red-black tree the pieces would have to be taken
 * one by one.  A range is unlocked piece by piece, each in O(log n) steps;
 * there can be many, but all in all no more than three for each request ever
 * made.  The lock is dropped after every few of them, so the time with
 * interrupts off is bounded, however many ranges overlap.
 *
 * The three are part of the newcomer, so it must not be granted, and then be
 * gone, while some other range's piece is still in one of them.  It is not:
 * whenever it makes such a piece, it waits for that very piece or for an older
 * one of the same owner; and pieces of one owner go newest first.
 */
#include "dm-quorum-range.h"

#include <linux/random.h>

/* Pieces to remove before interrupts get a chance. */
#ifndef QUORUM_RANGE_BATCH
#define QUORUM_RANGE_BATCH	32
#endif

/* Unit tests count the pieces that are looked at. */
#ifndef quorum_range_step
#define quorum_range_step()
#endif

/*
 * Trees: sectors ascend from left to right, weights, which are random, from the
 * top down.  So a tree has the shape of one to which the pieces came in random
 * order, whatever the order they really came in.
 */

static void hang(struct quorum_piece **link, struct quorum_piece *piece)
{
	*link = piece;
	if (piece)
		piece->link = link;
}

/* Make one tree of two: all of @left is below all of @right. */
static void join(struct quorum_piece **link, struct quorum_piece *left,
		 struct quorum_piece *right)
{
	while (left && right) {
		quorum_range_step();
		if (left->weight < right->weight) {
			hang(link, left);
			link = &left->right;
			left = left->right;
		} else {
			hang(link, right);
			link = &right->left;
			right = right->left;
		}
	}
	hang(link, left ?: right);
}

/*
 * Make two trees of one: of pieces that begin below @sector, the last of which
 * is returned, and of all others.
 */
static struct quorum_piece *split(struct quorum_piece *tree, sector_t sector,
				  struct quorum_piece **below,
				  struct quorum_piece **above)
{
	struct quorum_piece *last = NULL;

	while (tree) {
		quorum_range_step();
		if (tree->start < sector) {
			last = tree;
			hang(below, tree);
			below = &tree->right;
			tree = tree->right;
		} else {
			hang(above, tree);
			above = &tree->left;
			tree = tree->left;
		}
	}
	*below = NULL;
	*above = NULL;
	return last;
}

static u32 __random_weight(struct quorum_ranges *ranges)
{
	ranges->random = ranges->random * 6364136223846793005ULL +
			 1442695040888963407ULL;
	return ranges->random >> 32;
}

/* A new piece, and as yet a tree by itself. */
static void __make(struct quorum_ranges *ranges, struct quorum_piece *piece,
		   struct quorum_range *owner, sector_t start, sector_t last)
{
	piece->start = start;
	piece->last = last;
	piece->left = NULL;
	piece->right = NULL;
	piece->weight = __random_weight(ranges);
	piece->waiter = NULL;
	piece->owner = owner;
	piece->next = owner->pieces;
	owner->pieces = piece;
}

/* Cut below @sector; if there is a piece across, @spare becomes its end. */
static void __cut(struct quorum_ranges *ranges, struct quorum_piece *tree,
		  sector_t sector, struct quorum_piece *spare,
		  struct quorum_piece **below, struct quorum_piece **above)
{
	struct quorum_piece *across = split(tree, sector, below, above);

	if (!across || across->last < sector)
		return;
	__make(ranges, spare, across->owner, sector, across->last);
	across->last = sector - 1;
	join(above, spare, *above);
}

/* Remove a piece.  Returns the range that waited for nothing else. */
static struct quorum_range *__remove(struct quorum_piece *piece)
{
	struct quorum_range *waiter = piece->waiter;

	quorum_range_step();
	join(piece->link, piece->left, piece->right);
	if (!waiter)
		return NULL;
	if (!waiter->ahead)
		return waiter;
	waiter->ahead->waiter = waiter;
	return NULL;
}

void quorum_ranges_init(struct quorum_ranges *ranges)
{
	spin_lock_init(&ranges->lock);
	ranges->latest = NULL;
	ranges->random = get_random_u32();
}

/**
 * quorum_range_lock() - ask for a range
 * @ranges: where
 * @range: start, last and granted set by the caller, who keeps it in place
 *	until quorum_range_unlock()
 *
 * Context: Any; does not sleep.
 * Return: true if the range is held now; false if ->granted() will say so.
 */
bool quorum_range_lock(struct quorum_ranges *ranges, struct quorum_range *range)
{
	struct quorum_piece *own = &range->piece[0];
	struct quorum_piece *below, *within, *above = NULL;
	unsigned long flags;
	bool granted;

	range->pieces = NULL;
	spin_lock_irqsave(&ranges->lock, flags);
	__cut(ranges, ranges->latest, range->start, &range->piece[1],
	      &below, &within);
	/* Nothing is above the highest of all sectors. */
	if (range->last + 1)
		__cut(ranges, within, range->last + 1, &range->piece[2],
		      &range->ahead, &above);
	else
		hang(&range->ahead, within);
	granted = !range->ahead;
	if (!granted)
		range->ahead->waiter = range;

	__make(ranges, own, range, range->start, range->last);
	join(&ranges->latest, below, own);
	join(&ranges->latest, ranges->latest, above);
	spin_unlock_irqrestore(&ranges->lock, flags);
	return granted;
}

/**
 * quorum_range_unlock() - give a range back
 * @ranges: where
 * @range: a range that is held
 *
 * Calls ->granted() of every range that only waited for this one.
 *
 * Context: Any; does not sleep.
 */
void quorum_range_unlock(struct quorum_ranges *ranges,
			 struct quorum_range *range)
{
	struct quorum_range *waiter, *granted = NULL;
	struct quorum_piece *piece;
	unsigned int removed = 0;
	unsigned long flags;

	spin_lock_irqsave(&ranges->lock, flags);
	while ((piece = range->pieces)) {
		range->pieces = piece->next;
		waiter = __remove(piece);
		if (waiter) {
			waiter->next = granted;
			granted = waiter;
		}
		if (++removed % QUORUM_RANGE_BATCH == 0) {
			spin_unlock_irqrestore(&ranges->lock, flags);
			spin_lock_irqsave(&ranges->lock, flags);
		}
	}
	spin_unlock_irqrestore(&ranges->lock, flags);

	/* A granted range may be gone as soon as its owner knows. */
	while ((waiter = granted)) {
		granted = waiter->next;
		waiter->granted(waiter);
	}
}
