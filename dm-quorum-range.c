// SPDX-License-Identifier: GPL-2.0-only
/*
 * The range lock: exclusive, first come first served.
 *
 * Holders and waiters stand in one interval tree.  A newcomer counts the
 * ranges it overlaps: all of them came earlier.  A holder that leaves takes one
 * off the count of every range it overlaps: all of them came later, or it could
 * not have held.  At zero a range is granted.  So overlapping requests go in
 * the order they came, and nobody starves.
 */
#include "dm-quorum.h"

#include <linux/interval_tree_generic.h>

#define RANGE_START(range)	((range)->start)
#define RANGE_LAST(range)	((range)->last)

INTERVAL_TREE_DEFINE(struct quorum_range, rb, sector_t, subtree_last,
		     RANGE_START, RANGE_LAST, static inline, ranges_tree)

static struct quorum_range *first_overlap(struct quorum_ranges *ranges,
					  struct quorum_range *range)
{
	return ranges_tree_iter_first(&ranges->tree, range->start, range->last);
}

static struct quorum_range *next_overlap(struct quorum_range *other,
					 struct quorum_range *range)
{
	return ranges_tree_iter_next(other, range->start, range->last);
}

void quorum_ranges_init(struct quorum_ranges *ranges)
{
	spin_lock_init(&ranges->lock);
	ranges->tree = RB_ROOT_CACHED;
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
	struct quorum_range *other;
	unsigned long flags;
	bool granted;

	range->ahead = 0;
	spin_lock_irqsave(&ranges->lock, flags);
	for (other = first_overlap(ranges, range); other;
	     other = next_overlap(other, range))
		range->ahead++;
	ranges_tree_insert(range, &ranges->tree);
	granted = !range->ahead;
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
	struct quorum_range *other, *next;
	unsigned long flags;
	LIST_HEAD(granted);

	spin_lock_irqsave(&ranges->lock, flags);
	ranges_tree_remove(range, &ranges->tree);
	for (other = first_overlap(ranges, range); other;
	     other = next_overlap(other, range))
		if (!--other->ahead)
			list_add_tail(&other->list, &granted);
	spin_unlock_irqrestore(&ranges->lock, flags);

	/* A granted range may be gone as soon as its owner knows. */
	list_for_each_entry_safe(other, next, &granted, list)
		other->granted(other);
}
