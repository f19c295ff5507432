// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "kernel.h"

__thread unsigned int shim_locks_held;
__thread shim_hook_t *shim_unlocked;
__thread u64 shim_steps, shim_most_steps;

static __thread u64 steps_before;

static void expect(bool right, const char *what)
{
	if (right)
		return;
	fprintf(stderr, "# spinlock: %s\n", what);
	abort();
}

/* What irqsave leaves in flags is that lock's own. */
static unsigned long cookie(spinlock_t *lock)
{
	return (unsigned long)lock ^ 0x5a5a5a5aUL;
}

void spin_lock_init(spinlock_t *lock)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&lock->mutex, &attr);
	pthread_mutexattr_destroy(&attr);
}

unsigned long shim_spin_lock(spinlock_t *lock)
{
	expect(!pthread_mutex_lock(&lock->mutex), "deadlock");
	shim_locks_held++;
	steps_before = shim_steps;
	return cookie(lock);
}

void shim_spin_unlock(spinlock_t *lock, unsigned long flags)
{
	expect(flags == cookie(lock), "unlocked with flags of another");
	shim_locks_held--;
	if (shim_steps - steps_before > shim_most_steps)
		shim_most_steps = shim_steps - steps_before;
	expect(!pthread_mutex_unlock(&lock->mutex), "unlocked by another");
	if (shim_unlocked)
		shim_unlocked();
}

/* Trees have the same shape each time. */
u32 get_random_u32(void)
{
	return 1;
}
