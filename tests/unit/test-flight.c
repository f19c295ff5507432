// SPDX-License-Identifier: GPL-2.0-only
/*
 * dm-quorum-flight.c, with dm-quorum-device.c: what is sent to legs ends once,
 * with those that answer in time if they are enough; who owes what; and nothing
 * is forgotten before the last leg is back.
 */
#include "room.h"
#include "dm-quorum-device.h"
#include "dm-quorum-flight.h"

#define LEGS		3
#define ALL		(BIT(LEGS) - 1)
#define TIMEOUT		100
#define BYTES		4096

/* What a leg is asked, and what came of it. */
struct sent {
	struct quorum_flight flight;
	u32 legs;
	u32 back;
	unsigned int need;
	unsigned int ended;
	unsigned int freed;
	void (*then)(struct sent *s);
};

static struct quorum_flights flights;
static u32 caught_up;

static bool enough(struct quorum_flight *flight, u32 out)
{
	struct sent *s = container_of(flight, struct sent, flight);

	return hweight32(s->legs & ~out) >= s->need;
}

static void end(struct quorum_flight *flight)
{
	struct sent *s = container_of(flight, struct sent, flight);

	s->ended++;
	if (s->then)
		s->then(s);
}

static void gone(struct quorum_flight *flight)
{
	struct sent *s = container_of(flight, struct sent, flight);

	check(s->back == s->legs);
	s->freed++;
}

static const struct quorum_flight_ops ops = {
	.enough	= enough,
	.end	= end,
	.free	= gone,
};

static void catches_up(struct quorum_flights *all, unsigned int leg)
{
	check(all == &flights);
	caught_up |= BIT(leg);
}

static void make(struct quorum_flights *all, unsigned int timeout, bool counts)
{
	unsigned int leg;

	memset(all, 0, sizeof(*all));
	check(!quorum_flights_init(all, LEGS, timeout, counts));
	all->caught_up = catches_up;
	for (leg = 0; leg < LEGS; leg++)
		check(!quorum_flights_name(all, leg, MKDEV(8, leg)));
	caught_up = 0;
}

static void start(unsigned int timeout, bool counts)
{
	quorum_devices_init();
	make(&flights, timeout, counts);
}

static void take_apart(struct quorum_flights *all)
{
	quorum_flights_wait(all);
	quorum_flights_exit(all);
}

static void begin(struct sent *s, unsigned int need)
{
	memset(s, 0, sizeof(*s));
	s->need = need;
	s->legs = ALL;
	quorum_flight_init(&s->flight, &flights, &ops);
	quorum_flight_begin(&s->flight, ALL, BYTES);
}

static void back(struct sent *s, unsigned int leg)
{
	s->back |= BIT(leg);
	quorum_flight_back(&s->flight, leg);
}

/* All are asked, of which two have to answer, and all but one do. */
static void all_but(struct sent *s, unsigned int leg)
{
	unsigned int i;

	begin(s, 2);
	quorum_flight_sent(&s->flight);
	for (i = 0; i < LEGS; i++)
		if (i != leg)
			back(s, i);
}

static void check_owed(unsigned int leg, unsigned int ios, unsigned int late)
{
	check(flights.leg[leg].ios == ios);
	check(flights.leg[leg].bytes == (u64)ios * BYTES);
	check(flights.leg[leg].late == late);
	check(!(flights.behind & BIT(leg)) == !ios);
	check(!(flights.late & BIT(leg)) == !late);
	check(quorum_flights_late(&flights, leg) == !!late);
}

/*
 * One flight, in a task of its own, since there is a timer.
 */

static void ends_when_all_are_back(void)
{
	struct sent s;

	start(0, false);
	begin(&s, 2);
	quorum_flight_sent(&s.flight);
	back(&s, 2);
	back(&s, 0);
	msleep(10 * TIMEOUT);
	check(!s.ended);
	back(&s, 1);
	check(s.ended == 1 && !quorum_flight_late(&s.flight));
	quorum_flight_put(&s.flight);
	check(s.freed == 1);
	take_apart(&flights);
}

static void does_not_end_before_it_is_sent(void)
{
	struct sent s;

	start(TIMEOUT, false);
	begin(&s, 2);
	back(&s, 0);
	back(&s, 1);
	back(&s, 2);
	msleep(10 * TIMEOUT);
	check(!s.ended);
	quorum_flight_sent(&s.flight);
	check(s.ended == 1);
	quorum_flight_put(&s.flight);
	check(s.freed == 1);
	take_apart(&flights);
}

static void gives_up_on_one(void)
{
	struct sent s;

	start(TIMEOUT, false);
	all_but(&s, 1);
	msleep(TIMEOUT / 2);
	check(!s.ended);
	msleep(2 * TIMEOUT);
	check(s.ended == 1 && quorum_flight_late(&s.flight) == BIT(1));
	check_owed(1, 1, 1);
	check(quorum_flights_all_late(&flights) == BIT(1));
	quorum_flight_put(&s.flight);
	msleep(10 * TIMEOUT);
	check(!s.freed && !caught_up);
	back(&s, 1);
	check(s.ended == 1 && s.freed == 1 && caught_up == BIT(1));
	check_owed(1, 0, 0);
	take_apart(&flights);
}

static void waits_where_others_will_not_do(void)
{
	struct sent s;

	start(TIMEOUT, false);
	begin(&s, 2);
	quorum_flight_sent(&s.flight);
	back(&s, 0);
	msleep(50 * TIMEOUT);
	check(!s.ended);
	check_owed(1, 0, 0);
	/* It is overdue: whoever makes it enough ends it. */
	back(&s, 2);
	check(s.ended == 1 && quorum_flight_late(&s.flight) == BIT(1));
	back(&s, 1);
	quorum_flight_put(&s.flight);
	check(s.freed == 1);
	take_apart(&flights);
}

static void others_come_to_do(void)
{
	struct sent s;

	start(TIMEOUT, false);
	begin(&s, 2);
	quorum_flight_sent(&s.flight);
	back(&s, 0);
	msleep(10 * TIMEOUT);
	check(!s.ended);
	s.need = 1;
	msleep(3 * 1000);
	check(s.ended == 1);
	check(quorum_flight_late(&s.flight) == (BIT(1) | BIT(2)));
	back(&s, 1);
	back(&s, 2);
	check(caught_up == (BIT(1) | BIT(2)));
	quorum_flight_put(&s.flight);
	take_apart(&flights);
}

static void begins_again_without_who_is_late(void)
{
	struct sent s;

	start(TIMEOUT, false);
	all_but(&s, 1);
	msleep(3 * TIMEOUT);
	check(s.ended == 1);
	s.back = 0;
	quorum_flight_begin(&s.flight, BIT(0) | BIT(2), BYTES);
	quorum_flight_sent(&s.flight);
	/* That was the first time. */
	back(&s, 1);
	check(s.ended == 1);
	back(&s, 0);
	back(&s, 2);
	check(s.ended == 2 && !quorum_flight_late(&s.flight));
	quorum_flight_put(&s.flight);
	check(s.freed == 1);
	take_apart(&flights);
}

static void owes_what_is_answered_early(void)
{
	static struct sent s[QUORUM_MAX_OWED_READS + 1];
	unsigned int i;

	start(0, true);
	for (i = 0; i < ARRAY_SIZE(s); i++) {
		all_but(&s[i], 1);
		quorum_flight_owe(&s[i].flight);
		quorum_flight_owe(&s[i].flight);
		check_owed(1, i + 1, 0);
		check(!(flights.full & BIT(1)) == (i < QUORUM_MAX_OWED_READS));
	}
	for (i = 0; i < ARRAY_SIZE(s); i++) {
		back(&s[i], 1);
		check(s[i].ended == 1);
		check(!(flights.full & BIT(1)));
		quorum_flight_put(&s[i].flight);
	}
	check_owed(1, 0, 0);
	/* Nobody had given up on it. */
	check(!caught_up);
	take_apart(&flights);
}

static void another_table_sees_it(void)
{
	struct quorum_flights next;
	struct sent s;

	start(TIMEOUT, false);
	make(&next, 0, false);
	all_but(&s, 2);
	msleep(3 * TIMEOUT);
	check(quorum_flights_late(&next, 2) && !quorum_flights_late(&next, 1));
	check(quorum_flights_all_late(&next) == BIT(2));
	back(&s, 2);
	check(!quorum_flights_all_late(&next));
	quorum_flight_put(&s.flight);
	take_apart(&next);
	take_apart(&flights);
}

ROOM_ALONE(ends_when_all_are_back)
ROOM_ALONE(does_not_end_before_it_is_sent)
ROOM_ALONE(gives_up_on_one)
ROOM_ALONE(waits_where_others_will_not_do)
ROOM_ALONE(others_come_to_do)
ROOM_ALONE(begins_again_without_who_is_late)
ROOM_ALONE(owes_what_is_answered_early)
ROOM_ALONE(another_table_sees_it)

/*
 * Many, of which each leg answers in its own time.
 */

#define MANY		40

static struct sent many[MANY];
static wait_queue_head_t all_sent;
static unsigned int nr_sent;

static void one_leg(void *arg)
{
	unsigned int leg = (uintptr_t)arg, i;
	u64 rng = unit_seed + unit_step + leg;

	for (i = 0; i < MANY; i++) {
		wait_event(all_sent, nr_sent > i);
		if (!rng_below(&rng, 4))
			msleep(rng_below(&rng, 3 * TIMEOUT));
		back(&many[i], leg);
	}
}

/* It ends once enough are back, or all, and is gone when all are. */
static void sender(void *arg)
{
	unsigned int i, leg;

	start(TIMEOUT, false);
	for (i = 0; i < MANY; i++) {
		begin(&many[i], 2);
		nr_sent = i + 1;
		wake_up_all(&all_sent);
		quorum_flight_sent(&many[i].flight);
		quorum_flight_put(&many[i].flight);
		msleep(TIMEOUT / 10);
	}
	quorum_flights_wait(&flights);
	for (i = 0; i < MANY; i++)
		check(many[i].ended == 1 && many[i].freed == 1);
	for (leg = 0; leg < LEGS; leg++)
		check_owed(leg, 0, 0);
	quorum_flights_exit(&flights);
}

static void many_at_once_job(void *arg)
{
	uintptr_t job = (uintptr_t)arg;

	if (job < LEGS)
		one_leg(arg);
	else
		sender(arg);
}

static void many_at_once(void **state)
{
	void *args[LEGS + 1];
	uintptr_t i;

	for (i = 0; i <= LEGS; i++)
		args[i] = (void *)i;
	for (unit_step = 0; unit_step < unit_times(200); unit_step++) {
		room_init();
		init_waitqueue_head(&all_sent);
		nr_sent = 0;
		room_run(unit_seed + unit_step, many_at_once_job, args,
			 LEGS + 1);
		room_exit();
	}
}

/*
 * One that begins again as soon as it ends, while legs that have answered may
 * still be about to say so.  In the last round one does not answer.
 */

#define ROUNDS		5

static struct sent repeated;
static wait_queue_head_t new_round, last_round;
static unsigned int nr_rounds;
static bool let_go;

static void next_round(struct sent *s)
{
	if (s->ended < ROUNDS) {
		quorum_flight_begin(&s->flight, ALL, BYTES);
		nr_rounds++;
		wake_up_all(&new_round);
		quorum_flight_sent(&s->flight);
	} else {
		wake_up_all(&last_round);
	}
}

static void leg_of_rounds(unsigned int leg)
{
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		wait_event(new_round, nr_rounds > i);
		if (!leg && i == ROUNDS - 1)
			wait_event(last_round, let_go);
		back(&repeated, leg);
	}
}

static void owner_of_rounds(void)
{
	start(TIMEOUT, false);
	begin(&repeated, 2);
	repeated.then = next_round;
	nr_rounds++;
	wake_up_all(&new_round);
	quorum_flight_sent(&repeated.flight);
	wait_event(last_round, repeated.ended == ROUNDS);
	check(quorum_flight_late(&repeated.flight) == BIT(0));
	check_owed(0, 1, 1);
	quorum_flight_put(&repeated.flight);
	let_go = true;
	wake_up_all(&last_round);
	quorum_flights_wait(&flights);
	check(repeated.ended == ROUNDS && repeated.freed == 1);
	check_owed(0, 0, 0);
	quorum_flights_exit(&flights);
}

static void rounds_job(void *arg)
{
	uintptr_t job = (uintptr_t)arg;

	if (job < LEGS)
		leg_of_rounds(job);
	else
		owner_of_rounds();
}

static void begins_again_at_once(void **state)
{
	void *args[LEGS + 1];
	uintptr_t i;

	for (i = 0; i <= LEGS; i++)
		args[i] = (void *)i;
	for (unit_step = 0; unit_step < unit_times(200); unit_step++) {
		room_init();
		init_waitqueue_head(&new_round);
		init_waitqueue_head(&last_round);
		nr_rounds = 0;
		let_go = false;
		room_run(unit_seed + unit_step, rounds_job, args, LEGS + 1);
		room_exit();
	}
}

/*
 * Devices.
 */

static void a_device_is_known_once(void **state)
{
	struct quorum_device *a, *b, *c;

	room_init();
	quorum_devices_init();
	a = quorum_device_get(MKDEV(8, 1));
	b = quorum_device_get(MKDEV(8, 1));
	c = quorum_device_get(MKDEV(8, 2));
	check(a && a == b && c && c != a && a->users == 2);
	quorum_device_put(a);
	atomic_set(&b->late, 1);
	check(quorum_device_get(MKDEV(8, 1)) == b);
	check(atomic_read(&b->late) == 1);
	quorum_device_put(b);
	quorum_device_put(b);
	quorum_device_put(c);
	quorum_device_put(NULL);
	a = quorum_device_get(MKDEV(8, 1));
	check(!atomic_read(&a->late));
	quorum_device_put(a);
	room_exit();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends_when_all_are_back),
		cmocka_unit_test(test_does_not_end_before_it_is_sent),
		cmocka_unit_test(test_gives_up_on_one),
		cmocka_unit_test(test_waits_where_others_will_not_do),
		cmocka_unit_test(test_others_come_to_do),
		cmocka_unit_test(test_begins_again_without_who_is_late),
		cmocka_unit_test(test_owes_what_is_answered_early),
		cmocka_unit_test(test_another_table_sees_it),
		cmocka_unit_test(many_at_once),
		cmocka_unit_test(begins_again_at_once),
		cmocka_unit_test(a_device_is_known_once),
	};

	unit_init();
	return cmocka_run_group_tests_name("flight", tests, NULL, NULL);
}
