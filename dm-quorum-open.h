/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-open.c: the legs a table names.
 */
#ifndef DM_QUORUM_OPEN_H
#define DM_QUORUM_OPEN_H

struct dm_arg_set;
struct quorum;

int quorum_open_legs(struct quorum *q, struct dm_arg_set *as);
void quorum_close_legs(struct quorum *q);
const char *quorum_leg_name(struct quorum *q, unsigned int leg);
void quorum_log_block_size(struct quorum *q);

#endif /* DM_QUORUM_OPEN_H */
