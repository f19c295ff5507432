// SPDX-License-Identifier: GPL-2.0-only
/*
 * Drives a quorum device from many threads and says whether what it promises
 * about concurrent requests was kept.
 */
#define _GNU_SOURCE
#include "race.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_COMPLAINTS	10

struct options opt = {
	.rounds = 1000,
	.blocks = 2048,
	.writers = 2,
	.readers = 2,
	.max_blocks = MAX_BLOCKS,
	.seed = 1,
};

struct verdict verdict;

static const struct command {
	const char *name;
	void (*run)(void);
	const char *help;
} commands[] = {
	{ "stamp", stamp_device,
	  "write version 0 of every block" },
	{ "verify", verify_device,
	  "check that every block is version 0, on DEVICE and each LEG" },
	{ "overlapping-writes", overlapping_writes,
	  "writers that start together; afterwards legs must be identical" },
	{ "acked-writes", acked_writes,
	  "writers and readers that start together, on legs that are\n"
	  "\t\tbeing sabotaged; DEVICE must rewrite losers; no leg may hold an\n"
	  "\t\told version, and once all is read legs must be identical" },
	{ "readers-writers", readers_writers,
	  "random writes and reads: no error, nothing that was not written,\n"
	  "\t\tnever an old version once a newer one is acknowledged or seen" },
	{ "scribble-write", scribble_write,
	  "buffers change while they are written; legs must be identical" },
	{ "scribble-read", scribble_read,
	  "buffers change while they are read; nothing else may" },
	{ "odd-buffers", odd_buffers,
	  "buffers of every 512-byte alignment, vectors of odd lengths" },
};

#define NR_COMMANDS	(sizeof(commands) / sizeof(commands[0]))

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("quorum-race: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(2);
}

void complain(const char *format, ...)
{
	static atomic_uint complaints;
	va_list args;

	if (complaints++ >= MAX_COMPLAINTS)
		return;
	va_start(args, format);
	flockfile(stdout);
	fputs("# bad: ", stdout);
	vprintf(format, args);
	putchar('\n');
	funlockfile(stdout);
	va_end(args);
}

void note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	flockfile(stdout);
	fputs("# ", stdout);
	vprintf(format, args);
	putchar('\n');
	funlockfile(stdout);
	va_end(args);
}

/* xorshift64* */
uint64_t next_random(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * 0x2545f4914f6cdd1dULL;
}

/* 0 <= result < limit */
unsigned int random_below(uint64_t *state, unsigned int limit)
{
	return (next_random(state) >> 32) * limit >> 32;
}

/* 1 <= result <= limit; every order of magnitude is as likely */
unsigned int random_length(uint64_t *state, unsigned int limit)
{
	unsigned int most = 1;

	while (most < limit && random_below(state, 6))
		most *= 2;
	return 1 + random_below(state, most < limit ? most : limit);
}

void start_thread(struct thread *t, unsigned int number,
		  void *(*run)(void *), void *ctx)
{
	static uint64_t started;
	int error;

	t->number = number;
	t->random = (opt.seed + ++started) * 0x9e3779b97f4a7c15ULL;
	t->ctx = ctx;
	error = pthread_create(&t->id, NULL, run, t);
	if (error)
		die("cannot start a thread: %s", strerror(error));
}

void join_thread(struct thread *t)
{
	pthread_join(t->id, NULL);
}

void stamp_device(void)
{
	int fd = open_direct(opt.device);

	model_init(opt.blocks, 0);
	model_format(fd, opt.device);
	close(fd);
	model_free();
}

void verify_device(void)
{
	int fd = open_direct(opt.device);
	int legs[MAX_LEGS];
	unsigned int i;

	open_legs(legs);
	model_init(opt.blocks, 0);
	model_check_device(fd, opt.device, opt.errors_ok);
	for (i = 0; i < opt.nr_legs; i++)
		model_check_device(legs[i], opt.leg[i], opt.errors_ok);
	close_legs(legs);
	close(fd);
	model_free();
}

static void usage(void)
{
	unsigned int i;

	fputs("usage: quorum-race COMMAND [OPTION]... DEVICE [LEG]...\n\n"
	      "Uses the first blocks of DEVICE; a LEG is where one of its legs\n"
	      "can be looked at, from the same block on.  Options:\n\n"
	      "\t-n ROUNDS\thow long to go on (1000)\n"
	      "\t-b BLOCKS\thow much of the device to use (2048)\n"
	      "\t-m BLOCKS\tlongest request (128)\n"
	      "\t-w THREADS\twriters (2)\n"
	      "\t-r THREADS\treaders (2)\n"
	      "\t-s SEED\t\tof the random numbers (1)\n"
	      "\t-e\t\trequests may fail\n"
	      "\t-x COMMAND\tfor readers-writers: run this in a shell meanwhile;\n"
	      "\t\t\trepeatable: evenly spread over the rounds\n\n"
	      "Commands:\n\n", stderr);
	for (i = 0; i < NR_COMMANDS; i++)
		fprintf(stderr, "\t%s\n\t\t%s\n", commands[i].name,
			commands[i].help);
	fputs("\nLines that start with # vary from run to run.  Exits with 0\n"
	      "if all is well, 1 if a promise was broken, 2 if nothing can be said.\n",
	      stderr);
	exit(2);
}

static unsigned long number(const char *arg, unsigned long min,
			    unsigned long max)
{
	char *end;
	unsigned long n = strtoul(arg, &end, 10);

	if (!*arg || *end || n < min || n > max)
		die("not a number from %lu to %lu: %s", min, max, arg);
	return n;
}

static void add_command(const char *command)
{
	if (opt.nr_commands == MAX_COMMANDS)
		die("too many commands");
	opt.commands[opt.nr_commands++] = command;
}

static void parse_options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "n:b:m:w:r:s:ex:")) != -1) {
		switch (c) {
		case 'n':
			opt.rounds = number(optarg, 1, 100000000);
			break;
		case 'b':
			opt.blocks = number(optarg, 1024, UINT32_MAX);
			break;
		case 'm':
			opt.max_blocks = number(optarg, 1, MAX_BLOCKS);
			break;
		case 'w':
			opt.writers = number(optarg, 1, MAX_THREADS / 2);
			break;
		case 'r':
			opt.readers = number(optarg, 0, MAX_THREADS / 2);
			break;
		case 's':
			opt.seed = number(optarg, 1, UINT32_MAX);
			break;
		case 'e':
			opt.errors_ok = true;
			break;
		case 'x':
			add_command(optarg);
			break;
		default:
			usage();
		}
	}
}

static void parse_devices(int argc, char **argv)
{
	int i;

	if (argc < 1 || argc > MAX_LEGS + 1)
		usage();
	opt.device = argv[0];
	for (i = 1; i < argc; i++)
		opt.leg[opt.nr_legs++] = argv[i];
}

static const struct command *find_command(const char *name)
{
	unsigned int i;

	for (i = 0; name && i < NR_COMMANDS; i++)
		if (!strcmp(name, commands[i].name))
			return &commands[i];
	usage();
	return NULL;
}

static bool tell(const char *what, unsigned long how_many)
{
	printf("%s: %lu\n", what, how_many);
	return how_many;
}

static bool tell_verdict(void)
{
	bool bad = false;

	if (!opt.errors_ok) {
		bad |= tell("read errors", verdict.read_errors);
		bad |= tell("write errors", verdict.write_errors);
	}
	bad |= tell("foreign blocks", verdict.foreign);
	bad |= tell("stale blocks", verdict.stale);
	bad |= tell("blocks different on legs", verdict.differ);
	return bad;
}

int main(int argc, char **argv)
{
	const struct command *command = find_command(argv[1]);

	struct timespec start, end;

	setvbuf(stdout, NULL, _IOLBF, 0);
	parse_options(argc - 1, argv + 1);
	parse_devices(argc - 1 - optind, argv + 1 + optind);
	clock_gettime(CLOCK_MONOTONIC, &start);
	command->run();
	clock_gettime(CLOCK_MONOTONIC, &end);
	note("%ld s", (long)(end.tv_sec - start.tv_sec));
	return tell_verdict();
}
