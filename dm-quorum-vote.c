// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who wins, and who has lost too often.  Everything here is arithmetic: it
 * knows neither bios nor devices, sleeps nowhere and may be called in any
 * context.
 */
#include "dm-quorum-vote.h"

#include <linux/bitops.h>
#include <linux/string.h>

#define SCORE_HALF_LIFE		3600	/* seconds */

/* The voters in @voters whose ballot equals that of @leg. */
static u32 voters_like(const u8 *ballot, u32 voters, unsigned int leg)
{
	u32 like = 0;
	unsigned int i;

	quorum_for_each_leg(i, voters)
		if (ballot[i] == ballot[leg])
			like |= BIT(i);
	return like;
}

/**
 * quorum_tally() - count ballots
 * @ballot: one for each leg; those of legs outside @voters are ignored
 * @voters: who votes
 * @tally: the result; all zero without voters
 *
 * The ballot with most votes leads; of several with as many, the one that the
 * lowest-numbered leg cast.  Whether it wins is the caller's threshold's to
 * say.
 */
void quorum_tally(const u8 *ballot, u32 voters, struct quorum_tally *tally)
{
	u32 left = voters;

	memset(tally, 0, sizeof(*tally));
	while (left) {
		unsigned int first = __ffs(left);
		u32 agree = voters_like(ballot, left, first);
		unsigned int votes = hweight32(agree);

		if (votes > tally->votes) {
			tally->agree = agree;
			tally->first = first;
			tally->votes = votes;
			tally->tied = false;
		} else if (votes == tally->votes) {
			tally->tied = true;
		}
		left &= ~agree;
	}
}

/**
 * quorum_classify() - turn pairwise comparison into ballots
 * @ballot: set for each leg in @voters to the lowest voter it equals
 * @voters: who votes
 * @same: whether two voters are equal; must be an equivalence
 * @ctx: handed to @same
 *
 * Compares each voter with one representative of each version met so far.
 */
void quorum_classify(u8 *ballot, u32 voters,
		     bool (*same)(void *ctx, unsigned int a, unsigned int b),
		     void *ctx)
{
	u32 versions = 0;
	unsigned int i;

	quorum_for_each_leg(i, voters) {
		u32 rest = versions;

		ballot[i] = i;
		while (rest && ballot[i] == i) {
			unsigned int version = __ffs(rest);

			if (same(ctx, version, i))
				ballot[i] = version;
			rest &= rest - 1;
		}
		if (ballot[i] == i)
			versions |= BIT(i);
	}
}

/**
 * quorum_score_add() - add an error to those of a leg
 * @score: the errors so far; all zero to begin with
 * @now: the time, in seconds; does not go back
 *
 * Context: The caller sees to it that nobody else adds one.
 * Return: How many count now.
 */
unsigned int quorum_score_add(struct quorum_score *score, time64_t now)
{
	while (score->errors && now - score->halved >= SCORE_HALF_LIFE) {
		score->errors /= 2;
		score->halved += SCORE_HALF_LIFE;
	}
	if (!score->errors)
		score->halved = now;
	return ++score->errors;
}
