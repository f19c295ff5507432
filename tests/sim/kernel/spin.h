/* SPDX-License-Identifier: GPL-2.0-only */
/* Spinlocks.  A class is a place of initialisation. */
#ifndef SIM_SPIN_H
#define SIM_SPIN_H

typedef struct spinlock {
	struct task *owner;
	const char *name;
	unsigned int class;
} spinlock_t;

typedef spinlock_t raw_spinlock_t;

void sim_spin_init(spinlock_t *lock, const char *name);
void sim_spin_lock(spinlock_t *lock, bool nested);
bool sim_spin_trylock(spinlock_t *lock);
void sim_spin_unlock(spinlock_t *lock);
void sim_spin_lock_irq(spinlock_t *lock);
void sim_spin_unlock_irq(spinlock_t *lock);
unsigned long sim_spin_lock_irqsave(spinlock_t *lock);
void sim_spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags);
static inline bool spin_is_locked(spinlock_t *lock)
{
	return lock->owner;
}

void sim_assert_held(spinlock_t *lock, const char *here);

#define spin_lock_init(l)	sim_spin_init(l, #l)
#define raw_spin_lock_init(l)	spin_lock_init(l)
#define __SPIN_LOCK_UNLOCKED(n)	{ .name = #n }
#define DEFINE_SPINLOCK(n)	spinlock_t n = __SPIN_LOCK_UNLOCKED(n)
#define spin_lock(l)		sim_spin_lock(l, false)
#define spin_lock_nested(l, n)	sim_spin_lock(l, true)
#define spin_unlock(l)		sim_spin_unlock(l)
#define spin_trylock(l)		sim_spin_trylock(l)
#define spin_lock_bh(l)		sim_spin_lock(l, false)
#define spin_unlock_bh(l)	sim_spin_unlock(l)
#define spin_lock_irq(l)	sim_spin_lock_irq(l)
#define spin_unlock_irq(l)	sim_spin_unlock_irq(l)
#define spin_lock_irqsave(l, f)	((f) = sim_spin_lock_irqsave(l))
#define spin_unlock_irqrestore(l, f) sim_spin_unlock_irqrestore(l, f)
#define raw_spin_lock_irqsave(l, f) spin_lock_irqsave(l, f)
#define raw_spin_unlock_irqrestore(l, f) spin_unlock_irqrestore(l, f)
#define lockdep_assert_held(l)	sim_assert_held(l, SIM_HERE)
#define lockdep_assert_held_once(l) lockdep_assert_held(l)
#define assert_spin_locked(l)	lockdep_assert_held(l)

#endif /* SIM_SPIN_H */
