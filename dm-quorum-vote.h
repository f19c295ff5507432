/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-vote.c: who wins.  Pure arithmetic on ballots and scores.
 *
 * A set of legs is a u32 with one bit for each.  A ballot is one byte: two
 * voters agree iff their ballots are equal.  For payloads it is the number of
 * the lowest leg with the same content, for errors the blk_status_t.
 */
#ifndef DM_QUORUM_VOTE_H
#define DM_QUORUM_VOTE_H

#include <linux/bitops.h>
#include <linux/time64.h>
#include <linux/types.h>

#define QUORUM_MAX_LEGS		32

/* Every set bit of @mask in turn, lowest first. */
#define quorum_for_each_leg(i, mask)					\
	for (u32 __left = (mask);					\
	     __left && ((i) = __ffs(__left), true);			\
	     __left &= __left - 1)

/**
 * struct quorum_tally - the result of counting ballots
 * @agree: voters that cast the leading ballot
 * @first: the lowest of them
 * @votes: how many they are
 * @tied: another ballot has as many votes
 */
struct quorum_tally {
	u32 agree;
	unsigned int first;
	unsigned int votes;
	bool tied;
};

void quorum_tally(const u8 *ballot, u32 voters, struct quorum_tally *tally);
void quorum_classify(u8 *ballot, u32 voters,
		     bool (*same)(void *ctx, unsigned int a, unsigned int b),
		     void *ctx);

/**
 * struct quorum_score - errors of a leg, of which old ones count less
 * @errors: how many, halved every hour
 * @halved: when they last were, in seconds of any clock
 */
struct quorum_score {
	unsigned int errors;
	time64_t halved;
};

unsigned int quorum_score_add(struct quorum_score *score, time64_t now);

#endif /* DM_QUORUM_VOTE_H */
