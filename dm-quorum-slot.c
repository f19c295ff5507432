// SPDX-License-Identifier: GPL-2.0-only
/*
 * One region of the sweep, taken piece by piece, the range of one piece at a
 * time, so foreground I/O waits for a piece at most.
 *
 * Where some leg cannot read all of a piece, the slot goes through it in small
 * steps, and gives the range back after each: a bad block may take its time.
 */
#include "dm-quorum.h"
#include "dm-quorum-behind.h"
#include "dm-quorum-leg.h"
#include "dm-quorum-recheck.h"
#include "dm-quorum-slot.h"

/*
 * A leg that could not be read so many times in a piece is asked last, and
 * after twice as many no more.
 */
#define MAX_BAD			64

static void range_granted(struct quorum_range *range)
{
	struct quorum_slot *slot = container_of(range, struct quorum_slot,
						range);

	slot->granted(slot);
}

/**
 * quorum_slot_init() - make a slot without a region
 * @slot: the slot, all zero
 * @q: the target
 * @granted: as in struct quorum_slot
 *
 * Context: Any.
 */
void quorum_slot_init(struct quorum_slot *slot, struct quorum *q,
		      void (*granted)(struct quorum_slot *slot))
{
	slot->q = q;
	slot->granted = granted;
	slot->range.granted = range_granted;
}

/**
 * quorum_slot_begin() - give a slot a region
 * @slot: the slot
 * @region: the region
 * @known: that something is amiss there is no news
 *
 * Context: Any, without locks of the regions.
 */
void quorum_slot_begin(struct quorum_slot *slot, unsigned long region,
		       bool known)
{
	struct quorum *q = slot->q;

	slot->region = region;
	slot->pos = (sector_t)region << q->region_shift;
	slot->end = min_t(sector_t, q->ti->len,
			  slot->pos + (1ULL << q->region_shift));
	slot->part = false;
	slot->careful = 0;
	slot->reported = 0;
	slot->known = known;
	memset(&slot->found, 0, sizeof(slot->found));
	slot->marks = quorum_marks(&q->regions);
	slot->doubts = quorum_suspects_marks(&q->suspects);
}

/**
 * quorum_slot_confine() - leave out what is not to be looked at
 * @slot: the slot, which has just been given a region
 * @start: what is begins here
 * @end: and ends here
 *
 * Context: Any.
 */
void quorum_slot_confine(struct quorum_slot *slot, sector_t start,
			 sector_t end)
{
	slot->part = start > slot->pos || end < slot->end;
	slot->pos = max(slot->pos, start);
	slot->end = min(slot->end, end);
}

/* Leave what is left of the region.  Context: Any; nobody works on it. */
void quorum_slot_drop(struct quorum_slot *slot)
{
	slot->pos = slot->end;
}

static bool is_careful(struct quorum_slot *slot)
{
	return slot->pos < slot->careful;
}

/* Whether this is the rest of a piece that was cut short. */
static bool is_reported(struct quorum_slot *slot)
{
	return slot->pos < slot->reported;
}

/**
 * quorum_slot_lock() - ask for the range of the next piece
 * @slot: the slot, with something left of its region
 * @bytes: how much to look at, unless it has to go by small steps
 *
 * Context: Any; does not sleep.
 * Return: true if the range is held now; false if ->granted() will say so.
 */
bool quorum_slot_lock(struct quorum_slot *slot, unsigned int bytes)
{
	sector_t end = is_careful(slot) ? slot->careful : slot->end;
	sector_t sectors;

	if (is_careful(slot))
		bytes = slot->piece;
	if (is_reported(slot))
		end = slot->reported;
	sectors = min_t(sector_t, end - slot->pos, bytes >> SECTOR_SHIFT);
	slot->range.start = slot->pos;
	slot->range.last = slot->pos + sectors - 1;
	return quorum_range_lock(&slot->q->ranges, &slot->range);
}

static bool may_rewrite(struct quorum *q, unsigned long region)
{
	return quorum_option(q, QUORUM_REWRITE_CORRUPTED) ||
	       quorum_is_unsettled(&q->suspects, region);
}

static unsigned int look_flags(struct quorum_slot *slot,
			       enum quorum_sync_action action)
{
	unsigned int flags = is_reported(slot) ? QUORUM_LOOK_KNOWN : 0;

	if (action == QUORUM_SYNC_CHECK)
		return flags;
	if (action == QUORUM_SYNC_REPAIR)
		return flags | QUORUM_LOOK_REWRITE;

	flags |= QUORUM_LOOK_REFILL;
	if (action == QUORUM_SYNC_RECOVER)
		flags |= QUORUM_LOOK_REBUILD;
	if (may_rewrite(slot->q, slot->region))
		flags |= QUORUM_LOOK_REWRITE;
	if (slot->known)
		flags |= QUORUM_LOOK_KNOWN;
	return flags;
}

/*
 * Some leg could not read all of the piece: go through it in small steps.  Of
 * several in a row that it cannot read, it is accused for the first.
 */
static void take_care(struct quorum_slot *slot, const struct quorum_look *look)
{
	struct quorum *q = slot->q;

	slot->piece = look->bytes > q->step_size ? q->step_size : q->block_size;
	if (is_careful(slot))
		return;
	slot->careful = look->sector + (look->bytes >> SECTOR_SHIFT);
	slot->told = 0;
	memset(slot->bad, 0, sizeof(slot->bad));
}

/* What was looked at is done with. */
static void advance(struct quorum_slot *slot, const struct quorum_look *look)
{
	const struct quorum_finding *more = &look->found;
	struct quorum_finding *found = &slot->found;
	unsigned int leg;

	slot->pos += look->done >> SECTOR_SHIFT;
	slot->reported = look->sector + (look->bytes >> SECTOR_SHIFT);
	found->differ += more->differ;
	found->unresolved += more->unresolved;
	found->missed |= more->missed;
	found->left_out |= more->left_out;
	found->vague |= more->vague;
	found->passing |= more->passing;
	slot->told = more->unread;
	quorum_for_each_leg(leg, more->unread)
		if (slot->bad[leg] <= 2 * MAX_BAD)
			slot->bad[leg]++;
}

/* The legs that could not be read more than @most times in this piece. */
static u32 bad_legs(struct quorum_slot *slot, unsigned int most)
{
	unsigned int leg;
	u32 bad = 0;

	if (!is_careful(slot))
		return 0;
	for (leg = 0; leg < slot->q->nr_legs; leg++)
		if (slot->bad[leg] > most)
			bad |= BIT(leg);
	return bad;
}

/* What to look at, and how. */
static void look_at(struct quorum_slot *slot, enum quorum_sync_action action,
		    struct quorum_look *look)
{
	memset(look, 0, sizeof(*look));
	look->sector = slot->range.start;
	look->bytes = (slot->range.last - slot->range.start + 1) <<
		      SECTOR_SHIFT;
	look->flags = look_flags(slot, action);
	look->shun = bad_legs(slot, MAX_BAD);
	look->dead = bad_legs(slot, 2 * MAX_BAD);
	look->told = is_careful(slot) ? slot->told : 0;
}

/**
 * quorum_slot_look() - look at a piece, and give its range back
 * @slot: the slot; its range is held
 * @action: what to look at it for
 * @look: set to what came of it; where nothing is done, the piece is to be gone
 *	through in small steps
 *
 * Context: sleeps, on leg I/O.
 */
void quorum_slot_look(struct quorum_slot *slot, enum quorum_sync_action action,
		      struct quorum_look *look)
{
	struct quorum *q = slot->q;

	look_at(slot, action, look);
	quorum_recheck_sweep(q, look);
	/* Whoever writes there from now on is to see it. */
	if (look->found.unresolved)
		quorum_region_decided(&q->suspects, slot->region, false);
	quorum_range_unlock(&q->ranges, &slot->range);
	if (look->done)
		advance(slot, look);
	else
		take_care(slot, look);
}

/*
 * Legs have been made equal.  Those that were not there may differ, and are to
 * be rebuilt; returns false if one of them is back and has a vote.
 */
static bool settle(struct quorum_slot *slot)
{
	struct quorum_finding *found = &slot->found;
	struct quorum *q = slot->q;

	if (found->unresolved || found->passing ||
	    !quorum_is_unsettled(&q->suspects, slot->region))
		return true;
	if (!quorum_legs_left_out(q, slot->region, found->left_out))
		return false;
	quorum_region_settled(&q->suspects, slot->region, slot->doubts);
	return true;
}

/**
 * quorum_slot_finish() - note what is known of a region that is done with
 * @slot: the slot
 * @action: what it was looked at for
 *
 * Context: May sleep; without the range.
 * Return: Whether there is nothing more to do here: a leg that was to be
 * rebuilt has its vote, or cannot have it; and one that came back meanwhile has
 * none where the others were made equal.
 */
bool quorum_slot_finish(struct quorum_slot *slot,
			enum quorum_sync_action action)
{
	struct quorum_finding *found = &slot->found;
	bool decided = !found->unresolved, done = true;
	struct quorum *q = slot->q;

	/* Of the rest nothing is known. */
	if (slot->part)
		return true;
	if (action == QUORUM_SYNC_RECOVER) {
		if (!found->vague)
			done = quorum_legs_rebuilt(q, slot->region, slot->marks,
						   found->missed);
	} else if (action != QUORUM_SYNC_CHECK) {
		decided = decided && !found->missed;
		/* It is suspect throughout, for this or for that. */
		if (!decided)
			quorum_region_decided(&q->suspects, slot->region,
					      false);
		done = settle(slot);
	}
	quorum_region_decided(&q->suspects, slot->region, decided);
	return done;
}
