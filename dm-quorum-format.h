/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is on a leg below its offset.
 *
 * All of it is in blocks of 4096 bytes, little-endian, at these bytes from the
 * start of the leg's device:
 *
 *	4096		superblock, slot 0
 *	65536		superblock, slot 1
 *	131072		bitmap block b, slot s, at 131072 + b * 8192 + s * 4096
 *	offset		data
 *
 * The first block is left alone.  With r regions, p planes for legs and b
 * bitmap blocks, the smallest offset is
 *
 *	256 + 16 * b sectors,	b = r / (64 * (504 / (p + 2))), rounded up
 *
 * where 504 / (p + 2) is rounded down.
 *
 * A block is written to the slot that does not hold what is known to be there,
 * so one that is torn, lost or misplaced leaves an older one behind.  What it
 * says counts by its version: the epoch, which each activation raises before it
 * does anything else, then a number that is raised within the epoch.
 *
 * A set of legs is a u32 with one bit for each, by their place in the table;
 * of planes, by their number.  Nothing here allocates, sleeps, or knows bios or
 * dm: programs include it as it is.
 */
#ifndef DM_QUORUM_FORMAT_H
#define DM_QUORUM_FORMAT_H

#ifdef __KERNEL__
#include <asm/byteorder.h>
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>
#else
#include "dm-quorum-user.h"
#endif

#define QUORUM_DISK_UNIT	4096
#define QUORUM_DISK_SECTORS	8
#define QUORUM_DISK_VERSION	1
#define QUORUM_DISK_LEGS	32
#define QUORUM_DISK_COUNTERS	7
#define QUORUM_DISK_REGIONS	BIT(28)
#define QUORUM_DISK_WORDS	504
#define QUORUM_UUID_SIZE	16
#define QUORUM_LABEL_SIZE	32

/* Where things are, in sectors. */
#define QUORUM_SUPER_SECTOR	8
#define QUORUM_SUPER_STRIDE	120
#define QUORUM_BLOCKS_SECTOR	256

/* Bits of the feature words: none so far. */
#define QUORUM_INCOMPAT_KNOWN	0
#define QUORUM_RO_COMPAT_KNOWN	0

/**
 * struct quorum_disk_identity - who a leg is
 * @magic: "dmquorum"
 * @crc: crc32c of these 512 bytes with this field zero
 * @version: of the format, 1
 * @set_uuid: the set's
 * @leg_uuid: the leg's, a new one each time that a leg is made
 * @label: name of the set, ended and filled up with zeroes
 * @incompat: features without which the leg cannot be used
 * @ro_compat: features without which it cannot be written
 * @compat: features that need not be known
 * @leg: place of the leg in the table, from 0
 * @nr_legs: how many legs there are
 * @threshold: how many have to agree
 * @region_sectors: sectors of a region, a power of two
 * @length: sectors of the device
 * @offset: where the data starts on this leg, in sectors
 * @created: when the set was, in seconds since 1970; never compared
 * @planes: how many planes for legs there are in a bitmap block, at least
 *	@nr_legs
 * @reserved: zero
 *
 * The first sector of a superblock: no write tears it.  It changes only when
 * the members do, so anybody may read it at any time.  What any version of the
 * format has in common is @magic, @crc, @version, and the feature words.
 */
struct quorum_disk_identity {
	u8 magic[8];
	__le32 crc;
	__le32 version;
	u8 set_uuid[QUORUM_UUID_SIZE];
	u8 leg_uuid[QUORUM_UUID_SIZE];
	u8 label[QUORUM_LABEL_SIZE];
	__le32 incompat;
	__le32 ro_compat;
	__le32 compat;
	__le32 leg;
	__le32 nr_legs;
	__le32 threshold;
	__le32 region_sectors;
	__le32 planes;
	__le64 length;
	__le64 offset;
	__le64 created;
	u8 reserved[376];
};

/* What a member of the set is known to hold. */
enum quorum_member_state {
	/* All that was acknowledged: its plane is empty. */
	QUORUM_MEMBER_IN,
	/* All but what its plane says. */
	QUORUM_MEMBER_BEHIND,
	/* Nothing of use, whatever its plane says. */
	QUORUM_MEMBER_REBUILD,
};

/**
 * struct quorum_disk_member - what a superblock says of one leg of the set
 * @uuid: which leg it is
 * @state: enum quorum_member_state
 * @plane: which plane of the bitmap blocks is about it; it has that for as long
 *	as it is a member, whatever its place in the table
 * @reserved: zero
 * @epoch: of the newest superblock that it had acknowledged
 * @seq: likewise
 */
struct quorum_disk_member {
	u8 uuid[QUORUM_UUID_SIZE];
	__le16 state;
	__le16 plane;
	__le32 reserved;
	__le64 epoch;
	__le64 seq;
};

/**
 * struct quorum_disk_super - a superblock
 * @id: who the leg is
 * @crc: crc32c of all 4096 bytes with this field zero
 * @slot: where it belongs, 0 or 1
 * @epoch: number of the activation that wrote it, from 1
 * @seq: number of the superblock within the epoch; an activation changes
 *	neither data nor members before it has written one with 1
 * @nonce: what tells two activations with one epoch apart
 * @written: when it was, in seconds since 1970; never compared
 * @check_end: when the last check or repair ended, likewise; 0 is never
 * @check_differ: sectors that it, or a resync since, found to differ
 * @check_unresolved: sectors that it found no winner for
 * @no_quorum: requests that failed for lack of agreement
 * @transient: faults that were none on a second look
 * @report_seq: reports so far
 * @action: what the sweep is at, by request: 0 nothing, 1 check, 2 repair
 * @frozen: nothing starts by itself
 * @sweep_first: first sector that it was asked to look at
 * @sweep_end: the one behind the last
 * @sweep_at: where it is
 * @sweep_differ: sectors that it found to differ so far
 * @sweep_unresolved: sectors that it found no winner for
 * @doubt: not zero: bitmap blocks were lost, and legs have not been compared
 *	everywhere since.  Where it is dirty, more than a crash may be to blame
 * @reserved: zero
 * @member: the legs, by their place in the table
 * @counter: their counters, in the order of the status line
 */
struct quorum_disk_super {
	struct quorum_disk_identity id;
	__le32 crc;
	__le32 slot;
	__le64 epoch;
	__le64 seq;
	u8 nonce[QUORUM_UUID_SIZE];
	__le64 written;
	__le64 check_end;
	__le64 check_differ;
	__le64 check_unresolved;
	__le64 no_quorum;
	__le64 transient;
	__le64 report_seq;
	__le32 action;
	__le32 frozen;
	__le64 sweep_first;
	__le64 sweep_end;
	__le64 sweep_at;
	__le64 sweep_differ;
	__le64 sweep_unresolved;
	__le32 doubt;
	u8 reserved[364];
	struct quorum_disk_member member[QUORUM_DISK_LEGS];
	__le64 counter[QUORUM_DISK_LEGS][QUORUM_DISK_COUNTERS];
};

/* The planes of a bitmap block, by number. */
enum quorum_plane {
	/* Legs may differ here. */
	QUORUM_PLANE_DIRTY,
	/* Not used yet: zero. */
	QUORUM_PLANE_BLANK,
	/* Missed by the leg with plane 0; others follow. */
	QUORUM_PLANE_MISSED,
};

/**
 * struct quorum_disk_block - a bitmap block
 * @magic: "dmqb"
 * @crc: crc32c of all 4096 bytes with this field zero
 * @epoch: number of the activation that wrote it
 * @generation: raised each time that it is written within the epoch
 * @index: which block it is
 * @slot: where it belongs, 0 or 1
 * @set_uuid: the set's
 * @reserved: zero
 * @bits: planes, each as many words as there is room for; a region is a bit of
 *	each, lowest first.  Bits behind the last region mean nothing.
 */
struct quorum_disk_block {
	u8 magic[4];
	__le32 crc;
	__le64 epoch;
	__le64 generation;
	__le32 index;
	__le32 slot;
	u8 set_uuid[QUORUM_UUID_SIZE];
	u8 reserved[16];
	__le64 bits[QUORUM_DISK_WORDS];
};

#define QUORUM_AT(type, member, at)					\
	static_assert(offsetof(struct type, member) == (at),		\
		      #type "." #member " is elsewhere")

static_assert(sizeof(struct quorum_disk_identity) == 512, "identity");
QUORUM_AT(quorum_disk_identity, crc, 8);
QUORUM_AT(quorum_disk_identity, version, 12);
QUORUM_AT(quorum_disk_identity, set_uuid, 16);
QUORUM_AT(quorum_disk_identity, leg_uuid, 32);
QUORUM_AT(quorum_disk_identity, label, 48);
QUORUM_AT(quorum_disk_identity, incompat, 80);
QUORUM_AT(quorum_disk_identity, ro_compat, 84);
QUORUM_AT(quorum_disk_identity, compat, 88);
QUORUM_AT(quorum_disk_identity, leg, 92);
QUORUM_AT(quorum_disk_identity, nr_legs, 96);
QUORUM_AT(quorum_disk_identity, threshold, 100);
QUORUM_AT(quorum_disk_identity, region_sectors, 104);
QUORUM_AT(quorum_disk_identity, planes, 108);
QUORUM_AT(quorum_disk_identity, length, 112);
QUORUM_AT(quorum_disk_identity, offset, 120);
QUORUM_AT(quorum_disk_identity, created, 128);
QUORUM_AT(quorum_disk_identity, reserved, 136);

static_assert(sizeof(struct quorum_disk_member) == 40, "member");
QUORUM_AT(quorum_disk_member, state, 16);
QUORUM_AT(quorum_disk_member, plane, 18);
QUORUM_AT(quorum_disk_member, reserved, 20);
QUORUM_AT(quorum_disk_member, epoch, 24);
QUORUM_AT(quorum_disk_member, seq, 32);

static_assert(sizeof(struct quorum_disk_super) == QUORUM_DISK_UNIT, "super");
QUORUM_AT(quorum_disk_super, crc, 512);
QUORUM_AT(quorum_disk_super, slot, 516);
QUORUM_AT(quorum_disk_super, epoch, 520);
QUORUM_AT(quorum_disk_super, seq, 528);
QUORUM_AT(quorum_disk_super, nonce, 536);
QUORUM_AT(quorum_disk_super, written, 552);
QUORUM_AT(quorum_disk_super, check_end, 560);
QUORUM_AT(quorum_disk_super, check_differ, 568);
QUORUM_AT(quorum_disk_super, check_unresolved, 576);
QUORUM_AT(quorum_disk_super, no_quorum, 584);
QUORUM_AT(quorum_disk_super, transient, 592);
QUORUM_AT(quorum_disk_super, report_seq, 600);
QUORUM_AT(quorum_disk_super, action, 608);
QUORUM_AT(quorum_disk_super, frozen, 612);
QUORUM_AT(quorum_disk_super, sweep_first, 616);
QUORUM_AT(quorum_disk_super, sweep_end, 624);
QUORUM_AT(quorum_disk_super, sweep_at, 632);
QUORUM_AT(quorum_disk_super, sweep_differ, 640);
QUORUM_AT(quorum_disk_super, sweep_unresolved, 648);
QUORUM_AT(quorum_disk_super, doubt, 656);
QUORUM_AT(quorum_disk_super, reserved, 660);
QUORUM_AT(quorum_disk_super, member, 1024);
QUORUM_AT(quorum_disk_super, counter, 2304);

static_assert(sizeof(struct quorum_disk_block) == QUORUM_DISK_UNIT, "block");
QUORUM_AT(quorum_disk_block, crc, 4);
QUORUM_AT(quorum_disk_block, epoch, 8);
QUORUM_AT(quorum_disk_block, generation, 16);
QUORUM_AT(quorum_disk_block, index, 24);
QUORUM_AT(quorum_disk_block, slot, 28);
QUORUM_AT(quorum_disk_block, set_uuid, 32);
QUORUM_AT(quorum_disk_block, reserved, 48);
QUORUM_AT(quorum_disk_block, bits, 64);

#undef QUORUM_AT

/**
 * struct quorum_version - how new something is
 * @epoch: of which activation
 * @seq: the how manieth of it: a superblock's seq, a bitmap block's generation
 */
struct quorum_version {
	u64 epoch;
	u64 seq;
};

/* Whether @a is older than @b. */
static inline bool quorum_older(struct quorum_version a,
				struct quorum_version b)
{
	return a.epoch < b.epoch || (a.epoch == b.epoch && a.seq < b.seq);
}

/**
 * struct quorum_layout - where the bitmaps of a set are
 * @regions: how many regions there are
 * @planes: how many planes for legs
 * @words: words of a plane, in one block
 * @block_regions: regions in one block
 * @blocks: how many blocks there are
 * @sectors: the smallest offset for the data
 */
struct quorum_layout {
	u32 regions;
	u32 planes;
	u32 words;
	u32 block_regions;
	u32 blocks;
	u32 sectors;
};

bool quorum_layout(struct quorum_layout *layout, u64 length,
		   u32 region_sectors, u32 planes);
u32 quorum_planes_for(u32 nr_legs);

/* Where a superblock is, in sectors from the start of the leg's device. */
static inline u32 quorum_super_sector(u32 slot)
{
	return QUORUM_SUPER_SECTOR + slot * QUORUM_SUPER_STRIDE;
}

/* The same of a bitmap block. */
static inline u32 quorum_block_sector(u32 index, u32 slot)
{
	return QUORUM_BLOCKS_SECTOR + (2 * index + slot) * QUORUM_DISK_SECTORS;
}

/**
 * enum quorum_found - what a leg holds where a superblock should be
 * @QUORUM_FOUND_ABSENT: there is no such leg
 * @QUORUM_FOUND_BLANK: zeroes
 * @QUORUM_FOUND_UNREADABLE: it cannot be read
 * @QUORUM_FOUND_FOREIGN: something else
 * @QUORUM_FOUND_DAMAGED: the identity of a leg, and a rest that is damaged
 * @QUORUM_FOUND_SUPER: a superblock
 * @QUORUM_FOUND_UNKNOWN: a leg with features that are not known
 *
 * Of two slots, what is later in this list counts.
 */
enum quorum_found {
	QUORUM_FOUND_ABSENT,
	QUORUM_FOUND_BLANK,
	QUORUM_FOUND_UNREADABLE,
	QUORUM_FOUND_FOREIGN,
	QUORUM_FOUND_DAMAGED,
	QUORUM_FOUND_SUPER,
	QUORUM_FOUND_UNKNOWN,
};

/**
 * struct quorum_answer - what a leg answered
 * @found: what it holds
 * @super: the superblock, of which only the identity counts if @found says that
 *	it is damaged; not set unless there is an identity
 */
struct quorum_answer {
	enum quorum_found found;
	const struct quorum_disk_super *super;
};

struct quorum_version quorum_super_version(const struct quorum_disk_super *sb);
struct quorum_version
quorum_member_version(const struct quorum_disk_member *member);
void quorum_super_seal(struct quorum_disk_super *sb, u32 slot);
enum quorum_found quorum_super_check(const struct quorum_disk_super *sb,
				     u32 slot);
void quorum_super_choose(struct quorum_answer *answer,
			 const struct quorum_disk_super *sb, u32 slot);

void quorum_block_init(struct quorum_disk_block *block, const u8 *set_uuid,
		       u32 index);
void quorum_block_seal(struct quorum_disk_block *block,
		       struct quorum_version version, u32 slot);
bool quorum_block_check(const struct quorum_disk_block *block,
			const u8 *set_uuid, u64 epoch, u32 index, u32 slot);
struct quorum_version
quorum_block_version(const struct quorum_disk_block *block);
const struct quorum_disk_block *
quorum_block_choose(const struct quorum_disk_block *a,
		    const struct quorum_disk_block *b);

/**
 * struct quorum_merge - what is to be made of copies of a bitmap block
 * @need: how many copies it takes
 * @behind: planes of legs that may have missed what nobody knows of
 * @absent: planes of legs that are not there: they miss whatever is dirty
 * @rebuild: planes of legs of whose content nothing is of use
 * @present: planes of legs that are there
 * @threshold: how many of those it takes to change anything
 */
struct quorum_merge {
	unsigned int need;
	u32 behind;
	u32 absent;
	u32 rebuild;
	u32 present;
	u32 threshold;
};

u32 quorum_block_newest(const struct quorum_disk_block *const *copy, u32 legs,
			unsigned int need);
bool quorum_block_adopt(struct quorum_disk_block *block,
			const struct quorum_layout *layout,
			const struct quorum_merge *merge, bool lost);
void quorum_block_fill(struct quorum_disk_block *block,
		       const struct quorum_layout *layout, u32 plane,
		       bool value);

/* A word of a plane of a bitmap block: 64 regions. */
static inline u64 quorum_block_word(const struct quorum_disk_block *block,
				    const struct quorum_layout *layout,
				    u32 plane, u32 word)
{
	return le64_to_cpu(block->bits[plane * layout->words + word]);
}

static inline void quorum_block_set_word(struct quorum_disk_block *block,
					 const struct quorum_layout *layout,
					 u32 plane, u32 word, u64 value)
{
	block->bits[plane * layout->words + word] = cpu_to_le64(value);
}

#endif /* DM_QUORUM_FORMAT_H */
