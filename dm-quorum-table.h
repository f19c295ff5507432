/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-table.c: the table, read and shown.
 */
#ifndef DM_QUORUM_TABLE_H
#define DM_QUORUM_TABLE_H

struct dm_arg_set;
struct dm_target;
struct quorum;

int quorum_table_head(struct dm_target *ti, struct dm_arg_set *as,
		      unsigned int *threshold, unsigned int *nr_legs);
int quorum_table_read(struct quorum *q, struct dm_arg_set *as);
void quorum_table_exit(struct quorum *q);

void quorum_table_emit(struct quorum *q, char *result, unsigned int maxlen);
unsigned int quorum_table_emit_ima(struct quorum *q, char *result,
				   unsigned int maxlen, unsigned int sz);

#endif /* DM_QUORUM_TABLE_H */
