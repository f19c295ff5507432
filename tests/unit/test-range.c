// SPDX-License-Identifier: GPL-2.0-only
/*
 * dm-quorum-range.c against a model that looks at every range each time, and
 * under threads.
 */
#include "unit.h"
#include "dm-quorum-range.h"

#include <errno.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <time.h>

#define LAST_SECTOR	(~(sector_t)0)

static bool overlap(const struct quorum_range *a, const struct quorum_range *b)
{
	return a->start <= b->last && b->start <= a->last;
}

/*
 * The bench: ranges in the order they were asked for, and what is due to each.
 */

#define MAX_REQS	2048

enum state {
	WAITING,
	DUE,		/* nothing is ahead of it: ->granted() must come now */
	HELD,
};

struct req {
	struct quorum_range range;
	enum state state;
	bool called;
	/* Which unlock must grant it, at the latest. */
	u64 due_in;
};

/*
 * An unlock that is under way: some of the range is given back, and some may
 * not be yet, until the first ->granted() is called.
 */
struct leaving {
	sector_t start, last;
	bool gone;
	u64 id;
	struct leaving *outer;
};

static struct bench {
	struct quorum_ranges ranges;
	/* Oldest first. */
	struct req *req[MAX_REQS];
	unsigned int nr;
	unsigned int depth;
	struct leaving *leaving;
	bool locking;
	u64 unlocks;
	u64 grants;
	u64 rng;
	/* What a range does as soon as it is granted; may be NULL. */
	void (*when_granted)(struct req *req);
} bench;

static void bench_init(void (*when_granted)(struct req *req))
{
	memset(&bench, 0, sizeof(bench));
	bench.rng = unit_seed;
	bench.when_granted = when_granted;
	shim_unlocked = NULL;
	memset(&bench.ranges, 0xa5, sizeof(bench.ranges));
	quorum_ranges_init(&bench.ranges);
	unit_step = 0;
}

static bool model_may_hold(const struct req *req)
{
	unsigned int i;

	for (i = 0; bench.req[i] != req; i++)
		if (overlap(&bench.req[i]->range, &req->range))
			return false;
	return true;
}

/* The outermost unlock that may still have to do with a range; or 0. */
static u64 model_leaving(const struct req *req)
{
	struct leaving *leaving;
	u64 id = 0;

	for (leaving = bench.leaving; leaving; leaving = leaving->outer)
		if (!leaving->gone && leaving->start <= req->range.last &&
		    req->range.start <= leaving->last)
			id = leaving->id;
	return id;
}

static void bench_granted(struct quorum_range *range)
{
	struct req *req = container_of(range, struct req, range);

	bench.leaving->gone = true;
	check(!shim_locks_held);
	check(bench.depth);
	check(!req->called);
	check(req->state == DUE);
	check(model_may_hold(req));
	req->called = true;
	req->state = HELD;
	bench.grants++;
	/* The last thing: it may free @req. */
	if (bench.when_granted)
		bench.when_granted(req);
}

static struct req *bench_lock(sector_t start, sector_t last)
{
	struct req *req = malloc(sizeof(*req));
	bool granted;

	check(req && bench.nr < MAX_REQS && start <= last);
	/* The caller owes it nothing but these three. */
	memset(req, 0xa5, sizeof(*req));
	req->range.start = start;
	req->range.last = last;
	req->range.granted = bench_granted;
	req->called = false;
	req->state = WAITING;
	bench.req[bench.nr++] = req;

	bench.locking = true;
	granted = quorum_range_lock(&bench.ranges, &req->range);
	bench.locking = false;
	check(!shim_locks_held);
	check(!req->called);
	if (granted) {
		check(model_may_hold(req));
		req->state = HELD;
	} else if (model_may_hold(req)) {
		req->state = DUE;
		req->due_in = model_leaving(req);
		check(req->due_in);
	}
	check(req->range.start == start && req->range.last == last);
	return req;
}

static void bench_unlock(struct req *req)
{
	struct leaving leaving = {
		.start = req->range.start,
		.last = req->range.last,
		.id = ++bench.unlocks,
		.outer = bench.leaving,
	};
	unsigned int i;

	check(req->state == HELD);
	for (i = 0; bench.req[i] != req; i++)
		;
	memmove(&bench.req[i], &bench.req[i + 1],
		(--bench.nr - i) * sizeof(bench.req[0]));
	for (; i < bench.nr; i++) {
		if (bench.req[i]->state == WAITING &&
		    overlap(&bench.req[i]->range, &req->range) &&
		    model_may_hold(bench.req[i])) {
			bench.req[i]->state = DUE;
			bench.req[i]->due_in = model_leaving(bench.req[i]) ?:
					       leaving.id;
		}
	}

	bench.depth++;
	bench.leaving = &leaving;
	quorum_range_unlock(&bench.ranges, &req->range);
	bench.leaving = leaving.outer;
	bench.depth--;
	check(!shim_locks_held);

	/* None was lost; those of an unlock around this one may still come. */
	for (i = 0; i < bench.nr; i++)
		check(bench.req[i]->state != DUE ||
		      bench.req[i]->due_in < leaving.id);
	check(bench.depth || bench.nr == 0 || bench.req[0]->state == HELD);
	free(req);
}

static struct req *bench_any_held(void)
{
	unsigned int i, n = 0;
	struct req *req = NULL;

	for (i = 0; i < bench.nr; i++)
		if (bench.req[i]->state == HELD && !rng_below(&bench.rng, ++n))
			req = bench.req[i];
	return req;
}

/* Whoever waits gets it in the end. */
static void bench_drain(void)
{
	while (bench.nr) {
		struct req *req = bench_any_held();

		check(req);
		bench_unlock(req);
	}
	check(!bench.ranges.latest);
}

/*
 * By hand.
 */

static void disjoint_at_once(void **state)
{
	sector_t s;

	bench_init(NULL);
	check(!bench.ranges.latest);
	for (s = 0; s < 1000; s += 10)
		check(bench_lock(s, s + 9)->state == HELD);
	bench_drain();
	check(!bench.grants);
}

static void adjacent_do_not_block(void **state)
{
	bench_init(NULL);
	check(bench_lock(10, 19)->state == HELD);
	check(bench_lock(20, 29)->state == HELD);
	check(bench_lock(9, 9)->state == HELD);
	check(bench_lock(30, 30)->state == HELD);
	check(bench_lock(19, 20)->state == WAITING);
	bench_drain();
	check(bench.grants == 1);
}

static void extreme_sectors(void **state)
{
	struct req *all, *low, *high;

	bench_init(NULL);
	check(bench_lock(0, 0)->state == HELD);
	check(bench_lock(LAST_SECTOR, LAST_SECTOR)->state == HELD);
	check(bench_lock(1, LAST_SECTOR - 1)->state == HELD);
	check(bench_lock(0, LAST_SECTOR)->state == WAITING);
	check(bench_lock(LAST_SECTOR, LAST_SECTOR)->state == WAITING);
	check(bench_lock(0, 0)->state == WAITING);
	bench_drain();
	check(bench.grants == 3);

	all = bench_lock(0, LAST_SECTOR);
	low = bench_lock(0, LAST_SECTOR / 2);
	high = bench_lock(LAST_SECTOR / 2 + 1, LAST_SECTOR);
	check(low->state == WAITING && high->state == WAITING);
	bench_unlock(all);
	check(low->state == HELD && high->state == HELD);
	bench_drain();
}

/* First come, first served: also behind one that only waits. */
static void no_overtaking(void **state)
{
	struct req *a, *b, *c, *d;

	bench_init(NULL);
	a = bench_lock(0, 9);
	b = bench_lock(5, 14);
	c = bench_lock(10, 19);
	d = bench_lock(15, 24);
	check(a->state == HELD && b->state == WAITING);
	check(c->state == WAITING && d->state == WAITING);
	bench_unlock(a);
	check(b->state == HELD && c->state == WAITING && d->state == WAITING);
	bench_unlock(b);
	check(c->state == HELD && d->state == WAITING);
	bench_unlock(c);
	check(d->state == HELD);
	bench_drain();
}

/* A range that others keep asking for parts of is not starved by them. */
static void no_starvation(void **state)
{
	struct req *wide, *part[8];
	unsigned int i;

	bench_init(NULL);
	for (i = 0; i < 8; i++)
		part[i] = bench_lock(i, i);
	wide = bench_lock(0, 7);
	for (i = 0; i < 8; i++) {
		struct req *late = bench_lock(i, i);

		check(wide->state == WAITING && late->state == WAITING);
		bench_unlock(part[i]);
		check(late->state == WAITING);
	}
	check(wide->state == HELD);
	bench_drain();
}

/* One unlock may grant many: each of them once. */
static void many_at_once(void **state)
{
	struct req *wide;
	sector_t s;

	bench_init(NULL);
	wide = bench_lock(0, 999);
	for (s = 0; s < 1000; s++)
		bench_lock((s * 7) % 1000, (s * 7) % 1000);
	bench_unlock(wide);
	check(bench.grants == 1000);
	check(bench.nr == 1000);
	bench_drain();
}

/* The order in which ranges of a chain are granted, each by the one before. */
static sector_t chain_next;

static void chain_on(struct req *req)
{
	check(req->range.start == chain_next++);
	bench_unlock(req);
}

static void unlock_when_granted(void **state)
{
	struct req *first;
	sector_t s;

	bench_init(chain_on);
	chain_next = 1;
	first = bench_lock(0, 5000);
	for (s = 1; s <= 1000; s++)
		check(bench_lock(s, 5000)->state == WAITING);
	bench_unlock(first);
	check(chain_next == 1001);
	check(!bench.nr);
	bench_drain();
}

/* All of one unlock's, each gone before the next is told. */
static void free_when_granted(void **state)
{
	struct req *wide;
	sector_t s;

	bench_init(bench_unlock);
	wide = bench_lock(0, 99);
	for (s = 0; s < 100; s++)
		bench_lock(s, s);
	bench_unlock(wide);
	check(bench.grants == 100 && !bench.nr);
	bench_drain();
}

static void lock_again(struct req *req)
{
	if (bench.grants < 100)
		check(bench_lock(req->range.start, req->range.last)->state ==
		      WAITING);
	bench_unlock(req);
}

/* A latecomer that asks from within ->granted() stands behind all others. */
static void lock_when_granted(void **state)
{
	struct req *first;

	bench_init(lock_again);
	first = bench_lock(0, 9);
	bench_lock(0, 4);
	bench_lock(5, 9);
	bench_unlock(first);
	check(bench.grants == 101 && !bench.nr);
	bench_drain();
}

/* Two benches' worth of ranges know nothing of each other. */
static void separate_devices(void **state)
{
	struct quorum_range other = { .start = 0, .last = 9 };
	struct quorum_ranges ranges;

	bench_init(NULL);
	quorum_ranges_init(&ranges);
	check(bench_lock(0, 9)->state == HELD);
	check(quorum_range_lock(&ranges, &other));
	bench_drain();
	quorum_range_unlock(&ranges, &other);
	check(!ranges.latest);
}

/*
 * Exhaustively: any ranges of few sectors, in any order, given back in any
 * order.
 */

static void lock_nth(unsigned int n, unsigned int sectors)
{
	sector_t start = 0;

	for (; n >= sectors - start; start++)
		n -= sectors - start;
	bench_lock(start, start + n);
}

/* Choose, from what @choice is made up of, whom to unlock each time. */
static bool drain_nth(unsigned int choice)
{
	while (bench.nr) {
		unsigned int i, held = 0, pick;

		for (i = 0; i < bench.nr; i++)
			held += bench.req[i]->state == HELD;
		check(held);
		pick = choice % held;
		choice /= held;
		for (i = 0; bench.req[i]->state != HELD || pick--; i++)
			;
		bench_unlock(bench.req[i]);
	}
	bench_drain();
	return !choice;
}

static void few_ranges(unsigned int ranges, unsigned int sectors)
{
	unsigned int kinds = sectors * (sectors + 1) / 2;
	unsigned int n, all, i, choice, left;

	bench_init(NULL);
	for (all = 1, i = 0; i < ranges; i++)
		all *= kinds;
	for (n = 0; n < all; n++, unit_step++) {
		choice = 0;
		do {
			for (left = n, i = 0; i < ranges; i++, left /= kinds)
				lock_nth(left % kinds, sectors);
		} while (drain_nth(choice++));
	}
}

static void two_of_six_sectors(void **state)
{
	few_ranges(2, 6);
}

static void three_of_five_sectors(void **state)
{
	few_ranges(3, 5);
}

static void four_of_three_sectors(void **state)
{
	few_ranges(4, 3);
}

/*
 * At random.
 */

static struct mix {
	sector_t base;
	sector_t sectors;
	sector_t longest;
	/* One in so many is of everything; 0 for none. */
	unsigned int wide;
	unsigned int reqs;
} mix;

static void random_lock(void)
{
	u64 *rng = &bench.rng;
	sector_t start, len;

	if (mix.wide && !rng_below(rng, mix.wide)) {
		bench_lock(mix.base, mix.base + (mix.sectors - 1));
		return;
	}
	start = rng_below(rng, mix.sectors);
	len = 1 + rng_below(rng, mix.longest);
	if (len > mix.sectors - start)
		len = mix.sectors - start;
	bench_lock(mix.base + start, mix.base + start + (len - 1));
}

static void random_action(struct req *req)
{
	if (bench.depth > 20)
		return;
	switch (rng_below(&bench.rng, 6)) {
	case 0:
	case 1:
		bench_unlock(req);
		break;
	case 2:
		bench_unlock(bench_any_held());
		break;
	case 3:
		if (bench.nr < mix.reqs)
			random_lock();
		break;
	}
}

static void random_steps(struct mix how, u64 steps)
{
	unsigned int target = 1;

	mix = how;
	bench_init(random_action);
	for (unit_step = 0; unit_step < steps; unit_step++) {
		/* Fill up and run dry in turn, and now and then entirely. */
		if (!rng_below(&bench.rng, 50))
			target = rng_below(&bench.rng, mix.reqs + 1);
		if (!rng_below(&bench.rng, 5000))
			bench_drain();
		if (rng_below(&bench.rng, 8) < (bench.nr < target ? 6 : 2) &&
		    bench.nr < mix.reqs)
			random_lock();
		else if (bench.nr)
			bench_unlock(bench_any_held());
	}
	bench_drain();
	check(bench.grants);
}

static void random_schedule(struct mix how)
{
	random_steps(how, unit_times(100000));
}

static void random_crowded(void **state)
{
	random_schedule((struct mix){
		.sectors = 8, .longest = 4, .reqs = 24,
	});
}

static void random_single_sectors(void **state)
{
	random_schedule((struct mix){
		.base = 1000, .sectors = 16, .longest = 1, .wide = 20,
		.reqs = 40,
	});
}

static void random_roomy(void **state)
{
	random_schedule((struct mix){
		.sectors = 1 << 20, .longest = 1 << 16, .wide = 500,
		.reqs = 60,
	});
}

static void random_highest_sectors(void **state)
{
	random_schedule((struct mix){
		.base = LAST_SECTOR - 31, .sectors = 32, .longest = 8,
		.wide = 40, .reqs = 32,
	});
}

/* Few and far between, from the first sector to the last. */
static void random_everywhere(void **state)
{
	random_schedule((struct mix){
		.sectors = LAST_SECTOR, .longest = LAST_SECTOR / 8,
		.wide = 100, .reqs = 24,
	});
}

/* The model takes longer the more there are. */
static void random_deep(void **state)
{
	random_steps((struct mix){
		.sectors = 1 << 12, .longest = 1 << 6, .wide = 200,
		.reqs = 1000,
	}, unit_times(10000));
}

/* What others do while an unlock has dropped the lock for a moment. */
static void interrupt(void)
{
	struct req *req;

	if (!bench.leaving || bench.leaving->gone || bench.locking ||
	    bench.depth > 2)
		return;
	if (bench.nr < mix.reqs && rng_below(&bench.rng, 2)) {
		random_lock();
		return;
	}
	req = bench_any_held();
	if (req)
		bench_unlock(req);
}

static void random_interrupted(struct mix how)
{
	u64 steps = unit_times(30000);

	mix = how;
	bench_init(NULL);
	shim_unlocked = interrupt;
	for (unit_step = 0; unit_step < steps; unit_step++) {
		if (bench.nr < mix.reqs && rng_below(&bench.rng, 6))
			random_lock();
		else if (bench.nr)
			bench_unlock(bench_any_held());
		if (!rng_below(&bench.rng, 1000))
			bench_drain();
	}
	bench_drain();
	shim_unlocked = NULL;
	check(bench.grants);
}

static void interrupted_crowded(void **state)
{
	random_interrupted((struct mix){
		.sectors = 24, .longest = 6, .wide = 8, .reqs = 40,
	});
}

static void interrupted_roomy(void **state)
{
	random_interrupted((struct mix){
		.sectors = 1 << 10, .longest = 1 << 7, .wide = 20, .reqs = 100,
	});
}

/* Of two that hold, and a third that waits for both. */
static struct req *other_holder, *waits_for_both;

static void holder_then_waiter(void)
{
	struct req *req = other_holder;

	if (!bench.leaving || bench.leaving->gone || bench.locking ||
	    bench.depth > 1)
		return;
	other_holder = NULL;
	if (!req && waits_for_both && waits_for_both->state == HELD) {
		req = waits_for_both;
		waits_for_both = NULL;
	}
	if (req)
		bench_unlock(req);
}

/* A range is not gone while it has pieces of the one that is leaving. */
static void interrupted_when_cut(void **state)
{
	struct req *holder;
	sector_t s;

	bench_init(NULL);
	other_holder = bench_lock(0, 9);
	holder = bench_lock(10, 99);
	for (s = 80; s < 90; s += 2)
		bench_lock(s, s);
	waits_for_both = bench_lock(5, 14);
	for (s = 60; s < 70; s += 2)
		bench_lock(s, s);

	shim_unlocked = holder_then_waiter;
	bench_unlock(holder);
	shim_unlocked = NULL;
	check(!other_holder);
	check(waits_for_both && waits_for_both->state == HELD);
	bench_drain();
}

/*
 * What it costs: pieces that are looked at, however many requests there are.
 */

#define MOST_CALLERS	32768

struct caller {
	struct quorum_range range;
	/* When it asked; 0 if it did not. */
	u64 asked;
	struct caller *next;
};

static struct {
	struct quorum_ranges ranges;
	struct caller caller[MOST_CALLERS];
	unsigned int nr;
	/* Those that hold their range, in the order in which they got it. */
	struct caller *first, **end;
	u64 rng;
	u64 clock;
	u64 held;
	/* Steps of all requests, and the most under the lock at once. */
	u64 locking, unlocking, most_locking, most_unlocking;
} load;

/* The @i-th request that is made is for which sectors. */
typedef void (*pattern_fn)(u64 i, sector_t *start, sector_t *last);

/* Now and then make sure that it was its turn. */
static void load_held(struct caller *caller)
{
	unsigned int i;

	caller->next = NULL;
	*load.end = caller;
	load.end = &caller->next;
	if (load.held++ % 512)
		return;
	for (i = 0; i < load.nr; i++) {
		struct caller *other = &load.caller[i];

		check(!other->asked || other->asked >= caller->asked ||
		      !overlap(&other->range, &caller->range));
	}
}

static void load_granted(struct quorum_range *range)
{
	load_held(container_of(range, struct caller, range));
}

/* Add what was counted since the last time. */
static void load_count(u64 *steps, u64 *most)
{
	*steps += shim_steps;
	if (*most < shim_most_steps)
		*most = shim_most_steps;
	shim_steps = 0;
	shim_most_steps = 0;
}

static void load_lock(struct caller *caller, pattern_fn pattern)
{
	pattern(load.clock, &caller->range.start, &caller->range.last);
	caller->range.granted = load_granted;
	caller->asked = ++load.clock;
	if (quorum_range_lock(&load.ranges, &caller->range))
		load_held(caller);
	load_count(&load.locking, &load.most_locking);
}

static struct caller *load_unlock(void)
{
	struct caller *caller = load.first;

	check(caller);
	load.first = caller->next;
	if (!load.first)
		load.end = &load.first;
	caller->asked = 0;
	quorum_range_unlock(&load.ranges, &caller->range);
	load_count(&load.unlocking, &load.most_unlocking);
	return caller;
}

static void load_init(unsigned int nr)
{
	memset(&load, 0, sizeof(load));
	quorum_ranges_init(&load.ranges);
	load.nr = nr;
	load.end = &load.first;
	load.rng = unit_seed;
	shim_unlocked = NULL;
	shim_steps = 0;
	shim_most_steps = 0;
}

static unsigned int log2_of(unsigned int n)
{
	return 31 - __builtin_clz(n);
}

/* Up to @nr requests at once: all come, each is followed by another, all go. */
static void load_run(unsigned int nr, pattern_fn pattern)
{
	unsigned int i, log = log2_of(nr);

	load_init(nr);
	for (i = 0; i < nr; i++)
		load_lock(&load.caller[i], pattern);
	for (i = 0; i < nr; i++)
		load_lock(load_unlock(), pattern);
	for (i = 0; i < nr; i++)
		load_unlock();
	check(!load.first && !load.ranges.latest);
	check(load.held == load.clock);

	print_message("# %u: lock %llu steps, most %llu; unlock %llu, %llu\n",
		      nr, load.locking / load.clock, load.most_locking,
		      load.unlocking / load.clock, load.most_unlocking);
	check(load.locking <= load.clock * 6 * log);
	check(load.unlocking <= load.clock * log);
	check(load.most_locking <= 16 * log);
	check(load.most_unlocking <= 4 * log);
}

static void load_runs(pattern_fn pattern)
{
	unsigned int nr;

	for (nr = 64; nr <= MOST_CALLERS; nr *= 8)
		load_run(nr, pattern);
}

static void same_block(u64 i, sector_t *start, sector_t *last)
{
	*start = 0;
	*last = 7;
}

static void cost_of_one_block(void **state)
{
	load_runs(same_block);
}

static void disjoint(u64 i, sector_t *start, sector_t *last)
{
	*start = i * 8;
	*last = *start + 7;
}

static void cost_of_disjoint(void **state)
{
	load_runs(disjoint);
}

/* Each within the one before. */
static void shrinking(u64 i, sector_t *start, sector_t *last)
{
	i %= load.nr;
	*start = i;
	*last = 2 * load.nr - i;
}

static void cost_of_shrinking(void **state)
{
	load_runs(shrinking);
}

/* Each around the one before. */
static void growing(u64 i, sector_t *start, sector_t *last)
{
	shrinking(load.nr - 1 - i % load.nr, start, last);
}

static void cost_of_growing(void **state)
{
	load_runs(growing);
}

static void ascending(u64 i, sector_t *start, sector_t *last)
{
	*start = i * 4;
	*last = *start + 7;
}

static void cost_of_ascending(void **state)
{
	load_runs(ascending);
}

static void descending(u64 i, sector_t *start, sector_t *last)
{
	ascending(2 * MOST_CALLERS - i, start, last);
}

static void cost_of_descending(void **state)
{
	load_runs(descending);
}

/* Every other overlaps the two between which it will be. */
static void interleaved(u64 i, sector_t *start, sector_t *last)
{
	i %= load.nr;
	if (i < load.nr / 2)
		ascending(i * 2, start, last);
	else
		ascending((i - load.nr / 2) * 2 + 1, start, last);
}

static void cost_of_interleaved(void **state)
{
	load_runs(interleaved);
}

/* Many small ones, then a few around all of these, over and over. */
static void large_over_small(u64 i, sector_t *start, sector_t *last)
{
	if (i % (load.nr / 2) < load.nr / 4) {
		disjoint(i % (load.nr / 2), start, last);
	} else {
		*start = 0;
		*last = load.nr * 8;
	}
}

static void cost_of_large_over_small(void **state)
{
	load_runs(large_over_small);
}

/* All of it and a small part in turn, so that each cuts another. */
static void large_and_small(u64 i, sector_t *start, sector_t *last)
{
	if (i % 2) {
		disjoint(i * 7919 % load.nr, start, last);
	} else {
		*start = 0;
		*last = load.nr * 8;
	}
}

static void cost_of_large_and_small(void **state)
{
	load_runs(large_and_small);
}

/* A large one, and all others within it: it goes in many pieces. */
static void small_within_large(u64 i, sector_t *start, sector_t *last)
{
	if (i % load.nr) {
		*start = i * 7919 % load.nr * 8;
		*last = *start + 3;
	} else {
		*start = 0;
		*last = load.nr * 8;
	}
}

static void cost_of_small_within_large(void **state)
{
	load_runs(small_within_large);
}

/* Of any length from a sector to all there are. */
static void any_length(u64 i, sector_t *start, sector_t *last)
{
	sector_t all = 16 * load.nr;

	*start = rng_below(&load.rng, all);
	*last = *start + rng_below(&load.rng, 1ULL <<
				   rng_below(&load.rng, log2_of(all)));
}

static void cost_of_any_length(void **state)
{
	load_runs(any_length);
}

/* Of few sectors, so that the most there can be are held at once. */
static void mostly_short(u64 i, sector_t *start, sector_t *last)
{
	*start = rng_below(&load.rng, 16 * load.nr);
	*last = *start + rng_below(&load.rng, i % 1000 ? 32 : 4 * load.nr);
}

static void cost_of_mostly_short(void **state)
{
	load_runs(mostly_short);
}

/*
 * Threads.  Sectors have an owner each, which nothing protects but the range
 * lock: ThreadSanitizer sees if that does not order those who hold one.
 */

#define THREADS		6
#define SECTORS		48
#define PATIENCE	10

struct worker {
	pthread_t thread;
	unsigned int id;
	u64 rng;
	sem_t told;
	/* Ranges held, and how many of them at once. */
	unsigned int held, at_once;
};

struct job {
	struct quorum_range range;
	struct worker *worker;
	/* Used and unlocked by whoever grants it. */
	bool delegated;
	bool called;
};

/* A request that has its place in the queue, or is about to. */
struct place {
	const struct quorum_range *range;
	u64 queued;
};

static struct {
	struct quorum_ranges ranges;
	unsigned int owner[SECTORS];
	unsigned int overlaps, twice, overtaken, lost;
	bool in_order;
	/* For in_order only: it orders what the range lock should. */
	pthread_mutex_t mutex;
	struct place place[THREADS];
	u64 clock;
} crowd;

static void count(unsigned int *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

static u64 order_now(void)
{
	u64 now;

	pthread_mutex_lock(&crowd.mutex);
	now = ++crowd.clock;
	pthread_mutex_unlock(&crowd.mutex);
	return now;
}

static void order_queued(struct job *job)
{
	struct place *place = &crowd.place[job->worker->id];

	pthread_mutex_lock(&crowd.mutex);
	place->range = &job->range;
	place->queued = ++crowd.clock;
	pthread_mutex_unlock(&crowd.mutex);
}

/* Whoever was queued before @asked, and overlaps, must be through. */
static void order_held(struct job *job, u64 asked)
{
	unsigned int i;

	pthread_mutex_lock(&crowd.mutex);
	for (i = 0; i < THREADS; i++) {
		struct place *place = &crowd.place[i];

		if (place->range && place->range != &job->range &&
		    place->queued < asked &&
		    overlap(place->range, &job->range))
			crowd.overtaken++;
	}
	pthread_mutex_unlock(&crowd.mutex);
}

static void order_leave(struct job *job)
{
	pthread_mutex_lock(&crowd.mutex);
	crowd.place[job->worker->id].range = NULL;
	pthread_mutex_unlock(&crowd.mutex);
}

static void use_sectors(struct job *job)
{
	unsigned int me = job->worker->id + 1;
	sector_t s;

	for (s = job->range.start; s <= job->range.last; s++) {
		if (crowd.owner[s])
			count(&crowd.overlaps);
		crowd.owner[s] = me;
	}
	if (!((job->range.start + job->range.last) % 4))
		sched_yield();
	for (s = job->range.start; s <= job->range.last; s++) {
		if (crowd.owner[s] != me)
			count(&crowd.overlaps);
		crowd.owner[s] = 0;
	}
}

static void job_granted(struct quorum_range *range)
{
	struct job *job = container_of(range, struct job, range);
	struct worker *worker = job->worker;

	if (job->called || shim_locks_held)
		count(&crowd.twice);
	job->called = true;
	if (job->delegated) {
		use_sectors(job);
		quorum_range_unlock(&crowd.ranges, range);
	}
	/* From here on the job may be gone. */
	sem_post(&worker->told);
}

static bool worker_wait(struct worker *worker)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE;
	while (sem_timedwait(&worker->told, &until))
		if (errno != EINTR)
			return false;
	return true;
}

/* False if it is never granted; then it stays where it is. */
static bool worker_turn(struct worker *worker)
{
	struct job *job = malloc(sizeof(*job));
	u64 longest = rng_below(&worker->rng, 16) ? 6 : SECTORS;
	u64 asked = 0;
	bool granted;

	memset(job, 0xa5, sizeof(*job));
	job->worker = worker;
	job->called = false;
	job->delegated = !crowd.in_order && !rng_below(&worker->rng, 4);
	job->range.start = rng_below(&worker->rng, SECTORS);
	job->range.last = job->range.start + rng_below(&worker->rng, longest);
	if (job->range.last >= SECTORS)
		job->range.last = SECTORS - 1;
	job->range.granted = job_granted;

	if (crowd.in_order)
		asked = order_now();
	granted = quorum_range_lock(&crowd.ranges, &job->range);
	worker->at_once += granted;
	worker->held++;
	if (crowd.in_order)
		order_queued(job);

	if (!granted && !worker_wait(worker)) {
		count(&crowd.lost);
		return false;
	}
	if (granted || !job->delegated) {
		if (crowd.in_order)
			order_held(job, asked);
		use_sectors(job);
		if (crowd.in_order)
			order_leave(job);
		quorum_range_unlock(&crowd.ranges, &job->range);
	}
	free(job);
	return true;
}

static void *worker_run(void *arg)
{
	struct worker *worker = arg;
	u64 turns = unit_times(5000);

	while (turns-- && worker_turn(worker))
		;
	return NULL;
}

static void threads(bool in_order)
{
	struct worker worker[THREADS] = {};
	unsigned int i, waited = 0;
	int told;

	unit_step = 0;
	memset(&crowd, 0, sizeof(crowd));
	crowd.in_order = in_order;
	pthread_mutex_init(&crowd.mutex, NULL);
	quorum_ranges_init(&crowd.ranges);
	for (i = 0; i < THREADS; i++) {
		worker[i].id = i;
		worker[i].rng = unit_seed + i;
		check(!sem_init(&worker[i].told, 0, 0));
	}
	for (i = 0; i < THREADS; i++)
		check(!pthread_create(&worker[i].thread, NULL, worker_run,
				      &worker[i]));
	for (i = 0; i < THREADS; i++)
		check(!pthread_join(worker[i].thread, NULL));

	check(!crowd.lost);
	check(!crowd.overlaps);
	check(!crowd.twice);
	check(!crowd.overtaken);
	check(!crowd.ranges.latest);
	for (i = 0; i < THREADS; i++) {
		check(!sem_getvalue(&worker[i].told, &told) && !told);
		check(worker[i].held == unit_times(5000));
		waited += worker[i].held - worker[i].at_once;
	}
	print_message("# %u of %llu ranges had to wait\n", waited,
		      THREADS * unit_times(5000));
	check(waited);
}

static void threads_exclude(void **state)
{
	threads(false);
}

static void threads_in_order(void **state)
{
	threads(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(disjoint_at_once),
		cmocka_unit_test(adjacent_do_not_block),
		cmocka_unit_test(extreme_sectors),
		cmocka_unit_test(no_overtaking),
		cmocka_unit_test(no_starvation),
		cmocka_unit_test(many_at_once),
		cmocka_unit_test(unlock_when_granted),
		cmocka_unit_test(free_when_granted),
		cmocka_unit_test(lock_when_granted),
		cmocka_unit_test(separate_devices),
		cmocka_unit_test(two_of_six_sectors),
		cmocka_unit_test(three_of_five_sectors),
		cmocka_unit_test(four_of_three_sectors),
		cmocka_unit_test(random_crowded),
		cmocka_unit_test(random_single_sectors),
		cmocka_unit_test(random_roomy),
		cmocka_unit_test(random_highest_sectors),
		cmocka_unit_test(random_everywhere),
		cmocka_unit_test(random_deep),
		cmocka_unit_test(interrupted_when_cut),
		cmocka_unit_test(interrupted_crowded),
		cmocka_unit_test(interrupted_roomy),
		cmocka_unit_test(cost_of_one_block),
		cmocka_unit_test(cost_of_disjoint),
		cmocka_unit_test(cost_of_shrinking),
		cmocka_unit_test(cost_of_growing),
		cmocka_unit_test(cost_of_ascending),
		cmocka_unit_test(cost_of_descending),
		cmocka_unit_test(cost_of_interleaved),
		cmocka_unit_test(cost_of_large_over_small),
		cmocka_unit_test(cost_of_large_and_small),
		cmocka_unit_test(cost_of_small_within_large),
		cmocka_unit_test(cost_of_any_length),
		cmocka_unit_test(cost_of_mostly_short),
		cmocka_unit_test(threads_exclude),
		cmocka_unit_test(threads_in_order),
	};

	unit_init();
	return cmocka_run_group_tests_name("range", tests, NULL, NULL);
}
