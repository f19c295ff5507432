/* SPDX-License-Identifier: GPL-2.0-only */
/* Bits and bitmaps. */
#ifndef SIM_BITS_H
#define SIM_BITS_H

#define BITS_PER_BYTE		8
#define BITS_PER_LONG		64
#define BITS_PER_LONG_LONG	64
#define BIT(nr)			(1UL << (nr))
#define BIT_ULL(nr)		(1ULL << (nr))
#define BIT_MASK(nr)		(1UL << ((nr) % BITS_PER_LONG))
#define BIT_WORD(nr)		((nr) / BITS_PER_LONG)
#define BITS_TO_LONGS(n)	DIV_ROUND_UP(n, BITS_PER_LONG)
#define GENMASK(h, l)		((~0UL << (l)) & (~0UL >> (63 - (h))))
#define GENMASK_ULL(h, l)	GENMASK(h, l)
#define BITMAP_LAST_WORD_MASK(n) (~0UL >> (-(n) & (BITS_PER_LONG - 1)))
#define BITMAP_FIRST_WORD_MASK(n) (~0UL << ((n) & (BITS_PER_LONG - 1)))
#define DECLARE_BITMAP(name, n)	unsigned long name[BITS_TO_LONGS(n)]

/* UBSan knows that __builtin_ctzl(0) is undefined, as is __ffs(0). */
static inline unsigned long __ffs(unsigned long word)
{
	return __builtin_ctzl(word);
}

static inline unsigned long __ffs64(u64 word)
{
	return __builtin_ctzll(word);
}

static inline unsigned long __fls(unsigned long word)
{
	return 63 - __builtin_clzl(word);
}

#define ffz(x)			__ffs(~(x))

static inline int fls(unsigned int x)
{
	return x ? 32 - __builtin_clz(x) : 0;
}

static inline int fls64(u64 x)
{
	return x ? 64 - __builtin_clzll(x) : 0;
}

static inline int ffs_sim(int x)
{
	return __builtin_ffs(x);
}

#define ffs(x)			ffs_sim(x)
#define hweight32(w)		((unsigned int)__builtin_popcount(w))
#define hweight64(w)		((unsigned int)__builtin_popcountll(w))
#define hweight_long(w)		((unsigned int)__builtin_popcountl(w))
#define hweight8(w)		((unsigned int)__builtin_popcount((u8)(w)))
#define is_power_of_2(n)	((n) && !((n) & ((n) - 1)))
#define ilog2(n)		(fls64(n) - 1)
#define order_base_2(n)		((n) > 1 ? ilog2((n) - 1) + 1 : 0)
#define roundup_pow_of_two(n)	(1UL << order_base_2(n))
#define rounddown_pow_of_two(n)	(1UL << ilog2(n))

sim_atomic bool sim_test_bit(unsigned long nr, const unsigned long *addr)
{
	return addr[BIT_WORD(nr)] >> (nr % BITS_PER_LONG) & 1;
}

#define test_bit(nr, addr)						\
	({								\
		sim_point();						\
		sim_test_bit(nr, (const unsigned long *)(addr));	\
	})
#define test_bit_acquire(nr, addr) test_bit(nr, addr)

/* Plain: what is read may be old by the time it is written. */
static inline void __set_bit(unsigned long nr, unsigned long *addr)
{
	unsigned long old = addr[BIT_WORD(nr)];

	sim_point();
	addr[BIT_WORD(nr)] = old | BIT_MASK(nr);
}

static inline void __clear_bit(unsigned long nr, unsigned long *addr)
{
	unsigned long old = addr[BIT_WORD(nr)];

	sim_point();
	addr[BIT_WORD(nr)] = old & ~BIT_MASK(nr);
}

static inline void __change_bit(unsigned long nr, unsigned long *addr)
{
	unsigned long old = addr[BIT_WORD(nr)];

	sim_point();
	addr[BIT_WORD(nr)] = old ^ BIT_MASK(nr);
}

static inline bool __test_and_set_bit(unsigned long nr, unsigned long *addr)
{
	bool old = sim_test_bit(nr, addr);

	__set_bit(nr, addr);
	return old;
}

static inline bool __test_and_clear_bit(unsigned long nr, unsigned long *addr)
{
	bool old = sim_test_bit(nr, addr);

	__clear_bit(nr, addr);
	return old;
}

#define __assign_bit(nr, addr, v)					\
	((v) ? __set_bit(nr, addr) : __clear_bit(nr, addr))

sim_atomic void set_bit(unsigned long nr, unsigned long *addr)
{
	sim_point();
	addr[BIT_WORD(nr)] |= BIT_MASK(nr);
}

sim_atomic void clear_bit(unsigned long nr, unsigned long *addr)
{
	sim_point();
	addr[BIT_WORD(nr)] &= ~BIT_MASK(nr);
}

#define assign_bit(nr, addr, v)	((v) ? set_bit(nr, addr) : clear_bit(nr, addr))
#define clear_bit_unlock(nr, a)	clear_bit(nr, a)

sim_atomic bool test_and_set_bit(unsigned long nr, unsigned long *addr)
{
	bool old;

	sim_point();
	old = sim_test_bit(nr, addr);
	addr[BIT_WORD(nr)] |= BIT_MASK(nr);
	return old;
}

sim_atomic bool test_and_clear_bit(unsigned long nr, unsigned long *addr)
{
	bool old;

	sim_point();
	old = sim_test_bit(nr, addr);
	addr[BIT_WORD(nr)] &= ~BIT_MASK(nr);
	return old;
}

unsigned long find_next_bit(const unsigned long *map, unsigned long size,
			    unsigned long from);
unsigned long find_next_zero_bit(const unsigned long *map, unsigned long size,
				 unsigned long from);
unsigned long find_last_bit(const unsigned long *map, unsigned long size);
unsigned long find_next_and_bit(const unsigned long *a, const unsigned long *b,
				unsigned long size, unsigned long from);
#define find_first_bit(map, size)	find_next_bit(map, size, 0)
#define find_first_zero_bit(map, size)	find_next_zero_bit(map, size, 0)
#define for_each_set_bit(bit, map, size)				\
	for ((bit) = find_first_bit(map, size); (bit) < (size);		\
	     (bit) = find_next_bit(map, size, (bit) + 1))
#define for_each_clear_bit(bit, map, size)				\
	for ((bit) = find_first_zero_bit(map, size); (bit) < (size);	\
	     (bit) = find_next_zero_bit(map, size, (bit) + 1))

void bitmap_set(unsigned long *map, unsigned int start, unsigned int n);
void bitmap_clear(unsigned long *map, unsigned int start, unsigned int n);
void bitmap_zero(unsigned long *map, unsigned int n);
void bitmap_fill(unsigned long *map, unsigned int n);
void bitmap_copy(unsigned long *to, const unsigned long *from, unsigned int n);
bool bitmap_empty(const unsigned long *map, unsigned int n);
bool bitmap_full(const unsigned long *map, unsigned int n);
unsigned int bitmap_weight(const unsigned long *map, unsigned int n);
bool bitmap_intersects(const unsigned long *a, const unsigned long *b,
		       unsigned int n);
bool bitmap_equal(const unsigned long *a, const unsigned long *b,
		  unsigned int n);
bool bitmap_subset(const unsigned long *a, const unsigned long *b,
		   unsigned int n);
bool bitmap_and(unsigned long *to, const unsigned long *a,
		const unsigned long *b, unsigned int n);
void bitmap_or(unsigned long *to, const unsigned long *a,
	       const unsigned long *b, unsigned int n);
bool bitmap_andnot(unsigned long *to, const unsigned long *a,
		   const unsigned long *b, unsigned int n);
void bitmap_complement(unsigned long *to, const unsigned long *a,
		       unsigned int n);
unsigned long *bitmap_zalloc(unsigned int n, gfp_t gfp);
unsigned long *bitmap_alloc(unsigned int n, gfp_t gfp);
void bitmap_free(const unsigned long *map);

#endif /* SIM_BITS_H */
