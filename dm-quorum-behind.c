// SPDX-License-Identifier: GPL-2.0-only
/*
 * Legs that are behind: where they are to be rebuilt, and when they have their
 * vote back.
 *
 * This is a part of dm-quorum-region.c's, and has its lock.
 */
#include "dm-quorum-behind.h"

/*
 * What to tell quorum_rebuilt() in the end.  Legs that come back later are not
 * seen to be live before they are marked, which is what the lock is for.
 * Context: Any, without regions->lock.
 */
u64 quorum_marks(struct quorum_regions *regions)
{
	unsigned long flags;
	u64 marks;

	spin_lock_irqsave(&regions->lock, flags);
	marks = regions->marks;
	spin_unlock_irqrestore(&regions->lock, flags);
	return marks;
}

/* Give a leg its vote in a region.  Returns whether it is whole now. */
static bool __trust(struct quorum_regions *regions, unsigned int leg,
		    unsigned long region)
{
	struct quorum_bits *stale = &regions->leg[leg].stale;

	quorum_bits_assign(stale, region, 1, false);
	if (stale->weight || regions->held & BIT(leg))
		return false;
	WRITE_ONCE(regions->stale, regions->stale & ~BIT(leg));
	return true;
}

/**
 * quorum_rebuilt() - give legs their vote back
 * @regions: where
 * @region: a region all of which has been rebuilt
 * @marks: quorum_marks() when that began
 * @missed: legs that did not take all of it
 * @whole: legs that are in sync everywhere now, and were not
 *
 * A leg that has missed something since, perhaps here, gets nothing back, nor
 * does one that has only come back since.
 *
 * Context: Any, without regions->lock.
 * Return: Whether another attempt is of no use: all live legs but those of
 * @missed have a vote here now.
 */
bool quorum_rebuilt(struct quorum_regions *regions, unsigned long region,
		    u64 marks, u32 missed, u32 *whole)
{
	unsigned long flags = quorum_regions_lock(regions);
	unsigned int leg;
	u32 lost = 0;

	*whole = 0;
	quorum_for_each_leg(leg, regions->live & regions->stale & ~missed) {
		if (!quorum_bits_test(&regions->leg[leg].stale, region))
			continue;
		if (regions->leg[leg].marked > marks)
			lost |= BIT(leg);
		else if (__trust(regions, leg, region))
			*whole |= BIT(leg);
	}
	quorum_regions_unlock(regions, flags);
	return !lost;
}

/* The first such region from @region on, or regions->nr.  Context: Any. */
unsigned long quorum_next_stale(struct quorum_regions *regions,
				unsigned long region)
{
	unsigned long next = regions->nr;
	unsigned int leg;

	quorum_for_each_leg(leg, quorum_behind(regions))
		next = min(next, quorum_bits_next(&regions->leg[leg].stale,
						  region, true));
	return next;
}

/* How many regions the live leg that lacks most lacks.  Context: Any. */
unsigned long quorum_nr_stale(struct quorum_regions *regions)
{
	unsigned long most = 0;
	unsigned int leg;

	quorum_for_each_leg(leg, quorum_behind(regions))
		most = max(most, READ_ONCE(regions->leg[leg].stale.weight));
	return most;
}

/* Of the regions of a word, as of quorum_bits_word(), these.  Context: Any. */
unsigned long quorum_regions_word(struct quorum_regions *regions,
				  unsigned long word)
{
	unsigned long stale = 0;
	unsigned int leg;

	if (READ_ONCE(regions->held))
		return ~0UL;
	quorum_for_each_leg(leg, quorum_behind(regions))
		stale |= quorum_bits_word(&regions->leg[leg].stale, word);
	return stale;
}
