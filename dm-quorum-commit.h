/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-commit.c: what the legs are told of the set, batch by batch.
 */
#ifndef DM_QUORUM_COMMIT_H
#define DM_QUORUM_COMMIT_H

#include <linux/types.h>

struct quorum_meta;
struct work_struct;

void quorum_commit_work(struct work_struct *work);
void quorum_commit_prompt(struct quorum_meta *meta);
u32 quorum_commit_super(struct quorum_meta *meta, u32 legs, unsigned int need);

#endif /* DM_QUORUM_COMMIT_H */
