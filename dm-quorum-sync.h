/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The background sweep: what it is told to do, and what is told of it.
 *
 * The target sets it up, suspends and resumes it, and its messages start and
 * stop it: all of this may sleep.  Writes say what they leave to be done, in
 * whatever context they end.
 */
#ifndef DM_QUORUM_SYNC_H
#define DM_QUORUM_SYNC_H

#include <linux/types.h>

#include "dm-quorum-walk.h"

struct quorum;
struct quorum_kept;

/**
 * struct quorum_sync_state - what is told of the sweep
 * @action: what is under way, in a word
 * @done: sectors that the action, or the last one, is done with
 * @total: of so many
 * @differ: sectors found different by the last resync, check or repair
 * @unresolved: sectors that the last action found no winner for
 * @check_end: when a check or repair last came to its end, in seconds since
 *	1970
 */
struct quorum_sync_state {
	const char *action;
	sector_t done;
	sector_t total;
	u64 differ;
	u64 unresolved;
	u64 check_end;
};

int quorum_sync_init(struct quorum *q, bool resync);
void quorum_sync_exit(struct quorum *q);
void quorum_sync_flush(struct quorum *q);
void quorum_sync_resume(struct quorum *q);
void quorum_sync_suspend(struct quorum *q);
void quorum_sync_due(struct quorum *q);
void quorum_sync_later(struct quorum *q);
void quorum_sync_recover(struct quorum *q);
int quorum_sync_request(struct quorum *q, enum quorum_sync_action action,
			sector_t sector, sector_t sectors);
int quorum_sync_stop(struct quorum *q, bool freeze);
void quorum_sync_clear(struct quorum *q);
void quorum_sync_keep(struct quorum *q);
void quorum_sync_recall(struct quorum *q, const struct quorum_kept *kept);
void quorum_sync_look(struct quorum *q, struct quorum_sync_state *state);

#endif /* DM_QUORUM_SYNC_H */
