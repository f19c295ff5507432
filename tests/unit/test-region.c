// SPDX-License-Identifier: GPL-2.0-only
/*
 * dm-quorum-region.c against a table of who lacks what; and asked while it
 * changes: threshold legs have a vote everywhere, always.
 */
#include "room.h"
#include "dm-quorum-behind.h"
#include "dm-quorum-region.h"

#define NR_LEGS		5
#define ALL		(BIT(NR_LEGS) - 1)
#define NR		100
#define SHIFT		3
#define SECTORS		(NR << SHIFT)

static struct quorum_regions regions;
static u64 rng;

/* What should be so. */
static u32 stale[NR];
static u32 live, held;

static void begin(u32 present, unsigned int threshold, u32 rebuild)
{
	unsigned int i;

	room_init();
	memset(&regions, 0, sizeof(regions));
	check(!quorum_regions_init(&regions, NR, SHIFT, present, rebuild,
				   threshold));
	live = present;
	held = 0;
	for (i = 0; i < NR; i++)
		stale[i] = rebuild;
}

static void end(void)
{
	quorum_regions_exit(&regions);
	room_exit();
}

static u32 stale_somewhere(void)
{
	u32 legs = 0;
	unsigned int i;

	for (i = 0; i < NR; i++)
		legs |= stale[i];
	return legs;
}

static u32 stale_within(unsigned int first, unsigned int last)
{
	u32 legs = 0;

	for (; first <= last; first++)
		legs |= stale[first];
	return legs;
}

static bool enough_without(u32 legs)
{
	if (!(live & legs))
		return true;
	return hweight32(live & ~legs & ~(stale_somewhere() | held)) >=
	       regions.threshold;
}

/* One leg and one range after the other. */

static void check_range(void)
{
	sector_t sector = rng_below(&rng, SECTORS);
	sector_t sectors = 1 + rng_below(&rng, min(SECTORS - sector, 40));
	unsigned int first = sector >> SHIFT;
	unsigned int last = (sector + sectors - 1) >> SHIFT;
	u32 legs = rng_next(&rng) & ALL, lacking = ALL;
	unsigned int i;

	check(quorum_current(&regions, sector, sectors) ==
	      (live & ~held & ~stale_within(first, last)));
	for (i = first; i <= last; i++)
		lacking &= stale[i];
	check(quorum_missed_before(&regions, legs, sector, sectors) ==
	      (!(live & ~legs) && !(regions.present & ~legs & ~lacking)));
}

static void check_sweep(void)
{
	unsigned int from = rng_below(&rng, NR), next = from, leg, most = 0;
	unsigned int i, lacks;

	while (next < NR && !(stale[next] & live))
		next++;
	check(quorum_next_stale(&regions, from) == next);
	for (leg = 0; leg < NR_LEGS; leg++) {
		for (lacks = 0, i = 0; i < NR; i++)
			lacks += !!(stale[i] & live & BIT(leg));
		most = max(most, lacks);
	}
	check(quorum_nr_stale(&regions) == most);
	for (i = 0; i < NR; i++)
		check((quorum_regions_word(&regions, i / BITS_PER_LONG) >>
		       i % BITS_PER_LONG & 1) == (held || stale[i] & live));
}

static void check_all(void)
{
	unsigned int i;

	check(quorum_live(&regions) == live);
	check(quorum_stale(&regions) == (stale_somewhere() | held));
	for (i = 0; i < NR; i++)
		check(hweight32(live & ~held & ~stale[i]) >=
		      regions.threshold);
	check_range();
	check_sweep();
}

static void commit(void)
{
	bool flush = !rng_below(&rng, 6);
	sector_t sector = flush ? 0 : rng_below(&rng, SECTORS);
	sector_t sectors = flush ? 0 :
			   1 + rng_below(&rng, min(SECTORS - sector, 40));
	unsigned int first = sector >> SHIFT, i;
	unsigned int last = flush ? NR - 1 : (sector + sectors - 1) >> SHIFT;
	u32 took = live & (rng_next(&rng) | rng_next(&rng));
	u32 missed = (flush ? live : regions.present) & ~took;
	u32 faulty = missed & live & rng_next(&rng), behind;
	struct quorum_change change;
	bool enough = true;

	if (live & ~took) {
		enough = hweight32(took & ~held & ~stale_somewhere()) >=
			 regions.threshold;
		for (i = first; !flush && !enough && i <= last; i++)
			if (hweight32(took & ~held & ~stale[i]) <
			    regions.threshold)
				break;
		enough |= !flush && i > last;
	}
	behind = stale_somewhere() | held;
	check(quorum_commit(&regions, sector, sectors, took, missed, faulty,
			    &change) == enough);
	if (!enough) {
		check(!change.gone && !change.behind);
		return;
	}
	check(change.gone == (enough_without(faulty) ? faulty : 0));
	live &= ~change.gone;
	check(change.behind == (missed & live & ~behind));
	for (i = first; i <= last; i++)
		stale[i] |= missed;
}

static void drop(unsigned int leg)
{
	struct quorum_change change;
	bool may = enough_without(BIT(leg));
	u32 gone = may ? live & BIT(leg) : 0;

	live &= ~gone;
	check(quorum_drop(&regions, leg, &change) == !(live & BIT(leg)));
	check(change.gone == gone && !change.behind);
}

static void reinstate(unsigned int leg)
{
	bool failed = !(live & BIT(leg)), stays = rng_below(&rng, 4);

	check(quorum_readmit(&regions, leg) == failed);
	if (!failed)
		return;
	live |= BIT(leg);
	held |= BIT(leg);
	check_all();
	quorum_let_go(&regions, leg, stays);
	held = 0;
	if (!stays)
		live &= ~BIT(leg);
}

static void rebuild(unsigned int leg)
{
	bool may = enough_without(BIT(leg));
	unsigned int i;

	check(quorum_forget(&regions, leg) == may);
	if (!may)
		return;
	live |= BIT(leg);
	for (i = 0; i < NR; i++)
		stale[i] |= BIT(leg);
}

/* The sweep is through with some regions. */
static void rebuilt(void)
{
	unsigned int region = rng_below(&rng, NR), count = 1 + region % 40;
	u32 missed = rng_below(&rng, 3) ? 0 : rng_next(&rng) & ALL;
	u64 marks = quorum_marks(&regions);
	u32 whole, before;

	for (; count && region < NR; count--, region++) {
		before = stale_somewhere();
		stale[region] &= ~live | missed;
		check(quorum_rebuilt(&regions, region, marks, missed, &whole));
		check(whole == (before & ~stale_somewhere()));
	}
}

static void change(void)
{
	unsigned int leg = rng_below(&rng, NR_LEGS);

	if (!(regions.present & BIT(leg)))
		return;
	switch (rng_below(&rng, 12)) {
	case 0:
		drop(leg);
		break;
	case 1:
		reinstate(leg);
		break;
	case 2:
		rebuild(leg);
		break;
	case 3 ... 7:
		rebuilt();
		break;
	default:
		commit();
	}
}

static void test_random(void **state)
{
	unsigned int threshold;

	rng = unit_seed;
	for (threshold = 1; threshold <= 4; threshold++) {
		begin(ALL, threshold, threshold < 4 ? BIT(3) : 0);
		check_all();
		for (unit_step = 0; unit_step < unit_times(3000); unit_step++) {
			change();
			check_all();
		}
		end();
	}
}

static void test_missing(void **state)
{
	rng = unit_seed;
	begin(ALL & ~BIT(2), 2, 0);
	for (unit_step = 0; unit_step < unit_times(3000); unit_step++) {
		change();
		check_all();
	}
	end();
}

/* What has been lost since the sweep began is not given back. */
static void test_marks(void **state)
{
	struct quorum_change change;
	u64 marks;
	u32 whole;

	begin(ALL, 3, BIT(1));
	marks = quorum_marks(&regions);
	check(quorum_commit(&regions, 0, 1, ALL & ~BIT(1), BIT(1), 0,
			    &change));
	check(!quorum_rebuilt(&regions, 0, marks, 0, &whole));
	check(!(quorum_current(&regions, 0, 1) & BIT(1)));
	check(quorum_rebuilt(&regions, 0, quorum_marks(&regions), 0, &whole));
	check(quorum_current(&regions, 0, 1) == ALL);

	marks = quorum_marks(&regions);
	check(quorum_drop(&regions, 1, &change));
	check(quorum_readmit(&regions, 1));
	check(!quorum_rebuilt(&regions, 1, marks, 0, &whole));
	quorum_let_go(&regions, 1, true);
	check(!(quorum_current(&regions, 1 << SHIFT, 1) & BIT(1)));
	end();
}

/* Others were made equal while a leg was away, or was not to vote yet. */
static void test_left_out(void **state)
{
	struct quorum_change change;

	begin(ALL, 3, 0);
	check(quorum_drop(&regions, 1, &change));
	check(quorum_left_out(&regions, 0, BIT(1)));
	check(quorum_readmit(&regions, 1));
	check(quorum_left_out(&regions, 2, BIT(1)));
	quorum_let_go(&regions, 1, true);
	check(quorum_current(&regions, 0, 1) == (ALL & ~BIT(1)));
	check(quorum_current(&regions, 1 << SHIFT, 1) == ALL);
	check(quorum_current(&regions, 2 << SHIFT, 1) == (ALL & ~BIT(1)));

	check(!quorum_left_out(&regions, 1, BIT(1)));
	check(quorum_current(&regions, 1 << SHIFT, 1) == ALL);
	check(quorum_left_out(&regions, 1, 0));
	end();
}

/* A leg begins anew when it comes back, or is forgiven. */
static void test_score(void **state)
{
	struct quorum_change change;

	begin(ALL, 3, 0);
	check(quorum_score(&regions, 1, 0) == 1);
	check(quorum_score(&regions, 1, 1) == 2);
	check(quorum_score(&regions, 2, 1) == 1);
	check(quorum_drop(&regions, 1, &change));
	check(quorum_readmit(&regions, 1));
	quorum_let_go(&regions, 1, true);
	check(quorum_score(&regions, 1, 2) == 1);
	check(quorum_forget(&regions, 1));
	check(quorum_score(&regions, 1, 3) == 1);
	check(quorum_score(&regions, 2, 3) == 2);
	quorum_forgive(&regions);
	check(quorum_score(&regions, 2, 4) == 1);
	end();
}

static void test_no_memory(void **state)
{
	unsigned int i, refused = 0;

	room_init();
	for (i = 0; i < 100; i++) {
		memset(&regions, 0, sizeof(regions));
		mem_plan.ctr_fails = 100;
		refused += quorum_regions_init(&regions, NR, SHIFT, ALL, 0,
					       3) == -ENOMEM;
		mem_plan.ctr_fails = 0;
		quorum_regions_exit(&regions);
	}
	check(refused && refused < 100);
	room_exit();
}

/*
 * Asked while it changes.  Two kinds of requests fail different legs at once,
 * and one leg comes and goes.
 */

static bool over;

static void failing(void *arg)
{
	u32 legs = (unsigned long)arg;
	struct quorum_change change;
	unsigned int i;

	for (i = 0; i < 30; i++) {
		u32 took = quorum_live(&regions) & ~legs;

		quorum_commit(&regions, i << SHIFT, 1, took, ALL & ~took,
			      legs & quorum_live(&regions), &change);
		usleep_range(1, 30);
	}
}

static void coming_back(void)
{
	unsigned int i, region;
	u64 marks;
	u32 whole;

	for (i = 0; i < 60; i++) {
		if (quorum_readmit(&regions, i % NR_LEGS))
			quorum_let_go(&regions, i % NR_LEGS, i % 3);
		marks = quorum_marks(&regions);
		for (region = 0; region < NR; region += 1 + i % 3)
			quorum_rebuilt(&regions, region, marks, 0, &whole);
		usleep_range(1, 20);
	}
	over = true;
}

static void asking(void)
{
	u64 mine = unit_seed;

	while (!over) {
		sector_t sector = rng_below(&mine, SECTORS);

		check(hweight32(quorum_current(&regions, sector, 1)) >=
		      regions.threshold);
		usleep_range(1, 10);
	}
}

static void one_task(void *arg)
{
	unsigned long legs = (unsigned long)arg;

	if (legs == ALL)
		coming_back();
	else if (legs)
		failing(arg);
	else
		asking();
}

static void test_races(void **state)
{
	void *args[] = { (void *)0, (void *)0, (void *)ALL, (void *)BIT(0),
			 (void *)BIT(1), (void *)(BIT(2) | BIT(3)) };
	u64 seed;

	for (seed = unit_seed; seed < unit_seed + unit_times(100); seed++) {
		begin(ALL, 3, 0);
		over = false;
		room_run(seed, one_task, args, ARRAY_SIZE(args));
		end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_score),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_races),
	};

	unit_init();
	return cmocka_run_group_tests_name("region", tests, NULL, NULL);
}
