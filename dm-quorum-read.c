// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads.  The first look takes no lock: the legs are read in parallel, the
 * first of them into the caller's pages, and if all agree the read is done.
 *
 * Anything else proves nothing yet: a write may have been in flight, and the
 * caller can touch its own pages.  So a dissent or an error only leads to the
 * second look, under the range lock.
 */
#include "dm-quorum.h"
#include "dm-quorum-answer.h"
#include "dm-quorum-ask.h"
#include "dm-quorum-detach.h"
#include "dm-quorum-early.h"
#include "dm-quorum-fifo.h"
#include "dm-quorum-io.h"
#include "dm-quorum-read.h"
#include "dm-quorum-recheck.h"

#include <linux/slab.h>

/*
 * Up to this many bytes, of all legs together, are compared where the last leg
 * completes, which may be an interrupt; more of them in a worker.
 */
#define COMPARE_AT_ONCE		(32 << 10)

/*
 * Enough for second looks to wait for a slow leg without keeping others from
 * theirs, and no more pages than that.
 */
#define MAX_LOOKS		64

/**
 * struct quorum_reads - what is the reads' own
 * @turn: where the next minimal read starts; a lost update does no harm
 * @look_wq: second looks: these wait for leg I/O
 * @queued: one of these is queued
 * @waiting: those that are to follow it
 * @nr_behind: second looks whose read has been answered
 * @suspended: there are to be no more of these
 * @idle: there are none
 *
 * Second looks are queued one after the other, each by the one before it as
 * soon as that has begun.  When no worker can be had, a workqueue's rescuer
 * takes all that is queued, and does not go on to the next before the first has
 * ended: it is to find no more than one that may wait for a leg.
 */
struct quorum_reads {
	unsigned int turn;
	struct workqueue_struct *look_wq;
	/** @lock: protects what follows */
	spinlock_t lock;
	bool queued;
	struct list_head waiting;
	unsigned int nr_behind;
	bool suspended;
	wait_queue_head_t idle;
};

/* Threshold of @voters, beginning with another one each time. */
static u32 rotate(struct quorum *q, u32 voters)
{
	unsigned int turn = READ_ONCE(q->reads->turn);
	u32 legs = 0;

	WRITE_ONCE(q->reads->turn, turn + 1 < q->nr_legs ? turn + 1 : 0);
	while (hweight32(legs) < q->threshold) {
		legs |= voters & BIT(turn);
		turn = turn + 1 < q->nr_legs ? turn + 1 : 0;
	}
	return legs;
}

/* A second look has begun: queue the next one. */
static void queue_next_look(struct quorum_reads *reads)
{
	struct quorum_io *next;
	unsigned long flags;

	spin_lock_irqsave(&reads->lock, flags);
	next = list_first_entry_or_null(&reads->waiting, struct quorum_io,
					list);
	if (next)
		list_del(&next->list);
	else
		reads->queued = false;
	spin_unlock_irqrestore(&reads->lock, flags);
	if (next)
		queue_work(reads->look_wq, &next->work);
}

/* The second look of a read that has been answered. */
static void look_behind(struct quorum_io *io)
{
	struct quorum_reads *reads = io->q->reads;
	unsigned long flags;

	quorum_recheck_read(io->q, io->sector, quorum_early_of(io)->bytes,
			    NULL, true);
	quorum_io_unlock(io);
	spin_lock_irqsave(&reads->lock, flags);
	if (!--reads->nr_behind)
		wake_up(&reads->idle);
	spin_unlock_irqrestore(&reads->lock, flags);
	quorum_flight_put(io->flight);
}

static void second_look_work(struct work_struct *work)
{
	struct quorum_io *io = container_of(work, struct quorum_io, work);
	blk_status_t status;

	queue_next_look(io->q->reads);
	if (unlikely(!io->bio)) {
		look_behind(io);
		return;
	}
	status = quorum_recheck_read(io->q, io->sector,
				     io->bio->bi_iter.bi_size, io->bio,
				     io->dissent);
	quorum_io_unlock(io);
	quorum_io_end(io, status);
}

/* Context: Any; does not sleep.  The range is held. */
static void queue_look(struct quorum_io *io)
{
	struct quorum_reads *reads = io->q->reads;
	unsigned long flags;
	bool queued;

	INIT_WORK(&io->work, second_look_work);
	spin_lock_irqsave(&reads->lock, flags);
	queued = reads->queued;
	reads->queued = true;
	if (queued)
		list_add_tail(&io->list, &reads->waiting);
	spin_unlock_irqrestore(&reads->lock, flags);
	if (!queued)
		queue_work(reads->look_wq, &io->work);
}

/*
 * A read that was answered needs a second look.  While the device is suspended
 * nothing is looked at: a sweep finds it, or another read.
 */
static void look_later(struct quorum_io *io)
{
	sector_t sectors = quorum_early_of(io)->bytes >> SECTOR_SHIFT;
	struct quorum_reads *reads = io->q->reads;
	unsigned long flags;
	bool suspended;

	spin_lock_irqsave(&reads->lock, flags);
	suspended = reads->suspended;
	if (!suspended)
		reads->nr_behind++;
	spin_unlock_irqrestore(&reads->lock, flags);
	if (suspended)
		quorum_flight_put(io->flight);
	else if (quorum_io_lock_range(io, sectors, queue_look))
		queue_look(io);
}

/* Context: Any; does not sleep. */
static void second_look(struct quorum_io *io)
{
	if (quorum_io_lock(io, queue_look))
		queue_look(io);
}

/* None of them reads into the caller's pages: these are filled then. */
static bool bufs_agree(struct quorum_io *io)
{
	unsigned int leg, len = io->bio->bi_iter.bi_size;
	struct quorum_buf *first = &io->leg[__ffs(io->legs)].buf;

	quorum_for_each_leg(leg, io->legs & (io->legs - 1))
		if (quorum_buf_differ(first, &io->leg[leg].buf, 0, len) < len)
			return false;
	quorum_buf_drain(first, io->bio);
	return true;
}

static bool legs_agree(struct quorum_io *io)
{
	struct quorum_buf *bufs[QUORUM_MAX_LEGS];
	unsigned int leg, nr = 0;

	if (unlikely(io->flight))
		return bufs_agree(io);
	quorum_for_each_leg(leg, io->legs & (io->legs - 1))
		bufs[nr++] = &io->leg[leg].buf;
	return quorum_bufs_match(bufs, nr, io->bio);
}

static void judge(struct quorum_io *io)
{
	bool agree = legs_agree(io);

	quorum_read_put(io);
	if (likely(agree)) {
		quorum_io_end(io, BLK_STS_OK);
		return;
	}
	io->dissent = true;
	second_look(io);
}

static void judge_work(struct work_struct *work)
{
	judge(container_of(work, struct quorum_io, work));
}

/*
 * Legs have been given up on: go on without them.  Unlike an error, that a
 * readahead takes too long is no way to decline it.
 */
static void leave_late(struct quorum_io *io)
{
	u32 late = quorum_io_late(io) & io->legs;
	unsigned int leg;

	quorum_for_each_leg(leg, late)
		quorum_read_accuse(io, leg, BLK_STS_TIMEOUT);
	io->legs &= ~late;
}

/* Context: end_io of the last leg. */
static void first_look_done(struct quorum_io *io)
{
	unsigned int bytes = hweight32(io->legs) * io->bio->bi_iter.bi_size;
	u8 said[QUORUM_MAX_LEGS];

	if (unlikely(quorum_io_late(io)))
		leave_late(io);
	if (unlikely(quorum_io_failed(io, said) ||
		     hweight32(io->legs) < io->q->threshold)) {
		quorum_read_put(io);
		io->dissent = !quorum_read_forgiven(io) &&
			      quorum_faulty(said, io->legs, false);
		second_look(io);
	} else if (bytes <= COMPARE_AT_ONCE) {
		judge(io);
	} else {
		quorum_io_defer(io, io->q->vote_wq, judge_work);
	}
}

/* early: all legs are back, or given up on. */
static void early_done(struct quorum_io *io)
{
	bool differs;

	if (io->bio) {
		first_look_done(io);
		return;
	}
	differs = quorum_early_differs(io);
	io->legs &= ~quorum_io_late(io);
	quorum_read_put(io);
	if (unlikely(differs))
		look_later(io);
	else
		quorum_flight_put(io->flight);
}

/**
 * quorum_read() - start a read
 * @io: the request, at most q->max_bytes long
 *
 * Context: map, or write_wq.
 */
void quorum_read(struct quorum_io *io)
{
	struct quorum *q = io->q;
	u32 legs;

	if (q->pattern == QUORUM_PATTERN_FIFO) {
		quorum_fifo_read(io);
		return;
	}

	legs = quorum_read_voters(io);
	if (unlikely(io->flight))
		legs = quorum_leave_slow(io, legs);
	if (unlikely(hweight32(legs) < q->threshold)) {
		second_look(io);
		return;
	}
	if (q->pattern == QUORUM_PATTERN_MINIMAL)
		legs = rotate(q, legs);
	if (likely(quorum_read_get(io, legs))) {
		quorum_read_prepare(io);
		if (q->pattern == QUORUM_PATTERN_EARLY)
			quorum_early_send(io, q->vote_wq, early_done);
		else
			quorum_io_submit(io, legs, first_look_done);
		return;
	}

	/* Memory is short: the second look has some in reserve. */
	quorum_read_put(io);
	second_look(io);
}

/*
 * Construction.
 */

/**
 * quorum_reads_init() - prepare for reads
 * @q: the target
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM; quorum_reads_exit() is due in any case.
 */
int quorum_reads_init(struct quorum *q)
{
	unsigned int flags = WQ_UNBOUND | WQ_MEM_RECLAIM;
	struct quorum_reads *reads = kzalloc(sizeof(*reads), GFP_KERNEL);

	q->reads = reads;
	if (!reads)
		return -ENOMEM;
	spin_lock_init(&reads->lock);
	INIT_LIST_HEAD(&reads->waiting);
	init_waitqueue_head(&reads->idle);
	q->vote_wq = alloc_workqueue("kquorum_vote", flags, 0);
	reads->look_wq = alloc_workqueue("kquorum_look", flags, MAX_LOOKS);
	return q->vote_wq && reads->look_wq ? 0 : -ENOMEM;
}

/* No read is under way any more.  Context: May sleep. */
void quorum_reads_exit(struct quorum *q)
{
	if (!q->reads)
		return;
	if (q->reads->look_wq)
		destroy_workqueue(q->reads->look_wq);
	if (q->vote_wq)
		destroy_workqueue(q->vote_wq);
	kfree(q->reads);
}

static void set_suspended(struct quorum_reads *reads, bool suspended)
{
	unsigned long flags;

	spin_lock_irqsave(&reads->lock, flags);
	reads->suspended = suspended;
	spin_unlock_irqrestore(&reads->lock, flags);
}

/* Wait for the end of work whose read has been completed.  Context: Sleeps. */
void quorum_reads_suspend(struct quorum *q)
{
	struct quorum_reads *reads = q->reads;

	set_suspended(reads, true);
	wait_event(reads->idle, !READ_ONCE(reads->nr_behind));
	flush_workqueue(reads->look_wq);
}

/* There may be such work again.  Context: Any. */
void quorum_reads_resume(struct quorum *q)
{
	set_suspended(q->reads, false);
}
