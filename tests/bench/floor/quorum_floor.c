// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a vote of three costs at least: a block device, /dev/quorum_floor, that
 * does the work and nothing to keep a promise. A read sends a bio to each of
 * three legs and compares the answers, a write sends three; with "copy" set,
 * from a private copy. No dm, no lock on ranges, no accounting, no worker, no
 * memory taken or given back on the way, no second look: if legs differ, the
 * read fails.
 *
 *	insmod quorum_floor.ko legs=/dev/ram0,/dev/ram1,/dev/ram2
 *	echo 1 >/sys/module/quorum_floor/parameters/copy
 */
#include <linux/atomic.h>
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/highmem.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>

#define LEGS		3
#define MAX_PAGES	256
#define CONTEXTS	64

static char *legs[LEGS];
static int nr_legs;
module_param_array(legs, charp, &nr_legs, 0444);
MODULE_PARM_DESC(legs, "three block devices of one size");

static bool copy;
module_param(copy, bool, 0644);
MODULE_PARM_DESC(copy, "write from a private copy");

/*
 * struct request_context - one request
 * @list: in the list of those that are free
 * @bio: the request
 * @pending: leg bios still out
 * @leg: the leg bios
 * @bvecs: private pages of two legs
 */
struct request_context {
	struct list_head list;
	struct bio *bio;
	atomic_t pending;
	struct bio leg[LEGS];
	struct bio_vec bvecs[2][MAX_PAGES];
};

static struct request_context *contexts;
static LIST_HEAD(free_contexts);
static DEFINE_SPINLOCK(free_lock);

static struct block_device *bdev[LEGS];
static struct gendisk *disk;

/*
 * Opening devices and making disks are not what they were in 6.1.
 */

#ifdef BLK_OPEN_READ

static struct file *leg_file[LEGS];

static int open_leg(unsigned int i)
{
	struct file *file = bdev_file_open_by_path(legs[i], BLK_OPEN_READ |
						   BLK_OPEN_WRITE, NULL, NULL);

	if (IS_ERR(file))
		return PTR_ERR(file);
	leg_file[i] = file;
	bdev[i] = file_bdev(file);
	return 0;
}

static void close_leg(unsigned int i)
{
	fput(leg_file[i]);
}

static struct gendisk *alloc_disk(void)
{
	struct queue_limits limits = {
		.max_hw_sectors = SZ_1M >> SECTOR_SHIFT,
		.max_segments = MAX_PAGES,
	};

	return blk_alloc_disk(&limits, NUMA_NO_NODE);
}

#else

static int open_leg(unsigned int i)
{
	bdev[i] = blkdev_get_by_path(legs[i], FMODE_READ | FMODE_WRITE, NULL);
	return PTR_ERR_OR_ZERO(bdev[i]);
}

static void close_leg(unsigned int i)
{
	blkdev_put(bdev[i], FMODE_READ | FMODE_WRITE);
}

static struct gendisk *alloc_disk(void)
{
	return blk_alloc_disk(NUMA_NO_NODE) ?: ERR_PTR(-ENOMEM);
}

#endif

/*
 * Requests.
 */

static struct request_context *get_context(void)
{
	struct request_context *c;
	unsigned long flags;

	spin_lock_irqsave(&free_lock, flags);
	c = list_first_entry_or_null(&free_contexts, struct request_context,
				     list);
	if (c)
		list_del(&c->list);
	spin_unlock_irqrestore(&free_lock, flags);
	return c;
}

static void put_context(struct request_context *c)
{
	unsigned long flags;

	spin_lock_irqsave(&free_lock, flags);
	list_add(&c->list, &free_contexts);
	spin_unlock_irqrestore(&free_lock, flags);
}

/*
 * One pass over three copies, eight words of each a turn. Comparing with memory
 * and branching takes five instructions a word, or-ing differences takes six,
 * and is slower on a real processor, too.
 */
static bool same(const u64 *a, const u64 *b, const u64 *c, unsigned int len)
{
	const u64 *end = a + len / sizeof(*a);
	unsigned int i;

	for (; a < end; a += 8, b += 8, c += 8) {
#pragma GCC unroll 8
		for (i = 0; i < 8; i++)
			if (a[i] != b[i] || a[i] != c[i])
				return false;
	}
	return true;
}

/* What lies at @off of private copy @i. */
static void *private(struct request_context *c, unsigned int i,
		     unsigned int off)
{
	return page_address(c->bvecs[i][off >> PAGE_SHIFT].bv_page) +
	       offset_in_page(off);
}

/* Sizes and addresses are multiples of 64 bytes; the benchmark sees to that. */
static bool legs_agree(struct request_context *c)
{
	unsigned int off = 0, len;
	struct bvec_iter iter;
	struct bio_vec bv;

	bio_for_each_segment(bv, c->bio, iter) {
		const void *data = page_address(bv.bv_page) + bv.bv_offset;
		const void *end = data + bv.bv_len;

		for (; data < end; data += len, off += len) {
			len = min_t(unsigned int, end - data,
				    PAGE_SIZE - offset_in_page(off));
			if (!same(data, private(c, 0, off), private(c, 1, off),
				  len))
				return false;
		}
	}
	return true;
}

static void fill_copy(struct request_context *c)
{
	unsigned int off = 0, len;
	struct bvec_iter iter;
	struct bio_vec bv;

	bio_for_each_segment(bv, c->bio, iter) {
		const void *data = page_address(bv.bv_page) + bv.bv_offset;
		const void *end = data + bv.bv_len;

		for (; data < end; data += len, off += len) {
			len = min_t(unsigned int, end - data,
				    PAGE_SIZE - offset_in_page(off));
			memcpy(private(c, 0, off), data, len);
		}
	}
}

static void leg_done(struct bio *leg)
{
	struct request_context *c = leg->bi_private;
	struct bio *bio = c->bio;

	if (leg->bi_status)
		bio->bi_status = leg->bi_status;
	if (!atomic_dec_and_test(&c->pending))
		return;
	if (bio_op(bio) == REQ_OP_READ && !bio->bi_status && !legs_agree(c))
		bio->bi_status = BLK_STS_IOERR;
	put_context(c);
	bio_endio(bio);
}

static void prepare_leg(struct request_context *c, unsigned int i,
			struct bio_vec *bvecs)
{
	struct bio *leg = &c->leg[i];

	bio_init_clone(bdev[i], leg, c->bio, GFP_NOIO);
	if (bvecs) {
		leg->bi_io_vec = bvecs;
		leg->bi_iter.bi_idx = 0;
		leg->bi_iter.bi_bvec_done = 0;
	}
	leg->bi_private = c;
	leg->bi_end_io = leg_done;
}

static void floor_submit_bio(struct bio *bio)
{
	bool own = bio_op(bio) == REQ_OP_WRITE && copy;
	struct request_context *c;
	unsigned int i;

	c = bio->bi_iter.bi_size > SZ_1M ? NULL : get_context();
	if (!c) {
		bio_io_error(bio);
		return;
	}
	c->bio = bio;
	atomic_set(&c->pending, LEGS);
	if (own)
		fill_copy(c);
	for (i = 0; i < LEGS; i++) {
		struct bio_vec *bvecs = own ? c->bvecs[0] : NULL;

		if (bio_op(bio) == REQ_OP_READ && i)
			bvecs = c->bvecs[i - 1];
		prepare_leg(c, i, bvecs);
	}
	for (i = 0; i < LEGS; i++)
		submit_bio_noacct(&c->leg[i]);
}

static const struct block_device_operations floor_ops = {
	.owner		= THIS_MODULE,
	.submit_bio	= floor_submit_bio,
};

/*
 * Coming and going.
 */

static void free_contexts_all(void)
{
	unsigned int n, i, p;

	for (n = 0; n < CONTEXTS; n++) {
		for (i = 0; i < 2; i++) {
			for (p = 0; p < MAX_PAGES; p++) {
				struct bio_vec *bv = &contexts[n].bvecs[i][p];

				if (bv->bv_page)
					__free_page(bv->bv_page);
			}
		}
	}
	kvfree(contexts);
}

static int fill_context(struct request_context *c)
{
	unsigned int i, p;

	for (i = 0; i < 2; i++) {
		for (p = 0; p < MAX_PAGES; p++) {
			struct bio_vec *bv = &c->bvecs[i][p];

			bv->bv_page = alloc_page(GFP_KERNEL);
			if (!bv->bv_page)
				return -ENOMEM;
			bv->bv_len = PAGE_SIZE;
		}
	}
	list_add(&c->list, &free_contexts);
	return 0;
}

static int make_contexts(void)
{
	unsigned int n;
	int r;

	contexts = kvcalloc(CONTEXTS, sizeof(*contexts), GFP_KERNEL);
	if (!contexts)
		return -ENOMEM;
	for (n = 0; n < CONTEXTS; n++) {
		r = fill_context(&contexts[n]);
		if (r) {
			free_contexts_all();
			return r;
		}
	}
	return 0;
}

static int make_disk(void)
{
	int r;

	disk = alloc_disk();
	if (IS_ERR(disk))
		return PTR_ERR(disk);
	strscpy(disk->disk_name, "quorum_floor", sizeof(disk->disk_name));
	disk->fops = &floor_ops;
	disk->flags = GENHD_FL_NO_PART;
	set_capacity(disk, bdev_nr_sectors(bdev[0]));
	r = add_disk(disk);
	if (r)
		put_disk(disk);
	return r;
}

static int __init floor_init(void)
{
	unsigned int opened;
	int r = -EINVAL;

	if (nr_legs != LEGS)
		return r;
	for (opened = 0; opened < LEGS; opened++) {
		r = open_leg(opened);
		if (r)
			goto close;
	}
	r = make_contexts();
	if (r)
		goto close;
	r = make_disk();
	if (!r)
		return 0;
	free_contexts_all();
close:
	while (opened--)
		close_leg(opened);
	return r;
}

static void __exit floor_exit(void)
{
	unsigned int i;

	del_gendisk(disk);
	put_disk(disk);
	free_contexts_all();
	for (i = 0; i < LEGS; i++)
		close_leg(i);
}

module_init(floor_init);
module_exit(floor_exit);

MODULE_DESCRIPTION("The least that a vote of three costs");
MODULE_AUTHOR("The dm-quorum developers");
MODULE_LICENSE("GPL");
