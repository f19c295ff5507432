// SPDX-License-Identifier: GPL-2.0-only
/*
 * Readers and writers that overlap at random.  A round is one write.  None is
 * counted once it is a command's turn, until that has run, which takes as long
 * as it takes: so none comes too late to meet writes.
 */
#define _GNU_SOURCE
#include "race.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_VERSIONS		(4UL << 20)

static int device;
static atomic_ulong rounds;
static atomic_ulong writes;
static atomic_ulong turn;
static atomic_ulong reads;
static atomic_bool stop;

static struct extent random_extent(uint64_t *random)
{
	unsigned int nr = random_length(random, opt.max_blocks);
	uint64_t room = opt.blocks - nr + 1;

	return (struct extent) { random_below(random, room), nr };
}

/* Buffers begin at any multiple of 512 within a page. */
static char *random_start(uint64_t *random, char *buf)
{
	return buf + random_below(random, 4096 / BLOCK) * BLOCK;
}

static void write_once(struct thread *t, char *buf)
{
	struct extent e = random_extent(&t->random);
	uint64_t version = model_begin();
	int error;

	stamp(buf, e, version);
	error = write_blocks(device, buf, e);
	if (!error) {
		model_acknowledge(version, e);
		return;
	}
	verdict.write_errors++;
	if (!opt.errors_ok)
		complain("writing blocks %llu+%u: %s",
			 (unsigned long long)e.block, e.nr, strerror(error));
}

static void *write_rounds(void *arg)
{
	struct thread *t = arg;
	char *buf = alloc_buffer(MAX_BYTES + 4096);

	while (rounds < opt.rounds) {
		write_once(t, random_start(&t->random, buf));
		writes++;
		if (rounds < turn)
			rounds++;
	}
	free(buf);
	return NULL;
}

static void read_once(struct thread *t, char *buf)
{
	struct extent e = random_extent(&t->random);
	uint64_t floor[MAX_BLOCKS];
	int error;

	model_look(e, floor);
	error = read_blocks(device, buf, e);
	reads++;
	if (!error) {
		model_check(opt.device, buf, e, floor, true, NULL, NULL);
		return;
	}
	verdict.read_errors++;
	if (!opt.errors_ok)
		complain("reading blocks %llu+%u: %s",
			 (unsigned long long)e.block, e.nr, strerror(error));
}

static void *read_until_stopped(void *arg)
{
	struct thread *t = arg;
	char *buf = alloc_buffer(MAX_BYTES + 4096);

	while (!stop)
		read_once(t, random_start(&t->random, buf));
	free(buf);
	return NULL;
}

/* After how many rounds it is the turn of command @i, or of the end. */
static unsigned long turn_of(unsigned int i)
{
	return opt.rounds * (i + 1) / (opt.nr_commands + 1);
}

static void run_command(unsigned int i)
{
	unsigned long before;

	while (rounds < turn_of(i))
		usleep(1000);
	before = writes;
	if (system(opt.commands[i]))
		die("failed: %s", opt.commands[i]);
	note("command %u ran during %lu writes", i + 1, writes - before);
	turn = turn_of(i + 1);
}

static void *run_commands(void *arg)
{
	unsigned int i;

	(void)arg;
	for (i = 0; i < opt.nr_commands; i++)
		run_command(i);
	return NULL;
}

static void check_legs(void)
{
	unsigned int i;
	int fd[MAX_LEGS];

	open_legs(fd);
	for (i = 0; i < opt.nr_legs; i++)
		model_check_device(fd[i], opt.leg[i], false);
	close_legs(fd);
}

void readers_writers(void)
{
	struct thread writer[MAX_THREADS], reader[MAX_THREADS], commands;
	unsigned int i;

	device = open_direct(opt.device);
	model_init(opt.blocks, MAX_VERSIONS);
	model_format(device, opt.device);
	turn = turn_of(0);

	start_thread(&commands, 0, run_commands, NULL);
	for (i = 0; i < opt.readers; i++)
		start_thread(&reader[i], MAX_THREADS + i, read_until_stopped,
			     NULL);
	for (i = 0; i < opt.writers; i++)
		start_thread(&writer[i], i, write_rounds, NULL);
	for (i = 0; i < opt.writers; i++)
		join_thread(&writer[i]);
	join_thread(&commands);
	stop = true;
	for (i = 0; i < opt.readers; i++)
		join_thread(&reader[i]);

	note("%lu reads beside %lu writes", reads, writes);
	if (opt.errors_ok)
		note("%lu reads and %lu writes failed", verdict.read_errors,
		     verdict.write_errors);
	model_check_device(device, opt.device, opt.errors_ok);
	check_legs();
	close(device);
	model_free();
}
