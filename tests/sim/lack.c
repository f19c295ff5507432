// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each leg lacks of each block: a write that was acknowledged and that it
 * missed, or what it has not stored though others have since been flushed.  No
 * leg is asked for a block it lacks: there it has no vote (promises 2 and 3).
 */
#include "oracle.h"

#define MAX_BLOCKS	128

/**
 * struct lack - what a leg lacks of a block; times are of oracle_tick
 * @took: when it was written to last
 * @missed: since when it lacks a write; 0 if it does not
 * @unstored: since when it would have to have stored what it held then
 * @holds: what that was
 * @refused: it did not take what it was to be made like the others with
 * @filler: what it was last given where nobody had won; 0 if it never was
 * @filling: what it is being given there, or would have been
 */
struct lack {
	u64 took;
	u64 missed;
	u64 unstored;
	u32 holds;
	bool refused;
	u32 filler;
	u32 filling;
};

static struct lack lacks[SIM_MAX_DEVS][MAX_BLOCKS];

static struct lack *lack_of(struct sim_leg *leg, unsigned int b)
{
	return &lacks[leg->index][b];
}

/* Nothing that it holds is to be trusted. */
void lacks_all(struct sim_leg *leg)
{
	unsigned int b;

	for (b = 0; b < set_blocks(); b++)
		lack_of(leg, b)->missed = max(oracle_tick, 1ULL);
}

void lacks_init(void)
{
	unsigned int i;

	memset(lacks, 0, sizeof(lacks));
	for (i = 0; i < set.nr_legs; i++)
		if (set.rebuild & BIT(i))
			lacks_all(&sim_legs[set.dev[i]]);
}

static bool stored(struct sim_leg *leg, unsigned int b)
{
	return leg_block_id(leg, b) == leg_block_durable(leg, b);
}

/* Zeroes, and what is no version, do not tell when they were written. */
static bool tells(u32 id)
{
	return id != SIM_ID_ZERO && !(id & SIM_ID_BAD);
}

bool lacks_any(struct sim_leg *leg, unsigned int b)
{
	return lack_of(leg, b)->missed;
}

void lacks_refused(struct sim_leg *leg, unsigned int b)
{
	lack_of(leg, b)->refused = true;
}

/* Whether it is its own fault if it differs from others. */
bool lacks_by_fault(struct sim_leg *leg, unsigned int b)
{
	return lack_of(leg, b)->refused;
}

/* Whether it holds what the module gave it where nobody had won. */
bool lacks_filled(struct sim_leg *leg, unsigned int b, u32 id)
{
	struct lack *l = lack_of(leg, b);

	return id && (l->filler == id || l->filling == id);
}

/* The module begins to write @id on its own account. */
void lacks_fills(struct sim_leg *leg, unsigned int b, u32 id)
{
	if (id & SIM_ID_BAD)
		lack_of(leg, b)->filling = id;
}

static void has_to_store(struct lack *l, u32 id)
{
	l->unstored = oracle_tick;
	l->holds = id;
}

/*
 * What it had to store it may have stored since, when it came back, and then
 * been given something else, which it need not have.
 */
static bool still_unstored(struct sim_leg *leg, unsigned int b)
{
	struct lack *l = lack_of(leg, b);

	return l->unstored && leg_block_id(leg, b) == l->holds &&
	       !stored(leg, b);
}

/*
 * A leg has taken version @id of a block, which, if @quiet, the module wrote on
 * its own account.
 */
void lacks_took(struct sim_leg *leg, unsigned int b, u32 id, bool quiet)
{
	struct lack *l = lack_of(leg, b);
	bool stale = l->missed;

	l->took = oracle_tick;
	l->missed = 0;
	l->unstored = 0;
	l->refused = false;
	if (quiet && id & SIM_ID_BAD)
		l->filler = id;
	/* It is rebuilt with what others have stored. */
	if (stale && tells(id) && leg_block_id(leg, b) == id &&
	    !stored(leg, b) && version_stable(b, id))
		has_to_store(l, id);
}

/* With metadata, one that is away or was replaced is known to miss it. */
static bool is_leg(unsigned int dev)
{
	return set.metadata || set.members & BIT(dev);
}

/* A write has been acknowledged. */
void lacks_write(struct o_op *o, unsigned int b, unsigned int i)
{
	unsigned int dev;

	for (dev = 0; dev < SIM_MAX_DEVS; dev++) {
		struct lack *l = &lacks[dev][b];

		if (is_leg(dev) && !(o->took[i] & BIT(dev)) &&
		    l->took < o->took_at[i])
			l->missed = oracle_tick;
	}
}

/* With metadata, legs know who lacks a write that has been acknowledged now. */
void lacks_known(unsigned int b)
{
	unsigned int i;

	for (i = 0; i < set.nr_legs; i++)
		if (lacks[set.home[i]][b].missed == oracle_tick)
			known_missed(b, i);
}

/* What was acknowledged before @when is stored, wherever it counts. */
void lacks_flush(u64 when)
{
	unsigned int dev, b;

	for (dev = 0; dev < SIM_MAX_DEVS; dev++) {
		struct sim_leg *leg = &sim_legs[dev];

		for (b = 0; set.members & BIT(dev) && b < set_blocks(); b++) {
			struct lack *l = &lacks[dev][b];
			u32 id = leg_block_id(leg, b);

			if (!l->missed && !l->unstored && l->took < when &&
			    tells(id) && !stored(leg, b) &&
			    version_ended(b, id, when))
				has_to_store(l, id);
		}
	}
}

/*
 * A leg is asked.  A second look or a sweep holds the range, in which no write
 * ends meanwhile; another read may have chosen its legs when it began.
 */
void lacks_asked(struct sim_leg *leg, unsigned int b, bool held, u64 since)
{
	struct lack *l = lack_of(leg, b);

	if (l->missed && (held || l->missed < since)) {
		oracle_dump(b);
		sim_fail("promise 2: device %u lacks block %u, and is asked",
			 leg->index, b);
	}
	if (still_unstored(leg, b) && l->unstored < since) {
		oracle_dump(b);
		sim_fail("promise 3: device %u is asked for block %u unstored",
			 leg->index, b);
	}
}
