// SPDX-License-Identifier: GPL-2.0-only
/*
 * The votes on what legs returned: who agrees with whom, which version wins,
 * who has lost which block and is to blame for it.  It reads no leg and writes
 * none, and of their data it only puts the answer together.
 *
 * The whole is voted on first.  Without a winner each logical block is voted on
 * by itself, by all legs that could read it: the answer does not depend on how
 * the I/O was cut.
 */
#include "dm-quorum-verdict.h"

#include <linux/bitmap.h>
#include <linux/string.h>

/**
 * quorum_verdict_size() - the room that a verdict takes, besides its struct
 * @nr_legs: how many legs there are
 * @blocks: how many logical blocks
 *
 * For each leg a struct, a buffer and three bitmaps, and four for all of them.
 * All of it is zeroed each time, so a small request is given small bitmaps.
 *
 * Return: Bytes.
 */
size_t quorum_verdict_size(unsigned int nr_legs, unsigned int blocks)
{
	size_t longs = (3 * nr_legs + 4) * BITS_TO_LONGS(blocks);

	return nr_legs * (sizeof(struct quorum_verdict_leg) +
			  sizeof(struct quorum_buf)) + longs * sizeof(long);
}

/**
 * quorum_verdict_init() - lay out the room that a verdict takes
 * @v: the verdict; zeroed, but for what is voted on
 * @room: quorum_verdict_size() bytes, zeroed, and aligned as pointers are
 *
 * Context: Any.
 */
void quorum_verdict_init(struct quorum_verdict *v, void *room)
{
	unsigned int longs = BITS_TO_LONGS(v->blocks);
	unsigned long *next;
	unsigned int leg;

	v->leg = room;
	v->buf = (struct quorum_buf *)&v->leg[v->nr_legs];
	next = (unsigned long *)&v->buf[v->nr_legs];
	v->tied = next;
	v->settled = next += longs;
	v->differ = next += longs;
	v->undecided = next += longs;
	for (leg = 0; leg < v->nr_legs; leg++) {
		v->leg[leg].bad = next += longs;
		v->leg[leg].lost = next += longs;
		v->leg[leg].blame = next += longs;
	}
}

static bool same_bytes(void *ctx, unsigned int a, unsigned int b)
{
	struct quorum_verdict *v = ctx;
	unsigned int end = v->off + v->len;

	return quorum_buf_differ(&v->buf[a], &v->buf[b], v->off, v->len) == end;
}

/*
 * Who agrees with the lowest leg is known.  Of others, the digest is a name,
 * not a proof: what it calls equal is compared.
 */
static bool same_version(void *ctx, unsigned int a, unsigned int b)
{
	u32 pair = BIT(a) | BIT(b);
	struct quorum_verdict *v = ctx;

	if (v->alike & pair)
		return (v->alike & pair) == pair;
	return !memcmp(v->leg[a].digest, v->leg[b].digest,
		       HASH_MAX_DIGESTSIZE) && same_bytes(ctx, a, b);
}

/*
 * Two legs are compared sooner than named.  A leg whose hash cannot be computed
 * keeps the name zero.
 */
static void name_versions(struct quorum_verdict *v)
{
	u32 others = v->answered & ~v->alike;
	unsigned int leg;

	if (hweight32(others) <= 2)
		return;
	quorum_for_each_leg(leg, others)
		if (quorum_buf_hash(&v->buf[leg], v->bytes, v->hash,
				    v->leg[leg].digest))
			memset(v->leg[leg].digest, 0, HASH_MAX_DIGESTSIZE);
}

/**
 * quorum_verdict_unanimous() - compare all with the lowest that answered
 * @v: the verdict
 *
 * Context: Any.
 * Return: whether all that were asked returned the same; it is the answer then.
 */
bool quorum_verdict_unanimous(struct quorum_verdict *v)
{
	unsigned int leg;

	v->off = 0;
	v->len = v->bytes;
	quorum_for_each_leg(leg, v->answered)
		if (!v->alike || same_bytes(v, __ffs(v->alike), leg))
			v->alike |= BIT(leg);
	if (v->alike != v->asked)
		return false;
	v->answer = &v->buf[__ffs(v->alike)];
	return true;
}

/* Whether a leg was given nothing but filler when it was rebuilt. */
static bool has_filler(struct quorum_verdict *v, unsigned int leg,
		       unsigned int block)
{
	const void *data = quorum_buf_at(&v->buf[leg], block * v->block_size);

	return !memcmp(data, QUORUM_FILLER, sizeof(QUORUM_FILLER));
}

/* A leg that could be read has lost a block. */
static void lose(struct quorum_verdict *v, unsigned int leg, unsigned int block)
{
	__set_bit(block, v->leg[leg].lost);
	if (!v->unsettled && !has_filler(v, leg, block))
		__set_bit(block, v->leg[leg].blame);
}

/* Mark the blocks in which @leg differs from @winner. */
static void lose_difference(struct quorum_verdict *v, unsigned int leg,
			    unsigned int winner)
{
	unsigned int block = v->block_size;
	unsigned int off = 0;

	while (off < v->bytes) {
		off = quorum_buf_differ(&v->buf[winner], &v->buf[leg], off,
					v->bytes - off) / block * block;
		if (off < v->bytes) {
			lose(v, leg, off / block);
			__set_bit(off / block, v->differ);
		}
		off += block;
	}
}

static bool vote_on(struct quorum_verdict *v, u32 voters)
{
	quorum_tally(v->ballot, voters, &v->tally);
	return v->tally.votes >= v->threshold;
}

/**
 * quorum_verdict_request() - one vote on the whole
 * @v: the verdict, not unanimous
 *
 * What wins it must win each block, too, and so be held by more than half of
 * all legs.
 *
 * Context: May sleep.
 * Return: whether a version has won, and all is said.
 */
bool quorum_verdict_request(struct quorum_verdict *v)
{
	unsigned int leg, winner;

	name_versions(v);
	quorum_classify(v->ballot, v->answered, same_version, v);
	if (!vote_on(v, v->answered) || 2 * v->tally.votes <= v->nr_legs)
		return false;

	winner = v->tally.first;
	v->answer = &v->buf[winner];
	quorum_for_each_leg(leg, v->answered & ~v->tally.agree)
		lose_difference(v, leg, winner);
	quorum_for_each_leg(leg, v->asked & ~v->answered)
		bitmap_fill(v->leg[leg].lost, v->blocks);
	return true;
}

/* The legs that have something to say about a block. */
static u32 block_voters(struct quorum_verdict *v, unsigned int block)
{
	u32 voters = v->answered;
	unsigned int leg;

	quorum_for_each_leg(leg, v->asked & ~v->answered)
		if (!test_bit(block, v->leg[leg].bad))
			voters |= BIT(leg);
	return voters;
}

/**
 * quorum_verdict_count() - count the votes on a block
 * @v: the verdict
 * @block: the block
 *
 * Context: Any.
 * Return: whether a version has won, and not by the tie rule only: another vote
 *	could tell no more about who that is.
 */
bool quorum_verdict_count(struct quorum_verdict *v, unsigned int block)
{
	u32 voters = block_voters(v, block);
	bool won;

	v->off = block * v->block_size;
	v->len = v->block_size;
	quorum_classify(v->ballot, voters, same_bytes, v);
	won = vote_on(v, voters);
	if (voters & ~v->tally.agree)
		__set_bit(block, v->differ);
	return won && !v->tally.tied;
}

/*
 * Whether a version may be chosen although too few have it: only of two, and
 * only if all that have a vote could be read.
 */
static bool may_choose(struct quorum_verdict *v, u32 voters)
{
	u32 others = voters & ~v->tally.agree;
	unsigned int leg;

	if (!v->torn || voters != v->asked || !others)
		return false;
	quorum_for_each_leg(leg, others)
		if (v->ballot[leg] != v->ballot[__ffs(others)])
			return false;
	return true;
}

/**
 * quorum_verdict_block() - say what the votes on a block mean
 * @v: the verdict
 * @block: the block that votes were counted on last
 *
 * The answer is put together in the buffer of the lowest leg, block by block,
 * each after it has been voted on.
 *
 * Context: Any.
 */
void quorum_verdict_block(struct quorum_verdict *v, unsigned int block)
{
	struct quorum_tally *tally = &v->tally;
	u32 voters = block_voters(v, block);
	unsigned int leg;

	v->answer = &v->buf[__ffs(v->asked)];
	if (tally->votes >= v->threshold) {
		if (tally->tied)
			__set_bit(block, v->tied);
	} else if (may_choose(v, voters)) {
		__set_bit(block, v->settled);
	} else {
		__set_bit(block, v->undecided);
		return;
	}
	quorum_for_each_leg(leg, v->asked & ~voters)
		__set_bit(block, v->leg[leg].lost);
	quorum_for_each_leg(leg, voters & ~tally->agree)
		lose(v, leg, block);
	if (v->answer != &v->buf[tally->first])
		quorum_buf_copy(v->answer, &v->buf[tally->first], v->off,
				v->len);
}

/*
 * Whether no block lacks a winner but because too few legs could be read.
 * Context: Any.
 */
bool quorum_verdict_short(struct quorum_verdict *v)
{
	unsigned int block;

	for_each_set_bit(block, v->undecided, v->blocks)
		if (hweight32(block_voters(v, block)) >= v->threshold)
			return false;
	return true;
}

/* Whether every block has a winner.  Context: Any. */
bool quorum_verdict_decided(struct quorum_verdict *v)
{
	return bitmap_empty(v->undecided, v->blocks);
}
