// SPDX-License-Identifier: GPL-2.0-only
/*
 * dm-quorum-hold.c: what is held is tried again, at once when things are
 * better, for so long and no longer; or fails, or goes back to dm.
 */
#include "room.h"
#include "dm-quorum-hold.h"

struct one {
	struct quorum_held held;
	unsigned int tries;
	unsigned int fails;
	unsigned int requeues;
	/* It succeeds then. */
	unsigned int good_after;
};

static struct quorum_hold hold;
static unsigned int begins;

static bool offer(struct one *one)
{
	bool wanted = quorum_hold_wants(&hold, &one->held);

	check(wanted == one->held.wanted);
	return quorum_hold_take(&hold, &one->held);
}

static void try_again(struct quorum_held *held)
{
	struct one *one = container_of(held, struct one, held);

	one->tries++;
	if (one->good_after && one->tries >= one->good_after)
		return;
	if (!offer(one))
		one->fails++;
}

static void fail_it(struct quorum_held *held, bool requeue)
{
	struct one *one = container_of(held, struct one, held);

	if (requeue)
		one->requeues++;
	else
		one->fails++;
}

static void begin_it(struct quorum_hold *h)
{
	check(h == &hold);
	begins++;
}

static void make(bool on, unsigned int seconds)
{
	memset(&hold, 0, sizeof(hold));
	quorum_hold_init(&hold);
	hold.again = try_again;
	hold.fail = fail_it;
	hold.begins = begin_it;
	hold.wq = alloc_workqueue("hold", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	begins = 0;
	quorum_hold_set(&hold, on, seconds);
}

static void take_apart(void)
{
	check(list_empty(&hold.list));
	quorum_hold_exit(&hold);
	destroy_workqueue(hold.wq);
}

static void not_without_the_option(void)
{
	struct one one = {};

	make(false, 0);
	check(!offer(&one));
	check(!begins);
	take_apart();
}

static void each_second(void)
{
	struct one one = { .good_after = 4 }, two = { .good_after = 2 };

	make(true, 0);
	check(offer(&one) && offer(&two));
	check(begins == 1);
	msleep(500);
	check(!one.tries && !two.tries);
	msleep(1000);
	check(one.tries == 1 && two.tries == 1);
	msleep(10 * 1000);
	check(one.tries == 4 && two.tries == 2 && !one.fails && !two.fails);
	take_apart();
}

static void at_once_when_things_are_better(void)
{
	struct one one = { .good_after = 1 };

	make(true, 0);
	quorum_hold_kick(&hold);
	check(offer(&one));
	quorum_hold_kick(&hold);
	msleep(100);
	check(one.tries == 1);
	take_apart();
}

static void for_so_long(void)
{
	struct one one = {};

	make(true, 5);
	check(offer(&one));
	msleep(3500);
	check(one.tries >= 3 && !one.fails);
	msleep(4 * 1000);
	check(one.fails == 1 && one.tries <= 6);
	take_apart();
}

static void without_bound(void)
{
	struct one one = { .good_after = 100 };

	make(true, 0);
	check(offer(&one));
	msleep(90 * 1000);
	check(one.tries > 80 && !one.fails);
	msleep(20 * 1000);
	check(one.tries == 100 && !one.fails);
	take_apart();
}

static void until_told_otherwise(void)
{
	struct one one = {}, two = {};

	make(true, 0);
	check(offer(&one) && offer(&two));
	quorum_hold_set(&hold, false, 0);
	check(one.fails == 1 && two.fails == 1 && !one.requeues);
	check(!offer(&one));
	quorum_hold_set(&hold, true, 0);
	one.good_after = 1;
	check(offer(&one));
	check(begins == 2);
	msleep(2000);
	check(one.tries == 1 && one.fails == 1);
	take_apart();
}

static void back_to_dm(void)
{
	struct one one = {}, two = {};

	make(true, 0);
	check(offer(&one));
	quorum_hold_give_back(&hold, true);
	check(one.requeues == 1 && !one.fails);
	/* What comes meanwhile is not held: its caller gives it back. */
	check(!offer(&two) && two.held.wanted);
	quorum_hold_give_back(&hold, false);
	two.good_after = 1;
	check(offer(&two));
	quorum_hold_give_back(&hold, false);
	msleep(100);
	check(two.tries == 1);
	take_apart();
}

ROOM_ALONE(not_without_the_option)
ROOM_ALONE(each_second)
ROOM_ALONE(at_once_when_things_are_better)
ROOM_ALONE(for_so_long)
ROOM_ALONE(without_bound)
ROOM_ALONE(until_told_otherwise)
ROOM_ALONE(back_to_dm)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_without_the_option),
		cmocka_unit_test(test_each_second),
		cmocka_unit_test(test_at_once_when_things_are_better),
		cmocka_unit_test(test_for_so_long),
		cmocka_unit_test(test_without_bound),
		cmocka_unit_test(test_until_told_otherwise),
		cmocka_unit_test(test_back_to_dm),
	};

	unit_init();
	return cmocka_run_group_tests_name("hold", tests, NULL, NULL);
}
