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
 * Where some leg cannot read all of a piece, the slot goes through it in small
 * steps, and gives the range back after each: a bad block may take its time.
 *
 * Resync and recover start by themselves when there is something to do.  If
 * that happens again and again, they back off.
 *
 * State changes under sync->lock; those of the regions and suspects may be taken inside it.
 */
#include "dm-quorum.h"
#include "dm-quorum-io.h"
#include "dm-quorum-leg.h"
#include "dm-quorum-pace.h"
#include "dm-quorum-recheck.h"
#include "dm-quorum-sync.h"

#include <linux/jiffies.h>
#include <linux/ktime.h>

/*
 * A leg that could not be read so many times in a piece is asked last, and
 * after twice as many no more.
 */
#define MAX_BAD			64

/* A slot in small steps goes on for so long before it rests. */
#define MIN_REST_BYTES		(64U << 10)

#define QUORUM_SLOTS	4

/**
 * struct quorum_slot - one region that the sweep is at
 * @q: the target
 * @state: what @work is to do: lock the next piece; nothing, the range comes
 *	later; look at the piece
 * @busy: it takes part in the running action (sync->lock)
 * @region: the region
 * @pos: what of it is still to be done begins here
 * @end: and ends here
 * @known: that something is amiss there is no news
 * @careful: up to here, in small pieces: some leg could not read all of a large
 *	one
 * @piece: the size of these, in bytes
 * @bad: how many of these a leg could not read
 * @told: legs that could not read the last one, and were accused of that
 * @unrested: bytes looked at since it rested
 * @woke: when that was, in jiffies
 * @found: what came of the region so far
 * @marks: quorum_marks() when the region was begun
 * @doubts: quorum_suspects_marks() then
 * @range: of the piece
 * @work: the next step
 */
struct quorum_slot {
	struct quorum *q;
	enum {
		QUORUM_SLOT_RESTING,
		QUORUM_SLOT_WAITING,
		QUORUM_SLOT_GRANTED,
	} state;
	bool busy;
	unsigned long region;
	sector_t pos;
	sector_t end;
	bool known;
	sector_t careful;
	unsigned int piece;
	u8 bad[QUORUM_MAX_LEGS];
	u32 told;
	unsigned int unrested;
	unsigned long woke;
	struct quorum_finding found;
	u64 marks;
	u64 doubts;
	struct quorum_range range;
	struct delayed_work work;
};

/**
 * struct quorum_sync - the sweep of a target
 * @q: the target
 * @action: what is under way
 * @last: what was last that started by itself
 * @frozen: nothing starts by itself
 * @suspended: nothing runs: slots leave and keep their places
 * @first: the legs are being made equal for the first time
 * @later: requests went back to dm, and are to come again before all else
 * @cancel: slots leave, and the action is over
 * @resync_due: regions are to be made equal, if there are such
 * @recover_due: live legs are to be brought up to date, likewise
 * @passing: what the action could not do may be possible later
 * @next: the next region to give to a slot
 * @done: sectors that the action, or the last one, is done with
 * @total: of so many
 * @differ: sectors found different by the last resync, check or repair
 * @unresolved: sectors that the last action found no winner for
 * @pace: how fast it goes, and when an action may start by itself
 * @retry: starts it when it may
 * @nr_busy: slots at work
 * @wait: woken when a slot leaves
 * @slot: the regions being worked on
 */
struct quorum_sync {
	struct quorum *q;
	/** @lock: protects all of this but what a busy slot is at */
	spinlock_t lock;
	enum quorum_sync_action action;
	enum quorum_sync_action last;
	bool frozen;
	bool suspended;
	bool first;
	bool later;
	bool cancel;
	bool resync_due;
	bool recover_due;
	bool passing;
	unsigned long next;
	sector_t done;
	sector_t total;
	u64 differ;
	u64 unresolved;
	struct quorum_pace pace;
	struct delayed_work retry;
	unsigned int nr_busy;
	wait_queue_head_t wait;
	struct quorum_slot slot[QUORUM_SLOTS];
};

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

/* Undecided regions are looked at each time: that may have changed. */
static unsigned long __next_region(struct quorum *q)
{
	struct quorum_sync *sync = q->sync;

	if (sync->action == QUORUM_SYNC_RESYNC)
		sync->next = quorum_next_suspect(&q->suspects, sync->next);
	else if (sync->action == QUORUM_SYNC_RECOVER)
		sync->next = min(quorum_next_stale(&q->regions, sync->next),
				 quorum_next_undecided(&q->suspects, sync->next));
	return sync->next;
}

/* That a region without a winner has none is no news, nor is a failed write. */
static bool __is_known(struct quorum *q, unsigned long region)
{
	return quorum_is_undecided(&q->suspects, region) ||
	       (!q->sync->first && quorum_is_unsettled(&q->suspects, region));
}

/* Give the slot a region.  Returns false if there is none left. */
static bool __assign(struct quorum *q, struct quorum_slot *slot)
{
	unsigned long region = __next_region(q);

	if (region >= q->nr_regions)
		return false;
	q->sync->next = region + 1;
	slot->region = region;
	slot->pos = (sector_t)region << q->region_shift;
	slot->end = min_t(sector_t, q->ti->len,
			  slot->pos + (1ULL << q->region_shift));
	slot->careful = 0;
	slot->known = __is_known(q, region);
	memset(&slot->found, 0, sizeof(slot->found));
	slot->marks = quorum_marks(&q->regions);
	slot->doubts = quorum_suspects_marks(&q->suspects);
	return true;
}

static bool __has_region(struct quorum_slot *slot)
{
	return slot->pos < slot->end;
}

static void __reset(struct quorum *q, enum quorum_sync_action action)
{
	unsigned int i;

	q->sync->action = action;
	q->sync->next = 0;
	q->sync->cancel = false;
	q->sync->passing = false;
	for (i = 0; i < QUORUM_SLOTS; i++)
		q->sync->slot[i].pos = q->sync->slot[i].end;
}

/* One slot keeps to a bound on the rate better than several. */
static void __wake_slots(struct quorum *q)
{
	unsigned long delay = quorum_pace_owed(&q->sync->pace, ktime_get_ns());
	unsigned int i;

	for (i = 0; i < (q->max_rate ? 1 : QUORUM_SLOTS); i++) {
		struct quorum_slot *slot = &q->sync->slot[i];

		if (slot->busy)
			continue;
		slot->busy = true;
		q->sync->nr_busy++;
		queue_delayed_work(q->sync_wq, &slot->work, delay);
	}
}

/* Sectors in the regions that the action is about. */
static sector_t __total(struct quorum *q, enum quorum_sync_action action)
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

static void __start(struct quorum *q, enum quorum_sync_action action)
{
	__reset(q, action);
	q->sync->done = 0;
	q->sync->total = __total(q, action);
	q->sync->unresolved = 0;
	if (action != QUORUM_SYNC_RECOVER)
		q->sync->differ = 0;
	__wake_slots(q);
}

/*
 * What needs no asking.
 */

/*
 * The next thing to do, if any; forgets what there is no need for.  Legs are
 * made equal before others are rebuilt from them, but if that has to be tried
 * again and again, each has its turn.
 */
static enum quorum_sync_action __due(struct quorum *q)
{
	struct quorum_sync *sync = q->sync;

	if (!quorum_nr_unsettled(&q->suspects) && !quorum_nr_undecided(&q->suspects))
		sync->resync_due = false;
	if (!quorum_behind(&q->regions))
		sync->recover_due = false;
	if (sync->resync_due &&
	    !(sync->recover_due && sync->last == QUORUM_SYNC_RESYNC))
		return QUORUM_SYNC_RESYNC;
	return sync->recover_due ? QUORUM_SYNC_RECOVER : QUORUM_SYNC_IDLE;
}

/* Start what is due, if nothing runs and nothing forbids it. */
static void __start_due(struct quorum *q)
{
	struct quorum_sync *sync = q->sync;
	enum quorum_sync_action action;
	u64 now = ktime_get_ns();
	unsigned long wait;

	if (sync->suspended || sync->frozen || sync->action || sync->nr_busy ||
	    !q->writable)
		return;
	action = __due(q);
	if (!action)
		return;
	wait = quorum_pace_wait(&sync->pace, now);
	if (wait) {
		queue_delayed_work(q->sync_wq, &sync->retry, wait);
		return;
	}
	if (action == QUORUM_SYNC_RESYNC)
		sync->resync_due = false;
	else
		sync->recover_due = false;
	sync->last = action;
	quorum_pace_start(&sync->pace, now);
	__start(q, action);
}

static bool __is_automatic(struct quorum_sync *sync)
{
	return sync->action == QUORUM_SYNC_RESYNC ||
	       sync->action == QUORUM_SYNC_RECOVER;
}

/*
 * Pace.
 */

/* Sub-jiffy steps add up before they are worth a rest. */
static bool wants_rest(struct quorum_slot *slot)
{
	return slot->unrested >= MIN_REST_BYTES || jiffies - slot->woke > 0 ||
	       !__has_region(slot);
}

/*
 * How long, in jiffies, the slot rests after a piece.  Not at all if it is to
 * leave: when told to, it is roused or sees so itself; and when there is
 * nothing left to do, whoever sees all legs in sync should not see the action
 * linger: the next one rests instead.
 */
static unsigned long __rest(struct quorum *q, struct quorum_slot *slot)
{
	struct quorum_sync *sync = q->sync;
	u64 now = ktime_get_ns();
	unsigned long delay;

	/* Not in one test: what gcc makes of that, its analyzer takes amiss. */
	if (sync->suspended)
		return 0;
	if (sync->cancel)
		return 0;
	if (!wants_rest(slot))
		return 0;
	delay = quorum_pace_spend(&sync->pace, now, slot->unrested);
	if (quorum_foreground_busy(q))
		delay = max(delay, quorum_pace_yield(jiffies - slot->woke));
	slot->unrested = 0;
	if (!__has_region(slot) && __next_region(q) >= q->nr_regions) {
		quorum_pace_owe(&sync->pace, now, delay);
		return 0;
	}
	return delay;
}

/*
 * A slot at work.
 */

static bool may_rewrite(struct quorum *q, unsigned long region)
{
	return quorum_option(q, QUORUM_REWRITE_CORRUPTED) ||
	       quorum_is_unsettled(&q->suspects, region);
}

static unsigned int look_flags(struct quorum *q, struct quorum_slot *slot)
{
	unsigned int flags = QUORUM_LOOK_REFILL;

	if (q->sync->action == QUORUM_SYNC_CHECK)
		return 0;
	if (q->sync->action == QUORUM_SYNC_REPAIR)
		return QUORUM_LOOK_REWRITE;

	if (q->sync->action == QUORUM_SYNC_RECOVER)
		flags |= QUORUM_LOOK_REBUILD;
	if (may_rewrite(q, slot->region))
		flags |= QUORUM_LOOK_REWRITE;
	if (slot->known)
		flags |= QUORUM_LOOK_KNOWN;
	return flags;
}

/* The region is done with: note what is known of it now. */
static void slot_finish_region(struct quorum *q, struct quorum_slot *slot)
{
	enum quorum_sync_action action = q->sync->action;
	struct quorum_finding *found = &slot->found;
	bool decided = !found->unresolved, again = false;
	unsigned long flags;

	if (action == QUORUM_SYNC_RECOVER) {
		if (!found->vague)
			again = !quorum_legs_rebuilt(q, slot->region,
						       slot->marks,
						       found->missed);
	} else if (action != QUORUM_SYNC_CHECK) {
		decided = decided && !found->missed;
		if (!found->unresolved && !found->passing)
			quorum_region_settled(&q->suspects, slot->region,
					      slot->doubts);
	}
	quorum_region_decided(&q->suspects, slot->region, decided);

	spin_lock_irqsave(&q->sync->lock, flags);
	q->sync->recover_due |= again;
	q->sync->passing |= found->passing;
	spin_unlock_irqrestore(&q->sync->lock, flags);
}

/*
 * Some leg could not read all of the piece: go through it in small steps.  Of
 * several in a row that it cannot read, it is accused for the first.
 */
static void slot_take_care(struct quorum *q, struct quorum_slot *slot,
			   struct quorum_look *look)
{
	slot->piece = look->bytes > q->step_size ? q->step_size : q->block_size;
	if (slot->pos < slot->careful)
		return;
	slot->careful = look->sector + (look->bytes >> SECTOR_SHIFT);
	slot->told = 0;
	memset(slot->bad, 0, sizeof(slot->bad));
}

static void slot_add(struct quorum_slot *slot,
		     const struct quorum_finding *more)
{
	struct quorum_finding *found = &slot->found;
	unsigned int leg;

	found->differ += more->differ;
	found->unresolved += more->unresolved;
	found->missed |= more->missed;
	found->vague |= more->vague;
	found->passing |= more->passing;
	slot->told = more->unread;
	quorum_for_each_leg(leg, more->unread)
		if (slot->bad[leg] <= 2 * MAX_BAD)
			slot->bad[leg]++;
}

/* The legs that could not be read more than @most times in this piece. */
static u32 slot_bad_legs(struct quorum_slot *slot, unsigned int most)
{
	unsigned int leg;
	u32 bad = 0;

	if (slot->pos >= slot->careful)
		return 0;
	for (leg = 0; leg < slot->q->nr_legs; leg++)
		if (slot->bad[leg] > most)
			bad |= BIT(leg);
	return bad;
}

/* What was looked at is done with. */
static void slot_advance(struct quorum *q, struct quorum_slot *slot,
			 struct quorum_look *look)
{
	sector_t sectors = look->done >> SECTOR_SHIFT;
	struct quorum_sync *sync = q->sync;
	unsigned long flags;

	slot_add(slot, &look->found);
	slot->unrested += look->done;
	spin_lock_irqsave(&sync->lock, flags);
	slot->pos += sectors;
	sync->done += sectors;
	sync->unresolved += look->found.unresolved;
	if (sync->action != QUORUM_SYNC_RECOVER)
		sync->differ += look->found.differ;
	spin_unlock_irqrestore(&sync->lock, flags);

	if (!__has_region(slot))
		slot_finish_region(q, slot);
}

/* The range is held: look at the piece, give the range back, rest. */
static void slot_do_piece(struct quorum *q, struct quorum_slot *slot)
{
	struct quorum_look look = {
		.sector = slot->range.start,
		.bytes = (slot->range.last - slot->range.start + 1) <<
			 SECTOR_SHIFT,
		.flags = look_flags(q, slot),
		.shun = slot_bad_legs(slot, MAX_BAD),
		.dead = slot_bad_legs(slot, 2 * MAX_BAD),
		.told = slot->pos < slot->careful ? slot->told : 0,
	};
	unsigned long flags, delay;

	if (!slot->unrested)
		slot->woke = jiffies;
	quorum_recheck_sweep(q, &look);
	/* Whoever writes there from now on is to see it. */
	if (look.found.unresolved)
		quorum_region_decided(&q->suspects, slot->region, false);
	quorum_range_unlock(&q->ranges, &slot->range);
	if (look.done)
		slot_advance(q, slot, &look);
	else
		slot_take_care(q, slot, &look);

	spin_lock_irqsave(&q->sync->lock, flags);
	slot->state = QUORUM_SLOT_RESTING;
	delay = __rest(q, slot);
	queue_delayed_work(q->sync_wq, &slot->work, delay);
	spin_unlock_irqrestore(&q->sync->lock, flags);
}

static void slot_granted(struct quorum_range *range)
{
	struct quorum_slot *slot = container_of(range, struct quorum_slot,
						range);

	/* Pairs with slot_work(), which may be running for another reason. */
	smp_store_release(&slot->state, QUORUM_SLOT_GRANTED);
	queue_delayed_work(slot->q->sync_wq, &slot->work, 0);
}

static void slot_lock_piece(struct quorum *q, struct quorum_slot *slot)
{
	bool careful = slot->pos < slot->careful;
	unsigned int bytes = quorum_pace_piece(&q->sync->pace, q->max_bytes,
					       q->block_size);
	sector_t end = careful ? slot->careful : slot->end;
	sector_t sectors;

	if (careful)
		bytes = slot->piece;
	sectors = min_t(sector_t, end - slot->pos, bytes >> SECTOR_SHIFT);
	slot->state = QUORUM_SLOT_WAITING;
	slot->range.start = slot->pos;
	slot->range.last = slot->pos + sectors - 1;
	slot->range.granted = slot_granted;
	if (quorum_range_lock(&q->ranges, &slot->range))
		slot_do_piece(q, slot);
}

/* What was cut short is still due; what may succeed later is tried again. */
static void __note_due(struct quorum_sync *sync)
{
	bool again = sync->cancel || sync->passing;

	if (sync->action != QUORUM_SYNC_RECOVER || again)
		sync->recover_due = true;
	if (__is_automatic(sync) && again)
		sync->resync_due = true;
}

/*
 * The action is over.  Anything but a recovery that came to its end may have
 * made one possible.
 */
static void __finish(struct quorum *q)
{
	struct quorum_sync *sync = q->sync;

	__note_due(sync);
	if (sync->action == QUORUM_SYNC_RESYNC && !sync->cancel)
		sync->first = false;
	if (__is_automatic(sync) && !sync->cancel)
		quorum_pace_end(&sync->pace, ktime_get_ns(), sync->passing);
	__reset(q, QUORUM_SYNC_IDLE);
	__start_due(q);
}

/* The last slot to leave closes the books.  Returns whether it did. */
static bool __leave(struct quorum *q, struct quorum_slot *slot)
{
	struct quorum_sync *sync = q->sync;

	slot->busy = false;
	if (--sync->nr_busy || (sync->suspended && !sync->cancel))
		return false;
	__finish(q);
	return true;
}

static void slot_next(struct quorum *q, struct quorum_slot *slot)
{
	struct quorum_sync *sync = q->sync;
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
		quorum_raise_event(&q->reports);
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

static void start_due(struct quorum *q, bool hurry)
{
	unsigned long flags;

	spin_lock_irqsave(&q->sync->lock, flags);
	q->sync->resync_due = true;
	q->sync->recover_due = true;
	if (hurry)
		quorum_pace_hurry(&q->sync->pace);
	__start_due(q);
	spin_unlock_irqrestore(&q->sync->lock, flags);
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
	start_due(q, false);
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
	start_due(q, true);
}

static void retry_work(struct work_struct *work)
{
	struct quorum_sync *sync = container_of(to_delayed_work(work),
						struct quorum_sync, retry);
	unsigned long flags;

	spin_lock_irqsave(&sync->lock, flags);
	__start_due(sync->q);
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
	sync->first = resync && q->writable;
	if (sync->first)
		quorum_unsettle(&q->suspects, 0, 0);
	for (i = 0; i < QUORUM_SLOTS; i++) {
		sync->slot[i].q = q;
		INIT_DELAYED_WORK(&sync->slot[i].work, slot_work);
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

/* Let slots that rest see what has changed. */
static void rouse(struct quorum *q)
{
	unsigned int i;

	for (i = 0; i < QUORUM_SLOTS; i++)
		if (READ_ONCE(q->sync->slot[i].busy))
			mod_delayed_work(q->sync_wq, &q->sync->slot[i].work, 0);
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
	struct quorum_sync *sync = q->sync;
	unsigned long flags;

	spin_lock_irqsave(&sync->lock, flags);
	sync->suspended = true;
	spin_unlock_irqrestore(&sync->lock, flags);
	rouse(q);
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
	struct quorum_sync *sync = q->sync;
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
		quorum_raise_event(&q->reports);
	rouse(q);
	return wait_event_killable(sync->wait, !READ_ONCE(sync->cancel));
}

/* Forget what the last action found different.  Context: Any. */
void quorum_sync_clear(struct quorum *q)
{
	unsigned long flags;

	spin_lock_irqsave(&q->sync->lock, flags);
	q->sync->differ = 0;
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
	unsigned long flags;

	spin_lock_irqsave(&sync->lock, flags);
	state->action = sync->frozen ? "frozen" : action_names[sync->action];
	state->done = sync->done;
	state->total = max(sync->total, sync->done);
	state->differ = sync->differ;
	state->unresolved = sync->unresolved;
	spin_unlock_irqrestore(&sync->lock, flags);
}
