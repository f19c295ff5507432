// SPDX-License-Identifier: GPL-2.0-only
/*
 * The scheduler: tasks on a few processors, interrupts on top of what runs
 * there, events at their time.  One context runs at a time; at each point
 * another one may go on, and the seed says which.
 */
#include "sim.h"

#define MAX_READY	512
/* Each access to memory may be one; a sweep may try for hours. */
#ifdef SIM_RACE
#define MAX_STEPS	32000000
#else
#define MAX_STEPS	4000000
#endif

struct pending_irq {
	struct list_head node;
	const char *name;
	bool hard;
	void (*fn)(void *arg);
	void *arg;
};

struct task *sim_me;
int sim_left;
u64 sim_now;
static u64 own_steps;
/* How many there were; shrink.c looks at it from outside. */
u64 *sim_steps = &own_steps;
/* How many points there are between two choices, at most. */
unsigned int sim_pace;
/* At one in so many of these a task is held up; 0 is never. */
static unsigned int pause_odds;
/* Somebody would take a task that does not get on for a device that hangs. */
bool sim_hasty;
/* Likewise, where a lock is released. */
static unsigned int unlock_odds;

static struct task *cpu_top[NR_CPUS];
static struct task *ready[MAX_READY];
static unsigned int nr_ready;
static LIST_HEAD(all_tasks);
static LIST_HEAD(free_tasks);
static LIST_HEAD(events);
static LIST_HEAD(irqs);
static unsigned int nr_irqs;
static unsigned int next_id;
static unsigned int nr_cpus;
static unsigned int step_ns;
static bool stopping;
/* When the machine crashes, in steps; 0 is never. */
static u64 crash_at;
static bool crashed;
unsigned long sim_online;

/*
 * Events.
 */

void event_add(struct sim_event *e, u64 delay)
{
	struct list_head *at;

	e->when = sim_now + delay;
	list_for_each_prev(at, &events)
		if (list_entry(at, struct sim_event, node)->when <= e->when)
			break;
	list_add(&e->node, at);
}

void event_del(struct sim_event *e)
{
	list_del(&e->node);
}

static void fire_due(void)
{
	while (!list_empty(&events)) {
		struct sim_event *e = list_first_entry(&events,
						       struct sim_event, node);

		if (e->when > sim_now)
			break;
		list_del(&e->node);
		e->fire(e);
	}
}

static bool advance(void)
{
	if (list_empty(&events))
		return false;
	sim_now = max(sim_now, list_first_entry(&events, struct sim_event,
						node)->when);
	return true;
}

/*
 * Tasks.
 */

static void put_ready(struct task *t)
{
	if (nr_ready == MAX_READY)
		sim_fail("too many tasks");
	t->state = SIM_READY;
	ready[nr_ready++] = t;
}

static struct task *take_ready(unsigned int i)
{
	struct task *t = ready[i];

	ready[i] = ready[--nr_ready];
	return t;
}

static void entry(void);

static struct task *task_get(const char *name, void (*fn)(void *), void *arg)
{
	struct task *t;

	if (list_empty(&free_tasks)) {
		t = calloc(1, sizeof(*t));
		coro_make(t, entry);
	} else {
		t = list_first_entry(&free_tasks, struct task, node);
		list_del(&t->node);
	}
	list_add_tail(&t->node, &all_tasks);
	snprintf(t->name, sizeof(t->name), "%s", name);
	t->id = next_id++;
	t->fn = fn;
	t->arg = arg;
	t->below = NULL;
	t->preempt = 0;
	t->migrate = 0;
	t->irqs_off = false;
	t->nr_held = 0;
	t->context = SIM_TASK;
	t->killable = false;
	memset(&t->cur, 0, sizeof(t->cur));
	t->weight = rnd_chance(20) ? 1 : rnd_range(4, 16);
	return t;
}

struct task *task_start(const char *name, void (*fn)(void *arg), void *arg)
{
	struct task *t = task_get(name, fn, arg);

	trace("%s#%u starts", t->name, t->id);
	put_ready(t);
	return t;
}

void irq_raise(const char *name, bool hard, void (*fn)(void *arg), void *arg)
{
	struct pending_irq *irq = malloc(sizeof(*irq));

	irq->name = name;
	irq->hard = hard;
	irq->fn = fn;
	irq->arg = arg;
	list_add_tail(&irq->node, &irqs);
	nr_irqs++;
}

/*
 * What to do next.
 */

static bool takes_irq(unsigned int cpu, bool hard)
{
	struct task *t = cpu_top[cpu];

	if (!(sim_online & BIT(cpu)))
		return false;
	if (!t)
		return true;
	if (t->irqs_off || t->context == SIM_HARDIRQ)
		return false;
	return hard || (t->context == SIM_TASK && !t->preempt);
}

/* Interrupt some processor that lets itself be interrupted. */
static bool deliver_irq(void)
{
	unsigned int cpu = rnd_below(nr_cpus), i;
	struct pending_irq *irq;
	struct task *t;

	irq = list_first_entry(&irqs, struct pending_irq, node);
	for (i = 0; i < nr_cpus && !takes_irq(cpu, irq->hard); i++)
		cpu = (cpu + 1) % nr_cpus;
	if (i == nr_cpus) {
		list_move_tail(&irq->node, &irqs);
		return false;
	}
	list_del(&irq->node);
	nr_irqs--;
	t = task_get(irq->name, irq->fn, irq->arg);
	t->context = irq->hard ? SIM_HARDIRQ : SIM_SOFTIRQ;
	t->irqs_off = irq->hard;
	t->state = SIM_RUNNING;
	t->cpu = cpu;
	t->below = cpu_top[cpu];
	t->weight = 16;
	cpu_top[cpu] = t;
	free(irq);
	cover.irqs++;
	return true;
}

static bool may_preempt(struct task *t)
{
	return t->context == SIM_TASK && !t->preempt && !t->irqs_off &&
	       t->state != SIM_SPINNING;
}

static struct task *pick_ready(void)
{
	unsigned int i, total = 0, at;

	for (i = 0; i < nr_ready; i++)
		total += ready[i]->weight;
	at = rnd_below(total);
	for (i = 0; at >= ready[i]->weight; i++)
		at -= ready[i]->weight;
	return take_ready(i);
}

static struct task *run_on(unsigned int cpu)
{
	struct task *top = cpu_top[cpu];
	struct task *t;

	if (!(sim_online & BIT(cpu)))
		return top;
	if (top && (!nr_ready || !may_preempt(top) || top->migrate ||
		    (top->state == SIM_RUNNING && !rnd_chance(15))))
		return top;
	t = pick_ready();
	if (top)
		put_ready(top);
	t->state = SIM_RUNNING;
	t->cpu = cpu;
	cpu_top[cpu] = t;
	return t;
}

/* Who may be moved leaves a processor that is gone. */
static void evict(unsigned int cpu)
{
	struct task *top = cpu_top[cpu];

	if (top && may_preempt(top) && !top->migrate) {
		cpu_top[cpu] = NULL;
		put_ready(top);
	}
}

static bool has_something(unsigned int cpu)
{
	struct task *top = cpu_top[cpu];

	if (!top)
		return nr_ready && sim_online & BIT(cpu);
	return top->state == SIM_RUNNING;
}

/* A processor with something to do, or none. */
static struct task *pick(void)
{
	unsigned int weight[NR_CPUS], total = 0, cpu, at;

	for (cpu = 0; cpu < nr_cpus; cpu++)
		if (!(sim_online & BIT(cpu)))
			evict(cpu);
	for (cpu = 0; cpu < nr_cpus; cpu++) {
		weight[cpu] = 0;
		if (has_something(cpu))
			weight[cpu] = cpu_top[cpu] ? cpu_top[cpu]->weight : 8;
		total += weight[cpu];
	}
	if (!total)
		return NULL;
	at = rnd_below(total);
	for (cpu = 0; at >= weight[cpu]; cpu++)
		at -= weight[cpu];
	return run_on(cpu);
}

static void deadlock(void)
{
	sim_fail("deadlock: nothing can run, and nothing will happen");
}

static void try_crash(void)
{
	crash_at = 0;
	if (!crash_bearable()) {
		sched_crash_within(200);
		return;
	}
	trace("crash");
	crashed = true;
	stopping = true;
}

static struct task *choose(void)
{
	struct task *t;

	if (++*sim_steps > MAX_STEPS)
		sim_fail("endless: %d steps", MAX_STEPS);
	if (unlikely(crash_at && *sim_steps >= crash_at))
		try_crash();
	sim_now += rnd_below(step_ns);
	/* What is due has not happened when the machine crashes. */
	if (unlikely(crashed))
		return &coro_main;
	for (;;) {
		fire_due();
		if (stopping)
			return &coro_main;
		if (nr_irqs && rnd_chance(50))
			deliver_irq();
		t = pick();
		if (t)
			return t;
		if (nr_irqs && deliver_irq())
			continue;
		if (!advance())
			deadlock();
	}
}

static void rearm(void)
{
	sim_left = 1 + rnd_below(sim_pace);
}

static void go(void)
{
	struct task *from = sim_me;
	struct task *to = choose();

	rearm();
	if (to == from)
		return;
	cover.switches++;
	coro_switch(from, to);
}

struct pause {
	struct sim_event event;
	struct task *task;
	bool over;
};

static void pause_fire(struct sim_event *event)
{
	struct pause *p = container_of(event, struct pause, event);

	p->over = true;
	task_wake(p->task);
}

/* A task does not get on for long: what others do meanwhile is much. */
static void hold_up(void)
{
	static const u64 most[] = { 100, 100, 20000, 20000, 2000000 };
	u64 ns = most[rnd_below(sim_hasty ? 2 : ARRAY_SIZE(most))];
	struct pause p = { .task = sim_me, .event.fire = pause_fire };

	cover.pauses++;
	event_add(&p.event, rnd_below(ns * NSEC_PER_USEC));
	while (!p.over)
		task_sleep("its turn", &p);
}

static bool holds_up(unsigned int odds)
{
	return odds && !rnd_below(odds) && sim_me != &coro_main &&
	       may_preempt(sim_me) && !sim_me->migrate;
}

/* What was seen under a lock, or before others change it, may be so no more. */
void sched_unlocked(void)
{
	if (unlikely(unlock_odds) && holds_up(unlock_odds))
		hold_up();
}

/* At a point: somebody else may go on. */
void sim_choose(void)
{
	if (sim_me == &coro_main) {
		sim_left = INT_MAX;
		return;
	}
	if (unlikely(pause_odds) && holds_up(pause_odds))
		hold_up();
	else
		go();
}

void sim_relax(void)
{
	sim_choose();
}

static void retire(struct task *t)
{
	trace("%s#%u ends", t->name, t->id);
	context_clean(t->name);
	cpu_top[t->cpu] = t->below;
	t->state = SIM_FREE;
	list_move(&t->node, &free_tasks);
}

static void entry(void)
{
	coro_entered();
	for (;;) {
		sim_me->fn(sim_me->arg);
		retire(sim_me);
		go();
	}
}

/*
 * Sleeping and spinning.  Whoever sleeps leaves the processor to others;
 * whoever spins does not.
 */

void task_sleep(const char *why, const void *what)
{
	struct task *t = sim_me;

	t->why = why;
	t->what = what;
	t->state = SIM_SLEEPING;
	cpu_top[t->cpu] = NULL;
	go();
	t->why = NULL;
}

void task_wake(struct task *t)
{
	if (t->state == SIM_SLEEPING)
		put_ready(t);
}

void task_spin(const char *why, const void *what, struct task *holder)
{
	struct task *t = sim_me;

	t->why = why;
	t->what = what;
	t->holder = holder;
	t->state = SIM_SPINNING;
	go();
	t->why = NULL;
}

void task_unspin(const void *what)
{
	unsigned int cpu;
	struct task *t;

	for (cpu = 0; cpu < nr_cpus; cpu++)
		for (t = cpu_top[cpu]; t; t = t->below)
			if (t->state == SIM_SPINNING && t->what == what)
				t->state = SIM_RUNNING;
}

/*
 * A run.
 */

void sched_init(void)
{
	struct task *t, *next;

	list_for_each_entry_safe(t, next, &all_tasks, node)
		sim_fail("%s#%u left over", t->name, t->id);
	memset(cpu_top, 0, sizeof(cpu_top));
	nr_ready = 0;
	INIT_LIST_HEAD(&events);
	next_id = 1;
	stopping = false;
	crashed = false;
	crash_at = 0;
	sim_now = rnd_below(100 * NSEC_PER_MSEC);
	*sim_steps = 0;
	nr_cpus = rnd_range(2, num_possible_cpus());
	sim_online = GENMASK(nr_cpus - 1, 0);
	step_ns = 1 << rnd_range(4, 14);
	sim_pace = 1 << rnd_range(1, 6);
	pause_odds = rnd_chance(30) ? 1 << rnd_range(5, 11) : 0;
	unlock_odds = rnd_chance(20) ? 1 << rnd_range(3, 8) : 0;
}

/* Until sched_stop() is called. */
void sched_run(void)
{
	struct task *to;

	stopping = false;
	to = choose();
	rearm();
	coro_switch(&coro_main, to);
	sim_left = INT_MAX;
}

/* What was started comes to its end, unless something is wrong. */
static void wait_for_others(void)
{
	unsigned int i;

	for (i = 0; i < 10000 && !list_is_singular(&all_tasks); i++)
		usleep_range(1000, 2000);
}

void sched_stop(void)
{
	wait_for_others();
	stopping = true;
}

/* The machine crashes at one of the next so many steps; 0 is never. */
void sched_crash_within(unsigned int steps)
{
	crash_at = steps ? *sim_steps + 1 + rnd_below(steps) : 0;
}

/*
 * Whether the run ended with a crash.  Then all that ran is gone: what it left
 * behind in this process is not cleaned up.
 */
bool sched_crashed(void)
{
	if (!crashed)
		return false;
	crashed = false;
	memset(cpu_top, 0, sizeof(cpu_top));
	nr_ready = 0;
	nr_irqs = 0;
	INIT_LIST_HEAD(&events);
	INIT_LIST_HEAD(&irqs);
	INIT_LIST_HEAD(&all_tasks);
	sim_online = GENMASK(nr_cpus - 1, 0);
	return true;
}

/*
 * A processor goes, or comes back.  Whoever may be moved is; what may not comes
 * to its end there.
 */
void sched_plug(unsigned int cpu, bool online)
{
	if (cpu >= nr_cpus)
		return;
	if (online)
		sim_online |= BIT(cpu);
	else if (hweight_long(sim_online & ~BIT(cpu)))
		sim_online &= ~BIT(cpu);
	trace("processors now: %#lx", sim_online);
}

void sched_report(FILE *to)
{
	static const char * const states[] = {
		"free", "ready", "running", "spinning", "sleeping",
	};
	struct task *t;

	fprintf(to, "time %llu us, step %llu\n", sim_now / 1000, *sim_steps);
	list_for_each_entry(t, &all_tasks, node) {
		fprintf(to, "  %s#%u: %s on cpu %d", t->name, t->id,
			states[t->state], t->cpu);
		if (t->why)
			fprintf(to, ", waits for %s", t->why);
		if (t->why && t->state == SIM_SPINNING && t->holder)
			fprintf(to, " (%s#%u has it)", t->holder->name,
				t->holder->id);
		fputs(t == sim_me ? " <- here\n" : "\n", to);
	}
}
