// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults, as often as the seed's plan says, and never more in one place than
 * the promises bear: the legs that are good there remain enough.  Only with
 * overload may legs fail beyond that, as long as they say so: then requests
 * fail, but what is returned is still right.
 */
#include "leg.h"
#include "oracle.h"

struct fault_plan fault_plan;
static bool all_gone;
/* Where a write failed last with overload, and how. */
static sector_t burst_at;
static blk_status_t burst_status;

static const struct fault_plan plans[] = {
	{ "none" },
	{ "unreadable",	.unreadable = 60 },
	{ "rot",	.rot = 60 },
	{ "lost",	.lost = 60 },
	{ "misplaced",	.misplaced = 60, .torn = 30 },
	{ "write",	.write_error = 25 },
	{ "flush",	.flush_error = 300, .write_error = 5 },
	{ "dying",	.die = 15 },
	{ "stalling",	.stall = 40 },
	{ "hanging",	.hang = 15, .stall = 20 },
	{ "hanging and more", .hang = 10, .unreadable = 30, .rot = 30,
			.write_error = 6, .flush_error = 30 },
	{ "passing",	.passing = 40 },
	{ "refusing",	.refusing = 15 },
	{ "overload",	.overload = true, .unreadable = 60, .write_error = 25,
			.flush_error = 60, .rot = 20 },
	{ "everything",	.unreadable = 30, .rot = 30, .lost = 20,
			.misplaced = 10, .torn = 10, .write_error = 6,
			.flush_error = 30, .die = 2, .stall = 10,
			.passing = 5, .hang = 3 },
};

void fault_choose(void)
{
	fault_plan = plans[rnd_below(ARRAY_SIZE(plans))];
	fault_plan.on = true;
	all_gone = false;
	burst_at = SIM_MAX_SECTORS;
}

/* Legs that have caught up are good again, unless they still hang. */
void fault_forgive(void)
{
	unsigned int i;

	all_gone = false;
	set.vague = false;
	for (i = 0; i < SIM_MAX_DEVS; i++)
		if (set.members & BIT(i) &&
		    !(set.timeout && sim_legs[i].frozen_until > sim_now))
			sim_legs[i].suspect = false;
}

/* Of a plain request: a leg that alone refuses that is at fault (promise 8). */
bool status_blames(blk_status_t status)
{
	return status && status != BLK_STS_AGAIN && status != BLK_STS_RESOURCE;
}

static blk_status_t pick_error(void)
{
	static const blk_status_t errors[] = {
		BLK_STS_IOERR, BLK_STS_MEDIUM, BLK_STS_TIMEOUT,
		BLK_STS_TRANSPORT, BLK_STS_TARGET, BLK_STS_NOSPC,
	};

	return errors[rnd_below(ARRAY_SIZE(errors))];
}

static blk_status_t pick_passing(void)
{
	return rnd_chance(50) ? BLK_STS_RESOURCE : BLK_STS_AGAIN;
}

/* How many legs of a block would be good without @leg. */
static unsigned int good_without(struct sim_leg *leg, unsigned int block)
{
	unsigned int i, good = 0;

	for (i = 0; i < SIM_MAX_DEVS; i++)
		if (set.members & BIT(i) && i != leg->index &&
		    !sim_legs[i].suspect && !sim_legs[i].dead &&
		    !leg_block_bad(&sim_legs[i], block) &&
		    !(load.crash && set.metadata &&
		      block_any_bit(sim_legs[i].rot_durable, block)))
			good++;
	return good;
}

static bool bearable(struct sim_leg *leg, sector_t sector, sector_t n)
{
	unsigned int b, last = (sector + n - 1) / block_sectors();

	for (b = sector / block_sectors(); b <= last; b++)
		if (good_without(leg, b) < set.need)
			return false;
	return true;
}

/* In overload, garbage on less legs than could win. */
static bool bearable_garbage(struct sim_leg *leg, sector_t sector, sector_t n)
{
	unsigned int i, bad = 1;
	u32 members = set.members & ~BIT(leg->index);

	if (!set.silent)
		return false;
	if (!fault_plan.overload)
		return bearable(leg, sector, n);
	for (i = 0; i < SIM_MAX_DEVS; i++)
		if (members & BIT(i) &&
		    find_first_bit(sim_legs[i].rot, SIM_MAX_SECTORS) <
		    SIM_MAX_SECTORS)
			bad++;
	return bad < set.threshold;
}

/* @leg may miss things from now on.  Returns whether it is allowed to. */
bool fault_suspect(struct sim_leg *leg)
{
	if (all_gone && !fault_plan.overload)
		return false;
	if (leg->suspect)
		return true;
	if (!fault_plan.overload && !bearable(leg, 0, set.len))
		return false;
	leg->suspect = true;
	oracle_hurt(leg, 0, set.len);
	trace("  leg %u may be out of sync", leg->index);
	return true;
}

/* As above, allowed or not; no fault is bearable then until all is well. */
void fault_force(struct sim_leg *leg)
{
	all_gone = true;
	leg->suspect = true;
	oracle_hurt(leg, 0, set.len);
}

/* Whether what a leg holds only changes where it is written to. */
bool fault_none_moves(void)
{
	return !fault_plan.misplaced &&
	       (fault_plan.overload || !fault_plan.flush_error);
}

/* Whether every leg can be read, always, and what one returns stays so. */
bool fault_none_mute(void)
{
	return !all_gone && !fault_plan.unreadable && !fault_plan.passing &&
	       !fault_plan.die && fault_none_moves();
}

/* With max_errors, what a leg returns may be what it is failed for. */
static bool may_be_failed(struct sim_leg *leg)
{
	return !set.max_errors || fault_suspect(leg);
}

static bool rolls(unsigned int permille)
{
	return fault_plan.on && permille && rnd_permille(permille) &&
	       !cap_reached(&had->faults, caps.faults);
}

struct healing {
	struct sim_event event;
	struct sim_leg *leg;
};

static void heal_fire(struct sim_event *event)
{
	struct healing *h = container_of(event, struct healing, event);

	trace("  leg %u can be read again", h->leg->index);
	bitmap_zero(h->leg->unreadable, SIM_MAX_SECTORS);
	h->leg->dead = false;
	free(h);
}

static void heal_later(struct sim_leg *leg)
{
	struct healing *h = calloc(1, sizeof(*h));

	h->leg = leg;
	h->event.fire = heal_fire;
	event_add(&h->event, rnd_range(1, 50) * NSEC_PER_MSEC);
}

static void die(struct sim_leg *leg)
{
	if (!rolls(fault_plan.die) || !fault_suspect(leg))
		return;
	trace("  leg %u dies", leg->index);
	leg->dead = true;
	if (rnd_chance(50))
		heal_later(leg);
}

/* A random part, often all of it. */
static void part(sector_t *sector, sector_t *n)
{
	sector_t off = rnd_chance(50) ? rnd_below(*n) : 0;

	*sector += off;
	*n = rnd_chance(30) ? *n - off : 1;
}

/* Nothing smaller than a physical block goes bad. */
static void whole_physical(struct sim_leg *leg, sector_t *sector, sector_t *n)
{
	sector_t step = leg->queue.limits.physical_block_size >> SECTOR_SHIFT;
	sector_t end = min_t(sector_t, roundup(*sector + *n, step), set.len);

	*sector = rounddown(*sector, step);
	*n = end - *sector;
}

static void make_unreadable(struct sim_leg *leg, sector_t sector, sector_t n)
{
	part(&sector, &n);
	whole_physical(leg, &sector, &n);
	if (!fault_plan.overload && !bearable(leg, sector, n))
		return;
	if (!may_be_failed(leg))
		return;
	trace("  leg %u: %llu+%llu unreadable", leg->index, sector, n);
	bitmap_set(leg->unreadable, sector, n);
	oracle_hurt(leg, sector, n);
	if (rnd_chance(30))
		heal_later(leg);
}

void fault_rots(struct sim_leg *leg, sector_t sector, sector_t n)
{
	bitmap_set(leg->rot, sector, n);
	bitmap_set(leg->rot_durable, sector, n);
}

static void make_rot(struct sim_leg *leg, sector_t sector, sector_t n)
{
	part(&sector, &n);
	if (!bearable_garbage(leg, sector, n) || !may_be_failed(leg))
		return;
	trace("  leg %u: %llu+%llu rots", leg->index, sector, n);
	leg_garbage(leg, sector, n);
	fault_rots(leg, sector, n);
	oracle_hurt(leg, sector, n);
}

/* As above, exactly there: for legs that differ to begin with. */
void fault_rot(struct sim_leg *leg, sector_t sector, sector_t n)
{
	if (!(set.members & BIT(leg->index)) || leg->suspect ||
	    !bearable(leg, sector, n))
		return;
	leg_garbage(leg, sector, n);
	fault_rots(leg, sector, n);
}

blk_status_t fault_read(struct sim_leg *leg, sector_t sector, sector_t n)
{
	die(leg);
	if (leg->dead)
		return BLK_STS_TRANSPORT;
	if (rolls(fault_plan.unreadable))
		make_unreadable(leg, sector, n);
	if (rolls(fault_plan.rot))
		make_rot(leg, sector, n);
	if (rolls(fault_plan.passing) &&
	    (fault_plan.overload || bearable(leg, sector, n)) &&
	    may_be_failed(leg)) {
		oracle_hurt(leg, sector, n);
		return pick_passing();
	}
	return BLK_STS_OK;
}

/* In overload, others may fail at the same place, most of them alike. */
static blk_status_t burst(struct sim_leg *leg, sector_t sector)
{
	if (!fault_plan.overload)
		return BLK_STS_OK;
	if (rolls(fault_plan.write_error)) {
		burst_at = sector;
		burst_status = pick_error();
	}
	if (sector != burst_at || !rolls(600) || !fault_suspect(leg))
		return BLK_STS_OK;
	return rnd_chance(70) ? burst_status : pick_error();
}

blk_status_t fault_write(struct sim_leg *leg, sector_t sector, sector_t n,
			 bool data)
{
	die(leg);
	if (leg->dead)
		return BLK_STS_TRANSPORT;
	if (rolls(fault_plan.passing) && fault_suspect(leg))
		return pick_passing();
	if (data && rolls(fault_plan.refusing) && fault_suspect(leg))
		return BLK_STS_NOTSUPP;
	if (rolls(fault_plan.write_error) && fault_suspect(leg))
		return pick_error();
	return burst(leg, sector);
}

/* Below the set's data, in sectors of the device. */
blk_status_t fault_meta(struct sim_leg *leg, sector_t at, bool write)
{
	if (leg->dead)
		return BLK_STS_TRANSPORT;
	if (write && rolls(fault_plan.write_error) && fault_suspect(leg))
		return pick_error();
	/* To make a set takes all legs. */
	if (!write && past_began() && !fault_plan.overload &&
	    past_spares(leg, at) &&
	    rolls(fault_plan.unreadable / 4) && fault_suspect(leg))
		return BLK_STS_MEDIUM;
	return BLK_STS_OK;
}

blk_status_t fault_flush(struct sim_leg *leg)
{
	if (leg->dead)
		return BLK_STS_TRANSPORT;
	if (rolls(10 * fault_plan.passing) && fault_suspect(leg))
		return pick_passing();
	if (rolls(10 * fault_plan.refusing) && fault_suspect(leg))
		return BLK_STS_NOTSUPP;
	if (!rolls(fault_plan.flush_error) || !fault_suspect(leg))
		return BLK_STS_OK;
	/* Good legs in less than a majority do not outvote what it has then. */
	if (!fault_plan.overload && set.silent && rnd_chance(50) &&
	    bearable(leg, 0, set.len)) {
		trace("  leg %u forgets what was not flushed", leg->index);
		leg_drop_cache(leg);
	}
	return pick_error();
}

/* What is lost counts from when that is certain, not from when it is not. */
static bool skip(struct sim_leg *leg, sector_t sector, sector_t n,
		 const char *how)
{
	if (!set.silent || fault_plan.overload || !bearable(leg, sector, n) ||
	    !may_be_failed(leg))
		return false;
	trace("  leg %u: %llu+%llu %s", leg->index, sector, n, how);
	oracle_hurt(leg, sector, n);
	fault_rots(leg, sector, n);
	return true;
}

/* A sector arrives where it does not belong, if that is still bearable. */
bool fault_lands(struct sim_leg *leg, sector_t sector)
{
	if (!bearable(leg, sector, 1) || !may_be_failed(leg))
		return false;
	oracle_hurt(leg, sector, 1);
	fault_rots(leg, sector, 1);
	return true;
}

static bool misplace(struct sim_leg *leg, sector_t sector, sector_t n,
		     sector_t *shift)
{
	sector_t to = rounddown(rnd_below(set.len - n + 1), block_sectors());

	if (to == sector || (to < sector + n && sector < to + n))
		return false;
	if (!bearable(leg, to, n) || !skip(leg, sector, n, "misplaced"))
		return false;
	*shift = to - sector;
	return true;
}

/* Whether part of a write does not go where it should, in sectors of it. */
bool fault_skips(struct sim_leg *leg, sector_t sector, sector_t n,
		 sector_t *first, sector_t *end, sector_t *shift)
{
	*first = 0;
	*end = n;
	if (rolls(fault_plan.lost))
		return skip(leg, sector, n, "lost") || (*end = 0, false);
	if (rolls(fault_plan.torn)) {
		*first = rnd_below(n);
		return skip(leg, sector, n, "torn") || (*end = 0, false);
	}
	if (rolls(fault_plan.misplaced))
		return misplace(leg, sector, n, shift) || (*end = 0, false);
	*end = 0;
	return false;
}

/* To make a set takes all legs. */
static bool may_be_left_out(struct sim_leg *leg)
{
	return (!set.metadata || past_began()) && fault_suspect(leg);
}

u64 fault_stall(struct sim_leg *leg)
{
	u64 ns;

	if (!rolls(fault_plan.stall))
		return 0;
	ns = rnd_range(1, rnd_chance(20) ? 30000 : 300) * NSEC_PER_MSEC;
	/* What takes too long may be taken for what fails. */
	if (set.timeout && !may_be_left_out(leg))
		ns = min_t(u64, ns, set.timeout * NSEC_PER_MSEC / 4);
	if (rnd_chance(30)) {
		leg->frozen_until = sim_now + ns;
		trace("  leg %u: hangs for %llu ms", leg->index,
		      ns / NSEC_PER_MSEC);
	}
	return ns;
}

static void release_fire(struct sim_event *event)
{
	struct healing *h = container_of(event, struct healing, event);

	if (h->leg->hung)
		oracle_none_waits();
	leg_release(h->leg);
	free(h);
}

/* With a timeout, a leg may hang for as long as it likes. */
void fault_hang(struct sim_leg *leg)
{
	u64 ns = set.timeout * NSEC_PER_MSEC;
	struct healing *h;

	/* What it keeps for itself may be all that memory had left. */
	if (!set.timeout || leg->hung || fault_plan.overload ||
	    mem_plan.nowait_fails ||
	    !rolls(fault_plan.hang) || !may_be_left_out(leg))
		return;
	leg->hung = true;
	cover.hangs++;
	ns *= rnd_chance(30) ? rnd_range(1, 3) : SIM_FOR_EVER;
	trace("  leg %u: hangs for %llu ms, if not longer", leg->index,
	      ns / NSEC_PER_MSEC);
	h = calloc(1, sizeof(*h));
	h->leg = leg;
	h->event.fire = release_fire;
	event_add(&h->event, ns);
}

/* From now on all goes well; what is rotten stays so. */
void faults_stop(void)
{
	unsigned int i;

	fault_plan.on = false;
	for (i = 0; i < SIM_MAX_DEVS; i++) {
		sim_legs[i].dead = false;
		leg_release(&sim_legs[i]);
	}
}
