/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-answer.c: what a leg's answer means.
 */
#ifndef DM_QUORUM_ANSWER_H
#define DM_QUORUM_ANSWER_H

#include <linux/blk_types.h>
#include <linux/types.h>

bool quorum_passing(blk_status_t status);
bool quorum_refusal(blk_status_t status);
u32 quorum_refusing(const u8 *said, u32 asked, bool advice);
u32 quorum_faulty(const u8 *said, u32 asked, bool advice);
blk_status_t quorum_error_vote(const u8 *said, u32 failed);

#endif /* DM_QUORUM_ANSWER_H */
