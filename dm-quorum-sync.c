// SPDX-License-Identifier: GPL-2.0-only
/*
 * The background sweep: resync, recover, check and repair are one walk over
 * the regions whose every step is a second look under the range lock.
 *
 * A few slots work on a region each.  A slot takes its region piece by piece,
 * the range of one piece at a time, so foreground I/O waits for a piece at
 * most.  A slot that is told to stop keeps its place: a suspended sweep goes on
 * where it stood.
 *
 * State changes under sync->lock; q->lock and no other may be taken inside it.
 */
#include "dm-quorum.h"

#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/math64.h>

/* While the device is in use, a slot rests this much longer than it worked. */
#define YIELD_FACTOR		4
#define FOREGROUND_QUIET	(HZ / 5)

/* A bounded sweep moves in pieces that take about this share of a second. */
#define RATE_PIECES		8
#define MIN_PIECE_BYTES		(64U << 10)

static const char * const action_names[] = {
	[QUORUM_SYNC_IDLE]	= "idle",
	[QUORUM_SYNC_RESYNC]	= "resync",
	[QUORUM_SYNC_RECOVER]	= "recover",
	[QUORUM_SYNC_CHECK]	= "check",
	[QUORUM_SYNC_REPAIR]	= "repair",
};

/*
 * Where to go next.  What begins with __ holds sync->lock.
 */

static unsigned long __next_region(struct quorum *q)
{
	struct quorum_sync *sync = &q->sync;

	if (sync->action == QUORUM_SYNC_RECOVER)
		sync->next = quorum_next_stale(q, sync->next);
	return sync->next;
}

/* Give the slot a region.  Returns false if there is none left. */
static bool __assign(struct quorum *q, struct quorum_slot *slot)
{
	unsigned long region = __next_region(q);

	if (region >= q->nr_regions)
		return false;
	q->sync.next = region + 1;
	slot->region = region;
	slot->pos = (sector_t)region << q->region_shift;
	slot->end = min_t(sector_t, q->ti->len,
			  slot->pos + (1ULL << q->region_shift));
	slot->decided = true;
	slot->missed = 0;
	slot->marks = quorum_marks(q);
	return true;
}

static bool __has_region(struct quorum_slot *slot)
{
	return slot->pos < slot->end;
}

/* A first resync has passed whatever no slot is still at. */
static void __settle(struct quorum *q)
{
	unsigned long low = q->sync.next;
	unsigned int i;

	if (q->sync.action != QUORUM_SYNC_RESYNC)
		return;
	for (i = 0; i < QUORUM_SLOTS; i++)
		if (__has_region(&q->sync.slot[i]))
			low = min(low, q->sync.slot[i].region);
	WRITE_ONCE(q->settled, min_t(sector_t, q->ti->len,
				     (sector_t)low << q->region_shift));
}

static void __reset(struct quorum *q, enum quorum_sync_action action)
{
	unsigned int i;

	q->sync.action = action;
	q->sync.next = 0;
	q->sync.cancel = false;
	for (i = 0; i < QUORUM_SLOTS; i++)
		q->sync.slot[i].pos = q->sync.slot[i].end;
}

/* One slot keeps to a bound on the rate better than several. */
static void __wake_slots(struct quorum *q)
{
	unsigned long now = jiffies, delay = 0;
	unsigned int i;

	if (time_before(now, q->sync.not_before))
		delay = q->sync.not_before - now;

	for (i = 0; i < (q->max_rate ? 1 : QUORUM_SLOTS); i++) {
		struct quorum_slot *slot = &q->sync.slot[i];

		if (slot->busy)
			continue;
		slot->busy = true;
		q->sync.nr_busy++;
		queue_delayed_work(q->slow_wq, &slot->work, delay);
	}
}

static void __start(struct quorum *q, enum quorum_sync_action action)
{
	__reset(q, action);
	if (action == QUORUM_SYNC_RESYNC)
		WRITE_ONCE(q->settled, 0);
	if (action != QUORUM_SYNC_RECOVER) {
		q->sync.differ = 0;
		q->sync.unresolved = 0;
	}
	__wake_slots(q);
}

/* Start what needs no asking, if nothing runs and nothing forbids it. */
static void __start_due(struct quorum *q)
{
	struct quorum_sync *sync = &q->sync;

	if (sync->suspended || sync->frozen || sync->action || sync->nr_busy ||
	    !q->writable)
		return;
	if (sync->resync_due) {
		sync->resync_due = false;
		__start(q, QUORUM_SYNC_RESYNC);
		return;
	}
	if (sync->recover_due && quorum_next_stale(q, 0) < q->nr_regions)
		__start(q, QUORUM_SYNC_RECOVER);
	sync->recover_due = false;
}

/*
 * Pace.
 */

static unsigned int piece_bytes(struct quorum *q)
{
	u64 bytes = q->max_bytes;

	if (q->max_rate)
		bytes = clamp_t(u64, (u64)q->max_rate * 1024 / RATE_PIECES,
				MIN_PIECE_BYTES, q->max_bytes);
	return rounddown((unsigned int)bytes, q->block_size);
}

static bool foreground_busy(struct quorum *q)
{
	return time_before(jiffies, READ_ONCE(q->last_io) + FOREGROUND_QUIET);
}

/*
 * How long, in jiffies, the slot rests after a piece of @bytes on which it
 * worked for @worked jiffies.  Not at all if it is to leave: when told to, it
 * is roused or sees so itself; and when there is nothing left to do, whoever
 * sees all legs in sync should not see the action linger: the next one rests
 * instead.
 */
static unsigned long __rest(struct quorum *q, struct quorum_slot *slot,
			    unsigned int bytes, unsigned long worked)
{
	struct quorum_sync *sync = &q->sync;
	unsigned long delay = 0;
	u64 now = ktime_get_ns();

	/* Not in one test: what gcc makes of that, its analyzer takes amiss. */
	if (sync->suspended)
		return 0;
	if (sync->cancel)
		return 0;
	if (q->max_rate) {
		sync->budget = max(sync->budget, now) +
			       div_u64((u64)bytes * NSEC_PER_SEC / 1024,
				       q->max_rate);
		delay = nsecs_to_jiffies(sync->budget - now) + 1;
	}
	if (foreground_busy(q))
		delay = max(delay, YIELD_FACTOR * (worked + 1));
	if (!__has_region(slot) && __next_region(q) >= q->nr_regions) {
		sync->not_before = jiffies + delay;
		return 0;
	}
	return delay;
}

/*
 * A slot at work.
 */

static unsigned int look_flags(struct quorum *q)
{
	switch (q->sync.action) {
	case QUORUM_SYNC_RESYNC:
	case QUORUM_SYNC_REPAIR:
		return QUORUM_LOOK_REWRITE;
	case QUORUM_SYNC_RECOVER:
		return QUORUM_LOOK_REBUILD |
		       (quorum_option(q, QUORUM_REWRITE_CORRUPTED) ?
			QUORUM_LOOK_REWRITE : 0);
	default:
		return 0;
	}
}

/* A region that was looked at, but could not be made equal everywhere. */
static bool __unresolved(struct quorum *q, struct quorum_slot *slot)
{
	return (!slot->decided || slot->missed) &&
	       q->sync.action != QUORUM_SYNC_RECOVER &&
	       quorum_current(q, (sector_t)slot->region << q->region_shift,
			      1) == quorum_live(q);
}

static void slot_finish_region(struct quorum *q, struct quorum_slot *slot)
{
	unsigned long flags;
	bool again = false;

	if (slot->decided && q->sync.action == QUORUM_SYNC_RECOVER)
		again = !quorum_region_rebuilt(q, slot->region, slot->marks,
					       slot->missed);

	spin_lock_irqsave(&q->sync.lock, flags);
	if (__unresolved(q, slot))
		q->sync.unresolved++;
	q->sync.recover_due |= again;
	__settle(q);
	spin_unlock_irqrestore(&q->sync.lock, flags);
}

/* The range is held: look at the piece, give the range back, rest. */
static void slot_do_piece(struct quorum *q, struct quorum_slot *slot)
{
	sector_t sectors = slot->range.last - slot->range.start + 1;
	unsigned int bytes = sectors << SECTOR_SHIFT;
	unsigned long began = jiffies;
	struct quorum_finding finding;
	unsigned long flags;

	quorum_recheck_sweep(q, slot->range.start, bytes, look_flags(q),
			     &finding);
	quorum_range_unlock(&q->ranges, &slot->range);
	slot->decided &= finding.decided;
	slot->missed |= finding.missed;

	spin_lock_irqsave(&q->sync.lock, flags);
	slot->pos += sectors;
	slot->state = QUORUM_SLOT_RESTING;
	if (q->sync.action != QUORUM_SYNC_RECOVER)
		q->sync.differ += finding.differ;
	spin_unlock_irqrestore(&q->sync.lock, flags);

	if (!__has_region(slot))
		slot_finish_region(q, slot);

	spin_lock_irqsave(&q->sync.lock, flags);
	queue_delayed_work(q->slow_wq, &slot->work,
			   __rest(q, slot, bytes, jiffies - began));
	spin_unlock_irqrestore(&q->sync.lock, flags);
}

static void slot_granted(struct quorum_range *range)
{
	struct quorum_slot *slot = container_of(range, struct quorum_slot,
						range);

	/* Pairs with slot_work(), which may be running for another reason. */
	smp_store_release(&slot->state, QUORUM_SLOT_GRANTED);
	queue_delayed_work(slot->q->slow_wq, &slot->work, 0);
}

static void slot_lock_piece(struct quorum *q, struct quorum_slot *slot)
{
	sector_t sectors = min_t(sector_t, slot->end - slot->pos,
				 piece_bytes(q) >> SECTOR_SHIFT);

	slot->state = QUORUM_SLOT_WAITING;
	slot->range.start = slot->pos;
	slot->range.last = slot->pos + sectors - 1;
	slot->range.granted = slot_granted;
	if (quorum_range_lock(&q->ranges, &slot->range))
		slot_do_piece(q, slot);
}

/*
 * The action is over; a first resync that was cancelled is still due.  And
 * anything but a recovery that came to its end may have made one possible.
 */
static void __finish(struct quorum *q)
{
	struct quorum_sync *sync = &q->sync;

	if (sync->cancel && sync->action == QUORUM_SYNC_RESYNC)
		sync->resync_due = true;
	if (sync->cancel || sync->action != QUORUM_SYNC_RECOVER)
		sync->recover_due = true;
	__reset(q, QUORUM_SYNC_IDLE);
	__start_due(q);
}

/* The last slot to leave closes the books.  Returns whether it did. */
static bool __leave(struct quorum *q, struct quorum_slot *slot)
{
	struct quorum_sync *sync = &q->sync;

	slot->busy = false;
	if (--sync->nr_busy || (sync->suspended && !sync->cancel))
		return false;
	__finish(q);
	return true;
}

static void slot_next(struct quorum *q, struct quorum_slot *slot)
{
	struct quorum_sync *sync = &q->sync;
	bool more, ended = false;
	unsigned long flags;

	spin_lock_irqsave(&sync->lock, flags);
	if (!slot->busy) {
		/* Roused when it had just left. */
		spin_unlock_irqrestore(&sync->lock, flags);
		return;
	}
	more = !sync->suspended && !sync->cancel &&
	       (__has_region(slot) || __assign(q, slot));
	if (!more)
		ended = __leave(q, slot);
	spin_unlock_irqrestore(&sync->lock, flags);

	if (more) {
		slot_lock_piece(q, slot);
		return;
	}
	wake_up_all(&sync->wait);
	if (ended)
		quorum_raise_event(q);
}

static void slot_work(struct work_struct *work)
{
	struct quorum_slot *slot = container_of(to_delayed_work(work),
						struct quorum_slot, work);

	/* Pairs with slot_granted(). */
	switch (smp_load_acquire(&slot->state)) {
	case QUORUM_SLOT_RESTING:
		slot_next(slot->q, slot);
		break;
	case QUORUM_SLOT_GRANTED:
		slot_do_piece(slot->q, slot);
		break;
	case QUORUM_SLOT_WAITING:
		/* Woken from its rest a moment too late. */
		break;
	}
}

/*
 * What the target asks for.
 */

/**
 * quorum_sync_recover() - bring legs up to date that are live and out of sync
 * @q: the target
 *
 * If there are any, and nothing forbids it, this is under way on return;
 * otherwise as soon as it may be.
 *
 * Context: Any, without q->lock.
 */
void quorum_sync_recover(struct quorum *q)
{
	unsigned long flags;

	spin_lock_irqsave(&q->sync.lock, flags);
	q->sync.recover_due = true;
	__start_due(q);
	spin_unlock_irqrestore(&q->sync.lock, flags);
}

static void recover_work(struct work_struct *work)
{
	quorum_sync_recover(container_of(work, struct quorum, recover_work));
}

/**
 * quorum_sync_init() - prepare the sweep
 * @q: the target
 * @resync: make all legs equal to begin with, if they may be written to
 *
 * Context: May sleep.
 */
void quorum_sync_init(struct quorum *q, bool resync)
{
	struct quorum_sync *sync = &q->sync;
	unsigned int i;

	q->last_io = jiffies - FOREGROUND_QUIET;
	sync->not_before = jiffies;
	spin_lock_init(&sync->lock);
	init_waitqueue_head(&sync->wait);
	sync->suspended = true;
	sync->resync_due = resync && q->writable;
	if (sync->resync_due)
		q->settled = 0;
	for (i = 0; i < QUORUM_SLOTS; i++) {
		sync->slot[i].q = q;
		INIT_DELAYED_WORK(&sync->slot[i].work, slot_work);
	}
	INIT_WORK(&q->recover_work, recover_work);
}

/* Let slots that rest see what has changed. */
static void rouse(struct quorum *q)
{
	unsigned int i;

	for (i = 0; i < QUORUM_SLOTS; i++)
		if (READ_ONCE(q->sync.slot[i].busy))
			mod_delayed_work(q->slow_wq, &q->sync.slot[i].work, 0);
}

/**
 * quorum_sync_resume() - go on where quorum_sync_suspend() stopped, or start
 * @q: the target
 *
 * Context: May sleep.
 */
void quorum_sync_resume(struct quorum *q)
{
	struct quorum_sync *sync = &q->sync;
	unsigned long flags;

	spin_lock_irqsave(&sync->lock, flags);
	sync->suspended = false;
	sync->recover_due = true;
	if (sync->action)
		__wake_slots(q);
	else
		__start_due(q);
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
	struct quorum_sync *sync = &q->sync;
	unsigned long flags;

	spin_lock_irqsave(&sync->lock, flags);
	sync->suspended = true;
	spin_unlock_irqrestore(&sync->lock, flags);
	rouse(q);
	wait_event(sync->wait, !READ_ONCE(sync->nr_busy));
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
	struct quorum_sync *sync = &q->sync;
	unsigned long flags;
	int r = -EBUSY;

	if (action == QUORUM_SYNC_REPAIR && !q->writable)
		return -EROFS;
	spin_lock_irqsave(&sync->lock, flags);
	if (!sync->suspended && !sync->action && !sync->nr_busy) {
		sync->frozen = false;
		__start(q, action);
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
	struct quorum_sync *sync = &q->sync;
	unsigned long flags;
	bool ended;

	spin_lock_irqsave(&sync->lock, flags);
	sync->frozen = freeze;
	sync->cancel = true;
	ended = sync->action && !sync->nr_busy;
	if (!sync->nr_busy)
		__finish(q);
	spin_unlock_irqrestore(&sync->lock, flags);
	if (ended)
		quorum_raise_event(q);
	rouse(q);
	return wait_event_killable(sync->wait, !READ_ONCE(sync->cancel));
}

/* Forget what the last action found different.  Context: Any. */
void quorum_sync_clear(struct quorum *q)
{
	unsigned long flags;

	spin_lock_irqsave(&q->sync.lock, flags);
	q->sync.differ = 0;
	spin_unlock_irqrestore(&q->sync.lock, flags);
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
	struct quorum_sync *sync = &q->sync;
	unsigned long flags;

	spin_lock_irqsave(&sync->lock, flags);
	state->action = sync->frozen ? "frozen" : action_names[sync->action];
	state->unresolved = sync->unresolved;
	state->differ = sync->differ;
	spin_unlock_irqrestore(&sync->lock, flags);
}
