// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests, and whether what was promised of them was kept.
 */
#include "oracle.h"

struct sim_set set;
static LIST_HEAD(ops);
static unsigned int nr_failed;

bool oracle_busy(void)
{
	return !list_empty(&ops);
}

void oracle_init(void)
{
	INIT_LIST_HEAD(&ops);
	nr_failed = 0;
	versions_init();
	lacks_init();
}

/* Requests are gone, and nobody hears of them. */
void oracle_crash(void)
{
	INIT_LIST_HEAD(&ops);
	oracle_tick++;
	versions_crash();
}

void oracle_exit(void)
{
	versions_exit();
}

/* Writes that failed in this run, or may have and were requeued. */
unsigned int oracle_failures(void)
{
	return nr_failed + cover.requeues;
}

/* When the oldest request that is under way began. */
u64 oracle_oldest(void)
{
	struct o_op *o;
	u64 when = oracle_tick;

	list_for_each_entry(o, &ops, node)
		when = min(when, o->start);
	return when;
}

static u32 bad_devices(unsigned int block)
{
	unsigned int i;
	u32 bad = 0;

	for (i = 0; i < SIM_MAX_DEVS; i++)
		if (set.members & BIT(i) &&
		    (sim_legs[i].suspect || sim_legs[i].dead ||
		     leg_block_bad(&sim_legs[i], block)))
			bad |= BIT(i);
	return bad;
}

/*
 * Requests.
 */

static unsigned int op_first(struct o_op *o)
{
	return o->sector / block_sectors();
}

static unsigned int op_blocks(struct o_op *o)
{
	return o->sectors / block_sectors();
}

struct o_op *oracle_begin(enum req_op op, sector_t sector,
			  unsigned int sectors, unsigned int nr_ids, u32 *ids)
{
	struct o_op *o = calloc(1, sizeof(*o));
	unsigned int n, i;

	o->op = op;
	o->sector = sector;
	o->sectors = sectors;
	o->start = ++oracle_tick;
	o->began = sim_now;
	o->generation = set.generation;
	n = op_blocks(o);
	o->hurt = calloc(n + 1, sizeof(*o->hurt));
	o->took = calloc(n + 1, sizeof(*o->took));
	o->took_at = calloc(n + 1, sizeof(*o->took_at));
	o->requeues = cover.requeues;
	if (op == REQ_OP_READ)
		o->served = calloc(n + 1, sizeof(*o->served));
	else if (sectors)
		o->write = version_new(nr_ids, ids);
	if (o->write)
		o->write->discard = op == REQ_OP_DISCARD;
	for (i = 0; i < n; i++) {
		o->hurt[i] = bad_devices(op_first(o) + i);
		if (o->write)
			version_add(op_first(o) + i, o->write);
	}
	o->hurt[n] = bad_devices(0);
	list_add_tail(&o->node, &ops);
	return o;
}

void oracle_hurt(struct sim_leg *leg, sector_t sector, sector_t n)
{
	unsigned int first = sector / block_sectors();
	unsigned int last = (sector + n - 1) / block_sectors();
	struct o_op *o;
	unsigned int i;

	list_for_each_entry(o, &ops, node) {
		for (i = 0; i < op_blocks(o); i++)
			if (op_first(o) + i >= first && op_first(o) + i <= last)
				o->hurt[i] |= BIT(leg->index);
		o->hurt[op_blocks(o)] |= BIT(leg->index);
	}
}

/* fifo asks for all of it at once. */
static bool fifo_must_succeed(struct o_op *o)
{
	unsigned int i, n = op_blocks(o);
	u32 hurt = 0;

	for (i = 0; i < n; i++)
		hurt |= o->hurt[i];
	return set.members & ~hurt;
}

/*
 * With metadata, legs are flushed when nobody has asked for it: whoever asks
 * next hears of it if too many have failed that.
 */
static bool flush_failed(void)
{
	unsigned int i, good = 0;

	for (i = 0; i < SIM_MAX_DEVS; i++)
		good += set.members & BIT(i) && !sim_legs[i].failed_flush;
	return set.metadata && good < set.threshold;
}

/* Promises 1 and 4: what T good legs hold is returned, not an error. */
static bool must_succeed(struct o_op *o)
{
	unsigned int i, n = op_blocks(o);

	/* Where legs are behind, metadata knows it for longer. */
	if (o->generation != set.generation ||
	    (set.metadata && fault_plan.overload))
		return false;
	if (o->op == REQ_OP_READ && set.pattern == SIM_FIFO)
		return fifo_must_succeed(o);
	if (!o->sectors)
		return hweight32(set.members & ~o->hurt[n]) >= set.threshold &&
		       !flush_failed();
	for (i = 0; i < n; i++) {
		if (hweight32(set.members & ~o->hurt[i]) < set.threshold)
			return false;
		if (o->op == REQ_OP_READ &&
		    version_contested(op_first(o) + i, o->start))
			return false;
	}
	return true;
}

/* Section 6: nobody waits for a leg that hangs where others answer. */
void oracle_none_waits(void)
{
	u64 patience = SIM_PATIENCE * set.timeout * NSEC_PER_MSEC;
	struct o_op *o;

	if (sim_md.blocked || sim_now - sim_md.unblocked < patience)
		return;
	list_for_each_entry(o, &ops, node)
		if (sim_now - o->began > patience && must_succeed(o))
			sim_fail("section 6: %llu+%u waits for a hung leg",
				 o->sector, o->sectors);
}

static u32 served_by(struct o_op *o, unsigned int i, u32 id)
{
	struct o_served *s = &o->served[i];
	unsigned int j;

	for (j = 0; j < s->nr; j++)
		if (s->answer[j].id == id)
			return s->answer[j].legs;
	return 0;
}

static unsigned int votes_needed(void)
{
	return set.pattern == SIM_FIFO ? 1 : set.threshold;
}

/* Reads in which no T legs held all of it, but T held each block. */
static void count_block_votes(struct o_op *o, const u32 *ids)
{
	unsigned int i;
	u32 all = ~0u;

	for (i = 0; i < op_blocks(o); i++)
		all &= served_by(o, i, ids[i]);
	if (hweight32(all) < votes_needed())
		cover.block_votes++;
}

/* With metadata: more legs are away, behind or wrong than promises bear. */
bool oracle_too_few_good(unsigned int b)
{
	unsigned int i, good = 0;

	for (i = 0; i < SIM_MAX_DEVS; i++)
		good += set.members & BIT(i) && !sim_legs[i].suspect &&
			!leg_block_bad(&sim_legs[i], b);
	return set.metadata && (fault_plan.overload || good < set.threshold);
}

/*
 * M3: where writes were cut off, one of two versions may be chosen, and is
 * given to all.  With overload more legs than that bears may be wrong.
 */
bool oracle_may_be_settled(unsigned int b, u64 when)
{
	unsigned int i;

	if (!set.metadata)
		return false;
	/* It may not have been compared since the set was made. */
	for (i = 0; i < SIM_MAX_DEVS; i++)
		if (set.members & BIT(i) && leg_block_bad(&sim_legs[i], b))
			return true;
	return fault_plan.overload || version_contested(b, when);
}

/* Promise 1: what is returned may be, and T legs returned it. */
static void check_read(struct o_op *o, const u32 *ids)
{
	unsigned int i, b;

	for (i = 0; i < op_blocks(o); i++) {
		b = op_first(o) + i;
		/* What a rebuilt leg was given where nobody won. */
		if (sim_lenient && set.pattern == SIM_FIFO &&
		    ids[i] & SIM_ID_BAD)
			continue;
		/* Where it is settled, a leg that is wrong may win. */
		if (oracle_too_few_good(b))
			continue;
		if (!version_allowed(b, ids[i], o->start, false))
			oracle_dump(b);
		if (!version_allowed(b, ids[i], o->start, false))
			sim_fail("promise 1: block %u was read as a wrong %#x",
				 b, ids[i]);
		if (o->generation == set.generation &&
		    hweight32(served_by(o, i, ids[i])) < votes_needed() &&
		    !oracle_may_be_settled(b, o->start))
			sim_fail("promise 1: block %u read as %#x of legs %#x",
				 b, ids[i], served_by(o, i, ids[i]));
		if (set.pattern == SIM_FIFO || set.minority)
			continue;
		version_seen(b, ids[i]);
	}
	count_block_votes(o, ids);
}

/*
 * Legs that hold a block for good; or where it had no winner when they were
 * rebuilt, so that they were given something else.
 */
static u32 durable_on(unsigned int b, u64 when)
{
	unsigned int i;
	u32 legs = 0;

	for (i = 0; i < SIM_MAX_DEVS; i++)
		if (set.members & BIT(i) &&
		    (lacks_filled(&sim_legs[i], b,
				  leg_block_durable(&sim_legs[i], b)) ||
		     leg_block_bad(&sim_legs[i], b) ||
		     block_any_bit(sim_legs[i].rot_durable, b) ||
		     version_allowed(b, leg_block_durable(&sim_legs[i], b),
				     when, true)))
			legs |= BIT(i);
	return legs;
}

/* Promise 3: what was acknowledged is on T legs for good. */
static void check_durable(struct o_op *o, unsigned int first, unsigned int n)
{
	unsigned int b;

	/* Legs that are away hold it, too. */
	if (o->generation != set.generation ||
	    (set.metadata && fault_plan.overload))
		return;
	for (b = first; b < first + n; b++) {
		if (hweight32(durable_on(b, o->start)) >= set.threshold)
			continue;
		oracle_dump(b);
		sim_fail("promise 3: block %u is safe on legs %#x only",
			 b, durable_on(b, o->start));
	}
}

/* Promise 2: T legs took it. */
static void check_write(struct o_op *o)
{
	unsigned int i;

	if (o->op == REQ_OP_DISCARD || o->generation != set.generation)
		return;
	for (i = 0; i < op_blocks(o); i++) {
		if (hweight32(o->took[i]) < set.threshold)
			sim_fail("promise 2: only legs %#x took block %u",
				 o->took[i], op_first(o) + i);
		lacks_write(o, op_first(o) + i, i);
		if (set.metadata)
			lacks_known(op_first(o) + i);
	}
}

/* Promise 3: a leg that fails a flush is failed, if others are enough. */
static void check_flushed(struct o_op *o)
{
	unsigned int i, dev, good = 0;
	struct o_status st;

	/* With metadata there are others. */
	if (load.admin || set.metadata || !list_empty(&ops))
		return;
	for (dev = 0; dev < SIM_MAX_DEVS; dev++)
		good += set.members & BIT(dev) && !sim_legs[dev].suspect;
	if (good < set.threshold || !audit_status(&st))
		return;
	for (i = 0; i < set.nr_legs; i++)
		if (set.dev[i] >= 0 && st.health[i] != 'D' &&
		    sim_legs[set.dev[i]].failed_flush > o->start)
			sim_fail("promise 3: leg %u failed a flush, and stays",
				 i);
}

static void end_ok(struct o_op *o, const u32 *ids)
{
	if (o->op == REQ_OP_READ) {
		if (!o->scribbled)
			check_read(o, ids);
		return;
	}
	if (o->sectors)
		check_write(o);
	if (o->fua)
		check_durable(o, op_first(o), op_blocks(o));
	else if (o->flush && !o->sectors)
		check_durable(o, 0, set_blocks());
	if (o->flush && !o->sectors && o->generation == set.generation) {
		lacks_flush(o->start);
		check_flushed(o);
	}
}

/* The status most legs gave, of several the lowest leg's (promise 2). */
static blk_status_t error_due(struct o_op *o)
{
	unsigned int slot, other, n, most = 0;
	blk_status_t due = BLK_STS_IOERR;

	for (slot = 0; slot < set.nr_legs; slot++) {
		int dev = set.dev[slot];

		if (dev < 0 || !(o->told & BIT(dev)) || !o->said[dev])
			continue;
		for (n = other = 0; other < set.nr_legs; other++)
			n += set.dev[other] >= 0 &&
			     o->told & BIT(set.dev[other]) &&
			     o->said[set.dev[other]] == o->said[dev];
		if (n > most)
			due = o->said[dev];
		most = max(most, n);
	}
	return due;
}

/* What it fails with, and whether anybody was asked at all. */
static void check_error(struct o_op *o, blk_status_t status)
{
	if (o->generation != set.generation || o->requeues != cover.requeues)
		return;
	/* Where legs are behind, or cannot be told, nobody is asked. */
	if (set.metadata && fault_plan.overload)
		return;
	/* What legs said to metadata counts, too. */
	/* So do timeouts; and it may have been tried several times. */
	if (o->told && !set.metadata && !set.timeout && !set.queued &&
	    status != error_due(o))
		sim_fail("promise 2: %llu+%u failed with status %u, not %u",
			 o->sector, o->sectors, status, error_due(o));
	if (o->op == REQ_OP_READ && !o->asked && !set.queued &&
	    status != BLK_STS_AGAIN)
		sim_fail("promise 9: %llu+%u failed, and no leg was asked",
			 o->sector, o->sectors);
}

static void end_failed(struct o_op *o, blk_status_t status)
{
	cover.failed_requests++;
	if (o->op == REQ_OP_DISCARD || set.readonly)
		return;
	if (must_succeed(o))
		sim_fail("promise %d: %llu+%u failed with status %u, no reason",
			 o->op == REQ_OP_READ ? 1 : o->sectors ? 2 : 3,
			 o->sector, o->sectors, status);
	check_error(o, status);
}

static void free_served(struct o_op *o)
{
	unsigned int i;

	for (i = 0; o->served && i < op_blocks(o); i++)
		free(o->served[i].answer);
	free(o->served);
}

void oracle_end(struct o_op *o, blk_status_t status, const u32 *ids)
{
	oracle_tick++;
	list_del(&o->node);
	/* What ends is judged as it was before it ended. */
	if (status)
		end_failed(o, status);
	if (!status && o->flush && !o->sectors)
		versions_flushed(o->start);
	if (o->write) {
		o->write->end = oracle_tick;
		o->write->fua = o->fua;
		o->write->state = status ? O_FAILED : O_DONE;
		nr_failed += !!status;
	}
	if (!status)
		end_ok(o, ids);
	free(o->hurt);
	free(o->took);
	free(o->took_at);
	free_served(o);
	free(o);
}

/*
 * What the legs tell.
 */

#define ANSWERS_MORE	8

static struct o_answer *new_answer(struct o_served *s, u32 id)
{
	struct o_answer *a;

	if (s->nr % ANSWERS_MORE == 0)
		s->answer = realloc(s->answer, (s->nr + ANSWERS_MORE) *
				    sizeof(*s->answer));
	a = &s->answer[s->nr++];
	a->id = id;
	a->legs = 0;
	return a;
}

static void served(struct o_op *o, unsigned int b, struct sim_leg *leg, u32 id)
{
	struct o_served *s = &o->served[b - op_first(o)];
	struct o_answer *a = s->answer, *end = a + s->nr;

	while (a < end && a->id != id)
		a++;
	if (a == end)
		a = new_answer(s, id);
	a->legs |= BIT(leg->index);
}

static bool covers(struct o_op *o, unsigned int b)
{
	return b >= op_first(o) && b < op_first(o) + op_blocks(o);
}

/*
 * Whether a leg that returns this may be outvoted.  With allow_minority, as
 * many legs may hold each of several versions after a write that failed: the
 * lowest leg's is the answer, and the others are told to differ from it.  After
 * a crash legs differ, too: the option sync says so, and nobody who does not
 * use it.  Where a leg does not take what it is to be given, they still do.
 */
static bool gives_cause(struct sim_leg *leg, unsigned int b, u32 id)
{
	if (lacks_filled(leg, b, id))
		return false;
	return !oracle_allowed(b, id) || version_discarded(b) ||
	       block_any_bit(leg->rot, b) || lacks_by_fault(leg, b) ||
	       ((set.minority || set.torn ||
		 (set.metadata && fault_plan.write_error)) &&
		oracle_contested(b)) ||
	       (set.torn && version_pending(b));
}

void oracle_leg_read(struct sim_leg *leg, sector_t sector, sector_t n,
		     blk_status_t status)
{
	unsigned int b, last = (sector + n) / block_sectors();
	struct o_op *o;

	for (b = sector / block_sectors(); b < last; b++) {
		u32 id = leg_block_id(leg, b);

		leg->gave.lies += gives_cause(leg, b, id);
		list_for_each_entry(o, &ops, node)
			if (o->served && covers(o, b))
				served(o, b, leg, id);
	}
}

/* The version that a write carries; UINT_MAX if it is empty. */
static u32 carried(struct bio *bio, unsigned int sector, sector_t at)
{
	struct bvec_iter iter = bio->bi_iter;
	u64 data[SECTOR_SIZE / 8];
	unsigned int done = 0;

	if (bio_op(bio) != REQ_OP_WRITE)
		return SIM_ID_ZERO;
	bio_advance_iter(bio, &iter, sector << SECTOR_SHIFT);
	while (done < SECTOR_SIZE) {
		struct bio_vec bv = sim_bvec(bio->bi_io_vec, iter);
		unsigned int n = min(bv.bv_len, SECTOR_SIZE - done);

		memcpy((u8 *)data + done, bvec_kmap_local(&bv), n);
		done += n;
		bio_advance_iter(bio, &iter, n);
	}
	return content_id((u8 *)data, at + sector);
}

/* Likewise, a block: of anything but a version, all sectors have to tell. */
static u32 carried_block(struct bio *bio, unsigned int sector, sector_t at)
{
	unsigned int n = min(block_sectors(), bio_sectors(bio) - sector), i;
	u32 ids[PAGE_SIZE / SECTOR_SIZE];

	ids[0] = carried(bio, sector, at);
	if (!(ids[0] & SIM_ID_BAD))
		return ids[0];
	/* The leg with the largest blocks may have left. */
	for (i = 1; i < n; i++)
		ids[i] = carried(bio, sector + i, at);
	return content_join(ids, n);
}

static void op_took(struct o_op *o, unsigned int i, struct sim_leg *leg)
{
	o->took[i] |= BIT(leg->index);
	if (!o->took_at[i])
		o->took_at[i] = oracle_tick;
}

static void took(struct sim_leg *leg, struct bio *bio, bool quiet, bool late)
{
	sector_t at = bio->bi_iter.bi_sector - leg->start;
	unsigned int i, b;
	bool counts;
	struct o_op *o;
	u32 id;

	oracle_tick++;
	for (i = 0; i < bio_sectors(bio); i += block_sectors()) {
		b = (at + i) / block_sectors();
		id = carried_block(bio, i, at);
		counts = !late;
		list_for_each_entry(o, &ops, node)
			if (o->write && covers(o, b) &&
			    version_has_id(o->write, id)) {
				op_took(o, b - op_first(o), leg);
				counts |= !quiet;
			}
		/* What nobody waited for may be older than what it misses. */
		if (bio_op(bio) != REQ_OP_DISCARD && counts)
			lacks_took(leg, b, id, quiet);
	}
}

static bool is_metadata(struct sim_leg *leg, struct bio *bio)
{
	return bio->bi_iter.bi_sector < leg->start;
}

/* Bitmaps are behind the superblocks. */
static bool is_super(struct bio *bio)
{
	return bio->bi_iter.bi_sector < 256;
}

/* What a leg answers to a write that is sent to it as it came. */
static void said(struct sim_leg *leg, struct bio *bio, blk_status_t status)
{
	sector_t at = bio->bi_iter.bi_sector - leg->start;
	struct o_op *o;

	if (bio_op(bio) != REQ_OP_WRITE || !bio->bi_iter.bi_size ||
	    is_metadata(leg, bio))
		return;
	list_for_each_entry(o, &ops, node)
		if (o->op == REQ_OP_WRITE && o->sector == at &&
		    o->sectors == bio_sectors(bio) &&
		    version_has_id(o->write, carried_block(bio, 0, at))) {
			o->said[leg->index] = status;
			o->told |= BIT(leg->index);
		}
}

/* Second looks, and those of the sweep: these hold their range. */
static bool looks_for(const char *whom)
{
	return !strcmp(sim_me->name, whom);
}

static void asked(struct sim_leg *leg, unsigned int b)
{
	bool sweep = looks_for("kquorum_sync");
	/* Of a read that has been answered nobody knows when it began. */
	bool any_time = sweep || set.pattern == SIM_EARLY;
	u64 since = any_time ? 0 : oracle_tick + 1;
	struct o_op *o;

	list_for_each_entry(o, &ops, node)
		if (o->op == REQ_OP_READ && covers(o, b)) {
			o->asked = true;
			since = min(since, o->start);
		}
	lacks_asked(leg, b, sweep || looks_for("kquorum_look"), since);
}

static void rewrites(struct sim_leg *leg, unsigned int b, u32 id)
{
	rewrite_check(b, id);
	lacks_fills(leg, b, id);
}

/* Before data is sent. */
static void knows_enough(sector_t at, unsigned int sectors)
{
	sector_t end = at + sectors;

	known_epoch();
	for (; at < end; at = rounddown(at, set.region) + set.region)
		known_dirty(at / block_sectors());
}

/*
 * Returns whether it is a second look's read, or what the module writes on its
 * own account.
 */
bool oracle_leg_start(struct sim_leg *leg, struct bio *bio)
{
	sector_t at = bio->bi_iter.bi_sector - leg->start;
	bool look = looks_for("kquorum_look");
	bool quiet = look || looks_for("kquorum_sync");
	enum req_op op = bio_op(bio);
	unsigned int i;

	if (!bio->bi_iter.bi_size)
		return false;
	if (is_metadata(leg, bio)) {
		if (op == REQ_OP_WRITE)
			known_slot(leg, bio);
		if (op == REQ_OP_WRITE && !is_super(bio))
			known_block(bio);
		return false;
	}
	if (op != REQ_OP_READ && !quiet && set.metadata)
		knows_enough(at, bio_sectors(bio));
	for (i = 0; i < bio_sectors(bio); i += block_sectors())
		if (op == REQ_OP_READ)
			asked(leg, (at + i) / block_sectors());
		else if (op == REQ_OP_WRITE && quiet)
			rewrites(leg, (at + i) / block_sectors(),
				 carried_block(bio, i, at));
	look = look && op == REQ_OP_READ;
	cover.second_looks += look;
	return look || (quiet && op == REQ_OP_WRITE);
}

static void refused(struct sim_leg *leg, struct bio *bio)
{
	sector_t at = bio->bi_iter.bi_sector - leg->start;
	unsigned int i;

	for (i = 0; i < bio_sectors(bio); i += block_sectors())
		lacks_refused(leg, (at + i) / block_sectors());
}

void oracle_leg_done(struct sim_leg *leg, struct bio *bio, blk_status_t status,
		     bool quiet, bool late)
{
	/* What nobody waited for nobody has heard. */
	bool blames = status_blames(status) && !late;
	enum req_op op = bio_op(bio);

	said(leg, bio, status);
	if (!status) {
		if (op != REQ_OP_READ && bio->bi_iter.bi_size &&
		    bio->bi_iter.bi_sector >= leg->start)
			took(leg, bio, quiet, late);
		return;
	}
	cover.leg_faults++;
	if (op == REQ_OP_READ) {
		leg->gave.reads++;
		leg->gave.blamed_looks += quiet && blames;
	} else if (bio->bi_iter.bi_size) {
		if (quiet)
			refused(leg, bio);
		leg->gave.writes++;
		leg->gave.blamed_writes += op == REQ_OP_WRITE && blames;
	} else {
		leg->gave.flushes++;
		leg->gave.blamed_flushes += blames;
		if (blames)
			leg->failed_flush = oracle_tick;
	}
}
