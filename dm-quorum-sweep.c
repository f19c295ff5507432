// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sweepers: each takes a region from the walk, has its slot look at one
 * piece after the other, and rests in between as the pace wants it.
 *
 * One that is told to stop keeps its place: a suspended sweep goes on where it
 * stood.
 *
 * State changes under sweep->lock; those of the regions, of the suspects and of
 * reports may be taken inside it.
 * What begins with __ holds sweep->lock.
 */
#include "dm-quorum.h"
#include "dm-quorum-io.h"
#include "dm-quorum-sweep.h"

#include <linux/jiffies.h>
#include <linux/ktime.h>

/* In small steps a sweeper goes on for so long before it rests. */
#define MIN_REST_BYTES		(64U << 10)

/* Leave whatever the last one left of its regions. */
static void __reset(struct quorum_sweep *sweep)
{
	unsigned int i;

	sweep->cancel = false;
	sweep->again = false;
	for (i = 0; i < QUORUM_SWEEPERS; i++) {
		quorum_slot_drop(&sweep->sweeper[i].slot);
		sweep->sweeper[i].begun = false;
	}
}

/**
 * __quorum_sweep_wake() - let sweepers go on where they stand
 * @sweep: the sweep
 *
 * One keeps to a bound on the rate better than several.
 *
 * Context: Any; holds the lock.
 */
void __quorum_sweep_wake(struct quorum_sweep *sweep)
{
	unsigned long delay = quorum_pace_owed(&sweep->pace, ktime_get_ns());
	struct quorum *q = sweep->q;
	unsigned int i;

	for (i = 0; i < (q->max_rate ? 1 : QUORUM_SWEEPERS); i++) {
		struct quorum_sweeper *sweeper = &sweep->sweeper[i];

		if (sweeper->busy)
			continue;
		sweeper->busy = true;
		sweep->nr_busy++;
		queue_delayed_work(sweep->wq, &sweeper->work, delay);
	}
}

/* Begin an action.  Context: Any; holds the lock; nobody is busy. */
void __quorum_sweep_start(struct quorum_sweep *sweep,
			  enum quorum_sync_action action)
{
	__reset(sweep);
	quorum_walk_start(&sweep->walk, sweep->q, action);
	__quorum_sweep_wake(sweep);
}

/* Nothing is under way any more.  Context: Any; holds the lock. */
void __quorum_sweep_end(struct quorum_sweep *sweep)
{
	quorum_walk_end(&sweep->walk, !sweep->cancel);
	__reset(sweep);
}

/* Whether another action may begin.  Context: Any; holds the lock. */
bool __quorum_sweep_idle(const struct quorum_sweep *sweep)
{
	return !sweep->walk.action && !sweep->nr_busy;
}

/* Sub-jiffy steps add up before they are worth a rest. */
static bool wants_rest(struct quorum_sweeper *sweeper)
{
	return sweeper->unrested >= MIN_REST_BYTES ||
	       jiffies - sweeper->woke > 0 ||
	       !quorum_slot_has_region(&sweeper->slot);
}

/* Not in one test: what gcc makes of that, its analyzer takes amiss. */
static bool __is_to_leave(struct quorum_sweep *sweep)
{
	if (sweep->suspended)
		return true;
	return sweep->cancel;
}

/*
 * How long, in jiffies, one rests after a piece.  Not at all if it is to leave:
 * when told to, it is roused or sees so itself; and when there is nothing left
 * to do, whoever sees all legs in sync should not see the action linger: the
 * next one rests instead.
 */
static unsigned long __rest(struct quorum_sweep *sweep,
			    struct quorum_sweeper *sweeper)
{
	u64 now = ktime_get_ns();
	unsigned long delay;

	if (__is_to_leave(sweep) || !wants_rest(sweeper))
		return 0;
	delay = quorum_pace_spend(&sweep->pace, now, sweeper->unrested);
	if (quorum_foreground_busy(sweep->q))
		delay = max(delay, quorum_pace_yield(jiffies - sweeper->woke));
	sweeper->unrested = 0;
	if (!quorum_slot_has_region(&sweeper->slot) &&
	    !quorum_walk_has_region(&sweep->walk, sweep->q)) {
		quorum_pace_owe(&sweep->pace, now, delay);
		return 0;
	}
	return delay;
}

/* Count what came of a piece, before what is known of its region changes. */
static void count_found(struct quorum_sweep *sweep,
			struct quorum_sweeper *sweeper,
			const struct quorum_look *look)
{
	unsigned long flags;

	spin_lock_irqsave(&sweep->lock, flags);
	quorum_walk_count(&sweep->walk, look);
	sweeper->differ += look->found.differ;
	sweeper->unresolved += look->found.unresolved;
	spin_unlock_irqrestore(&sweep->lock, flags);
}

/* The range is held: look at the piece, give the range back, rest. */
static void do_piece(struct quorum_sweep *sweep, struct quorum_sweeper *sweeper)
{
	struct quorum_slot *slot = &sweeper->slot;
	unsigned long flags, delay;
	struct quorum_look look;
	bool again = false;

	if (!sweeper->unrested)
		sweeper->woke = jiffies;
	quorum_slot_look(slot, sweep->walk.action, &look);
	sweeper->unrested += look.done;
	if (look.done) {
		count_found(sweep, sweeper, &look);
		if (!quorum_slot_has_region(slot))
			again = !quorum_slot_finish(slot,
						    sweep->walk.action);
	}

	spin_lock_irqsave(&sweep->lock, flags);
	sweep->again |= again;
	sweeper->begun = quorum_slot_has_region(slot);
	sweeper->state = QUORUM_SWEEPER_RESTING;
	delay = __rest(sweep, sweeper);
	queue_delayed_work(sweep->wq, &sweeper->work, delay);
	spin_unlock_irqrestore(&sweep->lock, flags);
}

static void range_granted(struct quorum_slot *slot)
{
	struct quorum_sweeper *sweeper = container_of(slot,
						      struct quorum_sweeper,
						      slot);

	/* Pairs with sweeper_work(), which may run for another reason. */
	smp_store_release(&sweeper->state, QUORUM_SWEEPER_GRANTED);
	queue_delayed_work(sweeper->sweep->wq, &sweeper->work, 0);
}

static void lock_piece(struct quorum_sweep *sweep,
		       struct quorum_sweeper *sweeper)
{
	struct quorum *q = sweep->q;

	sweeper->state = QUORUM_SWEEPER_WAITING;
	if (quorum_slot_lock(&sweeper->slot,
			     quorum_pace_piece(&sweep->pace, q->max_bytes,
					       q->block_size)))
		do_piece(sweep, sweeper);
}

/* Give a slot a region.  Returns false if there is none left. */
static bool __assign(struct quorum_sweep *sweep, struct quorum_sweeper *sweeper)
{
	struct quorum_slot *slot = &sweeper->slot;
	unsigned long region;
	bool known;

	if (!quorum_walk_take(&sweep->walk, sweep->q, &region, &known))
		return false;
	quorum_slot_begin(slot, region, known);
	quorum_slot_confine(slot, sweep->walk.start, sweep->walk.end);
	sweeper->begun = true;
	sweeper->differ = 0;
	sweeper->unresolved = 0;
	return true;
}

/* The last to leave closes the books.  Returns whether it did. */
static bool __leave(struct quorum_sweep *sweep, struct quorum_sweeper *sweeper)
{
	sweeper->busy = false;
	/* When it comes back, what was before does not count. */
	sweeper->unrested = 0;
	if (--sweep->nr_busy || (sweep->suspended && !sweep->cancel))
		return false;
	sweep->ended(sweep);
	return true;
}

static void next_piece(struct quorum_sweep *sweep,
		       struct quorum_sweeper *sweeper)
{
	bool more, ended = false;
	unsigned long flags;

	spin_lock_irqsave(&sweep->lock, flags);
	if (!sweeper->busy) {
		/* Roused when it had just left. */
		spin_unlock_irqrestore(&sweep->lock, flags);
		return;
	}
	more = !__is_to_leave(sweep) &&
	       (quorum_slot_has_region(&sweeper->slot) ||
		__assign(sweep, sweeper));
	if (!more)
		ended = __leave(sweep, sweeper);
	spin_unlock_irqrestore(&sweep->lock, flags);

	if (more) {
		lock_piece(sweep, sweeper);
		return;
	}
	wake_up_all(&sweep->wait);
	if (ended)
		quorum_raise_event(&sweep->q->reports);
}

static void sweeper_work(struct work_struct *work)
{
	struct quorum_sweeper *sweeper = container_of(to_delayed_work(work),
					       struct quorum_sweeper, work);

	/* Pairs with range_granted(). */
	switch (smp_load_acquire(&sweeper->state)) {
	case QUORUM_SWEEPER_RESTING:
		next_piece(sweeper->sweep, sweeper);
		break;
	case QUORUM_SWEEPER_GRANTED:
		do_piece(sweeper->sweep, sweeper);
		break;
	case QUORUM_SWEEPER_WAITING:
		/* Woken from its rest a moment too late. */
		break;
	}
}

/* Let those that rest see what has changed.  Context: Any, without the lock. */
void quorum_sweep_rouse(struct quorum_sweep *sweep)
{
	unsigned int i;

	for (i = 0; i < QUORUM_SWEEPERS; i++)
		if (READ_ONCE(sweep->sweeper[i].busy))
			mod_delayed_work(sweep->wq,
					 &sweep->sweeper[i].work, 0);
}

/**
 * quorum_sweep_init() - prepare the sweepers
 * @sweep: the sweep, all zero
 * @q: the target
 * @ended: as in struct quorum_sweep
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM; quorum_sweep_exit() is due in any case.
 */
int quorum_sweep_init(struct quorum_sweep *sweep, struct quorum *q,
		      void (*ended)(struct quorum_sweep *sweep))
{
	unsigned int i;

	sweep->q = q;
	sweep->ended = ended;
	spin_lock_init(&sweep->lock);
	init_waitqueue_head(&sweep->wait);
	quorum_pace_init(&sweep->pace, q->max_rate);
	for (i = 0; i < QUORUM_SWEEPERS; i++) {
		struct quorum_sweeper *sweeper = &sweep->sweeper[i];

		sweeper->sweep = sweep;
		quorum_slot_init(&sweeper->slot, q, range_granted);
		INIT_DELAYED_WORK(&sweeper->work, sweeper_work);
	}
	sweep->wq = alloc_workqueue("kquorum_sync",
				    WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	return sweep->wq ? 0 : -ENOMEM;
}

/* No sweeper is busy.  Context: May sleep. */
void quorum_sweep_exit(struct quorum_sweep *sweep)
{
	if (sweep->wq)
		destroy_workqueue(sweep->wq);
}
