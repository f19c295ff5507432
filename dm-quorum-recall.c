// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the legs of a set remember of it: their superblocks, which decide who
 * may take part, and the bitmaps, of which the newest copies are taken over.
 *
 * All of this reads legs and sleeps; nothing is written.  A leg that does not
 * answer in time, where enough others do, counts as one that cannot be read.
 */
#include "dm-quorum.h"
#include "dm-quorum-dirty.h"
#include "dm-quorum-meta.h"
#include "dm-quorum-recall.h"

#include <linux/bitmap.h>
#include <linux/slab.h>

#define DM_MSG_PREFIX "quorum"

/* Of a new leg, in sectors. */
#define LOOKED_AT	((sector_t)32768)

#define READ_BLOCKS	(QUORUM_META_READ / 2)

/*
 * What the legs answer.
 */

static void free_units(void **unit, unsigned int nr)
{
	while (nr--)
		quorum_meta_free_unit(unit[nr]);
}

static int alloc_units(void **unit, unsigned int nr)
{
	while (nr--) {
		unit[nr] = quorum_meta_alloc_unit();
		if (!unit[nr])
			return -ENOMEM;
	}
	return 0;
}

static void free_recall(struct quorum_recall *recall)
{
	unsigned int leg;

	for (leg = 0; leg < recall->q->nr_legs; leg++) {
		free_units(recall->super[leg].at, 2);
		free_units(recall->unit[leg].at, QUORUM_META_READ);
	}
	kvfree(recall);
}

/**
 * quorum_recall_put() - the end of what quorum_recall_get() began
 * @recall: what it returned; or NULL
 *
 * As long as legs may read into it, it stays: then this is due again once all
 * that was sent is back.
 *
 * Context: May sleep.
 */
void quorum_recall_put(struct quorum_recall *recall)
{
	if (!recall)
		return;
	/* A batch may have begun: only who makes it may ask who is back. */
	if (READ_ONCE(recall->meta->io.flight.late)) {
		recall->meta->recall = recall;
		return;
	}
	recall->meta->recall = NULL;
	free_recall(recall);
}

/* Nothing is out, and nothing is sent any more.  Context: May sleep. */
void quorum_recall_exit(struct quorum_meta *meta)
{
	if (meta->recall)
		free_recall(meta->recall);
}

/**
 * quorum_recall_get() - make room for what the legs of a set remember
 * @q: the target, with metadata
 *
 * Context: May sleep.
 * Return: What quorum_recall_put() ends, or NULL if there is no memory.
 */
struct quorum_recall *quorum_recall_get(struct quorum *q)
{
	struct quorum_recall *recall;
	unsigned int leg;
	int r = 0;

	if (q->meta->recall)
		return q->meta->recall;
	recall = kvzalloc(sizeof(*recall), GFP_KERNEL);
	if (!recall)
		return NULL;
	recall->q = q;
	recall->meta = q->meta;
	quorum_for_each_leg(leg, q->present)
		r = r ?: alloc_units(recall->super[leg].at, 2) ?:
			 alloc_units(recall->unit[leg].at, QUORUM_META_READ);
	if (!r)
		return recall;
	free_recall(recall);
	return NULL;
}

/* A leg is not waited for too long if @need others answer, or have. */
static void wait_for(struct quorum_recall *recall, unsigned int need, u32 have)
{
	recall->meta->io.need = need;
	recall->meta->io.have = have;
}

/*
 * One slot that was read may be the older: a leg that did not answer when it
 * was asked for the other has not said anything.
 */
static void forget_late(struct quorum_recall *recall)
{
	unsigned int leg;

	quorum_for_each_leg(leg, recall->late)
		recall->answer[leg] = (struct quorum_answer) {
			.found = QUORUM_FOUND_UNREADABLE,
		};
}

/* Read both slots of all legs.  Context: May sleep, on leg I/O. */
void quorum_recall_supers(struct quorum_recall *recall)
{
	unsigned int leg, slot;
	u32 bad;

	memset(recall->answer, 0, sizeof(recall->answer));
	recall->late = 0;
	wait_for(recall, recall->q->threshold, 0);
	for (slot = 0; slot < 2; slot++) {
		bad = quorum_meta_read(&recall->meta->io, recall->q->present,
				       recall->super, slot,
				       quorum_super_sector(slot), 1);
		recall->late |= bad & recall->meta->io.flight.late;
		quorum_for_each_leg(leg, recall->q->present)
			quorum_super_choose(&recall->answer[leg],
					    bad & BIT(leg) ? NULL :
					    recall->super[leg].at[slot], slot);
	}
	forget_late(recall);
}

static void ask_for(struct quorum_recall *recall)
{
	struct quorum_request *want = &recall->want;
	struct quorum *q = recall->q;
	unsigned int leg;

	if (memchr_inv(recall->meta->uuid, 0, QUORUM_UUID_SIZE))
		want->set_uuid = recall->meta->uuid;
	want->nr_legs = q->nr_legs;
	want->threshold = q->threshold;
	want->region_sectors = 1U << q->region_shift;
	want->length = q->ti->len;
	want->rebuild = q->rebuild;
	want->read_only = !q->writable;
	for (leg = 0; leg < q->nr_legs; leg++)
		want->offset[leg] = q->leg[leg].offset;
}

static const char *leg_name(struct quorum_recall *recall, unsigned int leg)
{
	struct quorum_leg *l = &recall->q->leg[leg];

	return l->dev ? l->dev->name : "-";
}

static void log_refusal(struct quorum_recall *recall)
{
	struct quorum_assembly *as = &recall->as;
	const char *name = dm_table_device_name(recall->q->ti->table);
	char numbers[64] = "";

	if (as->need || as->have)
		snprintf(numbers, sizeof(numbers), ": needed %llu, have %llu",
			 as->need, as->have);
	if (as->leg == QUORUM_NO_LEG)
		DMERR("%s: %s%s", name, quorum_refusal_text(as->refusal),
		      numbers);
	else
		DMERR("%s: leg %u (%s) %s%s", name, as->leg,
		      leg_name(recall, as->leg),
		      quorum_refusal_text(as->refusal), numbers);
}

/* Log the legs that the set does without, or that are built anew. */
void quorum_recall_tell(struct quorum_recall *recall)
{
	const struct quorum_assembly *as = &recall->as;
	const struct {
		u32 legs;
		const char *what;
	} about[] = {
		{ as->shunned & recall->late,
		  "does not answer: it is left out" },
		{ as->shunned & ~recall->late,
		  "has no superblock of the set: it is left alone" },
		{ as->damaged, "has a damaged superblock: it is rebuilt" },
		{ as->rolled_back,
		  "has lost what it had acknowledged: it is rebuilt" },
		{ as->change == QUORUM_CHANGE_CREATE ? 0 : as->added,
		  "is new in the set: it is built" },
	};
	unsigned int i, leg;

	for (i = 0; i < ARRAY_SIZE(about); i++)
		quorum_for_each_leg(leg, about[i].legs)
			DMWARN("%s: leg %u (%s) %s",
			       dm_table_device_name(recall->q->ti->table), leg,
			       leg_name(recall, leg), about[i].what);
}

/* Whether a leg's first sectors, up to @end, must not be written over. */
static enum quorum_refusal look_for_blank(struct quorum_recall *recall,
					  unsigned int leg, sector_t end)
{
	unsigned int nr, i;
	sector_t sector;

	wait_for(recall, 1, ~BIT(leg));
	for (sector = 0; sector < end; sector += nr * QUORUM_DISK_SECTORS) {
		nr = min_t(sector_t, QUORUM_META_READ,
			   (end - sector) / QUORUM_DISK_SECTORS);
		if (!nr)
			break;
		if (quorum_meta_read(&recall->meta->io, BIT(leg), recall->unit,
				     0, sector, nr))
			return QUORUM_REFUSE_UNREAD;
		for (i = 0; i < nr; i++)
			if (memchr_inv(recall->unit[leg].at[i], 0,
				       QUORUM_DISK_UNIT))
				return QUORUM_REFUSE_NOT_BLANK;
	}
	return QUORUM_REFUSE_NOT;
}

/*
 * So much of a leg is looked at before it becomes a member: what is to be
 * written, and where other users of a disk keep what they know of it.
 */
static sector_t looked_at(struct quorum_recall *recall, unsigned int leg)
{
	sector_t least = recall->meta->layout.sectors;

	return min(recall->q->leg[leg].offset, max(least, LOOKED_AT));
}

/* A leg that is to be new is looked at closely. */
static bool are_blank(struct quorum_recall *recall)
{
	struct quorum_assembly *as = &recall->as;
	unsigned int leg;

	quorum_for_each_leg(leg, as->added) {
		if (recall->answer[leg].found == QUORUM_FOUND_BLANK)
			as->refusal = look_for_blank(recall, leg,
						     looked_at(recall, leg));
		if (!as->refusal)
			continue;
		as->leg = leg;
		return false;
	}
	return true;
}

/* The layout the set has, or will have. */
static bool lay_out(struct quorum_recall *recall)
{
	u32 planes = quorum_planes_for(recall->q->nr_legs);

	if (recall->as.newest != QUORUM_NO_LEG) {
		const struct quorum_disk_identity *id =
			&recall->answer[recall->as.newest].super->id;

		planes = le32_to_cpu(id->planes);
		if (!quorum_layout(&recall->before, le64_to_cpu(id->length),
				   recall->want.region_sectors, planes))
			return false;
	}
	return quorum_layout(&recall->meta->layout, recall->want.length,
			     recall->want.region_sectors, planes);
}

/**
 * quorum_recall_legs() - decide whether the table can have its legs
 * @recall: of the target; superblocks are read anew
 *
 * Context: May sleep, on leg I/O.
 * Return: Whether it can; if not, the log says why.
 */
bool quorum_recall_legs(struct quorum_recall *recall)
{
	ask_for(recall);
	quorum_recall_supers(recall);
	if (quorum_assemble(&recall->as, &recall->want, recall->answer) &&
	    lay_out(recall) && are_blank(recall))
		return true;
	log_refusal(recall);
	return false;
}

/*
 * The bitmaps.
 */

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
 * nobody is to blame for it; @lost: so may all else.
 */
static void load_word(struct quorum_recall *recall,
		      const struct quorum_disk_block *block, u32 i,
		      unsigned long at, unsigned int shift, bool lost)
{
	struct quorum *q = recall->q;
	const struct quorum_layout *layout = &recall->meta->layout;
	unsigned long dirty;
	unsigned int leg;
	u64 word;

	dirty = quorum_block_word(block, layout, QUORUM_PLANE_DIRTY, i) >>
		shift;
	quorum_recall_dirty(&q->regions, at, dirty);
	quorum_suspects_recall(&q->suspects, at, dirty, !lost);
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
		       bool lost)
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
			load_word(recall, block, i, at, 32 * half, lost);
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
 * copy somewhere.
 */
static bool adopt_block(struct quorum_recall *recall,
			const struct quorum_merge *merge, u32 index,
			unsigned int nr, u32 legs)
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
	load_block(recall, block, index, lost);
	return news || !sure || is_doubtful(recall, block, legs) ||
	       hweight32(newest) < quorum_assembly_quorum(&recall->as);
}

/**
 * quorum_recall_blocks() - take over what is known of all regions
 * @recall: accepted by quorum_recall_legs(), and meta->super is made
 *
 * Blocks that enough legs do not have as they are now are to be written.
 *
 * Context: May sleep, on leg I/O.
 */
void quorum_recall_blocks(struct quorum_recall *recall)
{
	struct quorum_meta *meta = recall->meta;
	u32 blocks = meta->layout.blocks, at, i, nr, bad;
	struct quorum_merge merge;

	quorum_assembly_merge(&recall->as, meta->super, &merge);
	recall->unread = 0;
	wait_for(recall,
		 max(merge.need, quorum_assembly_quorum(&recall->as)), 0);
	for (at = 0; at < blocks; at += nr) {
		nr = min_t(u32, blocks - at, READ_BLOCKS);
		bad = quorum_meta_read(&meta->io, recall->as.trusted,
				       recall->unit, 0,
				       quorum_block_sector(at, 0), 2 * nr);
		recall->unread |= bad;
		for (i = 0; i < nr; i++)
			if (adopt_block(recall, &merge, at + i, i,
					recall->as.trusted & ~bad))
				__set_bit(at + i, meta->needed);
	}
}
