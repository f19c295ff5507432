// SPDX-License-Identifier: GPL-2.0-only
/*
 * What legs with metadata have stored of it is enough, at any moment: whichever
 * legs answer next time, as long as they are no fewer than it takes, the newest
 * of them says what has to be known (M1).
 */
#include "dm-quorum-format.h"
#include "oracle.h"

/**
 * struct answer - what a leg would say
 * @epoch: how new that is
 * @number: likewise, within the epoch
 * @knows: it says what it should
 * @valid: it says anything
 */
struct answer {
	u64 epoch;
	u64 number;
	bool knows;
	bool valid;
};

/* As many as cannot all have missed what a quorum took. */
static unsigned int fewest(void)
{
	return set.nr_legs - set.threshold + 1;
}

static bool is_newer(const struct answer *a, const struct answer *b)
{
	return a->epoch == b->epoch ? a->number > b->number :
				      a->epoch > b->epoch;
}

/* Whether @nr answers may be found of which the newest does not know. */
static bool may_be_unknown(const struct answer *answer, unsigned int nr)
{
	unsigned int i, j, n;

	for (i = 0; i < set.nr_legs; i++) {
		if (!answer[i].valid || answer[i].knows)
			continue;
		for (j = n = 0; j < set.nr_legs; j++)
			n += answer[j].valid &&
			     !is_newer(&answer[j], &answer[i]);
		if (n >= nr)
			return true;
	}
	return false;
}

static struct sim_leg *leg_at(unsigned int slot)
{
	return &sim_legs[set.home[slot]];
}

static const void *stored_at(unsigned int slot, sector_t sector)
{
	return leg_at(slot)->disk + sector * SECTOR_SIZE;
}

static bool sum_is_right(const void *unit, size_t at)
{
	u8 copy[QUORUM_DISK_UNIT];
	__le32 sum;

	memcpy(copy, unit, sizeof(copy));
	memcpy(&sum, copy + at, sizeof(sum));
	memset(copy + at, 0, sizeof(sum));
	return le32_to_cpu(sum) == ~crc32c(~0, copy, sizeof(copy));
}

/*
 * Whether 4096 bytes, the @nr'th of a leg, are whole: their sum is there, and
 * no part of it.  They are looked at again only when some have changed.
 */
static bool is_whole(unsigned int slot, unsigned int nr, const void *unit,
		     size_t at)
{
	static struct {
		u64 stamp;
		bool whole;
	} before[SIM_MAX_DEVS][4], *b;

	b = &before[set.home[slot]][nr];
	if (b->stamp != leg_at(slot)->meta_stamp)
		b->whole = sum_is_right(unit, at);
	b->stamp = leg_at(slot)->meta_stamp;
	return b->whole;
}

/* The newer of the bitmap blocks that a leg has stored, or NULL. */
static const struct quorum_disk_block *stored_block(unsigned int slot,
						    struct answer *answer)
{
	const struct quorum_disk_block *newest = NULL, *block;
	struct answer other = { .valid = true };
	unsigned int copy;

	answer->valid = false;
	for (copy = 0; copy < 2; copy++) {
		block = stored_at(slot, QUORUM_BLOCKS_SECTOR +
					copy * QUORUM_DISK_SECTORS);
		other.epoch = le64_to_cpu(block->epoch);
		other.number = le64_to_cpu(block->generation);
		if (memcmp(block->magic, "dmqb", 4) ||
		    (answer->valid && !is_newer(&other, answer)) ||
		    !is_whole(slot, copy, block,
			      offsetof(struct quorum_disk_block, crc)))
			continue;
		*answer = other;
		newest = block;
	}
	return newest;
}

/* Here, a set has one block of regions. */
static bool says(const struct quorum_disk_block *block, unsigned int plane,
		 unsigned int region)
{
	struct quorum_layout layout;
	int left = sim_left;
	bool fits;

	/* The module's code has points: what is checked would change. */
	sim_left = INT_MAX;
	fits = quorum_layout(&layout, set.len, set.region,
			     quorum_planes_for(set.nr_legs));
	sim_left = left;
	if (!block || !fits)
		return false;
	return le64_to_cpu(block->bits[plane * layout.words + region / 64]) >>
	       region % 64 & 1;
}

/* Data is sent to a region: that legs may differ there is known. */
void known_dirty(unsigned int block)
{
	unsigned int region = block * block_sectors() / set.region, i;
	struct answer answer[SIM_MAX_LEGS];

	for (i = 0; i < set.nr_legs; i++)
		answer[i].knows = says(stored_block(i, &answer[i]),
				       QUORUM_PLANE_DIRTY, region);
	if (may_be_unknown(answer, fewest()))
		sim_fail("M1: region %u is written to, and not known as dirty",
			 region);
}

/*
 * A write was acknowledged that a leg has missed: that is known.  What this leg
 * says of itself does not count.
 */
void known_missed(unsigned int block, unsigned int slot)
{
	unsigned int region = block * block_sectors() / set.region, i;
	struct answer answer[SIM_MAX_LEGS];

	for (i = 0; i < set.nr_legs; i++)
		answer[i].knows = says(stored_block(i, &answer[i]),
				       QUORUM_PLANE_MISSED + slot, region);
	answer[slot].valid = false;
	if (fewest() > 1 && may_be_unknown(answer, fewest() - 1))
		sim_fail("M1: leg %u missed region %u, which is not known",
			 slot, region);
}

/* The newer of the superblocks that a leg has stored, or NULL. */
static const struct quorum_disk_super *stored_super(unsigned int slot,
						    struct answer *answer)
{
	const struct quorum_disk_super *newest = NULL, *sb;
	struct answer other = { .valid = true };
	unsigned int copy;

	answer->valid = false;
	for (copy = 0; copy < 2; copy++) {
		sb = stored_at(slot, QUORUM_SUPER_SECTOR +
				     copy * QUORUM_SUPER_STRIDE);
		other.epoch = le64_to_cpu(sb->epoch);
		other.number = le64_to_cpu(sb->seq);
		if (memcmp(sb->id.magic, "dmquorum", 8) ||
		    (answer->valid && !is_newer(&other, answer)) ||
		    !is_whole(slot, 2 + copy, sb,
			      offsetof(struct quorum_disk_super, crc)))
			continue;
		*answer = other;
		newest = sb;
	}
	return newest;
}

/* Data is sent: nobody else was, or will be, in this epoch. */
void known_epoch(void)
{
	const struct quorum_disk_super *sb[SIM_MAX_LEGS];
	struct answer answer[SIM_MAX_LEGS];
	unsigned int i, newest = set.nr_legs;

	for (i = 0; i < set.nr_legs; i++) {
		sb[i] = stored_super(i, &answer[i]);
		if (sb[i] && (newest == set.nr_legs ||
			      is_newer(&answer[i], &answer[newest])))
			newest = i;
	}
	if (newest == set.nr_legs)
		sim_fail("M1: data is written, and there is no set");
	for (i = 0; i < set.nr_legs; i++) {
		answer[i].knows = answer[i].epoch == answer[newest].epoch;
		if (sb[i] && answer[i].knows && answer[i].number &&
		    memcmp(sb[i]->nonce, sb[newest]->nonce,
			   sizeof(sb[i]->nonce)))
			sim_fail("M1: epoch %llu is of two activations",
				 answer[i].epoch);
	}
	if (may_be_unknown(answer, fewest()) || !answer[newest].number)
		sim_fail("M1: data is written in epoch %llu, which few know",
			 answer[newest].epoch);
}

/* Nobody has done anything with it: what is there is of no use to anybody. */
static bool is_unused(void)
{
	static const struct answer first = { .epoch = 1 };
	struct answer answer;
	unsigned int i;

	for (i = 0; i < set.nr_legs; i++)
		if (stored_super(i, &answer) && is_newer(&answer, &first))
			return false;
	return true;
}

/*
 * Metadata is sent to a leg that has missed nothing: not to where the newer one
 * of its copies is, which may be the only one.  What was never used is made
 * anew, whatever there is.
 */
void known_slot(struct sim_leg *leg, struct bio *bio)
{
	sector_t at = bio->bi_iter.bi_sector;
	struct answer answer;
	unsigned int i;
	const void *newest;

	/* It has been asked, and found out. */
	leg->set_back = false;
	for (i = 0; i < set.nr_legs && leg_at(i) != leg; i++)
		;
	if (i == set.nr_legs || leg->suspect || is_unused())
		return;
	if (at >= QUORUM_BLOCKS_SECTOR)
		newest = stored_block(i, &answer);
	else
		newest = stored_super(i, &answer);
	if (newest && newest == stored_at(i, at))
		sim_fail("M4: leg %u loses its newest metadata at %llu", i,
			 (u64)at);
}

/* Whether a leg has stored what it should of a block, for all it knows. */
static bool is_sound(struct sim_leg *leg, unsigned int b)
{
	return !leg->set_back && !leg_block_bad(leg, b) &&
	       !block_any_bit(leg->rot_durable, b) &&
	       !lacks_filled(leg, b, leg_block_durable(leg, b)) &&
	       !lacks_by_fault(leg, b);
}

/* Legs that have missed nothing there have stored the same. */
static void check_equal(unsigned int b, u32 slots)
{
	unsigned int i, first = set.nr_legs;

	for (i = 0; i < set.nr_legs; i++) {
		if (!(slots & BIT(i)) || !is_sound(leg_at(i), b))
			continue;
		if (first == set.nr_legs)
			first = i;
		if (leg_block_durable(leg_at(i), b) ==
		    leg_block_durable(leg_at(first), b))
			continue;
		oracle_dump(b);
		sim_fail("M3: block %u is clean, and legs %u and %u differ", b,
			 first, i);
	}
}

/* A bitmap block says what is clean: there, legs are equal. */
static void known_clean(const struct quorum_disk_block *block)
{
	unsigned int b, i, region;

	for (b = 0; b < set_blocks(); b++) {
		u32 slots = 0;

		region = b * block_sectors() / set.region;
		if (says(block, QUORUM_PLANE_DIRTY, region) ||
		    version_discarded(b))
			continue;
		for (i = 0; i < set.nr_legs; i++)
			if (set.dev[i] >= 0 &&
			    !says(block, QUORUM_PLANE_MISSED + i, region))
				slots |= BIT(i);
		check_equal(b, slots);
	}
}

/*
 * A bitmap block is sent: nobody takes it for newer than it is, or legs for
 * equal that are not.
 */
void known_block(struct bio *bio)
{
	const struct quorum_disk_block *block =
		bvec_kmap_local(&bio->bi_io_vec[0]);
	u64 epoch = le64_to_cpu(block->epoch);
	struct answer answer[SIM_MAX_LEGS];
	unsigned int i;

	for (i = 0; i < set.nr_legs; i++) {
		stored_super(i, &answer[i]);
		answer[i].knows = answer[i].epoch >= epoch;
	}
	if (may_be_unknown(answer, fewest()))
		sim_fail("M1: a block is of epoch %llu, which few know", epoch);
	known_clean(block);
}
