/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-behind.c: legs that are to be rebuilt, and where.
 */
#ifndef DM_QUORUM_BEHIND_H
#define DM_QUORUM_BEHIND_H

#include "dm-quorum-region.h"

u64 quorum_marks(struct quorum_regions *regions);
bool quorum_rebuilt(struct quorum_regions *regions, unsigned long region,
		    u64 marks, u32 missed, u32 *whole);
unsigned long quorum_next_stale(struct quorum_regions *regions,
				unsigned long region);
unsigned long quorum_nr_stale(struct quorum_regions *regions);
unsigned long quorum_regions_word(struct quorum_regions *regions,
				  unsigned long word);

#endif /* DM_QUORUM_BEHIND_H */
