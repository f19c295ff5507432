/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-early.c: reads that are answered as soon as enough legs agree.
 */
#ifndef DM_QUORUM_EARLY_H
#define DM_QUORUM_EARLY_H

#include <linux/types.h>

struct quorum_io;
struct workqueue_struct;

void quorum_early_send(struct quorum_io *io, struct workqueue_struct *wq,
		       void (*done)(struct quorum_io *io));
bool quorum_early_differs(struct quorum_io *io);

#endif /* DM_QUORUM_EARLY_H */
