/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How fast the sweep goes, and when it may start again by itself.
 *
 * Arithmetic only: whoever asks says what time it is, in ns of a clock that
 * does not go back, and sees to it that nobody else does at the same time (the
 * sweep holds its lock).  What is to be waited is in jiffies.  Any context will
 * do.
 */
#ifndef DM_QUORUM_PACE_H
#define DM_QUORUM_PACE_H

#include <linux/types.h>

/**
 * struct quorum_pace - the pace of one sweep
 * @max_rate: bound on it, in KiB/s; 0 is none
 * @budget: when the bound allows the next piece, in ns
 * @not_before: when the next action may begin, in ns: the last one did not rest
 *	after its last piece
 * @retry_at: when the next one may that nobody has asked for, in ns
 * @pause: how long after the last one that is, in ns
 * @ended: when that was, in ns; 0 is never
 */
struct quorum_pace {
	unsigned int max_rate;
	u64 budget;
	u64 not_before;
	u64 retry_at;
	u64 pause;
	u64 ended;
};

void quorum_pace_init(struct quorum_pace *pace, unsigned int max_rate);

unsigned int quorum_pace_piece(const struct quorum_pace *pace,
			       unsigned int max_bytes, unsigned int block_size);
unsigned long quorum_pace_spend(struct quorum_pace *pace, u64 now,
				unsigned int bytes);
unsigned long quorum_pace_yield(unsigned long worked);
void quorum_pace_owe(struct quorum_pace *pace, u64 now, unsigned long rest);
unsigned long quorum_pace_owed(const struct quorum_pace *pace, u64 now);

unsigned long quorum_pace_wait(const struct quorum_pace *pace, u64 now);
void quorum_pace_start(struct quorum_pace *pace, u64 now);
void quorum_pace_end(struct quorum_pace *pace, u64 now, bool passing);
void quorum_pace_hurry(struct quorum_pace *pace);
void quorum_pace_requeued(struct quorum_pace *pace, u64 now);

#endif /* DM_QUORUM_PACE_H */
