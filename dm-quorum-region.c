// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which legs are out of sync where: one bit for each region and leg, set when
 * the leg misses an acknowledged write there, or when its content is not to be
 * trusted, and cleared when the region has been rebuilt.
 *
 * Bits change under q->lock: one is set before the caller hears of the write
 * that the leg missed, so a read that starts later sees it.
 */
#include "dm-quorum.h"

#include <linux/bitmap.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>

/* 32 MiB for each leg: all of it may have to be marked in one go. */
#define MAX_REGIONS	BIT(28)

/**
 * quorum_regions_init() - allocate the bitmaps, all in sync
 * @q: nr_legs and region_shift are set
 *
 * Context: May sleep.
 * Return: 0, -ENOMEM, or -E2BIG if there would be too many regions.
 */
int quorum_regions_init(struct quorum *q)
{
	sector_t regions = (q->ti->len + (1ULL << q->region_shift) - 1) >>
			   q->region_shift;
	unsigned int leg;

	if (regions > MAX_REGIONS)
		return -E2BIG;
	q->nr_regions = regions;
	for (leg = 0; leg < q->nr_legs; leg++) {
		if (!q->leg[leg].dev)
			continue;
		q->leg[leg].stale = vzalloc(BITS_TO_LONGS(q->nr_regions) *
					    sizeof(long));
		if (!q->leg[leg].stale)
			return -ENOMEM;
	}
	q->settled = q->ti->len;
	return 0;
}

void quorum_regions_exit(struct quorum *q)
{
	unsigned int leg;

	for (leg = 0; leg < q->nr_legs; leg++)
		vfree(q->leg[leg].stale);
}

static unsigned long region_of(struct quorum *q, sector_t sector)
{
	return sector >> q->region_shift;
}

static bool stale_within(struct quorum *q, unsigned int leg,
			 unsigned long first, unsigned long last)
{
	return find_next_bit(q->leg[leg].stale, last + 1, first) <= last;
}

/* Holds q->lock. */
static u32 __current(struct quorum *q, unsigned long first, unsigned long last)
{
	u32 legs = q->live;
	unsigned int leg;

	quorum_for_each_leg(leg, q->live & q->stale)
		if (stale_within(q, leg, first, last))
			legs &= ~BIT(leg);
	return legs;
}

/**
 * quorum_current() - the legs that have a vote on a range
 * @q: the target
 * @sector: first sector
 * @sectors: how many, at least one
 *
 * At least threshold legs have, in any one region.  Several bitmaps tell so
 * only if they are read together, hence the lock where any is to be read.
 *
 * Context: Any, without q->lock.
 */
u32 quorum_current(struct quorum *q, sector_t sector, sector_t sectors)
{
	/* Pairs with __revive(): a leg that is back is seen to be stale. */
	u32 legs = smp_load_acquire(&q->live);
	unsigned long flags;

	if (likely(!(legs & READ_ONCE(q->stale))))
		return legs;

	spin_lock_irqsave(&q->lock, flags);
	legs = __current(q, region_of(q, sector),
			 region_of(q, sector + sectors - 1));
	spin_unlock_irqrestore(&q->lock, flags);
	return legs;
}

/**
 * __quorum_enough() - whether legs are a quorum in each region of a range
 * @q: the target
 * @legs: which legs
 * @sector: first sector
 * @sectors: how many; 0 for the whole target
 *
 * All live legs together are a quorum anywhere.  For the whole target, if some
 * live leg is not among @legs, only those that are in sync everywhere count:
 * there may be millions of regions.
 *
 * Context: Holds q->lock.
 */
bool __quorum_enough(struct quorum *q, u32 legs, sector_t sector,
		     sector_t sectors)
{
	unsigned long region, last;

	if (!(q->live & ~legs))
		return true;
	legs &= q->live;
	if (hweight32(legs & ~q->stale) >= q->threshold)
		return true;
	if (!sectors)
		return false;

	last = region_of(q, sector + sectors - 1);
	for (region = region_of(q, sector); region <= last; region++)
		if (hweight32(legs & __current(q, region, region)) <
		    q->threshold)
			return false;
	return true;
}

/**
 * __quorum_remark() - note that what a leg holds has changed for the worse
 * @q: the target
 * @leg: which
 *
 * No region whose rebuilding has begun before is taken for rebuilt.
 *
 * Context: Holds q->lock.
 */
void __quorum_remark(struct quorum *q, unsigned int leg)
{
	q->leg[leg].marked = ++q->marks;
}

static void mark(struct quorum *q, unsigned int leg, unsigned long first,
		 unsigned long count)
{
	struct quorum_leg *l = &q->leg[leg];
	unsigned long region;

	if (count == q->nr_regions) {
		bitmap_set(l->stale, 0, count);
		l->nr_stale = count;
	} else {
		for (region = first; region < first + count; region++)
			if (!__test_and_set_bit(region, l->stale))
				l->nr_stale++;
	}
	WRITE_ONCE(q->stale, q->stale | BIT(leg));
	__quorum_remark(q, leg);
}

/**
 * __quorum_mark() - take away the vote of legs in a range
 * @q: the target
 * @legs: which legs; none that is missing
 * @sector: first sector
 * @sectors: how many; 0 for the whole target
 *
 * Context: Holds q->lock.
 */
void __quorum_mark(struct quorum *q, u32 legs, sector_t sector,
		   sector_t sectors)
{
	unsigned long first = 0, count = q->nr_regions;
	unsigned int leg;

	if (sectors) {
		first = region_of(q, sector);
		count = region_of(q, sector + sectors - 1) - first + 1;
	}
	quorum_for_each_leg(leg, legs)
		mark(q, leg, first, count);
}

/**
 * quorum_marks() - what to tell quorum_region_rebuilt() in the end
 * @q: the target
 *
 * Legs that come back later are not seen to be live before they are marked,
 * which is what the lock is for.
 *
 * Context: Any, without q->lock.
 */
u64 quorum_marks(struct quorum *q)
{
	unsigned long flags;
	u64 marks;

	spin_lock_irqsave(&q->lock, flags);
	marks = q->marks;
	spin_unlock_irqrestore(&q->lock, flags);
	return marks;
}

/**
 * quorum_region_rebuilt() - give legs their vote back
 * @q: the target
 * @region: a region all of which has been rebuilt
 * @marks: quorum_marks() when that began
 * @missed: legs that did not take all of it
 *
 * A leg that has missed something since, perhaps here, gets nothing back, nor
 * does one that has only come back since.
 *
 * Context: Any, without q->lock.
 * Return: Whether another attempt is of no use: all live legs but those of
 * @missed have a vote here now.
 */
bool quorum_region_rebuilt(struct quorum *q, unsigned long region, u64 marks,
			   u32 missed)
{
	u32 whole = 0, behind = 0;
	unsigned long flags;
	unsigned int leg;

	spin_lock_irqsave(&q->lock, flags);
	quorum_for_each_leg(leg, q->live & q->stale & ~missed) {
		struct quorum_leg *l = &q->leg[leg];

		if (!test_bit(region, l->stale))
			continue;
		if (l->marked > marks) {
			behind |= BIT(leg);
			continue;
		}
		__clear_bit(region, l->stale);
		if (!--l->nr_stale)
			whole |= BIT(leg);
	}
	WRITE_ONCE(q->stale, q->stale & ~whole);
	spin_unlock_irqrestore(&q->lock, flags);

	quorum_for_each_leg(leg, whole)
		quorum_report_state(q, leg, "in sync");
	return !behind;
}

/**
 * quorum_next_stale() - find a region that some live leg is to be rebuilt in
 * @q: the target
 * @region: where to begin
 *
 * Context: Any.
 * Return: The region, or q->nr_regions if there is none.
 */
unsigned long quorum_next_stale(struct quorum *q, unsigned long region)
{
	unsigned long next = q->nr_regions;
	unsigned int leg;

	quorum_for_each_leg(leg, READ_ONCE(q->live) & READ_ONCE(q->stale))
		next = find_next_bit(q->leg[leg].stale, next, region);
	return next;
}

/* In which of the regions of one word some of @legs is stale. */
static unsigned long stale_in_word(struct quorum *q, u32 legs,
				   unsigned long word)
{
	unsigned long stale = 0;
	unsigned int leg;

	quorum_for_each_leg(leg, legs)
		stale |= READ_ONCE(q->leg[leg].stale[word]);
	return stale;
}

/**
 * quorum_nr_in_sync() - count the regions in which all live legs vote
 * @q: the target
 *
 * Regions that a first resync has not reached do not count.
 *
 * Context: May sleep: it reads whole bitmaps.
 */
unsigned long quorum_nr_in_sync(struct quorum *q)
{
	u32 suspects = READ_ONCE(q->live) & READ_ONCE(q->stale);
	unsigned long settled = region_of(q, READ_ONCE(q->settled) +
					  (1ULL << q->region_shift) - 1);
	unsigned long in_sync = settled;
	unsigned long region, stale;

	if (!suspects)
		return in_sync;
	for (region = 0; region < settled; region += BITS_PER_LONG) {
		stale = stale_in_word(q, suspects, region / BITS_PER_LONG);
		if (settled - region < BITS_PER_LONG)
			stale &= BITMAP_LAST_WORD_MASK(settled);
		in_sync -= hweight_long(stale);
		if (!(region % SZ_1M))
			cond_resched();
	}
	return in_sync;
}

/* Whether a first resync, if any, has passed @sector.  Context: Any. */
bool quorum_settled(struct quorum *q, sector_t sector)
{
	return sector < READ_ONCE(q->settled);
}
