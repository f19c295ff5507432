/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-detach.c: requests that may outlive their bio.
 */
#ifndef DM_QUORUM_DETACH_H
#define DM_QUORUM_DETACH_H

#include <linux/atomic.h>
#include <linux/types.h>

struct quorum;
struct quorum_io;
struct workqueue_struct;

/* Which requests are such: bits of quorum->detach. */
#define QUORUM_DETACH_READS	1
#define QUORUM_DETACH_WRITES	2

/**
 * struct quorum_early - of a read that is answered early
 * @seen: called when a leg is back; NULL if it is no such read
 * @done: and when all are
 * @wq: where much is compared
 * @news: how often @seen was called since somebody looked
 * @landed: all are back, or given up on
 * @ahead: it is readahead
 * @answer: the leg whose data was the answer
 * @bytes: how long it is
 */
struct quorum_early {
	void (*seen)(struct quorum_io *io);
	void (*done)(struct quorum_io *io);
	struct workqueue_struct *wq;
	atomic_t news;
	bool landed;
	bool ahead;
	u8 answer;
	unsigned int bytes;
};

struct quorum_early *quorum_early_of(struct quorum_io *io);

int quorum_detach_init(struct quorum *q);
void quorum_detach_exit(struct quorum *q);
void quorum_detach(struct quorum_io *io, void (*start)(struct quorum_io *io));

#endif /* DM_QUORUM_DETACH_H */
