// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests that too few legs answer, held instead of failed.  They are tried
 * again every second, and as soon as a leg is back, until they succeed, fail
 * for another reason, or have been held for too long.  They hold nothing.
 */
#include "dm-quorum-hold.h"

#include <linux/jiffies.h>
#include <linux/ktime.h>

#define RETRY		HZ

static void take_all(struct quorum_hold *hold, struct list_head *list)
{
	unsigned long flags;

	spin_lock_irqsave(&hold->lock, flags);
	list_splice_init(&hold->list, list);
	spin_unlock_irqrestore(&hold->lock, flags);
}

static void retry_work(struct work_struct *work)
{
	struct quorum_hold *hold = container_of(to_delayed_work(work),
						struct quorum_hold, retry);
	struct quorum_held *held, *next;
	LIST_HEAD(list);

	take_all(hold, &list);
	list_for_each_entry_safe(held, next, &list, list)
		hold->again(held);
}

/**
 * quorum_hold_init() - prepare to hold what fails
 * @hold: all zero; what is not set here is the caller's to set
 *
 * Context: Any.
 */
void quorum_hold_init(struct quorum_hold *hold)
{
	spin_lock_init(&hold->lock);
	INIT_LIST_HEAD(&hold->list);
	INIT_DELAYED_WORK(&hold->retry, retry_work);
}

/* Nothing is held any more.  Context: May sleep. */
void quorum_hold_exit(struct quorum_hold *hold)
{
	cancel_delayed_work_sync(&hold->retry);
}

/**
 * quorum_hold_wants() - whether a request that is about to fail is to be held
 * @hold: where
 * @held: the request
 *
 * Context: Any.
 */
bool quorum_hold_wants(struct quorum_hold *hold, struct quorum_held *held)
{
	unsigned int seconds = READ_ONCE(hold->seconds);
	time64_t now;

	held->wanted = false;
	if (likely(!READ_ONCE(hold->on)))
		return false;
	/* One has passed in any case, so that 0 is never. */
	now = ktime_get_seconds() + 1;
	if (!held->since)
		held->since = now;
	held->wanted = !seconds || now - held->since < seconds;
	return held->wanted;
}

/**
 * quorum_hold_take() - hold a request
 * @hold: where
 * @held: the request, of which quorum_hold_wants() was asked
 *
 * It may go on elsewhere, and be the last that needs @hold, as soon as the lock
 * is free: nothing is touched after that.
 *
 * Context: Any.
 * Return: false if it is to fail after all.
 */
bool quorum_hold_take(struct quorum_hold *hold, struct quorum_held *held)
{
	unsigned long flags;
	bool takes;

	spin_lock_irqsave(&hold->lock, flags);
	takes = held->wanted && hold->on && !hold->giving_back;
	if (takes) {
		if (list_empty(&hold->list))
			hold->begins(hold);
		list_add_tail(&held->list, &hold->list);
		queue_delayed_work(hold->wq, &hold->retry, RETRY);
	}
	spin_unlock_irqrestore(&hold->lock, flags);
	return takes;
}

/* Something has changed for the better: try again now.  Context: Any. */
void quorum_hold_kick(struct quorum_hold *hold)
{
	if (unlikely(!list_empty_careful(&hold->list)))
		mod_delayed_work(hold->wq, &hold->retry, 0);
}

static void fail_all(struct quorum_hold *hold, bool requeue)
{
	struct quorum_held *held, *next;
	LIST_HEAD(list);

	take_all(hold, &list);
	list_for_each_entry_safe(held, next, &list, list)
		hold->fail(held, requeue);
}

/**
 * quorum_hold_set() - hold what fails from now on, or fail what is held
 * @hold: where
 * @on: hold it
 * @seconds: for so long, at most; 0 is without bound
 *
 * Context: May sleep.
 */
void quorum_hold_set(struct quorum_hold *hold, bool on, unsigned int seconds)
{
	unsigned long flags;

	spin_lock_irqsave(&hold->lock, flags);
	WRITE_ONCE(hold->on, on);
	WRITE_ONCE(hold->seconds, seconds);
	spin_unlock_irqrestore(&hold->lock, flags);
	if (!on)
		fail_all(hold, false);
}

/**
 * quorum_hold_give_back() - give all back to dm, or hold it again
 * @hold: where
 * @giving_back: the former: while it is suspended without flushing
 *
 * Context: May sleep.
 */
void quorum_hold_give_back(struct quorum_hold *hold, bool giving_back)
{
	unsigned long flags;

	spin_lock_irqsave(&hold->lock, flags);
	hold->giving_back = giving_back;
	spin_unlock_irqrestore(&hold->lock, flags);
	if (giving_back)
		fail_all(hold, true);
	else
		quorum_hold_kick(hold);
}
