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

/* For the files of this room.  Context: Any, without regions->lock. */
unsigned long quorum_regions_lock(struct quorum_regions *regions)
	__acquires(&regions->lock)
{
	unsigned long flags;

	spin_lock_irqsave(&regions->lock, flags);
	write_seqcount_begin(&regions->changes);
	return flags;
}

void quorum_regions_unlock(struct quorum_regions *regions, unsigned long flags)
	__releases(&regions->lock)
{
	write_seqcount_end(&regions->changes);
	spin_unlock_irqrestore(&regions->lock, flags);
}

/* Whether @legs are a quorum in each region of a range.  Holds the lock. */
bool __quorum_everywhere(struct quorum_regions *regions, u32 legs,
			 sector_t sector, sector_t sectors)
{
	sector_t size = 1ULL << regions->shift, end = sector + sectors;

	for (sector = round_down(sector, size); sector < end; sector += size)
		if (hweight32(legs & __current(regions, sector, 1)) <
		    regions->threshold)
			return false;
	return true;
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
	if (!(regions->live & ~legs))
		return true;
	legs &= regions->live;
	if (hweight32(legs & ~regions->stale) >= regions->threshold)
		return true;
	return sectors && __quorum_everywhere(regions, legs, sector, sectors);
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

/*
 * A flush that a leg missed was for all that is dirty; without metadata that
 * may be anything.
 */
static void __mark_flushed(struct quorum_regions *regions, unsigned int leg)
{
	struct quorum_bits *stale = &regions->leg[leg].stale;

	if (regions->remembers)
		quorum_bits_add(stale, &regions->dirty);
	else
		quorum_bits_assign_all(stale, true);
	WRITE_ONCE(regions->losses, regions->losses + 1);
}

/*
 * Take away the vote of legs in a range, or, without @sectors, where they may
 * have missed what a flush was for.
 */
static void __mark(struct quorum_regions *regions, u32 legs, sector_t sector,
		   sector_t sectors)
{
	unsigned int leg;

	quorum_for_each_leg(leg, legs) {
		if (sectors)
			quorum_bits_cover(&regions->leg[leg].stale, sector,
					  sectors, true);
		else
			__mark_flushed(regions, leg);
		__stamp(regions, leg);
		if (regions->leg[leg].stale.weight)
			WRITE_ONCE(regions->stale, regions->stale | BIT(leg));
	}
}

/*
 * Returns what of @legs was live.  What they have not flushed may be lost
 * before they are back, which metadata has to say.
 */
static u32 __fail(struct quorum_regions *regions, u32 legs)
{
	u32 failed = regions->live & legs;

	if (regions->remembers)
		__mark(regions, failed, 0, 0);
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
 * quorum_suffice() - whether something would succeed if these legs did it
 * @regions: where
 * @legs: the legs
 * @sector: first sector
 * @sectors: how many; 0 for a flush
 *
 * Context: Any, without regions->lock.
 */
bool quorum_suffice(struct quorum_regions *regions, u32 legs, sector_t sector,
		    sector_t sectors)
{
	unsigned long flags;
	bool enough;

	spin_lock_irqsave(&regions->lock, flags);
	enough = __enough(regions, legs, sector, sectors);
	spin_unlock_irqrestore(&regions->lock, flags);
	return enough;
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
	unsigned long flags = quorum_regions_lock(regions);
	u32 were_behind = regions->stale;
	bool enough = __enough(regions, took, sector, sectors);

	memset(change, 0, sizeof(*change));
	if (enough) {
		if (__dispensable(regions, faulty))
			change->gone = __fail(regions, faulty);
		__mark(regions, missed, sector, sectors);
		change->behind = missed & regions->live & ~were_behind;
	}
	quorum_regions_unlock(regions, flags);
	return enough;
}

/**
 * quorum_drop() - fail a leg, unless the rest were no quorum in some region
 * @regions: where
 * @leg: which
 * @change: tells whether it was live
 *
 * Context: Any, without regions->lock.
 * Return: Whether it is failed now.
 */
bool quorum_drop(struct quorum_regions *regions, unsigned int leg,
		 struct quorum_change *change)
{
	unsigned long flags = quorum_regions_lock(regions);
	bool gone;

	memset(change, 0, sizeof(*change));
	if (__dispensable(regions, BIT(leg)))
		change->gone = __fail(regions, BIT(leg));
	gone = !(regions->live & BIT(leg));
	quorum_regions_unlock(regions, flags);
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
	unsigned long flags = quorum_regions_lock(regions);
	bool failed = !(regions->live & BIT(leg));

	if (failed) {
		WRITE_ONCE(regions->held, regions->held | BIT(leg));
		WRITE_ONCE(regions->stale, regions->stale | BIT(leg));
		__revive(regions, leg);
	}
	quorum_regions_unlock(regions, flags);
	return failed;
}

/**
 * quorum_let_go() - the end of what quorum_readmit() began
 * @regions: where
 * @leg: which; it votes where it missed nothing from now on
 * @live: or has failed again if this is false
 *
 * Context: Any, without regions->lock.
 */
void quorum_let_go(struct quorum_regions *regions, unsigned int leg, bool live)
{
	unsigned long flags = quorum_regions_lock(regions);

	if (!live)
		__fail(regions, BIT(leg));
	WRITE_ONCE(regions->held, regions->held & ~BIT(leg));
	if (!regions->leg[leg].stale.weight)
		WRITE_ONCE(regions->stale, regions->stale & ~BIT(leg));
	quorum_regions_unlock(regions, flags);
}

/**
 * quorum_forget() - let a leg, live or failed, take part and vote nowhere
 * @regions: where
 * @leg: which
 *
 * Context: Any, without regions->lock.
 * Return: Whether the others are a quorum everywhere; if not, nothing changes.
 */
bool quorum_forget(struct quorum_regions *regions, unsigned int leg)
{
	unsigned long flags = quorum_regions_lock(regions);
	bool dispensable = __dispensable(regions, BIT(leg));

	if (dispensable) {
		__mark(regions, BIT(leg), 0,
		       (sector_t)regions->nr << regions->shift);
		__revive(regions, leg);
	}
	quorum_regions_unlock(regions, flags);
	return dispensable;
}

/**
 * quorum_left_out() - legs were made equal in a region without some others
 * @regions: where
 * @region: which region
 * @legs: the others: those that have no vote there lose it for good
 *
 * Context: Any, without regions->lock.
 * Return: false if some of them have one.
 */
bool quorum_left_out(struct quorum_regions *regions, unsigned long region,
		     u32 legs)
{
	unsigned long flags = quorum_regions_lock(regions);
	sector_t sector = (sector_t)region << regions->shift;
	u32 voters = legs & __current(regions, sector, 1);

	__mark(regions, legs & ~voters, sector, 1);
	quorum_regions_unlock(regions, flags);
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
	__mark(regions, rebuild, 0, (sector_t)nr << shift);
	return 0;
}

void quorum_regions_exit(struct quorum_regions *regions)
{
	unsigned int leg;

	if (!regions->leg)
		return;
	quorum_for_each_leg(leg, regions->present)
		quorum_bits_exit(&regions->leg[leg].stale);
	quorum_bits_exit(&regions->dirty);
	kfree(regions->leg);
}
