/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-ask.c: whom a read asks, and where the answers go.
 */
#ifndef DM_QUORUM_ASK_H
#define DM_QUORUM_ASK_H

#include <linux/blk_types.h>
#include <linux/types.h>

struct quorum;
struct quorum_io;

u32 quorum_read_voters(struct quorum_io *io);
u32 quorum_slow_legs(struct quorum *q);
u32 quorum_leave_slow(struct quorum_io *io, u32 voters);
bool quorum_read_get(struct quorum_io *io, u32 legs);
void quorum_read_prepare(struct quorum_io *io);
void quorum_read_put(struct quorum_io *io);
bool quorum_read_forgiven(struct quorum_io *io);
void quorum_read_accuse(struct quorum_io *io, unsigned int leg,
			blk_status_t status);

#endif /* DM_QUORUM_ASK_H */
