/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-flush.c: flushes that no request asked for.
 */
#ifndef DM_QUORUM_FLUSH_H
#define DM_QUORUM_FLUSH_H

#include <linux/types.h>

struct quorum;

int quorum_flushes_init(struct quorum *q);
void quorum_flushes_exit(struct quorum *q);
u32 quorum_flush_legs(struct quorum *q, u32 legs, u32 rest, u8 *said,
		      u32 *late);

#endif /* DM_QUORUM_FLUSH_H */
