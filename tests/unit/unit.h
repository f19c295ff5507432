/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests share: cmocka, random numbers that can be had again, and
 * checks that say how.
 */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#ifdef UNIT_PROGRAM
#include "dm-quorum-user.h"
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#else
#include "kernel.h"
#endif

/* From the environment: UNIT_SEED, and UNIT_EFFORT in percent. */
static u64 unit_seed = 1;
static u64 unit_effort = 100;

/* Where a test is, for whoever has to find out why it failed. */
static u64 unit_step __attribute__((unused));

static inline void unit_init(void)
{
	const char *seed = getenv("UNIT_SEED");
	const char *effort = getenv("UNIT_EFFORT");

	if (seed)
		unit_seed = strtoull(seed, NULL, 0);
	if (effort)
		unit_effort = strtoull(effort, NULL, 0);
	cmocka_set_message_output(CM_OUTPUT_TAP);
}

static inline u64 unit_times(u64 n)
{
	n = n * unit_effort / 100;
	return n ? n : 1;
}

#define check(condition)						\
	do {								\
		if (!(condition))					\
			fail_msg("%s (UNIT_SEED=%llu, step %llu)",	\
				 #condition, unit_seed, unit_step);	\
	} while (0)

/* splitmix64: any state will do. */
static inline u64 rng_next(u64 *rng)
{
	u64 z = *rng += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static inline u64 rng_below(u64 *rng, u64 n)
{
	return rng_next(rng) % n;
}

#endif /* UNIT_H */
