/* SPDX-License-Identifier: GPL-2.0-only */
/* Bios and block devices. */
#ifndef SIM_BLOCK_H
#define SIM_BLOCK_H

#define SECTOR_SHIFT		9
#define SECTOR_SIZE		512

typedef u8 blk_status_t;
typedef u32 blk_opf_t;
typedef unsigned int blk_mode_t;
typedef unsigned int fmode_t;

#define BLK_STS_OK		((blk_status_t)0)
#define BLK_STS_NOTSUPP		((blk_status_t)1)
#define BLK_STS_TIMEOUT		((blk_status_t)2)
#define BLK_STS_NOSPC		((blk_status_t)3)
#define BLK_STS_TRANSPORT	((blk_status_t)4)
#define BLK_STS_TARGET		((blk_status_t)5)
#define BLK_STS_NEXUS		((blk_status_t)6)
#define BLK_STS_RESV_CONFLICT	((blk_status_t)6)
#define BLK_STS_MEDIUM		((blk_status_t)7)
#define BLK_STS_PROTECTION	((blk_status_t)8)
#define BLK_STS_RESOURCE	((blk_status_t)9)
#define BLK_STS_IOERR		((blk_status_t)10)
#define BLK_STS_DM_REQUEUE	((blk_status_t)11)
#define BLK_STS_AGAIN		((blk_status_t)12)
#define BLK_STS_DEV_RESOURCE	((blk_status_t)13)
#define BLK_STS_OFFLINE		((blk_status_t)16)
#define BLK_STS_DURATION_LIMIT	((blk_status_t)17)
#define BLK_STS_INVAL		((blk_status_t)19)

int blk_status_to_errno(blk_status_t status);
blk_status_t errno_to_blk_status(int errno_value);

enum req_op {
	REQ_OP_READ		= 0,
	REQ_OP_WRITE		= 1,
	REQ_OP_FLUSH		= 2,
	REQ_OP_DISCARD		= 3,
	REQ_OP_SECURE_ERASE	= 5,
	REQ_OP_WRITE_ZEROES	= 9,
};

#define REQ_OP_MASK		0xffu
#define REQ_FAILFAST_DEV	(1u << 8)
#define REQ_FAILFAST_TRANSPORT	(1u << 9)
#define REQ_FAILFAST_DRIVER	(1u << 10)
#define REQ_SYNC		(1u << 11)
#define REQ_META		(1u << 12)
#define REQ_PRIO		(1u << 13)
#define REQ_NOMERGE		(1u << 14)
#define REQ_IDLE		(1u << 15)
#define REQ_INTEGRITY		(1u << 16)
#define REQ_FUA			(1u << 17)
#define REQ_PREFLUSH		(1u << 18)
#define REQ_RAHEAD		(1u << 19)
#define REQ_BACKGROUND		(1u << 20)
#define REQ_NOWAIT		(1u << 21)
#define REQ_POLLED		(1u << 22)
#define REQ_SWAP		(1u << 24)
#define REQ_NOUNMAP		(1u << 26)
#define REQ_DRV			(1u << 27)

#define op_is_write(op)		(!!((op) & 1))
#define op_is_flush(opf)	(!!((opf) & (REQ_FUA | REQ_PREFLUSH)))

struct bio_vec {
	struct page *bv_page;
	unsigned int bv_len;
	unsigned int bv_offset;
};

struct bvec_iter {
	sector_t bi_sector;
	unsigned int bi_size;
	unsigned int bi_idx;
	unsigned int bi_bvec_done;
};

struct bio;
struct bio_set;
struct block_device;
struct gendisk;
struct request_queue;
struct blkcg_gq;
typedef void (bio_end_io_t)(struct bio *bio);

/* Where a bio is in its life: ended once, submitted once. */
enum sim_bio_state {
	SIM_BIO_NONE,
	SIM_BIO_READY = 0x51b10,
	SIM_BIO_FLYING,
	SIM_BIO_ENDED,
};

struct bio {
	struct bio *bi_next;
	struct block_device *bi_bdev;
	blk_opf_t bi_opf;
	unsigned short bi_flags;
	unsigned short bi_ioprio;
	unsigned char bi_write_hint;
	blk_status_t bi_status;
	struct bvec_iter bi_iter;
	bio_end_io_t *bi_end_io;
	void *bi_private;
	struct blkcg_gq *bi_blkg;
	unsigned short bi_vcnt;
	unsigned short bi_max_vecs;
	struct bio_vec *bi_io_vec;
	struct bio_set *bi_pool;
	enum sim_bio_state sim_state;
	struct bio *sim_parent;
	bool sim_put;
};

#define BIO_MAX_VECS		256U
#define bio_op(bio)		((enum req_op)((bio)->bi_opf & REQ_OP_MASK))
#define bio_sectors(bio)	((bio)->bi_iter.bi_size >> SECTOR_SHIFT)
#define bio_end_sector(bio)	((bio)->bi_iter.bi_sector + bio_sectors(bio))
#define bio_data_dir(bio)	op_is_write(bio_op(bio))

bool bio_has_data(struct bio *bio);
struct bio_vec sim_bvec(const struct bio_vec *bv, struct bvec_iter iter);
void sim_bvec_advance(const struct bio_vec *bv, struct bvec_iter *iter,
		      unsigned int bytes);
void bio_advance(struct bio *bio, unsigned int bytes);
void bio_advance_iter(const struct bio *bio, struct bvec_iter *iter,
		      unsigned int bytes);
#define bio_advance_iter_single(b, i, n) bio_advance_iter(b, i, n)

#define bio_iter_iovec(bio, iter) sim_bvec((bio)->bi_io_vec, iter)
#define __bio_for_each_segment(bvl, bio, iter, start)			\
	for ((iter) = (start); (iter).bi_size &&			\
	     ((bvl) = sim_bvec((bio)->bi_io_vec, iter), true);		\
	     bio_advance_iter(bio, &(iter), (bvl).bv_len))
#define bio_for_each_segment(bvl, bio, iter)				\
	__bio_for_each_segment(bvl, bio, iter, (bio)->bi_iter)
#define bvec_kmap_local(bv)						\
	((void *)((char *)page_address((bv)->bv_page) + (bv)->bv_offset))
#define bvec_set_page(bv, p, l, o)					\
	((bv)->bv_page = (p), (bv)->bv_len = (l), (bv)->bv_offset = (o))
void zero_fill_bio(struct bio *bio);

void bio_init(struct bio *bio, struct block_device *bdev, struct bio_vec *table,
	      unsigned short max_vecs, blk_opf_t opf);
int bio_init_clone(struct block_device *bdev, struct bio *bio,
		   struct bio *source, gfp_t gfp);
void bio_uninit(struct bio *bio);
void bio_reset(struct bio *bio, struct block_device *bdev, blk_opf_t opf);
int bio_add_page(struct bio *bio, struct page *page, unsigned int len,
		 unsigned int off);
#define __bio_add_page(b, p, l, o) ((void)bio_add_page(b, p, l, o))
void bio_endio(struct bio *bio);
void bio_io_error(struct bio *bio);
void bio_put(struct bio *bio);
struct bio *bio_alloc(struct block_device *bdev, unsigned short nr_vecs,
		      blk_opf_t opf, gfp_t gfp);
void bio_chain(struct bio *bio, struct bio *parent);
#define bio_set_dev(b, d)	((b)->bi_bdev = (d))
void bio_clone_blkg_association(struct bio *to, struct bio *from);
#define bio_associate_blkg(b)	((void)(b))
#define bio_associate_blkg_from_css(b, c) ((void)(b))
#define blkcg_root_css		NULL
#define IOPRIO_PRIO_VALUE(class, data)	((class) << 13 | (data))
#define IOPRIO_CLASS_BE		2
#define IOPRIO_BE_NORM		4
#define bio_set_flag(b, f)	((b)->bi_flags |= 1u << (f))
#define bio_flagged(b, f)	(!!((b)->bi_flags & 1u << (f)))

struct bio_list {
	struct bio *head;
	struct bio *tail;
};

#define BIO_EMPTY_LIST		{ NULL, NULL }

static inline void bio_list_init(struct bio_list *l)
{
	l->head = l->tail = NULL;
}

static inline bool bio_list_empty(const struct bio_list *l)
{
	return !l->head;
}

static inline void bio_list_add(struct bio_list *l, struct bio *bio)
{
	bio->bi_next = NULL;
	if (l->tail)
		l->tail->bi_next = bio;
	else
		l->head = bio;
	l->tail = bio;
}

static inline struct bio *bio_list_pop(struct bio_list *l)
{
	struct bio *bio = l->head;

	if (bio) {
		l->head = bio->bi_next;
		if (!l->head)
			l->tail = NULL;
		bio->bi_next = NULL;
	}
	return bio;
}

static inline void bio_list_merge(struct bio_list *l, struct bio_list *more)
{
	struct bio *bio;

	while ((bio = bio_list_pop(more)))
		bio_list_add(l, bio);
}

void submit_bio_noacct(struct bio *bio);
void submit_bio(struct bio *bio);
int submit_bio_wait(struct bio *bio);

/*
 * Devices.
 */

#define BLK_FEAT_WRITE_CACHE	(1u << 0)
#define BLK_FEAT_FUA		(1u << 1)

#define BLK_OPEN_READ		1u
#define BLK_OPEN_WRITE		2u
#define FMODE_READ		1u
#define FMODE_WRITE		2u

/* Of what kernels differ in, either way, by the compiler's command line. */
#ifndef SIM_OLD_STABLE_PAGES
#define BLK_FEAT_STABLE_WRITES	(1u << 5)
#endif

struct queue_limits {
	unsigned int features;
	unsigned int logical_block_size;
	unsigned int physical_block_size;
	unsigned int io_min;
	unsigned int io_opt;
	unsigned int max_sectors;
	unsigned int max_hw_sectors;
	unsigned int max_user_sectors;
	unsigned int chunk_sectors;
	unsigned int max_segment_size;
	unsigned int max_discard_sectors;
	unsigned int max_hw_discard_sectors;
	unsigned int max_user_discard_sectors;
	unsigned int max_write_zeroes_sectors;
	unsigned int max_secure_erase_sectors;
	unsigned int discard_granularity;
	unsigned int discard_alignment;
	unsigned int dma_alignment;
	unsigned int alignment_offset;
};

#define QUEUE_FLAG_STABLE_WRITES 15

struct request_queue {
	struct queue_limits limits;
	unsigned long queue_flags;
	struct gendisk *disk;
};

#define blk_queue_flag_set(f, q) ((q)->queue_flags |= 1UL << (f))

struct gendisk {
	struct request_queue *queue;
	struct block_device *part0;
	char disk_name[32];
	dev_t devt;
	sector_t capacity;
};

#define disk_devt(d)		((d)->devt)
#define get_capacity(d)		((d)->capacity)
#define set_capacity(d, n)	((d)->capacity = (n))
int lookup_bdev(const char *path, dev_t *dev);

struct sim_leg;

struct block_device {
	struct gendisk *bd_disk;
	struct request_queue *bd_queue;
	sector_t bd_start_sect;
	sector_t bd_nr_sectors;
	dev_t bd_dev;
	bool bd_read_only;
	struct sim_leg *sim_leg;
};

#define MKDEV(major, minor)	((dev_t)(major) << 20 | (minor))
#define MAJOR(dev)		((unsigned int)((dev) >> 20))
#define MINOR(dev)		((unsigned int)((dev) & 0xfffff))

#define bdev_get_queue(b)	((b)->bd_queue)
#define bdev_limits_sim(b)	(&(b)->bd_queue->limits)
#define bdev_nr_sectors(b)	((b)->bd_nr_sectors)
#define bdev_nr_bytes(b)	((loff_t_sim)(b)->bd_nr_sectors << 9)
typedef s64 loff_t_sim;
#define get_start_sect(b)	((b)->bd_start_sect)
#define bdev_read_only(b)	((b)->bd_read_only)
#define bdev_logical_block_size(b) (bdev_limits_sim(b)->logical_block_size)
#define bdev_physical_block_size(b) (bdev_limits_sim(b)->physical_block_size)
#define bdev_io_min(b)		(bdev_limits_sim(b)->io_min)
#define bdev_max_discard_sectors(b) (bdev_limits_sim(b)->max_discard_sectors)
#define bdev_write_zeroes_sectors(b) (bdev_limits_sim(b)->max_write_zeroes_sectors)
#define bdev_max_segments(b)	128
#define bdev_write_cache(b)	(!!(bdev_limits_sim(b)->features & BLK_FEAT_WRITE_CACHE))
#define bdev_fua(b)		(!!(bdev_limits_sim(b)->features & BLK_FEAT_FUA))
#define queue_logical_block_size(q) ((q)->limits.logical_block_size)
#define queue_physical_block_size(q) ((q)->limits.physical_block_size)
#define queue_max_sectors(q)	((q)->limits.max_sectors)
#define bdev_partno(b)		0

#define BLKDEV_ZERO_NOUNMAP	1
#define BLKDEV_ZERO_NOFALLBACK	2
#define BLKDEV_ZERO_KILLABLE	4
int blkdev_issue_zeroout(struct block_device *bdev, sector_t sector,
			 sector_t sectors, gfp_t gfp, unsigned int flags);
int blkdev_issue_flush(struct block_device *bdev);

#endif /* SIM_BLOCK_H */
