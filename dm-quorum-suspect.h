/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-suspect.c: where legs may differ, and none is to blame.
 */
#ifndef DM_QUORUM_SUSPECT_H
#define DM_QUORUM_SUSPECT_H

#include <linux/cache.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "dm-quorum-bits.h"

/**
 * struct quorum_suspects - the regions in which legs may differ
 * @unsettled: regions in which a write failed that some leg took, or that are
 *	to be compared for the first time
 * @torn: with metadata, those of them in which writes may have been cut off by
 *	a crash
 * @undecided: regions in which the sweep last found blocks without a winner, or
 *	could not write it to a loser
 * @marks: how often regions were unsettled
 */
struct quorum_suspects {
	struct quorum_bits unsettled;
	struct quorum_bits torn;
	struct quorum_bits undecided;
	/** @lock: protects the rest, and is held to change the sets */
	spinlock_t lock ____cacheline_aligned_in_smp;
	u64 marks;
};

int quorum_suspects_init(struct quorum_suspects *suspects,
			 unsigned long nr_regions, unsigned int shift);
int quorum_suspects_remember(struct quorum_suspects *suspects);
void quorum_suspects_exit(struct quorum_suspects *suspects);
bool quorum_unsettled_at(struct quorum_suspects *suspects, sector_t sector);
bool quorum_any_undecided(struct quorum_suspects *suspects, sector_t sector,
			  sector_t sectors);
void quorum_unsettle(struct quorum_suspects *suspects, sector_t sector,
		     sector_t sectors);
void quorum_suspects_recall(struct quorum_suspects *suspects,
			    unsigned long word, unsigned long mask, bool torn);
bool quorum_torn_at(struct quorum_suspects *suspects, sector_t sector);
u64 quorum_suspects_marks(struct quorum_suspects *suspects);
void quorum_region_settled(struct quorum_suspects *suspects,
			   unsigned long region, u64 marks);
void quorum_region_decided(struct quorum_suspects *suspects,
			   unsigned long region, bool decided);
bool quorum_is_unsettled(struct quorum_suspects *suspects,
			 unsigned long region);
bool quorum_is_undecided(struct quorum_suspects *suspects,
			 unsigned long region);
unsigned long quorum_next_suspect(struct quorum_suspects *suspects,
				  unsigned long region);
unsigned long quorum_next_undecided(struct quorum_suspects *suspects,
				    unsigned long region);
unsigned long quorum_nr_unsettled(struct quorum_suspects *suspects);
unsigned long quorum_nr_undecided(struct quorum_suspects *suspects);
bool quorum_any_suspect(struct quorum_suspects *suspects);
unsigned long quorum_suspects_word(struct quorum_suspects *suspects,
				   unsigned long word);

#endif /* DM_QUORUM_SUSPECT_H */
