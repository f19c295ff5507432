// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a leg lacks in each of so many equal parts of the device, its cells.
 * Each region is in one of them: where they do not divide the regions, some
 * have one more than others, and where there are more of them, some have none.
 */
#include "dm-quorum-cells.h"

#include <linux/bitmap.h>
#include <linux/math.h>
#include <linux/sched.h>

/* So many words are counted at once. */
#define BREATH		65536

/* The first region of a cell, of those region * cells / regions->nr. */
static unsigned long cell_start(struct quorum_regions *regions,
				unsigned int cell, unsigned int cells)
{
	return DIV_ROUND_UP_ULL((u64)cell * regions->nr, cells);
}

/* How many of a set there are from @first on, up to @end. */
static unsigned long count_bits(struct quorum_bits *bits, unsigned long first,
				unsigned long end)
{
	unsigned long word, mask, count = 0;

	for (word = first / BITS_PER_LONG; first < end; word++) {
		mask = BITMAP_FIRST_WORD_MASK(first);
		first = (word + 1) * BITS_PER_LONG;
		if (first > end)
			mask &= BITMAP_LAST_WORD_MASK(end);
		count += hweight_long(quorum_bits_word(bits, word) & mask);
		if (!(word % BREATH))
			cond_resched();
	}
	return count;
}

/**
 * quorum_cell() - in how many regions of a cell a leg is out of sync
 * @regions: where
 * @leg: which; one that is missing, and of which nothing is remembered, is so
 *	in all, and one that votes nowhere yet, too
 * @cell: which of the cells
 * @cells: how many there are
 *
 * Context: May sleep.  Takes as long as it has to look far.
 */
unsigned long quorum_cell(struct quorum_regions *regions, unsigned int leg,
			  unsigned int cell, unsigned int cells)
{
	unsigned long first = cell_start(regions, cell, cells);
	unsigned long end = cell_start(regions, cell + 1, cells);

	if (!(regions->present & BIT(leg)) ||
	    READ_ONCE(regions->held) & BIT(leg))
		return end - first;
	if (!READ_ONCE(regions->leg[leg].stale.weight))
		return 0;
	return count_bits(&regions->leg[leg].stale, first, end);
}
