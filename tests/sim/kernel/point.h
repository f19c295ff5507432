/* SPDX-License-Identifier: GPL-2.0-only */
/* The point: where the simulator may let somebody else go first. */
#ifndef SIM_POINT_H
#define SIM_POINT_H

/* Counts down to the next point at which there is a choice. */
extern int sim_left;
void sim_choose(void);

/* What is one step even when any access to memory is a point (race.c). */
#ifdef SIM_RACE
#define sim_atomic	static __attribute__((__noinline__, no_sanitize_thread))
#else
#define sim_atomic	static inline
#endif

sim_atomic void sim_point(void)
{
	if (unlikely(--sim_left <= 0))
		sim_choose();
}

#define READ_ONCE(x)							\
	({								\
		sim_point();						\
		*(const volatile __typeof__(x) *)&(x);			\
	})
#define WRITE_ONCE(x, val)						\
	do {								\
		__typeof__(x) __sim_val = (val);			\
									\
		sim_point();						\
		*(volatile __typeof__(x) *)&(x) = __sim_val;		\
	} while (0)
#define data_race(x)		(x)
#define ACCESS_PRIVATE(p, m)	((p)->m)
#define smp_load_acquire(p)	READ_ONCE(*(p))
#define smp_store_release(p, v)						\
	do {								\
		WRITE_ONCE(*(p), v);					\
		sim_point();						\
	} while (0)
#define rcu_assign_pointer(p, v) WRITE_ONCE(p, v)
#define rcu_dereference(p)	READ_ONCE(p)
#define smp_mb()		sim_point()
#define smp_rmb()		sim_point()
#define smp_wmb()		sim_point()
#define smp_mb__before_atomic()	sim_point()
#define smp_mb__after_atomic()	sim_point()
#define smp_store_mb(x, v)	WRITE_ONCE(x, v)
#define barrier()		__asm__ volatile("" ::: "memory")
#define cpu_relax()		sim_relax()
void sim_relax(void);

#endif /* SIM_POINT_H */
