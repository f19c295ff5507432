// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise 6: what legs are given that nobody wrote just now is what won a vote,
 * with threshold votes at least, and on no tie.
 */
#include "oracle.h"

/* How many legs can have voted for @id. */
static unsigned int may_hold(unsigned int b, u32 id)
{
	unsigned int i, n = 0;

	for (i = 0; i < SIM_MAX_DEVS; i++)
		n += set.members & BIT(i) &&
		     (leg_block_id(&sim_legs[i], b) == id ||
		      leg_block_bad(&sim_legs[i], b));
	return n;
}

/* How many have for certain. */
static unsigned int do_hold(unsigned int b, u32 id)
{
	unsigned int i, n = 0;

	for (i = 0; i < SIM_MAX_DEVS; i++)
		n += set.members & BIT(i) && !sim_legs[i].suspect &&
		     !leg_block_bad(&sim_legs[i], b) &&
		     !lacks_any(&sim_legs[i], b) &&
		     leg_block_id(&sim_legs[i], b) == id;
	return n;
}

/* How many hold the one most of them do that is not @id. */
static unsigned int others_hold(unsigned int b, u32 id)
{
	unsigned int i, most = 0;

	for (i = 0; i < SIM_MAX_DEVS; i++)
		if (set.members & BIT(i) &&
		    leg_block_id(&sim_legs[i], b) != id)
			most = max(most, do_hold(b, leg_block_id(&sim_legs[i],
								 b)));
	return most;
}

/* A second look, or the sweep, writes @id to a block of some leg. */
void rewrite_check(unsigned int b, u32 id)
{
	unsigned int may = may_hold(b, id);

	/* Filler is of use to nobody, and harms nobody. */
	if (id & SIM_ID_BAD || !fault_none_moves() ||
	    oracle_too_few_good(b) ||
	    oracle_may_be_settled(b, oracle_tick + 1))
		return;
	if (may < set.threshold) {
		oracle_dump(b);
		sim_fail("promise 6: block %u becomes %#x, which %u legs hold",
			 b, id, may);
	}
	if (fault_none_mute() && others_hold(b, id) >= may) {
		oracle_dump(b);
		sim_fail("promise 6: block %u becomes %#x on a tie", b, id);
	}
}
