/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-dirty.c: what of the regions is to be remembered on the legs.
 */
#ifndef DM_QUORUM_DIRTY_H
#define DM_QUORUM_DIRTY_H

#include "dm-quorum-region.h"

/**
 * struct quorum_debt - what metadata is to say that it did not
 * @marks: regions->marks
 * @losses: regions->losses
 * @accused: legs that lost something, or came back
 */
struct quorum_debt {
	u64 marks;
	unsigned long losses;
	u32 accused;
};

int quorum_regions_remember(struct quorum_regions *regions, u32 absent);
bool quorum_dirty(struct quorum_regions *regions, sector_t sector,
		  sector_t sectors, unsigned long *first, unsigned long *last);
void quorum_clean(struct quorum_regions *regions, unsigned long word,
		  unsigned long mask);
unsigned long quorum_nr_dirty(struct quorum_regions *regions);
unsigned long quorum_next_dirty(struct quorum_regions *regions,
				unsigned long region);

void quorum_debt(struct quorum_regions *regions, u64 paid,
		 struct quorum_debt *debt);
unsigned long quorum_losses(struct quorum_regions *regions);
bool quorum_lacks(struct quorum_regions *regions, unsigned int leg);

/* A word, as of quorum_bits_word().  Context, of this and the next two: Any. */
static inline unsigned long quorum_dirty_word(struct quorum_regions *regions,
					      unsigned long word)
{
	return quorum_bits_word(&regions->dirty, word);
}

/* Several, as of quorum_bits_copy(). */
static inline void quorum_dirty_words(struct quorum_regions *regions,
				      unsigned long word, unsigned long nr,
				      unsigned long *to)
{
	quorum_bits_copy(&regions->dirty, word, nr, to);
}

static inline void quorum_stale_words(struct quorum_regions *regions,
				      unsigned int leg, unsigned long word,
				      unsigned long nr, unsigned long *to)
{
	quorum_bits_copy(&regions->leg[leg].stale, word, nr, to);
}

void quorum_recall_dirty(struct quorum_regions *regions, unsigned long word,
			 unsigned long dirty);
void quorum_recall_stale(struct quorum_regions *regions, unsigned int leg,
			 unsigned long word, unsigned long stale);
void quorum_recall_live(struct quorum_regions *regions, u32 live);
unsigned long quorum_enough_word(struct quorum_regions *regions,
				 unsigned long word, unsigned long mask);

#endif /* DM_QUORUM_DIRTY_H */
