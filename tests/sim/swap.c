// SPDX-License-Identifier: GPL-2.0-only
/*
 * Legs with metadata that are swapped for blank devices: between two lives, or
 * by another table.  M2: a blank one takes no part unless the table says so,
 * nothing is made of one that is not blank, and the one that was there before
 * is no leg any more once the others know.
 */
#include "sim.h"
#include "leg.h"
#include "oracle.h"

static bool is_named(const struct sim_set *s, unsigned int dev)
{
	unsigned int i;

	for (i = 0; i < s->nr_legs; i++)
		if (s->home[i] == (int)dev)
			return true;
	return false;
}

/* One that is of no other use; it may have been a leg. */
static int spare(const struct sim_set *s)
{
	unsigned int from = rnd_below(s->nr_legs + 2), i;

	for (i = 0; i < s->nr_legs + 2; i++) {
		unsigned int dev = (from + i) % (s->nr_legs + 2);

		if (!is_named(s, dev) && !sim_legs[dev].out &&
		    !sim_legs[dev].hung)
			return dev;
	}
	return -1;
}

/* It says of no set that it is its leg. */
static bool is_nobodys(struct sim_leg *leg)
{
	return !past_says_who(leg, 0) && !past_says_who(leg, 1);
}

static bool is_blank(struct sim_leg *leg)
{
	return !memchr_inv(leg->disk, 0, leg->start * SECTOR_SIZE);
}

static void wipe(struct sim_leg *leg)
{
	trace("leg %u is made blank", leg->index);
	memset(leg->disk, 0, leg->start * SECTOR_SIZE);
	bitmap_zero(leg->meta_dirty, SIM_MAX_START);
	leg_stamp(leg);
}

/* It is new, and holds nothing of what it has to. */
static void begin_anew(struct sim_set *s, struct sim_leg *leg)
{
	unsigned int i;

	for (i = 0; i < s->nr_legs; i++)
		if (s->former[i] == (int)leg->index)
			s->former[i] = -1;
	past_forget(leg);
	wipe(leg);
	/* Somebody else may have used it; the user is told to wipe it. */
	if (rnd_chance(20))
		leg->disk[rnd_below(leg->start * SECTOR_SIZE)] = 1;
	table_new_device(leg);
	leg->suspect = true;
}

/* Put a blank device in the place of a leg, if others are enough. */
void swap_leg(struct sim_set *next, unsigned int slot)
{
	int dev = spare(next), old = next->home[slot];

	if (fault_plan.overload || dev < 0)
		return;
	/* One that does not answer cannot be seen to be blank. */
	if (next->timeout && (fault_plan.stall || fault_plan.hang))
		return;
	if (!fault_suspect(&sim_legs[old]))
		return;
	cover.swaps++;
	begin_anew(next, &sim_legs[dev]);
	if (!is_nobodys(&sim_legs[old]))
		next->former[slot] = old;
	next->home[slot] = dev;
	next->dev[slot] = dev;
	next->fresh |= BIT(slot);
	next->replaced &= ~BIT(slot);
	set_calc(next);
}

static bool is_due(const struct sim_set *s, unsigned int slot)
{
	return s->fresh & BIT(slot) && s->dev[slot] >= 0 &&
	       is_nobodys(&sim_legs[s->home[slot]]);
}

/* Whether the table has a leg that it has to name as new. */
bool swap_is_due(const struct sim_set *s)
{
	unsigned int i;

	for (i = 0; i < s->nr_legs; i++)
		if (is_due(s, i))
			return true;
	return false;
}

/* Name a leg that is new; there may be one at a time. */
void swap_fit(struct sim_set *next)
{
	unsigned int i;

	for (i = 0; i < next->nr_legs; i++) {
		if (!is_due(next, i))
			continue;
		if (next->rebuild) {
			next->dev[i] = -1;
			continue;
		}
		if (!is_blank(&sim_legs[next->home[i]]))
			wipe(&sim_legs[next->home[i]]);
		next->rebuild = BIT(i);
	}
	set_calc(next);
}

/* It is in use: the others know who is new. */
void swap_done(void)
{
	set.replaced |= set.metadata ? set.rebuild : 0;
}

/*
 * What is to be refused.
 */

static int try(const struct sim_set *other)
{
	struct sim_set old = set;
	char text[1024], *error = NULL;
	int r;

	set = *other;
	table_text(text, sizeof(text));
	set = old;
	r = md_load(&sim_md, text, set.begin, set.len,
		    BLK_OPEN_READ | BLK_OPEN_WRITE, &error);
	md_unload(&sim_md);
	cover.refused += !!r;
	return r;
}

/* The table does not say that it may be made a leg; or it is not blank. */
static void offer_new(unsigned int slot)
{
	struct sim_leg *leg = &sim_legs[set.home[slot]];
	struct sim_set other = set;

	other.dev[slot] = set.home[slot];
	other.rebuild = is_blank(leg) ? 0 : BIT(slot);
	set_calc(&other);
	if (!try(&other))
		sim_fail("M2: a leg is made of device %u, %s", leg->index,
			 is_blank(leg) ? "unasked" : "which is not blank");
}

/*
 * The device that was there before.  As long as nobody knows of another it may
 * take part again.
 */
static void offer_former(unsigned int slot)
{
	struct sim_set other = set;

	other.dev[slot] = set.former[slot];
	other.home[slot] = set.former[slot];
	other.former[slot] = -1;
	set_calc(&other);
	if (try(&other))
		return;
	if (set.replaced & BIT(slot))
		sim_fail("M2: leg %u is taken back, and was replaced", slot);
	if (rnd_chance(50))
		table_in_use(&other);
}

/* Of as many legs as it takes, one is not to be trusted. */
static void offer_few(unsigned int slot)
{
	struct sim_set other = set;
	unsigned int i, n = hweight32(set.members);

	for (i = 0; i < set.nr_legs && n > set.threshold; i++)
		if (i != slot && other.dev[i] >= 0) {
			other.dev[i] = -1;
			n--;
		}
	other.rebuild = BIT(slot);
	set_calc(&other);
	if (!try(&other))
		sim_fail("M1: a set is made of %u legs, and %u have to agree",
			 n - 1, set.threshold);
}

/* Before a set is put into use again. */
void swap_offer(void)
{
	unsigned int slot = rnd_below(set.nr_legs);
	bool on = fault_plan.on;

	if (!past_began() || fault_plan.overload || !rnd_chance(50))
		return;
	fault_plan.on = false;
	if (set.fresh & BIT(slot) && is_nobodys(&sim_legs[set.home[slot]]))
		offer_new(slot);
	else if (set.dev[slot] >= 0 && !swap_is_due(&set) && rnd_chance(20))
		offer_few(slot);
	if (set.former[slot] >= 0 && set.dev[slot] >= 0)
		offer_former(slot);
	fault_plan.on = on;
}
