// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scrubs: a check or a repair, of all or of a range.
 *
 * With metadata the legs are told how far one is, and what came of the last.
 * One that was cut short when the set was put out of use goes on when that is
 * used again, and nothing more urgent is to be done.
 */
#include "dm-quorum.h"
#include "dm-quorum-meta.h"
#include "dm-quorum-scrub.h"

#include <linux/ktime.h>

/**
 * __quorum_scrub_start() - begin to look at a range
 * @sweep: the sweep, which is idle
 * @action: QUORUM_SYNC_CHECK or QUORUM_SYNC_REPAIR
 * @sector: first sector
 * @sectors: how many, at least one
 *
 * One that was to go on does not any more.
 *
 * Context: Any; holds the lock.
 */
void __quorum_scrub_start(struct quorum_sweep *sweep,
			  enum quorum_sync_action action, sector_t sector,
			  sector_t sectors)
{
	sweep->kept.action = QUORUM_KEPT_NOTHING;
	__quorum_sweep_start(sweep, action);
	quorum_walk_confine(&sweep->walk, sweep->q, sector, sectors);
}

/* One that was cut short, if there is such.  Context: as above. */
void __quorum_scrub_go_on(struct quorum_sweep *sweep)
{
	const struct quorum_kept kept = sweep->kept;

	if (!kept.action)
		return;
	__quorum_scrub_start(sweep, kept.action == QUORUM_KEPT_CHECK ?
			     QUORUM_SYNC_CHECK : QUORUM_SYNC_REPAIR,
			     kept.start, kept.end - kept.start);
	quorum_walk_skip(&sweep->walk, sweep->q, kept.at);
	sweep->walk.differ = kept.differ;
	sweep->walk.unresolved = kept.unresolved;
	__quorum_scrub_keep(sweep, false);
}

/* The action that ends is a scrub that came to its end.  Context: Likewise. */
void __quorum_scrub_ended(struct quorum_sweep *sweep)
{
	sweep->kept.check_end = ktime_get_real_seconds();
	sweep->kept.check_differ = sweep->walk.differ;
	sweep->kept.check_unresolved = sweep->walk.unresolved;
}

/* Forget what was found different, even if it goes on.  Context: Likewise. */
void __quorum_scrub_clear(struct quorum_sweep *sweep)
{
	unsigned int i;

	sweep->walk.differ = 0;
	sweep->kept.differ = 0;
	sweep->kept.check_differ = 0;
	for (i = 0; i < QUORUM_SWEEPERS; i++)
		sweep->sweeper[i].differ = 0;
}

/* What was found here will be found again, but for what was repaired. */
static void keep_region(const struct quorum_sweeper *sweeper,
			struct quorum_kept *kept)
{
	u64 differ = sweeper->differ;

	if (kept->action == QUORUM_KEPT_REPAIR)
		differ = min(differ, sweeper->unresolved);
	kept->at = min_t(u64, kept->at,
			 (u64)sweeper->slot.region <<
			 sweeper->sweep->q->region_shift);
	kept->differ -= differ;
	kept->unresolved -= sweeper->unresolved;
}

/*
 * A scrub could go on with the first region that is not done with.  Those
 * behind it that are will be looked at, and counted, again.
 */
static void keep_scrub(const struct quorum_sweep *sweep,
		       struct quorum_kept *kept)
{
	const struct quorum_walk *walk = &sweep->walk;
	unsigned int i;

	kept->action = walk->action == QUORUM_SYNC_CHECK ? QUORUM_KEPT_CHECK :
							   QUORUM_KEPT_REPAIR;
	kept->start = walk->start;
	kept->end = walk->end;
	kept->at = (u64)walk->next << sweep->q->region_shift;
	kept->differ = walk->differ;
	kept->unresolved = walk->unresolved;
	for (i = 0; i < QUORUM_SWEEPERS; i++)
		if (sweep->sweeper[i].begun)
			keep_region(&sweep->sweeper[i], kept);
	kept->at = clamp(kept->at, kept->start, kept->end);
}

/**
 * __quorum_scrub_keep() - say what the legs are to be told
 * @sweep: the sweep
 * @now: tell them at once; otherwise when they are told something else
 *
 * Context: Any; holds the lock.
 */
void __quorum_scrub_keep(struct quorum_sweep *sweep, bool now)
{
	struct quorum_kept kept = sweep->kept;
	struct quorum *q = sweep->q;

	if (!q->meta)
		return;
	if (!quorum_is_scrub(sweep->walk.action)) {
		kept.check_differ = sweep->walk.differ;
	} else if (!sweep->cancel) {
		keep_scrub(sweep, &kept);
		/* It goes on, so that will have changed. */
		quorum_reports_changed(&q->reports);
	}
	quorum_meta_keep(q->meta, &kept);
	if (now) {
		quorum_meta_need_super(q->meta);
		quorum_meta_kick(q->meta);
	}
}
