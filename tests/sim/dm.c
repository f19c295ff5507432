// SPDX-License-Identifier: GPL-2.0-only
/*
 * Device-mapper in the I/O path: requests are cut to what the target takes,
 * each piece is a clone with the target's data before it, flushes go first.
 * Modelled on Linux 6.1.
 */
#include "dmcore.h"
#include "leg.h"

/* A request of the device. */
struct dm_orig {
	struct list_head node;
	struct mapped_device *md;
	struct bio *bio;
	unsigned int pending;
	blk_status_t status;
	bool flushing;
};

/* Part of a request that has to wait. */
struct dm_part {
	struct list_head node;
	struct dm_orig *orig;
	struct bvec_iter iter;
	bool flush;
};

/* What the target is given; its own data lies right before this. */
struct dm_clone {
	struct dm_orig *orig;
	struct dm_target *ti;
	void *memory;
	struct bvec_iter iter;
	unsigned int *len;
	bool flush;
	struct bio bio;
};

/* Work that was queued before may be done with it before this comes to it. */
static void reissue(struct mapped_device *md, struct dm_orig *orig)
{
	list_add_tail(&orig->node, &md->reissue);
	md->queueing++;
	queue_work(md->wq, &md->work);
	md->queueing--;
}

static void orig_put(struct dm_orig *orig)
{
	struct bio *bio = orig->bio;

	if (--orig->pending)
		return;
	if (orig->flushing && bio->bi_iter.bi_size) {
		/* As 6.1 does it, whatever came of the flush. */
		orig->flushing = false;
		orig->status = BLK_STS_OK;
		orig->pending = 1;
		reissue(orig->md, orig);
		return;
	}
	bio->bi_status = orig->status;
	free(orig);
	bio_endio(bio);
}

static void defer(struct dm_orig *orig, struct bvec_iter iter, bool flush)
{
	struct dm_part *part = calloc(1, sizeof(*part));

	part->orig = orig;
	part->iter = iter;
	part->flush = flush;
	orig->pending++;
	list_add_tail(&part->node, &orig->md->deferred);
}

static blk_status_t requeue(struct dm_clone *c)
{
	struct mapped_device *md = c->orig->md;

	if (!md->noflush)
		return BLK_STS_IOERR;
	cover.requeues++;
	defer(c->orig, c->iter, c->flush);
	return BLK_STS_OK;
}

static void clone_endio(struct bio *bio)
{
	struct dm_clone *c = container_of(bio, struct dm_clone, bio);
	struct mapped_device *md = c->orig->md;
	struct dm_orig *orig = c->orig;
	blk_status_t status = bio->bi_status;

	if (status == BLK_STS_DM_REQUEUE)
		status = requeue(c);
	if (status)
		orig->status = status;
	free(c->memory);
	if (!--md->in_flight)
		wake_up_all(&md->wait);
	orig_put(orig);
}

static struct dm_clone *clone_get(struct dm_orig *orig, struct dm_target *ti,
				  struct bvec_iter iter)
{
	size_t before = ALIGN(ti->per_io_data_size, 16);
	size_t size = before + sizeof(struct dm_clone);
	char *memory = malloc(size);
	struct dm_clone *c = (struct dm_clone *)(memory + before);

	memset(memory, 0xa5, before);
	memset(c, 0, sizeof(*c));
	c->memory = memory;
	c->orig = orig;
	c->ti = ti;
	c->iter = iter;
	bio_init_clone(NULL, &c->bio, orig->bio, GFP_NOIO);
	c->bio.bi_iter = iter;
	c->bio.bi_end_io = clone_endio;
	orig->pending++;
	orig->md->in_flight++;
	return c;
}

void *dm_per_bio_data(struct bio *bio, size_t size)
{
	struct dm_clone *c = container_of(bio, struct dm_clone, bio);

	if (size != c->ti->per_io_data_size)
		sim_fail("dm_per_bio_data() with another size");
	return (char *)c - size;
}

struct bio *dm_bio_from_per_bio_data(void *data, size_t size)
{
	return &((struct dm_clone *)((char *)data + size))->bio;
}

void dm_accept_partial_bio(struct bio *bio, unsigned int sectors)
{
	struct dm_clone *c = container_of(bio, struct dm_clone, bio);

	if (!c->len || !sectors || sectors > bio_sectors(bio))
		sim_fail("dm_accept_partial_bio(%u) of %u", sectors,
			 bio_sectors(bio));
	bio->bi_iter.bi_size = sectors << SECTOR_SHIFT;
	c->iter.bi_size = bio->bi_iter.bi_size;
	*c->len = sectors;
}

void dm_submit_bio_remap(struct bio *clone, struct bio *tgt_clone)
{
	struct dm_clone *c = container_of(clone, struct dm_clone, bio);

	if (!c->ti->accounts_remapped_io)
		sim_fail("dm_submit_bio_remap() without accounts_remapped_io");
	submit_bio_noacct(tgt_clone ? tgt_clone : clone);
}

static void map_result(struct dm_clone *c, int r)
{
	switch (r) {
	case DM_MAPIO_SUBMITTED:
		return;
	case DM_MAPIO_REMAPPED:
		submit_bio_noacct(&c->bio);
		return;
	case DM_MAPIO_KILL:
		c->bio.bi_status = BLK_STS_IOERR;
		break;
	case DM_MAPIO_REQUEUE:
		c->bio.bi_status = BLK_STS_DM_REQUEUE;
		break;
	default:
		sim_fail("map() returned %d", r);
	}
	bio_endio(&c->bio);
}

/* What map() submits is kept back until it has returned, and what that ends. */
static void map_one(struct dm_clone *c)
{
	struct bio_list list = BIO_EMPTY_LIST;
	void *outer = current->bio_list;
	struct bio *bio;

	current->bio_list = &list;
	map_result(c, c->ti->type->map(c->ti, &c->bio));
	while ((bio = bio_list_pop(&list)))
		leg_submit(bio);
	current->bio_list = outer;
}

static unsigned int longest(struct dm_orig *orig, struct dm_target *ti,
			    struct bvec_iter iter)
{
	u64 at = dm_target_offset(ti, iter.bi_sector);
	u64 len = min_t(u64, iter.bi_size >> SECTOR_SHIFT, ti->len - at);

	if (bio_has_data(orig->bio) && ti->max_io_len)
		len = min_t(u64, len, ti->max_io_len - at % ti->max_io_len);
	return len;
}

static bool unknown_op(struct dm_orig *orig, struct dm_target *ti)
{
	switch (bio_op(orig->bio)) {
	case REQ_OP_DISCARD:
		return !ti->num_discard_bios;
	case REQ_OP_WRITE_ZEROES:
		return !ti->num_write_zeroes_bios;
	default:
		return false;
	}
}

/* Map a piece from the start of @iter.  Returns its length in sectors. */
static unsigned int send_piece(struct dm_orig *orig, struct dm_target *ti,
			       struct bvec_iter iter)
{
	unsigned int len = longest(orig, ti, iter);
	struct dm_clone *c;

	if (unknown_op(orig, ti)) {
		orig->status = BLK_STS_NOTSUPP;
		return iter.bi_size >> SECTOR_SHIFT;
	}
	if (len < iter.bi_size >> SECTOR_SHIFT)
		cover.splits++;
	iter.bi_size = len << SECTOR_SHIFT;
	c = clone_get(orig, ti, iter);
	c->len = &len;
	map_one(c);
	return len;
}

static void send_flush(struct dm_orig *orig, struct dm_target *ti,
		       struct bvec_iter iter)
{
	struct dm_clone *c;

	iter.bi_size = 0;
	iter.bi_sector = 0;
	c = clone_get(orig, ti, iter);
	c->bio.bi_opf = REQ_SYNC | (orig->md->modern ? REQ_OP_FLUSH :
				    REQ_OP_WRITE | REQ_PREFLUSH);
	if (orig->md->modern)
		c->bio.bi_opf |= REQ_PREFLUSH;
	c->flush = true;
	map_one(c);
}

/* Map what is left of a request, unless the device is suspended meanwhile. */
static void process(struct dm_orig *orig, struct bvec_iter iter, bool flush)
{
	struct mapped_device *md = orig->md;

	while (flush || iter.bi_size) {
		unsigned int len = 0;

		sim_point();
		if (md->blocked) {
			defer(orig, iter, flush);
			break;
		}
		md->users++;
		if (flush)
			send_flush(orig, &md->live->ti, iter);
		else
			len = send_piece(orig, &md->live->ti, iter);
		if (!--md->users)
			wake_up_all(&md->wait);
		if (flush)
			break;
		bio_advance_iter(orig->bio, &iter, len << SECTOR_SHIFT);
	}
	orig_put(orig);
}

/* Context: May sleep. */
void md_submit(struct mapped_device *md, struct bio *bio)
{
	struct dm_orig *orig = calloc(1, sizeof(*orig));

	might_sleep();
	bio->sim_state = SIM_BIO_FLYING;
	bio->bi_iter.bi_sector += md->begin;
	orig->md = md;
	orig->bio = bio;
	orig->pending = 1;
	orig->flushing = bio->bi_opf & REQ_PREFLUSH;
	process(orig, bio->bi_iter, orig->flushing);
}

/* The device works again: go on with what had to wait. */
void md_work(struct work_struct *work)
{
	struct mapped_device *md = container_of(work, struct mapped_device,
						work);

	while (!md->blocked && !list_empty(&md->deferred)) {
		struct dm_part *part = list_first_entry(&md->deferred,
							struct dm_part, node);
		struct dm_part copy = *part;

		list_del(&part->node);
		free(part);
		process(copy.orig, copy.iter, copy.flush);
	}
	while (!list_empty(&md->reissue) && !md->blocked) {
		struct dm_orig *orig = list_first_entry(&md->reissue,
							struct dm_orig, node);

		list_del(&orig->node);
		process(orig, orig->bio->bi_iter, false);
	}
}
