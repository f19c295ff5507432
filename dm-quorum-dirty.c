// SPDX-License-Identifier: GPL-2.0-only
/*
 * What of the regions is to be remembered on the legs, for a set with metadata.
 *
 * A region is dirty from before data is sent there until all legs that take
 * part have it, flushed.  What is dirty is what legs may differ in after a
 * crash, and what a leg that fails may have lost; where it is not, they are
 * equal, but for what a leg is known to have missed.
 *
 * A leg that takes no part misses whatever is dirty: it is marked along with
 * it, so nothing has to be remembered for a write to what is dirty already.
 *
 * This is the other half of dm-quorum-region.c, and has its lock.
 */
#include "dm-quorum-dirty.h"

#include <linux/bitmap.h>

static unsigned long word_of(unsigned long region)
{
	return region / BITS_PER_LONG;
}

/**
 * quorum_regions_remember() - begin to keep account of what is dirty
 * @regions: nothing is out of sync or dirty yet
 * @absent: legs that are missing, and whose misses are remembered all the same
 *
 * Context: May sleep; nobody else knows of @regions.
 * Return: 0 or -ENOMEM; quorum_regions_exit() is due in any case.
 */
int quorum_regions_remember(struct quorum_regions *regions, u32 absent)
{
	unsigned int leg;

	regions->remembers = true;
	regions->present |= absent;
	quorum_for_each_leg(leg, absent)
		if (quorum_bits_init(&regions->leg[leg].stale, regions->nr,
				     regions->shift))
			return -ENOMEM;
	return quorum_bits_init(&regions->dirty, regions->nr, regions->shift);
}

/*
 * Requests.
 */

/*
 * What is marked along with some regions of a word, so that what comes next
 * need not wait: all of it, if some was dirty, or if all before it is: somebody
 * is coming along.
 */
static unsigned long __widen(struct quorum_bits *dirty, unsigned long word,
			     unsigned long mask)
{
	if (quorum_bits_word(dirty, word))
		return ~0UL;
	if (word && !~quorum_bits_word(dirty, word - 1))
		return ~0UL;
	return mask;
}

/* Whoever takes no part misses it. */
static void __mark_absent(struct quorum_regions *regions, unsigned long word,
			  unsigned long mask)
{
	unsigned int leg;

	quorum_for_each_leg(leg, regions->present & ~regions->live) {
		quorum_bits_assign_word(&regions->leg[leg].stale, word, mask,
					true);
		WRITE_ONCE(regions->stale, regions->stale | BIT(leg));
	}
}

/* Of some regions of a word, those in which enough legs have a vote. */
static unsigned long __enough_word(struct quorum_regions *regions,
				   unsigned long word, unsigned long mask)
{
	unsigned long enough = 0;
	unsigned int bit;

	if (hweight32(regions->live & ~regions->stale) >= regions->threshold)
		return mask;
	for_each_set_bit(bit, &mask, BITS_PER_LONG) {
		sector_t region = word * BITS_PER_LONG + bit;

		if (region < regions->nr &&
		    __quorum_everywhere(regions, regions->live,
					region << regions->shift, 1))
			enough |= BIT(bit);
	}
	return enough;
}

/*
 * Where too few have a vote, nothing changes, so nobody who is away misses
 * anything: to say so would leave fewer still.
 */
static void __dirty_word(struct quorum_regions *regions, unsigned long word,
			 unsigned long mask)
{
	unsigned long more = __widen(&regions->dirty, word, mask) & ~mask;

	mask |= __enough_word(regions, word, more);
	__mark_absent(regions, word, mask);
	/* A batch that finds it dirty finds who misses it, too. */
	smp_wmb();
	quorum_bits_assign_word(&regions->dirty, word, mask, true);
}

/**
 * quorum_dirty() - legs may differ in a range from now on
 * @regions: where
 * @sector: first sector
 * @sectors: how many, at least one
 * @first: set to the first region that may have been marked
 * @last: and this to the last
 *
 * Context: Any, without regions->lock.
 * Return: Whether at least threshold legs have a vote in each region; if not,
 *	nothing has been done, and nothing may be sent there.
 */
bool quorum_dirty(struct quorum_regions *regions, sector_t sector,
		  sector_t sectors, unsigned long *first, unsigned long *last)
{
	unsigned long from = sector >> regions->shift;
	unsigned long to = (sector + sectors - 1) >> regions->shift;
	unsigned long flags = quorum_regions_lock(regions);
	bool enough = __quorum_everywhere(regions, regions->live, sector,
					  sectors);
	unsigned long word;

	for (word = word_of(from); enough && word <= word_of(to); word++) {
		unsigned long mask = ~0UL;

		if (word == word_of(from))
			mask &= BITMAP_FIRST_WORD_MASK(from);
		if (word == word_of(to))
			mask &= BITMAP_LAST_WORD_MASK(to + 1);
		__dirty_word(regions, word, mask);
	}
	quorum_regions_unlock(regions, flags);
	*first = word_of(from) * BITS_PER_LONG;
	*last = min((word_of(to) + 1) * BITS_PER_LONG, regions->nr) - 1;
	return enough;
}

/**
 * quorum_clean() - legs that take part have been made equal, and flushed
 * @regions: where
 * @word: of regions
 * @mask: which of them
 *
 * Context: Any, without regions->lock; the caller holds the range of these
 *	regions, or there are no requests.
 */
void quorum_clean(struct quorum_regions *regions, unsigned long word,
		  unsigned long mask)
{
	unsigned long flags = quorum_regions_lock(regions);

	quorum_bits_assign_word(&regions->dirty, word, mask, false);
	quorum_regions_unlock(regions, flags);
}

/* Context, of this and the next: Any. */
unsigned long quorum_nr_dirty(struct quorum_regions *regions)
{
	return READ_ONCE(regions->dirty.weight);
}

unsigned long quorum_next_dirty(struct quorum_regions *regions,
				unsigned long region)
{
	return quorum_bits_next(&regions->dirty, region, true);
}

/*
 * What is to be written.
 */

/**
 * quorum_debt() - what has happened that legs are to be told of
 * @regions: where
 * @paid: debt->marks of what they have been told
 * @debt: set by this; what is read afterwards of regions has all of it
 *
 * Context: Any, without regions->lock.
 */
void quorum_debt(struct quorum_regions *regions, u64 paid,
		 struct quorum_debt *debt)
{
	unsigned long flags = quorum_regions_lock(regions);
	unsigned int leg;

	debt->marks = regions->marks;
	debt->losses = regions->losses;
	debt->accused = 0;
	quorum_for_each_leg(leg, regions->present)
		if (regions->leg[leg].marked > paid)
			debt->accused |= BIT(leg);
	quorum_regions_unlock(regions, flags);
}

/* Whether it changes tells whether legs have lost a lot.  Context: Any. */
unsigned long quorum_losses(struct quorum_regions *regions)
{
	return READ_ONCE(regions->losses);
}

/* Whether a leg, live or not, is out of sync somewhere.  Context: Any. */
bool quorum_lacks(struct quorum_regions *regions, unsigned int leg)
{
	return READ_ONCE(regions->leg[leg].stale.weight);
}

/*
 * What is found on the legs before there are requests.
 */

/* These of a word are dirty.  Context, of this and all below: May sleep. */
void quorum_recall_dirty(struct quorum_regions *regions, unsigned long word,
			 unsigned long dirty)
{
	unsigned long flags = quorum_regions_lock(regions);

	quorum_bits_assign_word(&regions->dirty, word, ~0UL, false);
	quorum_bits_assign_word(&regions->dirty, word, dirty, true);
	quorum_regions_unlock(regions, flags);
}

/* A leg has missed these of a word. */
void quorum_recall_stale(struct quorum_regions *regions, unsigned int leg,
			 unsigned long word, unsigned long stale)
{
	unsigned long flags = quorum_regions_lock(regions);
	struct quorum_bits *bits = &regions->leg[leg].stale;

	quorum_bits_assign_word(bits, word, ~0UL, false);
	quorum_bits_assign_word(bits, word, stale, true);
	if (bits->weight)
		WRITE_ONCE(regions->stale, regions->stale | BIT(leg));
	else
		WRITE_ONCE(regions->stale, regions->stale & ~BIT(leg));
	quorum_regions_unlock(regions, flags);
}

/* These legs take part. */
void quorum_recall_live(struct quorum_regions *regions, u32 live)
{
	unsigned long flags = quorum_regions_lock(regions);

	WRITE_ONCE(regions->live, live);
	quorum_regions_unlock(regions, flags);
}

/**
 * quorum_enough_word() - where enough legs have a vote
 * @regions: where
 * @word: of regions
 * @mask: those that the caller wants to know of
 *
 * Return: Those of them in which at least threshold legs have.
 */
unsigned long quorum_enough_word(struct quorum_regions *regions,
				 unsigned long word, unsigned long mask)
{
	unsigned long flags, enough;

	if (!mask || hweight32(quorum_live(regions) & ~quorum_stale(regions)) >=
		     regions->threshold)
		return mask;
	flags = quorum_regions_lock(regions);
	enough = __enough_word(regions, word, mask);
	quorum_regions_unlock(regions, flags);
	return enough;
}
