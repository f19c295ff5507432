// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which legs make a set: who is refused, and why, and what the others are good
 * for.
 *
 * The newest superblock says who the members are, what each of them may have
 * missed, and what it has acknowledged.  What a quorum of members knows is
 * known to any other one, so that takes no more than enough of them.  A member
 * that is older than what it has acknowledged has lost something, and knows
 * nothing for the others.
 */
#include "dm-quorum-assemble.h"
#include "dm-quorum-fit.h"

#ifdef __KERNEL__
#include <linux/bitops.h>
#include <linux/string.h>
#endif

static bool is_uuid(const u8 *a, const u8 *b)
{
	return !memcmp(a, b, QUORUM_UUID_SIZE);
}

/*
 * What is on the legs.
 */

static bool are_known(struct quorum_assembly *as)
{
	u32 legs = quorum_legs_with(as, BIT(QUORUM_FOUND_UNKNOWN));
	unsigned int leg;

	if (legs)
		return quorum_reject(as, QUORUM_REFUSE_UNKNOWN, __ffs(legs));
	quorum_for_each_of(leg, quorum_legs_with(as, QUORUM_IDENTITIES))
		if (!as->want->read_only &&
		    le32_to_cpu(as->answer[leg].super->id.ro_compat) &
		    ~QUORUM_RO_COMPAT_KNOWN)
			return quorum_reject(as, QUORUM_REFUSE_READ_ONLY, leg);
	return true;
}

/* The set that the table names, or else that of the first leg. */
static bool are_one_set(struct quorum_assembly *as)
{
	const u8 *set_uuid = as->want->set_uuid;
	unsigned int leg;

	quorum_for_each_of(leg, quorum_legs_with(as, QUORUM_IDENTITIES)) {
		const u8 *uuid = as->answer[leg].super->id.set_uuid;

		if (!set_uuid)
			set_uuid = uuid;
		if (!is_uuid(uuid, set_uuid))
			return quorum_reject(as, QUORUM_REFUSE_SET, leg);
	}
	return true;
}

/* An epoch in which something was done is of one activation. */
static bool is_split(const struct quorum_disk_super *a,
		     const struct quorum_disk_super *b)
{
	return a->epoch == b->epoch && a->seq && b->seq &&
	       memcmp(a->nonce, b->nonce, sizeof(a->nonce));
}

static bool has_one_past(struct quorum_assembly *as, u32 legs)
{
	unsigned int a, b;

	for (b = 1; b < as->want->nr_legs; b++)
		for (a = 0; a < b; a++)
			if (legs & BIT(a) && legs & BIT(b) &&
			    is_split(as->answer[a].super, as->answer[b].super))
				return quorum_reject(as, QUORUM_REFUSE_SPLIT,
						     b);
	return true;
}

/* Of those that the table trusts.  Of two as new, neither has done anything. */
static bool find_newest(struct quorum_assembly *as)
{
	u32 legs = quorum_legs_with(as, QUORUM_SUPERS) & ~as->want->rebuild;
	struct quorum_version most = {}, version;
	unsigned int leg;

	if (!legs)
		return quorum_reject_number(as, QUORUM_REFUSE_FEW,
					    QUORUM_NO_LEG, as->want->threshold,
					    0);
	quorum_for_each_of(leg, legs) {
		version = quorum_super_version(as->answer[leg].super);
		if (quorum_older(most, version)) {
			most = version;
			as->newest = leg;
		}
	}
	return has_one_past(as, legs);
}

/*
 * Who the members are.
 */

/* The old place of a leg: those behind one that is dropped move up. */
static unsigned int place_of(const struct quorum_assembly *as, unsigned int leg)
{
	return leg + (leg >= as->dropped);
}

/* What is known of a leg: NULL if it is one more than there were. */
static const struct quorum_disk_member *
member_of(const struct quorum_assembly *as, unsigned int leg)
{
	unsigned int place = place_of(as, leg);

	return place < le32_to_cpu(quorum_newest(as)->id.nr_legs) ?
	       &quorum_newest(as)->member[place] : NULL;
}

static bool is_member(const struct quorum_assembly *as, unsigned int leg)
{
	const struct quorum_disk_member *member = member_of(as, leg);

	return member &&
	       is_uuid(member->uuid, as->answer[leg].super->id.leg_uuid);
}

static bool refuse_member(struct quorum_assembly *as, unsigned int leg)
{
	const u8 *uuid = as->answer[leg].super->id.leg_uuid;
	u32 legs = le32_to_cpu(quorum_newest(as)->id.nr_legs), place;

	for (place = 0; place < legs; place++)
		if (is_uuid(quorum_newest(as)->member[place].uuid, uuid))
			return quorum_reject_number(as, QUORUM_REFUSE_PLACE,
						    leg, place, leg);
	return quorum_reject(as, QUORUM_REFUSE_REPLACED, leg);
}

static bool are_members(struct quorum_assembly *as)
{
	unsigned int leg;

	quorum_for_each_of(leg, quorum_legs_with(as, QUORUM_IDENTITIES))
		if (!is_member(as, leg))
			return refuse_member(as, leg);
	return true;
}

/* Which one is to go is seen by who is there, and where. */
static bool find_dropped(struct quorum_assembly *as)
{
	u32 legs = quorum_legs_with(as, QUORUM_IDENTITIES);
	unsigned int leg, dropped, found = QUORUM_NO_LEG;

	for (dropped = 0; dropped <= as->want->nr_legs; dropped++) {
		u32 fit = 0;

		as->dropped = dropped;
		quorum_for_each_of(leg, legs)
			if (is_member(as, leg))
				fit |= BIT(leg);
		if (fit != legs)
			continue;
		if (found != QUORUM_NO_LEG)
			return quorum_reject(as, QUORUM_REFUSE_DROP,
					     QUORUM_NO_LEG);
		found = dropped;
	}
	as->dropped = found;
	return true;
}

static bool find_change(struct quorum_assembly *as)
{
	u32 legs = le32_to_cpu(quorum_newest(as)->id.nr_legs);

	if (as->want->nr_legs == legs + 1)
		as->change = QUORUM_CHANGE_ADD;
	else if (as->want->nr_legs == legs - 1)
		as->change = QUORUM_CHANGE_DROP;
	else if (as->want->nr_legs != legs)
		return quorum_reject_number(as, QUORUM_REFUSE_LEGS,
					    QUORUM_NO_LEG, legs,
					    as->want->nr_legs);
	if (as->change == QUORUM_CHANGE_DROP && !find_dropped(as))
		return false;
	return are_members(as);
}

/*
 * New legs.
 */

/*
 * A set that was never used takes all its legs, and makes each anew: one that
 * was to be a leg before, and is none now, must not pass for it later.  @good:
 * those that will do.
 */
static bool create(struct quorum_assembly *as, u32 good)
{
	u32 all = ~0U >> (QUORUM_DISK_LEGS - as->want->nr_legs);
	unsigned int leg;

	if (good != all)
		return quorum_reject_number(as, QUORUM_REFUSE_NEW,
					    __ffs(all & ~good),
					    as->want->nr_legs, hweight32(good));
	if (as->want->read_only)
		return quorum_reject(as, QUORUM_REFUSE_CHANGE, QUORUM_NO_LEG);

	as->change = QUORUM_CHANGE_CREATE;
	as->added = all;
	as->trusted = all;
	as->live = all;
	quorum_for_each_of(leg, as->want->rebuild)
		as->state[leg] = QUORUM_MEMBER_REBUILD;
	return true;
}

static bool assemble_new(struct quorum_assembly *as)
{
	u32 foreign = quorum_legs_with(as, BIT(QUORUM_FOUND_FOREIGN));

	if (foreign)
		return quorum_reject(as, QUORUM_REFUSE_NOT_BLANK,
				     __ffs(foreign));
	return create(as, quorum_legs_with(as, QUORUM_BLANKS)) &&
	       quorum_fits_offsets(as, quorum_planes_for(as->want->nr_legs));
}

/* Whether nothing was ever done with it: not all of it may be there yet. */
static bool is_unused(const struct quorum_assembly *as)
{
	static const struct quorum_version first = { .epoch = 1 };
	unsigned int leg;

	quorum_for_each_of(leg, quorum_legs_with(as, QUORUM_SUPERS))
		if (quorum_older(first,
				 quorum_super_version(as->answer[leg].super)))
			return false;
	return as->want->nr_legs == le32_to_cpu(quorum_newest(as)->id.nr_legs);
}

/* Each try has members of its own, and none may be there as a whole. */
static bool create_again(struct quorum_assembly *as)
{
	unsigned int leg;

	quorum_for_each_of(leg, quorum_legs_with(as, BIT(QUORUM_FOUND_DAMAGED)))
		if (!is_member(as, leg))
			return refuse_member(as, leg);
	return quorum_fits(as) &&
	       create(as, quorum_legs_with(as, QUORUM_IDENTITIES |
					   QUORUM_BLANKS));
}

/* One at a time, blank, and said to be new. */
static bool are_new(struct quorum_assembly *as)
{
	u32 blank = quorum_legs_with(as, QUORUM_BLANKS);
	u32 foreign = quorum_legs_with(as, BIT(QUORUM_FOUND_FOREIGN)) &
		      as->want->rebuild;
	u32 last = BIT(as->want->nr_legs - 1);

	if (foreign)
		return quorum_reject(as, QUORUM_REFUSE_NOT_BLANK,
				     __ffs(foreign));
	if (as->change == QUORUM_CHANGE_ADD && !(blank & last))
		return quorum_reject_number(as, QUORUM_REFUSE_LEGS,
					    QUORUM_NO_LEG,
					    as->want->nr_legs - 1,
					    as->want->nr_legs);
	if (blank & ~as->want->rebuild)
		return quorum_reject(as, QUORUM_REFUSE_BLANK,
				     __ffs(blank & ~as->want->rebuild));
	if (blank & (blank - 1) ||
	    (blank && as->change != QUORUM_CHANGE_NONE &&
	     as->change != QUORUM_CHANGE_ADD))
		return quorum_reject(as, QUORUM_REFUSE_CHANGES, __ffs(blank));
	if (blank && as->change == QUORUM_CHANGE_NONE)
		as->change = QUORUM_CHANGE_REPLACE;
	if (as->want->read_only && as->change != QUORUM_CHANGE_NONE)
		return quorum_reject(as, QUORUM_REFUSE_CHANGE, QUORUM_NO_LEG);
	as->added = blank;
	return true;
}

/*
 * What the legs are good for.
 */

/* Whether a leg is older than what it has acknowledged. */
static bool has_lost(const struct quorum_assembly *as, unsigned int leg)
{
	return quorum_older(quorum_super_version(as->answer[leg].super),
			    quorum_member_version(member_of(as, leg)));
}

static void sort_legs(struct quorum_assembly *as)
{
	u32 supers = quorum_legs_with(as, QUORUM_SUPERS);
	unsigned int leg;

	as->shunned = quorum_legs_with(as, QUORUM_OTHERS);
	as->damaged = quorum_legs_with(as, BIT(QUORUM_FOUND_DAMAGED));
	quorum_for_each_of(leg, supers)
		if (has_lost(as, leg))
			as->rolled_back |= BIT(leg);
	as->trusted = supers & ~as->rolled_back & ~as->want->rebuild;
	as->late = as->damaged | (supers & ~as->trusted);
	if (as->change == QUORUM_CHANGE_REPLACE)
		as->late |= as->added;
	as->live = as->trusted | as->late | as->added;
}

static void set_states(struct quorum_assembly *as)
{
	unsigned int leg;

	for (leg = 0; leg < as->want->nr_legs; leg++) {
		const struct quorum_disk_member *member = member_of(as, leg);

		if ((as->late | as->added) & BIT(leg)) {
			as->state[leg] = QUORUM_MEMBER_REBUILD;
			continue;
		}
		as->state[leg] = le16_to_cpu(member->state);
		/* It misses what is to come. */
		if (!(as->live & BIT(leg)) &&
		    as->state[leg] == QUORUM_MEMBER_IN)
			as->state[leg] = QUORUM_MEMBER_BEHIND;
	}
}

/* A leg that goes may be the only one that some other could be rebuilt from. */
static bool can_drop(struct quorum_assembly *as)
{
	unsigned int leg, in = 0;

	quorum_for_each_of(leg, as->trusted)
		in += as->state[leg] == QUORUM_MEMBER_IN;
	return in >= as->want->threshold ||
	       quorum_reject_number(as, QUORUM_REFUSE_BEHIND, QUORUM_NO_LEG,
				    as->want->threshold, in);
}

static bool are_enough(struct quorum_assembly *as)
{
	unsigned int need = quorum_assembly_quorum(as);
	unsigned int have = hweight32(as->trusted);

	if (have < need)
		return quorum_reject_number(as, QUORUM_REFUSE_FEW,
					    QUORUM_NO_LEG, need, have);
	return as->change != QUORUM_CHANGE_DROP || can_drop(as);
}

static bool assemble_old(struct quorum_assembly *as)
{
	u32 damaged = quorum_legs_with(as, BIT(QUORUM_FOUND_DAMAGED));

	if (!quorum_legs_with(as, QUORUM_SUPERS))
		return quorum_reject(as, QUORUM_REFUSE_DAMAGED, __ffs(damaged));
	if (!find_newest(as))
		return false;
	if (is_unused(as))
		return create_again(as);
	if (!find_change(as) || !quorum_fits(as) || !are_new(as))
		return false;
	sort_legs(as);
	set_states(as);
	return are_enough(as);
}

/**
 * quorum_assemble() - decide what is to be made of the legs
 * @as: set by this; it refers to the rest
 * @want: what the table asks for
 * @answer: what each leg answered
 *
 * Return: Whether the table can have its legs; if not, as->refusal says why.
 */
bool quorum_assemble(struct quorum_assembly *as,
		     const struct quorum_request *want,
		     const struct quorum_answer *answer)
{
	memset(as, 0, sizeof(*as));
	as->want = want;
	as->answer = answer;
	as->leg = QUORUM_NO_LEG;
	as->newest = QUORUM_NO_LEG;
	as->dropped = QUORUM_NO_LEG;

	if (!are_known(as) || !are_one_set(as))
		return false;
	return quorum_legs_with(as, QUORUM_IDENTITIES) ? assemble_old(as) :
							 assemble_new(as);
}
