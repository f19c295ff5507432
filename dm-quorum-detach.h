/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-detach.c: requests that may outlive their bio.
 */
#ifndef DM_QUORUM_DETACH_H
#define DM_QUORUM_DETACH_H

#include <linux/types.h>

struct bio;
struct quorum;
struct quorum_io;

/* Which requests are such: bits of quorum->detach. */
#define QUORUM_DETACH_READS	1
#define QUORUM_DETACH_WRITES	2

int quorum_detach_init(struct quorum *q);
void quorum_detach_exit(struct quorum *q);
void quorum_detach(struct quorum_io *io, void (*start)(struct quorum_io *io));

#endif /* DM_QUORUM_DETACH_H */
