/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-zero.c: zeroes for legs that cannot write them by themselves.
 */
#ifndef DM_QUORUM_ZERO_H
#define DM_QUORUM_ZERO_H

struct quorum_io;

void quorum_zeroes_init(void);
void quorum_zero_by_hand(struct quorum_io *io,
			 void (*done)(struct quorum_io *io));

#endif /* DM_QUORUM_ZERO_H */
