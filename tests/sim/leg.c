// SPDX-License-Identifier: GPL-2.0-only
/*
 * Legs: arrays with a volatile cache.  Data moves at some time between
 * submission and completion, sometimes in two halves; completion comes in the
 * submitter's context, in an interrupt, or in a task.
 */
#include "leg.h"
#include "oracle.h"
#include "dm-quorum-verdict.h"

/* One bio on its way. */
struct leg_io {
	struct sim_event event;
	struct bio *bio;
	struct sim_leg *leg;
	unsigned int moved;
	unsigned int split;
	u64 rest;
	blk_status_t status;
	sector_t lost_from;
	sector_t lost_to;
	sector_t shift;
	bool quiet;
	bool late;
	u64 began;
	struct list_head held;
};

/* The target bears with more, in reads and in bytes. */
#define SIM_MAX_OWED	24

#define LEG_BYTES	((SIM_MAX_START + SIM_MAX_SECTORS) * SECTOR_SIZE)

struct sim_leg sim_legs[SIM_MAX_DEVS];

void legs_init(void)
{
	unsigned int i;

	for (i = 0; i < SIM_MAX_DEVS; i++) {
		struct sim_leg *leg = &sim_legs[i];

		leg->disk = malloc(LEG_BYTES);
		leg->cache = malloc(LEG_BYTES);
	}
}

static void limits_setup(struct sim_leg *leg)
{
	struct queue_limits *lim = &leg->queue.limits;

	memset(lim, 0, sizeof(*lim));
	lim->logical_block_size = set.leg_block[leg->index];
	lim->physical_block_size = max(lim->logical_block_size,
				       sim_lenient || rnd_chance(70) ?
				       set.physical : 4096);
	lim->max_sectors = 2560;
	lim->max_hw_sectors = 2560;
	lim->features = BLK_FEAT_WRITE_CACHE | BLK_FEAT_FUA;
	leg->knows_zeroes = rnd_chance(70);
	leg->refuses_late = !leg->knows_zeroes && rnd_chance(50);
	if (leg->knows_zeroes || leg->refuses_late)
		lim->max_write_zeroes_sectors = 65535;
	leg->knows_discard = rnd_chance(60);
	if (leg->knows_discard || rnd_chance(20)) {
		lim->max_discard_sectors = 65535;
		lim->max_hw_discard_sectors = 65535;
	}
}

/* A device as new; what the set holds on it is the caller's to say. */
void leg_setup(struct sim_leg *leg, sector_t start, sector_t slack)
{
	unsigned int index = leg - sim_legs;
	u8 *disk = leg->disk, *cache = leg->cache;

	memset(leg, 0, sizeof(*leg));
	leg->disk = disk;
	leg->cache = cache;
	/* There are no more of them in use, or to take their place. */
	if (index < set.nr_legs + 2)
		memset(disk, 0, SIM_MAX_START * SECTOR_SIZE);
	leg->index = index;
	leg_stamp(leg);
	INIT_LIST_HEAD(&leg->held);
	leg->start = start;
	leg->sectors = start + set.len + slack;
	leg->sync_percent = rnd_chance(20) ? 100 : rnd_chance(50) ? 0 : 30;
	leg->latency_us = 1 << rnd_range(0, 10);
	leg->write_ms = rnd_chance(3) ? rnd_range(20, 80) : 0;
	leg->flush_ms = rnd_chance(20) ? rnd_range(1, 50) : 0;
	leg->disk_dev.queue = &leg->queue;
	leg->disk_dev.part0 = &leg->bdev;
	leg->queue.disk = &leg->disk_dev;
	leg->bdev.bd_disk = &leg->disk_dev;
	leg->bdev.bd_queue = &leg->queue;
	leg->bdev.bd_nr_sectors = leg->sectors;
	leg->bdev.bd_dev = MKDEV(7, index);
	leg->disk_dev.devt = leg->bdev.bd_dev;
	leg->disk_dev.capacity = leg->sectors;
	leg->bdev.sim_leg = leg;
	leg->dev.bdev = &leg->bdev;
	snprintf(leg->dev.name, sizeof(leg->dev.name), "7:%u", index);
	limits_setup(leg);
}

struct sim_leg *leg_by_name(const char *name)
{
	unsigned int i;

	for (i = 0; i < SIM_MAX_DEVS; i++)
		if (sim_legs[i].sectors &&
		    !strcmp(sim_legs[i].dev.name, name))
			return &sim_legs[i];
	return NULL;
}

int lookup_bdev(const char *path, dev_t *dev)
{
	struct sim_leg *leg = leg_by_name(path);

	might_sleep();
	/* The device itself. */
	if (!strcmp(path, "252:0")) {
		*dev = MKDEV(252, 0);
		return 0;
	}
	if (!leg)
		return -ENOENT;
	*dev = leg->bdev.bd_dev;
	return 0;
}

bool legs_quiet(void)
{
	unsigned int i;

	for (i = 0; i < SIM_MAX_DEVS; i++)
		if (sim_legs[i].out)
			return false;
	return true;
}

/*
 * Data.  Sectors count from the start of the set's data.
 */

static u8 *place(u8 *base, struct sim_leg *leg, sector_t sector)
{
	return base + (leg->start + sector) * SECTOR_SIZE;
}

static const u8 *leg_sector(struct sim_leg *leg, sector_t sector)
{
	return place(sim_test_bit(sector, leg->dirty) ? leg->cache : leg->disk,
		     leg, sector);
}

/* Whether a block looks as if nobody had won it; or another's went there. */
bool leg_has_filler(struct sim_leg *leg, unsigned int block)
{
	return !memcmp(leg_sector(leg, block * block_sectors()), QUORUM_FILLER,
		       sizeof(QUORUM_FILLER));
}

/* What was in the cache is safe from a crash now. */
static void destage(struct sim_leg *leg, sector_t sector)
{
	memcpy(place(leg->disk, leg, sector), place(leg->cache, leg, sector),
	       SECTOR_SIZE);
	leg->durable[sector] = leg->id[sector];
}

void leg_store(struct sim_leg *leg, sector_t sector, const u8 *data,
	       bool durable)
{
	u32 id = content_id(data, sector);

	if (durable) {
		memcpy(place(leg->disk, leg, sector), data, SECTOR_SIZE);
		leg->durable[sector] = id;
		bitmap_clear(leg->dirty, sector, 1);
		bitmap_clear(leg->rot_durable, sector, 1);
	} else {
		memcpy(place(leg->cache, leg, sector), data, SECTOR_SIZE);
		bitmap_set(leg->dirty, sector, 1);
	}
	leg->id[sector] = id;
}

void leg_garbage(struct sim_leg *leg, sector_t sector, sector_t sectors)
{
	u64 data[SECTOR_SIZE / 8];
	unsigned int i;

	for (; sectors--; sector++) {
		u64 word = rnd() | 1;

		for (i = 0; i < ARRAY_SIZE(data); i++)
			data[i] = word *= 0x9e3779b97f4a7c15ULL;
		leg_store(leg, sector, (u8 *)data, true);
	}
}

/*
 * Below the set's data, where metadata is: each sector is just what was written
 * there last.
 */

void leg_stamp(struct sim_leg *leg)
{
	static u64 stamp;

	leg->meta_stamp = ++stamp;
}

static void meta_destage(struct sim_leg *leg, sector_t sector)
{
	memcpy(leg->disk + sector * SECTOR_SIZE,
	       leg->cache + sector * SECTOR_SIZE, SECTOR_SIZE);
	bitmap_clear(leg->meta_dirty, sector, 1);
	leg_stamp(leg);
}

static void meta_flush(struct sim_leg *leg)
{
	unsigned long sector;

	for_each_set_bit(sector, leg->meta_dirty, SIM_MAX_START)
		meta_destage(leg, sector);
}

static void meta_crash(struct sim_leg *leg, unsigned int percent)
{
	unsigned long sector;

	for_each_set_bit(sector, leg->meta_dirty, SIM_MAX_START)
		if (rnd_chance(percent))
			meta_destage(leg, sector);
	bitmap_zero(leg->meta_dirty, SIM_MAX_START);
}

static void flush_cache(struct sim_leg *leg)
{
	unsigned long sector;

	meta_flush(leg);
	for_each_set_bit(sector, leg->dirty, SIM_MAX_SECTORS) {
		destage(leg, sector);
		if (!sim_test_bit(sector, leg->rot))
			bitmap_clear(leg->rot_durable, sector, 1);
	}
	bitmap_zero(leg->dirty, SIM_MAX_SECTORS);
}

/* What was not flushed is gone, as after a flush that failed. */
void leg_drop_cache(struct sim_leg *leg)
{
	unsigned long sector;

	for_each_set_bit(sector, leg->dirty, SIM_MAX_SECTORS) {
		if (leg->id[sector] != leg->durable[sector] ||
		    sim_test_bit(sector, leg->rot_durable))
			fault_rots(leg, sector, 1);
		leg->id[sector] = leg->durable[sector];
	}
	bitmap_zero(leg->dirty, SIM_MAX_SECTORS);
}

/* What a crash leaves of a block that was not flushed: the old, or the new. */
static void crash_block(struct sim_leg *leg, unsigned int b, bool kept)
{
	unsigned int at = b * block_sectors(), end = at + block_sectors();

	for (; at < end; at++) {
		if (!sim_test_bit(at, leg->dirty))
			continue;
		if (kept)
			destage(leg, at);
		leg->id[at] = leg->durable[at];
		if (!kept && sim_test_bit(at, leg->rot_durable))
			bitmap_set(leg->rot, at, 1);
	}
}

static void leg_crash(struct sim_leg *leg, unsigned int percent)
{
	unsigned int b;

	for (b = 0; b < set_blocks(); b++)
		crash_block(leg, b, rnd_chance(percent));
	bitmap_zero(leg->dirty, SIM_MAX_SECTORS);
	meta_crash(leg, percent);
	leg->out = 0;
	leg->frozen_until = 0;
	leg->hung = false;
	INIT_LIST_HEAD(&leg->held);
	leg->dead = false;
	leg->bdev.bd_read_only = false;
	leg->dev.sim_refs = 0;
}

/* The machine crashes, and any part of what was not flushed is lost. */
void legs_crash(void)
{
	unsigned int percent = 50 * rnd_below(3), i;

	for (i = 0; i < SIM_MAX_DEVS; i++)
		leg_crash(&sim_legs[i], percent);
}

/* Copy a part of a bio, in sectors from its start. */
static void bio_bytes(struct bio *bio, unsigned int sector, u8 *data,
		      bool to_bio)
{
	struct bvec_iter iter = bio->bi_iter;
	unsigned int left = SECTOR_SIZE;
	struct bio_vec bv;

	bio_advance_iter(bio, &iter, sector << SECTOR_SHIFT);
	while (left) {
		unsigned int n;
		void *at;

		bv = sim_bvec(bio->bi_io_vec, iter);
		n = min(bv.bv_len, left);
		at = bvec_kmap_local(&bv);
		if (to_bio)
			memcpy(at, data, n);
		else
			memcpy(data, at, n);
		data += n;
		left -= n;
		bio_advance_iter(bio, &iter, n);
	}
}

static sector_t data_sector(struct leg_io *li)
{
	return li->bio->bi_iter.bi_sector - li->leg->start;
}

static bool is_meta(struct leg_io *li)
{
	struct bio *bio = li->bio;

	return bio->bi_iter.bi_size &&
	       bio->bi_iter.bi_sector < li->leg->start;
}

static void move_meta(struct leg_io *li, unsigned int i)
{
	struct sim_leg *leg = li->leg;
	sector_t at = li->bio->bi_iter.bi_sector + i;
	u8 *disk = leg->disk + at * SECTOR_SIZE;
	u8 *cache = leg->cache + at * SECTOR_SIZE;

	if (bio_op(li->bio) == REQ_OP_READ) {
		bio_bytes(li->bio, i, sim_test_bit(at, leg->meta_dirty) ?
			  cache : disk, true);
		return;
	}
	/* Now and then what is overwritten has left the cache by then. */
	if (sim_test_bit(at, leg->meta_dirty) && rnd_chance(20))
		meta_destage(leg, at);
	bio_bytes(li->bio, i, cache, false);
	bitmap_set(leg->meta_dirty, at, 1);
	if (li->bio->bi_opf & REQ_FUA)
		meta_destage(leg, at);
}

static void move_read(struct leg_io *li, unsigned int from, unsigned int to)
{
	struct sim_leg *leg = li->leg;
	sector_t at = data_sector(li);
	unsigned int i;

	for (i = from; i < to; i++) {
		if (sim_test_bit(at + i, leg->unreadable))
			li->status = li->status ? li->status : BLK_STS_MEDIUM;
		bio_bytes(li->bio, i, (u8 *)leg_sector(leg, at + i), true);
	}
	oracle_leg_read(leg, at + from, to - from, li->status);
}

static void heal(struct sim_leg *leg, sector_t sector)
{
	bitmap_clear(leg->rot, sector, 1);
	bitmap_clear(leg->unreadable, sector, 1);
}

static void write_sector(struct leg_io *li, unsigned int i, const u8 *data)
{
	struct sim_leg *leg = li->leg;
	sector_t at = data_sector(li) + i;

	if (i >= li->lost_from && i < li->lost_to) {
		fault_rots(leg, at, 1);
		if (li->shift && fault_lands(leg, at + li->shift))
			leg_store(leg, at + li->shift, data, false);
		return;
	}
	heal(leg, at);
	leg_store(leg, at, data, li->bio->bi_opf & REQ_FUA);
}

/* What a discarded sector reads back as is the device's own business. */
static bool keeps_discarded(struct sim_leg *leg, u8 *data)
{
	memset(data, 0, SECTOR_SIZE);
	return leg->index % 3 == 1;
}

/* Now and then what is overwritten has left the cache by then. */
static void destage_block(struct sim_leg *leg, sector_t sector)
{
	sector_t end = sector + block_sectors();

	if (!sim_test_bit(sector, leg->dirty) || !rnd_chance(20))
		return;
	for (; sector < end; sector++)
		if (sim_test_bit(sector, leg->dirty))
			destage(leg, sector);
}

static void move_write(struct leg_io *li, unsigned int from, unsigned int to)
{
	enum req_op op = bio_op(li->bio);
	u64 data[SECTOR_SIZE / 8] = { 0 };
	unsigned int i;

	for (i = from; i < to; i++) {
		if ((data_sector(li) + i) % block_sectors() == 0)
			destage_block(li->leg, data_sector(li) + i);
		if (op == REQ_OP_WRITE)
			bio_bytes(li->bio, i, (u8 *)data, false);
		else if (op == REQ_OP_DISCARD &&
			 keeps_discarded(li->leg, (u8 *)data))
			continue;
		write_sector(li, i, (u8 *)data);
	}
}

static void move(struct leg_io *li, unsigned int to)
{
	unsigned int from = li->moved;

	li->moved = to;
	if (li->status)
		return;
	if (is_meta(li))
		for (; from < to; from++)
			move_meta(li, from);
	else if (bio_op(li->bio) == REQ_OP_READ)
		move_read(li, from, to);
	else
		move_write(li, from, to);
}

/*
 * What becomes of a bio.
 */

static blk_status_t refuse(struct leg_io *li)
{
	struct sim_leg *leg = li->leg;
	struct queue_limits *lim = &leg->queue.limits;

	if (bio_op(li->bio) == REQ_OP_WRITE_ZEROES && !leg->knows_zeroes) {
		if (!lim->max_write_zeroes_sectors)
			return BLK_STS_NOTSUPP;
		lim->max_write_zeroes_sectors = 0;
		return rnd_chance(50) ? BLK_STS_TARGET : BLK_STS_NOTSUPP;
	}
	if (bio_op(li->bio) == REQ_OP_DISCARD && !leg->knows_discard) {
		if (!lim->max_discard_sectors)
			return BLK_STS_NOTSUPP;
		lim->max_discard_sectors = 0;
		return rnd_chance(50) ? BLK_STS_TARGET : BLK_STS_NOTSUPP;
	}
	return BLK_STS_OK;
}

static void decide_write(struct leg_io *li)
{
	sector_t at = data_sector(li), n = bio_sectors(li->bio);
	bool data = bio_op(li->bio) == REQ_OP_WRITE;

	li->status = refuse(li);
	if (li->status)
		return;
	li->status = fault_write(li->leg, at, n, data);
	if (!li->status && data)
		fault_skips(li->leg, at, n, &li->lost_from, &li->lost_to,
			    &li->shift);
}

/* Faults are chosen when data begins to move. */
static void decide(struct leg_io *li)
{
	struct bio *bio = li->bio;

	if (!bio->bi_iter.bi_size)
		li->status = fault_flush(li->leg);
	else if (is_meta(li))
		li->status = fault_meta(li->leg, bio->bi_iter.bi_sector,
					bio_op(bio) != REQ_OP_READ);
	else if (bio_op(bio) == REQ_OP_READ)
		li->status = fault_read(li->leg, data_sector(li),
					bio_sectors(bio));
	else
		decide_write(li);
	if (!li->status && bio->bi_opf & REQ_PREFLUSH)
		flush_cache(li->leg);
}

static u64 patience(void)
{
	return set.timeout * NSEC_PER_MSEC;
}

/* The target has given up on it, if it could. */
static bool is_late(struct leg_io *li)
{
	return set.timeout &&
	       sim_now - li->began >= patience() + 50 * NSEC_PER_MSEC;
}

/* It may give cause for a timeout, before @then. */
static void may_be_late(struct leg_io *li, u64 then)
{
	struct sim_leg *leg = li->leg;

	if (!set.timeout || li->late || then - li->began < patience() / 2)
		return;
	li->late = true;
	leg->gave.late++;
	/* A leg that owes metadata cannot be told any. */
	if (is_meta(li) && bio_op(li->bio) == REQ_OP_READ) {
		leg->gave.late++;
		leg->gave.writes++;
	}
	if (!li->bio->bi_iter.bi_size)
		leg->gave.flushes++;
	else if (bio_op(li->bio) != REQ_OP_READ)
		leg->gave.writes++;
}

static void finish(struct leg_io *li)
{
	struct bio *bio = li->bio;
	struct sim_leg *leg = li->leg;
	blk_status_t status = li->status;

	oracle_leg_done(leg, bio, status, li->quiet, is_late(li));
	trace("  leg %u: %s %llu+%u done, status %u", leg->index,
	      bio_op(bio) == REQ_OP_READ ? "read" : "write",
	      bio->bi_iter.bi_sector - leg->start, bio_sectors(bio), status);
	free(li);
	leg->out--;
	bio_finish(bio, status);
}

static void finish_fn(void *arg)
{
	finish(arg);
}

static void complete_somehow(struct leg_io *li)
{
	unsigned int how = rnd_below(4);

	if (how == 0)
		task_start("leg", finish_fn, li);
	else
		irq_raise("irq", how != 1, finish_fn, li);
}

static void last_stage(struct sim_event *event)
{
	struct leg_io *li = container_of(event, struct leg_io, event);

	move(li, bio_sectors(li->bio));
	complete_somehow(li);
}

static void first_stage(struct sim_event *event)
{
	struct leg_io *li = container_of(event, struct leg_io, event);

	if (li->leg->hung) {
		may_be_late(li, U64_MAX);
		list_add_tail(&li->held, &li->leg->held);
		return;
	}
	if (li->leg->frozen_until > sim_now) {
		may_be_late(li, li->leg->frozen_until);
		event_add(event, li->leg->frozen_until - sim_now);
		return;
	}
	decide(li);
	move(li, li->split);
	event->fire = last_stage;
	event_add(event, li->rest);
}

/* It answers again. */
void leg_release(struct sim_leg *leg)
{
	struct leg_io *li, *next;

	if (!leg->hung)
		return;
	trace("  leg %u answers again", leg->index);
	leg->hung = false;
	list_for_each_entry_safe(li, next, &leg->held, held) {
		list_del(&li->held);
		event_add(&li->event, rnd_below(NSEC_PER_MSEC));
	}
}

static void check_bio(struct sim_leg *leg, struct bio *bio)
{
	unsigned int mask = leg->queue.limits.logical_block_size - 1;
	sector_t at = bio->bi_iter.bi_sector;

	if (bio->bi_opf & (REQ_NOWAIT | REQ_POLLED))
		sim_fail("a leg is asked to poll or not to wait");
	if (!bio->bi_iter.bi_size) {
		if (bio_op(bio) != REQ_OP_FLUSH &&
		    !(bio->bi_opf & REQ_PREFLUSH))
			sim_fail("an empty bio that is no flush");
		return;
	}
	if ((bio->bi_iter.bi_size | at << SECTOR_SHIFT) & mask)
		sim_fail("leg %u: I/O is not made of its blocks", leg->index);
	if (set.metadata && at >= 8 && at + bio_sectors(bio) <= leg->start)
		return;
	if (set.metadata && at + bio_sectors(bio) <= leg->start &&
	    bio_op(bio) == REQ_OP_READ)
		return;
	if (at < leg->start || at + bio_sectors(bio) > leg->start + set.len)
		sim_fail("leg %u: I/O outside of the set's data: %llu+%u",
			 leg->index, at, bio_sectors(bio));
}

static void start(struct leg_io *li)
{
	struct sim_leg *leg = li->leg;
	u64 ns = leg->latency_us * NSEC_PER_USEC;
	u64 more = fault_stall(leg);

	fault_hang(leg);
	li->rest = rnd_below(ns);
	li->split = rnd_chance(20) ? rnd_below(bio_sectors(li->bio) + 1) :
		    rnd_chance(50) ? bio_sectors(li->bio) : 0;
	/* A block is moved at once. */
	li->split = rounddown(li->split, set.block >> SECTOR_SHIFT);
	li->event.fire = first_stage;
	if (!bio_sectors(li->bio))
		more += leg->flush_ms * NSEC_PER_MSEC;
	else if (bio_op(li->bio) == REQ_OP_WRITE)
		more += leg->write_ms * NSEC_PER_MSEC;
	may_be_late(li, sim_now + more);
	event_add(&li->event, rnd_below(2 * ns) + more);
}

/*
 * Who owes too much misses what is written then: that is a fault like others.
 * Where it is one too many, what comes now is answered at once.
 */
static bool may_not_owe(struct sim_leg *leg)
{
	return set.timeout && leg->out > SIM_MAX_OWED && !fault_suspect(leg);
}

void leg_submit(struct bio *bio)
{
	struct sim_leg *leg = bio->bi_bdev->sim_leg;
	struct leg_io *li = calloc(1, sizeof(*li));

	check_bio(leg, bio);
	cover.leg_bios++;
	leg->out++;
	li->bio = bio;
	li->leg = leg;
	li->began = sim_now;
	trace("  leg %u: %s%s %llu+%u", leg->index,
	      bio_op(bio) == REQ_OP_READ ? "read" : bio_op(bio) == REQ_OP_WRITE
	      ? "write" : bio_op(bio) == REQ_OP_DISCARD ? "discard" : "zeroes",
	      bio->bi_opf & REQ_FUA ? " fua" : bio->bi_opf & REQ_PREFLUSH ?
	      " flush" : "", bio->bi_iter.bi_sector - leg->start,
	      bio_sectors(bio));
	li->quiet = oracle_leg_start(leg, bio);
	if (may_not_owe(leg) ||
	    (leg->frozen_until <= sim_now && !leg->hung && !leg->write_ms &&
	     !leg->flush_ms && rnd_chance(leg->sync_percent))) {
		decide(li);
		move(li, bio_sectors(bio));
		finish(li);
	} else {
		start(li);
	}
}
