/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which legs make a set, and what each of them is good for.
 *
 * The caller reads the superblocks of all legs, and has it decided here whether
 * the table may have them.  Nothing is written before that.  Then the caller
 *
 *	act_epoch	writes the superblock of quorum_assembly_super(), with a
 *			nonce of its own, to the trusted legs
 *	act_table	writes to these whatever bitmap blocks are not as
 *			quorum_block_adopt() wants them, or not on enough legs,
 *			and with the last of them that superblock again, with
 *			seq 1
 *	act_late	writes all bitmap blocks, then the superblock, to legs
 *			that cannot be trusted
 *
 * and goes on from each of the first two once quorum_assembly_quorum() of the
 * trusted legs have it.  A leg that makes a set larger is written with them,
 * and has to have it, too.  One that replaces another, or has lost something,
 * is late: it must not speak for others about what it has not seen.  Data is
 * not written before act_table is done.
 */
#ifndef DM_QUORUM_ASSEMBLE_H
#define DM_QUORUM_ASSEMBLE_H

#include "dm-quorum-format.h"

#define QUORUM_NO_LEG	0xff

/**
 * struct quorum_request - what the table asks for
 * @set_uuid: the set; NULL is whichever the legs are of
 * @nr_legs: how many legs there are
 * @threshold: how many have to agree, more than half of them
 * @region_sectors: sectors of a region
 * @length: sectors of the device
 * @offset: where the data starts on each leg, in sectors
 * @rebuild: legs the content of which is not to be trusted
 * @read_only: nothing may be written
 */
struct quorum_request {
	const u8 *set_uuid;
	u32 nr_legs;
	u32 threshold;
	u32 region_sectors;
	u64 length;
	u64 offset[QUORUM_DISK_LEGS];
	u32 rebuild;
	bool read_only;
};

/**
 * enum quorum_refusal - why a table cannot have its legs
 * @QUORUM_REFUSE_NOT: it can
 * @QUORUM_REFUSE_UNKNOWN: a leg has features that are not known
 * @QUORUM_REFUSE_READ_ONLY: a leg has some with which it cannot be written
 * @QUORUM_REFUSE_NOT_BLANK: a leg that is to be new has something on it
 * @QUORUM_REFUSE_UNREAD: it cannot be told whether it has
 * @QUORUM_REFUSE_DAMAGED: no leg is whole, and this one is damaged
 * @QUORUM_REFUSE_SET: a leg is of another set
 * @QUORUM_REFUSE_SPLIT: a leg has a past that no other leg can have
 * @QUORUM_REFUSE_PLACE: a leg belongs to another place in the table
 * @QUORUM_REFUSE_REPLACED: a leg was replaced
 * @QUORUM_REFUSE_BLANK: a leg is blank, and nobody said that it is new
 * @QUORUM_REFUSE_NEW: a new set needs all its legs
 * @QUORUM_REFUSE_FEW: there are fewer legs than it takes
 * @QUORUM_REFUSE_LEGS: the set has another number of legs
 * @QUORUM_REFUSE_THRESHOLD: the set has another threshold
 * @QUORUM_REFUSE_REGION: the set has another region size
 * @QUORUM_REFUSE_LENGTH: the set is longer
 * @QUORUM_REFUSE_OFFSET: a leg has its data at another offset
 * @QUORUM_REFUSE_ROOM: there is too little room below a leg's offset
 * @QUORUM_REFUSE_PLANES: the set cannot have more legs
 * @QUORUM_REFUSE_DROP: it cannot be told which leg is to go
 * @QUORUM_REFUSE_BEHIND: too few of the legs that stay are in sync
 * @QUORUM_REFUSE_CHANGES: one change at a time
 * @QUORUM_REFUSE_CHANGE: a change needs a table that can be written
 * @QUORUM_REFUSE_STALE: something else has used the set since
 * @QUORUM_NR_REFUSALS: how many there are
 */
enum quorum_refusal {
	QUORUM_REFUSE_NOT,
	QUORUM_REFUSE_UNKNOWN,
	QUORUM_REFUSE_READ_ONLY,
	QUORUM_REFUSE_NOT_BLANK,
	QUORUM_REFUSE_UNREAD,
	QUORUM_REFUSE_DAMAGED,
	QUORUM_REFUSE_SET,
	QUORUM_REFUSE_SPLIT,
	QUORUM_REFUSE_PLACE,
	QUORUM_REFUSE_REPLACED,
	QUORUM_REFUSE_BLANK,
	QUORUM_REFUSE_NEW,
	QUORUM_REFUSE_FEW,
	QUORUM_REFUSE_LEGS,
	QUORUM_REFUSE_THRESHOLD,
	QUORUM_REFUSE_REGION,
	QUORUM_REFUSE_LENGTH,
	QUORUM_REFUSE_OFFSET,
	QUORUM_REFUSE_ROOM,
	QUORUM_REFUSE_PLANES,
	QUORUM_REFUSE_DROP,
	QUORUM_REFUSE_BEHIND,
	QUORUM_REFUSE_CHANGES,
	QUORUM_REFUSE_CHANGE,
	QUORUM_REFUSE_STALE,
	QUORUM_NR_REFUSALS
};

/* How the table changes the set. */
enum quorum_set_change {
	QUORUM_CHANGE_NONE,
	/* It is new, or has never been used. */
	QUORUM_CHANGE_CREATE,
	/* A blank leg takes the place of one. */
	QUORUM_CHANGE_REPLACE,
	/* It has one more leg, the last. */
	QUORUM_CHANGE_ADD,
	/* It has one less. */
	QUORUM_CHANGE_DROP,
	/* It is longer. */
	QUORUM_CHANGE_GROW,
};

/**
 * struct quorum_assembly - what is to be made of the legs
 * @want: what the table asks for
 * @answer: what each leg answered
 * @refusal: why it is refused, if it is
 * @leg: the leg that is to blame, or QUORUM_NO_LEG
 * @need: what there should be, where @refusal is about a number
 * @have: what there is
 * @change: how the table changes the set
 * @newest: the leg whose superblock counts; QUORUM_NO_LEG for a new set
 * @dropped: the member that is to go, by its old place; or QUORUM_NO_LEG
 * @trusted: legs that know what a quorum knew
 * @damaged: legs with superblocks that are damaged
 * @rolled_back: legs that have lost what they had acknowledged
 * @shunned: legs not to be touched: unreadable, or with something else on them
 * @added: legs that are new in the set
 * @late: legs to be written after the others
 * @live: legs that take part
 * @state: what each leg holds, an enum quorum_member_state
 */
struct quorum_assembly {
	const struct quorum_request *want;
	const struct quorum_answer *answer;
	enum quorum_refusal refusal;
	u8 leg;
	u64 need;
	u64 have;
	enum quorum_set_change change;
	u8 newest;
	u8 dropped;
	u32 trusted;
	u32 damaged;
	u32 rolled_back;
	u32 shunned;
	u32 added;
	u32 late;
	u32 live;
	u8 state[QUORUM_DISK_LEGS];
};

bool quorum_assemble(struct quorum_assembly *as,
		     const struct quorum_request *want,
		     const struct quorum_answer *answer);
const char *quorum_refusal_text(enum quorum_refusal refusal);
unsigned int quorum_assembly_quorum(const struct quorum_assembly *as);
unsigned int quorum_assembly_copies(const struct quorum_assembly *as);
void quorum_assembly_super(const struct quorum_assembly *as,
			   struct quorum_disk_super *sb,
			   const u8 *fresh);
void quorum_assembly_merge(const struct quorum_assembly *as,
			   const struct quorum_disk_super *sb,
			   struct quorum_merge *merge);
void quorum_super_address(struct quorum_disk_super *sb, unsigned int leg,
			  u64 offset);
enum quorum_refusal quorum_still_ours(const struct quorum_answer *answer,
				      const struct quorum_disk_super *ours);

#endif /* DM_QUORUM_ASSEMBLE_H */
