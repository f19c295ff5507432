// SPDX-License-Identifier: GPL-2.0-only
/*
 * A linear target that takes its time, to the tenth of a millisecond: dm-delay
 * counts in jiffies, and is always as late.
 *
 *	<start> <length> late <dev> <offset> <us> <every> <slow us> <seed>
 *
 * A bio is passed on after <us>, and one of so many, by chance, only after
 * <slow us>; with 0, none.  What is by chance is the same each time.
 *
 *	hang	pass nothing on any more
 *	go	do, at once what had to wait
 */
#include <linux/bio.h>
#include <linux/device-mapper.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/spinlock.h>

#define DM_MSG_PREFIX	"late"

/*
 * struct late - one target
 * @dev: what it maps to
 * @offset: from there on
 * @usual: how late a bio is
 * @slow: how late a slow one is
 * @every: one of so many
 * @thread: passes bios on
 * @hung: nothing is passed on
 * @chance: where the random numbers are
 * @waiting: bios, the first one due first
 */
struct late {
	struct dm_dev *dev;
	sector_t offset;
	ktime_t usual;
	ktime_t slow;
	unsigned int every;
	struct task_struct *thread;
	/* @lock: protects what follows it */
	spinlock_t lock;
	bool hung;
	u64 chance;
	struct list_head waiting;
};

/*
 * struct late_bio - a bio that waits
 * @list: in late->waiting
 * @due: when it is passed on
 */
struct late_bio {
	struct list_head list;
	ktime_t due;
};

/* Under the lock. */
static bool __is_slow(struct late *late)
{
	late->chance = late->chance * 6364136223846793005ULL +
		       1442695040888963407ULL;
	return late->every && !((u32)(late->chance >> 33) % late->every);
}

/* Almost always it is the last.  Under the lock. */
static void __insert(struct late *late, struct late_bio *new)
{
	struct late_bio *at;

	list_for_each_entry_reverse(at, &late->waiting, list)
		if (at->due <= new->due)
			break;
	list_add(&new->list, &at->list);
}

static int late_map(struct dm_target *ti, struct bio *bio)
{
	struct late *late = ti->private;
	struct late_bio *new = dm_per_bio_data(bio, sizeof(*new));

	bio_set_dev(bio, late->dev->bdev);
	bio->bi_iter.bi_sector = late->offset +
				 dm_target_offset(ti, bio->bi_iter.bi_sector);
	spin_lock_irq(&late->lock);
	new->due = ktime_add(ktime_get(),
			     __is_slow(late) ? late->slow : late->usual);
	__insert(late, new);
	spin_unlock_irq(&late->lock);
	wake_up_process(late->thread);
	return DM_MAPIO_SUBMITTED;
}

/* Takes what is due to @due.  Returns when the next one is.  Under the lock. */
static ktime_t __take(struct late *late, struct list_head *due)
{
	struct late_bio *at, *next;
	ktime_t now = ktime_get();

	if (late->hung)
		return KTIME_MAX;
	list_for_each_entry_safe(at, next, &late->waiting, list) {
		if (at->due > now)
			return at->due;
		list_move_tail(&at->list, due);
	}
	return KTIME_MAX;
}

static void pass_on(struct list_head *due)
{
	struct late_bio *at, *next;

	list_for_each_entry_safe(at, next, due, list)
		dm_submit_bio_remap(dm_bio_from_per_bio_data(at, sizeof(*at)),
				    NULL);
}

static int late_thread(void *data)
{
	struct late *late = data;
	ktime_t next;

	for (;;) {
		LIST_HEAD(due);

		set_current_state(TASK_IDLE);
		if (kthread_should_stop())
			break;
		spin_lock_irq(&late->lock);
		next = __take(late, &due);
		spin_unlock_irq(&late->lock);
		if (list_empty(&due)) {
			schedule_hrtimeout(next == KTIME_MAX ? NULL : &next,
					   HRTIMER_MODE_ABS);
			continue;
		}
		__set_current_state(TASK_RUNNING);
		pass_on(&due);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static int late_message(struct dm_target *ti, unsigned int argc, char **argv,
			char *result, unsigned int maxlen)
{
	struct late *late = ti->private;
	bool hang = !strcasecmp(argv[0], "hang");

	if (argc != 1 || (!hang && strcasecmp(argv[0], "go")))
		return -EINVAL;
	spin_lock_irq(&late->lock);
	late->hung = hang;
	spin_unlock_irq(&late->lock);
	wake_up_process(late->thread);
	return 0;
}

static bool parse_us(const char *word, ktime_t *time)
{
	unsigned int us;

	if (kstrtouint(word, 10, &us))
		return false;
	*time = ns_to_ktime((u64)us * NSEC_PER_USEC);
	return true;
}

static int parse(struct late *late, char **argv)
{
	return kstrtoull(argv[1], 10, &late->offset) ||
	       !parse_us(argv[2], &late->usual) ||
	       kstrtouint(argv[3], 10, &late->every) ||
	       !parse_us(argv[4], &late->slow) ||
	       kstrtou64(argv[5], 10, &late->chance) ? -EINVAL : 0;
}

static int start(struct dm_target *ti, struct late *late, const char *path)
{
	int r = dm_get_device(ti, path, dm_table_get_mode(ti->table),
			      &late->dev);

	if (r)
		return r;
	late->thread = kthread_run(late_thread, late, "dm-late");
	if (!IS_ERR(late->thread))
		return 0;
	dm_put_device(ti, late->dev);
	return PTR_ERR(late->thread);
}

static int late_ctr(struct dm_target *ti, unsigned int argc, char **argv)
{
	struct late *late;
	int r;

	if (argc != 6) {
		ti->error = "Not six arguments";
		return -EINVAL;
	}
	late = kzalloc(sizeof(*late), GFP_KERNEL);
	if (!late)
		return -ENOMEM;
	spin_lock_init(&late->lock);
	INIT_LIST_HEAD(&late->waiting);
	r = parse(late, argv);
	if (!r)
		r = start(ti, late, argv[0]);
	if (r) {
		ti->error = "No such device, or not a number";
		kfree(late);
		return r;
	}
	ti->num_flush_bios = 1;
	ti->per_io_data_size = sizeof(struct late_bio);
	ti->accounts_remapped_io = true;
	ti->private = late;
	return 0;
}

static void late_dtr(struct dm_target *ti)
{
	struct late *late = ti->private;

	kthread_stop(late->thread);
	dm_put_device(ti, late->dev);
	kfree(late);
}

static int late_iterate_devices(struct dm_target *ti,
				iterate_devices_callout_fn fn, void *data)
{
	struct late *late = ti->private;

	return fn(ti, late->dev, late->offset, ti->len, data);
}

static struct target_type late_target = {
	.name = "late",
	.version = { 1, 0, 0 },
	.module = THIS_MODULE,
	.ctr = late_ctr,
	.dtr = late_dtr,
	.map = late_map,
	.message = late_message,
	.iterate_devices = late_iterate_devices,
};

static int __init late_init(void)
{
	return dm_register_target(&late_target);
}

static void __exit late_exit(void)
{
	dm_unregister_target(&late_target);
}

module_init(late_init);
module_exit(late_exit);
MODULE_DESCRIPTION("Benchmark of dm-quorum: a device that takes its time");
MODULE_LICENSE("GPL");
