/* SPDX-License-Identifier: GPL-2.0-only */
/* Atomics, locks, waits, processors. */
#ifndef SIM_SYNC_H
#define SIM_SYNC_H

/*
 * Atomics.
 */

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	s64 counter;
} atomic64_t;

typedef atomic64_t atomic_long_t;

#define ATOMIC_INIT(i)		{ (i) }
#define ATOMIC64_INIT(i)	{ (i) }

#define SIM_ATOMIC(prefix, type, num)					\
sim_atomic num prefix##_read(const type *v)				\
{									\
	sim_point();							\
	return v->counter;						\
}									\
sim_atomic void prefix##_set(type *v, num i)				\
{									\
	sim_point();							\
	v->counter = i;							\
}									\
sim_atomic num prefix##_fetch_add(num i, type *v)			\
{									\
	num old;							\
									\
	sim_point();							\
	old = v->counter;						\
	v->counter += i;						\
	return old;							\
}									\
sim_atomic num prefix##_xchg(type *v, num i)				\
{									\
	num old;							\
									\
	sim_point();							\
	old = v->counter;						\
	v->counter = i;							\
	return old;							\
}									\
sim_atomic num prefix##_cmpxchg(type *v, num was, num i)		\
{									\
	num old;							\
									\
	sim_point();							\
	old = v->counter;						\
	if (old == was)							\
		v->counter = i;						\
	return old;							\
}									\
sim_atomic num prefix##_fetch_or(num i, type *v)			\
{									\
	num old;							\
									\
	sim_point();							\
	old = v->counter;						\
	v->counter |= i;						\
	return old;							\
}									\
sim_atomic num prefix##_fetch_and(num i, type *v)			\
{									\
	num old;							\
									\
	sim_point();							\
	old = v->counter;						\
	v->counter &= i;						\
	return old;							\
}									\
sim_atomic bool prefix##_add_unless(type *v, num a, num u)		\
{									\
	sim_point();							\
	if (v->counter == u)						\
		return false;						\
	v->counter += a;						\
	return true;							\
}									\
sim_atomic num prefix##_add_return(num i, type *v)			\
{									\
	return prefix##_fetch_add(i, v) + i;				\
}									\
sim_atomic void prefix##_add(num i, type *v)				\
{									\
	prefix##_fetch_add(i, v);					\
}									\
sim_atomic void prefix##_sub(num i, type *v)				\
{									\
	prefix##_fetch_add(-i, v);					\
}									\
sim_atomic void prefix##_inc(type *v)					\
{									\
	prefix##_fetch_add(1, v);					\
}									\
sim_atomic void prefix##_dec(type *v)					\
{									\
	prefix##_fetch_add(-1, v);					\
}									\
sim_atomic void prefix##_or(num i, type *v)				\
{									\
	prefix##_fetch_or(i, v);					\
}									\
sim_atomic void prefix##_and(num i, type *v)				\
{									\
	prefix##_fetch_and(i, v);					\
}									\
sim_atomic void prefix##_andnot(num i, type *v)				\
{									\
	prefix##_fetch_and(~i, v);					\
}									\
sim_atomic num prefix##_fetch_andnot(num i, type *v)			\
{									\
	return prefix##_fetch_and(~i, v);				\
}									\
sim_atomic num prefix##_sub_return(num i, type *v)			\
{									\
	return prefix##_add_return(-i, v);				\
}									\
sim_atomic bool prefix##_sub_and_test(num i, type *v)			\
{									\
	return prefix##_add_return(-i, v) == 0;				\
}									\
sim_atomic bool prefix##_dec_and_test(type *v)				\
{									\
	return prefix##_add_return(-1, v) == 0;				\
}									\
sim_atomic bool prefix##_inc_not_zero(type *v)				\
{									\
	return prefix##_add_unless(v, 1, 0);				\
}									\
sim_atomic bool prefix##_try_cmpxchg(type *v, num *was, num i)		\
{									\
	num old = prefix##_cmpxchg(v, *was, i);				\
	bool done = old == *was;					\
									\
	*was = old;							\
	return done;							\
}

SIM_ATOMIC(atomic, atomic_t, int)
SIM_ATOMIC(atomic64, atomic64_t, s64)

#define atomic_long_read(v)	atomic64_read(v)
#define atomic_long_set(v, i)	atomic64_set(v, i)
#define atomic_long_add(i, v)	atomic64_add(i, v)
#define atomic_long_sub(i, v)	atomic64_sub(i, v)
#define atomic_long_inc(v)	atomic64_inc(v)
#define atomic_long_dec(v)	atomic64_dec(v)
#define atomic_inc_return(v)	atomic_add_return(1, v)
#define atomic_dec_return(v)	atomic_add_return(-1, v)
#define atomic64_inc_return(v)	atomic64_add_return(1, v)
#define atomic64_dec_return(v)	atomic64_add_return(-1, v)
#define atomic_read_acquire(v)	atomic_read(v)
#define atomic_set_release(v, i) atomic_set(v, i)
#define atomic64_read_acquire(v) atomic64_read(v)
#define atomic64_set_release(v, i) atomic64_set(v, i)
#define xchg(p, v)							\
	({								\
		__typeof__(*(p)) __sim_old;				\
									\
		sim_point();						\
		__sim_old = *(p);					\
		*(p) = (v);						\
		__sim_old;						\
	})
#define cmpxchg(p, o, n)						\
	({								\
		__typeof__(*(p)) __sim_old;				\
									\
		sim_point();						\
		__sim_old = *(p);					\
		if (__sim_old == (o))					\
			*(p) = (n);					\
		__sim_old;						\
	})

typedef struct {
	atomic_t refs;
} refcount_t;

#define REFCOUNT_INIT(n)	{ .refs = { (n) } }
#define refcount_set(r, n)	atomic_set(&(r)->refs, n)
#define refcount_read(r)	atomic_read(&(r)->refs)
#define refcount_inc(r)		((void)WARN_ON(!atomic_fetch_add(1, &(r)->refs)))
#define refcount_add(i, r)	atomic_add(i, &(r)->refs)
#define refcount_inc_not_zero(r) atomic_inc_not_zero(&(r)->refs)
#define refcount_dec_and_test(r) atomic_dec_and_test(&(r)->refs)

struct kref {
	refcount_t refcount;
};

#define kref_init(k)		refcount_set(&(k)->refcount, 1)
#define kref_get(k)		refcount_inc(&(k)->refcount)
#define kref_get_unless_zero(k)	refcount_inc_not_zero(&(k)->refcount)
#define kref_put(k, release)						\
	(refcount_dec_and_test(&(k)->refcount) ? ((release)(k), 1) : 0)

/*
 * Processors and contexts.
 */

#define NR_CPUS			3
#define nr_cpu_ids		((unsigned int)NR_CPUS)
#define num_possible_cpus()	NR_CPUS
extern unsigned long sim_online;
#define num_online_cpus()	((unsigned int)hweight_long(sim_online))
#define for_each_possible_cpu(cpu) for ((cpu) = 0; (cpu) < NR_CPUS; (cpu)++)
#define for_each_online_cpu(cpu)					\
	for_each_possible_cpu(cpu)					\
		if (cpu_online(cpu))
#define cpu_possible(c)		((c) < NR_CPUS)
#define cpu_online(c)		(!!(sim_online & 1UL << (c)))
#define cpus_read_lock()	might_sleep()
#define cpus_read_unlock()	((void)0)

int sim_cpu(void);
int sim_cpu_checked(void);
void preempt_disable(void);
void preempt_enable(void);
void migrate_disable(void);
void migrate_enable(void);
unsigned long sim_irq_save(void);
void sim_irq_restore(unsigned long flags);
bool irqs_disabled(void);
bool in_interrupt(void);
bool in_atomic_sim(void);
void sim_might_sleep(const char *file, int line);

#define raw_smp_processor_id()	sim_cpu()
#define smp_processor_id()	sim_cpu_checked()
#define get_cpu()		(preempt_disable(), sim_cpu())
#define put_cpu()		preempt_enable()
#define might_sleep()		sim_might_sleep(__FILE__, __LINE__)
#define might_sleep_if(c)	do { if (c) might_sleep(); } while (0)
#define cond_resched()		(might_sleep(), sim_point(), 0)
#define need_resched()		false
#define in_task()		(!in_interrupt())
#define in_hardirq()		in_interrupt()
bool preemptible(void);
#define in_atomic()		in_atomic_sim()
#define local_irq_save(flags)	((flags) = sim_irq_save())
#define local_irq_restore(flags) sim_irq_restore(flags)
#define local_irq_disable()	((void)sim_irq_save())
#define local_irq_enable()	sim_irq_restore(0)
#define local_bh_disable()	preempt_disable()
#define local_bh_enable()	preempt_enable()

/* Data of each processor lies this far apart. */
#define SIM_PERCPU_STRIDE	4096
void *sim_alloc_percpu(size_t size);
void free_percpu(void *base);

#define alloc_percpu(type)	((type *)sim_alloc_percpu(sizeof(type)))
#define alloc_percpu_gfp(type, gfp) alloc_percpu(type)
#define per_cpu_ptr(p, cpu)						\
	((__typeof__(p))((char *)(p) + (cpu) * SIM_PERCPU_STRIDE))
#define this_cpu_ptr(p)		per_cpu_ptr(p, sim_cpu_checked())
#define raw_cpu_ptr(p)		per_cpu_ptr(p, sim_cpu())
#define get_cpu_ptr(p)		(preempt_disable(), this_cpu_ptr(p))
#define put_cpu_ptr(p)		preempt_enable()
#define SIM_PCPU(var)		(*raw_cpu_ptr(&(var)))
#define this_cpu_read(v)	(sim_point(), SIM_PCPU(v))
#define this_cpu_write(v, x)	(sim_point(), (void)(SIM_PCPU(v) = (x)))
#define this_cpu_add(v, x)	(sim_point(), (void)(SIM_PCPU(v) += (x)))
#define this_cpu_inc(v)		this_cpu_add(v, 1)
#define this_cpu_dec(v)		this_cpu_add(v, -1)

struct task;

#define SIM_STR1(x)		#x
#define SIM_STR(x)		SIM_STR1(x)
#define SIM_HERE		__FILE__ ":" SIM_STR(__LINE__)

#ifndef SIM_THREADS
#include "spin.h"
#endif

/* Readers of a seqcount go round again; what is read is switched amidst. */
typedef struct {
	unsigned int sequence;
	spinlock_t *lock;
} seqcount_spinlock_t;

typedef seqcount_spinlock_t seqcount_t;

#define seqcount_spinlock_init(s, l) ((s)->sequence = 0, (s)->lock = (l))
#define seqcount_init(s)	seqcount_spinlock_init(s, NULL)
unsigned int sim_seq_begin(seqcount_spinlock_t *s);
bool sim_seq_retry(seqcount_spinlock_t *s, unsigned int start);
void sim_seq_write(seqcount_spinlock_t *s, bool begin);
#define read_seqcount_begin(s)	sim_seq_begin(s)
#define raw_read_seqcount_begin(s) sim_seq_begin(s)
#define read_seqcount_retry(s, v) sim_seq_retry(s, v)
#define write_seqcount_begin(s)	sim_seq_write(s, true)
#define write_seqcount_end(s)	sim_seq_write(s, false)
#define raw_write_seqcount_begin(s) sim_seq_write(s, true)
#define raw_write_seqcount_end(s) sim_seq_write(s, false)

typedef struct {
	seqcount_spinlock_t seqcount;
	spinlock_t lock;
} seqlock_t;

#define seqlock_init(s)							\
	do {								\
		spin_lock_init(&(s)->lock);				\
		seqcount_spinlock_init(&(s)->seqcount, &(s)->lock);	\
	} while (0)
#define read_seqbegin(s)	sim_seq_begin(&(s)->seqcount)
#define read_seqretry(s, v)	sim_seq_retry(&(s)->seqcount, v)
#define write_seqlock_irqsave(s, f)					\
	do {								\
		spin_lock_irqsave(&(s)->lock, f);			\
		sim_seq_write(&(s)->seqcount, true);			\
	} while (0)
#define write_sequnlock_irqrestore(s, f)				\
	do {								\
		sim_seq_write(&(s)->seqcount, false);			\
		spin_unlock_irqrestore(&(s)->lock, f);			\
	} while (0)

/* A local lock is the processor's: it only says what must not interrupt. */
typedef struct {
	struct task *owner;
} local_lock_t;

void sim_local_lock(local_lock_t *base);
void sim_local_unlock(local_lock_t *base);
#define local_lock_init(l)	((l)->owner = NULL)
#define INIT_LOCAL_LOCK(n)	{ NULL }
#define local_lock(l)		(preempt_disable(), sim_local_lock(l))
#define local_unlock(l)		(sim_local_unlock(l), preempt_enable())
#define local_lock_irqsave(l, f)					\
	do {								\
		local_irq_save(f);					\
		sim_local_lock(l);					\
	} while (0)
#define local_unlock_irqrestore(l, f)					\
	do {								\
		sim_local_unlock(l);					\
		local_irq_restore(f);					\
	} while (0)

/*
 * Waits.  A waiter is woken for good: it need not be on the list any more.
 */

struct sim_waiter {
	struct list_head node;
	struct task *task;
	bool woken;
};

typedef struct wait_queue_head {
	struct list_head head;
} wait_queue_head_t;

void init_waitqueue_head(wait_queue_head_t *wq);
void sim_wait_prepare(wait_queue_head_t *wq, struct sim_waiter *w);
void sim_wait(struct sim_waiter *w, const char *why, u64 timeout);
void sim_wait_finish(struct sim_waiter *w);
bool sim_wake(wait_queue_head_t *wq, int nr);
bool sim_wake_now(wait_queue_head_t *wq, int nr);
bool sim_killed(void);

#define DECLARE_WAIT_QUEUE_HEAD(n)					\
	wait_queue_head_t n = { { &(n).head, &(n).head } }
#define wake_up(wq)		sim_wake(wq, 1)
#define wake_up_all(wq)		sim_wake(wq, INT_MAX)
#define wake_up_interruptible(wq) wake_up(wq)
#define wake_up_interruptible_all(wq) wake_up_all(wq)
#define waitqueue_active(wq)						\
	(sim_point(), (wq)->head.next != &(wq)->head)
#define wq_has_sleeper(wq)	waitqueue_active(wq)

/* Ends with @left: what is left of the timeout, at least 1 if @cond holds. */
#define __sim_wait_event(wq, cond, killable, timeout, left)		\
	do {								\
		u64 __end = sim_now + (timeout);			\
		struct sim_waiter __w;					\
									\
		might_sleep();						\
		sim_point();						\
		for (;;) {						\
			sim_wait_prepare(&(wq), &__w);			\
			if (cond) {					\
				(left) = 1;				\
				break;					\
			}						\
			if ((killable) && sim_killed()) {		\
				(left) = -ERESTARTSYS;			\
				break;					\
			}						\
			if ((timeout) && sim_now >= __end) {		\
				(left) = 0;				\
				break;					\
			}						\
			sim_wait(&__w, SIM_HERE ": " #cond,		\
				 (timeout) ? __end - sim_now : 0);	\
			sim_wait_finish(&__w);				\
		}							\
		sim_wait_finish(&__w);					\
	} while (0)

#define wait_event(wq, cond)						\
	do {								\
		long __left;						\
									\
		__sim_wait_event(wq, cond, false, 0, __left);		\
		(void)__left;						\
	} while (0)
#define wait_event_killable(wq, cond)					\
	({								\
		long __left;						\
									\
		__sim_wait_event(wq, cond, true, 0, __left);		\
		__left > 0 ? 0 : (int)__left;				\
	})
#define wait_event_interruptible(wq, cond) wait_event_killable(wq, cond)
#define wait_event_idle(wq, cond)	wait_event(wq, cond)
#define wait_event_timeout(wq, cond, t)					\
	({								\
		long __left;						\
									\
		__sim_wait_event(wq, cond, false, (t) * TICK_NSEC,	\
				 __left);				\
		__left;							\
	})
#define wait_event_killable_timeout(wq, cond, t)			\
	({								\
		long __left;						\
									\
		__sim_wait_event(wq, cond, true, (t) * TICK_NSEC,	\
				 __left);				\
		__left;							\
	})
#define wait_event_lock_irq(wq, cond, lock)				\
	do {								\
		struct sim_waiter __w;					\
									\
		for (;;) {						\
			sim_wait_prepare(&(wq), &__w);			\
			if (cond)					\
				break;					\
			spin_unlock_irq(&(lock));			\
			sim_wait(&__w, SIM_HERE ": " #cond, 0);		\
			sim_wait_finish(&__w);				\
			spin_lock_irq(&(lock));				\
		}							\
		sim_wait_finish(&__w);					\
	} while (0)

struct completion {
	unsigned int done;
	wait_queue_head_t wait;
};

void init_completion(struct completion *x);
void reinit_completion(struct completion *x);
void complete(struct completion *x);
void complete_all(struct completion *x);
unsigned long sim_wait_for_completion(struct completion *x, const char *why,
				      u64 timeout);
bool completion_done(struct completion *x);
bool try_wait_for_completion(struct completion *x);
#define wait_for_completion(x)						\
	((void)sim_wait_for_completion(x, SIM_HERE ": " #x, 0))
#define wait_for_completion_io(x)	wait_for_completion(x)
#define wait_for_completion_timeout(x, t)				\
	sim_wait_for_completion(x, SIM_HERE ": " #x, (t) * TICK_NSEC)
#define wait_for_completion_io_timeout(x, t) wait_for_completion_timeout(x, t)
#define DECLARE_COMPLETION_ONSTACK(x)					\
	struct completion x;						\
	init_completion(&(x))

struct mutex {
	struct task *owner;
	const char *name;
	unsigned int class;
	wait_queue_head_t wait;
};

void sim_mutex_init(struct mutex *m, const char *name);
void mutex_lock(struct mutex *m);
bool mutex_trylock(struct mutex *m);
void mutex_unlock(struct mutex *m);
void mutex_destroy(struct mutex *m);
bool mutex_is_locked(struct mutex *m);
#define mutex_init(m)		sim_mutex_init(m, #m)
#define mutex_lock_nested(m, n)	mutex_lock(m)
#define mutex_lock_io(m)	mutex_lock(m)

struct rw_semaphore {
	struct mutex m;
};

#define init_rwsem(s)		sim_mutex_init(&(s)->m, #s)
#define down_read(s)		mutex_lock(&(s)->m)
#define up_read(s)		mutex_unlock(&(s)->m)
#define down_write(s)		mutex_lock(&(s)->m)
#define up_write(s)		mutex_unlock(&(s)->m)

struct semaphore {
	int count;
	wait_queue_head_t wait;
};

void sema_init(struct semaphore *s, int count);
void down(struct semaphore *s);
void up(struct semaphore *s);

struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};

#define rcu_read_lock()		preempt_disable()
#define rcu_read_unlock()	preempt_enable()
#define synchronize_rcu()	might_sleep()

/* The current task's few fields that drivers look at. */
struct task_struct {
	unsigned int flags;
	int pid;
	char comm[16];
	void *bio_list;
};

struct task_struct *sim_get_current(void);
#define current			sim_get_current()
#define PF_MEMALLOC		0x800
#define PF_KTHREAD		0x200000
#define memalloc_noio_save()	0U
#define memalloc_noio_restore(f) ((void)(f))
#define fatal_signal_pending(t)	sim_killed()
#define signal_pending(t)	sim_killed()
struct blk_plug {
	int unused;
};
#define blk_start_plug(p)	((void)(p))
#define blk_finish_plug(p)	((void)(p))

#endif /* SIM_SYNC_H */
