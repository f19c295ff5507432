// SPDX-License-Identifier: GPL-2.0-only
/*
 * Another table for the device: the one it reports, or one with other options,
 * or with a leg replaced, added or left out.
 */
#include "oracle.h"

void table_in_use(const struct sim_set *next)
{
	unsigned int generation = set.generation;

	set = *next;
	set.generation = generation + 1;
	set_calc(&set);
	audit_new_epoch();
}

/* Legs of the table in use that must not be trusted by another one. */
static u32 not_whole(const struct o_status *st)
{
	unsigned int i;
	u32 legs = 0;

	for (i = 0; i < set.nr_legs; i++)
		if (st->health[i] != 'A' && st->health[i] != '-')
			legs |= BIT(i);
	return legs;
}

static unsigned int present(const struct sim_set *s)
{
	return hweight32(s->members);
}

static int spare_device(void)
{
	unsigned int i;

	for (i = 0; i < SIM_MAX_DEVS; i++)
		if (!(set.members & BIT(i)) && set.leg_block[i] <=
		    sim_md.queue.limits.logical_block_size)
			return i;
	return -1;
}

/* A device that is new to the set holds something else. */
void table_new_device(struct sim_leg *leg)
{
	bitmap_zero(leg->rot, SIM_MAX_SECTORS);
	bitmap_zero(leg->unreadable, SIM_MAX_SECTORS);
	leg->dead = false;
	leg_garbage(leg, 0, set.len);
	lacks_all(leg);
}

/* Whether enough legs stay that are trusted everywhere. */
bool table_enough(const struct sim_set *s)
{
	return hweight32(s->members) - hweight32(s->rebuild) >= s->threshold;
}

static void replace_leg(struct sim_set *next, unsigned int slot)
{
	struct sim_set old = *next;
	int dev = spare_device();

	if (dev < 0)
		return;
	next->dev[slot] = dev;
	next->rebuild |= BIT(slot);
	set_calc(next);
	if (!table_enough(next) || !fault_suspect(&sim_legs[dev]) ||
	    (old.dev[slot] >= 0 && !fault_suspect(&sim_legs[old.dev[slot]]))) {
		*next = old;
		return;
	}
	table_new_device(&sim_legs[dev]);
}

static void drop_leg(struct sim_set *next, unsigned int slot)
{
	struct sim_set old = *next;

	next->dev[slot] = -1;
	next->rebuild &= ~BIT(slot);
	set_calc(next);
	if (!table_enough(next) || present(next) < next->need ||
	    (old.dev[slot] >= 0 && !fault_suspect(&sim_legs[old.dev[slot]])))
		*next = old;
}

static void change(struct sim_set *next)
{
	unsigned int slot = rnd_below(next->nr_legs);

	if (next->metadata && next->dev[slot] < 0) {
		next->dev[slot] = next->home[slot];
		set_calc(next);
	} else if (rnd_chance(50)) {
		next->rewrite = !next->rewrite && next->nr_legs > 1 &&
				next->pattern != SIM_FIFO && !next->blkverify;
		next->max_errors = 0;
		if (!next->metadata)
			next->region = block_sectors() << rnd_below(7);
		next->rate = 0;
	}
	if (rnd_chance(30) && next->metadata)
		swap_leg(next, slot);
	else if (rnd_chance(30) && !next->metadata)
		replace_leg(next, slot);
	else if (rnd_chance(30))
		drop_leg(next, slot);
}

static void mark_suspects(void)
{
	unsigned int i;

	for (i = 0; i < set.nr_legs; i++)
		if (set.rebuild & BIT(i))
			sim_legs[set.dev[i]].suspect = true;
}

/* Load @text for @next, and use it if that works. */
static void use(const char *text, const struct sim_set *next)
{
	char *error = NULL;
	int r;

	mem_plan.ctr_fails = rnd_chance(10) ? 200 : 0;
	r = md_load(&sim_md, text, next->begin, next->len,
		    BLK_OPEN_READ | BLK_OPEN_WRITE, &error);
	/* Legs that lack different things may be too few to rebuild from. */
	if (r && !mem_plan.ctr_fails && table_enough(next))
		sim_fail("table %s is refused: %s", text, error);
	mem_plan.ctr_fails = 0;
	if (r)
		return;
	cover.reloads++;
	table_in_use(next);
	mark_suspects();
}

static void changed_table(const struct o_status *st, char *text, size_t size,
			  struct sim_set *next)
{
	struct sim_set old = set;

	next->rebuild = next->metadata ? 0 : not_whole(st);
	/* Legs may differ, and this one does not say so. */
	next->torn |= !!strstr(text, " sync");
	next->sync = false;
	set_calc(next);
	if (!table_enough(next))
		return;
	change(next);
	if (next->metadata)
		swap_fit(next);
	set = *next;
	table_text(text, size);
	set = old;
}

/*
 * With metadata that takes a quorum: if too many legs have faults, the user
 * tries again without.
 */
void table_resume(void)
{
	bool on = fault_plan.on;
	int r = md_resume(&sim_md);

	if (!r) {
		swap_done();
		return;
	}
	if (!set.metadata || !fault_plan.overload)
		sim_fail("the device cannot be resumed: %d", r);
	fault_plan.on = false;
	r = md_resume(&sim_md);
	fault_plan.on = on;
	if (r)
		sim_fail("the device cannot be resumed by whole legs: %d", r);
}

/* With metadata: all legs are there again. */
void table_bring_home(void)
{
	struct sim_set next = set, old = set;
	char text[1024];

	memcpy(next.dev, set.home, sizeof(next.dev));
	set_calc(&next);
	if (next.members == set.members)
		return;
	md_suspend(&sim_md, false, false);
	audit_fold();
	set = next;
	table_text(text, sizeof(text));
	set = old;
	/* There may be no memory for it. */
	while (set.members != next.members)
		use(text, &next);
	table_resume();
}

void table_reload(bool noflush)
{
	struct sim_set next = set;
	struct o_status st;
	char text[1024];

	if (md_suspend(&sim_md, noflush, rnd_chance(10)))
		return;
	md_status(&sim_md, STATUSTYPE_TABLE, text, sizeof(text));
	audit_status(&st);
	audit_fold();
	next.rebuild = next.metadata ? 0 : not_whole(&st);
	if (rnd_chance(50) || swap_is_due(&next))
		changed_table(&st, text, sizeof(text), &next);
	use(text, &next);
	table_resume();
}
