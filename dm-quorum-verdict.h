/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-verdict.c: the votes on what legs returned, and who lost them.
 *
 * Whoever wants a verdict fills in what is voted on, has the legs read, says
 * which of them answered, and calls, in this order and until one says yes:
 *
 *	quorum_verdict_unanimous()	all legs returned the same
 *	quorum_verdict_request()	one version of the whole has won
 *	quorum_verdict_count() and
 *	quorum_verdict_block()		for each block, lowest first
 *
 * Before the blocks, the others may be read piece by piece, and @bad be set.
 * Between the two calls for a block, a leg's data there may come after all and
 * its bit in @bad be cleared: then the votes are to be counted again.
 *
 * What has won is @answer, but for the blocks that are @undecided.
 */
#ifndef DM_QUORUM_VERDICT_H
#define DM_QUORUM_VERDICT_H

#include <crypto/hash.h>
#include <linux/types.h>

#include "dm-quorum-buf.h"
#include "dm-quorum-vote.h"

/*
 * What a rebuilt leg is given where no block has won: this, and something that
 * neither another leg has nor it had itself, so that it agrees with nobody
 * until the block is written.
 */
#define QUORUM_FILLER	"dm-quorum: no quorum for this.\n"

/**
 * struct quorum_verdict_leg - what is known of one leg
 * @digest: names its version, once legs are known to differ
 * @bad: blocks that could not be read, if it did not return all
 * @lost: blocks in which it lost a vote or could not be read
 * @blame: those in which it lost a vote, and is to blame for that
 */
struct quorum_verdict_leg {
	u8 digest[HASH_MAX_DIGESTSIZE];
	unsigned long *bad;
	unsigned long *lost;
	unsigned long *blame;
};

/**
 * struct quorum_verdict - what is voted on, and what has come of it
 * @threshold: how many legs must agree
 * @nr_legs: how many there are, with or without a vote
 * @block_size: length of a logical block, in bytes
 * @bytes: length of all, likewise
 * @blocks: likewise, in logical blocks
 * @unsettled: legs may differ, and none is to blame for that
 * @torn: and that because all of them were stopped at once: of a block with two
 *	versions, either is as good
 * @hash: names versions
 * @asked: the legs that have a vote
 * @answered: those that returned all
 * @alike: those that returned the same as the lowest of them
 * @off: the part being compared
 * @len: likewise
 * @ballot: who agrees with whom about that part
 * @tally: how many do
 * @tied: blocks decided by the tie rule
 * @settled: blocks without a winner, of which a version was chosen
 * @differ: blocks about which those that could be read differ
 * @undecided: blocks without a winner
 * @answer: where the winning data is
 * @buf: the data of each leg
 * @leg: what else is known of each
 *
 * The caller sets all down to @answered, and the data and @bad of the legs;
 * later on it may change @lost, @undecided and @answer's data to its needs.
 */
struct quorum_verdict {
	unsigned int threshold;
	unsigned int nr_legs;
	unsigned int block_size;
	unsigned int bytes;
	unsigned int blocks;
	bool unsettled;
	bool torn;
	struct crypto_shash *hash;
	u32 asked;
	u32 answered;
	u32 alike;
	unsigned int off;
	unsigned int len;
	u8 ballot[QUORUM_MAX_LEGS];
	struct quorum_tally tally;
	unsigned long *tied;
	unsigned long *settled;
	unsigned long *differ;
	unsigned long *undecided;
	struct quorum_buf *answer;
	struct quorum_buf *buf;
	struct quorum_verdict_leg *leg;
};

size_t quorum_verdict_size(unsigned int nr_legs, unsigned int blocks);
void quorum_verdict_init(struct quorum_verdict *v, void *room);
bool quorum_verdict_unanimous(struct quorum_verdict *v);
bool quorum_verdict_request(struct quorum_verdict *v);
bool quorum_verdict_count(struct quorum_verdict *v, unsigned int block);
void quorum_verdict_block(struct quorum_verdict *v, unsigned int block);
bool quorum_verdict_decided(struct quorum_verdict *v);
bool quorum_verdict_short(struct quorum_verdict *v);

#endif /* DM_QUORUM_VERDICT_H */
