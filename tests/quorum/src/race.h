/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * quorum-race: drives a quorum device from many threads and says whether what
 * it promises about concurrent requests was kept.
 *
 *	quorum-race.c	options, and which command does what
 *	traffic.c	readers and writers that overlap at random
 *	rounds.c	requests that start together, then a look at the legs
 *	scribble.c	callers that touch their buffers while in flight
 *	odd.c		buffers of every alignment, vectors of odd lengths
 *	model.c		which version of each block may still be seen
 *	io.c		the device, O_DIRECT
 *
 * Everything is counted in blocks of 512 bytes.
 */
#ifndef RACE_H
#define RACE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLOCK			512u
#define MAX_BLOCKS		128u		/* longest request: 64 KiB */
#define MAX_BYTES		(MAX_BLOCKS * BLOCK)
#define MAX_LEGS		32
#define MAX_THREADS		64
#define MAX_COMMANDS		8

/**
 * struct options - the command line
 * @rounds: how long to go on; a round is what the command says it is
 * @blocks: size of the part of the device that is used
 * @writers: threads
 * @readers: threads
 * @max_blocks: longest request
 * @seed: of all random numbers
 * @errors_ok: requests may fail, as long as no wrong data is returned
 * @sabotage: write garbage to legs meanwhile, to no block on two of them
 * @commands: shell commands to run meanwhile, evenly spread over the rounds
 * @device: the quorum device
 * @leg: devices that hold its legs, to be looked at afterwards
 */
struct options {
	unsigned long rounds;
	uint64_t blocks;
	unsigned int writers;
	unsigned int readers;
	unsigned int max_blocks;
	uint64_t seed;
	bool errors_ok;
	bool sabotage;
	const char *commands[MAX_COMMANDS];
	unsigned int nr_commands;
	const char *device;
	const char *leg[MAX_LEGS];
	unsigned int nr_legs;
};

/* What went wrong, all in one place; shared by all threads. */
struct verdict {
	atomic_ulong write_errors;
	atomic_ulong read_errors;
	atomic_ulong foreign;
	atomic_ulong stale;
	atomic_ulong differ;
};

extern struct options opt;
extern struct verdict verdict;

/* A failed test is a verdict; this is for what makes testing impossible. */
void die(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

/* Tell the first few things that are wrong. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Figures that vary from run to run; tests cut these lines out. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Random numbers; each thread has its own state. */
uint64_t next_random(uint64_t *state);
unsigned int random_below(uint64_t *state, unsigned int limit);
unsigned int random_length(uint64_t *state, unsigned int limit);

/*
 * Threads.
 */

struct thread {
	pthread_t id;
	unsigned int number;
	uint64_t random;
	void *ctx;
};

void start_thread(struct thread *t, unsigned int number,
		  void *(*run)(void *), void *ctx);
void join_thread(struct thread *t);

/*
 * io.c
 */

/* A run of blocks. */
struct extent {
	uint64_t block;
	unsigned int nr;
};

int open_direct(const char *path);
uint64_t device_blocks(int fd);
void *alloc_buffer(size_t bytes);
int read_blocks(int fd, void *buf, struct extent e);
int write_blocks(int fd, const void *buf, struct extent e);
void must_read(int fd, const char *path, void *buf, struct extent e);
void must_write(int fd, const char *path, const void *buf, struct extent e);
void open_legs(int fd[MAX_LEGS]);
void close_legs(int fd[MAX_LEGS]);

/*
 * How many blocks of @e, at most 2 * MAX_BLOCKS, are not the same on all legs.
 * For one thread at a time.
 */
unsigned int count_different(int fd[MAX_LEGS], struct extent e);

/*
 * model.c: what each block may hold.
 *
 * Every write is a version; each block it writes is stamped with the version
 * and the block's own number, over all of its 512 bytes.  Version 0 is what is
 * there at first.  A version of a block is stale once another write of the
 * block, which began after the first one had been acknowledged, has been
 * acknowledged or seen: nobody who starts reading then may find it.
 */

#define FOREIGN		UINT64_MAX		/* not a version */

void model_init(uint64_t blocks, unsigned long versions);
void model_free(void);

void stamp(void *buf, struct extent e, uint64_t version);
uint64_t stamped(const void *buf, uint64_t block);

uint64_t model_begin(void);
void model_acknowledge(uint64_t version, struct extent e);

/* Remember, before a read, what may not be found any more. */
void model_look(struct extent e, uint64_t *floor);

/*
 * Check what was read.  @floor is from model_look(); @seen: others may not find
 * anything older from now on.  @ignore says which blocks are not to be looked
 * at, or is NULL.  @where names the device for complaints.
 */
void model_check(const char *where, const void *buf, struct extent e,
		 const uint64_t *floor, bool seen,
		 bool (*ignore)(uint64_t block, uint64_t version, void *ctx),
		 void *ctx);

/* Write version 0 everywhere. */
void model_format(int fd, const char *path);

/* Check all of a device while nobody writes. */
void model_check_device(int fd, const char *path, bool errors_ok);

/*
 * The commands.
 */

void stamp_device(void);
void verify_device(void);
void overlapping_writes(void);
void acked_writes(void);
void readers_writers(void);
void scribble_write(void);
void scribble_read(void);
void odd_buffers(void);

#endif /* RACE_H */
