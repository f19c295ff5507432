// SPDX-License-Identifier: GPL-2.0-only
/*
 * The legs a table names: opened, or refused by name.
 *
 * dm has one line for why it does not take a table, without room for which of
 * the legs it is, or by how much that is too small: these go to the log.
 */
#include "dm-quorum.h"
#include "dm-quorum-arg.h"
#include "dm-quorum-open.h"

#include <linux/overflow.h>

#define DM_MSG_PREFIX "quorum"

/* The device that a path stands for; 0 if there is none. */
static dev_t path_to_dev(const char *path)
{
	unsigned int major, minor;
	char rest;
	dev_t dev;

	if (sscanf(path, "%u:%u%c", &major, &minor, &rest) != 2)
		return lookup_bdev(path, &dev) ? 0 : dev;
	dev = MKDEV(major, minor);
	return MAJOR(dev) == major && MINOR(dev) == minor ? dev : 0;
}

/* Both names of a device, unless the table has it by its number. */
static __printf(4, 5) void log_leg(struct quorum *q, struct quorum_leg *leg,
				   const char *path, const char *fmt, ...)
{
	dev_t dev = leg->dev ? leg->dev->bdev->bd_dev : path_to_dev(path);
	struct va_format vaf = { .fmt = fmt };
	char number[32] = "";
	va_list args;

	if (dev)
		snprintf(number, sizeof(number), ", %u:%u", MAJOR(dev),
			 MINOR(dev));
	if (dev && !strcmp(path, number + 2))
		number[0] = '\0';
	va_start(args, fmt);
	vaf.va = &args;
	DMERR("%s: leg %u (%s%s): %pV", dm_table_device_name(q->ti->table),
	      (unsigned int)(leg - q->leg), path, number, &vaf);
	va_end(args);
}

static struct gendisk *own_disk(struct quorum *q)
{
	return dm_disk(dm_table_get_md(q->ti->table));
}

static int check_self(struct quorum *q, struct quorum_leg *leg,
		      const char *path, dev_t dev)
{
	if (dev != disk_devt(own_disk(q)))
		return 0;
	log_leg(q, leg, path, "is the device itself");
	return quorum_refuse(q->ti, -EINVAL, "Leg device is the device itself");
}

static int check_size(struct quorum *q, struct quorum_leg *leg,
		      const char *path)
{
	sector_t size = bdev_nr_sectors(leg->dev->bdev);
	sector_t needed;

	if (check_add_overflow(leg->offset, q->ti->len, &needed))
		needed = U64_MAX;
	if (needed <= size)
		return 0;
	log_leg(q, leg, path, "has %llu sectors, needs %llu+%llu, %llu too few",
		(unsigned long long)size, (unsigned long long)leg->offset,
		(unsigned long long)q->ti->len,
		(unsigned long long)(needed - size));
	return quorum_refuse(q->ti, -EINVAL, "Leg device is too small");
}

static int check_writable(struct quorum *q, struct quorum_leg *leg,
			  const char *path)
{
	if (!q->writable || !bdev_read_only(leg->dev->bdev))
		return 0;
	log_leg(q, leg, path, "is read-only, the table is not");
	return quorum_refuse(q->ti, -EROFS, "Leg device is read-only");
}

static sector_t start_on_disk(struct quorum_leg *leg)
{
	return get_start_sect(leg->dev->bdev) + leg->offset;
}

/* Two legs share a sector of one disk, partitions considered. */
static int check_overlap(struct quorum *q, struct quorum_leg *leg,
			 const char *path)
{
	struct quorum_leg *other;
	sector_t start, end;

	for (other = q->leg; other < leg; other++) {
		if (!other->dev ||
		    other->dev->bdev->bd_disk != leg->dev->bdev->bd_disk)
			continue;
		start = max(start_on_disk(leg), start_on_disk(other));
		end = min(start_on_disk(leg), start_on_disk(other)) +
		      q->ti->len;
		if (start >= end)
			continue;
		log_leg(q, leg, path,
			"overlaps leg %u (%s): sectors %llu+%llu of the disk",
			(unsigned int)(other - q->leg), other->dev->name,
			(unsigned long long)start,
			(unsigned long long)(end - start));
		return quorum_refuse(q->ti, -EINVAL,
				     "Leg device is used twice");
	}
	return 0;
}

/*
 * What is on top of a device that is in use has learnt its block size: a larger
 * one would fail its requests.  Without a table there is no capacity.
 */
static int check_blocks(struct quorum *q, struct quorum_leg *leg,
			const char *path)
{
	unsigned int size = bdev_logical_block_size(leg->dev->bdev);
	struct gendisk *disk = own_disk(q);
	unsigned int in_use = queue_logical_block_size(disk->queue);

	if (!get_capacity(disk) || size <= in_use)
		return 0;
	log_leg(q, leg, path,
		"has logical blocks of %u bytes, the device in use has %u",
		size, in_use);
	return quorum_refuse(q->ti, -EINVAL,
			     "Leg device has larger logical blocks than the device in use");
}

static int check_leg(struct quorum *q, struct quorum_leg *leg, const char *path)
{
	int r = check_self(q, leg, path, leg->dev->bdev->bd_dev);

	if (!r)
		r = check_size(q, leg, path);
	if (!r)
		r = check_writable(q, leg, path);
	if (!r)
		r = check_overlap(q, leg, path);
	if (!r)
		r = check_blocks(q, leg, path);
	return r;
}

static const char *open_error(int r)
{
	switch (r) {
	case -EBUSY:
		return "is in use by a file system or another device";
	case -ENODEV:
	case -ENXIO:
	case -ENOENT:
	case -ENOTBLK:
		return "is not there, or no block device";
	case -EROFS:
	case -EACCES:
		return "is read-only";
	default:
		return "cannot be opened";
	}
}

/* Some kernels refuse to open the device itself, but do not say why. */
static int refuse_open(struct quorum *q, struct quorum_leg *leg,
		       const char *path, int error)
{
	int r = check_self(q, leg, path, path_to_dev(path));

	if (r)
		return r;
	log_leg(q, leg, path, "%s, errno %d", open_error(error), -error);
	if (error == -EROFS || error == -EACCES)
		return quorum_refuse(q->ti, error, "Leg device is read-only");
	return quorum_refuse(q->ti, error, "Leg device lookup failed");
}

static int open_leg(struct quorum *q, struct quorum_leg *leg, const char *path,
		    u64 offset)
{
	int r = dm_get_device(q->ti, path, dm_table_get_mode(q->ti->table),
			      &leg->dev);

	if (r) {
		leg->dev = NULL;
		return refuse_open(q, leg, path, r);
	}
	leg->offset = offset;
	return check_leg(q, leg, path);
}

static int parse_leg(struct quorum *q, struct dm_arg_set *as, unsigned int i)
{
	struct quorum_leg *leg = &q->leg[i];
	const char *path = dm_shift_arg(as);
	const char *arg = dm_shift_arg(as);
	u64 offset;
	int r;

	if (quorum_parse_u64(arg, &offset)) {
		log_leg(q, leg, path, "offset %s is no number", arg);
		return quorum_refuse(q->ti, -EINVAL, "Invalid leg offset");
	}
	if (!strcmp(path, "-")) {
		if (!offset)
			return 0;
		log_leg(q, leg, path, "offset %s is not 0", arg);
		return quorum_refuse(q->ti, -EINVAL,
				     "Offset of a missing leg is not 0");
	}

	r = open_leg(q, leg, path, offset);
	if (r)
		return r;
	quorum_reports_name(&q->reports, i, leg->dev->name);
	q->present |= BIT(i);
	q->block_size = max_t(unsigned int, q->block_size,
			      bdev_logical_block_size(leg->dev->bdev));
	return 0;
}

/**
 * quorum_open_legs() - open the legs that a table names
 * @q: the target: how many there are is known, and how many must agree
 * @as: the words left of the table: a device and an offset for each of them
 *
 * If this fails, quorum_close_legs() closes those that are open.
 *
 * Context: May sleep.
 * Return: 0; or a negative errno, and dm and the log have been told why.
 */
int quorum_open_legs(struct quorum *q, struct dm_arg_set *as)
{
	unsigned int i;
	int r;

	q->block_size = SECTOR_SIZE;
	for (i = 0; i < q->nr_legs; i++) {
		r = parse_leg(q, as, i);
		if (r)
			return r;
	}
	if (hweight32(q->present) < q->threshold)
		return quorum_refuse(q->ti, -EINVAL,
				     "Fewer legs present than the threshold");
	return 0;
}

/**
 * quorum_close_legs() - close what quorum_open_legs() has opened
 * @q: the target
 *
 * Context: May sleep.
 */
void quorum_close_legs(struct quorum *q)
{
	unsigned int i;

	for (i = 0; i < q->nr_legs; i++)
		if (q->leg[i].dev)
			dm_put_device(q->ti, q->leg[i].dev);
}

/**
 * quorum_leg_name() - what a table calls a leg
 * @q: the target
 * @leg: the leg
 *
 * Context: Any.
 * Return: the name of its device, which stays until the legs are closed; "-" if
 *	the leg is missing.
 */
const char *quorum_leg_name(struct quorum *q, unsigned int leg)
{
	return q->leg[leg].dev ? q->leg[leg].dev->name : "-";
}

/**
 * quorum_log_block_size() - name the leg whose logical blocks are too large
 * @q: the target, its legs open
 *
 * The first leg with the largest ones is to blame.
 *
 * Context: Any.
 */
void quorum_log_block_size(struct quorum *q)
{
	unsigned int i = __ffs(q->present);

	while (!q->leg[i].dev ||
	       bdev_logical_block_size(q->leg[i].dev->bdev) < q->block_size)
		i++;
	log_leg(q, &q->leg[i], q->leg[i].dev->name,
		"has logical blocks of %u bytes", q->block_size);
}
