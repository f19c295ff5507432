// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is written once it is decided which legs make a set.
 */
#include "dm-quorum-assemble.h"

#ifdef __KERNEL__
#include <linux/bitops.h>
#include <linux/minmax.h>
#include <linux/string.h>
#endif

static const char * const texts[QUORUM_NR_REFUSALS] = {
	[QUORUM_REFUSE_NOT] = "accepted",
	[QUORUM_REFUSE_UNKNOWN] = "was made by a later version",
	[QUORUM_REFUSE_READ_ONLY] = "can only be read by this version",
	[QUORUM_REFUSE_NOT_BLANK] = "is not blank below its offset",
	[QUORUM_REFUSE_UNREAD] = "cannot be read below its offset",
	[QUORUM_REFUSE_DAMAGED] = "is damaged, and so are all others",
	[QUORUM_REFUSE_SET] = "belongs to another set",
	[QUORUM_REFUSE_SPLIT] = "was changed apart from the others",
	[QUORUM_REFUSE_PLACE] = "belongs to another place in the table",
	[QUORUM_REFUSE_REPLACED] = "is no member of the set: it was replaced",
	[QUORUM_REFUSE_BLANK] = "is blank: to have it replaced takes rebuild",
	[QUORUM_REFUSE_NEW] = "is not there: a new set takes all its legs",
	[QUORUM_REFUSE_FEW] = "too few legs of the set",
	[QUORUM_REFUSE_LEGS] = "the set has another number of legs",
	[QUORUM_REFUSE_THRESHOLD] = "the threshold is not the set's",
	[QUORUM_REFUSE_REGION] = "the region size is not the set's",
	[QUORUM_REFUSE_LENGTH] = "the set is longer",
	[QUORUM_REFUSE_OFFSET] = "has its data at another offset",
	[QUORUM_REFUSE_ROOM] = "has too little room below its offset",
	[QUORUM_REFUSE_PLANES] = "the set cannot have as many legs",
	[QUORUM_REFUSE_DROP] = "it is not clear which leg is to go",
	[QUORUM_REFUSE_BEHIND] = "too few of the legs that stay are in sync",
	[QUORUM_REFUSE_CHANGES] = "more than one change of the set",
	[QUORUM_REFUSE_CHANGE] = "a change of the set takes a writable table",
	[QUORUM_REFUSE_STALE] = "the set was used by something else",
};

/* A refusal in words; they are about a leg if there is one to blame. */
const char *quorum_refusal_text(enum quorum_refusal refusal)
{
	return texts[refusal];
}

/**
 * quorum_assembly_quorum() - how many trusted legs each step takes
 * @as: the assembly, decided or being so
 *
 * Whoever comes later with the old table has one of them, and so has whoever
 * comes with the new one.  A leg that is added counts for the new one, beside
 * these.
 */
unsigned int quorum_assembly_quorum(const struct quorum_assembly *as)
{
	const struct quorum_disk_super *sb;
	u32 threshold;

	if (as->change == QUORUM_CHANGE_CREATE)
		return as->want->nr_legs;
	sb = as->answer[as->newest].super;
	threshold = le32_to_cpu(sb->id.threshold);
	if (as->change == QUORUM_CHANGE_ADD)
		return max(threshold, as->want->threshold - 1);
	return max(threshold, as->want->threshold);
}

/**
 * quorum_assembly_copies() - how many copies of a bitmap block it takes
 * @as: the assembly
 *
 * As many as cannot all have missed what a quorum took.  Not for a new set.
 */
unsigned int quorum_assembly_copies(const struct quorum_assembly *as)
{
	const struct quorum_disk_super *sb = as->answer[as->newest].super;

	return le32_to_cpu(sb->id.nr_legs) - le32_to_cpu(sb->id.threshold) + 1;
}

/* The lowest plane that no member has, but for the new one itself. */
static u32 free_plane(const struct quorum_disk_super *sb, u32 nr_legs)
{
	u32 taken = 0, i;

	for (i = 0; i < nr_legs; i++)
		taken |= BIT(le16_to_cpu(sb->member[i].plane));
	return __ffs(~taken);
}

static void add_member(const struct quorum_assembly *as,
		       struct quorum_disk_super *sb, unsigned int leg,
		       const u8 *uuid)
{
	struct quorum_disk_member *member = &sb->member[leg];

	/* One in the place of another has its plane. */
	if (as->change != QUORUM_CHANGE_REPLACE)
		member->plane = cpu_to_le16(free_plane(sb, leg));
	memcpy(member->uuid, uuid, sizeof(member->uuid));
	member->epoch = 0;
	member->seq = 0;
	memset(sb->counter[leg], 0, sizeof(sb->counter[leg]));
}

/*
 * What a leg has is what it has acknowledged, or more.  One that has less must
 * be found out the next time, too, if it is not written before that.
 */
static void set_acknowledged(const struct quorum_assembly *as,
			     struct quorum_disk_member *member,
			     unsigned int leg)
{
	const struct quorum_answer *answer = &as->answer[leg];
	struct quorum_version version;

	if (answer->found != QUORUM_FOUND_SUPER ||
	    as->rolled_back & BIT(leg))
		return;
	version = quorum_super_version(answer->super);
	member->epoch = cpu_to_le64(version.epoch);
	member->seq = cpu_to_le64(version.seq);
}

/* Those behind a leg that goes move up. */
static void drop_member(struct quorum_disk_super *sb, u32 nr_legs, u32 dropped)
{
	u32 rest = nr_legs - dropped - 1;

	memmove(&sb->member[dropped], &sb->member[dropped + 1],
		rest * sizeof(sb->member[0]));
	memset(&sb->member[nr_legs - 1], 0, sizeof(sb->member[0]));
	memmove(&sb->counter[dropped], &sb->counter[dropped + 1],
		rest * sizeof(sb->counter[0]));
	memset(&sb->counter[nr_legs - 1], 0, sizeof(sb->counter[0]));
}

static void take_over(const struct quorum_assembly *as,
		      struct quorum_disk_super *sb)
{
	const struct quorum_disk_super *newest = as->answer[as->newest].super;

	*sb = *newest;
	if (as->change != QUORUM_CHANGE_CREATE)
		sb->epoch = cpu_to_le64(le64_to_cpu(sb->epoch) + 1);
	if (as->change == QUORUM_CHANGE_DROP)
		drop_member(sb, le32_to_cpu(newest->id.nr_legs), as->dropped);
}

/**
 * quorum_assembly_super() - make the superblock of an activation
 * @as: the assembly, which was accepted
 * @sb: set by this, but for the nonce, and what is of one leg or slot only.
 *	For a set that is new altogether it has been zeroed and has set_uuid,
 *	label and created
 * @fresh: a UUID for each leg, one after the other, in case that it is new
 */
void quorum_assembly_super(const struct quorum_assembly *as,
			   struct quorum_disk_super *sb,
			   const u8 *fresh)
{
	unsigned int leg;

	if (as->newest != QUORUM_NO_LEG) {
		take_over(as, sb);
	} else {
		sb->epoch = cpu_to_le64(1);
		sb->id.planes =
			cpu_to_le32(quorum_planes_for(as->want->nr_legs));
		sb->id.region_sectors = cpu_to_le32(as->want->region_sectors);
	}
	sb->seq = 0;
	sb->id.nr_legs = cpu_to_le32(as->want->nr_legs);
	sb->id.threshold = cpu_to_le32(as->want->threshold);
	sb->id.length = cpu_to_le64(as->want->length);
	for (leg = 0; leg < as->want->nr_legs; leg++) {
		if (as->added & BIT(leg))
			add_member(as, sb, leg, fresh + leg * QUORUM_UUID_SIZE);
		else
			set_acknowledged(as, &sb->member[leg], leg);
		sb->member[leg].state = cpu_to_le16(as->state[leg]);
	}
}

/**
 * quorum_assembly_merge() - say what is to be made of the bitmap blocks
 * @as: the assembly, not of a new set
 * @sb: what quorum_assembly_super() made
 * @merge: set by this
 *
 * A leg that was in sync has missed nothing, whatever has become of a block.
 */
void quorum_assembly_merge(const struct quorum_assembly *as,
			   const struct quorum_disk_super *sb,
			   struct quorum_merge *merge)
{
	unsigned int leg;

	merge->need = quorum_assembly_copies(as);
	merge->behind = 0;
	merge->absent = 0;
	merge->rebuild = 0;
	merge->present = 0;
	merge->threshold = as->want->threshold;
	for (leg = 0; leg < as->want->nr_legs; leg++) {
		u32 plane = BIT(le16_to_cpu(sb->member[leg].plane));

		if (as->state[leg] != QUORUM_MEMBER_IN)
			merge->behind |= plane;
		if (!(as->live & BIT(leg)))
			merge->absent |= plane;
		else if (as->state[leg] != QUORUM_MEMBER_REBUILD)
			merge->present |= plane;
	}
}

/**
 * quorum_super_address() - make a superblock one of a certain leg
 * @sb: that of the set
 * @leg: which
 * @offset: where its data starts, in sectors
 */
void quorum_super_address(struct quorum_disk_super *sb, unsigned int leg,
			  u64 offset)
{
	sb->id.leg = cpu_to_le32(leg);
	sb->id.offset = cpu_to_le64(offset);
	memcpy(sb->id.leg_uuid, sb->member[leg].uuid, QUORUM_UUID_SIZE);
}

/* Whether a superblock is one that was written after ours, or beside it. */
static bool is_later(const struct quorum_disk_super *sb,
		     const struct quorum_disk_super *ours)
{
	struct quorum_version version = quorum_super_version(ours);

	return quorum_older(version, quorum_super_version(sb)) ||
	       (sb->epoch == ours->epoch &&
		memcmp(sb->nonce, ours->nonce, sizeof(sb->nonce)));
}

static bool is_of(const struct quorum_answer *answer,
		  const struct quorum_disk_super *ours, u32 leg)
{
	return answer->found == QUORUM_FOUND_SUPER &&
	       !memcmp(answer->super->id.set_uuid, ours->id.set_uuid,
		       QUORUM_UUID_SIZE) &&
	       !memcmp(answer->super->id.leg_uuid, ours->member[leg].uuid,
		       QUORUM_UUID_SIZE);
}

/**
 * quorum_still_ours() - whether nobody has used a set meanwhile
 * @answer: what each leg answered now
 * @ours: the last superblock that a quorum took
 *
 * Return: QUORUM_REFUSE_NOT if so; if somebody has, or a leg is another one,
 * QUORUM_REFUSE_STALE; QUORUM_REFUSE_FEW if that cannot be told.
 */
enum quorum_refusal quorum_still_ours(const struct quorum_answer *answer,
				      const struct quorum_disk_super *ours)
{
	u32 nr_legs = le32_to_cpu(ours->id.nr_legs);
	u32 need = nr_legs - le32_to_cpu(ours->id.threshold) + 1;
	u32 leg, have = 0;

	for (leg = 0; leg < nr_legs; leg++) {
		if (answer[leg].found < QUORUM_FOUND_SUPER)
			continue;
		if (!is_of(&answer[leg], ours, leg) ||
		    is_later(answer[leg].super, ours))
			return QUORUM_REFUSE_STALE;
		have++;
	}
	return have >= need ? QUORUM_REFUSE_NOT : QUORUM_REFUSE_FEW;
}
