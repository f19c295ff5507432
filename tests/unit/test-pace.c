// SPDX-License-Identifier: GPL-2.0-only
/*
 * dm-quorum-pace.c: what a bound on the rate comes to over a run, and how long
 * an action waits that starts by itself.
 */
#include "room.h"
#include "dm-quorum-pace.h"

#define SECOND		((u64)NSEC_PER_SEC)
#define MSEC		(SECOND / 1000)
#define TICK		(SECOND / HZ)
#define KIB		1024U
#define MIB		(1024 * KIB)

/* Any time will do to begin with. */
#define EPOCH		(1000 * SECOND)

static struct quorum_pace *paced(unsigned int max_rate)
{
	static struct quorum_pace pace;

	memset(&pace, 0xa5, sizeof(pace));
	quorum_pace_init(&pace, max_rate);
	return &pace;
}

/*
 * Pieces.
 */

static void piece_is_all_without_a_bound(void **state)
{
	struct quorum_pace *pace = paced(0);

	check(quorum_pace_piece(pace, MIB, 512) == MIB);
	check(quorum_pace_piece(pace, 64 * KIB, 4096) == 64 * KIB);
}

static void piece_takes_an_eighth_of_a_second(void **state)
{
	check(quorum_pace_piece(paced(4096), MIB, 512) == 512 * KIB);
	check(quorum_pace_piece(paced(1000), MIB, 512) == 125 * KIB);
	/* In whole blocks. */
	check(quorum_pace_piece(paced(1000), MIB, 4096) == 124 * KIB);
}

static void piece_has_bounds(void **state)
{
	check(quorum_pace_piece(paced(1), MIB, 512) == 64 * KIB);
	check(quorum_pace_piece(paced(512), MIB, 512) == 64 * KIB);
	check(quorum_pace_piece(paced(1U << 20), MIB, 512) == MIB);
	check(quorum_pace_piece(paced(-1U), MIB, 512) == MIB);
	/* There is no more in a request, whatever the least is. */
	check(quorum_pace_piece(paced(1), 32 * KIB, 512) == 32 * KIB);
}

/*
 * Rests.
 */

/*
 * Look at @bytes a piece for a minute or more, where each takes up to @busy ns
 * and a timer ends up to a tick early or late.  Returns the rate in bytes/s.
 */
static u64 run_at(unsigned int max_rate, unsigned int bytes, u64 busy)
{
	struct quorum_pace *pace = paced(max_rate);
	u64 now = EPOCH, done = 0, rng = unit_seed;
	unsigned long rest;

	do {
		now += rng_below(&rng, busy + 1);
		done += bytes;
		rest = quorum_pace_spend(pace, now, bytes);
		check(rest);
		now += (rest - 1) * TICK + rng_below(&rng, 2 * TICK);
		unit_step++;
	} while (now < EPOCH + 60 * SECOND);
	return done * SECOND / (now - EPOCH);
}

/*
 * Never faster, but for the last piece; and no slower than what a piece takes,
 * and a timer that is late, account for.
 */
static void check_rate(unsigned int max_rate, unsigned int bytes, u64 busy)
{
	u64 rate = run_at(max_rate, bytes, busy);
	u64 bound = (u64)max_rate * KIB;

	check(rate <= bound + bytes / 60);
	check(rate >= bytes * SECOND /
		      (bytes * SECOND / bound + busy + 2 * TICK));
}

static void bound_is_kept(void **state)
{
	check_rate(64, 64 * KIB, 0);
	check_rate(1000, 124 * KIB, 20 * MSEC);
	check_rate(4096, 512 * KIB, 0);
	check_rate(4096, 512 * KIB, 100 * MSEC);
	check_rate(65536, MIB, 2 * MSEC);
	/* In small steps, too. */
	check_rate(4096, 64 * KIB, MSEC);
	/* Pieces of one second each, and more. */
	check_rate(1024, MIB, 500 * MSEC);
	check_rate(100, MIB, 0);
}

/* What the legs took is not made up for either, nor does it add to the rest. */
static void rest_is_the_same_if_the_legs_are_slow(void **state)
{
	struct quorum_pace *pace = paced(1024);
	u64 now = EPOCH;
	unsigned int i;

	for (i = 0; i < 100; i++) {
		/* A piece of an eighth of a second takes a whole one. */
		now += SECOND;
		check(quorum_pace_spend(pace, now, 128 * KIB) ==
		      HZ / 8 + 1);
	}
}

static void idle_time_is_not_made_up_for(void **state)
{
	struct quorum_pace *pace = paced(1024);
	u64 now = EPOCH;

	check(quorum_pace_spend(pace, now, 512 * KIB) == HZ / 2 + 1);
	now += 3600 * SECOND;
	check(quorum_pace_spend(pace, now, 512 * KIB) == HZ / 2 + 1);
	check(quorum_pace_spend(pace, now, 512 * KIB) == HZ + 1);
}

static void no_bound_no_rest(void **state)
{
	struct quorum_pace *pace = paced(0);

	check(!quorum_pace_spend(pace, EPOCH, MIB));
	check(!quorum_pace_spend(pace, EPOCH, MIB));
}

static void yields_four_times_as_long_as_it_worked(void **state)
{
	check(quorum_pace_yield(0) == 4);
	check(quorum_pace_yield(1) == 8);
	check(quorum_pace_yield(24) == 100);
}

static void next_action_rests_for_the_last(void **state)
{
	struct quorum_pace *pace = paced(0);

	check(!quorum_pace_owed(pace, EPOCH));
	quorum_pace_owe(pace, EPOCH, 100);
	check(quorum_pace_owed(pace, EPOCH) == 100);
	check(quorum_pace_owed(pace, EPOCH + 60 * TICK) == 40);
	check(quorum_pace_owed(pace, EPOCH + 99 * TICK) == 1);
	check(!quorum_pace_owed(pace, EPOCH + 100 * TICK));
	check(!quorum_pace_owed(pace, EPOCH + 1000 * TICK));
	quorum_pace_owe(pace, EPOCH, 0);
	check(!quorum_pace_owed(pace, EPOCH));
}

/*
 * What starts by itself.
 */

/* Nothing may start before @pause has passed since @now, and then at once. */
static void check_pause(const struct quorum_pace *pace, u64 now, u64 pause)
{
	u64 wait = quorum_pace_wait(pace, now);

	check(pause ? wait == pause / TICK + 1 : !wait);
	if (pause)
		check(quorum_pace_wait(pace, now + pause - 1) == 1);
	check(!quorum_pace_wait(pace, now + pause));
	unit_step++;
}

/* An action of a second, which starts at @now, and another after @pause. */
static u64 act(struct quorum_pace *pace, u64 now, bool passing, u64 pause)
{
	quorum_pace_start(pace, now);
	now += SECOND;
	quorum_pace_end(pace, now, passing);
	check_pause(pace, now, pause);
	return now + pause;
}

static void first_action_does_not_wait(void **state)
{
	struct quorum_pace *pace = paced(0);

	check_pause(pace, 0, 0);
	check_pause(pace, EPOCH, 0);
	act(pace, EPOCH, false, 0);
}

/* 0.25 s to 64 s, and there it stays. */
static void back_off_doubles(void **state)
{
	struct quorum_pace *pace = paced(0);
	u64 now = act(pace, EPOCH, false, 0);
	u64 pause = SECOND / 4;
	unsigned int i;

	for (i = 0; i < 9; i++, pause *= 2)
		now = act(pace, now, false, pause);
	check(pause == 128 * SECOND);
	for (i = 0; i < 9; i++)
		now = act(pace, now, false, 64 * SECOND);
}

/* More than a minute later than it might have started. */
static void back_off_is_forgotten(void **state)
{
	struct quorum_pace *pace = paced(0);
	u64 now = act(pace, EPOCH, false, 0);
	u64 pause;

	now = act(pace, now + 60 * SECOND, false, SECOND / 4);
	now = act(pace, now + 60 * SECOND + 1, false, 0);
	for (pause = SECOND / 4; pause < 128 * SECOND; pause *= 2)
		now = act(pace, now, false, pause);
	now = act(pace, now + 60 * SECOND, false, 64 * SECOND);
	act(pace, now + 60 * SECOND + 1, false, 0);
}

static void what_passes_is_not_tried_at_once(void **state)
{
	struct quorum_pace *pace = paced(0);
	u64 now = act(pace, EPOCH, true, SECOND / 4);

	now = act(pace, now, true, SECOND / 2);
	now = act(pace, now, false, SECOND);
	act(pace, now, true, 2 * SECOND);
}

static void hurry_forgets_all(void **state)
{
	struct quorum_pace *pace = paced(0);
	u64 now = 10 * SECOND;
	unsigned int i;

	/* The clock is young, but "never" is not the time it began. */
	act(pace, now, false, 0);
	for (i = 0; i < 12; i++) {
		quorum_pace_start(pace, now);
		quorum_pace_end(pace, now, false);
	}
	check_pause(pace, now, 64 * SECOND);
	quorum_pace_hurry(pace);
	check_pause(pace, now, 0);
	now = act(pace, now, false, 0);
	act(pace, now, false, SECOND / 4);
}

static void hurry_leaves_the_bound_alone(void **state)
{
	struct quorum_pace *pace = paced(1024);

	check(quorum_pace_spend(pace, EPOCH, MIB) == HZ + 1);
	quorum_pace_owe(pace, EPOCH, 50);
	quorum_pace_hurry(pace);
	check(quorum_pace_owed(pace, EPOCH) == 50);
	check(quorum_pace_spend(pace, EPOCH, MIB) == 2 * HZ + 1);
}

static void requests_that_went_back_come_first(void **state)
{
	struct quorum_pace *pace = paced(0);

	quorum_pace_hurry(pace);
	quorum_pace_requeued(pace, EPOCH);
	check_pause(pace, EPOCH, 5 * SECOND);
	/* It does not count as an attempt. */
	act(pace, EPOCH + 5 * SECOND, false, 0);
	quorum_pace_requeued(pace, EPOCH);
	quorum_pace_hurry(pace);
	check_pause(pace, EPOCH, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(piece_is_all_without_a_bound),
		cmocka_unit_test(piece_takes_an_eighth_of_a_second),
		cmocka_unit_test(piece_has_bounds),
		cmocka_unit_test(bound_is_kept),
		cmocka_unit_test(rest_is_the_same_if_the_legs_are_slow),
		cmocka_unit_test(idle_time_is_not_made_up_for),
		cmocka_unit_test(no_bound_no_rest),
		cmocka_unit_test(yields_four_times_as_long_as_it_worked),
		cmocka_unit_test(next_action_rests_for_the_last),
		cmocka_unit_test(first_action_does_not_wait),
		cmocka_unit_test(back_off_doubles),
		cmocka_unit_test(back_off_is_forgotten),
		cmocka_unit_test(what_passes_is_not_tried_at_once),
		cmocka_unit_test(hurry_forgets_all),
		cmocka_unit_test(hurry_leaves_the_bound_alone),
		cmocka_unit_test(requests_that_went_back_come_first),
	};

	unit_init();
	return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
