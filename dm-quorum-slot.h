/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One region of the sweep, piece by piece.
 *
 * The sweep, whose the slot is, gives it a region, and then again and again
 * asks for the range of the next piece and, once that is there, has it looked
 * at, until nothing is left of the region.  It does one of these at a time, so
 * a slot has no lock.
 */
#ifndef DM_QUORUM_SLOT_H
#define DM_QUORUM_SLOT_H

#include "dm-quorum-look.h"
#include "dm-quorum-range.h"
#include "dm-quorum-vote.h"
#include "dm-quorum-walk.h"

/**
 * struct quorum_slot - one region that the sweep is at
 * @q: the target
 * @granted: called when a range is there that quorum_slot_lock() did not get;
 *	in the context of whoever gave it back: may not sleep, and must leave
 *	looking to others
 * @region: the region
 * @pos: what of it is still to be done begins here
 * @end: and ends here
 * @part: that is not all of it
 * @known: that something is amiss there is no news
 * @careful: up to here, in small pieces: some leg could not read all of a large
 *	one
 * @piece: the size of these, in bytes
 * @bad: how many of these a leg could not read
 * @told: legs that could not read the last one, and were accused of that
 * @reported: up to here, what is amiss has been said: if there is something
 *	left of a piece, it took long to write the rest
 * @found: what came of the region so far
 * @marks: quorum_marks() when the region was begun
 * @doubts: quorum_suspects_marks() then
 * @range: of the piece
 */
struct quorum_slot {
	struct quorum *q;
	void (*granted)(struct quorum_slot *slot);
	unsigned long region;
	sector_t pos;
	sector_t end;
	bool part;
	bool known;
	sector_t careful;
	unsigned int piece;
	u8 bad[QUORUM_MAX_LEGS];
	u32 told;
	sector_t reported;
	struct quorum_finding found;
	u64 marks;
	u64 doubts;
	struct quorum_range range;
};

/* Whether some of its region is left.  Context: Any. */
static inline bool quorum_slot_has_region(const struct quorum_slot *slot)
{
	return slot->pos < slot->end;
}

void quorum_slot_init(struct quorum_slot *slot, struct quorum *q,
		      void (*granted)(struct quorum_slot *slot));
void quorum_slot_begin(struct quorum_slot *slot, unsigned long region,
		       bool known);
void quorum_slot_confine(struct quorum_slot *slot, sector_t start,
			 sector_t end);
void quorum_slot_drop(struct quorum_slot *slot);
bool quorum_slot_lock(struct quorum_slot *slot, unsigned int bytes);
void quorum_slot_look(struct quorum_slot *slot, enum quorum_sync_action action,
		      struct quorum_look *look);
bool quorum_slot_finish(struct quorum_slot *slot,
			enum quorum_sync_action action);

#endif /* DM_QUORUM_SLOT_H */
