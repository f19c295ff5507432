// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the legs of a set remember of its regions: of each block of the bitmap
 * the newest copy is taken over.
 *
 * This is the other half of dm-quorum-recall.c, and sleeps like that.
 */
#include "dm-quorum.h"
#include "dm-quorum-dirty.h"
#include "dm-quorum-meta.h"
#include "dm-quorum-recall.h"

#define READ_BLOCKS	(QUORUM_META_READ / 2)

/*
 * Both copies of a block that a leg has, if they are whole; returns false if
 * one of them was, or may be one day.
 */
static bool both_copies(struct quorum_recall *recall, u32 index,
			unsigned int nr, unsigned int leg,
			const struct quorum_disk_block *block[2])
{
	const struct quorum_disk_super *newest =
		recall->answer[recall->as.newest].super;
	u64 epoch = le64_to_cpu(newest->epoch);
	unsigned int slot;
	bool sure = true;

	for (slot = 0; slot < 2; slot++) {
		block[slot] = recall->unit[leg].at[2 * nr + slot];
		if (quorum_block_check(block[slot], recall->meta->uuid, epoch,
				       index, slot))
			continue;
		sure &= !memchr_inv(block[slot], 0, QUORUM_DISK_UNIT);
		block[slot] = NULL;
	}
	return sure;
}

/*
 * The newest copy of each leg of @legs, into @copy; returns who has one.  Of
 * all others there may be newer ones that can be read another time.
 */
static u32 choose_copies(struct quorum_recall *recall, u32 index,
			 unsigned int nr, u32 legs, bool *sure,
			 const struct quorum_disk_block **copy)
{
	const struct quorum_disk_block *block[2];
	struct quorum_meta *meta = recall->meta;
	unsigned int leg;
	u32 have = 0;

	*sure = legs == recall->as.trusted;
	meta->slots[index] = 0;
	quorum_for_each_leg(leg, legs) {
		*sure &= both_copies(recall, index, nr, leg, block);
		copy[leg] = quorum_block_choose(block[0], block[1]);
		if (!copy[leg])
			continue;
		have |= BIT(leg);
		if (copy[leg] == block[1])
			meta->slots[index] |= BIT(leg);
	}
	return have;
}

/*
 * Remember what is known of one word of regions.  What is dirty may differ, and
 * nobody is to blame for it; @doubt: nor is it for a crash alone that it may.
 */
static void load_word(struct quorum_recall *recall,
		      const struct quorum_disk_block *block, u32 i,
		      unsigned long at, unsigned int shift, bool doubt)
{
	struct quorum *q = recall->q;
	const struct quorum_layout *layout = &recall->meta->layout;
	unsigned long dirty;
	unsigned int leg;
	u64 word;

	dirty = quorum_block_word(block, layout, QUORUM_PLANE_DIRTY, i) >>
		shift;
	quorum_recall_dirty(&q->regions, at, dirty);
	quorum_suspects_recall(&q->suspects, at, dirty, !doubt);
	for (leg = 0; leg < q->nr_legs; leg++) {
		word = quorum_block_word(block, layout,
					 quorum_meta_plane(recall->meta, leg),
					 i);
		if (recall->as.state[leg] == QUORUM_MEMBER_REBUILD)
			word = ~0ULL;
		quorum_recall_stale(&q->regions, leg, at, word >> shift);
	}
}

static void load_block(struct quorum_recall *recall,
		       const struct quorum_disk_block *block, u32 index,
		       bool doubt)
{
	struct quorum_layout *layout = &recall->meta->layout;
	unsigned long base = (unsigned long)index * layout->words;
	unsigned int half;
	u32 i;

	for (i = 0; i < layout->words; i++)
		for (half = 0; half < 64 / BITS_PER_LONG; half++) {
			unsigned long at = (base + i) * (64 / BITS_PER_LONG) +
					   half;

			if (at * BITS_PER_LONG >= layout->regions)
				return;
			load_word(recall, block, i, at, 32 * half, doubt);
		}
}

/*
 * The set grows: regions from @first on are new.  What legs have there may
 * differ, unless the table says that it does not.
 */
static void grow_block(struct quorum_recall *recall,
		       struct quorum_disk_block *block, u32 index, u32 first)
{
	const struct quorum_layout *layout = &recall->meta->layout;
	u32 base = index * layout->block_regions, i, bit;
	u64 word;

	if (quorum_option(recall->q, QUORUM_NOSYNC))
		return;
	for (i = 0; i < layout->words; i++) {
		if (base + 64 * (i + 1) <= first)
			continue;
		bit = first > base + 64 * i ? first - base - 64 * i : 0;
		word = quorum_block_word(block, layout, QUORUM_PLANE_DIRTY, i);
		quorum_block_set_word(block, layout, QUORUM_PLANE_DIRTY, i,
				      word | ~0ULL << bit);
	}
}

/*
 * What is known to be dirty may be written to without another word.  A leg that
 * does not answer may have a newer copy in which it is clean, which is not to
 * be taken for what holds when that is read.
 */
static bool is_doubtful(struct quorum_recall *recall,
			const struct quorum_disk_block *block, u32 legs)
{
	const struct quorum_layout *layout = &recall->meta->layout;

	return hweight32(legs) < recall->q->nr_legs &&
	       memchr_inv(block->bits + QUORUM_PLANE_DIRTY * layout->words, 0,
			  layout->words * sizeof(*block->bits));
}

/*
 * Returns whether the block has to be written: also if there may be a newer
 * copy somewhere.  @doubt: one was lost before, and legs may have what they had
 * then.
 */
static bool adopt_block(struct quorum_recall *recall,
			const struct quorum_merge *merge, u32 index,
			unsigned int nr, u32 legs, bool doubt)
{
	const struct quorum_disk_block *copy[QUORUM_MAX_LEGS];
	struct quorum_disk_block *block = recall->meta->io.block[0][0];
	bool sure, news, lost;
	u32 have = choose_copies(recall, index, nr, legs, &sure, copy);
	u32 newest = quorum_block_newest(copy, have, merge->need);

	lost = !newest && index < recall->before.blocks;

	if (newest)
		*block = *copy[__ffs(newest)];
	else
		quorum_block_init(block, recall->meta->uuid, index);
	if (recall->as.change == QUORUM_CHANGE_GROW)
		grow_block(recall, block, index, recall->before.regions);
	news = quorum_block_adopt(block, &recall->meta->layout, merge, lost);
	load_block(recall, block, index, lost || doubt);
	if (lost)
		recall->meta->super->doubt = cpu_to_le32(1);
	return news || !sure || is_doubtful(recall, block, legs) ||
	       hweight32(newest) < quorum_assembly_quorum(&recall->as);
}

/**
 * quorum_recall_blocks() - take over what is known of all regions
 * @recall: accepted by quorum_recall_legs(), and meta->super is made
 *
 * Blocks that enough legs do not have as they are now are to be written.  That
 * one was lost is in the superblock, which legs take first.
 *
 * Context: May sleep, on leg I/O.
 */
void quorum_recall_blocks(struct quorum_recall *recall)
{
	struct quorum_meta *meta = recall->meta;
	u32 blocks = meta->layout.blocks, at, i, nr, bad;
	unsigned int copies = quorum_assembly_quorum(&recall->as);
	bool doubt = meta->super->doubt;
	struct quorum_merge merge;

	quorum_assembly_merge(&recall->as, meta->super, &merge);
	recall->unread = 0;
	quorum_recall_wait_for(recall, max(merge.need, copies), 0);
	for (at = 0; at < blocks; at += nr) {
		nr = min_t(u32, blocks - at, READ_BLOCKS);
		bad = quorum_meta_read(&meta->io, recall->as.trusted,
				       recall->unit, 0,
				       quorum_block_sector(at, 0), 2 * nr);
		recall->unread |= bad;
		for (i = 0; i < nr; i++)
			if (adopt_block(recall, &merge, at + i, i,
					recall->as.trusted & ~bad, doubt))
				__set_bit(at + i, meta->needed);
	}
}
