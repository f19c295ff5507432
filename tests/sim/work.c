// SPDX-License-Identifier: GPL-2.0-only
/*
 * Work queues: items start in the order they were queued, up to max_active of
 * a queue at once, one item never twice at a time.  Under pressure no workers
 * can be made: a queue for reclaim has its one rescuer, any other has none.
 */
#include "sim.h"

struct workqueue_struct {
	struct list_head node;
	char name[32];
	unsigned int flags;
	unsigned int max_active;
	struct list_head queued;
	struct list_head workers;
	unsigned int nr_workers;
	wait_queue_head_t wait;
	u64 next_seq;
	bool dying;
};

struct worker {
	struct list_head node;
	struct workqueue_struct *wq;
	struct work_struct *work;	/* may be gone: an address only */
	u64 seq;
};

struct workqueue_struct *system_wq;
bool work_pressure;
static LIST_HEAD(queues);

static unsigned int limit(struct workqueue_struct *wq)
{
	if (work_pressure)
		return wq->flags & WQ_MEM_RECLAIM ? 1 : 0;
	return wq->max_active;
}

static struct worker *running(struct workqueue_struct *wq,
			      struct work_struct *work)
{
	struct worker *w;

	list_for_each_entry(w, &wq->workers, node)
		if (w->work == work)
			return w;
	return NULL;
}

static struct work_struct *next_work(struct workqueue_struct *wq)
{
	struct work_struct *work;

	list_for_each_entry(work, &wq->queued, entry)
		if (!running(wq, work))
			return work;
	return NULL;
}

static void run(struct worker *w, struct work_struct *work)
{
	struct workqueue_struct *wq = w->wq;
	work_func_t func = work->func;

	if (work->magic != SIM_WORK_MAGIC)
		sim_fail("%s: a work item was changed", wq->name);
	list_del(&work->entry);
	w->work = work;
	w->seq = work->seq;
	work->pending = false;
	sim_point();
	func(work);
	context_clean(wq->name);
	w->work = NULL;
	wake_up_all(&wq->wait);
}

static void worker_fn(void *arg)
{
	struct worker *w = arg;
	struct workqueue_struct *wq = w->wq;
	struct work_struct *work;

	while (wq->nr_workers <= max(limit(wq), 1U) && (work = next_work(wq)))
		run(w, work);
	list_del(&w->node);
	wq->nr_workers--;
	free(w);
	sim_wake_now(&wq->wait, INT_MAX);
}

/* Have as many workers as there is work for. */
static void kick(struct workqueue_struct *wq)
{
	struct worker *w;

	if (wq->nr_workers >= limit(wq) || !next_work(wq))
		return;
	w = calloc(1, sizeof(*w));
	w->wq = wq;
	list_add_tail(&w->node, &wq->workers);
	wq->nr_workers++;
	cover.rescues += work_pressure;
	task_start(wq->name, worker_fn, w)->cur.flags = PF_KTHREAD;
}

static void insert(struct workqueue_struct *wq, struct work_struct *work)
{
	if (wq->dying)
		sim_fail("%s: queued when it is being destroyed", wq->name);
	if (work->magic != SIM_WORK_MAGIC)
		sim_fail("%s: a work item was never initialised", wq->name);
	work->wq = wq;
	work->seq = wq->next_seq++;
	list_add_tail(&work->entry, &wq->queued);
	kick(wq);
}

void sim_init_work(struct work_struct *work, work_func_t func)
{
	work->func = func;
	work->wq = NULL;
	work->pending = false;
	work->magic = SIM_WORK_MAGIC;
	INIT_LIST_HEAD(&work->entry);
}

bool queue_work(struct workqueue_struct *wq, struct work_struct *work)
{
	sim_point();
	if (work->pending)
		return false;
	work->pending = true;
	insert(wq, work);
	return true;
}

/* Wait until @work does not run.  Returns whether it did. */
static bool wait_run(struct workqueue_struct *wq, struct work_struct *work)
{
	struct worker *w = running(wq, work);
	u64 seq;

	if (!w)
		return false;
	seq = w->seq;
	wait_event(wq->wait, !(w = running(wq, work)) || w->seq != seq);
	return true;
}

bool flush_work(struct work_struct *work)
{
	struct workqueue_struct *wq = work->wq;
	u64 seq = work->seq;

	might_sleep();
	sim_point();
	if (!wq)
		return false;
	if (work->pending)
		wait_event(wq->wait, !work->pending || work->seq != seq);
	return wait_run(wq, work);
}

static bool unqueue(struct work_struct *work)
{
	if (!work->pending)
		return false;
	list_del(&work->entry);
	work->pending = false;
	wake_up_all(&work->wq->wait);
	return true;
}

bool cancel_work(struct work_struct *work)
{
	sim_point();
	return unqueue(work);
}

bool cancel_work_sync(struct work_struct *work)
{
	bool was = false;

	might_sleep();
	do {
		was |= cancel_work(work);
	} while (work->wq && wait_run(work->wq, work));
	return was;
}

/*
 * Delayed work.
 */

static void timer_fire(struct sim_event *event)
{
	struct delayed_work *dw = container_of(event, struct delayed_work,
					       timer);

	dw->timing = false;
	insert(dw->wq, &dw->work);
}

void sim_init_delayed_work(struct delayed_work *dw, work_func_t func)
{
	sim_init_work(&dw->work, func);
	dw->timer.fire = timer_fire;
	dw->timing = false;
	dw->wq = NULL;
}

static void start_timer(struct workqueue_struct *wq, struct delayed_work *dw,
			unsigned long delay)
{
	dw->wq = wq;
	dw->work.wq = wq;
	if (!delay) {
		insert(wq, &dw->work);
		return;
	}
	dw->timing = true;
	event_add(&dw->timer, delay * TICK_NSEC);
}

bool queue_delayed_work(struct workqueue_struct *wq, struct delayed_work *dw,
			unsigned long delay)
{
	sim_point();
	if (dw->work.pending)
		return false;
	dw->work.pending = true;
	start_timer(wq, dw, delay);
	return true;
}

static bool stop_timer(struct delayed_work *dw)
{
	if (!dw->timing)
		return false;
	event_del(&dw->timer);
	dw->timing = false;
	return true;
}

bool cancel_delayed_work(struct delayed_work *dw)
{
	sim_point();
	if (stop_timer(dw)) {
		dw->work.pending = false;
		return true;
	}
	return unqueue(&dw->work);
}

bool cancel_delayed_work_sync(struct delayed_work *dw)
{
	bool was = false;

	might_sleep();
	do {
		was |= cancel_delayed_work(dw);
	} while (dw->wq && wait_run(dw->wq, &dw->work));
	return was;
}

bool mod_delayed_work(struct workqueue_struct *wq, struct delayed_work *dw,
		      unsigned long delay)
{
	bool was = dw->work.pending;

	sim_point();
	was = dw->work.pending;
	if (was && !stop_timer(dw))
		list_del(&dw->work.entry);
	dw->work.pending = true;
	start_timer(wq, dw, delay);
	return was;
}

bool flush_delayed_work(struct delayed_work *dw)
{
	might_sleep();
	sim_point();
	if (stop_timer(dw))
		insert(dw->wq, &dw->work);
	return flush_work(&dw->work);
}

/*
 * Queues.
 */

struct workqueue_struct *alloc_workqueue(const char *fmt, unsigned int flags,
					 int max_active, ...)
{
	struct workqueue_struct *wq;
	va_list args;

	if (rnd_permille(mem_plan.ctr_fails))
		return NULL;
	wq = calloc(1, sizeof(*wq));
	va_start(args, max_active);
	vsnprintf(wq->name, sizeof(wq->name), fmt, args);
	va_end(args);
	wq->flags = flags;
	wq->max_active = max_active ? min(max_active, 64) : 64;
	INIT_LIST_HEAD(&wq->queued);
	INIT_LIST_HEAD(&wq->workers);
	init_waitqueue_head(&wq->wait);
	list_add(&wq->node, &queues);
	return wq;
}

static bool busy_before(struct workqueue_struct *wq, u64 seq)
{
	struct work_struct *work;
	struct worker *w;

	list_for_each_entry(work, &wq->queued, entry)
		if (work->seq < seq)
			return true;
	list_for_each_entry(w, &wq->workers, node)
		if (w->work && w->seq < seq)
			return true;
	return false;
}

void flush_workqueue(struct workqueue_struct *wq)
{
	u64 seq = wq->next_seq;

	might_sleep();
	wait_event(wq->wait, !busy_before(wq, seq));
}

void drain_workqueue(struct workqueue_struct *wq)
{
	wait_event(wq->wait, list_empty(&wq->queued) && !wq->nr_workers);
}

void destroy_workqueue(struct workqueue_struct *wq)
{
	drain_workqueue(wq);
	wq->dying = true;
	sim_point();
	if (!list_empty(&wq->queued) || wq->nr_workers)
		sim_fail("%s: destroyed while it is busy", wq->name);
	list_del(&wq->node);
	free(wq);
}

static void work_unpress(struct sim_event *event)
{
	struct workqueue_struct *wq;

	list_for_each_entry(wq, &queues, node)
		kick(wq);
}

void work_relax(void)
{
	work_pressure = false;
	work_unpress(NULL);
}

bool work_idle(void)
{
	return list_empty(&system_wq->queued) && !system_wq->nr_workers;
}

void work_init(void)
{
	unsigned int fails = mem_plan.ctr_fails;

	INIT_LIST_HEAD(&queues);
	work_pressure = false;
	mem_plan.ctr_fails = 0;
	system_wq = alloc_workqueue("events", 0, 0);
	mem_plan.ctr_fails = fails;
}

/* From a task. */
void work_exit(void)
{
	destroy_workqueue(system_wq);
	if (!list_empty(&queues))
		sim_fail("a work queue is left over");
}

/*
 * Rarer things.
 */

struct on_cpu {
	struct work_struct work;
	long (*fn)(void *arg);
	void *arg;
	long result;
};

static void on_cpu_work(struct work_struct *work)
{
	struct on_cpu *c = container_of(work, struct on_cpu, work);

	migrate_disable();
	c->result = c->fn(c->arg);
	migrate_enable();
}

long sim_work_on_cpu(int cpu, long (*fn)(void *arg), void *arg)
{
	struct on_cpu c = { .fn = fn, .arg = arg };

	INIT_WORK(&c.work, on_cpu_work);
	schedule_work(&c.work);
	flush_work(&c.work);
	return c.result;
}

int schedule_on_each_cpu(work_func_t func)
{
	struct work_struct work;
	int cpu;

	for_each_possible_cpu(cpu) {
		INIT_WORK(&work, func);
		schedule_work(&work);
		flush_work(&work);
	}
	return 0;
}

static void timer_list_fire(struct sim_event *event)
{
	struct timer_list *t = container_of(event, struct timer_list, event);

	t->pending = false;
	irq_raise("timer", false, (void (*)(void *))t->function, t);
}

void timer_setup(struct timer_list *t, void (*f)(struct timer_list *t),
		 unsigned int flags)
{
	t->function = f;
	t->pending = false;
	t->event.fire = timer_list_fire;
}

int mod_timer(struct timer_list *t, unsigned long expires)
{
	int was = t->pending;

	sim_point();
	if (t->pending)
		event_del(&t->event);
	t->pending = true;
	event_add(&t->event, time_after(expires, jiffies) ?
		  (expires - jiffies) * TICK_NSEC : 1);
	return was;
}

int del_timer_sync(struct timer_list *t)
{
	int was = t->pending;

	sim_point();
	if (t->pending)
		event_del(&t->event);
	t->pending = false;
	return was;
}

/* Processors stay, for now: teardown is called at removal by nobody. */
int cpuhp_setup_state_multi(enum cpuhp_state state, const char *name,
			    int (*startup)(unsigned int cpu,
					   struct hlist_node *node),
			    int (*teardown)(unsigned int cpu,
					    struct hlist_node *node))
{
	return state == CPUHP_MM_SIM_DEAD ? 0 : 1;
}

void cpuhp_remove_multi_state(enum cpuhp_state state)
{
}

int cpuhp_state_add_instance_nocalls(enum cpuhp_state state,
				     struct hlist_node *node)
{
	return rnd_permille(mem_plan.ctr_fails) ? -ENOMEM : 0;
}

int cpuhp_state_remove_instance_nocalls(enum cpuhp_state state,
					struct hlist_node *node)
{
	return 0;
}
