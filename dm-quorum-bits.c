// SPDX-License-Identifier: GPL-2.0-only
/*
 * A set of regions, one bit for each, that can be filled or emptied at once,
 * whatever its size.
 *
 * The bits are kept in chunks.  To fill or empty the set is to begin a new
 * generation: a chunk of an older one stands for as many bits as it has, all
 * like the generation's lowest bit, and is only written when one of them is to
 * differ.  (Generations would repeat after two billion of them.)
 */
#include "dm-quorum-bits.h"

#include <linux/bitmap.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

/**
 * quorum_bits_init() - make an empty set
 * @bits: the set
 * @nr: of how many regions
 * @shift: each is so many sectors, as a power of two
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int quorum_bits_init(struct quorum_bits *bits, unsigned long nr,
		     unsigned int shift)
{
	unsigned long chunks = DIV_ROUND_UP(nr, QUORUM_CHUNK_BITS);

	bits->nr = nr;
	bits->shift = shift;
	bits->weight = 0;
	bits->generation = 0;
	bits->words = vzalloc(chunks * QUORUM_CHUNK_WORDS * sizeof(long));
	bits->chunk = kvcalloc(chunks, sizeof(*bits->chunk), GFP_KERNEL);
	return bits->words && bits->chunk ? 0 : -ENOMEM;
}

/* Context: May sleep. */
void quorum_bits_exit(struct quorum_bits *bits)
{
	vfree(bits->words);
	kvfree(bits->chunk);
}

/**
 * quorum_bits_assign_all() - fill or empty a set
 * @bits: the set
 * @value: which
 *
 * Context: Any; the caller sees to it that nobody else changes the set.
 */
void quorum_bits_assign_all(struct quorum_bits *bits, bool value)
{
	WRITE_ONCE(bits->generation, (bits->generation | 1) + 1 + value);
	/* Whoever sees a newer chunk, in __quorum_bits_is_over(), sees this. */
	smp_wmb();
	WRITE_ONCE(bits->weight, value ? bits->nr : 0);
}

static void refresh(struct quorum_bits *bits, unsigned long chunk)
{
	u32 generation = bits->generation;

	if (__quorum_bits_is_current(bits, chunk, generation))
		return;
	memset(bits->words + chunk * QUORUM_CHUNK_WORDS,
	       generation & 1 ? 0xff : 0, QUORUM_CHUNK_WORDS * sizeof(long));
	/* Whoever sees it, in __quorum_bits_is_current(), sees the words. */
	smp_store_release(&bits->chunk[chunk], generation);
}

/**
 * quorum_bits_assign() - put a run of regions into a set, or take it out
 * @bits: the set
 * @first: the first region
 * @count: how many
 * @value: which
 *
 * Context: Any; the caller sees to it that nobody else changes the set.
 */
void quorum_bits_assign(struct quorum_bits *bits, unsigned long first,
			unsigned long count, bool value)
{
	unsigned long weight = bits->weight;
	unsigned long i;

	if (count == bits->nr) {
		quorum_bits_assign_all(bits, value);
		return;
	}
	for (i = first; i < first + count; i++) {
		refresh(bits, i / QUORUM_CHUNK_BITS);
		if (test_bit(i, bits->words) == value)
			continue;
		__change_bit(i, bits->words);
		weight += value ? 1 : -1;
	}
	WRITE_ONCE(bits->weight, weight);
}

static unsigned long last_region_of(struct quorum_bits *bits, sector_t sector,
				    sector_t sectors)
{
	return (sector + sectors - 1) >> bits->shift;
}

/**
 * quorum_bits_cover() - the same for all regions that a range is in
 * @bits: the set
 * @sector: first sector
 * @sectors: how many; 0 for all regions
 * @value: which
 *
 * Context: As above.
 */
void quorum_bits_cover(struct quorum_bits *bits, sector_t sector,
		       sector_t sectors, bool value)
{
	unsigned long first = sector >> bits->shift;

	if (sectors)
		quorum_bits_assign(bits, first,
				   last_region_of(bits, sector, sectors) -
				   first + 1, value);
	else
		quorum_bits_assign_all(bits, value);
}

/* What of a word stands for regions that there are. */
static unsigned long word_mask(struct quorum_bits *bits, unsigned long word)
{
	return word == bits->nr / BITS_PER_LONG ?
	       ~BITMAP_FIRST_WORD_MASK(bits->nr) : ~0UL;
}

/**
 * quorum_bits_assign_word() - the same for some regions of a word
 * @bits: the set
 * @word: which, as of quorum_bits_word()
 * @mask: which of its regions; those that there are not do not count
 * @value: whether they are to be in the set
 *
 * Context: As above.
 */
void quorum_bits_assign_word(struct quorum_bits *bits, unsigned long word,
			     unsigned long mask, bool value)
{
	unsigned long old = quorum_bits_word(bits, word);
	unsigned long change = mask & word_mask(bits, word) &
			       (value ? ~old : old);

	if (!change)
		return;
	refresh(bits, word / QUORUM_CHUNK_WORDS);
	WRITE_ONCE(bits->words[word], bits->words[word] ^ change);
	WRITE_ONCE(bits->weight, value ? bits->weight + hweight_long(change) :
					 bits->weight - hweight_long(change));
}

/**
 * quorum_bits_add() - put all of another set into a set
 * @bits: the set
 * @more: the other one, of the same regions
 *
 * Context: As above; nobody changes @more, either.
 */
void quorum_bits_add(struct quorum_bits *bits, struct quorum_bits *more)
{
	unsigned long region = 0;

	if (more->weight == more->nr) {
		quorum_bits_assign_all(bits, true);
		return;
	}
	while ((region = quorum_bits_next(more, region, true)) < more->nr) {
		unsigned long word = region / BITS_PER_LONG;

		quorum_bits_assign_word(bits, word,
					quorum_bits_word(more, word), true);
		region = (word + 1) * BITS_PER_LONG;
	}
}

/* Words of a chunk. */
static void copy_in_chunk(struct quorum_bits *bits, unsigned long word,
			  unsigned long nr, unsigned long *to)
{
	unsigned long i;
	u32 generation;

	do {
		generation = READ_ONCE(bits->generation);
		if (__quorum_bits_is_current(bits, word / QUORUM_CHUNK_WORDS,
					     generation))
			for (i = 0; i < nr; i++)
				to[i] = READ_ONCE(bits->words[word + i]);
		else
			memset(to, generation & 1 ? 0xff : 0, nr * sizeof(*to));
	} while (__quorum_bits_is_over(bits, generation));
}

/**
 * quorum_bits_copy() - several words of a set
 * @bits: the set
 * @word: the first
 * @nr: how many
 * @to: where they go
 *
 * Context: As quorum_bits_word().
 */
void quorum_bits_copy(struct quorum_bits *bits, unsigned long word,
		      unsigned long nr, unsigned long *to)
{
	while (nr) {
		unsigned long run = min(nr, QUORUM_CHUNK_WORDS -
					    word % QUORUM_CHUNK_WORDS);

		copy_in_chunk(bits, word, run, to);
		word += run;
		to += run;
		nr -= run;
	}
}

/* Whether a region is in the set.  Context: as quorum_bits_word(). */
bool quorum_bits_test(struct quorum_bits *bits, unsigned long region)
{
	return quorum_bits_word(bits, region / BITS_PER_LONG) >>
	       (region % BITS_PER_LONG) & 1;
}

/* From @from to the end of its chunk: the first bit like @value, or the end. */
static unsigned long next_in_chunk(struct quorum_bits *bits,
				   unsigned long from, bool value)
{
	unsigned long chunk = from / QUORUM_CHUNK_BITS;
	unsigned long end = min(bits->nr, (chunk + 1) * QUORUM_CHUNK_BITS);
	unsigned long at;
	u32 generation;

	do {
		generation = READ_ONCE(bits->generation);
		if (!__quorum_bits_is_current(bits, chunk, generation))
			at = (generation & 1) == value ? from : end;
		else if (value)
			at = find_next_bit(bits->words, end, from);
		else
			at = find_next_zero_bit(bits->words, end, from);
	} while (__quorum_bits_is_over(bits, generation));
	return at;
}

/**
 * quorum_bits_next() - find a region that is, or is not, in a set
 * @bits: the set
 * @from: where to begin
 * @value: which
 *
 * Context: As quorum_bits_word().  Takes as long as it has to look far.
 * Return: The region, or as many as there are if there is none.
 */
unsigned long quorum_bits_next(struct quorum_bits *bits, unsigned long from,
			       bool value)
{
	while (from < bits->nr) {
		unsigned long end = roundup(from + 1, QUORUM_CHUNK_BITS);
		unsigned long at = next_in_chunk(bits, from, value);

		if (at < min(end, bits->nr))
			return at;
		from = end;
	}
	return bits->nr;
}

/**
 * quorum_bits_meet() - whether some region of a range is, or is not, in a set
 * @bits: the set
 * @sector: first sector
 * @sectors: how many, at least one
 * @value: which
 *
 * Context: As quorum_bits_word().
 */
bool quorum_bits_meet(struct quorum_bits *bits, sector_t sector,
		      sector_t sectors, bool value)
{
	unsigned long first = sector >> bits->shift;
	unsigned long last = last_region_of(bits, sector, sectors);

	return quorum_bits_test(bits, first) == value ||
	       (first < last && quorum_bits_next(bits, first, value) <= last);
}
