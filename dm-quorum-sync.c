// SPDX-License-Identifier: GPL-2.0-only
/*
 * The background sweep: resync, recover, check and repair are one walk over
 * the regions whose every step is a second look under the range lock.
 *
 * Here is decided which of them is under way.  Resync and recover start by
 * themselves when there is something to do.  If that happens again and again,
 * they back off.
 *
 * State changes under sweep->lock; those of the regions, of the suspects, of
 * metadata and of reports may be taken inside it.
 * What begins with __ holds sweep->lock.
 */
#include "dm-quorum.h"
#include "dm-quorum-behind.h"
#include "dm-quorum-scrub.h"
#include "dm-quorum-sync.h"

#include <linux/ktime.h>
#include <linux/slab.h>

/**
 * struct quorum_sync - the sweep of a target
 * @q: the target
 * @sweep: what is under way; its lock protects the rest
 * @last: what was last that started by itself
 * @later: requests went back to dm, and are to come again before all else
 * @resync_due: regions are to be made equal, if there are such
 * @recover_due: live legs are to be brought up to date, likewise
 * @retry: starts what is due when it may
 */
struct quorum_sync {
	struct quorum *q;
	struct quorum_sweep sweep;
	enum quorum_sync_action last;
	bool later;
	bool resync_due;
	bool recover_due;
	struct delayed_work retry;
};

static const char * const action_names[] = {
	[QUORUM_SYNC_IDLE]	= "idle",
	[QUORUM_SYNC_RESYNC]	= "resync",
	[QUORUM_SYNC_RECOVER]	= "recover",
	[QUORUM_SYNC_CHECK]	= "check",
	[QUORUM_SYNC_REPAIR]	= "repair",
};

/*
 * What needs no asking.
 */

/*
 * The next thing to do, if any; forgets what there is no need for.  Legs are
 * made equal before others are rebuilt from them, but if that has to be tried
 * again and again, each has its turn.
 */
static enum quorum_sync_action __due(struct quorum_sync *sync)
{
	struct quorum *q = sync->q;

	if (!quorum_nr_unsettled(&q->suspects) &&
	    !quorum_nr_undecided(&q->suspects))
		sync->resync_due = false;
	if (!quorum_behind(&q->regions))
		sync->recover_due = false;
	if (sync->resync_due &&
	    !(sync->recover_due && sync->last == QUORUM_SYNC_RESYNC))
		return QUORUM_SYNC_RESYNC;
	return sync->recover_due ? QUORUM_SYNC_RECOVER : QUORUM_SYNC_IDLE;
}

static bool is_automatic(enum quorum_sync_action action)
{
	return action == QUORUM_SYNC_RESYNC || action == QUORUM_SYNC_RECOVER;
}

static void __start(struct quorum_sync *sync, enum quorum_sync_action action,
		    u64 now)
{
	struct quorum_sweep *sweep = &sync->sweep;

	if (action == QUORUM_SYNC_RESYNC)
		sync->resync_due = false;
	else
		sync->recover_due = false;
	sync->last = action;
	quorum_pace_start(&sweep->pace, now);
	__quorum_sweep_start(sweep, action);
}

/* Start what is due, if nothing runs and nothing forbids it. */
static void __start_due(struct quorum_sync *sync)
{
	struct quorum_sweep *sweep = &sync->sweep;
	enum quorum_sync_action action;
	u64 now = ktime_get_ns();
	unsigned long wait = 0;

	if (sweep->suspended || sweep->kept.frozen || !sync->q->writable ||
	    !__quorum_sweep_idle(sweep))
		return;
	action = __due(sync);
	if (action)
		wait = quorum_pace_wait(&sweep->pace, now);
	if (wait)
		queue_delayed_work(sync->sweep.wq, &sync->retry, wait);
	if (action && !wait)
		__start(sync, action, now);
	else
		__quorum_scrub_go_on(sweep);
}

/*
 * The action is over.  What was cut short is still due, and what may succeed
 * later is tried again.  Anything but a recovery that came to its end may have
 * made one possible.
 */
static void __ended(struct quorum_sweep *sweep)
{
	struct quorum_sync *sync = container_of(sweep, struct quorum_sync,
						sweep);
	enum quorum_sync_action action = sweep->walk.action;
	bool again = sweep->cancel || sweep->walk.passing;

	if (action != QUORUM_SYNC_RECOVER || again || sweep->again)
		sync->recover_due = true;
	if (action != QUORUM_SYNC_RECOVER)
		sync->resync_due |= sweep->again;
	if (is_automatic(action)) {
		sync->resync_due |= again;
		if (!sweep->cancel)
			quorum_pace_end(&sweep->pace, ktime_get_ns(),
					sweep->walk.passing);
	}
	if (quorum_is_scrub(action) && !sweep->cancel)
		__quorum_scrub_ended(sweep);
	__quorum_sweep_end(sweep);
	__start_due(sync);
	__quorum_scrub_keep(sweep, quorum_is_scrub(action));
}

/*
 * What the target asks for.
 */

static void start_due(struct quorum_sync *sync, bool hurry)
{
	struct quorum_sweep *sweep = &sync->sweep;
	unsigned long flags;

	spin_lock_irqsave(&sweep->lock, flags);
	sync->resync_due = true;
	sync->recover_due = true;
	if (hurry)
		quorum_pace_hurry(&sweep->pace);
	__start_due(sync);
	spin_unlock_irqrestore(&sweep->lock, flags);
}

/**
 * quorum_sync_due() - there may be something to do in the background
 * @q: the target
 *
 * A live leg is out of sync, or a region is unsettled, or was undecided and has
 * been written to.  If nothing forbids it, and it was not tried again and again
 * lately, the sweep is under way on return; otherwise as soon as it may be.
 *
 * Context: Any, without locks of other rooms.
 */
void quorum_sync_due(struct quorum *q)
{
	start_due(q->sync, false);
}

/**
 * quorum_sync_later() - there may be, some time after the next resume
 * @q: the target
 *
 * Context: Any, without locks of other rooms.
 */
void quorum_sync_later(struct quorum *q)
{
	WRITE_ONCE(q->sync->later, true);
}

/**
 * quorum_sync_recover() - there is, and at once: somebody has asked for it
 * @q: the target
 *
 * Context: Any, without locks of other rooms.
 */
void quorum_sync_recover(struct quorum *q)
{
	start_due(q->sync, true);
}

static void retry_work(struct work_struct *work)
{
	struct quorum_sync *sync = container_of(to_delayed_work(work),
						struct quorum_sync, retry);
	struct quorum_sweep *sweep = &sync->sweep;
	unsigned long flags;

	spin_lock_irqsave(&sweep->lock, flags);
	__start_due(sync);
	spin_unlock_irqrestore(&sweep->lock, flags);
}

/**
 * quorum_sync_init() - prepare the sweep
 * @q: the target
 * @resync: make all legs equal to begin with, if they may be written to
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM; quorum_sync_exit() is due in any case.
 */
int quorum_sync_init(struct quorum *q, bool resync)
{
	struct quorum_sync *sync = kzalloc(sizeof(*sync), GFP_KERNEL);

	if (!sync)
		return -ENOMEM;
	q->sync = sync;
	sync->q = q;
	INIT_DELAYED_WORK(&sync->retry, retry_work);
	if (quorum_sweep_init(&sync->sweep, q, __ended))
		return -ENOMEM;
	sync->sweep.suspended = true;
	if (resync && q->writable) {
		sync->sweep.walk.first = true;
		quorum_unsettle(&q->suspects, 0, 0);
	}
	return 0;
}

/*
 * Nobody works for @q any more who could ask for something.  Also takes apart
 * what quorum_sync_init() did not finish or begin.  Context: May sleep.
 */
void quorum_sync_exit(struct quorum *q)
{
	if (!q->sync)
		return;
	quorum_sweep_exit(&q->sync->sweep);
	kfree(q->sync);
}

/* Wait for the end of work that counts no more.  Context: May sleep. */
void quorum_sync_flush(struct quorum *q)
{
	flush_workqueue(q->sync->sweep.wq);
}

/**
 * quorum_sync_resume() - go on where quorum_sync_suspend() stopped, or start
 * @q: the target
 *
 * Context: May sleep.
 */
void quorum_sync_resume(struct quorum *q)
{
	struct quorum_sync *sync = q->sync;
	struct quorum_sweep *sweep = &sync->sweep;
	unsigned long flags;

	spin_lock_irqsave(&sweep->lock, flags);
	sweep->suspended = false;
	sync->resync_due = true;
	sync->recover_due = true;
	quorum_pace_hurry(&sweep->pace);
	if (sync->later)
		quorum_pace_requeued(&sweep->pace, ktime_get_ns());
	sync->later = false;
	if (sweep->walk.action)
		__quorum_sweep_wake(sweep);
	else
		__start_due(sync);
	spin_unlock_irqrestore(&sweep->lock, flags);
}

/**
 * quorum_sync_suspend() - stop, and wait for what is under way
 * @q: the target
 *
 * Context: May sleep; foreground I/O still completes.
 */
void quorum_sync_suspend(struct quorum *q)
{
	struct quorum_sync *sync = q->sync;
	struct quorum_sweep *sweep = &sync->sweep;
	unsigned long flags;

	spin_lock_irqsave(&sweep->lock, flags);
	sweep->suspended = true;
	spin_unlock_irqrestore(&sweep->lock, flags);
	quorum_sweep_rouse(sweep);
	wait_event(sweep->wait, !READ_ONCE(sweep->nr_busy));
	cancel_delayed_work_sync(&sync->retry);
}

/**
 * quorum_sync_request() - start a scrub
 * @q: the target
 * @action: QUORUM_SYNC_CHECK or QUORUM_SYNC_REPAIR
 * @sector: first sector to look at
 * @sectors: how many, at least one
 *
 * Ends a freeze, as with md.
 *
 * Context: May sleep.
 * Return: 0; -EBUSY while suspended or while another action runs; -EROFS if
 * legs may not be written to, but would have to be.
 */
int quorum_sync_request(struct quorum *q, enum quorum_sync_action action,
			sector_t sector, sector_t sectors)
{
	struct quorum_sync *sync = q->sync;
	struct quorum_sweep *sweep = &sync->sweep;
	unsigned long flags;
	int r = -EBUSY;

	if (action == QUORUM_SYNC_REPAIR && !q->writable)
		return -EROFS;
	spin_lock_irqsave(&sweep->lock, flags);
	if (!sweep->suspended && __quorum_sweep_idle(sweep)) {
		sweep->kept.frozen = false;
		__quorum_scrub_start(sweep, action, sector, sectors);
		__quorum_scrub_keep(sweep, true);
		r = 0;
	}
	spin_unlock_irqrestore(&sweep->lock, flags);
	return r;
}

/**
 * quorum_sync_stop() - stop the running action and wait until it has stopped
 * @q: the target
 * @freeze: keep everything from starting until told otherwise; else what is due
 *	starts again
 *
 * Context: May sleep.
 * Return: 0, or -ERESTARTSYS if killed while waiting.
 */
int quorum_sync_stop(struct quorum *q, bool freeze)
{
	struct quorum_sync *sync = q->sync;
	struct quorum_sweep *sweep = &sync->sweep;
	unsigned long flags;
	bool ended;

	spin_lock_irqsave(&sweep->lock, flags);
	sweep->kept.frozen = freeze;
	sweep->kept.action = QUORUM_KEPT_NOTHING;
	sweep->cancel = true;
	ended = sweep->walk.action && !sweep->nr_busy;
	if (!sweep->nr_busy)
		__ended(sweep);
	__quorum_scrub_keep(sweep, true);
	spin_unlock_irqrestore(&sweep->lock, flags);
	if (ended)
		quorum_raise_event(&q->reports);
	quorum_sweep_rouse(sweep);
	return wait_event_killable(sweep->wait, !READ_ONCE(sweep->cancel));
}

/* Forget what the last action found different.  Context: Any. */
void quorum_sync_clear(struct quorum *q)
{
	struct quorum_sweep *sweep = &q->sync->sweep;
	unsigned long flags;

	spin_lock_irqsave(&sweep->lock, flags);
	__quorum_scrub_clear(sweep);
	__quorum_scrub_keep(sweep, true);
	spin_unlock_irqrestore(&sweep->lock, flags);
}

/**
 * quorum_sync_keep() - have it remembered where the background work stands
 * @q: the target, with metadata
 *
 * That is told with the next superblock.
 *
 * Context: Any, without locks of other rooms.
 */
void quorum_sync_keep(struct quorum *q)
{
	struct quorum_sweep *sweep = &q->sync->sweep;
	unsigned long flags;

	spin_lock_irqsave(&sweep->lock, flags);
	__quorum_scrub_keep(sweep, false);
	spin_unlock_irqrestore(&sweep->lock, flags);
}

/**
 * quorum_sync_recall() - go on, after the next resume, where it stood
 * @q: the target, with metadata; suspended
 * @kept: where that is
 *
 * Context: Any.
 */
void quorum_sync_recall(struct quorum *q, const struct quorum_kept *kept)
{
	struct quorum_sweep *sweep = &q->sync->sweep;
	unsigned long flags;

	spin_lock_irqsave(&sweep->lock, flags);
	sweep->kept = *kept;
	sweep->walk.differ = kept->check_differ;
	sweep->walk.unresolved = kept->check_unresolved;
	__quorum_scrub_keep(sweep, false);
	spin_unlock_irqrestore(&sweep->lock, flags);
}

/**
 * quorum_sync_look() - what the status tells of the sweep
 * @q: the target
 * @state: at one moment; between two actions of which one is due as soon as the
 *	other ends, it is not idle
 *
 * Context: Any.
 */
void quorum_sync_look(struct quorum *q, struct quorum_sync_state *state)
{
	struct quorum_sync *sync = q->sync;
	struct quorum_sweep *sweep = &sync->sweep;
	struct quorum_walk *walk = &sweep->walk;
	unsigned long flags;

	spin_lock_irqsave(&sweep->lock, flags);
	state->action = sweep->kept.frozen ? "frozen" :
					     action_names[walk->action];
	state->done = walk->done;
	state->total = max(walk->total, walk->done);
	state->differ = walk->differ;
	state->unresolved = walk->unresolved;
	state->check_end = sweep->kept.check_end;
	spin_unlock_irqrestore(&sweep->lock, flags);
}
