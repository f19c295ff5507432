/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-recheck-io.c: what a second look takes: its memory, its reads and
 * its writes.  This is between the files that a second look is made of:
 * dm-quorum-recheck.h is what others see of it.
 */
#ifndef DM_QUORUM_RECHECK_IO_H
#define DM_QUORUM_RECHECK_IO_H

#include <linux/bio.h>
#include <linux/completion.h>
#include "dm-quorum-flight.h"
#include "dm-quorum-look.h"
#include "dm-quorum-verdict.h"

struct quorum;

/**
 * struct quorum_recheck_leg - what is asked of one leg
 * @recheck: whose leg this is
 * @bio: reads and rewrites it
 * @nr_bad: how many blocks were tried and could not be read
 * @untried: from this block on, those marked bad only say that the leg was
 *	given up on
 * @done: how far what it lost has been rewritten, in blocks
 */
struct quorum_recheck_leg {
	struct quorum_recheck *recheck;
	struct bio bio;
	unsigned int nr_bad;
	unsigned int untried;
	unsigned int done;
};

/**
 * struct quorum_recheck - one second look
 * @q: the target
 * @flight: what is out; those that were given up on take no part any more
 * @origin: the read it is for; NULL if it is the sweep's, or has been answered
 * @sector: first sector
 * @flags: of enum quorum_look_flag
 * @began: when the range was there, in jiffies
 * @away: legs that have a vote, but owe what was given up on, and are not asked
 * @sent: legs that were sent something last
 * @writes: that were writes
 * @shunned: legs that have a vote and are not read at first
 * @failed: those that were read and did not return all
 * @faulty: those of them that are to blame for it
 * @unread: those of which some block could not be read later, either
 * @said: how the read of the whole request ended, a blk_status_t for each leg
 * @limit: so many blocks are done with
 * @idle: nothing is out that is waited for
 * @verdict: who is asked for how much, what they returned, and who is right
 * @leg: what each is asked
 */
struct quorum_recheck {
	struct quorum_flight flight;
	struct quorum *q;
	struct bio *origin;
	bool writes;
	sector_t sector;
	unsigned int flags;
	unsigned long began;
	u32 away;
	u32 sent;
	u32 shunned;
	u32 failed;
	u32 faulty;
	u32 unread;
	u8 said[QUORUM_MAX_LEGS];
	unsigned int limit;
	struct completion idle;
	struct quorum_verdict verdict;
	struct quorum_recheck_leg leg[];
};

size_t quorum_recheck_size(struct quorum *q, unsigned int blocks);
u32 quorum_recheck_slow(struct quorum *q, unsigned int flags);
blk_status_t quorum_recheck_said(struct quorum_recheck *rc, unsigned int leg);
struct quorum_recheck *quorum_recheck_get(struct quorum *q, sector_t sector,
					  unsigned int bytes,
					  unsigned int flags);
void quorum_recheck_put(struct quorum_recheck *rc);
void quorum_recheck_ask(struct quorum_recheck *rc);
void quorum_recheck_ask_by_pieces(struct quorum_recheck *rc);
bool quorum_recheck_ask_again(struct quorum_recheck *rc, unsigned int block);
u32 quorum_recheck_write(struct quorum_recheck *rc, u32 legs, blk_opf_t opf);

#endif /* DM_QUORUM_RECHECK_IO_H */
