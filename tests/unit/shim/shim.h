/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stand-ins for what dm-quorum.h, dm-quorum-vote.c, dm-quorum-range.c and the
 * kernel's own list header need.  Whatever else they include is a generated
 * file that includes this one.
 */
#ifndef UNIT_SHIM_H
#define UNIT_SHIM_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64;
typedef int s32;
typedef long long s64;
typedef u16 __le16;
typedef u32 __le32;
typedef u64 __le64;
typedef u64 sector_t;
typedef long long time64_t;
typedef u8 blk_status_t;

#undef __always_inline
#define __always_inline		inline __attribute__((always_inline))
#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, val)	(*(volatile __typeof__(x) *)&(x) = (val))
#define rcu_assign_pointer(p, v) __atomic_store_n(&(p), v, __ATOMIC_RELEASE)
#define smp_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)
#define EXPORT_SYMBOL(x)

#define container_of(ptr, type, member)					\
	((type *)((char *)(ptr) - offsetof(type, member)))

struct list_head {
	struct list_head *next, *prev;
};

struct hlist_node {
	struct hlist_node *next, **pprev;
};

struct hlist_head {
	struct hlist_node *first;
};

/* Nothing may follow a pointer that was taken off a list. */
#define LIST_POISON1		((void *)0x100)
#define LIST_POISON2		((void *)0x122)

/*
 * Bits.  UBSan knows that __builtin_ctzl(0) is undefined, as is __ffs(0).
 */

#define BIT(nr)			(1UL << (nr))

static inline unsigned long __ffs(unsigned long word)
{
	return __builtin_ctzl(word);
}

static inline unsigned int hweight32(u32 word)
{
	return __builtin_popcount(word);
}

static inline bool test_bit(long nr, const volatile unsigned long *addr)
{
	return *addr >> nr & 1;
}

/*
 * The spinlock: a mutex that aborts when it is misused.
 */

typedef struct {
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
 * under one; few pieces a batch, so that many unlocks take more than one; and
 * always the same weights.
 */
extern __thread u64 shim_steps, shim_most_steps;

#define quorum_range_step()	(shim_steps++)
#define QUORUM_RANGE_BATCH	4

static inline u32 get_random_u32(void)
{
	return 1;
}

/*
 * Types of which the header needs no more than that they exist.  Some are for
 * when it grows.
 */

#define SHIM_OPAQUE(name)	struct name { int opaque; }

SHIM_OPAQUE(bio);
SHIM_OPAQUE(bio_set);
SHIM_OPAQUE(bio_vec);
SHIM_OPAQUE(bvec_iter);
SHIM_OPAQUE(completion);
SHIM_OPAQUE(delayed_work);
SHIM_OPAQUE(kref);
SHIM_OPAQUE(mutex);
SHIM_OPAQUE(ratelimit_state);
SHIM_OPAQUE(rcu_head);
SHIM_OPAQUE(rw_semaphore);
SHIM_OPAQUE(shim_any);
SHIM_OPAQUE(timer_list);
SHIM_OPAQUE(work_struct);

#define __percpu
#define ____cacheline_aligned_in_smp

typedef struct shim_any atomic_t;
typedef struct shim_any atomic64_t;
typedef struct shim_any mempool_t;
typedef struct shim_any refcount_t;
typedef struct shim_any seqcount_spinlock_t;
typedef struct shim_any wait_queue_head_t;
typedef long long ktime_t;
typedef unsigned int gfp_t;
typedef void (*work_func_t)(struct work_struct *work);

/* Of what kernels differ in, the way that needs least. */
#define BLK_FEAT_STABLE_WRITES	1
#define SHRINKER_ALLOCATED	1

struct queue_limits {
	unsigned int features;
};

struct shrinker {
	void *private_data;
};

struct shrinker *shrinker_alloc(unsigned int flags, const char *fmt, ...);
void shrinker_register(struct shrinker *shrinker);
void shrinker_free(struct shrinker *shrinker);

struct dm_target;

#endif /* UNIT_SHIM_H */
