// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers of every alignment, vectors of odd lengths.  A round is one write of
 * some blocks in one shape and their read in another.
 */
#define _GNU_SOURCE
#include "race.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define STARTS		(4096 / BLOCK)
#define MAX_VECTORS	16
#define ROOM		(MAX_VECTORS * (MAX_BYTES + 4096))

/* Where a request keeps its data: never two neighbours in memory. */
struct shape {
	char *memory;
	struct iovec vec[MAX_VECTORS];
	int nr;
};

/*
 * Cut @nr blocks into pieces, none but the last a multiple of 1024 bytes long,
 * each starting at a multiple of 512 within a page of its own.
 */
static void cut(struct shape *s, unsigned int nr, unsigned int start,
		unsigned int pieces, uint64_t *random)
{
	char *at = s->memory;

	for (s->nr = 0; nr; s->nr++) {
		unsigned int some = nr;

		if ((unsigned int)s->nr + 1 < pieces)
			some = random_below(random, nr) | 1;
		s->vec[s->nr].iov_base = at + start * BLOCK;
		s->vec[s->nr].iov_len = some * BLOCK;
		at += (some * BLOCK / 4096 + 3) * 4096;
		start = (start + 3) % STARTS;
		nr -= some;
	}
}

static void scatter(struct shape *s, const char *from)
{
	int i;

	for (i = 0; i < s->nr; i++) {
		memcpy(s->vec[i].iov_base, from, s->vec[i].iov_len);
		from += s->vec[i].iov_len;
	}
}

static void gather(struct shape *s, char *to)
{
	int i;

	for (i = 0; i < s->nr; i++) {
		memcpy(to, s->vec[i].iov_base, s->vec[i].iov_len);
		to += s->vec[i].iov_len;
	}
}

static bool moved(ssize_t done, struct extent e, const char *verb)
{
	if (done == (ssize_t)(e.nr * BLOCK))
		return true;
	complain("%s blocks %llu+%u: %s", verb, (unsigned long long)e.block,
		 e.nr, done < 0 ? strerror(errno) : "short");
	return false;
}

static void write_and_read(int fd, struct shape *s, struct extent e,
			   unsigned int start, uint64_t *random)
{
	static char data[MAX_BYTES];
	uint64_t version = model_begin();
	uint64_t floor[MAX_BLOCKS];

	stamp(data, e, version);
	cut(s, e.nr, start, 1 + random_below(random, MAX_VECTORS), random);
	scatter(s, data);
	if (!moved(pwritev(fd, s->vec, s->nr, e.block * BLOCK), e, "writing")) {
		verdict.write_errors++;
		return;
	}
	model_acknowledge(version, e);

	memset(s->memory, 0, ROOM);
	cut(s, e.nr, random_below(random, STARTS),
	    1 + random_below(random, MAX_VECTORS), random);
	model_look(e, floor);
	if (!moved(preadv(fd, s->vec, s->nr, e.block * BLOCK), e, "reading")) {
		verdict.read_errors++;
		return;
	}
	gather(s, data);
	model_check(opt.device, data, e, floor, true, NULL, NULL);
}

void odd_buffers(void)
{
	int fd = open_direct(opt.device);
	struct shape s = { .memory = alloc_buffer(ROOM) };
	uint64_t random = opt.seed;
	int legs[MAX_LEGS];
	unsigned long i;

	open_legs(legs);
	model_init(opt.blocks, opt.rounds);
	model_format(fd, opt.device);
	for (i = 0; i < opt.rounds; i++) {
		unsigned int nr = random_length(&random, opt.max_blocks);
		uint64_t room = opt.blocks - nr + 1;
		struct extent e = { random_below(&random, room), nr };

		write_and_read(fd, &s, e, i % STARTS, &random);
	}
	model_check_device(fd, opt.device, false);
	for (i = 0; i < opt.nr_legs; i++)
		model_check_device(legs[i], opt.leg[i], false);
	free(s.memory);
	close_legs(legs);
	close(fd);
	model_free();
}
