/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-region.c: which legs have a vote where.
 */
#ifndef DM_QUORUM_REGION_H
#define DM_QUORUM_REGION_H

#include <linux/cache.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "dm-quorum-bits.h"
#include "dm-quorum-vote.h"

/**
 * struct quorum_lapse - what one leg lacks
 * @stale: the regions it is out of sync in
 * @marked: regions->marks when it last lost a vote, or came back
 * @score: errors since it came back
 */
struct quorum_lapse {
	struct quorum_bits stale;
	u64 marked;
	struct quorum_score score;
};

/**
 * struct quorum_regions - which legs have a vote where
 * @present: legs that are not missing; with metadata all, since what the others
 *	miss is remembered, too
 * @remembers: there is metadata
 * @threshold: how many legs must agree
 * @shift: a region is so many sectors, as a power of two
 * @nr: how many regions there are
 * @leg: what each of the legs lacks
 * @dirty: with metadata, regions in which legs may differ after a crash
 * @live: legs that take part
 * @stale: legs that are out of sync in some region, or held back
 * @held: live legs that vote nowhere yet: they are being flushed
 * @changes: to @live, @stale, @held and the legs' sets, for readers without
 *	@lock
 * @marks: how often a leg has lost its vote somewhere, or come back
 * @losses: how often one has lost it in all that is dirty
 */
struct quorum_regions {
	u32 present;
	bool remembers;
	unsigned int threshold;
	unsigned int shift;
	unsigned long nr;
	struct quorum_lapse *leg;
	struct quorum_bits dirty;

	u32 live;
	u32 stale;
	u32 held;

	/** @lock: protects @marks and @leg, and is held to change the rest */
	spinlock_t lock ____cacheline_aligned_in_smp;
	seqcount_spinlock_t changes;
	u64 marks;
	unsigned long losses;
};

/**
 * struct quorum_change - for whom things have changed
 * @gone: legs that were live
 * @behind: live legs that were in sync
 */
struct quorum_change {
	u32 gone;
	u32 behind;
};

int quorum_regions_init(struct quorum_regions *regions, unsigned long nr,
			unsigned int shift, u32 present, u32 rebuild,
			unsigned int threshold);
void quorum_regions_exit(struct quorum_regions *regions);

unsigned long quorum_regions_lock(struct quorum_regions *regions);
void quorum_regions_unlock(struct quorum_regions *regions, unsigned long flags);
bool __quorum_everywhere(struct quorum_regions *regions, u32 legs,
			 sector_t sector, sector_t sectors);

/* The legs that take part now, in sync or not.  Context: Any. */
static inline u32 quorum_live(struct quorum_regions *regions)
{
	return READ_ONCE(regions->live);
}

/* Those that are out of sync somewhere, live or not.  Context: Any. */
static inline u32 quorum_stale(struct quorum_regions *regions)
{
	return READ_ONCE(regions->stale);
}

/* The live legs that are to be rebuilt somewhere.  Context: Any. */
static inline u32 quorum_behind(struct quorum_regions *regions)
{
	return quorum_live(regions) & quorum_stale(regions);
}

u32 quorum_current(struct quorum_regions *regions, sector_t sector,
		   sector_t sectors);
bool quorum_missed_before(struct quorum_regions *regions, u32 legs,
			  sector_t sector, sector_t sectors);

bool quorum_suffice(struct quorum_regions *regions, u32 legs, sector_t sector,
		    sector_t sectors);
bool quorum_commit(struct quorum_regions *regions, sector_t sector,
		   sector_t sectors, u32 took, u32 missed, u32 faulty,
		   struct quorum_change *change);
bool quorum_drop(struct quorum_regions *regions, unsigned int leg,
		 struct quorum_change *change);
bool quorum_readmit(struct quorum_regions *regions, unsigned int leg);
void quorum_let_go(struct quorum_regions *regions, unsigned int leg, bool live);
bool quorum_forget(struct quorum_regions *regions, unsigned int leg);
bool quorum_left_out(struct quorum_regions *regions, unsigned long region,
		     u32 legs);
unsigned int quorum_score(struct quorum_regions *regions, unsigned int leg,
			  time64_t now);
void quorum_forgive(struct quorum_regions *regions);

#endif /* DM_QUORUM_REGION_H */
