// SPDX-License-Identifier: GPL-2.0-only
/*
 * dm-quorum-dirty.c: what is dirty, what those miss that take no part, and what
 * of it legs have to be told.
 */
#include "room.h"
#include "dm-quorum-behind.h"
#include "dm-quorum-dirty.h"

#define NR_LEGS		4
#define ALL		(BIT(NR_LEGS) - 1)
#define ABSENT		3
#define NR		(3 * BITS_PER_LONG + 8)
#define SHIFT		3
#define WORD		((sector_t)BITS_PER_LONG << SHIFT)

static struct quorum_regions regions;

/* Of four legs, of which two have to agree, the last is missing. */
static void begin(void)
{
	room_init();
	memset(&regions, 0, sizeof(regions));
	check(!quorum_regions_init(&regions, NR, SHIFT, ALL & ~BIT(ABSENT), 0,
				   2));
	check(!quorum_regions_remember(&regions, BIT(ABSENT)));
}

static void end(void)
{
	quorum_regions_exit(&regions);
	room_exit();
}

static bool dirty(sector_t sector, sector_t sectors)
{
	unsigned long first, last;

	return quorum_dirty(&regions, sector, sectors, &first, &last);
}

static unsigned long stale_word(unsigned int leg, unsigned long word)
{
	unsigned long value;

	quorum_stale_words(&regions, leg, word, 1, &value);
	return value;
}

static void test_range(void **state)
{
	unsigned long first, last;

	begin();
	check(!quorum_nr_dirty(&regions));
	check(quorum_next_dirty(&regions, 0) == NR);
	check(quorum_dirty(&regions, WORD + 15, 10, &first, &last));
	check(first == BITS_PER_LONG && last == 2 * BITS_PER_LONG - 1);
	check(quorum_nr_dirty(&regions) == 3);
	check(quorum_next_dirty(&regions, 0) == BITS_PER_LONG + 1);
	check(quorum_dirty_word(&regions, 1) == 0xe);
	/* There are fewer regions than fit into the last word. */
	check(quorum_dirty(&regions, NR * 8 - 1, 1, &first, &last));
	check(first == 3 * BITS_PER_LONG && last == NR - 1);
	check(quorum_dirty_word(&regions, 3) == 0x80);
	end();
}

/* Whoever comes next need not wait. */
static void test_widen(void **state)
{
	begin();
	check(dirty(0, 1));
	check(quorum_nr_dirty(&regions) == 1);
	check(dirty(80, 1));
	check(quorum_nr_dirty(&regions) == BITS_PER_LONG);
	check(dirty(WORD, 1));
	check(quorum_nr_dirty(&regions) == 2 * BITS_PER_LONG);
	/* The word before that is not dirty. */
	check(dirty(3 * WORD, 1));
	check(quorum_nr_dirty(&regions) == 2 * BITS_PER_LONG + 1);
	end();
}

/* One that is away, or has failed, misses all of it. */
static void test_absent(void **state)
{
	struct quorum_change change;

	begin();
	check(!quorum_lacks(&regions, ABSENT));
	check(dirty(8, 8));
	check(stale_word(ABSENT, 0) == 2);
	check(!quorum_lacks(&regions, 0));
	check(quorum_stale(&regions) == BIT(ABSENT));
	/* One that fails may have lost what is dirty, and no more. */
	check(quorum_drop(&regions, 0, &change));
	check(stale_word(0, 0) == 2);
	check(dirty(WORD, 8));
	check(stale_word(0, 1) == 1);
	check(stale_word(ABSENT, 1) == 1);
	check(!quorum_lacks(&regions, 1));
	end();
}

/* Where too few have a vote nothing is written, so nobody misses anything. */
static void test_too_few(void **state)
{
	struct quorum_change change;
	unsigned long first, last;

	begin();
	check(quorum_commit(&regions, 16, 8, BIT(0) | BIT(1), BIT(2), 0,
			    &change));
	check(!quorum_drop(&regions, 0, &change));
	quorum_recall_stale(&regions, 1, 0, 4);
	check(!quorum_dirty(&regions, 16, 8, &first, &last));
	check(!quorum_nr_dirty(&regions));
	check(!quorum_lacks(&regions, ABSENT));
	/* Nor is it marked along with others. */
	check(dirty(0, 8));
	check(dirty(8, 8));
	check(quorum_dirty_word(&regions, 0) == ~4UL);
	check(stale_word(ABSENT, 0) == ~4UL);
	check(quorum_enough_word(&regions, 0, 7) == 3);
	check(quorum_enough_word(&regions, 0, 0) == 0);
	check(quorum_enough_word(&regions, 1, 7) == 7);
	end();
}

static void test_clean(void **state)
{
	begin();
	check(dirty(0, 32));
	quorum_clean(&regions, 0, 5);
	check(quorum_dirty_word(&regions, 0) == 10);
	/* What was missed meanwhile has still been missed. */
	check(stale_word(ABSENT, 0) == 15);
	end();
}

/* What has happened since is to be told, by others than whom it is about. */
static void test_debt(void **state)
{
	struct quorum_change change;
	struct quorum_debt before, debt;

	begin();
	quorum_debt(&regions, 0, &before);
	check(!before.accused);
	check(quorum_commit(&regions, 0, 8, BIT(0) | BIT(1), BIT(2), 0,
			    &change));
	quorum_debt(&regions, before.marks, &debt);
	check(debt.accused == BIT(2));
	check(debt.losses == before.losses);
	quorum_debt(&regions, debt.marks, &before);
	check(!before.accused);
	/* A flush that was missed is a loss wherever it is dirty. */
	check(quorum_commit(&regions, 0, 0, BIT(0) | BIT(1), BIT(2), 0,
			    &change));
	quorum_debt(&regions, before.marks, &debt);
	check(debt.accused == BIT(2));
	check(debt.losses == before.losses + 1);
	check(quorum_losses(&regions) == debt.losses);
	end();
}

static void test_recall(void **state)
{
	begin();
	quorum_recall_dirty(&regions, 1, 6);
	check(quorum_dirty_word(&regions, 1) == 6);
	quorum_recall_dirty(&regions, 1, 1);
	check(quorum_dirty_word(&regions, 1) == 1);
	quorum_recall_stale(&regions, 0, 1, 3);
	check(stale_word(0, 1) == 3);
	check(quorum_stale(&regions) == BIT(0));
	quorum_recall_stale(&regions, 0, 1, 0);
	check(!quorum_stale(&regions));
	quorum_recall_live(&regions, BIT(0) | BIT(1));
	check(quorum_live(&regions) == (BIT(0) | BIT(1)));
	end();
}

static void test_no_memory(void **state)
{
	room_init();
	memset(&regions, 0, sizeof(regions));
	check(!quorum_regions_init(&regions, NR, SHIFT, ALL & ~BIT(ABSENT), 0,
				   2));
	mem_plan.ctr_fails = 1000;
	check(quorum_regions_remember(&regions, BIT(ABSENT)) == -ENOMEM);
	mem_plan.ctr_fails = 0;
	quorum_regions_exit(&regions);
	room_exit();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_widen),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_too_few),
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_debt),
		cmocka_unit_test(test_recall),
		cmocka_unit_test(test_no_memory),
	};

	unit_init();
	return cmocka_run_group_tests_name("dirty", tests, NULL, NULL);
}
