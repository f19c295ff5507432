// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commits: what the legs are told of the set, batch by batch.
 *
 * The regions say what is so; it is read when a batch is made, so whoever has
 * changed something there first and says so then finds it in the next batch.
 * Each thing that is said is true by itself, or too careful: a batch of which
 * only some blocks reach some legs does no harm.
 *
 * The superblock, the slots and the images are this file's own while the set is
 * in use.
 */
#include "dm-quorum.h"
#include "dm-quorum-answer.h"
#include "dm-quorum-assemble.h"
#include "dm-quorum-commit.h"
#include "dm-quorum-dirty.h"
#include "dm-quorum-image.h"
#include "dm-quorum-meta.h"

#include <linux/bitmap.h>
#include <linux/preempt.h>
#include <linux/sched.h>

/**
 * struct batch - what is told at once
 * @members: legs that are told
 * @failed: those of them that could not be
 * @unflushed: those of them that failed to flush
 * @others: legs that know it already
 * @debt: what had happened when it began
 * @list: who waits for it
 * @super: it has a superblock
 */
struct batch {
	u32 members;
	u32 failed;
	u32 unflushed;
	u32 others;
	struct quorum_debt debt;
	struct list_head list;
	bool super;
};

/* The legs that have it, or are still to have it. */
static u32 told(struct batch *batch)
{
	return batch->members & ~batch->failed;
}

/* A leg that cannot be told is failed, and has to be told all anew. */
static void fail_members(struct quorum_meta *meta, u32 legs, u32 unflushed)
{
	struct quorum *q = meta->q;
	struct quorum_change change;
	unsigned long flags;
	unsigned int leg;

	spin_lock_irqsave(&meta->lock, flags);
	meta->members &= ~legs;
	meta->late |= legs;
	spin_unlock_irqrestore(&meta->lock, flags);
	quorum_for_each_leg(leg, legs) {
		if (meta->io.flight.late & BIT(leg))
			quorum_report_late(&q->reports, leg);
		quorum_report(&q->reports, leg, unflushed & BIT(leg) ?
			      QUORUM_FLUSH_ERRORS : QUORUM_WRITE_ERRORS, 0, 0,
			      (__force blk_status_t)meta->io.said[leg]);
		quorum_drop(&q->regions, leg, &change);
		quorum_report_state(&q->reports, change.gone, "failed");
	}
	quorum_meta_unflushed(meta, legs & unflushed);
}

/**
 * quorum_commit_super() - write nothing but the superblock, as it is
 * @meta: the metadata
 * @legs: to these legs
 * @need: so many have to have it: others are not waited for too long
 *
 * Context: May sleep, on leg I/O; without commits.
 * Return: The legs that have it.
 */
u32 quorum_commit_super(struct quorum_meta *meta, u32 legs, unsigned int need)
{
	u32 failed;

	meta->io.need = need;
	meta->io.have = 0;
	quorum_image_add_super(meta, legs);
	failed = quorum_meta_write(&meta->io, legs);
	quorum_image_took_super(meta, legs & ~failed);
	fail_members(meta, failed, meta->io.unflushed);
	return legs & ~failed;
}

static bool is_quorum(struct quorum_meta *meta, u32 legs)
{
	return hweight32(legs) >= meta->quorum;
}

static void write_round(struct quorum_meta *meta, struct batch *batch,
			const u32 *index, unsigned int nr, bool super)
{
	u32 legs = told(batch);
	unsigned int i;

	for (i = 0; i < nr; i++)
		quorum_image_add_block(meta, i, index[i], legs);
	if (super) {
		le64_add_cpu(&meta->super->seq, 1);
		quorum_image_add_super(meta, legs);
	}
	meta->io.need = meta->quorum;
	meta->io.have = batch->others;
	batch->failed |= quorum_meta_write(&meta->io, legs);
	batch->unflushed |= meta->io.unflushed;
	for (i = 0; i < nr; i++)
		quorum_image_took_block(meta, i, index[i], told(batch));
	if (super)
		quorum_image_took_super(meta, told(batch));
}

/* All that was taken: the superblock comes last. */
static void write_rounds(struct quorum_meta *meta, struct batch *batch)
{
	u32 blocks = meta->layout.blocks, next = 0;
	u32 index[QUORUM_META_BLOCKS];
	unsigned int nr;

	do {
		for (nr = 0; nr < QUORUM_META_BLOCKS; nr++) {
			next = find_next_bit(meta->taken, blocks, next);
			if (next >= blocks)
				break;
			index[nr] = next++;
		}
		if (nr || batch->super)
			write_round(meta, batch, index, nr,
				    batch->super && next >= blocks);
	} while (next < blocks);
}

/*
 * A batch.
 */

static void take_needed(struct quorum_meta *meta, struct batch *batch)
{
	unsigned long flags;

	INIT_LIST_HEAD(&batch->list);
	spin_lock_irqsave(&meta->lock, flags);
	/* Who takes no part misses this, and what follows. */
	meta->late |= meta->members & ~quorum_live(&meta->q->regions);
	meta->members &= ~meta->late;
	batch->members = meta->members;
	list_splice_init(&meta->waiting, &batch->list);
	bitmap_copy(meta->taken, meta->needed, meta->layout.blocks);
	bitmap_zero(meta->needed, meta->layout.blocks);
	batch->super = meta->super_due;
	meta->super_due = false;
	spin_unlock_irqrestore(&meta->lock, flags);
}

static void put_back(struct quorum_meta *meta, struct batch *batch)
{
	unsigned long flags;

	spin_lock_irqsave(&meta->lock, flags);
	bitmap_or(meta->needed, meta->needed, meta->taken,
		  meta->layout.blocks);
	meta->super_due |= batch->super;
	spin_unlock_irqrestore(&meta->lock, flags);
}

static u16 member_state(struct quorum_meta *meta, unsigned int leg)
{
	if (meta->rebuild & BIT(leg))
		return QUORUM_MEMBER_REBUILD;
	return quorum_lacks(&meta->q->regions, leg) ? QUORUM_MEMBER_BEHIND :
						      QUORUM_MEMBER_IN;
}

/* Whether what the superblock says of a leg is not so any more. */
static bool members_changed(struct quorum_meta *meta)
{
	unsigned int leg;

	for (leg = 0; leg < meta->q->nr_legs; leg++)
		if (le16_to_cpu(meta->super->member[leg].state) !=
		    member_state(meta, leg))
			return true;
	return false;
}

static void update_members(struct quorum_meta *meta)
{
	unsigned int leg;

	for (leg = 0; leg < meta->q->nr_legs; leg++)
		meta->super->member[leg].state =
			cpu_to_le16(member_state(meta, leg));
}

static void begin_batch(struct quorum_meta *meta, struct batch *batch)
{
	memset(batch, 0, sizeof(*batch));
	take_needed(meta, batch);
	quorum_debt(&meta->q->regions, meta->paid, &batch->debt);
	if (batch->debt.losses != meta->losses)
		bitmap_fill(meta->taken, meta->layout.blocks);
	batch->super |= members_changed(meta);
	update_members(meta);
	meta->generation++;
}

/*
 * Whether of each leg that has lost something enough others know it: what it
 * says of itself is worth nothing.
 */
static bool is_paid(struct quorum_meta *meta, struct batch *batch)
{
	unsigned int leg;

	quorum_for_each_leg(leg, batch->debt.accused)
		if (!is_quorum(meta, told(batch) & ~BIT(leg)))
			return false;
	return is_quorum(meta, told(batch));
}

static void end_batch(struct quorum_meta *meta, struct batch *batch)
{
	blk_status_t status = quorum_error_vote(meta->io.said, batch->failed);
	struct quorum_meta_wait *wait, *next;

	if (is_paid(meta, batch)) {
		meta->paid = batch->debt.marks;
		/* Pairs with quorum_meta_owes(). */
		smp_store_release(&meta->losses, batch->debt.losses);
	}
	if (!is_quorum(meta, told(batch)))
		put_back(meta, batch);
	fail_members(meta, batch->failed, batch->unflushed);
	list_for_each_entry_safe(wait, next, &batch->list, list) {
		wait->status = is_quorum(meta, told(batch) & wait->legs) ?
			       BLK_STS_OK : status;
		wait->may_send = true;
		wait->done(wait);
	}
}

static void run_batch(struct quorum_meta *meta)
{
	struct batch batch;

	begin_batch(meta, &batch);
	write_rounds(meta, &batch);
	end_batch(meta, &batch);
}

/*
 * A leg that does not know all that the others know is told, the superblock
 * last: it must not speak of what it does not know.
 */
static void catch_up(struct quorum_meta *meta, unsigned int leg)
{
	struct batch batch = { .members = BIT(leg), .others = ~0 };
	unsigned long flags;

	bitmap_fill(meta->taken, meta->layout.blocks);
	meta->generation++;
	write_rounds(meta, &batch);
	if (!batch.failed)
		write_round(meta, &batch, NULL, 0, true);
	spin_lock_irqsave(&meta->lock, flags);
	meta->late &= ~BIT(leg);
	if (!batch.failed)
		meta->members |= BIT(leg);
	/* That it has been told is for the others to know. */
	meta->super_due = true;
	spin_unlock_irqrestore(&meta->lock, flags);
	fail_members(meta, batch.failed, batch.unflushed);
}

/*
 * One block, for one who waits, when nothing else is to be told: it is sent by
 * him, and he goes on when it is there.  The worker has but to be asked if it
 * went wrong.
 */

/* Whether what is said of one block is all that is new. */
static bool is_calm(struct quorum_meta *meta, u32 members)
{
	u32 live = quorum_live(&meta->q->regions);
	struct quorum_debt debt;

	quorum_debt(&meta->q->regions, meta->paid, &debt);
	return !debt.accused && debt.losses == meta->losses &&
	       !(members & ~live) && !(READ_ONCE(meta->late) & live) &&
	       is_quorum(meta, members) &&
	       !quorum_meta_io_late(&meta->io) && !members_changed(meta);
}

/* The worker is to do it. */
static void leave_prompt(struct quorum_meta *meta)
{
	unsigned long flags;

	spin_lock_irqsave(&meta->lock, flags);
	__set_bit(meta->prompt.index, meta->needed);
	list_add(&meta->prompt.wait->list, &meta->waiting);
	meta->busy = false;
	meta->again = false;
	queue_work(meta->wq, &meta->work);
	spin_unlock_irqrestore(&meta->lock, flags);
}

/*
 * Bios may not be sent from where others end, unless a process that is about to
 * send some is told before it has done so: then they are next.
 */
static bool may_send(struct quorum_meta *meta)
{
	return preemptible() && current == meta->prompt.task &&
	       current->bio_list;
}

/* Nothing of @meta is touched once he has been told. */
static void end_prompt(struct quorum_meta *meta)
{
	struct quorum_meta_wait *wait = meta->prompt.wait;
	unsigned long flags;

	wait->status = BLK_STS_OK;
	wait->may_send = may_send(meta);
	spin_lock_irqsave(&meta->lock, flags);
	meta->busy = false;
	if (meta->again)
		queue_work(meta->wq, &meta->work);
	meta->again = false;
	spin_unlock_irqrestore(&meta->lock, flags);
	wait->done(wait);
}

static void prompt_written(struct quorum_meta_io *io)
{
	struct quorum_meta *meta = container_of(io, struct quorum_meta, io);
	struct quorum_prompt *prompt = &meta->prompt;
	u32 failed = quorum_meta_wrote_one(io, prompt->legs);
	unsigned long flags;

	quorum_image_took_block(meta, 0, prompt->index, prompt->legs & ~failed);
	if (likely(!failed)) {
		end_prompt(meta);
		return;
	}
	spin_lock_irqsave(&meta->lock, flags);
	prompt->failed = failed;
	queue_work(meta->wq, &meta->work);
	spin_unlock_irqrestore(&meta->lock, flags);
}

/**
 * quorum_commit_prompt() - write a block for one who waits
 * @meta: the metadata; meta->prompt says who and which, and meta->busy is set
 *
 * Context: Any that may submit bios.
 */
void quorum_commit_prompt(struct quorum_meta *meta)
{
	struct quorum_prompt *prompt = &meta->prompt;
	u32 members = READ_ONCE(meta->members);

	if (!is_calm(meta, members)) {
		leave_prompt(meta);
		return;
	}
	prompt->task = current->flags & PF_KTHREAD ? NULL : current;
	prompt->legs = members;
	meta->generation++;
	quorum_image_add_block(meta, 0, prompt->index, prompt->legs);
	meta->io.need = meta->quorum;
	meta->io.have = 0;
	quorum_meta_write_one(&meta->io, prompt->legs, prompt_written);
}

/* Some legs could not be told. */
static void fail_prompt(struct quorum_meta *meta)
{
	struct quorum_prompt *prompt = &meta->prompt;
	struct batch batch = {
		.members = prompt->legs,
		.failed = prompt->failed,
		.debt.marks = meta->paid,
		.debt.losses = meta->losses,
	};

	INIT_LIST_HEAD(&batch.list);
	list_add(&prompt->wait->list, &batch.list);
	bitmap_zero(meta->taken, meta->layout.blocks);
	__set_bit(prompt->index, meta->taken);
	prompt->failed = 0;
	end_batch(meta, &batch);
}

/*
 * The worker.
 */

/* Returns whether it may make batches now; else it is called again. */
static bool begin(struct quorum_meta *meta)
{
	unsigned long flags;
	bool mine;

	spin_lock_irqsave(&meta->lock, flags);
	mine = !meta->busy || meta->prompt.failed;
	if (mine)
		meta->busy = true;
	else
		meta->again = true;
	spin_unlock_irqrestore(&meta->lock, flags);
	return mine;
}

/* Returns whether nobody waits. */
static bool end(struct quorum_meta *meta)
{
	unsigned long flags;
	bool idle;

	spin_lock_irqsave(&meta->lock, flags);
	idle = list_empty(&meta->waiting);
	if (idle)
		meta->busy = false;
	spin_unlock_irqrestore(&meta->lock, flags);
	return idle;
}

static void run_late(struct quorum_meta *meta)
{
	unsigned int leg;
	u32 late = READ_ONCE(meta->late) & quorum_live(&meta->q->regions) &
		   ~quorum_meta_io_late(&meta->io);

	quorum_for_each_leg(leg, late)
		catch_up(meta, leg);
}

/* All that is needed, until nobody waits.  Context: meta->wq. */
void quorum_commit_work(struct work_struct *work)
{
	struct quorum_meta *meta = container_of(work, struct quorum_meta, work);

	if (!begin(meta))
		return;
	if (meta->prompt.failed)
		fail_prompt(meta);
	do {
		run_late(meta);
		run_batch(meta);
	} while (!end(meta));
}
