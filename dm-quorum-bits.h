/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-bits.c: sets of regions.
 */
#ifndef DM_QUORUM_BITS_H
#define DM_QUORUM_BITS_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/types.h>
#include <asm/barrier.h>

#define QUORUM_CHUNK_BITS	32768UL
#define QUORUM_CHUNK_WORDS	(QUORUM_CHUNK_BITS / BITS_PER_LONG)

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
void quorum_bits_copy(struct quorum_bits *bits, unsigned long word,
		      unsigned long nr, unsigned long *to);
bool quorum_bits_test(struct quorum_bits *bits, unsigned long region);
bool quorum_bits_meet(struct quorum_bits *bits, sector_t sector,
		      sector_t sectors, bool value);
unsigned long quorum_bits_next(struct quorum_bits *bits, unsigned long from,
			       bool value);

/* Whether what was read of a chunk may be of a newer generation than that. */
static inline bool __quorum_bits_is_over(struct quorum_bits *bits,
					 u32 generation)
{
	/* Pairs with quorum_bits_assign_all(). */
	smp_rmb();
	return unlikely(READ_ONCE(bits->generation) != generation);
}

/* Whether the chunk speaks for itself; if not, it is all like @generation. */
static inline bool __quorum_bits_is_current(struct quorum_bits *bits,
					    unsigned long chunk,
					    u32 generation)
{
	/* Pairs with refresh(). */
	return smp_load_acquire(&bits->chunk[chunk]) == generation;
}

/**
 * quorum_bits_word() - a word's worth of a set
 * @bits: the set
 * @word: which; word n begins with region n * BITS_PER_LONG
 *
 * Context: Any.  Beside a change, bits it is about may be old or new.
 */
static inline unsigned long quorum_bits_word(struct quorum_bits *bits,
					     unsigned long word)
{
	unsigned long value;
	u32 generation;

	do {
		generation = READ_ONCE(bits->generation);
		if (__quorum_bits_is_current(bits, word / QUORUM_CHUNK_WORDS,
					     generation))
			value = READ_ONCE(bits->words[word]);
		else
			value = generation & 1 ? ~0UL : 0;
	} while (__quorum_bits_is_over(bits, generation));
	return value;
}

#endif /* DM_QUORUM_BITS_H */
