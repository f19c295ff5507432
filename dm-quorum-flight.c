// SPDX-License-Identifier: GPL-2.0-only
/*
 * What was sent to several legs at once, and goes on without those that do not
 * answer.
 *
 * Who ends a flight is decided by @out alone: whoever takes the last bit away.
 * That is the last leg that is back, or whoever gives up on all that are not.
 * A leg that finds its bit gone when it is back is late, and has but to be
 * forgotten.
 *
 * There is one timer for all.  It looks at those that are overdue, and again at
 * those it could not end yet; a leg that comes back when others are overdue
 * looks for itself.
 */
#include "dm-quorum-flight.h"
#include "dm-quorum-device.h"
#include "dm-quorum-owed.h"

#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/slab.h>

/* Where others will not do, it is seen so often whether they do now. */
#define LOOK_AGAIN	HZ

/**
 * quorum_flight_owe() - the request was answered before some legs were back
 * @flight: the flight, which is not at its end
 *
 * Context: Any.
 */
void quorum_flight_owe(struct quorum_flight *flight)
{
	quorum_owe(flight, quorum_flight_out(flight), false);
}

/* The legs that are not back, and not given up on.  Context: Any. */
u32 quorum_flight_out(struct quorum_flight *flight)
{
	return atomic64_read(&flight->out);
}

/*
 * The life of a flight.
 */

/**
 * quorum_flight_init() - make a flight, before it begins
 * @flight: the flight
 * @flights: those of the target
 * @ops: what its owner has to say
 *
 * Context: Any.
 */
void quorum_flight_init(struct quorum_flight *flight,
			struct quorum_flights *flights,
			const struct quorum_flight_ops *ops)
{
	unsigned long flags;

	flight->all = flights;
	flight->ops = ops;
	atomic64_set(&flight->out, 0);
	flight->late = 0;
	flight->returned = 0;
	flight->owed = 0;
	flight->given_up = 0;
	refcount_set(&flight->refs, 1);
	INIT_LIST_HEAD(&flight->list);
	spin_lock_irqsave(&flights->lock, flags);
	flights->nr++;
	spin_unlock_irqrestore(&flights->lock, flags);
}

/**
 * quorum_flight_put() - its owner needs it no more
 * @flight: the flight
 *
 * Context: Any.
 */
void quorum_flight_put(struct quorum_flight *flight)
{
	struct quorum_flights *all = flight->all;
	unsigned long flags;

	if (!refcount_dec_and_test(&flight->refs))
		return;
	flight->ops->free(flight);
	/* Whoever waits takes the lock: all may be gone afterwards. */
	spin_lock_irqsave(&all->lock, flags);
	if (!--all->nr)
		wake_up(&all->wait);
	spin_unlock_irqrestore(&all->lock, flags);
}

/* From now on its time runs. */
static void watch(struct quorum_flight *flight)
{
	struct quorum_flights *all = flight->all;
	unsigned long flags;
	bool first;

	spin_lock_irqsave(&all->lock, flags);
	flight->sent = jiffies;
	first = list_empty(&all->young) && list_empty(&all->old);
	list_add_tail(&flight->list, &all->young);
	spin_unlock_irqrestore(&all->lock, flags);
	if (first)
		queue_delayed_work(all->wq, &all->tick, all->timeout);
}

/**
 * quorum_flight_begin() - legs are about to be sent something
 * @flight: the flight; not out, or at its end
 * @legs: which, none of them given up on; at least one
 * @bytes: how much each is sent, or is to return
 *
 * Context: Any.
 */
void quorum_flight_begin(struct quorum_flight *flight, u32 legs,
			 unsigned int bytes)
{
	u64 round;

	flight->bytes = bytes;
	refcount_add(hweight32(legs) + 1, &flight->refs);
	round = (atomic64_read(&flight->out) & ~QUORUM_FLIGHT_ANY_OUT) +
		QUORUM_FLIGHT_ROUND;
	atomic64_set(&flight->out, round | QUORUM_FLIGHT_SENDING | legs);
	if (flight->all->counts)
		quorum_owed_again(flight, legs);
}

static void land(struct quorum_flight *flight)
{
	struct quorum_flights *all = flight->all;
	unsigned long flags;

	if (all->timeout) {
		spin_lock_irqsave(&all->lock, flags);
		list_del_init(&flight->list);
		spin_unlock_irqrestore(&all->lock, flags);
	}
	flight->ops->end(flight);
}

static bool is_overdue(struct quorum_flight *flight)
{
	unsigned long timeout = flight->all->timeout;

	return timeout && time_after_eq(jiffies, flight->sent + timeout);
}

/* End it, if it is time, and the legs that are back will do. */
static void give_up(struct quorum_flight *flight)
{
	s64 out, landed;
	u32 legs;

	do {
		/* Then what else is looked at is not older: of this round. */
		out = atomic64_read_acquire(&flight->out);
		legs = out;
		if (!legs || out & QUORUM_FLIGHT_SENDING ||
		    !is_overdue(flight) || !flight->ops->enough(flight, legs))
			return;
		landed = out & (s64)~QUORUM_FLIGHT_ANY_OUT;
	} while (atomic64_cmpxchg(&flight->out, out, landed) != out);
	quorum_owe(flight, legs, true);
	land(flight);
}

/* It is one step nearer to its end. */
static void look(struct quorum_flight *flight)
{
	if (flight->ops->seen)
		flight->ops->seen(flight);
	give_up(flight);
}

/**
 * quorum_flight_sent() - all bios have been sent
 * @flight: the flight
 *
 * Context: Any.
 */
void quorum_flight_sent(struct quorum_flight *flight)
{
	s64 before;

	if (flight->all->timeout)
		watch(flight);
	before = atomic64_fetch_andnot(QUORUM_FLIGHT_SENDING, &flight->out);
	if ((before & QUORUM_FLIGHT_ANY_OUT) == QUORUM_FLIGHT_SENDING)
		land(flight);
	else
		look(flight);
	quorum_flight_put(flight);
}

/**
 * quorum_flight_back() - a leg has answered
 * @flight: the flight; may be gone when this returns
 * @leg: the leg
 *
 * Context: Any.
 */
void quorum_flight_back(struct quorum_flight *flight, unsigned int leg)
{
	struct quorum_flights *all = flight->all;
	s64 bit = BIT_ULL(leg);
	s64 before = atomic64_fetch_andnot(bit, &flight->out);

	if (all->counts && quorum_owed_back(flight, leg, before))
		all->caught_up(all, leg);
	if ((before & QUORUM_FLIGHT_ANY_OUT) == bit)
		land(flight);
	else if (before & bit && !(before & QUORUM_FLIGHT_SENDING))
		look(flight);
	quorum_flight_put(flight);
}

/*
 * The timer.
 */

/* Those that are overdue, the oldest first. */
static void __take_overdue(struct quorum_flights *all,
			   struct list_head *overdue)
{
	struct quorum_flight *flight, *next;

	list_splice_init(&all->old, overdue);
	list_for_each_entry_safe(flight, next, &all->young, list) {
		if (!is_overdue(flight))
			break;
		list_move_tail(&flight->list, overdue);
	}
}

/* The next of them, which stays until it ends. */
static struct quorum_flight *next_overdue(struct quorum_flights *all,
					  struct list_head *overdue)
{
	struct quorum_flight *flight;

	spin_lock_irq(&all->lock);
	flight = list_first_entry_or_null(overdue, struct quorum_flight, list);
	if (flight) {
		list_move_tail(&flight->list, &all->old);
		refcount_inc(&flight->refs);
	}
	spin_unlock_irq(&all->lock);
	return flight;
}

/* When to look next, in jiffies from now; 0 is never. */
static unsigned long __next_tick(struct quorum_flights *all)
{
	unsigned long again = min_t(unsigned long, LOOK_AGAIN, all->timeout);
	struct quorum_flight *flight;
	unsigned long due;

	flight = list_first_entry_or_null(&all->young, struct quorum_flight,
					  list);
	if (!flight)
		return list_empty(&all->old) ? 0 : again;
	due = flight->sent + all->timeout;
	due = time_after(due, jiffies) ? due - jiffies : 1;
	return list_empty(&all->old) ? due : min(due, again);
}

static void tick_work(struct work_struct *work)
{
	struct quorum_flights *all = container_of(to_delayed_work(work),
						  struct quorum_flights, tick);
	struct quorum_flight *flight;
	unsigned long wait;
	LIST_HEAD(overdue);

	spin_lock_irq(&all->lock);
	__take_overdue(all, &overdue);
	spin_unlock_irq(&all->lock);
	while ((flight = next_overdue(all, &overdue))) {
		give_up(flight);
		quorum_flight_put(flight);
	}
	spin_lock_irq(&all->lock);
	wait = __next_tick(all);
	spin_unlock_irq(&all->lock);
	if (wait)
		mod_delayed_work(all->wq, &all->tick, wait);
}

/*
 * Construction.
 */

/**
 * quorum_flights_init() - prepare for flights
 * @flights: all zero
 * @nr_legs: how many legs there are
 * @timeout_ms: after so many ms a leg is given up on; 0 is never
 * @counts: what legs owe is counted without that, too
 *
 * ->caught_up() is the caller's to set, and ->owed(), if it wants that.
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM; quorum_flights_exit() is due in any case.
 */
int quorum_flights_init(struct quorum_flights *flights, unsigned int nr_legs,
			unsigned int timeout_ms, bool counts)
{
	spin_lock_init(&flights->lock);
	init_waitqueue_head(&flights->wait);
	INIT_LIST_HEAD(&flights->young);
	INIT_LIST_HEAD(&flights->old);
	INIT_DELAYED_WORK(&flights->tick, tick_work);
	/* A jiffy has begun when time begins to run. */
	if (timeout_ms)
		flights->timeout = msecs_to_jiffies(timeout_ms) + 1;
	flights->counts = counts || timeout_ms;
	flights->leg = kcalloc(nr_legs, sizeof(*flights->leg), GFP_KERNEL);
	if (!flights->leg)
		return -ENOMEM;
	flights->nr_legs = nr_legs;
	if (!timeout_ms)
		return 0;
	flights->wq = alloc_workqueue("kquorum_late",
				      WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	return flights->wq ? 0 : -ENOMEM;
}

/**
 * quorum_flights_wait() - wait until the last of them is gone
 * @flights: those of the target; nobody begins another one
 *
 * Legs may take for ever: nobody is to be told that this task hangs.
 *
 * Context: May sleep.
 */
void quorum_flights_wait(struct quorum_flights *flights)
{
	if (!flights->leg)
		return;
	wait_event_idle(flights->wait, !READ_ONCE(flights->nr));
	/* Whoever woke us is about to let go of the lock. */
	spin_lock_irq(&flights->lock);
	spin_unlock_irq(&flights->lock);
}

/* There are none any more.  Context: May sleep. */
void quorum_flights_exit(struct quorum_flights *flights)
{
	unsigned int leg;

	if (flights->wq) {
		cancel_delayed_work_sync(&flights->tick);
		destroy_workqueue(flights->wq);
	}
	for (leg = 0; leg < flights->nr_legs; leg++)
		quorum_device_put(flights->leg[leg].device);
	kfree(flights->leg);
}
