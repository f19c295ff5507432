/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instead of the simulator's points and spinlocks (tests/sim/kernel): threads,
 * for rooms that are tested under them.
 */
#ifndef UNIT_THREADS_H
#define UNIT_THREADS_H

#include <pthread.h>

#define sim_atomic		static inline
#define sim_point()		((void)0)

#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, val)	(*(volatile __typeof__(x) *)&(x) = (val))
#define data_race(x)		(x)
#define rcu_assign_pointer(p, v) __atomic_store_n(&(p), v, __ATOMIC_RELEASE)
#define smp_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)

/*
 * The spinlock: a mutex that aborts when it is misused.
 */

typedef struct spinlock {
	pthread_mutex_t mutex;
} spinlock_t;

/* Locks the calling thread holds. */
extern __thread unsigned int shim_locks_held;
/* Called without locks wherever one was dropped, and may take it; or NULL. */
typedef void shim_hook_t(void);
extern __thread shim_hook_t *shim_unlocked;

void spin_lock_init(spinlock_t *lock);
unsigned long shim_spin_lock(spinlock_t *lock);
void shim_spin_unlock(spinlock_t *lock, unsigned long flags);

#define spin_lock_irqsave(lock, flags)	((flags) = shim_spin_lock(lock))
#define spin_unlock_irqrestore(lock, flags) shim_spin_unlock(lock, flags)

/*
 * The range lock: what the calling thread did under locks, in all and at most
 * under one; few pieces a batch, so that many unlocks take more than one.
 */
extern __thread u64 shim_steps, shim_most_steps;

#define quorum_range_step()	(shim_steps++)
#define QUORUM_RANGE_BATCH	4

#endif /* UNIT_THREADS_H */
