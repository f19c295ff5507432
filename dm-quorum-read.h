/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-read.c: optimistic reads.
 */
#ifndef DM_QUORUM_READ_H
#define DM_QUORUM_READ_H

struct quorum;
struct quorum_io;

int quorum_reads_init(struct quorum *q);
void quorum_reads_exit(struct quorum *q);
void quorum_reads_suspend(struct quorum *q);
void quorum_reads_resume(struct quorum *q);
void quorum_read(struct quorum_io *io);

#endif /* DM_QUORUM_READ_H */
