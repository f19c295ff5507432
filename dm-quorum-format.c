// SPDX-License-Identifier: GPL-2.0-only
/*
 * Superblocks and bitmap blocks: what is in them, whether they are whole, and
 * which of several counts.
 *
 * Nothing that is read is believed before it was checked, and what was checked
 * can be used as it is: numbers are within bounds, and legs have a plane each.
 */
#include "dm-quorum-format.h"

#ifdef __KERNEL__
#include <linux/bitops.h>
#include <linux/crc32c.h>
#include <linux/log2.h>
#include <linux/string.h>
#endif

static const u8 super_magic[] = { 'd', 'm', 'q', 'u', 'o', 'r', 'u', 'm' };
static const u8 block_magic[] = { 'd', 'm', 'q', 'b' };

/**
 * quorum_planes_for() - how many planes a new set gets
 * @nr_legs: how many legs it has
 *
 * One leg more may come, and a few do not matter.
 */
u32 quorum_planes_for(u32 nr_legs)
{
	if (nr_legs < 4)
		return 4;
	return nr_legs < QUORUM_DISK_LEGS ? nr_legs + 1 : nr_legs;
}

/**
 * quorum_layout() - say where the bitmaps of a set are
 * @layout: set by this
 * @length: sectors of the device
 * @region_sectors: sectors of a region
 * @planes: how many planes for legs
 *
 * Return: Whether there can be such a set.
 */
bool quorum_layout(struct quorum_layout *layout, u64 length,
		   u32 region_sectors, u32 planes)
{
	u64 regions;

	if (!length || !is_power_of_2(region_sectors) || !planes ||
	    planes > QUORUM_DISK_LEGS)
		return false;
	regions = (length - 1) >> __ffs(region_sectors);
	if (regions >= QUORUM_DISK_REGIONS)
		return false;

	layout->regions = regions + 1;
	layout->planes = planes;
	layout->words = QUORUM_DISK_WORDS / (planes + QUORUM_PLANE_MISSED);
	layout->block_regions = 64 * layout->words;
	layout->blocks = (layout->regions - 1) / layout->block_regions + 1;
	layout->sectors = quorum_block_sector(layout->blocks, 0);
	return true;
}

/* Of all but the checksum itself, which is at @at. */
static u32 checksum(const void *data, unsigned int bytes, unsigned int at)
{
	static const __le32 zero;
	unsigned int rest = at + sizeof(zero);
	u32 crc;

	crc = crc32c(~0U, data, at);
	crc = crc32c(crc, &zero, sizeof(zero));
	return ~crc32c(crc, data + rest, bytes - rest);
}

static __le32 identity_crc(const struct quorum_disk_identity *id)
{
	return cpu_to_le32(checksum(id, sizeof(*id),
				    offsetof(struct quorum_disk_identity,
					     crc)));
}

static __le32 super_crc(const struct quorum_disk_super *sb)
{
	return cpu_to_le32(checksum(sb, sizeof(*sb),
				    offsetof(struct quorum_disk_super, crc)));
}

static __le32 block_crc(const struct quorum_disk_block *block)
{
	return cpu_to_le32(checksum(block, sizeof(*block),
				    offsetof(struct quorum_disk_block, crc)));
}

/*
 * Superblocks.
 */

/* How new a superblock is.  It has been checked. */
struct quorum_version quorum_super_version(const struct quorum_disk_super *sb)
{
	return (struct quorum_version) {
		.epoch = le64_to_cpu(sb->epoch),
		.seq = le64_to_cpu(sb->seq),
	};
}

/* The newest superblock that a leg had acknowledged. */
struct quorum_version
quorum_member_version(const struct quorum_disk_member *member)
{
	return (struct quorum_version) {
		.epoch = le64_to_cpu(member->epoch),
		.seq = le64_to_cpu(member->seq),
	};
}

/**
 * quorum_super_seal() - make a superblock ready to be written
 * @sb: all else is there; reserved fields are zero
 * @slot: where it goes
 */
void quorum_super_seal(struct quorum_disk_super *sb, u32 slot)
{
	memcpy(sb->id.magic, super_magic, sizeof(super_magic));
	sb->id.version = cpu_to_le32(QUORUM_DISK_VERSION);
	sb->id.crc = identity_crc(&sb->id);
	sb->slot = cpu_to_le32(slot);
	sb->crc = super_crc(sb);
}

static bool has_uuid(const u8 *uuid)
{
	return memchr_inv(uuid, 0, QUORUM_UUID_SIZE);
}

/* Whether it makes sense, which a checksum does not say. */
static bool is_sane_identity(const struct quorum_disk_identity *id)
{
	u32 nr_legs = le32_to_cpu(id->nr_legs);
	u32 threshold = le32_to_cpu(id->threshold);
	u32 planes = le32_to_cpu(id->planes);
	struct quorum_layout layout;

	return nr_legs && nr_legs <= QUORUM_DISK_LEGS &&
	       le32_to_cpu(id->leg) < nr_legs &&
	       threshold > nr_legs / 2 && threshold <= nr_legs &&
	       planes >= nr_legs &&
	       quorum_layout(&layout, le64_to_cpu(id->length),
			     le32_to_cpu(id->region_sectors), planes) &&
	       le64_to_cpu(id->offset) >= layout.sectors &&
	       has_uuid(id->set_uuid) && has_uuid(id->leg_uuid) &&
	       !id->label[QUORUM_LABEL_SIZE - 1];
}

/* Each leg has a plane of its own, and nobody is there twice. */
static bool are_sane_members(const struct quorum_disk_super *sb)
{
	u32 nr_legs = le32_to_cpu(sb->id.nr_legs);
	u32 taken = 0, i, j;

	for (i = 0; i < nr_legs; i++) {
		const struct quorum_disk_member *member = &sb->member[i];
		u32 plane = le16_to_cpu(member->plane);

		if (plane >= le32_to_cpu(sb->id.planes) ||
		    taken & BIT(plane) || !has_uuid(member->uuid) ||
		    le16_to_cpu(member->state) > QUORUM_MEMBER_REBUILD)
			return false;
		taken |= BIT(plane);
		for (j = 0; j < i; j++)
			if (!memcmp(member->uuid, sb->member[j].uuid,
				    QUORUM_UUID_SIZE))
				return false;
	}
	return !memcmp(sb->member[le32_to_cpu(sb->id.leg)].uuid,
		       sb->id.leg_uuid, QUORUM_UUID_SIZE);
}

static bool is_whole_super(const struct quorum_disk_super *sb, u32 slot)
{
	return sb->crc == super_crc(sb) && le32_to_cpu(sb->slot) == slot &&
	       le64_to_cpu(sb->epoch) && are_sane_members(sb);
}

/**
 * quorum_super_check() - say what is in the place of a superblock
 * @sb: what was read
 * @slot: where
 *
 * Return: What it is.
 */
enum quorum_found quorum_super_check(const struct quorum_disk_super *sb,
				     u32 slot)
{
	if (!memchr_inv(sb, 0, sizeof(*sb)))
		return QUORUM_FOUND_BLANK;
	if (memcmp(sb->id.magic, super_magic, sizeof(super_magic)) ||
	    sb->id.crc != identity_crc(&sb->id))
		return QUORUM_FOUND_FOREIGN;
	if (le32_to_cpu(sb->id.version) != QUORUM_DISK_VERSION ||
	    le32_to_cpu(sb->id.incompat) & ~QUORUM_INCOMPAT_KNOWN)
		return QUORUM_FOUND_UNKNOWN;
	if (!is_sane_identity(&sb->id))
		return QUORUM_FOUND_FOREIGN;
	return is_whole_super(sb, slot) ? QUORUM_FOUND_SUPER :
					  QUORUM_FOUND_DAMAGED;
}

/* Of two that are as good, the newer one counts. */
static bool is_better(const struct quorum_answer *answer,
		      enum quorum_found found,
		      const struct quorum_disk_super *sb)
{
	if (found != answer->found)
		return found > answer->found;
	return found == QUORUM_FOUND_SUPER &&
	       quorum_older(quorum_super_version(answer->super),
			    quorum_super_version(sb));
}

/**
 * quorum_super_choose() - note what one slot of a leg holds
 * @answer: what the leg's other slot was found to hold; all zero before that
 * @sb: what was read, NULL if nothing could be; has to stay
 * @slot: where
 */
void quorum_super_choose(struct quorum_answer *answer,
			 const struct quorum_disk_super *sb, u32 slot)
{
	enum quorum_found found = sb ? quorum_super_check(sb, slot) :
				       QUORUM_FOUND_UNREADABLE;

	if (!is_better(answer, found, sb))
		return;
	answer->found = found;
	answer->super = found >= QUORUM_FOUND_DAMAGED ? sb : NULL;
}

/*
 * Bitmap blocks.
 */

/**
 * quorum_block_init() - make an empty bitmap block
 * @block: the block
 * @set_uuid: the set's
 * @index: which block it is
 */
void quorum_block_init(struct quorum_disk_block *block, const u8 *set_uuid,
		       u32 index)
{
	memset(block, 0, sizeof(*block));
	memcpy(block->magic, block_magic, sizeof(block_magic));
	memcpy(block->set_uuid, set_uuid, QUORUM_UUID_SIZE);
	block->index = cpu_to_le32(index);
}

/**
 * quorum_block_seal() - make a bitmap block ready to be written
 * @block: all else is there
 * @version: how new it is
 * @slot: where it goes
 */
void quorum_block_seal(struct quorum_disk_block *block,
		       struct quorum_version version, u32 slot)
{
	block->epoch = cpu_to_le64(version.epoch);
	block->generation = cpu_to_le64(version.seq);
	block->slot = cpu_to_le32(slot);
	block->crc = block_crc(block);
}

/**
 * quorum_block_check() - whether a bitmap block is whole and in its place
 * @block: what was read
 * @set_uuid: the set's
 * @epoch: the newest there can be: none is written before its epoch is known
 *	to a quorum
 * @index: which block it should be
 * @slot: where it was
 */
bool quorum_block_check(const struct quorum_disk_block *block,
			const u8 *set_uuid, u64 epoch, u32 index, u32 slot)
{
	return !memcmp(block->magic, block_magic, sizeof(block_magic)) &&
	       le32_to_cpu(block->index) == index &&
	       le32_to_cpu(block->slot) == slot &&
	       le64_to_cpu(block->epoch) &&
	       le64_to_cpu(block->epoch) <= epoch &&
	       !memcmp(block->set_uuid, set_uuid, QUORUM_UUID_SIZE) &&
	       block->crc == block_crc(block);
}

/* How new a bitmap block is. */
struct quorum_version
quorum_block_version(const struct quorum_disk_block *block)
{
	return (struct quorum_version) {
		.epoch = le64_to_cpu(block->epoch),
		.seq = le64_to_cpu(block->generation),
	};
}

/* The newer one of two bitmap blocks of a leg.  NULL is not a whole one. */
const struct quorum_disk_block *
quorum_block_choose(const struct quorum_disk_block *a,
		    const struct quorum_disk_block *b)
{
	if (!a || !b)
		return a ? a : b;
	return quorum_older(quorum_block_version(a), quorum_block_version(b)) ?
	       b : a;
}

/* Those of @legs with a copy as new as the newest. */
static u32 newest_copies(const struct quorum_disk_block *const *copy, u32 legs)
{
	struct quorum_version most = {}, version;
	u32 newest = 0, left;

	for (left = legs; left; left &= left - 1) {
		version = quorum_block_version(copy[__ffs(left)]);
		if (quorum_older(most, version)) {
			most = version;
			newest = 0;
		}
		if (!quorum_older(version, most))
			newest |= left & -left;
	}
	return newest;
}

/* Those of @legs with the same bits as @leg. */
static u32 copies_like(const struct quorum_disk_block *const *copy, u32 legs,
		       unsigned int leg)
{
	u32 like = 0, left;

	for (left = legs; left; left &= left - 1)
		if (!memcmp(copy[__ffs(left)]->bits, copy[leg]->bits,
			    sizeof(copy[leg]->bits)))
			like |= left & -left;
	return like;
}

/**
 * quorum_block_newest() - find out which of the copies of a block counts
 * @copy: one for each leg: the newer one of its two
 * @legs: legs that have one, and that are to be believed
 * @need: how many it takes: as many as cannot all have missed what was
 *	acknowledged
 *
 * Copies of one version are the same.  If they are not, somebody lies, and only
 * what more than half of them say counts.
 *
 * Return: The legs that have it; 0 if none does: legs may differ in all of the
 * block's regions.
 */
u32 quorum_block_newest(const struct quorum_disk_block *const *copy, u32 legs,
			unsigned int need)
{
	u32 newest, left, like;

	if (!legs || hweight32(legs) < need)
		return 0;
	newest = newest_copies(copy, legs);
	for (left = newest; left; left &= ~like) {
		like = copies_like(copy, left, __ffs(left));
		if (2 * hweight32(like) > hweight32(newest))
			return like;
	}
	return 0;
}

/**
 * quorum_block_fill() - fill or empty a plane of a bitmap block
 * @block: the block
 * @layout: the set's
 * @plane: which, of enum quorum_plane
 * @value: which
 */
void quorum_block_fill(struct quorum_disk_block *block,
		       const struct quorum_layout *layout, u32 plane,
		       bool value)
{
	memset(block->bits + plane * layout->words, value ? 0xff : 0,
	       layout->words * sizeof(*block->bits));
}

/* A number of legs has so many. */
#define COUNT_BITS	6

static void fill_planes(struct quorum_disk_block *block,
			const struct quorum_layout *layout, u32 planes)
{
	for (; planes; planes &= planes - 1)
		quorum_block_fill(block, layout,
				  QUORUM_PLANE_MISSED + __ffs(planes), true);
}

static __le64 missed_word(const struct quorum_disk_block *block,
			  const struct quorum_layout *layout, u32 plane, u32 i)
{
	return block->bits[(QUORUM_PLANE_MISSED + plane) * layout->words + i];
}

/*
 * The regions of a word in which enough of those that are there have missed
 * nothing: each bit of @sum[] is one of the number of these, region by region.
 */
static __le64 enough_word(const struct quorum_disk_block *block,
			  const struct quorum_layout *layout,
			  const struct quorum_merge *merge, u32 i)
{
	__le64 sum[COUNT_BITS] = {}, more = 0, same = ~(__le64)0;
	u32 left, bit;

	for (left = merge->present; left; left &= left - 1) {
		__le64 carry = ~missed_word(block, layout, __ffs(left), i);

		for (bit = 0; bit < COUNT_BITS; bit++) {
			__le64 both = sum[bit] & carry;

			sum[bit] ^= carry;
			carry = both;
		}
	}
	for (bit = COUNT_BITS; bit--;) {
		if (merge->threshold & BIT(bit)) {
			same &= sum[bit];
		} else {
			more |= same & sum[bit];
			same &= ~sum[bit];
		}
	}
	return more | same;
}

/*
 * Some leg has missed whatever is dirty, but for where there are too few others
 * to change anything: that would only leave fewer.  Returns whether it is news.
 */
static bool miss_dirty(struct quorum_disk_block *block,
		       const struct quorum_layout *layout,
		       const struct quorum_merge *merge)
{
	__le64 news = 0;
	u32 i, left;

	for (i = 0; merge->absent && i < layout->words; i++) {
		__le64 dirty = block->bits[i] &
			       enough_word(block, layout, merge, i);

		for (left = merge->absent; left; left &= left - 1) {
			u32 plane = QUORUM_PLANE_MISSED + __ffs(left);
			__le64 *missed = block->bits + plane * layout->words;

			news |= dirty & ~missed[i];
			missed[i] |= dirty;
		}
	}
	return news;
}

/**
 * quorum_block_adopt() - make of a bitmap block what holds from now on
 * @block: what quorum_block_newest() found; an empty one if that was none
 * @layout: the set's
 * @merge: who is there
 * @lost: quorum_block_newest() found none
 *
 * Planes of merge->rebuild are filled even if they were full.
 *
 * Return: Whether it has to be written, whoever has it.
 */
bool quorum_block_adopt(struct quorum_disk_block *block,
			const struct quorum_layout *layout,
			const struct quorum_merge *merge, bool lost)
{
	bool news;

	if (lost) {
		quorum_block_fill(block, layout, QUORUM_PLANE_DIRTY, true);
		fill_planes(block, layout, merge->behind);
	}
	fill_planes(block, layout, merge->rebuild);
	news = miss_dirty(block, layout, merge);
	return news || lost || merge->rebuild;
}
