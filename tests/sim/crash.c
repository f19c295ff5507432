// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine crashes: whatever runs is gone, and of what legs were told to
 * write and not to flush any part is there.  Then the same legs are used again:
 * those that may have missed something are rebuilt, as the user has to say who
 * has no metadata; mostly with the option sync.
 */
#include "oracle.h"

/* In one seed. */
#define MAX_CRASHES	16

static u32 suspects(const struct sim_set *s)
{
	unsigned int i;
	u32 legs = 0;

	for (i = 0; i < s->nr_legs; i++)
		if (s->dev[i] >= 0 && sim_legs[s->dev[i]].suspect)
			legs |= BIT(i);
	return legs;
}

/*
 * With allow_minority, good legs that a crash left different do not outvote one
 * that is wrong.
 */
static bool liar_might_win(void)
{
	unsigned int i;

	if (!set.minority)
		return false;
	if (fault_plan.rot || fault_plan.lost || fault_plan.misplaced ||
	    fault_plan.torn)
		return true;
	for (i = 0; i < SIM_MAX_DEVS; i++)
		if (set.members & BIT(i) &&
		    (!bitmap_empty(sim_legs[i].rot, SIM_MAX_SECTORS) ||
		     !bitmap_empty(sim_legs[i].rot_durable, SIM_MAX_SECTORS)))
			return true;
	return false;
}

/* Whether enough legs would be left that can be trusted. */
bool crash_bearable(void)
{
	struct sim_set next = set;

	next.rebuild = suspects(&next);
	return had->crashes < min_t(u64, caps.crashes, MAX_CRASHES) &&
	       !versions_forgotten &&
	       !liar_might_win() && !set.readonly && table_enough(&next);
}

/* Between two lives. */
void crash_happens(void)
{
	struct sim_set next = set;

	had->crashes++;
	cover.crashes++;
	legs_crash();
	oracle_crash();
	/* Locks that are there again belong to classes that are known. */
	locks_reset();
	mem_crash();
	sim_module_init();
	next.rebuild = next.metadata ? 0 : suspects(&next);
	past_happens(&next);
	next.sync = next.nr_legs > 1 && rnd_chance(70);
	next.torn = !next.sync && !next.metadata;
	/* Who differs after a crash would be failed for it. */
	next.max_errors = 0;
	table_in_use(&next);
	fault_plan.on = true;
}

/* Not in one piece, or given something else where it had no winner. */
static bool is_spoilt(struct sim_leg *leg, unsigned int block)
{
	return leg_block_bad(leg, block) ||
	       lacks_filled(leg, block, leg_block_id(leg, block));
}

/* All legs are there, whole, and trusted. */
static bool all_well(unsigned int block)
{
	unsigned int i;

	if (hweight32(set.members) != set.nr_legs || suspects(&set))
		return false;
	for (i = 0; i < SIM_MAX_DEVS; i++)
		if (set.members & BIT(i) && is_spoilt(&sim_legs[i], block))
			return false;
	return true;
}

/* Promise 7: of an odd number of legs most have the one or the other. */
static void check_majority(unsigned int block, unsigned int most)
{
	if (set.nr_legs % 2 && set.threshold == set.nr_legs / 2 + 1 &&
	    all_well(block) && versions_left(block) <= 2 &&
	    most < set.threshold) {
		oracle_dump(block);
		sim_fail("promise 7: block %u has no majority after a crash",
			 block);
	}
}

/*
 * M3: what a crash has left in two versions is settled by whoever reads it.  In
 * what is nowhere dirty that cannot be; a leg may be behind.
 */
static bool must_be_settled(unsigned int block)
{
	return set.metadata && !set.vague && all_well(block) &&
	       versions_left(block) <= 2 && !fault_plan.overload;
}

/* Whether no version is on enough legs, good or not. */
static bool has_no_winner(unsigned int block)
{
	unsigned int i, j, n;

	for (i = 0; i < SIM_MAX_DEVS; i++) {
		if (!(set.members & BIT(i)))
			continue;
		for (j = n = 0; j < SIM_MAX_DEVS; j++)
			n += set.members & BIT(j) &&
			     (leg_block_bad(&sim_legs[j], block) ||
			      leg_block_id(&sim_legs[i], block) ==
			      leg_block_id(&sim_legs[j], block));
		if (n >= set.threshold)
			return false;
	}
	return true;
}

/* What T legs hold can be read, and what was flushed they hold. */
static void check_block(unsigned int block)
{
	u32 id;
	unsigned int most = most_common(block, &id);
	bool none = set.blurred && has_no_winner(block);
	blk_status_t status;

	status = request_one(REQ_OP_READ, block * block_sectors(),
			     block_sectors(), 0);
	if (!status && none) {
		oracle_dump(block);
		sim_fail("M4: block %u is read, and bitmaps were lost", block);
	}
	if (status && must_be_settled(block)) {
		oracle_dump(block);
		sim_fail("M3: block %u cannot be read after a crash: %u", block,
			 status);
	}
	/* With more faults than there may be, legs may be known to lack it. */
	if (!status || most < max(set.threshold, set.nr_legs / 2 + 1) ||
	    (set.metadata && fault_plan.overload))
		return;
	oracle_dump(block);
	sim_fail("promise 7: block %u cannot be read after a crash: %u", block,
		 status);
}

/* Several blocks at once, and then each by itself if that does not work. */
static void check_blocks(unsigned int first, unsigned int n)
{
	unsigned int b;
	u32 id;

	for (b = first; b < first + n; b++)
		check_majority(b, most_common(b, &id));
	/* Nothing wins where it is not to be chosen. */
	if (n > 1 && !set.blurred &&
	    !request_one(REQ_OP_READ, first * block_sectors(),
			 n * block_sectors(), 0))
		return;
	for (b = first; b < first + n; b++)
		check_block(b);
}

void crash_check(void)
{
	unsigned int b, n, most = rnd_chance(25) ? 1 : rnd_range(2, 16);

	if (set.pattern == SIM_FIFO || set.blkverify)
		return;
	fault_plan.on = false;
	for (b = 0; b < set_blocks(); b += n) {
		n = min(most, set_blocks() - b);
		check_blocks(b, n);
	}
	fault_plan.on = true;
}
