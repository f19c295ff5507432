/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-pages.c: pages for payloads, with a reserve.
 *
 * Used pages are kept for a while.  Nobody depends on that: all of them may be
 * taken back at any time, and who waits for pages waits in the reserve.
 */
#ifndef DM_QUORUM_PAGES_H
#define DM_QUORUM_PAGES_H

#include <linux/bvec.h>
#include <linux/list.h>
#include <linux/mempool.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct shrinker;
struct quorum_stack;

/**
 * struct quorum_pages - pages of one target
 * @reserve: what lets one request of any size proceed
 * @stacks: pages used before, by CPU
 * @shelf: more of them, for all CPUs
 * @nr_shelf: how many
 * @max_shelf: how many there may be
 * @traded: when a stack last traded with the shelf, in jiffies
 * @idle_work: gives back what was not used for some time
 * @shrinker: gives back what it can when memory is short
 */
struct quorum_pages {
	mempool_t reserve;
	/**
	 * @reserve_mutex: held while waiting for more than one of @reserve, so
	 * that two half-served requests never wait for each other
	 */
	struct mutex reserve_mutex;
	struct quorum_stack __percpu *stacks;
	/** @shelf_lock: protects what is told of the shelf */
	spinlock_t shelf_lock;
	struct list_head shelf;
	unsigned int nr_shelf;
	unsigned int max_shelf;
	unsigned long traded;
	struct delayed_work idle_work;
	struct shrinker *shrinker;
};

/* Whether something is missing in the reserve.  Context: Any. */
static inline bool quorum_pages_short(struct quorum_pages *pages)
{
	return READ_ONCE(pages->reserve.curr_nr) < pages->reserve.min_nr;
}

int quorum_pages_init(struct quorum_pages *pages, unsigned int nr);
void quorum_pages_exit(struct quorum_pages *pages);
unsigned int quorum_pages_get(struct quorum_pages *pages,
			      struct bio_vec *bvecs, unsigned int nr,
			      gfp_t gfp);
void quorum_pages_put(struct quorum_pages *pages, struct bio_vec *bvecs,
		      unsigned int nr);
bool quorum_pages_refill(struct quorum_pages *pages, gfp_t gfp);
void quorum_pages_trim(struct quorum_pages *pages);

#endif /* DM_QUORUM_PAGES_H */
