// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each block may hold.
 *
 * Time is a counter that goes up whenever a write begins or is acknowledged.
 * For each version we keep when it began and when it was acknowledged; for
 * each block its floor: the latest beginning of a write of it that has been
 * acknowledged or seen.  A version acknowledged before the floor is stale.
 * Writes that overlap in time may win in either order.
 */
#include "race.h"

#include <stdlib.h>
#include <string.h>

#define WORDS		(BLOCK / sizeof(uint64_t))
#define MAGIC		0x71756f72756d2d76ULL
#define NEVER		UINT64_MAX

struct version {
	_Atomic uint64_t begun;
	_Atomic uint64_t acknowledged;
};

static uint64_t nr_blocks;
static unsigned long nr_versions;
static _Atomic uint64_t now;
static _Atomic uint64_t next_version;
static _Atomic uint64_t *floors;
static struct version *versions;

void model_init(uint64_t blocks, unsigned long max_versions)
{
	nr_blocks = blocks;
	nr_versions = max_versions + 1;
	floors = calloc(nr_blocks, sizeof(*floors));
	versions = calloc(nr_versions, sizeof(*versions));
	if (!floors || !versions)
		die("out of memory");
	now = 1;
	next_version = 1;
}

void model_free(void)
{
	free(floors);
	free(versions);
}

static uint64_t word(uint64_t block, uint64_t version, unsigned int i)
{
	return (version + 1) * 0x9e3779b97f4a7c15ULL +
	       (block + 1) * 0xc2b2ae3d27d4eb4fULL + i;
}

void stamp(void *buf, struct extent e, uint64_t version)
{
	uint64_t *p = buf;
	unsigned int i, b;

	for (b = 0; b < e.nr; b++, p += WORDS) {
		p[0] = MAGIC;
		p[1] = e.block + b;
		p[2] = version;
		for (i = 3; i < WORDS; i++)
			p[i] = word(e.block + b, version, i);
	}
}

/* The version a block is stamped with, or FOREIGN if any byte is wrong. */
uint64_t stamped(const void *buf, uint64_t block)
{
	const uint64_t *p = buf;
	unsigned int i;

	if (p[0] != MAGIC || p[1] != block)
		return FOREIGN;
	for (i = 3; i < WORDS; i++)
		if (p[i] != word(block, p[2], i))
			return FOREIGN;
	return p[2];
}

uint64_t model_begin(void)
{
	uint64_t version = atomic_fetch_add(&next_version, 1);

	if (version >= nr_versions)
		die("more writes than announced");
	versions[version].acknowledged = NEVER;
	versions[version].begun = atomic_fetch_add(&now, 1) + 1;
	return version;
}

static void raise_floor(uint64_t block, uint64_t to)
{
	uint64_t floor = floors[block];

	while (floor < to &&
	       !atomic_compare_exchange_weak(&floors[block], &floor, to))
		;
}

void model_acknowledge(uint64_t version, struct extent e)
{
	unsigned int i;

	versions[version].acknowledged = atomic_fetch_add(&now, 1) + 1;
	for (i = 0; i < e.nr; i++)
		raise_floor(e.block + i, versions[version].begun);
}

void model_look(struct extent e, uint64_t *floor)
{
	unsigned int i;

	for (i = 0; i < e.nr; i++)
		floor[i] = floors[e.block + i];
}

static void check_block(const char *where, uint64_t block, uint64_t version,
			uint64_t floor, bool seen)
{
	if (version >= next_version) {
		complain("%s: block %llu holds what nobody wrote there", where,
			 (unsigned long long)block);
		verdict.foreign++;
	} else if (versions[version].acknowledged < floor) {
		complain("%s: block %llu holds version %llu, which is stale",
			 where, (unsigned long long)block,
			 (unsigned long long)version);
		verdict.stale++;
	} else if (seen) {
		raise_floor(block, versions[version].begun);
	}
}

void model_check(const char *where, const void *buf, struct extent e,
		 const uint64_t *floor, bool seen,
		 bool (*ignore)(uint64_t block, uint64_t version, void *ctx),
		 void *ctx)
{
	unsigned int i;

	for (i = 0; i < e.nr; i++) {
		uint64_t block = e.block + i;
		uint64_t version = stamped((const char *)buf + i * BLOCK,
					   block);

		if (!ignore || !ignore(block, version, ctx))
			check_block(where, block, version, floor[i], seen);
	}
}

static struct extent piece_of(uint64_t block, unsigned int max)
{
	uint64_t left = nr_blocks - block;

	return (struct extent) { block, left < max ? left : max };
}

void model_format(int fd, const char *path)
{
	void *buf = alloc_buffer(MAX_BYTES);
	struct extent e;
	uint64_t block;

	for (block = 0; block < nr_blocks; block += e.nr) {
		e = piece_of(block, MAX_BLOCKS);
		stamp(buf, e, 0);
		must_write(fd, path, buf, e);
	}
	free(buf);
}

void model_check_device(int fd, const char *path, bool errors_ok)
{
	unsigned int piece = errors_ok ? 1 : MAX_BLOCKS;
	void *buf = alloc_buffer(MAX_BYTES);
	uint64_t floor[MAX_BLOCKS];
	unsigned long unreadable = 0;
	struct extent e;
	uint64_t block;

	for (block = 0; block < nr_blocks; block += e.nr) {
		e = piece_of(block, piece);
		model_look(e, floor);
		if (!read_blocks(fd, buf, e))
			model_check(path, buf, e, floor, false, NULL, NULL);
		else
			unreadable += e.nr;
	}
	free(buf);

	if (unreadable && errors_ok)
		note("%s: %lu blocks unreadable", path, unreadable);
	else if (unreadable)
		complain("%s: %lu blocks unreadable", path, unreadable);
	verdict.read_errors += unreadable;
}
