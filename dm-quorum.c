// SPDX-License-Identifier: GPL-2.0-only
/*
 * The quorum target: construction, map, suspend and resume, limits, and the
 * module.  How a table is read is in dm-quorum-table.c, how a request flows in
 * dm-quorum-read.c and dm-quorum-write.c.
 */
#include "dm-quorum.h"
#include "dm-quorum-activate.h"
#include "dm-quorum-arg.h"
#include "dm-quorum-buf.h"
#include "dm-quorum-clean.h"
#include "dm-quorum-commit.h"
#include "dm-quorum-compat.h"
#include "dm-quorum-detach.h"
#include "dm-quorum-device.h"
#include "dm-quorum-dirty.h"
#include "dm-quorum-flush.h"
#include "dm-quorum-io.h"
#include "dm-quorum-message.h"
#include "dm-quorum-meta.h"
#include "dm-quorum-read.h"
#include "dm-quorum-recall.h"
#include "dm-quorum-recheck.h"
#include "dm-quorum-reserve.h"
#include "dm-quorum-sync.h"
#include "dm-quorum-table.h"
#include "dm-quorum-write.h"
#include "dm-quorum-zero.h"

#include <linux/log2.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/sched/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>

/* The reserve of pages for one second look stays below the former. */
#define MAX_RESERVE_BYTES	SZ_4M
#define MAX_REQUEST_BYTES	SZ_1M

#define MAX_STEP_BYTES		SZ_64K

/* 32 MiB for each leg's set of regions. */
#define MAX_REGIONS		BIT(28)

/*
 * Construction.  quorum_free() takes apart whatever stands.
 */

static void quorum_free(struct quorum *q)
{
	/* Legs may still be about to answer: their bios are here. */
	if (q->meta)
		quorum_meta_io_end(&q->meta->io);
	quorum_flights_wait(&q->flights);
	if (q->meta)
		quorum_recall_exit(q->meta);
	quorum_hold_exit(&q->hold);
	/* Whoever raises events goes first. */
	quorum_reads_exit(q);
	quorum_writes_exit(q);
	quorum_clean_exit(q);
	quorum_sync_exit(q);
	quorum_meta_exit(q->meta);
	quorum_reports_exit(&q->reports);
	quorum_reserves_exit(q);
	quorum_rechecks_exit(q);
	quorum_flushes_exit(q);
	quorum_detach_exit(q);
	quorum_bufs_exit(&q->pages);
	quorum_flights_exit(&q->flights);
	quorum_suspects_exit(&q->suspects);
	quorum_regions_exit(&q->regions);
	quorum_table_exit(q);
	kfree(q);
}

static void begins_to_hold(struct quorum_hold *hold)
{
	quorum_report_held(&container_of(hold, struct quorum, hold)->reports);
}

static struct quorum *quorum_alloc(struct dm_target *ti, unsigned int threshold,
				   unsigned int nr_legs)
{
	struct quorum *q = kzalloc(struct_size(q, leg, nr_legs), GFP_KERNEL);

	if (!q)
		return NULL;
	q->ti = ti;
	q->writable = dm_table_get_mode(ti->table) & QUORUM_MODE_WRITE;
	q->threshold = threshold;
	q->nr_legs = nr_legs;
	quorum_ranges_init(&q->ranges);
	quorum_ios_init(q);
	quorum_reports_init(&q->reports, ti);
	quorum_hold_init(&q->hold);
	q->hold.again = quorum_io_again;
	q->hold.fail = quorum_io_fail;
	q->hold.begins = begins_to_hold;
	return q;
}

/*
 * The largest request whose second look fits the reserve.  It lies within one
 * region, so a leg has its vote on all of it or on none.
 */
static unsigned int max_request_bytes(struct quorum *q)
{
	unsigned int bytes = MAX_REQUEST_BYTES;

	while (bytes * q->nr_legs > MAX_RESERVE_BYTES)
		bytes /= 2;
	return min_t(u64, bytes, 1ULL << (q->region_shift + SECTOR_SHIFT));
}

/* What the table said is to be rebuilt has no vote from the start. */
static int start_regions(struct quorum *q)
{
	sector_t nr = (q->ti->len + (1ULL << q->region_shift) - 1) >>
		      q->region_shift;

	if (nr > MAX_REGIONS)
		return quorum_refuse(q->ti, -EINVAL,
				     "region_size is too small for this length");
	q->nr_regions = nr;
	if (quorum_regions_init(&q->regions, nr, q->region_shift, q->present,
				q->rebuild, q->threshold) ||
	    quorum_suspects_init(&q->suspects, nr, q->region_shift))
		return quorum_refuse(q->ti, -ENOMEM,
				     "Cannot allocate region bitmaps");
	if (quorum_sync_init(q, quorum_option(q, QUORUM_SYNC) && !q->meta))
		return quorum_refuse(q->ti, -ENOMEM, "Cannot allocate sweep");
	return 0;
}

/* A leg owes nothing more: do what was not done while it did. */
static void caught_up(struct quorum_flights *flights, unsigned int leg)
{
	struct quorum *q = container_of(flights, struct quorum, flights);

	if (q->meta)
		quorum_meta_kick(q->meta);
	quorum_sync_recover(q);
	quorum_hold_kick(&q->hold);
}

static int start_flights(struct quorum *q)
{
	bool early = q->pattern == QUORUM_PATTERN_EARLY;
	int r = quorum_flights_init(&q->flights, q->nr_legs, q->leg_timeout,
				    early);
	unsigned int leg;

	q->flights.caught_up = caught_up;
	quorum_for_each_leg(leg, q->present)
		r = r ?: quorum_flights_name(&q->flights, leg,
					     q->leg[leg].dev->bdev->bd_dev);
	if (r)
		return quorum_refuse(q->ti, r, "Cannot allocate flights");
	return 0;
}

/* With metadata, what all legs miss is remembered. */
static int start_meta(struct quorum *q)
{
	q->members = q->present;
	if (!q->meta)
		return 0;
	q->members = GENMASK(q->nr_legs - 1, 0);
	if (quorum_regions_remember(&q->regions, q->members & ~q->present) ||
	    quorum_suspects_remember(&q->suspects) ||
	    quorum_meta_init(q, q->meta, quorum_commit_work,
			     quorum_commit_prompt) ||
	    quorum_clean_init(q))
		return quorum_refuse(q->ti, -ENOMEM,
				     "Cannot allocate metadata");
	return quorum_activate_check(q);
}

/*
 * Where legs have bad blocks the sweep goes by these steps: they are bad as a
 * whole.
 */
static unsigned int step_bytes(struct quorum *q)
{
	unsigned int bytes = q->block_size, leg;

	quorum_for_each_leg(leg, q->present)
		bytes = max_t(unsigned int, bytes,
			      bdev_physical_block_size(q->leg[leg].dev->bdev));
	return min3(roundup_pow_of_two(bytes), (unsigned int)MAX_STEP_BYTES,
		    q->max_bytes);
}

/* Work that waits never stands before work that others wait for. */
static int start_engine(struct quorum *q)
{
	q->max_bytes = max_request_bytes(q);
	q->step_size = step_bytes(q);
	if (quorum_reads_init(q) || quorum_writes_init(q))
		return quorum_refuse(q->ti, -ENOMEM,
				     "Cannot allocate workqueue");
	q->hold.wq = q->write_wq;
	q->hold.on = quorum_option(q, QUORUM_QUEUE_IF_NO_QUORUM);
	if (quorum_bufs_init(&q->pages, q->nr_legs, q->max_bytes))
		return quorum_refuse(q->ti, -ENOMEM,
				     "Cannot allocate page reserve");
	if (quorum_rechecks_init(q) || quorum_detach_init(q))
		return quorum_refuse(q->ti, -ENOMEM,
				     "Cannot allocate recheck reserve");
	if (quorum_flushes_init(q))
		return quorum_refuse(q->ti, -ENOMEM,
				     "Cannot allocate flush reserve");
	quorum_reserves_init(q);
	return 0;
}

static void dispatch(struct quorum_io *io);

static int set_target(struct quorum *q)
{
	struct dm_target *ti = q->ti;

	ti->num_flush_bios = 1;
	ti->num_write_zeroes_bios = 1;
	if (quorum_option(q, QUORUM_ALLOW_DISCARDS)) {
		ti->num_discard_bios = 1;
		ti->discards_supported = true;
	}
	/* Else a second look could not tell which cgroup asked. */
	ti->needs_bio_set_dev = true;
	ti->limit_swap_bios = true;
	ti->accounts_remapped_io = true;
	q->start = dispatch;
	ti->per_io_data_size = quorum_io_size(q->nr_legs);
	return dm_set_target_max_io_len(ti, q->max_bytes >> SECTOR_SHIFT);
}

static int quorum_construct(struct quorum *q, struct dm_arg_set *as)
{
	int r = quorum_table_read(q, as);

	if (!r)
		r = start_flights(q);
	if (!r)
		r = start_regions(q);
	if (!r)
		r = start_meta(q);
	if (!r)
		r = start_engine(q);
	if (!r)
		r = set_target(q);
	return r;
}

static int quorum_ctr(struct dm_target *ti, unsigned int argc, char **argv)
{
	struct dm_arg_set as = { .argc = argc, .argv = argv };
	unsigned int threshold, nr_legs;
	struct quorum *q;
	int r;

	r = quorum_table_head(ti, &as, &threshold, &nr_legs);
	if (r)
		return r;
	q = quorum_alloc(ti, threshold, nr_legs);
	if (!q)
		return quorum_refuse(ti, -ENOMEM, "Cannot allocate context");
	r = quorum_construct(q, &as);
	if (r) {
		quorum_free(q);
		return r;
	}
	ti->private = q;
	return 0;
}

static void quorum_dtr(struct dm_target *ti)
{
	quorum_free(ti->private);
}

/*
 * I/O.
 */

static void start(struct quorum_io *io)
{
	if (bio_op(io->bio) == REQ_OP_READ)
		quorum_read(io);
	else if (bio_sectors(io->bio))
		quorum_write(io);
	else
		quorum_flush(io);
}

static u8 detach_bit(struct bio *bio)
{
	return bio_op(bio) == REQ_OP_READ ? QUORUM_DETACH_READS :
					    QUORUM_DETACH_WRITES;
}

/* Context: map, or write_wq. */
static void dispatch(struct quorum_io *io)
{
	if (unlikely(io->q->detach & detach_bit(io->bio)))
		quorum_detach(io, start);
	else
		start(io);
}

static int quorum_map(struct dm_target *ti, struct bio *bio)
{
	struct quorum_io *io = dm_per_bio_data(bio, ti->per_io_data_size);
	struct quorum *q = ti->private;

	quorum_io_init(io, q, bio);
	if (unlikely(!quorum_io_aligned(io)))
		return DM_MAPIO_KILL;
	switch (bio_op(bio)) {
	case REQ_OP_READ:
	case REQ_OP_WRITE:
	case REQ_OP_FLUSH:
		break;
	case REQ_OP_WRITE_ZEROES:
	case REQ_OP_DISCARD:
		quorum_write_cut(io);
		break;
	default:
		return DM_MAPIO_KILL;
	}
	dispatch(io);
	return DM_MAPIO_SUBMITTED;
}

static int quorum_preresume(struct dm_target *ti)
{
	struct quorum *q = ti->private;
	unsigned int noio;
	int r;

	if (!q->meta)
		return 0;
	/* To write back to this device would wait for it. */
	noio = memalloc_noio_save();
	r = quorum_activate(q);
	memalloc_noio_restore(noio);
	return r;
}

static void quorum_resume(struct dm_target *ti)
{
	struct quorum *q = ti->private;

	if (quorum_option(q, QUORUM_NO_WRITE_COPY))
		quorum_flag_stable_pages(ti);
	quorum_reads_resume(q);
	quorum_hold_give_back(&q->hold, false);
	quorum_sync_resume(q);
	if (q->meta)
		quorum_clean_resume(q);
}

static void quorum_presuspend(struct dm_target *ti)
{
	struct quorum *q = ti->private;

	quorum_sync_suspend(q);
	/* What is held goes to the next table, if it may. */
	if (dm_noflush_suspending(ti))
		quorum_hold_give_back(&q->hold, true);
}

static void quorum_presuspend_undo(struct dm_target *ti)
{
	struct quorum *q = ti->private;

	quorum_hold_give_back(&q->hold, false);
	quorum_sync_resume(q);
}

/*
 * No request is in flight any more, so no report can come but from work that is
 * about to end.  An event raised later would find another table in place.
 */
static void quorum_postsuspend(struct dm_target *ti)
{
	struct quorum *q = ti->private;

	quorum_reads_suspend(q);
	quorum_sync_flush(q);
	if (q->meta) {
		quorum_clean_suspend(q);
		quorum_deactivate(q);
	}
	quorum_reports_flush(&q->reports);
	quorum_pages_trim(&q->pages);
}

static int quorum_iterate_devices(struct dm_target *ti,
				  iterate_devices_callout_fn fn, void *data)
{
	struct quorum *q = ti->private;
	unsigned int i;
	int r = 0;

	quorum_for_each_leg(i, q->present)
		if (!r)
			r = fn(ti, q->leg[i].dev, q->leg[i].offset, ti->len,
			       data);
	return r;
}

static void quorum_io_hints(struct dm_target *ti, struct queue_limits *limits)
{
	struct quorum *q = ti->private;

	if (quorum_option(q, QUORUM_NO_WRITE_COPY))
		quorum_limit_stable_pages(limits);
	/*
	 * Cut requests where regions and pages end, not where some leg does:
	 * legs cut what they get to their own limits anyway.
	 */
	limits->max_hw_sectors = q->max_bytes >> SECTOR_SHIFT;
	limits->max_sectors = q->max_bytes >> SECTOR_SHIFT;
}

static struct target_type quorum_target = {
	.name			= "quorum",
	.version		= { 1, 1, 0 },
	.module			= THIS_MODULE,
	.ctr			= quorum_ctr,
	.dtr			= quorum_dtr,
	.map			= quorum_map,
	.presuspend		= quorum_presuspend,
	.presuspend_undo	= quorum_presuspend_undo,
	.postsuspend		= quorum_postsuspend,
	.preresume		= quorum_preresume,
	.resume			= quorum_resume,
	.status			= quorum_status,
	.message		= quorum_message,
	.iterate_devices	= quorum_iterate_devices,
	.io_hints		= quorum_io_hints,
};

static int __init quorum_module_init(void)
{
	quorum_zeroes_init();
	quorum_activations_init();
	quorum_devices_init();
	return dm_register_target(&quorum_target);
}

static void __exit quorum_module_exit(void)
{
	dm_unregister_target(&quorum_target);
}

module_init(quorum_module_init);
module_exit(quorum_module_exit);

MODULE_DESCRIPTION(DM_NAME " target that votes on what its legs return");
MODULE_AUTHOR("The dm-quorum developers");
MODULE_LICENSE("GPL");
MODULE_SOFTDEP("pre: sha256");
