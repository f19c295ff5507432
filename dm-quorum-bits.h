/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-bits.c: sets of regions.
 */
#ifndef DM_QUORUM_BITS_H
#define DM_QUORUM_BITS_H

#include <linux/types.h>

/**
 * struct quorum_bits - a set of regions
 * @nr: how many regions there are
 * @shift: each is so many sectors, as a power of two
 * @weight: how many of them are in the set
 * @generation: raised when the set is filled or emptied; its lowest bit says
 *	which that was
 * @chunk: the generation of each chunk of @words
 * @words: the bits, where the chunk is of this generation
 */
struct quorum_bits {
	unsigned long nr;
	unsigned int shift;
	unsigned long weight;
	u32 generation;
	u32 *chunk;
	unsigned long *words;
};

int quorum_bits_init(struct quorum_bits *bits, unsigned long nr,
		     unsigned int shift);
void quorum_bits_exit(struct quorum_bits *bits);
void quorum_bits_assign_all(struct quorum_bits *bits, bool value);
void quorum_bits_assign(struct quorum_bits *bits, unsigned long first,
			unsigned long count, bool value);
void quorum_bits_cover(struct quorum_bits *bits, sector_t sector,
		       sector_t sectors, bool value);
void quorum_bits_assign_word(struct quorum_bits *bits, unsigned long word,
			     unsigned long mask, bool value);
void quorum_bits_add(struct quorum_bits *bits, struct quorum_bits *more);
unsigned long quorum_bits_word(struct quorum_bits *bits, unsigned long word);
bool quorum_bits_test(struct quorum_bits *bits, unsigned long region);
bool quorum_bits_meet(struct quorum_bits *bits, sector_t sector,
		      sector_t sectors, bool value);
unsigned long quorum_bits_next(struct quorum_bits *bits, unsigned long from,
			       bool value);

#endif /* DM_QUORUM_BITS_H */
