// SPDX-License-Identifier: GPL-2.0-only
/*
 * dm-quorum-bits.c against an array with a byte for each region, and read while
 * it changes.
 */
#include "room.h"
#include "dm-quorum-bits.h"

/* Some chunks of 32768, the last of them not whole. */
#define MAX_NR		(3 * 32768 + 100)

/* Regions of four sectors. */
#define SHIFT		2

static struct quorum_bits set;
static u8 model[MAX_NR + BITS_PER_LONG];
static unsigned long nr;
static u64 rng;

static const unsigned long sizes[] = {
	1, 2, 63, 64, 65, 1000, 32767, 32768, 32769, 65536, MAX_NR,
};

static void begin(unsigned long size)
{
	nr = size;
	memset(model, 0, sizeof(model));
	memset(&set, 0xa5, sizeof(set));
	check(!quorum_bits_init(&set, size, SHIFT));
}

static void end(void)
{
	quorum_bits_exit(&set);
	room_exit();
}

/*
 * One task.
 */

static unsigned long model_next(unsigned long from, bool value)
{
	while (from < nr && model[from] != value)
		from++;
	return min(from, nr);
}

static unsigned long model_weight(void)
{
	unsigned long i, weight = 0;

	for (i = 0; i < nr; i++)
		weight += model[i];
	return weight;
}

static void check_word(unsigned long word)
{
	unsigned long bits = quorum_bits_word(&set, word), i, at;

	for (i = 0; i < BITS_PER_LONG; i++) {
		at = word * BITS_PER_LONG + i;
		if (at < nr)
			check((bits >> i & 1) == model[at]);
	}
}

static void check_all(void)
{
	static unsigned long copy[MAX_NR / BITS_PER_LONG + 1];
	unsigned long i;

	check(set.weight == model_weight());
	quorum_bits_copy(&set, 0, DIV_ROUND_UP(nr, BITS_PER_LONG), copy);
	for (i = 0; i < nr; i += BITS_PER_LONG) {
		check_word(i / BITS_PER_LONG);
		check(copy[i / BITS_PER_LONG] ==
		      quorum_bits_word(&set, i / BITS_PER_LONG));
	}
}

/* Most of what matters is at the edges of words and chunks. */
static unsigned long pick(void)
{
	unsigned long at = rng_below(&rng, nr);

	if (rng_below(&rng, 2))
		at = rounddown(at, rng_below(&rng, 2) ? 64 : 32768);
	at += rng_below(&rng, 3);
	return at ? min(at - 1, nr - 1) : 0;
}

/* Some sectors, the first and the last of which are in these regions. */
static sector_t some_sectors(unsigned long first, unsigned long count,
			     sector_t *sector)
{
	sector_t last = ((first + count) << SHIFT) - 1;

	*sector = first << SHIFT;
	if (rng_below(&rng, 2))
		*sector += rng_below(&rng, 1 << SHIFT);
	if (rng_below(&rng, 2))
		last -= rng_below(&rng, 1 << SHIFT);
	return max(*sector, last) - *sector + 1;
}

static void assign_some(void)
{
	unsigned long first = pick(), count = pick() + 1;
	bool value = rng_below(&rng, 2);
	sector_t sector, sectors;

	if (rng_below(&rng, 2))
		count = 1 + rng_below(&rng, 5);
	count = min(count, nr - first);
	memset(model + first, value, count);
	if (rng_below(&rng, 2)) {
		sectors = some_sectors(first, count, &sector);
		quorum_bits_cover(&set, sector, sectors, value);
	} else {
		quorum_bits_assign(&set, first, count, value);
	}
}

static void assign_all(void)
{
	bool value = rng_below(&rng, 2);

	memset(model, value, nr);
	if (rng_below(&rng, 2))
		quorum_bits_cover(&set, rng_below(&rng, nr << SHIFT), 0, value);
	else
		quorum_bits_assign_all(&set, value);
}

static void check_meet(unsigned long first, bool value)
{
	unsigned long count = 1 + rng_below(&rng, min(nr - first, 70));
	bool meets = model_next(first, value) < first + count;
	sector_t sector, sectors = some_sectors(first, count, &sector);

	check(quorum_bits_meet(&set, sector, sectors, value) == meets);
}

static void look(void)
{
	unsigned long at = pick();
	bool value = rng_below(&rng, 2);

	check_meet(at, value);

	check(quorum_bits_test(&set, at) == model[at]);
	check_word(at / BITS_PER_LONG);
	check(quorum_bits_next(&set, at, value) == model_next(at, value));
	check(set.weight == model_weight());
}

static void test_random(void **state)
{
	unsigned int i;

	room_init();
	rng = unit_seed;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		begin(sizes[i]);
		for (unit_step = 0; unit_step < unit_times(300); unit_step++) {
			if (!rng_below(&rng, 8))
				assign_all();
			else
				assign_some();
			look();
		}
		check_all();
		quorum_bits_exit(&set);
	}
	room_exit();
}

static void test_empty_at_first(void **state)
{
	room_init();
	begin(MAX_NR);
	check_all();
	check(quorum_bits_next(&set, 0, true) == nr);
	check(quorum_bits_next(&set, 0, false) == 0);
	end();
}

/* All regions, one by one, are as good as all at once. */
static void test_one_by_one(void **state)
{
	unsigned long i;

	room_init();
	begin(40000);
	for (i = 0; i < nr; i++) {
		check(set.weight == i);
		check(quorum_bits_next(&set, 0, false) == i);
		quorum_bits_assign(&set, i, 1, true);
	}
	check(quorum_bits_next(&set, 0, false) == nr);
	quorum_bits_assign_all(&set, false);
	check(quorum_bits_next(&set, 0, true) == nr);
	end();
}

/* What is past the end is nobody's. */
static void test_end(void **state)
{
	room_init();
	begin(32769);
	quorum_bits_assign(&set, 0, nr, true);
	check(set.weight == nr);
	check(quorum_bits_next(&set, 0, false) == nr);
	check(quorum_bits_next(&set, nr, true) == nr);
	quorum_bits_assign(&set, nr - 1, 1, false);
	check(quorum_bits_next(&set, 0, false) == nr - 1);
	end();
}

/* A chunk of an older generation stands for what the newest says. */
static void test_generations(void **state)
{
	unsigned int i;

	room_init();
	begin(MAX_NR);
	for (i = 0; i < 1000; i++) {
		bool value = i % 3;
		unsigned long at = i * 97 % nr;

		quorum_bits_assign_all(&set, value);
		quorum_bits_assign(&set, at, 1, !value);
		check(set.weight == (value ? nr - 1 : 1));
		check(quorum_bits_next(&set, 0, !value) == at);
		check(quorum_bits_next(&set, at + 1, !value) == nr);
	}
	end();
}

static void test_no_memory(void **state)
{
	unsigned int i, refused = 0;

	room_init();
	for (i = 0; i < 100; i++) {
		memset(&set, 0xa5, sizeof(set));
		mem_plan.ctr_fails = 500;
		refused += quorum_bits_init(&set, 1000, SHIFT) == -ENOMEM;
		mem_plan.ctr_fails = 0;
		quorum_bits_exit(&set);
	}
	check(refused && refused < 100);
	room_exit();
}

/*
 * Others read while one changes it, and changes it again: of each region they
 * see what was so at some time meanwhile.
 */

#define READERS		2

/* What the model was before the change that is under way. */
static u8 before[MAX_NR + BITS_PER_LONG];
static bool changing;

/* What each region of a word was, one bit for each of the two, since @on. */
static struct watch {
	bool on;
	unsigned long word;
	u8 was[BITS_PER_LONG];
} watches[READERS];

static void note(struct watch *watch)
{
	unsigned long i, at = watch->word * BITS_PER_LONG;

	for (i = 0; watch->on && i < BITS_PER_LONG; i++, at++)
		watch->was[i] |= 1 << model[at];
}

static void note_all(void)
{
	unsigned int i;

	for (i = 0; i < READERS; i++)
		note(&watches[i]);
}

/* The model changes first, so both are noted: as it was, and as it will be. */
static void writer(void)
{
	for (unit_step = 0; unit_step < 60; unit_step++) {
		unsigned int more = rng_below(&rng, 3);

		do {
			memcpy(before, model, nr);
			changing = true;
			if (rng_below(&rng, 3))
				assign_some();
			else
				assign_all();
			changing = false;
			note_all();
		} while (more--);
		usleep_range(1, 40);
	}
}

static void check_word_was(struct watch *watch, unsigned long word)
{
	unsigned long bits, i;

	memset(watch->was, 0, sizeof(watch->was));
	watch->word = word;
	watch->on = true;
	/* What it was before what is under way began. */
	for (i = 0; changing && i < BITS_PER_LONG; i++)
		watch->was[i] |= 1 << before[word * BITS_PER_LONG + i];
	note(watch);
	bits = quorum_bits_word(&set, word);
	note(watch);
	watch->on = false;
	for (i = 0; i < BITS_PER_LONG; i++)
		if (word * BITS_PER_LONG + i < nr)
			check(watch->was[i] & 1 << (bits >> i & 1));
}

static void reader(struct watch *watch)
{
	u64 mine = unit_seed;
	unsigned int i;

	for (i = 0; i < 300; i++) {
		check_word_was(watch, rng_below(&mine, nr) / BITS_PER_LONG);
		if (!rng_below(&mine, 4))
			usleep_range(1, 20);
	}
}

static void one_task(void *arg)
{
	if (arg)
		reader(arg);
	else
		writer();
}

static void test_readers(void **state)
{
	void *args[] = { NULL, &watches[0], &watches[1] };
	u64 seed;

	for (seed = unit_seed; seed < unit_seed + unit_times(60); seed++) {
		room_init();
		rng = seed;
		begin(sizes[seed % ARRAY_SIZE(sizes)]);
		memcpy(before, model, nr);
		memset(watches, 0, sizeof(watches));
		room_run(seed, one_task, args, ARRAY_SIZE(args));
		check_all();
		end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_at_first),
		cmocka_unit_test(test_one_by_one),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_generations),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_readers),
	};

	unit_init();
	return cmocka_run_group_tests_name("bits", tests, NULL, NULL);
}
