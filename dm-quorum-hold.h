/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-hold.c: requests that too few legs answer, held for better times.
 */
#ifndef DM_QUORUM_HOLD_H
#define DM_QUORUM_HOLD_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

/**
 * struct quorum_held - what is held
 * @list: among all that is
 * @since: when it failed first, in seconds; 0 if it did not
 * @wanted: it is to be held
 */
struct quorum_held {
	struct list_head list;
	time64_t since;
	bool wanted;
};

/**
 * struct quorum_hold - all of a target
 * @wq: where it is tried again
 * @retry: tries
 * @again: tries one
 * @fail: gives one up, with what has to be said of it
 * @begins: something is held, and nothing was; called with @lock held
 * @on: requests are held
 * @seconds: for so long, at most; 0 is without bound
 * @giving_back: all goes back to dm for now
 * @list: what is held
 */
struct quorum_hold {
	struct workqueue_struct *wq;
	struct delayed_work retry;
	void (*again)(struct quorum_held *held);
	void (*fail)(struct quorum_held *held, bool requeue);
	void (*begins)(struct quorum_hold *hold);
	/** @lock: protects what follows */
	spinlock_t lock;
	bool on;
	unsigned int seconds;
	bool giving_back;
	struct list_head list;
};

void quorum_hold_init(struct quorum_hold *hold);
void quorum_hold_exit(struct quorum_hold *hold);
bool quorum_hold_wants(struct quorum_hold *hold, struct quorum_held *held);
bool quorum_hold_take(struct quorum_hold *hold, struct quorum_held *held);
void quorum_hold_kick(struct quorum_hold *hold);
void quorum_hold_set(struct quorum_hold *hold, bool on, unsigned int seconds);
void quorum_hold_give_back(struct quorum_hold *hold, bool giving_back);

#endif /* DM_QUORUM_HOLD_H */
