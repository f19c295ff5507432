// SPDX-License-Identifier: GPL-2.0-only
/*
 * dm-quorum-suspect.c: what is unsettled stays so until it has been looked at
 * since, and what is undecided until that is taken back.
 */
#include "room.h"
#include "dm-quorum-suspect.h"

#define NR		200
#define SHIFT		3

static struct quorum_suspects suspects;

static void begin(void)
{
	room_init();
	memset(&suspects, 0, sizeof(suspects));
	check(!quorum_suspects_init(&suspects, NR, SHIFT));
}

static void end(void)
{
	quorum_suspects_exit(&suspects);
	room_exit();
}

static void test_unsettled(void **state)
{
	begin();
	check(quorum_next_suspect(&suspects, 0) == NR);
	quorum_unsettle(&suspects, 10, 7);
	check(quorum_nr_unsettled(&suspects) == 2);
	check(!quorum_unsettled_at(&suspects, 7));
	check(quorum_unsettled_at(&suspects, 8));
	check(quorum_unsettled_at(&suspects, 23));
	check(!quorum_unsettled_at(&suspects, 24));
	check(quorum_is_unsettled(&suspects, 1) &&
	      quorum_is_unsettled(&suspects, 2));
	check(quorum_next_suspect(&suspects, 0) == 1);
	check(quorum_next_suspect(&suspects, 3) == NR);
	check(quorum_suspects_word(&suspects, 0) == 6);
	end();
}

/* Without sectors it is all of the target. */
static void test_all(void **state)
{
	unsigned long i;

	begin();
	quorum_unsettle(&suspects, 0, 0);
	check(quorum_nr_unsettled(&suspects) == NR);
	for (i = 0; i < NR; i++) {
		check(quorum_next_suspect(&suspects, 0) == i);
		quorum_region_settled(&suspects, i,
				      quorum_suspects_marks(&suspects));
	}
	check(!quorum_nr_unsettled(&suspects));
	check(quorum_next_suspect(&suspects, 0) == NR);
	end();
}

/* What was looked at before a write failed there does not count. */
static void test_since(void **state)
{
	u64 marks;

	begin();
	quorum_unsettle(&suspects, 0, 1);
	marks = quorum_suspects_marks(&suspects);
	quorum_unsettle(&suspects, 0, 1);
	quorum_region_settled(&suspects, 0, marks);
	check(quorum_is_unsettled(&suspects, 0));
	quorum_region_settled(&suspects, 0, quorum_suspects_marks(&suspects));
	check(!quorum_is_unsettled(&suspects, 0));
	end();
}

static void test_undecided(void **state)
{
	begin();
	check(!quorum_any_undecided(&suspects, 0, NR << SHIFT));
	quorum_region_decided(&suspects, 5, false);
	quorum_region_decided(&suspects, 5, false);
	check(quorum_nr_undecided(&suspects) == 1);
	check(quorum_is_undecided(&suspects, 5));
	check(quorum_next_undecided(&suspects, 0) == 5);
	check(quorum_next_suspect(&suspects, 0) == 5);
	check(quorum_suspects_word(&suspects, 0) == 1 << 5);
	check(quorum_any_undecided(&suspects, 0, 41));
	check(!quorum_any_undecided(&suspects, 0, 40));
	check(!quorum_any_undecided(&suspects, 48, 100));
	quorum_region_decided(&suspects, 5, true);
	quorum_region_decided(&suspects, 5, true);
	check(!quorum_nr_undecided(&suspects));
	end();
}

static void test_no_memory(void **state)
{
	unsigned int i, refused = 0;

	room_init();
	for (i = 0; i < 100; i++) {
		memset(&suspects, 0, sizeof(suspects));
		mem_plan.ctr_fails = 300;
		refused += quorum_suspects_init(&suspects, NR, SHIFT) ==
			   -ENOMEM;
		mem_plan.ctr_fails = 0;
		quorum_suspects_exit(&suspects);
	}
	check(refused && refused < 100);
	room_exit();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unsettled),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_since),
		cmocka_unit_test(test_undecided),
		cmocka_unit_test(test_no_memory),
	};

	unit_init();
	return cmocka_run_group_tests_name("suspect", tests, NULL, NULL);
}
