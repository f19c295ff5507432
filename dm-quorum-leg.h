/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-leg.c: the life of a leg.
 */
#ifndef DM_QUORUM_LEG_H
#define DM_QUORUM_LEG_H

#include <linux/blk_types.h>
#include <linux/types.h>

#include "dm-quorum-report.h"

struct quorum;

void quorum_leg_accuse(struct quorum *q, unsigned int leg,
		       enum quorum_stat kind, sector_t sector,
		       sector_t sectors, blk_status_t status);
bool quorum_leg_fail(struct quorum *q, unsigned int leg);
int quorum_leg_reinstate(struct quorum *q, unsigned int leg);
bool quorum_leg_rebuild(struct quorum *q, unsigned int leg);
bool quorum_legs_left_out(struct quorum *q, unsigned long region, u32 legs);
bool quorum_legs_rebuilt(struct quorum *q, unsigned long region, u64 marks,
			 u32 missed);
bool quorum_legs_commit(struct quorum *q, sector_t sector, sector_t sectors,
			u32 took, u32 missed, u32 faulty);

#endif /* DM_QUORUM_LEG_H */
