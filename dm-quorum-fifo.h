/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-fifo.c: reads that ask one leg after the other.
 */
#ifndef DM_QUORUM_FIFO_H
#define DM_QUORUM_FIFO_H

struct quorum_io;

void quorum_fifo_read(struct quorum_io *io);

#endif /* DM_QUORUM_FIFO_H */
