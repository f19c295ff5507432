// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a read may return: for each block, everything that was written there
 * and is not known to have been overwritten.  Time is counted in requests begun
 * and ended.
 *
 * A version is out of the question for a read if some other one was begun after
 * the first had ended, and was acknowledged before the read began.  A write
 * that failed may have happened or not; it overwrites nothing for certain.
 */
#include "oracle.h"

#define MAX_VERSIONS	40

/* @seen: when a read first returned that version of this block */
struct o_block {
	unsigned int nr;
	struct o_write *w[MAX_VERSIONS];
	u64 seen[MAX_VERSIONS];
};

static struct o_block blocks[SIM_MAX_SECTORS];
u64 oracle_tick;
static u32 next_id;
/* What ended before is safe from a crash. */
static u64 flushed;
/* There were too many to know what a crash may bring back. */
bool versions_forgotten;

u32 oracle_new_id(void)
{
	return next_id++;
}

struct o_write *version_new(unsigned int nr_ids, const u32 *ids)
{
	struct o_write *w = calloc(1, sizeof(*w));

	w->start = oracle_tick;
	w->nr_ids = nr_ids;
	memcpy(w->id, ids, nr_ids * sizeof(*ids));
	return w;
}

static void write_put(struct o_write *w)
{
	if (!--w->refs)
		free(w);
}

void versions_init(void)
{
	u32 first = SIM_ID_FIRST;
	struct o_write *w = version_new(1, &first);
	unsigned int b;

	oracle_tick = 1;
	flushed = 0;
	versions_forgotten = false;
	w->start = 0;
	w->end = 0;
	next_id = SIM_ID_FIRST + 1;
	w->state = O_DONE;
	w->refs = 1;
	for (b = 0; b < set_blocks(); b++) {
		blocks[b].nr = 1;
		blocks[b].w[0] = w;
		blocks[b].seen[0] = 0;
		w->refs++;
	}
	write_put(w);
}

void versions_exit(void)
{
	unsigned int b, i;

	for (b = 0; b < set_blocks(); b++)
		for (i = 0; i < blocks[b].nr; i++)
			write_put(blocks[b].w[i]);
}

/*
 * Since when version @i is known to have happened here; 0 if it is not.  That
 * it was read says nothing of whether it will be there after a crash.
 */
static u64 happened(const struct o_block *block, unsigned int i, bool for_good)
{
	const struct o_write *x = block->w[i];
	u64 seen = for_good ? 0 : block->seen[i];

	if (x->discard || x->state == O_FAILED)
		return 0;
	if (x->state == O_DONE)
		return seen ? min(seen, x->end) : x->end;
	return seen;
}

/* Whether what began at @when cannot find @w any more. */
static bool __overwritten(const struct o_block *block, const struct o_write *w,
			  u64 when, bool for_good)
{
	unsigned int i;

	if (w->state == O_PENDING)
		return false;
	for (i = 0; i < block->nr; i++) {
		const struct o_write *x = block->w[i];
		u64 since = happened(block, i, for_good);

		if (x != w && since && since < when && w->end < x->start)
			return true;
	}
	return false;
}

static bool overwritten(const struct o_block *block, const struct o_write *w,
			u64 when)
{
	return __overwritten(block, w, when, false);
}

bool version_has_id(const struct o_write *w, u32 id)
{
	return w->discard || w->id[0] == id ||
	       (w->nr_ids > 1 && w->id[1] == id);
}

bool version_allowed(unsigned int b, u32 id, u64 when, bool for_good)
{
	struct o_block *block = &blocks[b];
	unsigned int i;

	for (i = 0; i < block->nr; i++)
		if (version_has_id(block->w[i], id) &&
		    !__overwritten(block, block->w[i], when, for_good))
			return true;
	return false;
}

bool oracle_allowed(unsigned int b, u32 id)
{
	return version_allowed(b, id, oracle_tick + 1, false);
}

/* Legs may differ here, and nobody is wrong. */
bool version_contested(unsigned int b, u64 when)
{
	struct o_block *block = &blocks[b];
	unsigned int i;

	for (i = 0; i < block->nr; i++) {
		struct o_write *w = block->w[i];

		if ((w->state == O_FAILED || w->discard) &&
		    !overwritten(block, w, when))
			return true;
	}
	return false;
}

bool oracle_contested(unsigned int b)
{
	return version_contested(b, oracle_tick + 1);
}

/* A write is under way; or some legs took it, and dm will send it again. */
bool version_pending(unsigned int b)
{
	struct o_block *block = &blocks[b];
	unsigned int i;

	for (i = 0; i < block->nr; i++)
		if (block->w[i]->state == O_PENDING)
			return true;
	return false;
}

/* What is there is each leg's own business. */
bool version_discarded(unsigned int b)
{
	struct o_block *block = &blocks[b];
	unsigned int i;

	for (i = 0; i < block->nr; i++)
		if (block->w[i]->discard &&
		    !overwritten(block, block->w[i], oracle_tick + 1))
			return true;
	return false;
}

static bool stable(const struct o_write *w)
{
	return w->state == O_DONE && (w->fua || w->end <= flushed);
}

static const struct o_write *find(unsigned int b, u32 id)
{
	struct o_block *block = &blocks[b];
	unsigned int i;

	for (i = 0; i < block->nr; i++)
		if (!block->w[i]->discard && version_has_id(block->w[i], id))
			return block->w[i];
	return NULL;
}

/* Whether what holds @id was acknowledged before @when; old ones were. */
bool version_ended(unsigned int b, u32 id, u64 when)
{
	const struct o_write *w = find(b, id);

	return !w || (w->state == O_DONE && w->end < when);
}

/* Likewise, and flushed. */
bool version_stable(unsigned int b, u32 id)
{
	const struct o_write *w = find(b, id);

	return !w || stable(w);
}

/* Whether not even a crash brings @w back. */
static bool outlived(const struct o_block *block, const struct o_write *w)
{
	unsigned int i;

	for (i = 0; i < block->nr; i++)
		if (block->w[i] != w && !block->w[i]->discard &&
		    stable(block->w[i]) && w->end < block->w[i]->start)
			return true;
	return false;
}

static void prune(unsigned int b, bool crash)
{
	struct o_block *block = &blocks[b];
	u64 when = oracle_oldest();
	unsigned int i = 0;

	while (i < block->nr) {
		if (!__overwritten(block, block->w[i], when, true) ||
		    (crash && !outlived(block, block->w[i]))) {
			i++;
			continue;
		}
		write_put(block->w[i]);
		block->nr--;
		block->w[i] = block->w[block->nr];
		block->seen[i] = block->seen[block->nr];
	}
}

void version_add(unsigned int b, struct o_write *w)
{
	struct o_block *block = &blocks[b];

	if (block->nr > 4)
		prune(b, load.crash && !versions_forgotten);
	if (block->nr == MAX_VERSIONS) {
		versions_forgotten = true;
		prune(b, false);
	}
	if (block->nr == MAX_VERSIONS)
		sim_fail("oracle: too many versions of block %u", b);
	block->seen[block->nr] = 0;
	block->w[block->nr++] = w;
	w->refs++;
}

/*
 * Crashes.  What was acknowledged, and then flushed, is there; the rest may be
 * or not, as if it had failed.
 */

void versions_flushed(u64 when)
{
	flushed = max(flushed, when);
}

static void crash_block(struct o_block *block)
{
	unsigned int i;

	for (i = 0; i < block->nr; i++) {
		struct o_write *w = block->w[i];

		block->seen[i] = 0;
		if (stable(w))
			continue;
		if (w->state == O_PENDING)
			w->end = oracle_tick;
		w->state = O_FAILED;
	}
}

void versions_crash(void)
{
	unsigned int b;

	for (b = 0; b < set_blocks(); b++)
		crash_block(&blocks[b]);
}

/* How many versions a leg may hold; a lot, if it may hold anything. */
unsigned int versions_left(unsigned int b)
{
	struct o_block *block = &blocks[b];
	unsigned int i, n = 0;

	for (i = 0; i < block->nr; i++) {
		if (overwritten(block, block->w[i], oracle_tick + 1))
			continue;
		n += block->w[i]->discard ? 100 : block->w[i]->nr_ids;
	}
	return n;
}

/*
 * Blocks of legs.
 */

static u32 joined(const u32 *ids, unsigned int block)
{
	return content_join(ids + block * block_sectors(), block_sectors());
}

u32 leg_block_id(struct sim_leg *leg, unsigned int block)
{
	return joined(leg->id, block);
}

u32 leg_block_durable(struct sim_leg *leg, unsigned int block)
{
	return joined(leg->durable, block);
}

bool block_any_bit(const unsigned long *map, unsigned int block)
{
	unsigned int from = block * block_sectors();

	return find_next_bit(map, from + block_sectors(), from) <
	       from + block_sectors();
}

bool leg_block_bad(struct sim_leg *leg, unsigned int block)
{
	return block_any_bit(leg->rot, block) ||
	       block_any_bit(leg->unreadable, block);
}

/* A read has returned @id of a block: what is older is not there any more. */
void version_seen(unsigned int b, u32 id)
{
	struct o_block *block = &blocks[b];
	unsigned int i;

	if (id == SIM_ID_ZERO)
		return;
	for (i = 0; i < block->nr; i++)
		if (version_has_id(block->w[i], id) && !block->w[i]->discard &&
		    !block->seen[i])
			block->seen[i] = oracle_tick;
}

static void dump_version(struct o_block *block, unsigned int i)
{
	struct o_write *w = block->w[i];

	fprintf(stderr, "  version %#x%s from %llu to %llu, %s, seen %llu\n",
		w->id[0], w->discard ? " (discard)" : "", w->start, w->end,
		w->state == O_DONE ? "done" :
		w->state == O_FAILED ? "failed" : "pending", block->seen[i]);
}

static void dump_device(struct sim_leg *leg, unsigned int b)
{
	fprintf(stderr, "  device %u: %#x, for good %#x%s%s%s\n",
		leg->index, leg_block_id(leg, b), leg_block_durable(leg, b),
		block_any_bit(leg->rot, b) ? " rot" : "",
		block_any_bit(leg->unreadable, b) ? " unreadable" : "",
		leg->suspect ? " suspect" : "");
}

/* What is known of a block, for whoever has to find out why. */
void oracle_dump(unsigned int b)
{
	struct o_block *block = &blocks[b];
	unsigned int i;

	fprintf(stderr, "block %u at %llu:\n", b, oracle_tick);
	for (i = 0; i < block->nr; i++)
		dump_version(block, i);
	for (i = 0; i < SIM_MAX_DEVS; i++)
		if (set.members & BIT(i))
			dump_device(&sim_legs[i], b);
}
