// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sweep's walk over the regions.  It goes past those that its action is not
 * about, and may be about a part of the first and the last.
 */
#include "dm-quorum.h"
#include "dm-quorum-behind.h"
#include "dm-quorum-look.h"
#include "dm-quorum-walk.h"

/* Sectors in the regions that the action is about. */
static sector_t total(struct quorum *q, enum quorum_sync_action action)
{
	unsigned long regions = quorum_nr_undecided(&q->suspects);

	if (action == QUORUM_SYNC_RESYNC)
		regions += quorum_nr_unsettled(&q->suspects);
	else if (action == QUORUM_SYNC_RECOVER)
		regions += quorum_nr_stale(&q->regions);
	else
		return q->ti->len;
	return min_t(sector_t, q->ti->len,
		     (sector_t)regions << q->region_shift);
}

/* Begin an action.  Context: Holds the sweep's lock. */
void quorum_walk_start(struct quorum_walk *walk, struct quorum *q,
		       enum quorum_sync_action action)
{
	walk->action = action;
	walk->passing = false;
	walk->start = 0;
	walk->end = q->ti->len;
	walk->next = 0;
	walk->done = 0;
	walk->total = total(q, action);
	walk->unresolved = 0;
	if (action != QUORUM_SYNC_RECOVER)
		walk->differ = 0;
}

/**
 * quorum_walk_confine() - have a scrub that has just begun look at a range only
 * @walk: the walk
 * @q: the target
 * @sector: first sector
 * @sectors: how many, at least one; it goes by whole blocks
 *
 * Context: Holds the sweep's lock.
 */
void quorum_walk_confine(struct quorum_walk *walk, struct quorum *q,
			 sector_t sector, sector_t sectors)
{
	sector_t block = q->block_size >> SECTOR_SHIFT;

	walk->start = round_down(sector, block);
	walk->end = min(q->ti->len, round_up(sector + sectors, block));
	walk->next = walk->start >> q->region_shift;
	walk->total = walk->end - walk->start;
}

/**
 * quorum_walk_skip() - leave out what has been looked at before
 * @walk: the walk, of a scrub that has just begun
 * @q: the target
 * @at: where to begin: where it did, or a region does
 *
 * Context: Holds the sweep's lock.
 */
void quorum_walk_skip(struct quorum_walk *walk, struct quorum *q, sector_t at)
{
	walk->next = at >> q->region_shift;
	walk->done = at - walk->start;
}

/**
 * quorum_walk_has_region() - whether there is another region to look at
 * @walk: the walk
 * @q: the target
 *
 * Undecided regions are looked at each time: that may have changed.
 *
 * Context: Holds the sweep's lock.
 */
bool quorum_walk_has_region(struct quorum_walk *walk, struct quorum *q)
{
	if (walk->action == QUORUM_SYNC_RESYNC)
		walk->next = quorum_next_suspect(&q->suspects, walk->next);
	else if (walk->action == QUORUM_SYNC_RECOVER)
		walk->next = min(quorum_next_stale(&q->regions, walk->next),
				 quorum_next_undecided(&q->suspects,
						       walk->next));
	return (sector_t)walk->next << q->region_shift < walk->end;
}

/* That a region without a winner has none is no news, nor is a failed write. */
static bool is_known(struct quorum_walk *walk, struct quorum *q,
		     unsigned long region)
{
	return quorum_is_undecided(&q->suspects, region) ||
	       (!walk->first && quorum_is_unsettled(&q->suspects, region));
}

/**
 * quorum_walk_take() - go to the next region
 * @walk: the walk
 * @q: the target
 * @region: set to which that is
 * @known: set to whether there is no news in it if something is amiss
 *
 * Context: Holds the sweep's lock.
 * Return: false if there is none left.
 */
bool quorum_walk_take(struct quorum_walk *walk, struct quorum *q,
		      unsigned long *region, bool *known)
{
	if (!quorum_walk_has_region(walk, q))
		return false;
	*region = walk->next++;
	*known = is_known(walk, q, *region);
	return true;
}

/* Count what came of a piece.  Context: Holds the sweep's lock. */
void quorum_walk_count(struct quorum_walk *walk,
		       const struct quorum_look *look)
{
	walk->done += look->done >> SECTOR_SHIFT;
	walk->unresolved += look->found.unresolved;
	walk->passing |= look->found.passing;
	if (walk->action != QUORUM_SYNC_RECOVER)
		walk->differ += look->found.differ;
}

/**
 * quorum_walk_end() - the action is over
 * @walk: the walk
 * @whole: it was not cut short
 *
 * Context: Holds the sweep's lock.
 */
void quorum_walk_end(struct quorum_walk *walk, bool whole)
{
	if (walk->action == QUORUM_SYNC_RESYNC && whole)
		walk->first = false;
	walk->passing = false;
	walk->action = QUORUM_SYNC_IDLE;
}
