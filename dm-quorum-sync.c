// SPDX-License-Identifier: GPL-2.0-only
/*
 * The background sweep: resync, recover, check and repair are one walk over
 * the regions whose every step is a second look under the range lock.
 *
 * A few sweepers work on a region each.  One that is told to stop keeps its
 * place: a suspended sweep goes on where it stood.
 *
 * Resync and recover start by themselves when there is something to do.  If
 * that happens again and again, they back off.
 *
 * State changes under sync->lock; those of the regions and suspects may be taken inside it.
 * What begins with __ holds sync->lock.
 */
#include "dm-quorum.h"
#include "dm-quorum-io.h"
#include "dm-quorum-pace.h"
#include "dm-quorum-slot.h"
#include "dm-quorum-sync.h"
#include "dm-quorum-walk.h"

#include <linux/jiffies.h>
#include <linux/ktime.h>

/* In small steps a sweeper goes on for so long before it rests. */
#define MIN_REST_BYTES		(64U << 10)

#define NR_SWEEPERS		4

/* A slot, and what moves it on. */
struct sweeper {
	struct quorum_sync *sync;
	struct quorum_slot slot;
	/*
	 * What @work is to do: lock the next piece; nothing, the range comes
	 * later; look at the piece.
	 */
	enum {
		SWEEPER_RESTING,
		SWEEPER_WAITING,
		SWEEPER_GRANTED,
	} state;
	struct delayed_work work;
	/* It takes part in the running action (sync->lock). */
	bool busy;
	/* Bytes looked at since it rested, and when that was, in jiffies. */
	unsigned int unrested;
	unsigned long woke;
};

/**
 * struct quorum_sync - the sweep of a target
 * @q: the target
 * @last: what was last that started by itself
 * @frozen: nothing starts by itself
 * @suspended: nothing runs: sweepers leave and keep their places
 * @later: requests went back to dm, and are to come again before all else
 * @cancel: sweepers leave, and the action is over
 * @resync_due: regions are to be made equal, if there are such
 * @recover_due: live legs are to be brought up to date, likewise
 * @walk: the action that is under way
 * @pace: how fast it goes, and when one may start by itself
 * @retry: starts it when it may
 * @nr_busy: sweepers at work
 * @wait: woken when one leaves
 * @sweeper: who works on a region each
 */
struct quorum_sync {
	struct quorum *q;
	/** @lock: protects all of this but what a busy sweeper is at */
	spinlock_t lock;
	enum quorum_sync_action last;
	bool frozen;
	bool suspended;
	bool later;
	bool cancel;
	bool resync_due;
	bool recover_due;
	struct quorum_walk walk;
	struct quorum_pace pace;
	struct delayed_work retry;
	unsigned int nr_busy;
	wait_queue_head_t wait;
	struct sweeper sweeper[NR_SWEEPERS];
};

static const char * const action_names[] = {
	[QUORUM_SYNC_IDLE]	= "idle",
	[QUORUM_SYNC_RESYNC]	= "resync",
	[QUORUM_SYNC_RECOVER]	= "recover",
	[QUORUM_SYNC_CHECK]	= "check",
	[QUORUM_SYNC_REPAIR]	= "repair",
};

/*
 * An action begins.
 */

/* Leave whatever the last one left of its regions. */
static void __reset(struct quorum_sync *sync)
{
	unsigned int i;

	sync->cancel = false;
	for (i = 0; i < NR_SWEEPERS; i++)
		quorum_slot_drop(&sync->sweeper[i].slot);
}

/* One keeps to a bound on the rate better than several. */
static void __wake_sweepers(struct quorum_sync *sync)
{
	unsigned long delay = quorum_pace_owed(&sync->pace, ktime_get_ns());
	struct quorum *q = sync->q;
	unsigned int i;

	for (i = 0; i < (q->max_rate ? 1 : NR_SWEEPERS); i++) {
		struct sweeper *sweeper = &sync->sweeper[i];

		if (sweeper->busy)
			continue;
		sweeper->busy = true;
		sync->nr_busy++;
		queue_delayed_work(q->sync_wq, &sweeper->work, delay);
	}
}

static void __start(struct quorum_sync *sync, enum quorum_sync_action action)
{
	__reset(sync);
	quorum_walk_start(&sync->walk, sync->q, action);
	__wake_sweepers(sync);
}

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

	if (!quorum_nr_unsettled(&q->suspects) && !quorum_nr_undecided(&q->suspects))
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

/* Start what is due, if nothing runs and nothing forbids it. */
static void __start_due(struct quorum_sync *sync)
{
	enum quorum_sync_action action;
	u64 now = ktime_get_ns();
	unsigned long wait;

	if (sync->suspended || sync->frozen || sync->walk.action ||
	    sync->nr_busy || !sync->q->writable)
		return;
	action = __due(sync);
	if (!action)
		return;
	wait = quorum_pace_wait(&sync->pace, now);
	if (wait) {
		queue_delayed_work(sync->q->sync_wq, &sync->retry, wait);
		return;
	}
	if (action == QUORUM_SYNC_RESYNC)
		sync->resync_due = false;
	else
		sync->recover_due = false;
	sync->last = action;
	quorum_pace_start(&sync->pace, now);
	__start(sync, action);
}

/*
 * A sweeper at work.
 */

/* Sub-jiffy steps add up before they are worth a rest. */
static bool wants_rest(struct sweeper *sweeper)
{
	return sweeper->unrested >= MIN_REST_BYTES ||
	       jiffies - sweeper->woke > 0 ||
	       !quorum_slot_has_region(&sweeper->slot);
}

/*
 * How long, in jiffies, one rests after a piece.  Not at all if it is to leave:
 * when told to, it is roused or sees so itself; and when there is
 * nothing left to do, whoever sees all legs in sync should not see the action
 * linger: the next one rests instead.
 */
static unsigned long __rest(struct quorum_sync *sync, struct sweeper *sweeper)
{
	u64 now = ktime_get_ns();
	unsigned long delay;

	/* Not in one test: what gcc makes of that, its analyzer takes amiss. */
	if (sync->suspended)
		return 0;
	if (sync->cancel)
		return 0;
	if (!wants_rest(sweeper))
		return 0;
	delay = quorum_pace_spend(&sync->pace, now, sweeper->unrested);
	if (quorum_foreground_busy(sync->q))
		delay = max(delay, quorum_pace_yield(jiffies - sweeper->woke));
	sweeper->unrested = 0;
	if (!quorum_slot_has_region(&sweeper->slot) &&
	    !quorum_walk_has_region(&sync->walk, sync->q)) {
		quorum_pace_owe(&sync->pace, now, delay);
		return 0;
	}
	return delay;
}

/* Count what came of a piece, before what is known of its region changes. */
static void count_found(struct quorum_sync *sync,
			const struct quorum_look *look)
{
	unsigned long flags;

	spin_lock_irqsave(&sync->lock, flags);
	quorum_walk_count(&sync->walk, look);
	spin_unlock_irqrestore(&sync->lock, flags);
}

/* The range is held: look at the piece, give the range back, rest. */
static void do_piece(struct quorum_sync *sync, struct sweeper *sweeper)
{
	struct quorum_slot *slot = &sweeper->slot;
	unsigned long flags, delay;
	struct quorum_look look;
	bool again = false;

	if (!sweeper->unrested)
		sweeper->woke = jiffies;
	quorum_slot_look(slot, sync->walk.action, &look);
	sweeper->unrested += look.done;
	if (look.done) {
		count_found(sync, &look);
		if (!quorum_slot_has_region(slot))
			again = !quorum_slot_finish(slot,
						    sync->walk.action);
	}

	spin_lock_irqsave(&sync->lock, flags);
	sync->recover_due |= again;
	sweeper->state = SWEEPER_RESTING;
	delay = __rest(sync, sweeper);
	queue_delayed_work(sync->q->sync_wq, &sweeper->work, delay);
	spin_unlock_irqrestore(&sync->lock, flags);
}

static void range_granted(struct quorum_slot *slot)
{
	struct sweeper *sweeper = container_of(slot, struct sweeper, slot);

	/* Pairs with sweeper_work(), which may run for another reason. */
	smp_store_release(&sweeper->state, SWEEPER_GRANTED);
	queue_delayed_work(slot->q->sync_wq, &sweeper->work, 0);
}

static void lock_piece(struct quorum_sync *sync, struct sweeper *sweeper)
{
	struct quorum *q = sync->q;

	sweeper->state = SWEEPER_WAITING;
	if (quorum_slot_lock(&sweeper->slot,
			     quorum_pace_piece(&sync->pace, q->max_bytes,
					       q->block_size)))
		do_piece(sync, sweeper);
}

/*
 * The action is over.  What was cut short is still due, and what may succeed
 * later is tried again.  Anything but a recovery that came to its end may have
 * made one possible.
 */
static void __finish(struct quorum_sync *sync)
{
	struct quorum_walk *walk = &sync->walk;
	bool again = sync->cancel || walk->passing;

	if (walk->action != QUORUM_SYNC_RECOVER || again)
		sync->recover_due = true;
	if (is_automatic(walk->action)) {
		sync->resync_due |= again;
		if (!sync->cancel)
			quorum_pace_end(&sync->pace, ktime_get_ns(),
					walk->passing);
	}
	quorum_walk_end(walk, !sync->cancel);
	__reset(sync);
	__start_due(sync);
}

/* Give a slot a region.  Returns false if there is none left. */
static bool __assign(struct quorum_sync *sync, struct quorum_slot *slot)
{
	unsigned long region;
	bool known;

	if (!quorum_walk_take(&sync->walk, sync->q, &region, &known))
		return false;
	quorum_slot_begin(slot, region, known);
	return true;
}

/* The last to leave closes the books.  Returns whether it did. */
static bool __leave(struct quorum_sync *sync, struct sweeper *sweeper)
{
	sweeper->busy = false;
	if (--sync->nr_busy || (sync->suspended && !sync->cancel))
		return false;
	__finish(sync);
	return true;
}

static void next_piece(struct quorum_sync *sync, struct sweeper *sweeper)
{
	bool more, ended = false;
	unsigned long flags;

	spin_lock_irqsave(&sync->lock, flags);
	if (!sweeper->busy) {
		/* Roused when it had just left. */
		spin_unlock_irqrestore(&sync->lock, flags);
		return;
	}
	more = !sync->suspended && !sync->cancel &&
	       (quorum_slot_has_region(&sweeper->slot) ||
		__assign(sync, &sweeper->slot));
	if (!more)
		ended = __leave(sync, sweeper);
	spin_unlock_irqrestore(&sync->lock, flags);

	if (more) {
		lock_piece(sync, sweeper);
		return;
	}
	wake_up_all(&sync->wait);
	if (ended)
		quorum_raise_event(&sync->q->reports);
}

static void sweeper_work(struct work_struct *work)
{
	struct sweeper *sweeper = container_of(to_delayed_work(work),
					       struct sweeper, work);

	/* Pairs with range_granted(). */
	switch (smp_load_acquire(&sweeper->state)) {
	case SWEEPER_RESTING:
		next_piece(sweeper->sync, sweeper);
		break;
	case SWEEPER_GRANTED:
		do_piece(sweeper->sync, sweeper);
		break;
	case SWEEPER_WAITING:
		/* Woken from its rest a moment too late. */
		break;
	}
}

/*
 * What the target asks for.
 */

static void start_due(struct quorum_sync *sync, bool hurry)
{
	unsigned long flags;

	spin_lock_irqsave(&sync->lock, flags);
	sync->resync_due = true;
	sync->recover_due = true;
	if (hurry)
		quorum_pace_hurry(&sync->pace);
	__start_due(sync);
	spin_unlock_irqrestore(&sync->lock, flags);
}

/**
 * quorum_sync_due() - there may be something to do in the background
 * @q: the target
 *
 * A live leg is out of sync, or a region is unsettled, or was undecided and has
 * been written to.  If nothing forbids it, and it was not tried again and again
 * lately, the sweep is under way on return; otherwise as soon as it may be.
 *
 * Context: Any, without q->lock.
 */
void quorum_sync_due(struct quorum *q)
{
	start_due(q->sync, false);
}

/**
 * quorum_sync_later() - there may be, some time after the next resume
 * @q: the target
 *
 * Context: Any, without q->lock.
 */
void quorum_sync_later(struct quorum *q)
{
	WRITE_ONCE(q->sync->later, true);
}

/**
 * quorum_sync_recover() - there is, and at once: somebody has asked for it
 * @q: the target
 *
 * Context: Any, without q->lock.
 */
void quorum_sync_recover(struct quorum *q)
{
	start_due(q->sync, true);
}

static void retry_work(struct work_struct *work)
{
	struct quorum_sync *sync = container_of(to_delayed_work(work),
						struct quorum_sync, retry);
	unsigned long flags;

	spin_lock_irqsave(&sync->lock, flags);
	__start_due(sync);
	spin_unlock_irqrestore(&sync->lock, flags);
}

/**
 * quorum_sync_init() - prepare the sweep
 * @q: the target
 * @resync: make all legs equal to begin with, if they may be written to
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int quorum_sync_init(struct quorum *q, bool resync)
{
	struct quorum_sync *sync = kzalloc(sizeof(*sync), GFP_KERNEL);
	unsigned int i;

	if (!sync)
		return -ENOMEM;
	q->sync = sync;
	sync->q = q;
	spin_lock_init(&sync->lock);
	init_waitqueue_head(&sync->wait);
	quorum_pace_init(&sync->pace, q->max_rate);
	INIT_DELAYED_WORK(&sync->retry, retry_work);
	sync->suspended = true;
	sync->walk.first = resync && q->writable;
	if (sync->walk.first)
		quorum_unsettle(&q->suspects, 0, 0);
	for (i = 0; i < NR_SWEEPERS; i++) {
		struct sweeper *sweeper = &sync->sweeper[i];

		sweeper->sync = sync;
		quorum_slot_init(&sweeper->slot, q, range_granted);
		INIT_DELAYED_WORK(&sweeper->work, sweeper_work);
	}
	return 0;
}

/**
 * quorum_sync_exit() - the sweep is gone, if there was one
 * @q: the target
 *
 * Context: Any; nobody works for @q any more: what others do in the background
 * may tell the sweep of it, and its own work is queued on q->sync_wq.
 */
void quorum_sync_exit(struct quorum *q)
{
	kfree(q->sync);
}

/* Let those that rest see what has changed. */
static void rouse(struct quorum_sync *sync)
{
	unsigned int i;

	for (i = 0; i < NR_SWEEPERS; i++)
		if (READ_ONCE(sync->sweeper[i].busy))
			mod_delayed_work(sync->q->sync_wq,
					 &sync->sweeper[i].work, 0);
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
	unsigned long flags;

	spin_lock_irqsave(&sync->lock, flags);
	sync->suspended = false;
	sync->resync_due = true;
	sync->recover_due = true;
	quorum_pace_hurry(&sync->pace);
	if (sync->later)
		quorum_pace_requeued(&sync->pace, ktime_get_ns());
	sync->later = false;
	if (sync->walk.action)
		__wake_sweepers(sync);
	else
		__start_due(sync);
	spin_unlock_irqrestore(&sync->lock, flags);
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
	unsigned long flags;

	spin_lock_irqsave(&sync->lock, flags);
	sync->suspended = true;
	spin_unlock_irqrestore(&sync->lock, flags);
	rouse(sync);
	wait_event(sync->wait, !READ_ONCE(sync->nr_busy));
	cancel_delayed_work_sync(&sync->retry);
}

/**
 * quorum_sync_request() - start a scrub
 * @q: the target
 * @action: QUORUM_SYNC_CHECK or QUORUM_SYNC_REPAIR
 *
 * Ends a freeze, as with md.
 *
 * Context: May sleep.
 * Return: 0; -EBUSY while suspended or while another action runs; -EROFS if
 * legs may not be written to, but would have to be.
 */
int quorum_sync_request(struct quorum *q, enum quorum_sync_action action)
{
	struct quorum_sync *sync = q->sync;
	unsigned long flags;
	int r = -EBUSY;

	if (action == QUORUM_SYNC_REPAIR && !q->writable)
		return -EROFS;
	spin_lock_irqsave(&sync->lock, flags);
	if (!sync->suspended && !sync->walk.action && !sync->nr_busy) {
		sync->frozen = false;
		__start(sync, action);
		r = 0;
	}
	spin_unlock_irqrestore(&sync->lock, flags);
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
	unsigned long flags;
	bool ended;

	spin_lock_irqsave(&sync->lock, flags);
	sync->frozen = freeze;
	sync->cancel = true;
	ended = sync->walk.action && !sync->nr_busy;
	if (!sync->nr_busy)
		__finish(sync);
	spin_unlock_irqrestore(&sync->lock, flags);
	if (ended)
		quorum_raise_event(&q->reports);
	rouse(sync);
	return wait_event_killable(sync->wait, !READ_ONCE(sync->cancel));
}

/* Forget what the last action found different.  Context: Any. */
void quorum_sync_clear(struct quorum *q)
{
	unsigned long flags;

	spin_lock_irqsave(&q->sync->lock, flags);
	q->sync->walk.differ = 0;
	spin_unlock_irqrestore(&q->sync->lock, flags);
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
	struct quorum_walk *walk = &sync->walk;
	unsigned long flags;

	spin_lock_irqsave(&sync->lock, flags);
	state->action = sync->frozen ? "frozen" : action_names[walk->action];
	state->done = walk->done;
	state->total = max(walk->total, walk->done);
	state->differ = walk->differ;
	state->unresolved = walk->unresolved;
	spin_unlock_irqrestore(&sync->lock, flags);
}
