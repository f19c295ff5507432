// SPDX-License-Identifier: GPL-2.0-only
/*
 * fifo: ask one leg after the other until one answers.  Who is to blame depends
 * on what the others say, and is told in the end.
 */
#include "dm-quorum.h"
#include "dm-quorum-answer.h"
#include "dm-quorum-ask.h"
#include "dm-quorum-fifo.h"
#include "dm-quorum-io.h"

static void fifo_work(struct work_struct *work)
{
	quorum_fifo_read(container_of(work, struct quorum_io, work));
}

/* Returns the error if none of them could. */
static blk_status_t fifo_blame(struct quorum_io *io)
{
	u8 said[QUORUM_MAX_LEGS];
	blk_status_t status;
	unsigned int leg;
	u32 failed;

	io->legs |= io->tried;
	failed = quorum_io_failed(io, said);
	status = quorum_error_vote(said, failed);
	if (failed == io->legs && quorum_requeues(io->q, status))
		return BLK_STS_DM_REQUEUE;
	if (quorum_read_forgiven(io))
		return status;
	quorum_for_each_leg(leg, quorum_faulty(said, io->legs, false))
		quorum_read_accuse(io, leg, (__force blk_status_t)said[leg]);
	if (failed == io->legs && quorum_holds(io->q, io->bio, status))
		return BLK_STS_DM_REQUEUE;
	return status;
}

static void fifo_done(struct quorum_io *io)
{
	unsigned int leg = __ffs(io->legs);

	if (likely(!(quorum_io_late(io) & BIT(leg)) &&
		   !io->leg[leg].bio.bi_status)) {
		if (unlikely(io->flight))
			quorum_buf_drain(&io->leg[leg].buf, io->bio);
		if (unlikely(io->tried))
			fifo_blame(io);
		quorum_io_end(io, BLK_STS_OK);
		return;
	}

	/* Whoever waits for pages has none. */
	if (unlikely(io->flight) && !(quorum_io_late(io) & BIT(leg)))
		quorum_buf_put(&io->q->pages, &io->leg[leg].buf);
	io->tried |= BIT(leg);
	/* Each leg's end_io would nest in the last one's. */
	quorum_io_defer(io, io->q->vote_wq, fifo_work);
}

static void fifo_failed(struct quorum_io *io)
{
	blk_status_t status;

	io->legs = 0;
	status = fifo_blame(io);
	if (!quorum_read_forgiven(io) && status != BLK_STS_DM_REQUEUE &&
	    !quorum_refusal(status) && !quorum_passing(status))
		quorum_report_no_quorum(&io->q->reports, io->sector,
					bio_sectors(io->bio));
	quorum_io_end(io, status);
}

static void fifo_send(struct quorum_io *io)
{
	quorum_read_prepare(io);
	quorum_io_submit(io, io->legs, fifo_done);
}

/* Memory is short, but the leg may be late.  Context: write_wq. */
static void fifo_buf_work(struct work_struct *work)
{
	struct quorum_io *io = container_of(work, struct quorum_io, work);

	quorum_bufs_get(&io->q->pages, &io->leg[__ffs(io->legs)].buf, BIT(0),
			io->bio->bi_iter.bi_size);
	fifo_send(io);
}

/**
 * quorum_fifo_read() - ask the next leg
 * @io: the request; it may have ended, and be gone, when this returns
 *
 * Context: Any that may submit bios.
 */
void quorum_fifo_read(struct quorum_io *io)
{
	u32 untried = quorum_read_voters(io) & ~io->tried;

	if (!untried) {
		fifo_failed(io);
		return;
	}
	if (unlikely(io->flight) && untried & ~quorum_slow_legs(io->q))
		untried &= ~quorum_slow_legs(io->q);
	io->legs = BIT(__ffs(untried));
	if (likely(!io->flight || quorum_read_get(io, io->legs)))
		fifo_send(io);
	else
		quorum_io_defer(io, io->q->write_wq, fifo_buf_work);
}
