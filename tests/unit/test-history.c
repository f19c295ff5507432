// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of legs through random histories: activations with legs away or behind,
 * with tables of before and after a change, crashes at each write, with what
 * was not flushed kept or lost. What decides is the module's own code; around
 * it is no more than the steps that dm-quorum-assemble.h tells of, with their
 * names, and the least there can be of what follows.
 *
 * Whenever a set has been assembled, no leg may have a vote on a region of
 * which it does not hold what was acknowledged, and legs with a vote on a
 * region that is not dirty hold the same.
 */
#include <stdio.h>

#include "unit.h"

#include "disk.h"

#define LEGS		6
#define REGIONS		3
#define DEVICES		64
#define TABLES		6
#define OFFSET		272

/* A device, and what is on it. */
struct device {
	struct quorum_disk_super super[2];
	struct quorum_disk_block block[2];
	/* What is in a region: stored, and in the device's cache. */
	u32 stored[REGIONS];
	u32 cached[REGIONS];
	/* All of it as it was at some time. */
	struct device *snapshot;
};

struct table {
	u32 nr_legs;
	u32 threshold;
	u32 rebuild;
	u8 device[LEGS];
};

static struct device devices[DEVICES], snapshots[DEVICES];
static unsigned int nr_devices;
static struct table tables[TABLES];
static unsigned int nr_tables;

static u64 rng;
/*
 * One write of metadata in so many is the last one before a crash: now, and
 * once the set is in use.
 */
static unsigned int crash_odds, crash_odds_used;
#define RARE		40
#define AT_TIMES	8
#define OFTEN		3
static bool crashed;
/* The devices that a set in use has had. */
static u64 used;
static u32 last_version[REGIONS];
static u32 acknowledged[REGIONS];
/* Written and told of, but not flushed. */
static u32 unflushed[REGIONS];
static u64 nr_assembled, nr_refused, nr_changes, nr_acknowledged, nr_lost;
static u64 nr_rolled_back;

/* What an activation knows. */
static struct table table;
static struct quorum_answer answer[QUORUM_DISK_LEGS];
static struct quorum_request want;
static struct quorum_assembly as;
static struct quorum_layout layout;
static struct quorum_disk_super sb;
static struct quorum_disk_block block;
static u64 generation;
static bool suspect;
static u32 live;
/* Where the newest of each leg is: no two need have it in the same. */
static u8 super_slot[LEGS];
static u8 block_slot[LEGS];

static bool chance(unsigned int percent)
{
	return rng_below(&rng, 100) < percent;
}

static struct device *device(unsigned int leg)
{
	return &devices[table.device[leg]];
}

#define for_each_leg(leg, legs)						\
	for (u32 __left = (legs);					\
	     __left && ((leg) = __ffs(__left), true);			\
	     __left &= __left - 1)

/*
 * Bits.
 */

static u32 plane_of(unsigned int leg)
{
	return QUORUM_PLANE_MISSED + le16_to_cpu(sb.member[leg].plane);
}

static bool test_plane(u32 plane, unsigned int region)
{
	return quorum_block_word(&block, &layout, plane, 0) >> region & 1;
}

static void set_plane(u32 plane, u64 bits, bool value)
{
	u64 word = quorum_block_word(&block, &layout, plane, 0);

	quorum_block_set_word(&block, &layout, plane, 0,
			      value ? word | bits : word & ~bits);
}

static u64 dirty(void)
{
	return quorum_block_word(&block, &layout, QUORUM_PLANE_DIRTY, 0);
}

static u32 state_of(unsigned int leg)
{
	return le16_to_cpu(sb.member[leg].state);
}

/* The legs that have a vote. */
static u32 current_legs(unsigned int region)
{
	unsigned int leg;
	u32 legs = 0;

	for_each_leg(leg, live)
		if (state_of(leg) != QUORUM_MEMBER_REBUILD &&
		    !test_plane(plane_of(leg), region))
			legs |= BIT(leg);
	return legs;
}

/*
 * Writes of metadata.
 */

static void maybe_crash(void)
{
	crashed = !rng_below(&rng, crash_odds);
}

/* One sector, of many: old, or new, or, but for the first, nothing of use. */
static void tear(u8 *to, const u8 *from, bool first)
{
	unsigned int what = rng_below(&rng, first ? 4 : 5);

	if (what == 4)
		memset(to, rng_next(&rng), 512);
	else if (what < 2)
		memcpy(to, from, 512);
}

/* Of what is written at a crash, anything may be there. */
static void store(void *to, const void *from)
{
	unsigned int sector, much = rng_below(&rng, 3);

	if (!crashed || much == 2) {
		memcpy(to, from, QUORUM_DISK_UNIT);
		return;
	}
	for (sector = 0; sector < 8 && much; sector++)
		tear((u8 *)to + 512 * sector, (u8 *)from + 512 * sector,
		     !sector);
}

static void acknowledge(unsigned int leg)
{
	sb.member[leg].epoch = sb.epoch;
	sb.member[leg].seq = sb.seq;
}

static void store_supers(u32 legs)
{
	static struct quorum_disk_super copy;
	unsigned int leg;

	copy = sb;
	for_each_leg(leg, legs) {
		quorum_super_address(&copy, leg, OFFSET);
		quorum_super_seal(&copy, !super_slot[leg]);
		store(&device(leg)->super[!super_slot[leg]], &copy);
		super_slot[leg] = !super_slot[leg];
		acknowledge(leg);
	}
}

static void store_blocks(u32 legs)
{
	struct quorum_version version = {
		le64_to_cpu(sb.epoch), generation++
	};
	unsigned int leg;

	for_each_leg(leg, legs) {
		block_slot[leg] = !block_slot[leg];
		quorum_block_seal(&block, version, block_slot[leg]);
		store(&device(leg)->block[block_slot[leg]], &block);
	}
}

/* A commit: what there is of it, in parallel. */
static void commit(bool blocks, bool super)
{
	maybe_crash();
	if (blocks)
		store_blocks(live);
	if (super) {
		sb.seq = cpu_to_le64(le64_to_cpu(sb.seq) + 1);
		store_supers(live);
	}
}

/*
 * Activation.
 */

static void read_supers(u32 present)
{
	unsigned int leg;

	memset(answer, 0, sizeof(answer));
	for_each_leg(leg, present) {
		struct device *d = device(leg);

		quorum_super_choose(&answer[leg], &d->super[0], 0);
		quorum_super_choose(&answer[leg], &d->super[1], 1);
		super_slot[leg] = answer[leg].super == &d->super[1];
	}
}

static const struct quorum_disk_block *read_block(unsigned int leg, u32 slot)
{
	const struct quorum_disk_block *b = &device(leg)->block[slot];
	const struct quorum_disk_super *x = answer[as.newest].super;

	return quorum_block_check(b, x->id.set_uuid, le64_to_cpu(x->epoch), 0,
				  slot) ? b : NULL;
}

/* Whether a copy is torn: it may be whole again when it is torn once more. */
static bool is_torn(unsigned int leg, u32 slot)
{
	static const struct quorum_disk_block blank;

	return !read_block(leg, slot) &&
	       memcmp(&device(leg)->block[slot], &blank, sizeof(blank));
}

static bool any_torn(void)
{
	unsigned int leg;

	for_each_leg(leg, as.trusted)
		if (is_torn(leg, 0) || is_torn(leg, 1))
			return true;
	return false;
}

/* Returns who has what counts. */
static u32 merge_blocks(void)
{
	const struct quorum_disk_block *copy[QUORUM_DISK_LEGS] = {};
	u32 have = 0, newest;
	unsigned int leg;

	for_each_leg(leg, as.trusted) {
		copy[leg] = quorum_block_choose(read_block(leg, 0),
						read_block(leg, 1));
		block_slot[leg] = copy[leg] == &device(leg)->block[1];
		if (copy[leg])
			have |= BIT(leg);
	}
	newest = quorum_block_newest(copy, have, quorum_assembly_copies(&as));
	suspect = !newest;
	nr_lost += suspect;
	if (newest)
		block = *copy[__ffs(newest)];
	else
		quorum_block_init(&block, sb.id.set_uuid, 0);
	return newest;
}

static void act_blocks(u32 now)
{
	struct quorum_merge merge;
	u32 newest;

	generation = 0;
	memset(block_slot, 0, sizeof(block_slot));
	if (as.change == QUORUM_CHANGE_CREATE) {
		quorum_block_init(&block, sb.id.set_uuid, 0);
		suspect = false;
		maybe_crash();
		store_blocks(now);
		return;
	}
	quorum_assembly_merge(&as, &sb, &merge);
	newest = merge_blocks();
	if (quorum_block_adopt(&block, &layout, &merge, suspect) ||
	    hweight32(newest) < quorum_assembly_quorum(&as) || as.added ||
	    any_torn()) {
		maybe_crash();
		store_blocks(now);
	}
}

static void act_table(u32 now)
{
	sb.seq = cpu_to_le64(1);
	maybe_crash();
	store_supers(now);
}

static void act_late(void)
{
	if (!as.late)
		return;
	maybe_crash();
	store_blocks(as.live);
	if (crashed)
		return;
	maybe_crash();
	store_supers(as.late);
}

static void ask(u32 present)
{
	unsigned int i;

	read_supers(present);
	memset(&want, 0, sizeof(want));
	want.nr_legs = table.nr_legs;
	want.threshold = table.threshold;
	want.region_sectors = DISK_REGION;
	want.length = REGIONS * DISK_REGION;
	for (i = 0; i < LEGS; i++)
		want.offset[i] = OFFSET;
	/* What is no longer blank was rebuilt once. */
	for_each_leg(i, table.rebuild & present)
		if (answer[i].found == QUORUM_FOUND_BLANK)
			want.rebuild |= BIT(i);
}

static u64 table_devices(void)
{
	u64 all = 0;
	unsigned int leg;

	for (leg = 0; leg < table.nr_legs; leg++)
		all |= 1ULL << table.device[leg];
	return all;
}

static bool activate(u32 present)
{
	static u8 fresh[LEGS * QUORUM_UUID_SIZE];
	unsigned int i;
	u32 now;

	ask(present);
	if (!quorum_assemble(&as, &want, answer))
		return false;
	/* None of the legs there were: that is another set. */
	if (used && as.change == QUORUM_CHANGE_CREATE) {
		check(!(used & table_devices()));
		return false;
	}
	for (i = 0; i < sizeof(fresh); i++)
		fresh[i] = rng_next(&rng);
	memset(&sb, 0, sizeof(sb));
	disk_uuid(sb.id.set_uuid, 's', 0);
	quorum_assembly_super(&as, &sb, fresh);
	for (i = 0; i < QUORUM_UUID_SIZE; i++)
		sb.nonce[i] = rng_next(&rng);
	check(quorum_layout(&layout, want.length, DISK_REGION,
			    le32_to_cpu(sb.id.planes)));
	live = as.live;
	now = as.live & ~as.late;
	maybe_crash();
	store_supers(now);
	if (!crashed)
		act_blocks(now);
	if (!crashed)
		act_table(now);
	if (!crashed)
		act_late();
	if (!crashed)
		used |= table_devices();
	nr_rolled_back += !!as.rolled_back;
	return !crashed;
}

/* What all of it is for. */
static void check_legs(void)
{
	unsigned int region, leg, other;

	for (region = 0; region < REGIONS; region++) {
		u32 legs = current_legs(region);

		for_each_leg(leg, legs) {
			check(device(leg)->stored[region] >=
			      acknowledged[region]);
			if (test_plane(QUORUM_PLANE_DIRTY, region))
				continue;
			for_each_leg(other, legs)
				check(device(other)->stored[region] ==
				      device(leg)->stored[region]);
		}
	}
}

/*
 * What goes on then.
 */

static u32 threshold(void)
{
	return table.threshold;
}

static void flush_legs(u32 legs)
{
	unsigned int leg;

	if (crashed)
		return;
	for_each_leg(leg, legs)
		memcpy(device(leg)->stored, device(leg)->cached,
		       sizeof(device(leg)->stored));
}

static void flush(void)
{
	unsigned int region;

	flush_legs(live);
	for (region = 0; region < REGIONS && !crashed; region++) {
		if (unflushed[region]) {
			acknowledged[region] = unflushed[region];
			nr_acknowledged++;
		}
		unflushed[region] = 0;
	}
}

/* Before data is sent. */
static void make_dirty(unsigned int region)
{
	bool news = !test_plane(QUORUM_PLANE_DIRTY, region);
	unsigned int leg;

	set_plane(QUORUM_PLANE_DIRTY, BIT(region), true);
	for (leg = 0; leg < table.nr_legs; leg++) {
		if (live >> leg & 1)
			continue;
		news |= !test_plane(plane_of(leg), region);
		set_plane(plane_of(leg), BIT(region), true);
	}
	if (news)
		commit(true, false);
}

static u32 send(unsigned int region, u32 version, bool fua)
{
	unsigned int leg;
	u32 took = 0;

	for_each_leg(leg, live) {
		if (!rng_below(&rng, 200))
			crashed = true;
		if (crashed || chance(4))
			continue;
		device(leg)->cached[region] = version;
		if (fua)
			device(leg)->stored[region] = version;
		took |= BIT(leg);
	}
	return took;
}

/* Before the caller hears of it. */
static void miss(u32 legs, unsigned int region)
{
	unsigned int leg;

	for_each_leg(leg, legs) {
		set_plane(plane_of(leg), BIT(region), true);
		if (state_of(leg) == QUORUM_MEMBER_IN)
			sb.member[leg].state =
				cpu_to_le16(QUORUM_MEMBER_BEHIND);
	}
	commit(true, true);
}

static void tell(unsigned int region, u32 version, bool fua)
{
	unflushed[region] = fua ? 0 : version;
	if (fua)
		acknowledged[region] = version;
}

static void write_region(unsigned int region)
{
	u32 version = ++last_version[region], took;
	bool fua = chance(50);

	/* Nothing is sent where too few could take it. */
	if (hweight32(current_legs(region)) < threshold())
		return;
	make_dirty(region);
	if (crashed)
		return;
	took = send(region, version, fua);
	if (crashed || hweight32(took & current_legs(region)) < threshold())
		return;
	if (live & ~took)
		miss(live & ~took, region);
	if (!crashed)
		tell(region, version, fua);
}

/* What the most legs have, of these the lowest: its votes, by *version. */
static unsigned int vote(unsigned int region, u32 legs, u32 *version,
			 unsigned int *versions)
{
	unsigned int leg, other, most = 0;

	*versions = 0;
	for_each_leg(leg, legs) {
		unsigned int votes = 0;
		bool first = true;

		for_each_leg(other, legs) {
			if (device(other)->cached[region] !=
			    device(leg)->cached[region])
				continue;
			votes++;
			first &= other >= leg;
		}
		*versions += first;
		if (votes > most) {
			most = votes;
			*version = device(leg)->cached[region];
		}
	}
	return most;
}

/* Makes legs equal where they may differ. Returns whether they are. */
static bool resync(unsigned int region)
{
	u32 legs = current_legs(region), version = 0;
	unsigned int leg, votes, versions;

	if (hweight32(legs) < threshold())
		return false;
	votes = vote(region, legs, &version, &versions);
	if (votes < threshold() && (versions != 2 || suspect))
		return false;
	for_each_leg(leg, legs) {
		if (!rng_below(&rng, 200))
			crashed = true;
		if (!crashed)
			device(leg)->cached[region] = version;
	}
	return !crashed;
}

static void clear(unsigned int region)
{
	/* What was told of must not be taken back. */
	if (!test_plane(QUORUM_PLANE_DIRTY, region) || unflushed[region] ||
	    !resync(region))
		return;
	flush();
	if (crashed)
		return;
	set_plane(QUORUM_PLANE_DIRTY, BIT(region), false);
	commit(true, false);
}

/* Nothing of a leg is of use: say so region by region from now on. */
static void expand(unsigned int leg)
{
	set_plane(plane_of(leg), BIT(REGIONS) - 1, true);
	commit(true, false);
	if (crashed)
		return;
	sb.member[leg].state = cpu_to_le16(QUORUM_MEMBER_BEHIND);
	commit(false, true);
}

static void rebuild(unsigned int leg)
{
	unsigned int region, versions;
	u32 version = 0;

	if (state_of(leg) == QUORUM_MEMBER_REBUILD)
		expand(leg);
	for (region = 0; region < REGIONS && !crashed; region++) {
		if (!test_plane(plane_of(leg), region) ||
		    test_plane(QUORUM_PLANE_DIRTY, region) ||
		    vote(region, current_legs(region), &version, &versions) <
		    threshold())
			continue;
		device(leg)->cached[region] = version;
		flush_legs(BIT(leg));
		set_plane(plane_of(leg), BIT(region), false);
		commit(true, false);
	}
	if (crashed || state_of(leg) != QUORUM_MEMBER_BEHIND ||
	    quorum_block_word(&block, &layout, plane_of(leg), 0))
		return;
	sb.member[leg].state = cpu_to_le16(QUORUM_MEMBER_IN);
	commit(false, true);
}

/* What it took and has not stored is in regions that are dirty. */
static void fail_leg(unsigned int leg)
{
	if (hweight32(live) <= threshold() || crashed)
		return;
	live &= ~BIT(leg);
	if (state_of(leg) == QUORUM_MEMBER_IN)
		sb.member[leg].state = cpu_to_le16(QUORUM_MEMBER_BEHIND);
	set_plane(plane_of(leg), dirty(), true);
	commit(true, true);
}

static void do_something(void)
{
	unsigned int leg = rng_below(&rng, table.nr_legs);
	unsigned int region = rng_below(&rng, REGIONS);

	switch (rng_below(&rng, 10)) {
	case 0:
		if (live >> leg & 1)
			fail_leg(leg);
		break;
	case 1 ... 2:
		flush();
		break;
	case 3 ... 4:
		clear(region);
		break;
	case 5:
		if (live >> leg & 1)
			rebuild(leg);
		break;
	default:
		write_region(region);
	}
}

/* Of what was not flushed, any part is kept. */
static void crash(void)
{
	unsigned int i, region;

	for (i = 0; i < nr_devices; i++)
		for (region = 0; region < REGIONS; region++) {
			struct device *d = &devices[i];

			if (chance(50))
				d->stored[region] = d->cached[region];
			d->cached[region] = d->stored[region];
		}
	for (region = 0; region < REGIONS; region++)
		unflushed[region] = 0;
	crashed = false;
}

/*
 * What people do.
 */

static void change_table(void)
{
	struct table *to = &tables[rng_below(&rng, nr_tables)];
	unsigned int leg = rng_below(&rng, to->nr_legs), i;

	if (nr_devices == DEVICES)
		return;
	if (nr_tables < TABLES) {
		tables[nr_tables] = *to;
		to = &tables[nr_tables++];
	}
	switch (rng_below(&rng, 3)) {
	case 0:
		to->device[leg] = nr_devices++;
		to->rebuild = BIT(leg);
		break;
	case 1:
		if (to->nr_legs == LEGS)
			break;
		to->device[to->nr_legs] = nr_devices++;
		to->rebuild = BIT(to->nr_legs++);
		to->threshold = to->nr_legs / 2 + 1;
		break;
	case 2:
		if (to->nr_legs == 1)
			break;
		to->nr_legs--;
		for (i = leg; i < to->nr_legs; i++)
			to->device[i] = to->device[i + 1];
		to->rebuild = 0;
		to->threshold = to->nr_legs / 2 + 1;
	}
}

/* The set as it has been left. */
static void remember_table(void)
{
	tables[rng_below(&rng, nr_tables)] = table;
}

static void begin(unsigned int least, unsigned int most)
{
	unsigned int i;

	memset(devices, 0, sizeof(devices));
	memset(acknowledged, 0, sizeof(acknowledged));
	memset(last_version, 0, sizeof(last_version));
	memset(unflushed, 0, sizeof(unflushed));
	memset(tables, 0, sizeof(tables));
	tables[0].nr_legs = least + rng_below(&rng, most + 1 - least);
	tables[0].threshold = tables[0].nr_legs / 2 + 1;
	if (tables[0].threshold < tables[0].nr_legs && chance(20))
		tables[0].threshold++;
	for (i = 0; i < tables[0].nr_legs; i++)
		tables[0].device[i] = i;
	nr_devices = tables[0].nr_legs;
	nr_tables = 1;
	crash_odds = RARE;
	crash_odds_used = RARE;
	crashed = false;
	used = 0;
}

/* As few as may be enough. */
static u32 few_legs(const struct table *of)
{
	u32 legs = 0;

	while (hweight32(legs) < of->threshold)
		legs |= BIT(rng_below(&rng, of->nr_legs));
	return legs;
}

/* Returns whether the set came up. */
static bool run_table(const struct table *of, u32 present)
{
	unsigned int i;

	table = *of;
	if (!activate(present)) {
		nr_refused++;
		crash();
		return false;
	}
	nr_assembled++;
	nr_changes += as.change > QUORUM_CHANGE_CREATE;
	check_legs();
	crash_odds = crash_odds_used;
	/* Not much is done at times: what was found is all there is then. */
	for (i = rng_below(&rng, chance(40) ? 4 : 30); i && !crashed; i--)
		do_something();
	if (!crashed && chance(30))
		flush();
	crash();
	return true;
}

static void run_once(void)
{
	const struct table *of = &tables[chance(70) ? nr_tables - 1 :
					 rng_below(&rng, nr_tables)];
	u32 all = BIT(of->nr_legs) - 1;

	if (run_table(of, chance(60) ? all : rng_next(&rng) & all))
		remember_table();
}

static void legs_away(void **state)
{
	u64 rounds = unit_times(300);

	for (unit_step = 0; unit_step < rounds; unit_step++) {
		unsigned int i;

		rng = unit_seed + unit_step;
		begin(1, LEGS);
		for (i = 0; i < 12; i++)
			run_once();
	}
}

static void legs_exchanged(void **state)
{
	u64 rounds = unit_times(700);

	for (unit_step = 0; unit_step < rounds; unit_step++) {
		unsigned int i;

		rng = unit_seed + (1ULL << 32) + unit_step;
		begin(1, LEGS);
		for (i = 0; i < 20; i++) {
			run_once();
			if (chance(30))
				change_table();
		}
	}
	check(nr_changes > rounds / 10);
}

/* What some of few legs have been told, the next few may not know. */
static void legs_take_turns(void **state)
{
	u64 rounds = unit_times(1000);

	for (unit_step = 0; unit_step < rounds; unit_step++) {
		unsigned int i;

		rng = unit_seed + (5ULL << 32) + unit_step;
		begin(3, 3);
		for (i = 0; i < 16; i++) {
			run_table(&tables[0], i && chance(70) ?
				  few_legs(&tables[0]) : 7);
			crash_odds = AT_TIMES;
			crash_odds_used = AT_TIMES;
		}
	}
}

/*
 * A change that is begun, and may be left half done, with the table from before
 * it in use again, and legs that only one of the two tables knows; each time
 * with few legs.
 */
static void changes_half_done(void **state)
{
	u64 rounds = unit_times(2000);

	for (unit_step = 0; unit_step < rounds; unit_step++) {
		unsigned int i;

		rng = unit_seed + (4ULL << 32) + unit_step;
		begin(2, 3);
		for (i = 0; i < 16; i++) {
			const struct table *of =
				&tables[rng_below(&rng, nr_tables)];

			crash_odds = i ? OFTEN : RARE;
			run_table(of, i && chance(60) ? few_legs(of) :
						       BIT(of->nr_legs) - 1);
			if (!i)
				change_table();
		}
	}
}

/*
 * A leg is put back to what it was some activations ago. A single one would not
 * be found out.
 */
static void roll_back(unsigned int which)
{
	struct device *d = &devices[which];

	if (d->snapshot)
		*d = *d->snapshot;
}

static void legs_rolled_back(void **state)
{
	u64 rounds = unit_times(250);

	for (unit_step = 0; unit_step < rounds; unit_step++) {
		unsigned int i, which;

		rng = unit_seed + (2ULL << 32) + unit_step;
		begin(2, LEGS);
		which = rng_below(&rng, nr_devices);
		for (i = 0; i < 12; i++) {
			run_once();
			if (i == 4) {
				snapshots[which] = devices[which];
				devices[which].snapshot = &snapshots[which];
			}
			if (i != 8)
				continue;
			/* All are there, before and after it. */
			table = tables[0];
			if (activate(BIT(table.nr_legs) - 1)) {
				crash();
				if (activate(BIT(table.nr_legs) - 1))
					roll_back(which);
			}
			crash();
			if (activate(BIT(table.nr_legs) - 1))
				check_legs();
			crash();
		}
	}
	check(nr_rolled_back);
}

/* All there is of one kind on one leg: its superblocks, or its blocks. */
static void damage(struct device *d)
{
	bool super = chance(50);
	u32 slot;

	for (slot = 0; slot < 2; slot++) {
		u8 *bytes = super ? (u8 *)&d->super[slot] :
				    (u8 *)&d->block[slot];

		bytes[(super ? 512 : 0) + rng_below(&rng, 3584)] ^= 1;
	}
}

static void legs_damaged(void **state)
{
	u64 rounds = unit_times(400);

	for (unit_step = 0; unit_step < rounds; unit_step++) {
		unsigned int i;

		rng = unit_seed + (3ULL << 32) + unit_step;
		begin(2, LEGS);
		for (i = 0; i < 16; i++) {
			run_once();
			if (chance(30))
				damage(&devices[rng_below(&rng, nr_devices)]);
		}
	}
	check(nr_lost);
}

static int say_how_much(void **state)
{
	printf("# %llu assembled, %llu changed, %llu refused\n", nr_assembled,
	       nr_changes, nr_refused);
	printf("# %llu flushed, %llu bitmaps lost, %llu legs put back\n",
	       nr_acknowledged, nr_lost, nr_rolled_back);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(legs_away),
		cmocka_unit_test(legs_exchanged),
		cmocka_unit_test(legs_take_turns),
		cmocka_unit_test(changes_half_done),
		cmocka_unit_test(legs_rolled_back),
		cmocka_unit_test(legs_damaged),
	};

	unit_init();
	return cmocka_run_group_tests_name("history", tests, NULL,
					   say_how_much);
}
