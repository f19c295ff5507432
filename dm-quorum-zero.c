// SPDX-License-Identifier: GPL-2.0-only
/*
 * Zeroes by hand.  A leg that cannot write zeroes gets them as data: it must
 * not differ from those that can.  If that fails, it is not for want of
 * support.
 */
#include "dm-quorum.h"
#include "dm-quorum-answer.h"
#include "dm-quorum-io.h"
#include "dm-quorum-zero.h"

#include <linux/sizes.h>

/* What is zeroed at once by hand: a page, again and again. */
#define ZERO_BYTES	SZ_1M

static struct bio_vec zeroes[ZERO_BYTES / PAGE_SIZE];

/* Context: Before any target is made. */
void quorum_zeroes_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(zeroes); i++) {
		zeroes[i].bv_page = ZERO_PAGE(0);
		zeroes[i].bv_offset = 0;
		zeroes[i].bv_len = PAGE_SIZE;
	}
}

static void zero_work(struct work_struct *work);

static void zero_done(struct quorum_io *io)
{
	unsigned int leg;

	io->by_hand &= ~quorum_io_late(io);
	quorum_for_each_leg(leg, io->by_hand) {
		struct bio *bio = &io->leg[leg].bio;

		if (likely(!bio->bi_status))
			continue;
		io->by_hand &= ~BIT(leg);
		if (!quorum_passing(bio->bi_status))
			bio->bi_status = BLK_STS_IOERR;
	}
	io->zeroed += ZERO_BYTES >> SECTOR_SHIFT;
	if (!io->by_hand || io->zeroed >= bio_sectors(io->bio)) {
		io->granted(io);
		return;
	}
	/* Each piece's end_io would nest in the last one's. */
	quorum_io_defer(io, io->q->write_wq, zero_work);
}

static void zero_prepare(struct quorum_io *io, unsigned int leg,
			 unsigned int bytes)
{
	struct bio *bio = &io->leg[leg].bio;

	quorum_io_prepare(io, leg);
	bio->bi_opf = REQ_OP_WRITE |
		      (bio->bi_opf & (REQ_SYNC | REQ_FUA | REQ_IDLE));
	bio->bi_iter.bi_sector += io->zeroed;
	bio->bi_io_vec = zeroes;
	bio->bi_vcnt = ARRAY_SIZE(zeroes);
	bio->bi_iter.bi_size = bytes;
}

/* The next piece, on all such legs at once.  Context: write_wq, range held. */
static void zero_work(struct work_struct *work)
{
	struct quorum_io *io = container_of(work, struct quorum_io, work);
	sector_t left = bio_sectors(io->bio) - io->zeroed;
	unsigned int leg;

	quorum_for_each_leg(leg, io->by_hand)
		zero_prepare(io, leg, min_t(u64, (u64)left << SECTOR_SHIFT,
					    ZERO_BYTES));
	quorum_io_submit(io, io->by_hand, zero_done);
}

/**
 * quorum_zero_by_hand() - write zeroes as data
 * @io: the request, with the legs that cannot do it otherwise in @by_hand, and
 *	its range, which is kept
 * @done: called when they are written; what legs said is in their bios
 *
 * Context: Any; does not sleep.
 */
void quorum_zero_by_hand(struct quorum_io *io,
			 void (*done)(struct quorum_io *io))
{
	io->zeroed = 0;
	io->granted = done;
	quorum_io_defer(io, io->q->write_wq, zero_work);
}
