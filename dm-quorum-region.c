// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which legs have a vote where: those that are live, but for the regions in
 * which they are out of sync.
 *
 * A leg is out of sync where it missed an acknowledged write, or where its
 * content is not to be trusted, until the region has been rebuilt.  A failed
 * leg gets no I/O; what it misses is remembered until it is reinstated.  At
 * least threshold legs have a vote in any one region, always.
 *
 * All of it changes under regions->lock, and before the caller hears of the
 * write it is about, so a read that starts later sees it.  A leg that has its
 * vote taken away, or comes back, is stamped with regions->marks: the sweep
 * gives nothing back that has been lost since it began.
 *
 * Whether something that changes the legs succeeded, who is failed for missing
 * it and where who loses its vote are settled in one critical section, so two
 * requests that fail different legs cannot bring a set below its threshold.
 */
#include "dm-quorum-region.h"

#include <linux/slab.h>

/*
 * What requests ask.
 */

/* Holds regions->lock, or looks again if regions->changes has changed. */
static u32 __current(struct quorum_regions *regions, sector_t sector,
		     sector_t sectors)
{
	u32 legs = READ_ONCE(regions->live) & ~READ_ONCE(regions->held);
	unsigned int leg;

	quorum_for_each_leg(leg, legs & READ_ONCE(regions->stale))
		if (quorum_bits_meet(&regions->leg[leg].stale, sector, sectors,
				     true))
			legs &= ~BIT(leg);
	return legs;
}

/**
 * quorum_current() - the legs that have a vote on a range
 * @regions: where
 * @sector: first sector
 * @sectors: how many, at least one
 *
 * At least threshold legs have, in any one region.  Several sets tell so only
 * if none changes meanwhile.
 *
 * Context: Any, without regions->lock.
 */
u32 quorum_current(struct quorum_regions *regions, sector_t sector,
		   sector_t sectors)
{
	/* Pairs with __revive(): a leg that is back is seen to be stale. */
	u32 legs = smp_load_acquire(&regions->live);
	unsigned int seq;

	if (likely(!(legs & READ_ONCE(regions->stale))))
		return legs;

	do {
		seq = read_seqcount_begin(&regions->changes);
		legs = __current(regions, sector, sectors);
	} while (read_seqcount_retry(&regions->changes, seq));
	return legs;
}

/**
 * quorum_missed_before() - whether a write changes nothing of what is known
 * @regions: where
 * @legs: the legs it was sent to, and all of which took it
 * @sector: first sector
 * @sectors: how many, at least one
 *
 * Context: Any, without regions->lock; the caller has held the range since
 * before it chose @legs, so none of the others can have been rebuilt there.
 * Return: Whether no other leg is live, and all others are known to be out of
 * sync in each region of the range.
 */
bool quorum_missed_before(struct quorum_regions *regions, u32 legs,
			  sector_t sector, sector_t sectors)
{
	unsigned int seq, leg;
	bool known;

	do {
		seq = read_seqcount_begin(&regions->changes);
		known = !(READ_ONCE(regions->live) & ~legs);
		quorum_for_each_leg(leg, regions->present & ~legs)
			known = known &&
				!quorum_bits_meet(&regions->leg[leg].stale,
						  sector, sectors, false);
	} while (read_seqcount_retry(&regions->changes, seq));
	return known;
}

/*
 * What changes.
 */

static unsigned long lock_regions(struct quorum_regions *regions)
	__acquires(&regions->lock)
{
	unsigned long flags;

	spin_lock_irqsave(&regions->lock, flags);
	write_seqcount_begin(&regions->changes);
	return flags;
}

static void unlock_regions(struct quorum_regions *regions, unsigned long flags)
	__releases(&regions->lock)
{
	write_seqcount_end(&regions->changes);
	spin_unlock_irqrestore(&regions->lock, flags);
}

/*
 * Whether @legs are a quorum in each region of a range, or, without @sectors,
 * everywhere.  All live legs together are a quorum anywhere.  For the whole
 * target, if some live leg is not among @legs, only those that are in sync
 * everywhere count: there may be millions of regions.
 */
static bool __enough(struct quorum_regions *regions, u32 legs, sector_t sector,
		     sector_t sectors)
{
	sector_t size = 1ULL << regions->shift, end = sector + sectors;

	if (!(regions->live & ~legs))
		return true;
	legs &= regions->live;
	if (hweight32(legs & ~regions->stale) >= regions->threshold)
		return true;
	if (!sectors)
		return false;

	for (sector = round_down(sector, size); sector < end; sector += size)
		if (hweight32(legs & __current(regions, sector, 1)) <
		    regions->threshold)
			return false;
	return true;
}

/* Whether the legs are a quorum everywhere without these. */
static bool __dispensable(struct quorum_regions *regions, u32 legs)
{
	return __enough(regions, ~legs, 0, 0);
}

/* No region whose rebuilding has begun before is taken for rebuilt. */
static void __stamp(struct quorum_regions *regions, unsigned int leg)
{
	regions->leg[leg].marked = ++regions->marks;
}

/* Take away the vote of legs in a range, or, without @sectors, everywhere. */
static void __mark(struct quorum_regions *regions, u32 legs, sector_t sector,
		   sector_t sectors)
{
	unsigned int leg;

	quorum_for_each_leg(leg, legs) {
		quorum_bits_cover(&regions->leg[leg].stale, sector, sectors,
				  true);
		__stamp(regions, leg);
	}
	if (legs & ~regions->stale)
		WRITE_ONCE(regions->stale, regions->stale | legs);
}

/* Returns what of @legs was live. */
static u32 __fail(struct quorum_regions *regions, u32 legs)
{
	u32 failed = regions->live & legs;

	WRITE_ONCE(regions->live, regions->live & ~legs);
	return failed;
}

/* What the sweep has done so far was without this leg. */
static void __revive(struct quorum_regions *regions, unsigned int leg)
{
	__stamp(regions, leg);
	regions->leg[leg].score.errors = 0;
	/* Pairs with quorum_current(). */
	smp_store_release(&regions->live, regions->live | BIT(leg));
}

/**
 * quorum_commit() - decide whether something that changes legs succeeded
 * @regions: where
 * @sector: first sector
 * @sectors: how many; 0 for a flush
 * @took: legs that did it
 * @missed: legs that did not
 * @faulty: those of them that are to blame for it
 * @change: for whom things have changed
 *
 * If it succeeded, then before this returns, so before anyone can hear of it,
 * those that missed it lose their vote in the range.  A flush that a leg
 * missed, for whatever reason, may have been for any write, so that leg loses
 * its vote everywhere.  Those to blame are failed, unless the rest were no
 * quorum in some other region: then they stay in service where they are in
 * sync, as do the others.
 *
 * Context: Any, without regions->lock.
 * Return: Whether at least threshold of the legs with a vote took it.
 */
bool quorum_commit(struct quorum_regions *regions, sector_t sector,
		   sector_t sectors, u32 took, u32 missed, u32 faulty,
		   struct quorum_change *change)
{
	unsigned long flags = lock_regions(regions);
	u32 were_behind = regions->stale;
	bool enough = __enough(regions, took, sector, sectors);

	memset(change, 0, sizeof(*change));
	if (enough) {
		if (__dispensable(regions, faulty))
			change->gone = __fail(regions, faulty);
		__mark(regions, missed, sector, sectors);
		change->behind = missed & regions->live & ~were_behind;
	}
	unlock_regions(regions, flags);
	return enough;
}

/*
 * Fail a leg, unless the rest were no quorum in some region; @change tells
 * whether it was live.  Returns whether it is failed now.  Context: As above.
 */
bool quorum_drop(struct quorum_regions *regions, unsigned int leg,
		 struct quorum_change *change)
{
	unsigned long flags = lock_regions(regions);
	bool gone;

	memset(change, 0, sizeof(*change));
	if (__dispensable(regions, BIT(leg)))
		change->gone = __fail(regions, BIT(leg));
	gone = !(regions->live & BIT(leg));
	unlock_regions(regions, flags);
	return gone;
}

/**
 * quorum_readmit() - take a failed leg back, but let it vote nowhere yet
 * @regions: where
 * @leg: which; not a missing one
 *
 * Context: Any, without regions->lock.
 * Return: Whether it had failed, so that quorum_let_go() is due.
 */
bool quorum_readmit(struct quorum_regions *regions, unsigned int leg)
{
	unsigned long flags = lock_regions(regions);
	bool failed = !(regions->live & BIT(leg));

	if (failed) {
		WRITE_ONCE(regions->held, regions->held | BIT(leg));
		WRITE_ONCE(regions->stale, regions->stale | BIT(leg));
		__revive(regions, leg);
	}
	unlock_regions(regions, flags);
	return failed;
}

/* It votes where it missed nothing, or has failed again.  Context: As above. */
void quorum_let_go(struct quorum_regions *regions, unsigned int leg, bool live)
{
	unsigned long flags = lock_regions(regions);

	if (!live)
		__fail(regions, BIT(leg));
	WRITE_ONCE(regions->held, regions->held & ~BIT(leg));
	if (!regions->leg[leg].stale.weight)
		WRITE_ONCE(regions->stale, regions->stale & ~BIT(leg));
	unlock_regions(regions, flags);
}

/*
 * Let a leg, live or failed, take part and vote nowhere.  Returns whether the
 * others are a quorum everywhere; if not, nothing changes.  Context: As above.
 */
bool quorum_forget(struct quorum_regions *regions, unsigned int leg)
{
	unsigned long flags = lock_regions(regions);
	bool dispensable = __dispensable(regions, BIT(leg));

	if (dispensable) {
		__mark(regions, BIT(leg), 0, 0);
		__revive(regions, leg);
	}
	unlock_regions(regions, flags);
	return dispensable;
}

/*
 * Legs were made equal in a region without these: those that have no vote there
 * lose it.  Returns false if some have one.  Context: As above.
 */
bool quorum_left_out(struct quorum_regions *regions, unsigned long region,
		     u32 legs)
{
	unsigned long flags = lock_regions(regions);
	sector_t sector = (sector_t)region << regions->shift;
	u32 voters = legs & __current(regions, sector, 1);

	__mark(regions, legs & ~voters, sector, 1);
	unlock_regions(regions, flags);
	return !voters;
}

/* Add an error; returns how many count.  Context: Any, without the lock. */
unsigned int quorum_score(struct quorum_regions *regions, unsigned int leg,
			  time64_t now)
{
	unsigned long flags;
	unsigned int errors;

	spin_lock_irqsave(&regions->lock, flags);
	errors = quorum_score_add(&regions->leg[leg].score, now);
	spin_unlock_irqrestore(&regions->lock, flags);
	return errors;
}

/* No error counts any more.  Context: Any. */
void quorum_forgive(struct quorum_regions *regions)
{
	unsigned long flags;
	unsigned int leg;

	spin_lock_irqsave(&regions->lock, flags);
	quorum_for_each_leg(leg, regions->present)
		regions->leg[leg].score.errors = 0;
	spin_unlock_irqrestore(&regions->lock, flags);
}

/*
 * The sweep.
 */

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
	unsigned long flags = lock_regions(regions);
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
	unlock_regions(regions, flags);
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

/*
 * Construction.
 */

/**
 * quorum_regions_init() - make the sets: all present legs are live
 * @regions: zeroed
 * @nr: how many regions there are
 * @shift: a region is so many sectors, as a power of two
 * @present: legs that are not missing
 * @rebuild: those of them that are out of sync; all others are not
 * @threshold: how many legs must agree
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM; quorum_regions_exit() is due in any case.
 */
int quorum_regions_init(struct quorum_regions *regions, unsigned long nr,
			unsigned int shift, u32 present, u32 rebuild,
			unsigned int threshold)
{
	unsigned int leg;

	regions->nr = nr;
	regions->shift = shift;
	regions->present = present;
	regions->threshold = threshold;
	regions->live = present;
	spin_lock_init(&regions->lock);
	seqcount_spinlock_init(&regions->changes, &regions->lock);
	regions->leg = kcalloc(QUORUM_MAX_LEGS, sizeof(*regions->leg),
			       GFP_KERNEL);
	if (!regions->leg)
		return -ENOMEM;
	quorum_for_each_leg(leg, present)
		if (quorum_bits_init(&regions->leg[leg].stale, nr, shift))
			return -ENOMEM;
	__mark(regions, rebuild, 0, 0);
	return 0;
}

void quorum_regions_exit(struct quorum_regions *regions)
{
	unsigned int leg;

	if (!regions->leg)
		return;
	quorum_for_each_leg(leg, regions->present)
		quorum_bits_exit(&regions->leg[leg].stale);
	kfree(regions->leg);
}
