/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of rooms over the simulator's stand-ins.
 *
 * What a test calls itself runs like a kernel without other tasks, and may not
 * wait. Where there is to be more than one task, or one that waits, room_run()
 * has the simulator's scheduler: a switch is possible at each lock, atomic and
 * READ_ONCE, and the seed says where. mem_plan says how often allocations fail.
 */
#ifndef ROOM_H
#define ROOM_H

#include "unit.h"

#include "sim.h"

/* In a task there is nothing for cmocka to return to. */
void room_fail(const char *what, const char *file, int line);
#undef check
#define check(condition)						\
	do {								\
		if (!(condition))					\
			room_fail(#condition, __FILE__, __LINE__);	\
	} while (0)

/* At the beginning of each test. */
void room_init(void);

/* At its end: nothing was leaked. */
void room_exit(void);

/*
 * room_run() - run tasks until all have ended
 * @seed: of all choices
 * @fn: what each does
 * @args: what each is given
 * @nr: how many there are
 *
 * A check() that fails there ends the program, as does a deadlock.
 */
void room_run(u64 seed, void (*fn)(void *arg), void **args, unsigned int nr);

/* One task: a test that waits. */
void room_alone(void (*fn)(void));

#define ROOM_ALONE(fn)							\
	static void test_##fn(void **state)				\
	{								\
		room_alone(fn);						\
	}

/* A bio with @bytes of payload, cut in all ways; and its end. */
struct bio *room_bio(u64 *rng, unsigned int bytes);
void room_bio_put(struct bio *bio);
/* Copies what it holds. */
void room_bio_bytes(struct bio *bio, u8 *data, bool to_bio);

#endif /* ROOM_H */
