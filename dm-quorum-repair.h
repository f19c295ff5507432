/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-repair.c: what follows from the verdict of a second look.
 */
#ifndef DM_QUORUM_REPAIR_H
#define DM_QUORUM_REPAIR_H

#include <linux/blk_types.h>
#include <linux/types.h>

struct quorum_finding;
struct quorum_recheck;

void quorum_repair_accuse_unread(struct quorum_recheck *rc, u32 told);
void quorum_repair_accuse_losers(struct quorum_recheck *rc);
void quorum_repair_rewrite(struct quorum_recheck *rc,
			   struct quorum_finding *found);
void quorum_repair_rebuild(struct quorum_recheck *rc,
			   struct quorum_finding *found);
blk_status_t quorum_repair_error(struct quorum_recheck *rc);
void quorum_repair_no_quorum(struct quorum_recheck *rc);

#endif /* DM_QUORUM_REPAIR_H */
