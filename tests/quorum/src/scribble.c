// SPDX-License-Identifier: GPL-2.0-only
/*
 * Callers that touch their buffers while in flight.  A round is one request.
 */
#define _GNU_SOURCE
#include "race.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *buffer;
static atomic_bool stop;

/* Changes a word in every cache line, over and over. */
static void *scribble(void *arg)
{
	volatile uint64_t *word = (volatile uint64_t *)buffer;
	size_t words = MAX_BYTES / sizeof(*word);
	size_t i;

	(void)arg;
	while (!stop)
		for (i = 0; i < words; i += 8)
			word[i]++;
	return NULL;
}

static void compare_legs(int legs[MAX_LEGS])
{
	struct extent e = { .nr = MAX_BLOCKS };

	for (e.block = 0; e.block + e.nr <= opt.blocks; e.block += e.nr)
		verdict.differ += count_different(legs, e);
}

static int write_random(int device, uint64_t *random, uint64_t *next)
{
	struct extent e = { *next, random_length(random, opt.max_blocks) };
	int error = write_blocks(device, buffer, e);

	if (error) {
		verdict.write_errors++;
		complain("writing blocks %llu+%u: %s",
			 (unsigned long long)e.block, e.nr, strerror(error));
	}
	*next += e.nr;
	return error;
}

/* Each write has blocks of its own until the device is full. */
void scribble_write(void)
{
	uint64_t random = opt.seed;
	struct thread scribbler;
	int legs[MAX_LEGS];
	uint64_t next = 0;
	unsigned long i;
	int device = open_direct(opt.device);

	if (opt.nr_legs < 2)
		die("name the legs, to be looked at");
	open_legs(legs);
	buffer = alloc_buffer(MAX_BYTES);
	model_init(opt.blocks, 0);
	model_format(device, opt.device);
	start_thread(&scribbler, 0, scribble, NULL);
	for (i = 0; i < opt.rounds; i++) {
		if (next + opt.max_blocks > opt.blocks) {
			compare_legs(legs);
			next = 0;
		}
		write_random(device, &random, &next);
	}
	stop = true;
	join_thread(&scribbler);
	compare_legs(legs);
	free(buffer);
	close_legs(legs);
	close(device);
	model_free();
}

/* What is read cannot be checked; that it harmed nothing can. */
void scribble_read(void)
{
	int device = open_direct(opt.device);
	uint64_t random = opt.seed;
	struct thread scribbler;
	int legs[MAX_LEGS];
	unsigned long i;

	open_legs(legs);
	buffer = alloc_buffer(MAX_BYTES);
	model_init(opt.blocks, 0);
	model_format(device, opt.device);
	start_thread(&scribbler, 0, scribble, NULL);
	for (i = 0; i < opt.rounds; i++) {
		unsigned int nr = random_length(&random, opt.max_blocks);
		uint64_t room = opt.blocks - nr + 1;
		struct extent e = { random_below(&random, room), nr };
		int error = read_blocks(device, buffer, e);

		if (!error)
			continue;
		verdict.read_errors++;
		complain("reading blocks %llu+%u: %s",
			 (unsigned long long)e.block, e.nr, strerror(error));
	}
	stop = true;
	join_thread(&scribbler);
	model_check_device(device, opt.device, false);
	for (i = 0; i < opt.nr_legs; i++)
		model_check_device(legs[i], opt.leg[i], false);
	free(buffer);
	close_legs(legs);
	close(device);
	model_free();
}
