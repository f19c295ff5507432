// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests that start together, then a look at the legs.
 *
 * A round is one set of requests, one for each thread, that all overlap. Each
 * has an arena of its own on the device, so that what it left on the legs is
 * still there when a pass over all arenas is done and they are looked at.
 */
#define _GNU_SOURCE
#include "race.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STAGGER			64	/* turns of an empty loop */

/*
 * Threads wait for each other this often, in rounds; in between they drift
 * apart a little, which is as good. Where processors are shared, waiting costs
 * more than the requests do.
 */
#define MEET			8

/* Legs are read this many blocks at a time. */
#define CHUNK			1024

/**
 * struct arena - where one round takes place
 * @first: first block touched in this round
 * @end: the block after the last one
 */
struct arena {
	atomic_uint first;
	atomic_uint end;
};

static int device;
static int legs[MAX_LEGS];
static struct arena *arenas;
static char *look_buffer[MAX_LEGS];
static unsigned long nr_arenas;
static unsigned int arena_blocks;
static unsigned int chunk_arenas;
static unsigned long pass_rounds;
static pthread_barrier_t barrier;
static atomic_ulong turn;
static atomic_bool pass_over;
static unsigned int nr_threads;
static unsigned long different_rounds;
static atomic_ulong sabotages;

static void meet(unsigned long round)
{
	if (round % MEET)
		return;
	pthread_barrier_wait(&barrier);
	turn = round + MEET;
}

static void stagger(uint64_t *random)
{
	volatile unsigned int turns = random_below(random, STAGGER);

	while (turns)
		turns--;
}

/* Every extent of an arena has the block in the middle of it. */
static struct extent random_extent(uint64_t *random, unsigned long arena)
{
	unsigned int nr = random_length(random, opt.max_blocks);
	unsigned int before = random_below(random, nr);
	uint64_t middle = arena * arena_blocks + opt.max_blocks;

	return (struct extent) { middle - before, nr };
}

static void touch(struct arena *a, unsigned long arena, struct extent e)
{
	unsigned int first = e.block - arena * arena_blocks;
	unsigned int end = first + e.nr;
	unsigned int old = a->first;

	while (first < old &&
	       !atomic_compare_exchange_weak(&a->first, &old, first))
		;
	old = a->end;
	while (end > old && !atomic_compare_exchange_weak(&a->end, &old, end))
		;
}

static void write_arena(struct thread *t, unsigned long arena, void *buf)
{
	struct extent e = random_extent(&t->random, arena);
	uint64_t version = model_begin();
	int error;

	stamp(buf, e, version);
	touch(&arenas[arena], arena, e);
	meet(arena);
	stagger(&t->random);
	error = write_blocks(device, buf, e);
	if (!error) {
		model_acknowledge(version, e);
		return;
	}
	verdict.write_errors++;
	complain("writing blocks %llu+%u: %s", (unsigned long long)e.block,
		 e.nr, strerror(error));
}

static void read_arena(struct thread *t, unsigned long arena, void *buf)
{
	struct extent e = random_extent(&t->random, arena);
	uint64_t floor[MAX_BLOCKS];
	int error;

	touch(&arenas[arena], arena, e);
	meet(arena);
	stagger(&t->random);
	model_look(e, floor);
	error = read_blocks(device, buf, e);
	if (!error) {
		model_check(opt.device, buf, e, floor, true, NULL, NULL);
		return;
	}
	verdict.read_errors++;
	complain("reading blocks %llu+%u: %s", (unsigned long long)e.block,
		 e.nr, strerror(error));
}

static void *run_pass(void *arg)
{
	struct thread *t = arg;
	void *buf = alloc_buffer(MAX_BYTES);
	unsigned long arena;

	for (arena = 0; arena < pass_rounds; arena++)
		if (t->number < opt.writers)
			write_arena(t, arena, buf);
		else
			read_arena(t, arena, buf);
	free(buf);
	return NULL;
}

/*
 * Sabotage.  One leg can go bad in any one block, so a majority always holds
 * what it was given.
 */

static unsigned int victim(uint64_t block)
{
	return block / 8 % opt.nr_legs;
}

static void sabotage(uint64_t *random, unsigned long arena, void *garbage)
{
	struct extent e = random_extent(random, arena);
	unsigned int leg = victim(e.block);

	e.nr = 8 - e.block % 8;
	must_write(legs[leg], opt.leg[leg], garbage, e);
	touch(&arenas[arena], arena, e);
	sabotages++;
}

/* Each round begins with garbage for its readers to find... */
static void sabotage_pass(void)
{
	static uint64_t random = 1;
	void *garbage = alloc_buffer(MAX_BYTES);
	unsigned long arena;
	unsigned int i;

	memset(garbage, 0xdb, MAX_BYTES);
	for (arena = 0; arena < pass_rounds; arena++)
		for (i = 0; i < 4; i++)
			sabotage(&random, arena, garbage);
	free(garbage);
}

/* ...and more of it may come at any moment. */
static void *keep_sabotaging(void *arg)
{
	struct thread *t = arg;
	void *garbage = alloc_buffer(MAX_BYTES);

	memset(garbage, 0xbd, MAX_BYTES);
	while (!pass_over) {
		unsigned long arena = turn - 1 - random_below(&t->random, MEET);

		if (arena < pass_rounds)
			sabotage(&t->random, arena, garbage);
		usleep(2000);
	}
	free(garbage);
	return NULL;
}

/*
 * Looking at the legs.
 */

/* What was touched in an arena. */
static struct extent touched(unsigned long arena)
{
	unsigned int first = arenas[arena].first;

	return (struct extent) { arena * arena_blocks + first,
				 arenas[arena].end - first };
}

/* Garbage is forgiven where it was put; an old version never is. */
static bool is_garbage(uint64_t block, uint64_t version, void *ctx)
{
	const unsigned int *leg = ctx;

	return opt.sabotage && version == FOREIGN && victim(block) == *leg;
}

/* What @leg holds that is not garbage must be what legs before it hold. */
static void check_same(const char *buf, struct extent e, unsigned int leg,
		       uint64_t *common)
{
	unsigned int i;

	for (i = 0; i < e.nr; i++) {
		uint64_t version = stamped(buf + i * BLOCK, e.block + i);

		if (is_garbage(e.block + i, version, &leg))
			continue;
		if (common[i] == FOREIGN)
			common[i] = version;
		if (common[i] == version)
			continue;
		complain("legs differ in block %llu: versions %lld and %lld",
			 (unsigned long long)e.block + i, (long long)common[i],
			 (long long)version);
		verdict.differ++;
	}
}

/* @offset is where the extent is in the look_buffers. */
static void check_arena(struct extent e, size_t offset)
{
	uint64_t floor[2 * MAX_BLOCKS], common[2 * MAX_BLOCKS];
	const char *first = look_buffer[0] + offset;
	unsigned int i;

	model_look(e, floor);
	for (i = 0; i < e.nr; i++)
		common[i] = FOREIGN;
	for (i = 0; i < opt.nr_legs; i++) {
		const char *buf = look_buffer[i] + offset;

		if (i && !memcmp(first, buf, (size_t)e.nr * BLOCK))
			continue;
		model_check(opt.leg[i], buf, e, floor, false, is_garbage, &i);
		check_same(buf, e, i, common);
	}
}

/* Look at the legs, many arenas at a time. */
static void check_legs(void)
{
	unsigned long arena, first = 0;
	unsigned int i;

	for (arena = 0; arena < pass_rounds; arena++) {
		struct extent e = touched(arena);
		unsigned long different = verdict.differ;

		if (arena % chunk_arenas == 0) {
			first = arena * arena_blocks;
			for (i = 0; i < opt.nr_legs; i++)
				must_read(legs[i], opt.leg[i], look_buffer[i],
					  (struct extent) { first, CHUNK });
		}
		check_arena(e, (e.block - first) * BLOCK);
		different_rounds += verdict.differ != different;
	}
}

static void read_again(struct extent e)
{
	uint64_t floor[MAX_BLOCKS];
	int error;

	model_look(e, floor);
	error = read_blocks(device, look_buffer[0], e);
	if (!error) {
		model_check(opt.device, look_buffer[0], e, floor, false, NULL,
			    NULL);
		return;
	}
	verdict.read_errors++;
	complain("reading blocks %llu+%u: %s", (unsigned long long)e.block,
		 e.nr, strerror(error));
}

/*
 * However few legs a read asks, one of so many reads sees a block that is
 * wrong, and repairs it.
 */
static void read_all_again(void)
{
	struct extent e = { 0, MAX_BLOCKS };
	unsigned int i;

	for (; e.block < pass_rounds * arena_blocks; e.block += e.nr) {
		for (i = 0; i < opt.nr_legs; i++)
			read_again(e);
		verdict.differ += count_different(legs, e);
	}
}

static void one_pass(void)
{
	struct thread thread[MAX_THREADS], saboteur;
	unsigned long arena;
	unsigned int i;

	for (arena = 0; arena < pass_rounds; arena++) {
		arenas[arena].first = arena_blocks;
		arenas[arena].end = 0;
	}
	turn = 0;
	pass_over = false;
	if (opt.sabotage) {
		sabotage_pass();
		start_thread(&saboteur, MAX_THREADS, keep_sabotaging, NULL);
	}
	for (i = 0; i < nr_threads; i++)
		start_thread(&thread[i], i, run_pass, NULL);
	for (i = 0; i < nr_threads; i++)
		join_thread(&thread[i]);
	pass_over = true;
	if (opt.sabotage)
		join_thread(&saboteur);
	check_legs();
	if (opt.sabotage)
		read_all_again();
}

static void make_arenas(void)
{
	unsigned int i;

	/* A power of two, so that chunks hold whole arenas. */
	for (arena_blocks = 8; arena_blocks < 2 * opt.max_blocks;)
		arena_blocks *= 2;
	chunk_arenas = CHUNK / arena_blocks;
	nr_arenas = opt.blocks / CHUNK * chunk_arenas;
	arenas = calloc(nr_arenas, sizeof(*arenas));
	if (!nr_arenas || !arenas)
		die("no room for an arena");
	for (i = 0; i < opt.nr_legs; i++)
		look_buffer[i] = alloc_buffer(CHUNK * BLOCK);
}

static void free_arenas(void)
{
	unsigned int i;

	for (i = 0; i < opt.nr_legs; i++)
		free(look_buffer[i]);
	free(arenas);
}

static void run_rounds(void)
{
	unsigned long done;

	if (opt.nr_legs < 2)
		die("name the legs, to be looked at");
	make_arenas();
	nr_threads = opt.writers + opt.readers;
	pthread_barrier_init(&barrier, NULL, nr_threads);
	device = open_direct(opt.device);
	open_legs(legs);
	model_init(nr_arenas * arena_blocks, opt.rounds * opt.writers);
	model_format(device, opt.device);

	for (done = 0; done < opt.rounds; done += pass_rounds) {
		pass_rounds = opt.rounds - done;
		if (pass_rounds > nr_arenas)
			pass_rounds = nr_arenas;
		one_pass();
	}

	if (different_rounds)
		note("legs differ after %lu of %lu rounds", different_rounds,
		     opt.rounds);
	close(device);
	close_legs(legs);
	pthread_barrier_destroy(&barrier);
	free_arenas();
	model_free();
}

void overlapping_writes(void)
{
	opt.readers = 0;
	run_rounds();
}

void acked_writes(void)
{
	opt.sabotage = true;
	run_rounds();
	note("garbage was written to a leg %lu times", sabotages);
}
