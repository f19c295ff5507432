// SPDX-License-Identifier: GPL-2.0-only
/*
 * dm-quorum-cells.c: each region is counted in one cell, and in the right one.
 */
#include "room.h"
#include "dm-quorum-cells.h"

#define SHIFT		3

static struct quorum_regions regions;

/* Legs 0 and 1 are there, and 2 is not. */
static void begin(unsigned long nr, u32 rebuild)
{
	room_init();
	memset(&regions, 0, sizeof(regions));
	check(!quorum_regions_init(&regions, nr, SHIFT, 3, rebuild, 1));
}

static void end(void)
{
	quorum_regions_exit(&regions);
	room_exit();
}

static void lose(unsigned int leg, unsigned long region)
{
	struct quorum_change change;

	check(quorum_commit(&regions, region << SHIFT, 1, 3 & ~BIT(leg),
			    BIT(leg), 0, &change));
}

static unsigned long total(unsigned int leg, unsigned int cells)
{
	unsigned long sum = 0;
	unsigned int cell;

	for (cell = 0; cell < cells; cell++)
		sum += quorum_cell(&regions, leg, cell, cells);
	return sum;
}

static void test_in_sync(void **state)
{
	begin(1000, 0);
	check(!total(0, 1) && !total(0, 7) && !total(1, QUORUM_MAX_CELLS));
	end();
}

/* In each of so many cells, with so many regions, exactly as it is defined. */
static void test_each_region(void **state)
{
	static const unsigned int sizes[] = { 1, 3, 63, 64, 65, 200, 1000 };
	unsigned int i, cells, cell;
	unsigned long region;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (region = 0; region < sizes[i]; region += 1 + region / 7) {
			begin(sizes[i], 0);
			lose(1, region);
			for (cells = 1; cells <= QUORUM_MAX_CELLS;
			     cells += 1 + cells / 3) {
				cell = region * cells / sizes[i];
				check(quorum_cell(&regions, 1, cell, cells)
				      == 1);
				check(total(1, cells) == 1);
				check(!total(0, cells));
			}
			end();
		}
	}
}

static void test_more_cells_than_regions(void **state)
{
	begin(3, 1);
	check(quorum_cell(&regions, 0, 0, 6) == 1);
	check(quorum_cell(&regions, 0, 1, 6) == 0);
	check(quorum_cell(&regions, 0, 2, 6) == 1);
	check(total(0, 6) == 3);
	check(total(0, QUORUM_MAX_CELLS) == 3);
	end();
}

/* Not one too many, where sets are filled at once and in the last word. */
static void test_everywhere(void **state)
{
	static const unsigned long sizes[] = { 1, 64, 65, 70000, 200001 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		begin(sizes[i], 1);
		check(total(0, 1) == sizes[i]);
		check(total(0, 5) == sizes[i]);
		check(quorum_cell(&regions, 0, 511, 512) <= sizes[i] / 512 + 1);
		end();
	}
}

static void test_missing(void **state)
{
	begin(100, 0);
	check(quorum_cell(&regions, 2, 0, 2) == 50);
	check(total(2, 3) == 100);
	end();
}

/* One that has come back votes nowhere until it has been flushed. */
static void test_held(void **state)
{
	struct quorum_change change;

	begin(100, 0);
	check(quorum_drop(&regions, 1, &change));
	check(!total(1, 4));
	check(quorum_readmit(&regions, 1));
	check(total(1, 4) == 100);
	quorum_let_go(&regions, 1, true);
	check(!total(1, 4));
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_sync),
		cmocka_unit_test(test_each_region),
		cmocka_unit_test(test_more_cells_than_regions),
		cmocka_unit_test(test_everywhere),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_held),
	};

	unit_init();
	return cmocka_run_group_tests_name("cells", tests, NULL, NULL);
}
