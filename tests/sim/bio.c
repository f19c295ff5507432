// SPDX-License-Identifier: GPL-2.0-only
/* Bios: their payload, and that each is submitted and ended once. */
#include "sim.h"
#include "leg.h"

int blk_status_to_errno(blk_status_t status)
{
	switch (status) {
	case BLK_STS_OK:		return 0;
	case BLK_STS_NOTSUPP:		return -EOPNOTSUPP;
	case BLK_STS_TIMEOUT:		return -ETIMEDOUT;
	case BLK_STS_NOSPC:		return -ENOSPC;
	case BLK_STS_TRANSPORT:		return -ENOLINK;
	case BLK_STS_TARGET:		return -EREMOTEIO;
	case BLK_STS_NEXUS:		return -EBADE;
	case BLK_STS_MEDIUM:		return -ENODATA;
	case BLK_STS_PROTECTION:	return -EILSEQ;
	case BLK_STS_RESOURCE:		return -ENOMEM;
	case BLK_STS_DM_REQUEUE:	return -EREMCHG;
	case BLK_STS_AGAIN:		return -EAGAIN;
	case BLK_STS_INVAL:		return -EINVAL;
	default:			return -EIO;
	}
}

blk_status_t errno_to_blk_status(int errno_value)
{
	unsigned int i;

	for (i = 0; i < 20; i++)
		if (i != BLK_STS_IOERR && blk_status_to_errno(i) == errno_value)
			return i;
	return BLK_STS_IOERR;
}

bool bio_has_data(struct bio *bio)
{
	return bio->bi_iter.bi_size && bio_op(bio) != REQ_OP_DISCARD &&
	       bio_op(bio) != REQ_OP_WRITE_ZEROES;
}

/* The next piece, which ends where a page or a vector does. */
struct bio_vec sim_bvec(const struct bio_vec *bvs, struct bvec_iter iter)
{
	const struct bio_vec *bv = &bvs[iter.bi_idx];
	unsigned int off = bv->bv_offset + iter.bi_bvec_done;
	struct bio_vec piece;

	piece.bv_page = bv->bv_page + off / PAGE_SIZE;
	piece.bv_offset = offset_in_page((unsigned long)off);
	piece.bv_len = min3(iter.bi_size, bv->bv_len - iter.bi_bvec_done,
			    (unsigned int)PAGE_SIZE - piece.bv_offset);
	if (!piece.bv_len)
		sim_fail("a bio has an empty vector");
	return piece;
}

void sim_bvec_advance(const struct bio_vec *bvs, struct bvec_iter *iter,
		      unsigned int bytes)
{
	if (bytes > iter->bi_size)
		sim_fail("a bio is advanced beyond its end");
	iter->bi_size -= bytes;
	bytes += iter->bi_bvec_done;
	while (bytes && bytes >= bvs[iter->bi_idx].bv_len)
		bytes -= bvs[iter->bi_idx++].bv_len;
	iter->bi_bvec_done = bytes;
}

void bio_advance_iter(const struct bio *bio, struct bvec_iter *iter,
		      unsigned int bytes)
{
	iter->bi_sector += bytes >> SECTOR_SHIFT;
	if (bio_op(bio) == REQ_OP_DISCARD || bio_op(bio) == REQ_OP_WRITE_ZEROES)
		iter->bi_size -= bytes;
	else
		sim_bvec_advance(bio->bi_io_vec, iter, bytes);
}

void bio_advance(struct bio *bio, unsigned int bytes)
{
	bio_advance_iter(bio, &bio->bi_iter, bytes);
}

void zero_fill_bio(struct bio *bio)
{
	struct bvec_iter iter;
	struct bio_vec bv;

	bio_for_each_segment(bv, bio, iter)
		memset(bvec_kmap_local(&bv), 0, bv.bv_len);
}

static void not_flying(struct bio *bio, const char *what)
{
	if (bio->sim_state == SIM_BIO_FLYING)
		sim_fail("%s: the bio is still out", what);
}

void bio_init(struct bio *bio, struct block_device *bdev, struct bio_vec *table,
	      unsigned short max_vecs, blk_opf_t opf)
{
	not_flying(bio, "bio_init()");
	memset(bio, 0, sizeof(*bio));
	bio->bi_bdev = bdev;
	bio->bi_opf = opf;
	bio->bi_io_vec = table;
	bio->bi_max_vecs = max_vecs;
	bio->sim_state = SIM_BIO_READY;
}

int bio_init_clone(struct block_device *bdev, struct bio *bio,
		   struct bio *source, gfp_t gfp)
{
	bio_init(bio, bdev, source->bi_io_vec, 0, source->bi_opf);
	bio->bi_iter = source->bi_iter;
	bio->bi_vcnt = source->bi_vcnt;
	bio->bi_ioprio = source->bi_ioprio;
	bio->bi_blkg = source->bi_blkg;
	return 0;
}

void bio_uninit(struct bio *bio)
{
	not_flying(bio, "bio_uninit()");
	bio->sim_state = SIM_BIO_NONE;
}

void bio_reset(struct bio *bio, struct block_device *bdev, blk_opf_t opf)
{
	bio_init(bio, bdev, bio->bi_io_vec, bio->bi_max_vecs, opf);
}

void bio_clone_blkg_association(struct bio *to, struct bio *from)
{
	to->bi_blkg = from->bi_blkg;
}

int bio_add_page(struct bio *bio, struct page *page, unsigned int len,
		 unsigned int off)
{
	struct bio_vec *bv = &bio->bi_io_vec[bio->bi_vcnt];

	if (bio->bi_vcnt == bio->bi_max_vecs)
		return 0;
	bvec_set_page(bv, page, len, off);
	bio->bi_vcnt++;
	bio->bi_iter.bi_size += len;
	return len;
}

struct bio *bio_alloc(struct block_device *bdev, unsigned short nr_vecs,
		      blk_opf_t opf, gfp_t gfp)
{
	struct bio *bio = kzalloc(sizeof(*bio) +
				  nr_vecs * sizeof(struct bio_vec), gfp);

	if (!bio)
		return NULL;
	bio_init(bio, bdev, (struct bio_vec *)(bio + 1), nr_vecs, opf);
	bio->sim_put = true;
	return bio;
}

void bio_put(struct bio *bio)
{
	not_flying(bio, "bio_put()");
	if (!bio->sim_put)
		sim_fail("bio_put() of a bio that was not allocated");
	kfree(bio);
}

static void chain_endio(struct bio *bio)
{
	sim_fail("bio_chain() is not there yet");
}

void bio_chain(struct bio *bio, struct bio *parent)
{
	bio->bi_end_io = chain_endio;
}

/* Whoever ends a bio, once: the device, or whoever was given it to map. */
void bio_endio(struct bio *bio)
{
	sim_point();
	if (bio->sim_state == SIM_BIO_ENDED)
		sim_fail("a bio is ended twice");
	if (bio->sim_state != SIM_BIO_READY && bio->sim_state != SIM_BIO_FLYING)
		sim_fail("bio_endio() of what is no bio");
	bio->sim_state = SIM_BIO_ENDED;
	if (bio->bi_end_io)
		bio->bi_end_io(bio);
}

void bio_io_error(struct bio *bio)
{
	bio->bi_status = BLK_STS_IOERR;
	bio_endio(bio);
}

/* A device has done with a bio. */
void bio_finish(struct bio *bio, blk_status_t status)
{
	if (bio->sim_state != SIM_BIO_FLYING)
		sim_fail("a bio was changed while it was out");
	if (status)
		bio->bi_status = status;
	bio_endio(bio);
}

void submit_bio_noacct(struct bio *bio)
{
	struct bio_list *list = current->bio_list;

	might_sleep();
	sim_point();
	if (bio->sim_state != SIM_BIO_READY)
		sim_fail("a bio is submitted %s",
			 bio->sim_state == SIM_BIO_FLYING ? "twice" :
			 "after it ended");
	bio->sim_state = SIM_BIO_FLYING;
	if (list)
		bio_list_add(list, bio);
	else
		leg_submit(bio);
}

void submit_bio(struct bio *bio)
{
	submit_bio_noacct(bio);
}

static void wait_endio(struct bio *bio)
{
	complete(bio->bi_private);
}

int submit_bio_wait(struct bio *bio)
{
	DECLARE_COMPLETION_ONSTACK(done);

	bio->bi_private = &done;
	bio->bi_end_io = wait_endio;
	submit_bio(bio);
	wait_for_completion_io(&done);
	return blk_status_to_errno(bio->bi_status);
}

int blkdev_issue_flush(struct block_device *bdev)
{
	struct bio bio = { .sim_state = SIM_BIO_NONE };

	bio_init(&bio, bdev, NULL, 0, REQ_OP_WRITE | REQ_PREFLUSH);
	return submit_bio_wait(&bio);
}

static int zero_piece(struct block_device *bdev, sector_t sector,
		      unsigned int sectors)
{
	struct bio bio = { .sim_state = SIM_BIO_NONE };
	struct bio_vec vec[8];

	bio_init(&bio, bdev, vec, 8, REQ_OP_WRITE);
	bio.bi_iter.bi_sector = sector;
	while (sectors) {
		unsigned int n = min_t(unsigned int, sectors, PAGE_SECTORS);

		bio_add_page(&bio, ZERO_PAGE(0), n << SECTOR_SHIFT, 0);
		sectors -= n;
	}
	return submit_bio_wait(&bio);
}

/* First as the device can, then by hand. */
int blkdev_issue_zeroout(struct block_device *bdev, sector_t sector,
			 sector_t sectors, gfp_t gfp, unsigned int flags)
{
	struct bio bio = { .sim_state = SIM_BIO_NONE };
	int r = -EOPNOTSUPP;

	might_sleep();
	if (bdev_write_zeroes_sectors(bdev)) {
		bio_init(&bio, bdev, NULL, 0, REQ_OP_WRITE_ZEROES);
		bio.bi_iter.bi_sector = sector;
		bio.bi_iter.bi_size = sectors << SECTOR_SHIFT;
		r = submit_bio_wait(&bio);
		if (!r || bdev_write_zeroes_sectors(bdev))
			return r;
	}
	if (flags & BLKDEV_ZERO_NOFALLBACK)
		return -EOPNOTSUPP;
	for (r = 0; sectors && !r;) {
		unsigned int n = min_t(sector_t, sectors, 8 * PAGE_SECTORS);

		r = zero_piece(bdev, sector, n);
		sector += n;
		sectors -= n;
	}
	return r;
}
