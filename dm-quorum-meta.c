// SPDX-License-Identifier: GPL-2.0-only
/*
 * Metadata: who asks for what to be remembered, and who waits for it.
 *
 * meta->lock is taken before that of the regions, and never held over I/O.
 */
#include "dm-quorum.h"
#include "dm-quorum-dirty.h"
#include "dm-quorum-meta.h"

#include <linux/bitmap.h>
#include <linux/slab.h>

/*
 * What others ask for.
 */

/**
 * quorum_meta_unflushed() - legs have failed a flush that nobody asked for
 * @meta: the metadata
 * @legs: those of them that are live count
 *
 * They may have lost what callers have not asked to be stored yet.  Where
 * others are enough, such legs are failed; where not, whoever asks next is to
 * hear of it.  While the device is suspended without flushing, legs may be gone
 * for a while, and nothing is told of what they could not do.
 *
 * Context: Any.
 */
void quorum_meta_unflushed(struct quorum_meta *meta, u32 legs)
{
	if (!dm_noflush_suspending(meta->q->ti))
		atomic_or(legs & quorum_live(&meta->q->regions),
			  &meta->unflushed);
}

/* Of which legs a flush has to say so.  Context, of this and the next: Any. */
u32 quorum_meta_take_unflushed(struct quorum_meta *meta)
{
	if (likely(!atomic_read(&meta->unflushed)))
		return 0;
	return atomic_xchg(&meta->unflushed, 0);
}

/* Nobody has heard of it: the flush comes again. */
void quorum_meta_keep_unflushed(struct quorum_meta *meta, u32 legs)
{
	atomic_or(legs, &meta->unflushed);
}

/* Whether commits can be made.  Context: Any. */
bool quorum_meta_in_use(struct quorum_meta *meta)
{
	return READ_ONCE(meta->running);
}

static void __kick(struct quorum_meta *meta)
{
	if (meta->running)
		queue_work(meta->wq, &meta->work);
}

/* Have what is needed written, soon, if it is in use.  Context: Any. */
void quorum_meta_kick(struct quorum_meta *meta)
{
	unsigned long flags;

	/* Else it might be queued after it was waited for. */
	spin_lock_irqsave(&meta->lock, flags);
	__kick(meta);
	spin_unlock_irqrestore(&meta->lock, flags);
}

/*
 * A batch that is under way may tell @wait as soon as the lock is free, and the
 * request that it is of may have been the last: nothing is touched after that.
 */
static void __wait(struct quorum_meta *meta, struct quorum_meta_wait *wait)
{
	list_add_tail(&wait->list, &meta->waiting);
	__kick(meta);
}

/**
 * quorum_meta_is_safe() - whether data may be sent at once
 * @q: the target, with metadata
 * @sector: first sector
 * @sectors: how many, at least one
 *
 * Context: Any; the caller holds the range.
 */
bool quorum_meta_is_safe(struct quorum *q, sector_t sector, sector_t sectors)
{
	return !quorum_bits_meet(&q->meta->safe, sector, sectors, false);
}

/* There was a write to a range, which is still held.  Context: Any. */
void quorum_meta_touch(struct quorum *q, sector_t sector, sector_t sectors)
{
	struct quorum_meta *meta = q->meta;
	unsigned long flags;

	if (!quorum_bits_meet(&meta->touched, sector, sectors, false))
		return;
	spin_lock_irqsave(&meta->lock, flags);
	quorum_bits_cover(&meta->touched, sector, sectors, true);
	spin_unlock_irqrestore(&meta->lock, flags);
}

/* What was written to so far is stored, or will be looked at.  Context: Any. */
void quorum_meta_forget_touches(struct quorum_meta *meta)
{
	unsigned long flags;

	spin_lock_irqsave(&meta->lock, flags);
	quorum_bits_assign_all(&meta->touched, false);
	spin_unlock_irqrestore(&meta->lock, flags);
}

/* Holds meta->lock. */
static void __need(struct quorum_meta *meta, unsigned long first,
		   unsigned long last)
{
	unsigned long from = first / meta->layout.block_regions;
	unsigned long to = last / meta->layout.block_regions;

	bitmap_set(meta->needed, from, to - from + 1);
}

/*
 * Whether nothing is to be written but one block, for one who waits.  Nothing
 * has been begun then, either.  Returns that block, or layout.blocks.
 */
static u32 __only_needed(struct quorum_meta *meta)
{
	u32 blocks = meta->layout.blocks;
	u32 index = find_first_bit(meta->needed, blocks);

	if (meta->running && !meta->busy && !meta->super_due &&
	    list_empty(&meta->waiting) &&
	    find_next_bit(meta->needed, blocks, index + 1) >= blocks)
		return index;
	return blocks;
}

/* Returns whether there is a batch to be sent, for @wait alone. */
static bool __begin(struct quorum_meta *meta, struct quorum_meta_wait *wait)
{
	u32 index = __only_needed(meta);

	if (index == meta->layout.blocks) {
		__wait(meta, wait);
		return false;
	}
	__clear_bit(index, meta->needed);
	meta->busy = true;
	meta->prompt.wait = wait;
	meta->prompt.index = index;
	return true;
}

/**
 * quorum_meta_dirty() - have it known that legs may differ in a range
 * @q: the target, with metadata
 * @sector: first sector
 * @sectors: how many, at least one
 * @wait: told when it is; maybe before this returns
 *
 * Context: Any that may submit bios; the caller holds the range.
 * Return: false if fewer than threshold legs have a vote somewhere there, and
 *	@wait is told nothing.
 */
bool quorum_meta_dirty(struct quorum *q, sector_t sector, sector_t sectors,
		       struct quorum_meta_wait *wait)
{
	struct quorum_meta *meta = q->meta;
	unsigned long flags, first, last;
	bool enough, prompt = false;

	spin_lock_irqsave(&meta->lock, flags);
	enough = quorum_dirty(&q->regions, sector, sectors, &first, &last);
	if (enough) {
		__need(meta, first, last);
		prompt = __begin(meta, wait);
	}
	spin_unlock_irqrestore(&meta->lock, flags);
	if (prompt)
		meta->send_prompt(meta);
	return enough;
}

/**
 * quorum_meta_owes() - whether legs have lost something that is not known yet
 * @q: the target, with metadata
 *
 * Whoever did without one of them is not to say so before it is.
 *
 * Context: Any.
 */
bool quorum_meta_owes(struct quorum *q)
{
	/* Pairs with end_batch(). */
	return smp_load_acquire(&q->meta->losses) != quorum_losses(&q->regions);
}

/* What is known of a range has changed; 0 sectors is all.  Context: Any. */
void quorum_meta_need(struct quorum *q, sector_t sector, sector_t sectors)
{
	struct quorum_meta *meta = q->meta;
	unsigned long flags;

	spin_lock_irqsave(&meta->lock, flags);
	if (sectors)
		__need(meta, sector >> q->region_shift,
		       (sector + sectors - 1) >> q->region_shift);
	else
		bitmap_fill(meta->needed, meta->layout.blocks);
	spin_unlock_irqrestore(&meta->lock, flags);
}

/* Something else has that is to be remembered.  Context: Any. */
void quorum_meta_need_super(struct quorum_meta *meta)
{
	unsigned long flags;

	spin_lock_irqsave(&meta->lock, flags);
	meta->super_due = true;
	spin_unlock_irqrestore(&meta->lock, flags);
}

/* The next superblock is to say this of the work.  Context: Any. */
void quorum_meta_keep(struct quorum_meta *meta, const struct quorum_kept *kept)
{
	unsigned long flags;

	spin_lock_irqsave(&meta->lock, flags);
	meta->kept = *kept;
	spin_unlock_irqrestore(&meta->lock, flags);
}

/**
 * quorum_meta_clean() - legs have been made equal in some regions, and flushed
 * @meta: the metadata
 * @word: of regions
 * @mask: which of them; those that were touched stay dirty
 *
 * Context: Any; as quorum_clean().
 */
void quorum_meta_clean(struct quorum_meta *meta, unsigned long word,
		       unsigned long mask)
{
	unsigned long first = word * BITS_PER_LONG;
	unsigned long flags;

	spin_lock_irqsave(&meta->lock, flags);
	mask &= ~quorum_bits_word(&meta->touched, word);
	quorum_bits_assign_word(&meta->safe, word, mask, false);
	quorum_clean(&meta->q->regions, word, mask);
	if (mask)
		__need(meta, first, first);
	spin_unlock_irqrestore(&meta->lock, flags);
}

/**
 * quorum_meta_wait() - wait for the next batch
 * @meta: the metadata
 * @wait: told when it is there; at once if the set is not in use
 *
 * Context: Any.
 */
void quorum_meta_wait(struct quorum_meta *meta, struct quorum_meta_wait *wait)
{
	unsigned long flags;
	bool running;

	spin_lock_irqsave(&meta->lock, flags);
	running = meta->running;
	if (running)
		__wait(meta, wait);
	spin_unlock_irqrestore(&meta->lock, flags);
	if (!running) {
		wait->status = BLK_STS_OK;
		wait->done(wait);
	}
}

/* Waits in a task's own frame. */
struct sync_wait {
	struct quorum_meta_wait wait;
	struct completion done;
};

static void sync_done(struct quorum_meta_wait *wait)
{
	complete(&container_of(wait, struct sync_wait, wait)->done);
}

/**
 * quorum_meta_commit() - have what is needed written now
 * @meta: the metadata
 *
 * Context: May sleep, on leg I/O.
 * Return: BLK_STS_OK if a quorum knows it.
 */
blk_status_t quorum_meta_commit(struct quorum_meta *meta)
{
	struct sync_wait sync = { .wait.done = sync_done, .wait.legs = ~0 };

	init_completion(&sync.done);
	quorum_meta_wait(meta, &sync.wait);
	wait_for_completion_io(&sync.done);
	return sync.wait.status;
}

/* Commits may be made, or none any more: then wait for the last. */
void quorum_meta_run(struct quorum_meta *meta, bool running)
{
	unsigned long flags;

	spin_lock_irqsave(&meta->lock, flags);
	WRITE_ONCE(meta->running, running);
	spin_unlock_irqrestore(&meta->lock, flags);
	if (!running)
		flush_work(&meta->work);
}

/* Whether a leg has been told all, or nobody is told anything. */
static bool knows(struct quorum_meta *meta, unsigned int leg)
{
	unsigned long flags;
	bool knows;

	spin_lock_irqsave(&meta->lock, flags);
	knows = !meta->running || meta->members & BIT(leg);
	spin_unlock_irqrestore(&meta->lock, flags);
	return knows;
}

/**
 * quorum_meta_admit() - tell a leg that is back all that the others know
 * @meta: the metadata
 * @leg: which; it is live
 *
 * Context: May sleep, on leg I/O.
 * Return: Whether it has been told; if the set is not in use, it will be.
 */
bool quorum_meta_admit(struct quorum_meta *meta, unsigned int leg)
{
	unsigned long flags;

	spin_lock_irqsave(&meta->lock, flags);
	meta->members &= ~BIT(leg);
	meta->late |= BIT(leg);
	spin_unlock_irqrestore(&meta->lock, flags);
	quorum_meta_commit(meta);
	/* The worker may have looked for it a moment before. */
	if (!knows(meta, leg))
		quorum_meta_commit(meta);
	return knows(meta, leg);
}

/*
 * Construction.
 */

/**
 * quorum_meta_init() - prepare for metadata
 * @q: the target, with regions
 * @meta: all zero, but for what the table says
 * @commit: writes batches, and tells who waits
 * @send_prompt: begins to write what meta->prompt says, or leaves it to that
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM; quorum_meta_exit() is due in any case.
 */
int quorum_meta_init(struct quorum *q, struct quorum_meta *meta,
		     work_func_t commit,
		     void (*send_prompt)(struct quorum_meta *meta))
{
	meta->q = q;
	spin_lock_init(&meta->lock);
	INIT_LIST_HEAD(&meta->waiting);
	INIT_LIST_HEAD(&meta->claim);
	INIT_WORK(&meta->work, commit);
	meta->send_prompt = send_prompt;
	meta->super = kzalloc(sizeof(*meta->super), GFP_KERNEL);
	meta->wq = alloc_workqueue("kquorum_meta",
				   WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!meta->super || !meta->wq)
		return -ENOMEM;
	return quorum_bits_init(&meta->safe, q->nr_regions, q->region_shift) ?:
	       quorum_bits_init(&meta->touched, q->nr_regions,
				q->region_shift) ?:
	       quorum_meta_io_init(&meta->io, &q->flights, q->leg, q->nr_legs,
				   q->present);
}

/**
 * quorum_meta_lay_out() - make room for what is kept of each bitmap block
 * @meta: the metadata, its layout is known
 *
 * Context: May sleep; without commits.
 * Return: 0 or -ENOMEM.
 */
int quorum_meta_lay_out(struct quorum_meta *meta)
{
	u32 blocks = meta->layout.blocks;

	if (meta->slots)
		return 0;
	meta->slots = kvcalloc(blocks, sizeof(*meta->slots), GFP_KERNEL);
	meta->needed = bitmap_zalloc(blocks, GFP_KERNEL);
	meta->taken = bitmap_zalloc(blocks, GFP_KERNEL);
	return meta->slots && meta->needed && meta->taken ? 0 : -ENOMEM;
}

/* Nobody waits or will ask for anything.  Context: May sleep. */
void quorum_meta_exit(struct quorum_meta *meta)
{
	if (!meta)
		return;
	if (meta->wq)
		destroy_workqueue(meta->wq);
	quorum_meta_io_exit(&meta->io);
	quorum_bits_exit(&meta->safe);
	quorum_bits_exit(&meta->touched);
	kvfree(meta->slots);
	bitmap_free(meta->needed);
	bitmap_free(meta->taken);
	kfree(meta->super);
	kfree(meta);
}
