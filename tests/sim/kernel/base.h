/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Types, arithmetic, what lists and trees are made of.  With SIM_THREADS there
 * is no simulator: tests/unit runs a room under threads.
 */
#ifndef SIM_BASE_H
#define SIM_BASE_H

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef long long s64;
typedef u8 __u8;
typedef u16 __u16;
typedef u32 __u32;
typedef u64 __u64;
typedef s64 __s64;
typedef u16 __le16;
typedef u32 __le32;
typedef u64 __le64;
typedef u64 sector_t;
typedef unsigned int gfp_t;
typedef unsigned int uint;

#define __force
#define __user
#define __iomem
#define __rcu
#define __percpu
#define __must_check
#define __init
#define __exit
#define __read_mostly
#define __ro_after_init
#define __cold
#define __acquires(x)
#define __releases(x)
#define __must_hold(x)
#define __acquire(x)		((void)0)
#define __release(x)		((void)0)
#define __maybe_unused		__attribute__((unused))
#define __printf(a, b)		__attribute__((format(printf, a, b)))
#define __packed		__attribute__((packed))
#define __aligned(x)		__attribute__((aligned(x)))
#define ____cacheline_aligned	__attribute__((aligned(64)))
#define ____cacheline_aligned_in_smp __attribute__((aligned(64)))
#define __cacheline_group_begin(g) u8 __cg_begin_##g[0]
#define __cacheline_group_end(g) u8 __cg_end_##g[0]
#define noinline		__attribute__((noinline))
#define noinline_for_stack	noinline
#define fallthrough		__attribute__((fallthrough))
#undef __always_inline
#define __always_inline		inline __attribute__((always_inline))
#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#define SMP_CACHE_BYTES		64
#define L1_CACHE_BYTES		64

#ifdef SIM_THREADS
#include "threads.h"
#else
#include "point.h"
#endif

#define container_of(ptr, type, member)					\
	((type *)((char *)(ptr) - offsetof(type, member)))
#define sizeof_field(t, m)	sizeof(((t *)0)->m)
#define offsetofend(t, m)	(offsetof(t, m) + sizeof_field(t, m))
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define struct_size(p, member, n)					\
	(sizeof(*(p)) + (size_t)(n) * sizeof(*(p)->member))
#define struct_size_t(t, member, n) struct_size((t *)NULL, member, n)
#define flex_array_size(p, member, n) ((size_t)(n) * sizeof(*(p)->member))
#define array_size(a, b)	((size_t)(a) * (b))
#define size_mul(a, b)		((size_t)(a) * (b))
#define size_add(a, b)		((size_t)(a) + (b))
#define check_add_overflow(a, b, d) __builtin_add_overflow(a, b, d)
#define check_sub_overflow(a, b, d) __builtin_sub_overflow(a, b, d)
#define check_mul_overflow(a, b, d) __builtin_mul_overflow(a, b, d)

struct list_head {
	struct list_head *next, *prev;
};

struct hlist_node {
	struct hlist_node *next, **pprev;
};

struct hlist_head {
	struct hlist_node *first;
};

#define LIST_POISON1		((void *)0x100)
#define LIST_POISON2		((void *)0x122)
#define EXPORT_SYMBOL(x)
#define EXPORT_SYMBOL_GPL(x)

#define __sim_cmp(x, op, y)						\
	({								\
		__typeof__(x) __sim_x = (x);				\
		__typeof__(y) __sim_y = (y);				\
									\
		__sim_x op __sim_y ? __sim_x : __sim_y;			\
	})
#define min(x, y)		__sim_cmp(x, <, y)
#define max(x, y)		__sim_cmp(x, >, y)
#define min_t(t, x, y)		min((t)(x), (t)(y))
#define max_t(t, x, y)		max((t)(x), (t)(y))
#define umin(x, y)		min_t(u64, x, y)
#define umax(x, y)		max_t(u64, x, y)
#define min3(x, y, z)		min(min(x, y), z)
#define max3(x, y, z)		max(max(x, y), z)
#define min_not_zero(x, y)						\
	({								\
		__typeof__(x) __sim_m = (x);				\
		__typeof__(y) __sim_n = (y);				\
									\
		!__sim_m ? __sim_n : !__sim_n ? __sim_m :		\
			min(__sim_m, __sim_n);				\
	})
#define clamp(v, lo, hi)	min_t(__typeof__(v), max_t(__typeof__(v), v, lo), hi)
#define clamp_t(t, v, lo, hi)	min_t(t, max_t(t, v, lo), hi)
#define clamp_val(v, lo, hi)	clamp_t(__typeof__(v), v, lo, hi)
#define swap(a, b)							\
	do {								\
		__typeof__(a) __sim_a = (a);				\
									\
		(a) = (b);						\
		(b) = __sim_a;						\
	} while (0)

#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define DIV_ROUND_UP_ULL(n, d)	DIV_ROUND_UP((u64)(n), d)
#define DIV_ROUND_UP_SECTOR_T(n, d) DIV_ROUND_UP((sector_t)(n), d)
#define rounddown(x, y)							\
	({								\
		__typeof__(x) __sim_r = (x);				\
									\
		__sim_r - __sim_r % (y);				\
	})
#define roundup(x, y)		(DIV_ROUND_UP(x, y) * (y))
#define round_up(x, y)		((((x) - 1) | ((__typeof__(x))(y) - 1)) + 1)
#define round_down(x, y)	((x) & ~((__typeof__(x))(y) - 1))
#define ALIGN(x, a)		round_up((__typeof__(x))(x), a)
#define ALIGN_DOWN(x, a)	round_down(x, a)
#define IS_ALIGNED(x, a)	(!((x) & ((__typeof__(x))(a) - 1)))
#define abs_diff(a, b)		((a) > (b) ? (a) - (b) : (b) - (a))
#define div_u64(a, b)		((u64)(a) / (u32)(b))
#define div64_u64(a, b)		((u64)(a) / (u64)(b))
#define div64_ul(a, b)		((u64)(a) / (unsigned long)(b))
#define mul_u64_u32_div(a, b, c) ((u64)(a) * (b) / (c))
#define do_div(n, base)							\
	({								\
		u32 __sim_rem = (n) % (u32)(base);			\
									\
		(n) = (n) / (u32)(base);				\
		__sim_rem;						\
	})
#define div_u64_rem(a, b, r)	(*(r) = (u64)(a) % (b), (u64)(a) / (b))
#define sector_div(n, b)	do_div(n, b)
#define U8_MAX			UINT8_MAX
#define U16_MAX			UINT16_MAX
#define U32_MAX			UINT32_MAX
#define U64_MAX			UINT64_MAX
#define S32_MAX			INT32_MAX
#define S64_MAX			INT64_MAX
#define upper_32_bits(n)	((u32)((u64)(n) >> 32))
#define lower_32_bits(n)	((u32)(n))

#define cpu_to_le16(x)		((u16)(x))
#define cpu_to_le32(x)		((u32)(x))
#define cpu_to_le64(x)		((u64)(x))
#define le16_to_cpu(x)		((u16)(x))
#define le32_to_cpu(x)		((u32)(x))
#define le64_to_cpu(x)		((u64)(x))

#define le64_add_cpu(p, n)	(*(p) += (n))

#define SZ_512			0x200
#define SZ_1K			0x400
#define SZ_2K			0x800
#define SZ_4K			0x1000
#define SZ_8K			0x2000
#define SZ_16K			0x4000
#define SZ_32K			0x8000
#define SZ_64K			0x10000
#define SZ_128K			0x20000
#define SZ_256K			0x40000
#define SZ_512K			0x80000
#define SZ_1M			0x100000
#define SZ_2M			0x200000
#define SZ_4M			0x400000
#define SZ_8M			0x800000
#define SZ_16M			0x1000000
#define SZ_32M			0x2000000
#define SZ_64M			0x4000000

#define MAX_ERRNO		4095
#define ERESTARTSYS		512
#define ENOTSUPP		524

#define IS_ERR_VALUE(x)		((unsigned long)(x) >= (unsigned long)-MAX_ERRNO)

static inline void *ERR_PTR(long error)
{
	return (void *)error;
}

static inline long PTR_ERR(const void *ptr)
{
	return (long)ptr;
}

static inline bool IS_ERR(const void *ptr)
{
	return IS_ERR_VALUE(ptr);
}

static inline bool IS_ERR_OR_NULL(const void *ptr)
{
	return !ptr || IS_ERR(ptr);
}

#define PTR_ERR_OR_ZERO(p)	(IS_ERR(p) ? PTR_ERR(p) : 0)
#define ERR_CAST(p)		((void *)(p))

/* A failed check ends the run: the seed is printed, and who waits for what. */
void sim_fail(const char *fmt, ...) __printf(1, 2)
	__attribute__((noreturn));

#define WARN_ON(x)							\
	({								\
		bool __sim_w = !!(x);					\
									\
		if (unlikely(__sim_w))					\
			sim_fail("%s:%d: WARN_ON(%s)", __FILE__,	\
				 __LINE__, #x);				\
		__sim_w;						\
	})
#define WARN_ON_ONCE(x)		WARN_ON(x)
#define WARN(x, ...)							\
	({								\
		bool __sim_w = !!(x);					\
									\
		if (unlikely(__sim_w))					\
			sim_fail(__VA_ARGS__);				\
		__sim_w;						\
	})
#define WARN_ONCE(x, ...)	WARN(x, __VA_ARGS__)
#define BUG_ON(x)		((void)WARN_ON(x))
#define BUG()			sim_fail("%s:%d: BUG()", __FILE__, __LINE__)
#define BUILD_BUG_ON(x)		_Static_assert(!(x), #x)
#define static_assert(x, ...)	_Static_assert(x, #x)
#define IS_ENABLED(x)		(x)
#ifdef SIM_UNALIGNED
#define CONFIG_HAVE_EFFICIENT_UNALIGNED_ACCESS 1
#else
#define CONFIG_HAVE_EFFICIENT_UNALIGNED_ACCESS 0
#endif
#define CONFIG_SMP		1
#define CONFIG_HOTPLUG_CPU	1
#define KERN_WARNING		""
#define THIS_MODULE		((struct module *)NULL)
struct module;

#endif /* SIM_BASE_H */
