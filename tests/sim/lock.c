// SPDX-License-Identifier: GPL-2.0-only
/*
 * Spinlocks, mutexes, local locks, and what is wrong about using them: order,
 * interrupts, sleeping, leaving them held.
 */
#include "sim.h"

#define MAX_CLASSES	64

static struct {
	const char *name;
	bool in_irq;
	bool irqs_on;
	u64 before;		/* classes taken while this one was held */
} classes[MAX_CLASSES];
static unsigned int nr_classes;

void locks_reset(void)
{
	memset(classes, 0, sizeof(classes));
	nr_classes = 0;
}

unsigned int lock_class(const char *name)
{
	unsigned int i;

	for (i = 0; i < nr_classes; i++)
		if (!strcmp(classes[i].name, name))
			return i;
	if (nr_classes == MAX_CLASSES)
		sim_fail("too many classes of locks");
	classes[nr_classes].name = name;
	return nr_classes++;
}

static bool reaches(unsigned int from, unsigned int to, u64 *seen)
{
	unsigned int i;

	if (from == to)
		return true;
	*seen |= BIT(from);
	for (i = 0; i < nr_classes; i++)
		if (classes[from].before & BIT(i) && !(*seen & BIT(i)) &&
		    reaches(i, to, seen))
			return true;
	return false;
}

static void check_order(unsigned int held, unsigned int class)
{
	u64 seen = 0;

	if (classes[held].before & BIT(class))
		return;
	if (held != class && reaches(class, held, &seen))
		sim_fail("lock order: %s is taken with %s held, and vice versa",
			 classes[class].name, classes[held].name);
	classes[held].before |= BIT(class);
}

static void check_irq(unsigned int class)
{
	if (in_interrupt())
		classes[class].in_irq = true;
	else if (!sim_me->irqs_off)
		classes[class].irqs_on = true;
	if (classes[class].in_irq && classes[class].irqs_on)
		sim_fail("%s is taken in interrupts, and with interrupts on",
			 classes[class].name);
}

void lock_acquired(void *lock, unsigned int class, const char *name,
		   bool sleeps, bool nested)
{
	struct task *t = sim_me;
	unsigned int i;

	if (t == &coro_main)
		return;
	for (i = 0; i < t->nr_held; i++) {
		if (t->held_class[i] == class && !nested)
			sim_fail("%s is taken with another of its kind held",
				 name);
		check_order(t->held_class[i], class);
	}
	if (!sleeps)
		check_irq(class);
	if (t->nr_held == SIM_MAX_HELD)
		sim_fail("too many locks held");
	t->held[t->nr_held] = lock;
	t->held_class[t->nr_held++] = class;
}

void lock_released(void *lock, const char *name)
{
	struct task *t = sim_me;
	unsigned int i;

	if (t == &coro_main)
		return;
	for (i = 0; i < t->nr_held && t->held[i] != lock; i++)
		;
	if (i == t->nr_held)
		sim_fail("%s is released by %s, which does not hold it", name,
			 t->name);
	t->nr_held--;
	for (; i < t->nr_held; i++) {
		t->held[i] = t->held[i + 1];
		t->held_class[i] = t->held_class[i + 1];
	}
}

/* At the end of a context nothing may be left as it should not be. */
void context_clean(const char *what)
{
	struct task *t = sim_me;
	bool hardirq = t->context == SIM_HARDIRQ;

	if (t->nr_held)
		sim_fail("%s ends with %s held", what,
			 classes[t->held_class[0]].name);
	if (t->preempt || t->migrate)
		sim_fail("%s ends with preemption off", what);
	if (t->irqs_off != hardirq)
		sim_fail("%s ends with interrupts %s", what,
			 t->irqs_off ? "off" : "on");
}

/*
 * Contexts.
 */

int sim_cpu(void)
{
	return sim_me->cpu;
}

int sim_cpu_checked(void)
{
	struct task *t = sim_me;

	if (t != &coro_main && t->context == SIM_TASK && !t->preempt &&
	    !t->irqs_off && !t->migrate)
		sim_fail("smp_processor_id() of a task that may be moved");
	return t->cpu;
}

void preempt_disable(void)
{
	sim_me->preempt++;
}

void preempt_enable(void)
{
	if (!sim_me->preempt--)
		sim_fail("preemption is on already");
	sim_point();
}

void migrate_disable(void)
{
	sim_me->migrate++;
}

void migrate_enable(void)
{
	sim_me->migrate--;
}

#define FLAGS_OFF	0x0ffUL
#define FLAGS_ON	0x200UL

unsigned long sim_irq_save(void)
{
	unsigned long flags = sim_me->irqs_off ? FLAGS_OFF : FLAGS_ON;

	sim_me->irqs_off = true;
	return flags;
}

void sim_irq_restore(unsigned long flags)
{
	sim_me->irqs_off = flags == FLAGS_OFF;
	sim_point();
}

bool irqs_disabled(void)
{
	return sim_me->irqs_off;
}

bool in_interrupt(void)
{
	return sim_me->context != SIM_TASK;
}

bool in_atomic_sim(void)
{
	struct task *t = sim_me;

	return t->context != SIM_TASK || t->preempt || t->irqs_off;
}

bool preemptible(void)
{
	return !in_atomic_sim();
}

void sim_might_sleep(const char *file, int line)
{
	if (in_atomic_sim())
		sim_fail("%s:%d: sleeping in atomic context", file, line);
}

/*
 * Spinlocks.
 */

void sim_spin_init(spinlock_t *lock, const char *name)
{
	lock->owner = NULL;
	lock->name = name;
	lock->class = lock_class(name);
}

static const char *name_of(spinlock_t *lock)
{
	if (!lock->name)
		sim_fail("a spinlock was never initialised");
	return lock->name;
}

void sim_spin_lock(spinlock_t *lock, bool nested)
{
	const char *name = name_of(lock);

	sim_me->preempt++;
	sim_point();
	lock_acquired(lock, lock->class, name, false, nested);
	while (lock->owner) {
		if (lock->owner == sim_me)
			sim_fail("%s is taken twice", name);
		task_spin(name, lock, lock->owner);
	}
	lock->owner = sim_me;
}

bool sim_spin_trylock(spinlock_t *lock)
{
	sim_point();
	if (lock->owner)
		return false;
	sim_me->preempt++;
	lock_acquired(lock, lock->class, name_of(lock), false, true);
	lock->owner = sim_me;
	return true;
}

static void release(spinlock_t *lock)
{
	sim_point();
	if (lock->owner != sim_me)
		sim_fail("%s is unlocked by another", lock->name);
	lock_released(lock, lock->name);
	lock->owner = NULL;
	task_unspin(lock);
}

void sim_spin_unlock(spinlock_t *lock)
{
	release(lock);
	preempt_enable();
}

void sim_spin_lock_irq(spinlock_t *lock)
{
	if (sim_me->irqs_off && sim_me != &coro_main)
		sim_fail("spin_lock_irq(%s) with interrupts off", lock->name);
	sim_irq_save();
	sim_spin_lock(lock, false);
}

void sim_spin_unlock_irq(spinlock_t *lock)
{
	release(lock);
	sim_me->preempt--;
	sim_irq_restore(FLAGS_ON);
}

unsigned long sim_spin_lock_irqsave(spinlock_t *lock)
{
	unsigned long flags = sim_irq_save();

	sim_spin_lock(lock, false);
	return flags;
}

void sim_spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags)
{
	release(lock);
	sim_me->preempt--;
	sim_irq_restore(flags);
	sched_unlocked();
}

void sim_assert_held(spinlock_t *lock, const char *here)
{
	if (lock->owner != sim_me)
		sim_fail("%s: %s is not held", here, lock->name);
}

/*
 * Seqcounts.
 */

unsigned int sim_seq_begin(seqcount_spinlock_t *s)
{
	sim_point();
	while (s->sequence & 1) {
		if (s->lock && s->lock->owner)
			task_spin("seqcount", s->lock, s->lock->owner);
		else
			sim_relax();
	}
	sched_unlocked();
	return s->sequence;
}

bool sim_seq_retry(seqcount_spinlock_t *s, unsigned int start)
{
	sim_point();
	return s->sequence != start;
}

void sim_seq_write(seqcount_spinlock_t *s, bool begin)
{
	if (s->lock && s->lock->owner != sim_me)
		sim_fail("a seqcount is written without its lock");
	if ((s->sequence & 1) == begin)
		sim_fail("a seqcount is written by two");
	s->sequence++;
	sim_point();
}

/*
 * Local locks: each processor has its own.
 */

void sim_local_lock(local_lock_t *base)
{
	local_lock_t *lock = this_cpu_ptr(base);

	sim_point();
	if (lock->owner)
		sim_fail("a local lock is held by %s when %s takes it",
			 lock->owner->name, sim_me->name);
	lock->owner = sim_me;
}

void sim_local_unlock(local_lock_t *base)
{
	local_lock_t *lock = this_cpu_ptr(base);

	sim_point();
	if (lock->owner != sim_me)
		sim_fail("a local lock is unlocked by another");
	lock->owner = NULL;
}

/*
 * Mutexes.
 */

void sim_mutex_init(struct mutex *m, const char *name)
{
	m->owner = NULL;
	m->name = name;
	m->class = lock_class(name);
	init_waitqueue_head(&m->wait);
}

void mutex_lock(struct mutex *m)
{
	might_sleep();
	sim_point();
	lock_acquired(m, m->class, m->name, true, false);
	if (m->owner == sim_me)
		sim_fail("%s is taken twice", m->name);
	wait_event(m->wait, !m->owner);
	m->owner = sim_me;
}

bool mutex_trylock(struct mutex *m)
{
	sim_point();
	if (m->owner)
		return false;
	lock_acquired(m, m->class, m->name, true, true);
	m->owner = sim_me;
	return true;
}

void mutex_unlock(struct mutex *m)
{
	sim_point();
	if (m->owner != sim_me)
		sim_fail("%s is unlocked by another", m->name);
	lock_released(m, m->name);
	m->owner = NULL;
	wake_up(&m->wait);
}

bool mutex_is_locked(struct mutex *m)
{
	return m->owner;
}

void mutex_destroy(struct mutex *m)
{
	if (m->owner)
		sim_fail("a mutex is destroyed while held");
	m->name = NULL;
}
