// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is known of each region: which legs are out of sync there, whether legs
 * may differ there without anybody's fault (unsettled), and whether the sweep
 * found blocks there that it could not make equal (undecided).
 *
 * A leg is out of sync where it missed an acknowledged write, or where its
 * content is not to be trusted, until the region has been rebuilt.  A region is
 * unsettled where a write failed that some leg took, and, with the option sync,
 * until it has been compared for the first time.
 *
 * All of it changes under q->lock, and before the caller hears of the write it
 * is about, so a read that starts later sees it.  A leg that has its vote taken
 * away, or comes back, is stamped with q->marks: the sweep gives nothing back
 * that has been lost since it began.
 */
#include "dm-quorum.h"

#include <linux/bitmap.h>
#include <linux/sizes.h>

/* 32 MiB for each leg. */
#define MAX_REGIONS	BIT(28)

static int legs_init(struct quorum *q)
{
	unsigned int leg;

	quorum_for_each_leg(leg, q->present)
		if (quorum_bits_init(&q->leg[leg].stale, q->nr_regions))
			return -ENOMEM;
	return 0;
}

/**
 * quorum_regions_init() - allocate the sets of regions: all are in sync
 * @q: present and region_shift are set
 *
 * Context: May sleep.
 * Return: 0, -ENOMEM, or -E2BIG if there would be too many regions.
 */
int quorum_regions_init(struct quorum *q)
{
	sector_t regions = (q->ti->len + (1ULL << q->region_shift) - 1) >>
			   q->region_shift;

	if (regions > MAX_REGIONS)
		return -E2BIG;
	q->nr_regions = regions;
	if (quorum_bits_init(&q->unsettled, regions) ||
	    quorum_bits_init(&q->undecided, regions))
		return -ENOMEM;
	return legs_init(q);
}

void quorum_regions_exit(struct quorum *q)
{
	unsigned int leg;

	for (leg = 0; leg < q->nr_legs; leg++)
		quorum_bits_exit(&q->leg[leg].stale);
	quorum_bits_exit(&q->unsettled);
	quorum_bits_exit(&q->undecided);
}

static unsigned long region_of(struct quorum *q, sector_t sector)
{
	return sector >> q->region_shift;
}

static unsigned long last_region_of(struct quorum *q, sector_t sector,
				    sector_t sectors)
{
	return region_of(q, sector + sectors - 1);
}

/* Holds q->lock, or looks again if @changes has changed. */
static u32 __current(struct quorum *q, unsigned long first, unsigned long last)
{
	u32 legs = READ_ONCE(q->live) & ~READ_ONCE(q->held);
	unsigned int leg;

	quorum_for_each_leg(leg, legs & READ_ONCE(q->stale)) {
		struct quorum_bits *stale = &q->leg[leg].stale;

		if (quorum_bits_test(stale, first) ||
		    (first < last &&
		     quorum_bits_next(stale, first, true) <= last))
			legs &= ~BIT(leg);
	}
	return legs;
}

/**
 * quorum_current() - the legs that have a vote on a range
 * @q: the target
 * @sector: first sector
 * @sectors: how many, at least one
 *
 * At least threshold legs have, in any one region.  Several bitmaps tell so
 * only if none changes meanwhile.
 *
 * Context: Any, without q->lock.
 */
u32 quorum_current(struct quorum *q, sector_t sector, sector_t sectors)
{
	/* Pairs with __revive(): a leg that is back is seen to be stale. */
	u32 legs = smp_load_acquire(&q->live);
	unsigned int seq;

	if (likely(!(legs & READ_ONCE(q->stale))))
		return legs;

	do {
		seq = read_seqcount_begin(&q->changes);
		legs = __current(q, region_of(q, sector),
				 last_region_of(q, sector, sectors));
	} while (read_seqcount_retry(&q->changes, seq));
	return legs;
}

/**
 * quorum_missed_before() - whether a write changes nothing of what is known
 * @q: the target
 * @legs: the legs it was sent to, and all of which took it
 * @sector: first sector
 * @sectors: how many, at least one
 *
 * Context: Any, without q->lock; the caller has held the range since before it
 * chose @legs, so none of the others can have been rebuilt there.
 * Return: Whether no other leg is live, and all others are known to be out of
 * sync in each region of the range.
 */
bool quorum_missed_before(struct quorum *q, u32 legs, sector_t sector,
			  sector_t sectors)
{
	unsigned long first = region_of(q, sector);
	unsigned long last = last_region_of(q, sector, sectors);
	unsigned int seq, leg;
	bool known;

	do {
		seq = read_seqcount_begin(&q->changes);
		known = !(READ_ONCE(q->live) & ~legs);
		quorum_for_each_leg(leg, q->present & ~legs)
			if (known &&
			    quorum_bits_next(&q->leg[leg].stale, first,
					     false) <= last)
				known = false;
	} while (read_seqcount_retry(&q->changes, seq));
	return known;
}

/* Whether nobody is to blame for what differs at @sector.  Context: Any. */
bool quorum_unsettled(struct quorum *q, sector_t sector)
{
	return unlikely(READ_ONCE(q->unsettled.weight)) &&
	       quorum_bits_test(&q->unsettled, region_of(q, sector));
}

/* Whether some region of a range has undecided blocks.  Context: Any. */
bool quorum_any_undecided(struct quorum *q, sector_t sector, sector_t sectors)
{
	return unlikely(READ_ONCE(q->undecided.weight)) &&
	       quorum_bits_next(&q->undecided, region_of(q, sector), true) <=
	       last_region_of(q, sector, sectors);
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

	last = last_region_of(q, sector, sectors);
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

/**
 * __quorum_mark() - take away the vote of legs in a range
 * @q: the target
 * @legs: which legs; none that is missing
 * @sector: first sector
 * @sectors: how many; 0 for the whole target
 *
 * Context: Holds q->lock, and changes @changes.
 */
void __quorum_mark(struct quorum *q, u32 legs, sector_t sector,
		   sector_t sectors)
{
	unsigned long first = region_of(q, sector);
	unsigned int leg;

	quorum_for_each_leg(leg, legs) {
		struct quorum_bits *stale = &q->leg[leg].stale;

		if (sectors)
			quorum_bits_assign(stale, first,
					   last_region_of(q, sector, sectors) -
					   first + 1, true);
		else
			quorum_bits_assign_all(stale, true);
		__quorum_remark(q, leg);
	}
	if (legs & ~q->stale)
		WRITE_ONCE(q->stale, q->stale | legs);
}

/**
 * quorum_unsettle() - legs may differ in a range, and none is to blame
 * @q: the target
 * @sector: first sector
 * @sectors: how many; 0 for the whole target
 *
 * Context: Any, without q->lock.
 */
void quorum_unsettle(struct quorum *q, sector_t sector, sector_t sectors)
{
	unsigned long first = region_of(q, sector);
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	if (sectors)
		quorum_bits_assign(&q->unsettled, first,
				   last_region_of(q, sector, sectors) - first +
				   1, true);
	else
		quorum_bits_assign_all(&q->unsettled, true);
	q->unsettled_marked = ++q->marks;
	spin_unlock_irqrestore(&q->lock, flags);
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

/* Give a leg its vote in a region.  Returns whether it is whole now. */
static bool __trust(struct quorum *q, unsigned int leg, unsigned long region)
{
	struct quorum_bits *stale = &q->leg[leg].stale;

	quorum_bits_assign(stale, region, 1, false);
	if (stale->weight || q->held & BIT(leg))
		return false;
	WRITE_ONCE(q->stale, q->stale & ~BIT(leg));
	return true;
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
	write_seqcount_begin(&q->changes);
	quorum_for_each_leg(leg, q->live & q->stale & ~missed) {
		if (!quorum_bits_test(&q->leg[leg].stale, region))
			continue;
		if (q->leg[leg].marked > marks)
			behind |= BIT(leg);
		else if (__trust(q, leg, region))
			whole |= BIT(leg);
	}
	write_seqcount_end(&q->changes);
	spin_unlock_irqrestore(&q->lock, flags);

	quorum_for_each_leg(leg, whole)
		quorum_report_state(q, leg, "in sync");
	return !behind;
}

/**
 * quorum_region_settled() - legs have been made equal in a region
 * @q: the target
 * @region: all of which has been looked at
 * @marks: quorum_marks() when that began
 *
 * It stays unsettled if another one, or this, was unsettled since.
 *
 * Context: Any, without q->lock.
 */
void quorum_region_settled(struct quorum *q, unsigned long region, u64 marks)
{
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	if (q->unsettled.weight && q->unsettled_marked <= marks)
		quorum_bits_assign(&q->unsettled, region, 1, false);
	spin_unlock_irqrestore(&q->lock, flags);
}

/* Note whether a region has undecided blocks.  Context: Without q->lock. */
void quorum_region_decided(struct quorum *q, unsigned long region, bool decided)
{
	unsigned long flags;

	if (quorum_bits_test(&q->undecided, region) != decided)
		return;
	spin_lock_irqsave(&q->lock, flags);
	quorum_bits_assign(&q->undecided, region, 1, !decided);
	spin_unlock_irqrestore(&q->lock, flags);
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
		next = min(next, quorum_bits_next(&q->leg[leg].stale, region,
						  true));
	return next;
}

/* The same, of regions that are to be made equal. */
unsigned long quorum_next_suspect(struct quorum *q, unsigned long region)
{
	return min(quorum_bits_next(&q->unsettled, region, true),
		   quorum_bits_next(&q->undecided, region, true));
}

/* In which of the regions of one word something is amiss. */
static unsigned long amiss_in_word(struct quorum *q, u32 legs,
				   unsigned long word)
{
	unsigned long amiss = quorum_bits_word(&q->unsettled, word) |
			      quorum_bits_word(&q->undecided, word);
	unsigned int leg;

	quorum_for_each_leg(leg, legs)
		amiss |= quorum_bits_word(&q->leg[leg].stale, word);
	return amiss;
}

/**
 * quorum_nr_in_sync() - count the regions in which all is well
 * @q: the target
 *
 * Those in which all live legs vote, and that are neither unsettled nor
 * undecided.
 *
 * Context: May sleep: it reads whole bitmaps.
 */
unsigned long quorum_nr_in_sync(struct quorum *q)
{
	u32 suspects = READ_ONCE(q->live) & READ_ONCE(q->stale);
	unsigned long in_sync = q->nr_regions;
	unsigned long region, amiss;

	if (READ_ONCE(q->held))
		return 0;
	if (!suspects && !READ_ONCE(q->unsettled.weight) &&
	    !READ_ONCE(q->undecided.weight))
		return in_sync;
	for (region = 0; region < q->nr_regions; region += BITS_PER_LONG) {
		amiss = amiss_in_word(q, suspects, region / BITS_PER_LONG);
		if (q->nr_regions - region < BITS_PER_LONG)
			amiss &= BITMAP_LAST_WORD_MASK(q->nr_regions);
		in_sync -= hweight_long(amiss);
		if (!(region % SZ_1M))
			cond_resched();
	}
	return in_sync;
}
