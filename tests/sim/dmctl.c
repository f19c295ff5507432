// SPDX-License-Identifier: GPL-2.0-only
/*
 * Device-mapper around tables: load, suspend, resume, messages, status.
 * Modelled on Linux 6.1.
 */
#include "dmcore.h"
#include "leg.h"
#include "oracle.h"

#define MAX_ARGS	96

struct target_type *dm_type;

int dm_register_target(struct target_type *type)
{
	dm_type = type;
	return 0;
}

void dm_unregister_target(struct target_type *type)
{
	dm_type = NULL;
}

/*
 * What targets ask.
 */

int dm_get_device(struct dm_target *ti, const char *path, blk_mode_t mode,
		  struct dm_dev **result)
{
	struct sim_leg *leg = leg_by_name(path);
	struct dm_table *t = ti->table;

	might_sleep();
	if (!strcmp(path, "7:9999"))
		return -EACCES;
	if (!strcmp(path, "7:9998"))
		return -EROFS;
	if (!leg)
		return -ENODEV;
	leg->dev.sim_refs++;
	leg->dev.mode = mode;
	t->nr_devs++;
	*result = &leg->dev;
	return 0;
}

void dm_put_device(struct dm_target *ti, struct dm_dev *dev)
{
	might_sleep();
	if (!dev->sim_refs-- || !ti->table->nr_devs--)
		sim_fail("a device is put twice");
}

blk_mode_t dm_table_get_mode(struct dm_table *t)
{
	return t->mode;
}

struct mapped_device *dm_table_get_md(struct dm_table *t)
{
	return t->md;
}

const char *dm_table_device_name(struct dm_table *t)
{
	return "252:0";
}

const char *dm_device_name(struct mapped_device *md)
{
	return "252:0";
}

struct gendisk *dm_disk(struct mapped_device *md)
{
	return &md->disk;
}

sector_t dm_table_get_size(struct dm_table *t)
{
	return t->ti.begin + t->ti.len;
}

void dm_table_event(struct dm_table *t)
{
	might_sleep();
	sim_point();
	t->md->events++;
}

int dm_set_target_max_io_len(struct dm_target *ti, sector_t len)
{
	ti->max_io_len = len;
	return 0;
}

int dm_noflush_suspending(struct dm_target *ti)
{
	sim_point();
	return ti->table->md->noflush;
}

int dm_suspended(struct dm_target *ti)
{
	sim_point();
	return ti->table->md->suspended;
}

int dm_post_suspending(struct dm_target *ti)
{
	return 0;
}

unsigned int dm_bio_get_target_bio_nr(const struct bio *bio)
{
	return 0;
}

const char *dm_shift_arg(struct dm_arg_set *as)
{
	if (!as->argc)
		return NULL;
	as->argc--;
	return *as->argv++;
}

void dm_consume_args(struct dm_arg_set *as, unsigned int n)
{
	as->argc -= n;
	as->argv += n;
}

int dm_read_arg(const struct dm_arg *arg, struct dm_arg_set *as,
		unsigned int *value, char **error)
{
	const char *text = dm_shift_arg(as);

	if (!text || kstrtouint(text, 10, value) || *value < arg->min ||
	    *value > arg->max) {
		*error = arg->error;
		return -EINVAL;
	}
	return 0;
}

int dm_read_arg_group(const struct dm_arg *arg, struct dm_arg_set *as,
		      unsigned int *value, char **error)
{
	int r = dm_read_arg(arg, as, value, error);

	return r ? r : *value > as->argc ? -EINVAL : 0;
}

/* Where fewer answer, those that do not are waited for. */
static bool enough_are_there(void)
{
	unsigned int i, there = 0;

	for (i = 0; i < SIM_MAX_DEVS; i++)
		there += set.members & BIT(i) && !sim_legs[i].dead;
	return there >= set.threshold;
}

/* Section 6: nor does a table wait for a hung leg, to be used or no more. */
static void check_patience(u64 began, const char *what)
{
	u64 patience = SIM_PATIENCE * set.timeout * NSEC_PER_MSEC;

	if (set.timeout && sim_now - began > patience && enough_are_there())
		sim_fail("section 6: %s waits for a hung leg", what);
}

/*
 * The device.
 */

int md_create(struct mapped_device *md)
{
	memset(md, 0, sizeof(*md));
	init_waitqueue_head(&md->wait);
	mutex_init(&md->lock);
	INIT_LIST_HEAD(&md->deferred);
	INIT_LIST_HEAD(&md->reissue);
	INIT_WORK(&md->work, md_work);
	md->disk.queue = &md->queue;
	md->disk.devt = MKDEV(252, 0);
	md->queue.limits.logical_block_size = 512;
	md->queue.disk = &md->disk;
	md->suspended = true;
	md->blocked = true;
	md->modern = rnd_chance(50);
	md->wq = alloc_workqueue("kdmflush", WQ_MEM_RECLAIM, 0);
	return md->wq ? 0 : -ENOMEM;
}

void md_destroy(struct mapped_device *md)
{
	if (md->in_flight || !list_empty(&md->deferred))
		sim_fail("the device goes with requests in it");
	while (md->queueing)
		usleep_range(1000, 2000);
	destroy_workqueue(md->wq);
	mutex_destroy(&md->lock);
}

static void table_free(struct dm_table *t)
{
	if (t->nr_devs)
		sim_fail("a table goes and keeps %u devices", t->nr_devs);
	free(t);
}

static void table_destroy(struct dm_table *t)
{
	trace("dtr");
	dm_type->dtr(&t->ti);
	table_free(t);
}

static int stack(struct dm_target *ti, struct dm_dev *dev, sector_t start,
		 sector_t len, void *data)
{
	struct queue_limits *to = data, *from = &dev->bdev->bd_queue->limits;

	if (start + len > bdev_nr_sectors(dev->bdev))
		return 1;
	to->logical_block_size = max(to->logical_block_size,
				     from->logical_block_size);
	to->physical_block_size = max(to->physical_block_size,
				      from->physical_block_size);
	to->max_sectors = min(to->max_sectors, from->max_sectors);
	to->max_discard_sectors = max(to->max_discard_sectors,
				      from->max_discard_sectors);
	return 0;
}

static void calculate_limits(struct dm_table *t)
{
	struct queue_limits *lim = &t->limits;

	lim->logical_block_size = 512;
	lim->physical_block_size = 512;
	lim->max_sectors = UINT_MAX;
	if (dm_type->iterate_devices(&t->ti, stack, lim))
		sim_fail("a leg is too small, and was taken");
	if (dm_type->io_hints)
		dm_type->io_hints(&t->ti, lim);
}

static unsigned int split_args(char *text, char **argv)
{
	unsigned int argc = 0;
	char *save, *arg;

	for (arg = strtok_r(text, " ", &save); arg && argc < MAX_ARGS;
	     arg = strtok_r(NULL, " ", &save))
		argv[argc++] = arg;
	return argc;
}

static int construct(struct dm_table *t, const char *params)
{
	char *argv[MAX_ARGS], *text = strdup(params);
	unsigned int argc = split_args(text, argv);
	u64 began = sim_now;
	int r = dm_type->ctr(&t->ti, argc, argv);

	free(text);
	/* If it is refused, what is out has to be back. */
	if (!r)
		check_patience(began, "a table");
	if (r > 0)
		sim_fail("ctr() returned %d", r);
	return r;
}

/* Returns what ctr says; *@error then is its reason. */
int md_load(struct mapped_device *md, const char *params, sector_t begin,
	    sector_t len, blk_mode_t mode, char **error)
{
	struct dm_table *t = calloc(1, sizeof(*t));
	char ima[1024];
	int r;

	trace("load: %s", params);
	t->md = md;
	t->mode = mode;
	t->ti.table = t;
	t->ti.type = dm_type;
	t->ti.begin = begin;
	t->ti.len = len;
	t->ti.error = "Unknown error";
	r = construct(t, params);
	if (r) {
		trace("refused: %s", t->ti.error);
		*error = t->ti.error;
		table_free(t);
		return r;
	}
	dm_type->status(&t->ti, STATUSTYPE_IMA, 0, ima, sizeof(ima));
	calculate_limits(t);
	md_unload(md);
	md->loaded = t;
	return 0;
}

void md_unload(struct mapped_device *md)
{
	struct dm_table *t = md->loaded;

	md->loaded = NULL;
	if (t)
		table_destroy(t);
}

static int drain(struct mapped_device *md, bool killable)
{
	bool before = sim_me->killable;
	int r;

	sim_me->killable = killable;
	r = wait_event_killable(md->wait, !md->in_flight);
	sim_me->killable = before;
	return r;
}

static void unblock(struct mapped_device *md)
{
	md->blocked = false;
	md->unblocked = sim_now;
	queue_work(md->wq, &md->work);
}

int md_suspend(struct mapped_device *md, bool noflush, bool killable)
{
	struct dm_target *ti;
	int r = -EINVAL;
	u64 began;

	mutex_lock(&md->lock);
	if (md->suspended || !md->live)
		goto out;
	trace("suspend%s", noflush ? " noflush" : "");
	ti = &md->live->ti;
	md->noflush = noflush;
	if (ti->type->presuspend)
		ti->type->presuspend(ti);
	md->blocked = true;
	wait_event(md->wait, !md->users);
	flush_workqueue(md->wq);
	r = drain(md, killable);
	md->noflush = false;
	if (r) {
		trace("suspend is interrupted");
		unblock(md);
		if (ti->type->presuspend_undo)
			ti->type->presuspend_undo(ti);
		goto out;
	}
	began = sim_now;
	if (ti->type->postsuspend)
		ti->type->postsuspend(ti);
	check_patience(began, "suspend");
	md->suspended = true;
	trace("suspended");
	cover.suspends++;
out:
	mutex_unlock(&md->lock);
	return r;
}

/* Readers of the old table are waited for, as those of SRCU are. */
static struct dm_table *swap_table(struct mapped_device *md)
{
	struct dm_table *old = md->live;

	if (!md->loaded)
		return NULL;
	md->live = md->loaded;
	md->loaded = NULL;
	md->begin = md->live->ti.begin;
	md->queue.limits = md->live->limits;
	md->disk.capacity = dm_table_get_size(md->live);
	wait_event(md->wait, !md->users);
	return old;
}

int md_resume(struct mapped_device *md)
{
	struct dm_table *old = NULL;
	struct dm_target *ti;
	int r = -EINVAL;
	u64 began;

	mutex_lock(&md->lock);
	if (!md->suspended || !(md->live || md->loaded))
		goto out;
	trace("resume%s", md->loaded ? " with another table" : "");
	old = swap_table(md);
	ti = &md->live->ti;
	began = sim_now;
	r = ti->type->preresume ? ti->type->preresume(ti) : 0;
	check_patience(began, "resume");
	if (!r) {
		if (ti->type->resume)
			ti->type->resume(ti);
		md->suspended = false;
		unblock(md);
	}
out:
	mutex_unlock(&md->lock);
	if (old)
		table_destroy(old);
	return r;
}

/* The table in use, until table_put(). */
static struct dm_target *table_get(struct mapped_device *md)
{
	sim_point();
	if (!md->live)
		return NULL;
	md->users++;
	return &md->live->ti;
}

static void table_put(struct mapped_device *md)
{
	if (!--md->users)
		wake_up_all(&md->wait);
}

int md_message(struct mapped_device *md, char *text, char *result,
	       unsigned int size)
{
	struct dm_target *ti = table_get(md);
	char *argv[MAX_ARGS];
	unsigned int argc;
	int r;

	if (!ti)
		return -ENXIO;
	trace("message: %s", text);
	cover.messages++;
	argc = split_args(text, argv);
	result[0] = '\0';
	r = argc ? dm_type->message(ti, argc, argv, result, size) : -EINVAL;
	table_put(md);
	trace("message: %d", r);
	return r;
}

void md_status(struct mapped_device *md, status_type_t type, char *result,
	       unsigned int size)
{
	struct dm_target *ti = table_get(md);

	result[0] = '\0';
	if (!ti)
		return;
	dm_type->status(ti, type, 0, result, size);
	table_put(md);
}
