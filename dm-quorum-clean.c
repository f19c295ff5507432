// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is dirty made clean again: every few seconds, where nothing was written
 * for as long and legs are not known to differ, all legs are flushed.  Then, a
 * word of regions at a time, its range is taken: what was written meanwhile
 * shows by then, and stays dirty.  The legs are told of it when they are told
 * of something else, or of all of it in the end.
 *
 * And what is counted is written to the legs, within a minute.
 */
#include "dm-quorum.h"
#include "dm-quorum-clean.h"
#include "dm-quorum-dirty.h"
#include "dm-quorum-flush.h"
#include "dm-quorum-leg.h"
#include "dm-quorum-meta.h"
#include "dm-quorum-suspect.h"
#include "dm-quorum-sync.h"

#include <linux/completion.h>
#include <linux/slab.h>

#define TICK		(5 * HZ)

/**
 * struct quorum_clean - what makes regions of a target clean
 * @q: the target
 * @wq: for this alone: it waits for ranges and legs
 * @tick: every few seconds
 * @keep: some time after something has been counted
 * @range: of the regions that are being made clean
 * @granted: it is there
 */
struct quorum_clean {
	struct quorum *q;
	struct workqueue_struct *wq;
	struct delayed_work tick;
	struct delayed_work keep;
	struct quorum_range range;
	struct completion granted;
};

static void range_granted(struct quorum_range *range)
{
	complete(&container_of(range, struct quorum_clean, range)->granted);
}

static void lock_word(struct quorum_clean *clean, unsigned long word)
{
	struct quorum *q = clean->q;
	sector_t sectors = (sector_t)BITS_PER_LONG << q->region_shift;

	clean->range.start = word * sectors;
	clean->range.last = min(clean->range.start + sectors, q->ti->len) - 1;
	reinit_completion(&clean->granted);
	if (!quorum_range_lock(&q->ranges, &clean->range))
		wait_for_completion(&clean->granted);
}

/* Of the regions of a word, those that are idle. */
static unsigned long idle_regions(struct quorum *q, unsigned long word)
{
	return quorum_dirty_word(&q->regions, word) &
	       ~quorum_bits_word(&q->meta->touched, word) &
	       ~quorum_suspects_word(&q->suspects, word);
}

/* The first word from @word on with idle regions; false if there is none. */
static bool next_idle(struct quorum *q, unsigned long *word)
{
	unsigned long region = *word * BITS_PER_LONG;

	for (;;) {
		region = quorum_next_dirty(&q->regions, region);
		if (region >= q->nr_regions)
			return false;
		*word = region / BITS_PER_LONG;
		if (idle_regions(q, *word))
			return true;
		region = (*word + 1) * BITS_PER_LONG;
	}
}

/*
 * Have all legs that take part store what they took.  One that fails to has
 * lost it, as with any flush.  Returns whether all did.
 */
static bool flush_all(struct quorum *q)
{
	u32 legs = quorum_live(&q->regions), failed, late;
	u8 said[QUORUM_MAX_LEGS];
	unsigned int leg;

	failed = quorum_flush_legs(q, legs, 0, said, &late);
	quorum_for_each_leg(leg, failed) {
		if (late & BIT(leg))
			quorum_report_late(&q->reports, leg);
		quorum_leg_accuse(q, leg, QUORUM_FLUSH_ERRORS, 0, 0,
				  (__force blk_status_t)said[leg]);
	}
	if (failed)
		quorum_legs_commit(q, 0, 0, legs & ~failed, failed, failed);
	quorum_meta_unflushed(q->meta, failed);
	return !failed;
}

/**
 * quorum_clean_prepare() - have legs store what they took, and say so
 * @q: the target, with metadata
 *
 * What is dirty is where a leg may differ that is set back to an older state.
 * Once that is forgotten it has to be found out in another way, so before that
 * the superblock is written twice: the second one says that a leg has taken the
 * first, and all of the data with it.
 *
 * Context: May sleep, on leg I/O.
 * Return: Whether what was written so far may become clean.
 */
bool quorum_clean_prepare(struct quorum *q)
{
	bool settled = !quorum_any_suspect(&q->suspects);
	unsigned int i;

	if (!flush_all(q))
		return false;
	if (settled)
		WRITE_ONCE(q->meta->settled, true);
	for (i = 0; i < 2; i++) {
		quorum_meta_need_super(q->meta);
		if (quorum_meta_commit(q->meta))
			return false;
	}
	return !(quorum_live(&q->regions) & ~READ_ONCE(q->meta->members));
}

static void clean_word(struct quorum_clean *clean, unsigned long word)
{
	struct quorum *q = clean->q;

	lock_word(clean, word);
	quorum_meta_clean(q->meta, word, idle_regions(q, word));
	quorum_range_unlock(&q->ranges, &clean->range);
}

static void clean_idle(struct quorum_clean *clean)
{
	struct quorum *q = clean->q;
	unsigned long word = 0;

	if (next_idle(q, &word) && quorum_clean_prepare(q))
		for (; next_idle(q, &word); word++)
			clean_word(clean, word);
	quorum_meta_forget_touches(q->meta);
}

/**
 * quorum_clean_later() - there is something to make clean
 * @q: the target, with metadata
 *
 * Context: Any.
 */
void quorum_clean_later(struct quorum *q)
{
	queue_delayed_work(q->clean->wq, &q->clean->tick, TICK);
}

static void tick_work(struct work_struct *work)
{
	struct quorum_clean *clean = container_of(to_delayed_work(work),
						  struct quorum_clean, tick);
	struct quorum *q = clean->q;

	clean_idle(clean);
	quorum_meta_kick(q->meta);
	/* Else whoever makes something dirty begins again. */
	if (quorum_nr_dirty(&q->regions))
		quorum_clean_later(q);
}

static void keep_work(struct work_struct *work)
{
	struct quorum_clean *clean = container_of(to_delayed_work(work),
						  struct quorum_clean, keep);
	struct quorum *q = clean->q;

	quorum_sync_keep(q);
	quorum_meta_need_super(q->meta);
	quorum_meta_kick(q->meta);
}

/**
 * quorum_clean_init() - prepare to make regions clean
 * @q: the target, with metadata
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM; quorum_clean_exit() is due in any case.
 */
int quorum_clean_init(struct quorum *q)
{
	struct quorum_clean *clean = kzalloc(sizeof(*clean), GFP_KERNEL);

	if (!clean)
		return -ENOMEM;
	q->clean = clean;
	clean->q = q;
	clean->range.granted = range_granted;
	init_completion(&clean->granted);
	INIT_DELAYED_WORK(&clean->tick, tick_work);
	INIT_DELAYED_WORK(&clean->keep, keep_work);
	quorum_reports_watch(&q->reports, &clean->keep);
	clean->wq = alloc_workqueue("kquorum_clean",
				    WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	return clean->wq ? 0 : -ENOMEM;
}

/* Context: May sleep; it is suspended. */
void quorum_clean_exit(struct quorum *q)
{
	if (!q->clean)
		return;
	quorum_reports_watch(&q->reports, NULL);
	cancel_delayed_work_sync(&q->clean->keep);
	if (q->clean->wq)
		destroy_workqueue(q->clean->wq);
	kfree(q->clean);
}

/* Begin, or go on.  Context: May sleep. */
void quorum_clean_resume(struct quorum *q)
{
	if (q->writable && quorum_nr_dirty(&q->regions))
		quorum_clean_later(q);
}

/* Stop, and wait for what is under way.  Context: May sleep. */
void quorum_clean_suspend(struct quorum *q)
{
	cancel_delayed_work_sync(&q->clean->tick);
	cancel_delayed_work_sync(&q->clean->keep);
}
