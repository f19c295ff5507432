/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sweep's walk over the regions: which is next, how far it came, and what
 * it found.
 *
 * The sweep calls all of this, under its lock, in any context.
 */
#ifndef DM_QUORUM_WALK_H
#define DM_QUORUM_WALK_H

#include <linux/types.h>

struct quorum;
struct quorum_look;

/* The sweep's actions; resync and recover start by themselves. */
enum quorum_sync_action {
	QUORUM_SYNC_IDLE,
	QUORUM_SYNC_RESYNC,
	QUORUM_SYNC_RECOVER,
	QUORUM_SYNC_CHECK,
	QUORUM_SYNC_REPAIR,
};

/**
 * struct quorum_walk - the action that is under way, or was last
 * @action: what is under way
 * @first: the legs are being made equal for the first time
 * @passing: what the action could not do may be possible later
 * @start: the first sector that it is about
 * @end: the one behind the last
 * @next: the next region to look at
 * @done: sectors that the action, or the last one, is done with
 * @total: of so many
 * @differ: sectors found different by the last resync, check or repair
 * @unresolved: sectors that the last action found no winner for
 */
struct quorum_walk {
	enum quorum_sync_action action;
	bool first;
	bool passing;
	sector_t start;
	sector_t end;
	unsigned long next;
	sector_t done;
	sector_t total;
	u64 differ;
	u64 unresolved;
};

void quorum_walk_start(struct quorum_walk *walk, struct quorum *q,
		       enum quorum_sync_action action);
void quorum_walk_confine(struct quorum_walk *walk, struct quorum *q,
			 sector_t sector, sector_t sectors);
void quorum_walk_skip(struct quorum_walk *walk, struct quorum *q, sector_t at);
bool quorum_walk_has_region(struct quorum_walk *walk, struct quorum *q);
bool quorum_walk_take(struct quorum_walk *walk, struct quorum *q,
		      unsigned long *region, bool *known);
void quorum_walk_count(struct quorum_walk *walk,
		       const struct quorum_look *look);
void quorum_walk_end(struct quorum_walk *walk, bool whole);

#endif /* DM_QUORUM_WALK_H */
