// SPDX-License-Identifier: GPL-2.0-only
/* Wait queues, completions, semaphores, sleeping for a time. */
#include "sim.h"

struct sleeper {
	struct sim_event event;
	struct task *task;
	bool fired;
};

void init_waitqueue_head(wait_queue_head_t *wq)
{
	INIT_LIST_HEAD(&wq->head);
}

void sim_wait_prepare(wait_queue_head_t *wq, struct sim_waiter *w)
{
	if (!wq->head.next)
		sim_fail("a wait queue was never initialised");
	w->task = sim_me;
	w->woken = false;
	list_add_tail(&w->node, &wq->head);
	sim_point();
}

static void sleeper_fire(struct sim_event *event)
{
	struct sleeper *s = container_of(event, struct sleeper, event);

	s->fired = true;
	task_wake(s->task);
}

/* A timeout of 0 is none. */
void sim_wait(struct sim_waiter *w, const char *why, u64 timeout)
{
	struct sleeper s = { .task = sim_me, .event.fire = sleeper_fire };

	might_sleep();
	if (timeout)
		event_add(&s.event, timeout);
	while (!w->woken && !s.fired)
		task_sleep(why, w);
	if (timeout && !s.fired)
		event_del(&s.event);
}

void sim_wait_finish(struct sim_waiter *w)
{
	if (!w->woken)
		list_del(&w->node);
	w->woken = true;
}

/* Without a point: whoever is woken may free @wq. */
bool sim_wake_now(wait_queue_head_t *wq, int nr)
{
	bool any = false;

	while (nr-- && !list_empty(&wq->head)) {
		struct sim_waiter *w = list_first_entry(&wq->head,
							struct sim_waiter,
							node);

		list_del(&w->node);
		w->woken = true;
		task_wake(w->task);
		any = true;
	}
	return any;
}

bool sim_wake(wait_queue_head_t *wq, int nr)
{
	sim_point();
	return sim_wake_now(wq, nr);
}

/* Whether somebody has lost patience with the current task. */
bool sim_killed(void)
{
	return sim_me->killable && rnd_chance(30);
}

void init_completion(struct completion *x)
{
	x->done = 0;
	init_waitqueue_head(&x->wait);
}

void reinit_completion(struct completion *x)
{
	x->done = 0;
}

/* Whoever waits may free @x as soon as it is done: nothing follows. */
void complete(struct completion *x)
{
	sim_point();
	if (x->done != UINT_MAX)
		x->done++;
	sim_wake_now(&x->wait, 1);
}

void complete_all(struct completion *x)
{
	sim_point();
	x->done = UINT_MAX;
	sim_wake_now(&x->wait, INT_MAX);
}

unsigned long sim_wait_for_completion(struct completion *x, const char *why,
				      u64 timeout)
{
	u64 end = sim_now + timeout;
	struct sim_waiter w;

	might_sleep();
	sim_point();
	while (!x->done) {
		if (timeout && sim_now >= end)
			return 0;
		sim_wait_prepare(&x->wait, &w);
		if (!x->done)
			sim_wait(&w, why, timeout ? end - sim_now : 0);
		sim_wait_finish(&w);
	}
	if (x->done != UINT_MAX)
		x->done--;
	return 1;
}

bool completion_done(struct completion *x)
{
	sim_point();
	return x->done;
}

bool try_wait_for_completion(struct completion *x)
{
	sim_point();
	if (!x->done)
		return false;
	if (x->done != UINT_MAX)
		x->done--;
	return true;
}

void sema_init(struct semaphore *s, int count)
{
	s->count = count;
	init_waitqueue_head(&s->wait);
}

void down(struct semaphore *s)
{
	wait_event(s->wait, s->count > 0);
	s->count--;
}

void up(struct semaphore *s)
{
	sim_point();
	s->count++;
	wake_up(&s->wait);
}

static void sleep_ns(u64 ns)
{
	struct sim_waiter w = { .task = sim_me };

	might_sleep();
	sim_wait(&w, "time", ns ? ns : 1);
}

void msleep(unsigned int ms)
{
	sleep_ns(ms * (u64)NSEC_PER_MSEC);
}

void usleep_range(unsigned long least, unsigned long most)
{
	sleep_ns(rnd_range(least, most) * NSEC_PER_USEC);
}

long schedule_timeout_uninterruptible(long timeout)
{
	sleep_ns(timeout * (u64)TICK_NSEC);
	return 0;
}

struct task_struct *sim_get_current(void)
{
	return &sim_me->cur;
}
