/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-scrub.c: check and repair, which with metadata outlive the device.
 *
 * All of this holds sweep->lock, and does not sleep.
 */
#ifndef DM_QUORUM_SCRUB_H
#define DM_QUORUM_SCRUB_H

#include "dm-quorum-sweep.h"

/* What is asked for, unlike what starts by itself.  Context: Any. */
static inline bool quorum_is_scrub(enum quorum_sync_action action)
{
	return action == QUORUM_SYNC_CHECK || action == QUORUM_SYNC_REPAIR;
}

void __quorum_scrub_start(struct quorum_sweep *sweep,
			  enum quorum_sync_action action, sector_t sector,
			  sector_t sectors);
void __quorum_scrub_go_on(struct quorum_sweep *sweep);
void __quorum_scrub_ended(struct quorum_sweep *sweep);
void __quorum_scrub_clear(struct quorum_sweep *sweep);
void __quorum_scrub_keep(struct quorum_sweep *sweep, bool now);

#endif /* DM_QUORUM_SCRUB_H */
