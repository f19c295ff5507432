/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-write.c: ordered fan-out of everything that changes the legs.
 */
#ifndef DM_QUORUM_WRITE_H
#define DM_QUORUM_WRITE_H

struct quorum;
struct quorum_io;

int quorum_writes_init(struct quorum *q);
void quorum_writes_exit(struct quorum *q);
void quorum_write_cut(struct quorum_io *io);
void quorum_write(struct quorum_io *io);
void quorum_flush(struct quorum_io *io);

#endif /* DM_QUORUM_WRITE_H */
