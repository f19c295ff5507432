/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-recheck.c: the second look.
 */
#ifndef DM_QUORUM_RECHECK_H
#define DM_QUORUM_RECHECK_H

#include <linux/blk_types.h>
#include "dm-quorum-look.h"

struct quorum;

int quorum_rechecks_init(struct quorum *q);
void quorum_rechecks_exit(struct quorum *q);
blk_status_t quorum_recheck_read(struct quorum *q, sector_t sector,
				 unsigned int bytes, struct bio *bio,
				 bool dissent);
void quorum_recheck_sweep(struct quorum *q, struct quorum_look *look);

#endif /* DM_QUORUM_RECHECK_H */
