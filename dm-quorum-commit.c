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

/* Whether what the superblock says of a leg has changed. */
static bool update_members(struct quorum_meta *meta)
{
	bool changed = false;
	unsigned int leg;

	for (leg = 0; leg < meta->q->nr_legs; leg++) {
		struct quorum_disk_member *member = &meta->super->member[leg];
		__le16 state = cpu_to_le16(member_state(meta, leg));

		changed |= member->state != state;
		member->state = state;
	}
	return changed;
}

static void begin_batch(struct quorum_meta *meta, struct batch *batch)
{
	memset(batch, 0, sizeof(*batch));
	take_needed(meta, batch);
	quorum_debt(&meta->q->regions, meta->paid, &batch->debt);
	if (batch->debt.losses != meta->losses)
		bitmap_fill(meta->taken, meta->layout.blocks);
	batch->super |= update_members(meta);
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

static bool is_idle(struct quorum_meta *meta)
{
	unsigned long flags;
	bool idle;

	spin_lock_irqsave(&meta->lock, flags);
	idle = list_empty(&meta->waiting);
	spin_unlock_irqrestore(&meta->lock, flags);
	return idle;
}

/* All that is needed, until nobody waits.  Context: meta->wq. */
void quorum_commit_work(struct work_struct *work)
{
	struct quorum_meta *meta = container_of(work, struct quorum_meta, work);
	unsigned int leg;
	u32 late;

	do {
		late = READ_ONCE(meta->late) &
		       quorum_live(&meta->q->regions) &
		       ~quorum_meta_io_late(&meta->io);
		quorum_for_each_leg(leg, late)
			catch_up(meta, leg);
		run_batch(meta);
	} while (!is_idle(meta));
}
