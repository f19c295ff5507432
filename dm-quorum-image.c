// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the legs are told, block by block: bitmap blocks and the superblock as
 * things are now, each to the slot that does not hold the last version that a
 * leg has.
 *
 * Context, of all of this: Any, without regions->lock and meta->lock; one
 * caller at a time, who has meta->busy.
 */
#include "dm-quorum.h"
#include "dm-quorum-assemble.h"
#include "dm-quorum-dirty.h"
#include "dm-quorum-image.h"
#include "dm-quorum-meta.h"

#include <linux/ktime.h>

#define LONGS		(64 / BITS_PER_LONG)

static unsigned long region_words(const struct quorum_layout *layout, u32 index)
{
	return (unsigned long)index * layout->words;
}

/* How many words of a block are about regions that there are. */
static u32 words_of(const struct quorum_layout *layout, u32 index)
{
	return min_t(unsigned long, layout->words,
		     DIV_ROUND_UP(layout->regions, 64) -
		     region_words(layout, index));
}

static __le64 *plane_of(struct quorum_disk_block *block,
			const struct quorum_layout *layout, u32 plane)
{
	return block->bits + plane * layout->words;
}

/* What was copied there as words of regions, one or two for each of these. */
static void seal_words(__le64 *words, u32 nr)
{
	u32 i;

	BUILD_BUG_ON(sizeof(*words) != LONGS * sizeof(unsigned long));
	for (i = 0; i < nr; i++) {
		unsigned long *at = (unsigned long *)&words[i];
		u64 word = at[0];

		if (LONGS > 1)
			word |= (u64)at[1] << 32;
		words[i] = cpu_to_le64(word);
	}
}

/* Say of a block what is so now.  Most legs lack nothing anywhere. */
static void fill_block(struct quorum_meta *meta,
		       struct quorum_disk_block *block, u32 index)
{
	const struct quorum_layout *layout = &meta->layout;
	struct quorum_regions *regions = &meta->q->regions;
	unsigned long first = region_words(layout, index) * LONGS;
	u32 nr = words_of(layout, index);
	unsigned int leg;
	__le64 *words;

	quorum_block_init(block, meta->super->id.set_uuid, index);
	words = plane_of(block, layout, QUORUM_PLANE_DIRTY);
	quorum_dirty_words(regions, first, nr * LONGS, (unsigned long *)words);
	seal_words(words, nr);
	for (leg = 0; leg < meta->q->nr_legs; leg++) {
		if (!quorum_lacks(regions, leg))
			continue;
		words = plane_of(block, layout, quorum_meta_plane(meta, leg));
		quorum_stale_words(regions, leg, first, nr * LONGS,
				   (unsigned long *)words);
		seal_words(words, nr);
	}
}

/* To one of the slots. */
static void add_image(struct quorum_meta *meta, struct quorum_disk_block *image,
		      u32 index, unsigned int slot, u32 legs)
{
	struct quorum_version version = {
		.epoch = le64_to_cpu(meta->super->epoch),
		.seq = meta->generation,
	};
	unsigned int leg;

	quorum_block_seal(image, version, slot);
	quorum_for_each_leg(leg, legs)
		quorum_meta_add(&meta->io, leg, image,
				quorum_block_sector(index, slot));
}

/**
 * quorum_image_add_block() - add a bitmap block to what legs are sent next
 * @meta: the metadata
 * @nr: which of meta->io.block is free for it
 * @index: which block of the bitmap
 * @legs: to whom
 *
 * There is one image for each slot that some leg is to be sent: one, mostly.
 */
void quorum_image_add_block(struct quorum_meta *meta, unsigned int nr,
			    u32 index, u32 legs)
{
	struct quorum_disk_block **image = meta->io.block[nr];
	u32 first = legs & meta->slots[index];
	u32 second = legs & ~meta->slots[index];

	fill_block(meta, image[0], index);
	if (first && second) {
		memcpy(image[1], image[0], sizeof(*image[0]));
		add_image(meta, image[1], index, 1, second);
	} else if (second) {
		add_image(meta, image[0], index, 1, second);
	}
	if (first)
		add_image(meta, image[0], index, 0, first);
}

/* Where a quorum knows that a region is dirty, data may be sent there. */
static void make_safe(struct quorum_meta *meta,
		      const struct quorum_disk_block *block)
{
	u32 index = le32_to_cpu(block->index);
	unsigned long base = region_words(&meta->layout, index);
	unsigned long flags;
	u32 i;

	spin_lock_irqsave(&meta->lock, flags);
	for (i = 0; i < words_of(&meta->layout, index); i++) {
		u64 told = quorum_block_word(block, &meta->layout,
					     QUORUM_PLANE_DIRTY, i);
		unsigned long at = (base + i) * LONGS;
		unsigned long word;

		for (; told; told = BITS_PER_LONG < 64 ? told >> 32 : 0, at++) {
			word = told & ~quorum_bits_word(&meta->safe, at);
			if (!word)
				continue;
			word &= quorum_dirty_word(&meta->q->regions, at);
			word = quorum_enough_word(&meta->q->regions, at, word);
			quorum_bits_assign_word(&meta->safe, at, word, true);
		}
	}
	spin_unlock_irqrestore(&meta->lock, flags);
}

/**
 * quorum_image_took_block() - legs have a bitmap block that they were sent
 * @meta: the metadata
 * @nr: which of meta->io.block it was
 * @index: which block of the bitmap
 * @legs: who has it
 */
void quorum_image_took_block(struct quorum_meta *meta, unsigned int nr,
			     u32 index, u32 legs)
{
	meta->slots[index] ^= legs;
	if (hweight32(legs) >= meta->quorum)
		make_safe(meta, meta->io.block[nr][0]);
}

/* What is counted, and done in the background, as it is now. */
static void fill_kept(struct quorum_meta *meta)
{
	struct quorum_kept kept;
	unsigned long flags;

	spin_lock_irqsave(&meta->lock, flags);
	kept = meta->kept;
	spin_unlock_irqrestore(&meta->lock, flags);
	quorum_keep(meta->super, &meta->q->reports, meta->q->nr_legs, &kept);
}

/**
 * quorum_image_add_super() - add the superblock to what legs are sent next
 * @meta: the metadata
 * @legs: to whom
 */
void quorum_image_add_super(struct quorum_meta *meta, u32 legs)
{
	unsigned int leg, slot;

	fill_kept(meta);
	if (READ_ONCE(meta->settled))
		meta->super->doubt = 0;
	meta->super->written = cpu_to_le64(ktime_get_real_seconds());
	quorum_for_each_leg(leg, legs) {
		struct quorum_disk_super *sb = meta->io.leg[leg].super;

		slot = !(meta->super_slots & BIT(leg));
		*sb = *meta->super;
		quorum_super_address(sb, leg, meta->q->leg[leg].offset);
		quorum_super_seal(sb, slot);
		quorum_meta_add(&meta->io, leg, sb, quorum_super_sector(slot));
	}
}

/* These legs have it: what they are told next goes to the other slot. */
void quorum_image_took_super(struct quorum_meta *meta, u32 legs)
{
	unsigned int leg;

	meta->super_slots ^= legs;
	quorum_for_each_leg(leg, legs) {
		meta->super->member[leg].epoch = meta->super->epoch;
		meta->super->member[leg].seq = meta->super->seq;
	}
}
