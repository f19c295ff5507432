// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of legs with metadata while the machine is off: one is set back
 * to what it was after an earlier crash, loses some of its metadata, is taken
 * away, is there again, or has been swapped for a blank one.  M1, M2 and M4:
 * the target has to find out.
 */
#include "sim.h"
#include "leg.h"
#include "oracle.h"
#include "run.h"

/* Where metadata is, in sectors: what dm-quorum-format.h says. */
#define SUPER		8
#define SUPER_STRIDE	120
#define BLOCKS		256
#define UNIT		8

static struct {
	bool ready;
	int leg;
	u8 disk[SIM_MAX_START * SECTOR_SIZE];
	u32 durable[SIM_MAX_SECTORS];
	DECLARE_BITMAP(rot, SIM_MAX_SECTORS);
} past;

void past_init(void)
{
	past.leg = -1;
	past.ready = false;
}

/* The set has been in use: before that, it is not one. */
void past_begins(void)
{
	past.ready = true;
}

bool past_began(void)
{
	return past.ready;
}

static struct sim_leg *any_leg(const struct sim_set *s)
{
	int dev = s->dev[rnd_below(s->nr_legs)];

	return dev < 0 ? NULL : &sim_legs[dev];
}

/* This is what it may be set back to. */
static void keep(struct sim_leg *leg)
{
	past.leg = leg->index;
	memcpy(past.disk, leg->disk, sizeof(past.disk));
	memcpy(past.durable, leg->durable, sizeof(past.durable));
	bitmap_copy(past.rot, leg->rot_durable, SIM_MAX_SECTORS);
}

static void set_back(struct sim_leg *leg)
{
	trace("leg %u is set back", leg->index);
	cover.set_back++;
	memcpy(leg->disk, past.disk, sizeof(past.disk));
	leg_stamp(leg);
	memcpy(leg->durable, past.durable, sizeof(past.durable));
	memcpy(leg->id, past.durable, sizeof(past.durable));
	bitmap_copy(leg->rot_durable, past.rot, SIM_MAX_SECTORS);
	bitmap_copy(leg->rot, past.rot, SIM_MAX_SECTORS);
	leg->set_back = true;
	past.leg = -1;
}

static void garble(struct sim_leg *leg, unsigned int sector, unsigned int n)
{
	unsigned int i;

	trace("leg %u loses metadata at %u+%u", leg->index, sector, n);
	cover.garbled++;
	leg_stamp(leg);
	for (i = 0; i < n * SECTOR_SIZE; i++)
		leg->disk[sector * SECTOR_SIZE + i] = rnd_below(256);
}

/* Whether that slot says whose leg it is. */
bool past_says_who(struct sim_leg *leg, unsigned int slot)
{
	return !memcmp(leg->disk + (SUPER + slot * SUPER_STRIDE) * SECTOR_SIZE,
		       "dmquorum", 8);
}

/*
 * Whether that would still be known of a leg that cannot be read there.  Nor is
 * a leg made of what cannot be seen to be blank.
 */
bool past_spares(struct sim_leg *leg, sector_t at)
{
	bool first = past_says_who(leg, 0), second = past_says_who(leg, 1);

	if (at >= BLOCKS)
		return first || second;
	return at < SUPER + SUPER_STRIDE ? second : first;
}

/*
 * A slot; or all but who it is; or all bitmaps.  A leg of which nothing says
 * whose it is would be left alone for good.
 */
static void lose_metadata(struct sim_leg *leg)
{
	unsigned int slot;

	switch (rnd_below(3)) {
	case 0:
		slot = rnd_below(2);
		if (past_says_who(leg, !slot))
			garble(leg, SUPER + slot * SUPER_STRIDE, UNIT);
		break;
	case 1:
		garble(leg, SUPER + 1, UNIT - 1);
		garble(leg, SUPER + SUPER_STRIDE + 1, UNIT - 1);
		break;
	case 2:
		garble(leg, BLOCKS, leg->start - BLOCKS);
		break;
	}
}

/*
 * M4: what is corrupt on too many legs is taken for "may differ", so that costs
 * none of them its vote.
 */
static void lose_all_bitmaps(struct sim_set *next)
{
	unsigned int i;

	next->blurred = true;
	next->vague = true;
	for (i = 0; i < next->nr_legs; i++)
		garble(&sim_legs[next->home[i]], BLOCKS,
		       sim_legs[next->home[i]].start - BLOCKS);
}

static void take_away(struct sim_set *next)
{
	unsigned int slot = rnd_below(next->nr_legs);
	struct sim_set old = *next;

	if (next->dev[slot] < 0)
		return;
	next->dev[slot] = -1;
	set_calc(next);
	if (!table_enough(next) || hweight32(next->members) < next->need ||
	    !fault_suspect(&sim_legs[old.dev[slot]]))
		*next = old;
}

/* It is another device now. */
void past_forget(struct sim_leg *leg)
{
	if (past.leg == (int)leg->index)
		past.leg = -1;
}

/* Between a crash and the next life. */
void past_happens(struct sim_set *next)
{
	struct sim_leg *leg = any_leg(next);

	next->blurred = false;
	if (!next->metadata || !past.ready || fault_plan.overload)
		return;
	if (rnd_chance(50))
		memcpy(next->dev, next->home, sizeof(next->dev));
	if (rnd_chance(25))
		take_away(next);
	if (rnd_chance(15))
		swap_leg(next, rnd_below(next->nr_legs));
	set_calc(next);
	if (leg && rnd_chance(35) && fault_suspect(leg)) {
		if (past.leg == (int)leg->index)
			set_back(leg);
		else
			lose_metadata(leg);
	}
	if (rnd_chance(5))
		lose_all_bitmaps(next);
	leg = any_leg(next);
	if (leg && (past.leg < 0 || rnd_chance(30)))
		keep(leg);
}
