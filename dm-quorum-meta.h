/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-meta.c: what the legs are told of the set, and when it is there.
 *
 * Somebody who changes what is to be remembered says so, and may wait for it.
 * What is needed is written in batches: all that is known when a batch begins;
 * what comes later is in the next one.  It is written to all legs that know
 * what was said before, and there for somebody once at least threshold of the
 * legs that he relies on have it: for a write that some leg missed, of those
 * that took it.
 */
#ifndef DM_QUORUM_META_H
#define DM_QUORUM_META_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "dm-quorum-bits.h"
#include "dm-quorum-format.h"
#include "dm-quorum-keep.h"
#include "dm-quorum-meta-io.h"

struct quorum;
struct quorum_recall;

/**
 * struct quorum_meta_wait - somebody who waits for a batch
 * @list: among those of the same batch
 * @legs: those of whom enough have to know it
 * @done: called when it is there, or could not be written, in any context: may
 *	not sleep, nor take long
 * @may_send: set before: bios may be sent where @done is called
 * @status: BLK_STS_OK if it is there
 */
struct quorum_meta_wait {
	struct list_head list;
	u32 legs;
	void (*done)(struct quorum_meta_wait *wait);
	bool may_send;
	blk_status_t status;
};

/**
 * struct quorum_prompt - a batch for one who waits, without the worker
 * @wait: who that is
 * @task: the process that sends it, if it is one
 * @index: the bitmap block that it takes
 * @legs: legs that are told
 * @failed: those of them that could not be: the worker goes on from there
 */
struct quorum_prompt {
	struct quorum_meta_wait *wait;
	struct task_struct *task;
	u32 index;
	u32 legs;
	u32 failed;
};

/**
 * struct quorum_meta - the metadata of a target
 * @q: the target
 * @uuid: the set's, or none yet
 * @label: for a new set
 * @layout: where the bitmaps are
 * @super: what a quorum knows, but for what is of one leg only
 * @super_slots: legs whose newest superblock is in slot 1
 * @slots: for each bitmap block, the legs whose newest copy is in slot 1
 * @generation: of the last batch
 * @paid: quorum_debt->marks of what has been told
 * @losses: likewise
 * @quorum: so many legs have to know what is committed
 * @shunned: legs that are left alone: they do not seem to be of the set
 * @unread: legs that could not be read when it was put into use, or since: what
 *	they know is not known
 * @rebuild: legs that missed all, which not all blocks say yet
 * @recalled: counters go on from what legs said
 * @unflushed: live legs that failed a flush nobody asked for: it counts as one
 *	that the next flush was for
 * @used: the set has been in use with this table
 * @settled: since then nothing was suspect, and legs were flushed after that
 * @running: it is: commits may be made
 * @safe: regions that are known to be dirty
 * @touched: regions that were written to since they were looked at last
 * @members: legs that know all that a quorum knows
 * @late: live legs that do not yet, and are to be told
 * @busy: a batch is being made, by the worker or at once
 * @again: the worker has found it so
 * @super_due: the superblock is to be written
 * @kept: what it says of the background work
 * @needed: bitmap blocks to write
 * @waiting: who waits for the next batch
 * @prompt: the batch that is made at once
 * @taken: bitmap blocks to write in the worker's one
 * @wq: commits
 * @work: the commits
 * @send_prompt: begins what @prompt says
 * @claim: among the sets in use
 * @io: what a batch takes
 * @recall: what a leg may still be about to read into; or NULL
 */
struct quorum_meta {
	struct quorum *q;
	u8 uuid[QUORUM_UUID_SIZE];
	char label[QUORUM_LABEL_SIZE];
	struct quorum_layout layout;

	struct quorum_disk_super *super;
	u32 super_slots;
	u32 *slots;
	u64 generation;
	u64 paid;
	unsigned long losses;
	unsigned int quorum;
	u32 shunned;
	u32 unread;
	u32 rebuild;
	atomic_t unflushed;
	bool recalled;
	bool used;
	bool settled;
	bool running;

	/** @lock: protects what follows, and @safe and @touched from changes */
	spinlock_t lock;
	struct quorum_bits safe;
	struct quorum_bits touched;
	u32 members;
	u32 late;
	bool busy;
	bool again;
	bool super_due;
	struct quorum_kept kept;
	unsigned long *needed;
	struct list_head waiting;

	struct quorum_prompt prompt;
	unsigned long *taken;
	struct workqueue_struct *wq;
	struct work_struct work;
	void (*send_prompt)(struct quorum_meta *meta);
	struct list_head claim;
	struct quorum_meta_io io;
	struct quorum_recall *recall;
};

/* The plane of a bitmap block that says what a leg has missed. */
static inline unsigned int quorum_meta_plane(const struct quorum_meta *meta,
					     unsigned int leg)
{
	return QUORUM_PLANE_MISSED +
	       le16_to_cpu(meta->super->member[leg].plane);
}

int quorum_meta_init(struct quorum *q, struct quorum_meta *meta,
		     work_func_t commit,
		     void (*send_prompt)(struct quorum_meta *meta));
int quorum_meta_lay_out(struct quorum_meta *meta);
void quorum_meta_exit(struct quorum_meta *meta);

bool quorum_meta_is_safe(struct quorum *q, sector_t sector, sector_t sectors);
void quorum_meta_touch(struct quorum *q, sector_t sector, sector_t sectors);
void quorum_meta_forget_touches(struct quorum_meta *meta);
bool quorum_meta_dirty(struct quorum *q, sector_t sector, sector_t sectors,
		       struct quorum_meta_wait *wait);
bool quorum_meta_owes(struct quorum *q);
void quorum_meta_need(struct quorum *q, sector_t sector, sector_t sectors);
void quorum_meta_need_super(struct quorum_meta *meta);
void quorum_meta_keep(struct quorum_meta *meta, const struct quorum_kept *kept);
void quorum_meta_clean(struct quorum_meta *meta, unsigned long word,
		       unsigned long mask);
void quorum_meta_wait(struct quorum_meta *meta, struct quorum_meta_wait *wait);
blk_status_t quorum_meta_commit(struct quorum_meta *meta);
void quorum_meta_run(struct quorum_meta *meta, bool running);
void quorum_meta_unflushed(struct quorum_meta *meta, u32 legs);
u32 quorum_meta_take_unflushed(struct quorum_meta *meta);
void quorum_meta_keep_unflushed(struct quorum_meta *meta, u32 legs);
bool quorum_meta_in_use(struct quorum_meta *meta);
bool quorum_meta_admit(struct quorum_meta *meta, unsigned int leg);
void quorum_meta_kick(struct quorum_meta *meta);

#endif /* DM_QUORUM_META_H */
