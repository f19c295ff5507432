/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One action of the sweep, from its start to its end: a few sweepers, each with
 * a slot.
 *
 * Who decides what is to be done, dm-quorum-sync.c, starts it, tells it to stop
 * and is called when it is over, and keeps what it decides by under the same
 * lock.
 *
 * What begins with __ holds sweep->lock, and does not sleep.
 */
#ifndef DM_QUORUM_SWEEP_H
#define DM_QUORUM_SWEEP_H

#include "dm-quorum-keep.h"
#include "dm-quorum-pace.h"
#include "dm-quorum-slot.h"
#include "dm-quorum-walk.h"

#define QUORUM_SWEEPERS		4

struct quorum_sweep;

/**
 * struct quorum_sweeper - a slot, and what moves it on
 * @sweep: what it is one of
 * @slot: the region it is at
 * @state: what @work is to do: lock the next piece; nothing, the range comes
 *	later; look at the piece
 * @work: the next step
 * @busy: it takes part in the running action (sweep->lock)
 * @begun: its region is not done with (likewise, and what follows)
 * @differ: sectors that were found to differ there
 * @unresolved: sectors there that have no winner
 * @unrested: bytes looked at since it rested
 * @woke: when that was, in jiffies
 */
struct quorum_sweeper {
	struct quorum_sweep *sweep;
	struct quorum_slot slot;
	enum {
		QUORUM_SWEEPER_RESTING,
		QUORUM_SWEEPER_WAITING,
		QUORUM_SWEEPER_GRANTED,
	} state;
	struct delayed_work work;
	bool busy;
	bool begun;
	u64 differ;
	u64 unresolved;
	unsigned int unrested;
	unsigned long woke;
};

/**
 * struct quorum_sweep - an action under way
 * @q: the target
 * @wq: where sweepers work, and wait for leg I/O
 * @ended: called when it is over, with @lock held; may start another
 * @suspended: sweepers leave and keep their places
 * @cancel: sweepers leave, and the action is over
 * @again: some leg could not be given its vote back where it was rebuilt, or
 *	had one where others were made equal without it
 * @walk: how far the action came
 * @kept: nothing starts by itself; the last scrub; one that is to go on
 * @pace: how fast it goes
 * @nr_busy: sweepers at work
 * @wait: woken when one leaves
 * @sweeper: who works on a region each
 */
struct quorum_sweep {
	struct quorum *q;
	struct workqueue_struct *wq;
	void (*ended)(struct quorum_sweep *sweep);
	/** @lock: protects the rest, but what a busy sweeper is at */
	spinlock_t lock;
	bool suspended;
	bool cancel;
	bool again;
	struct quorum_walk walk;
	struct quorum_kept kept;
	struct quorum_pace pace;
	unsigned int nr_busy;
	wait_queue_head_t wait;
	struct quorum_sweeper sweeper[QUORUM_SWEEPERS];
};

int quorum_sweep_init(struct quorum_sweep *sweep, struct quorum *q,
		      void (*ended)(struct quorum_sweep *sweep));
void quorum_sweep_exit(struct quorum_sweep *sweep);
bool __quorum_sweep_idle(const struct quorum_sweep *sweep);
void __quorum_sweep_start(struct quorum_sweep *sweep,
			  enum quorum_sync_action action);
void __quorum_sweep_end(struct quorum_sweep *sweep);
void __quorum_sweep_wake(struct quorum_sweep *sweep);
void quorum_sweep_rouse(struct quorum_sweep *sweep);

#endif /* DM_QUORUM_SWEEP_H */
