/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a second look is told to do, and tells of what it found.
 */
#ifndef DM_QUORUM_LOOK_H
#define DM_QUORUM_LOOK_H

#include <linux/bits.h>
#include <linux/types.h>

/**
 * enum quorum_look_flag - what a second look is to do
 * @QUORUM_LOOK_REWRITE: write the winner over what lost
 * @QUORUM_LOOK_REBUILD: write it to the legs that have no vote here
 * @QUORUM_LOOK_REFILL: write it at least over what legs were given where there
 *	was no winner
 * @QUORUM_LOOK_KNOWN: what is wrong is no news
 * @QUORUM_LOOK_PATIENT: ask those that owe too much, too
 * @QUORUM_LOOK_READ: it is for a read, which is to get all that there is
 */
enum quorum_look_flag {
	QUORUM_LOOK_REWRITE	= BIT(0),
	QUORUM_LOOK_REBUILD	= BIT(1),
	QUORUM_LOOK_REFILL	= BIT(2),
	QUORUM_LOOK_KNOWN	= BIT(3),
	QUORUM_LOOK_PATIENT	= BIT(4),
	QUORUM_LOOK_READ	= BIT(5),
};

/* What is only for legs that can be written to. */
#define QUORUM_LOOK_WRITES	(QUORUM_LOOK_REWRITE | QUORUM_LOOK_REBUILD | \
				 QUORUM_LOOK_REFILL)

/**
 * struct quorum_finding - what came of looking at something for its own sake
 * @differ: sectors about which legs differ
 * @unresolved: sectors without a winner, or with one by the tie rule that
 *	legs could not be rebuilt with
 * @unread: legs that were asked and could not be read
 * @missed: legs that did not take what they were to be given
 * @left_out: legs that nobody knows to be equal to the others, nor to differ
 * @vague: legs could not be rebuilt where there was no winner
 * @passing: some of what failed may succeed later
 */
struct quorum_finding {
	sector_t differ;
	sector_t unresolved;
	u32 unread;
	u32 missed;
	u32 left_out;
	bool vague;
	bool passing;
};

/**
 * struct quorum_look - a look of the sweep at a piece
 * @sector: first sector
 * @bytes: length, at most q->max_bytes and within one region
 * @flags: of enum quorum_look_flag
 * @shun: legs that are only read where the others do not decide
 * @dead: those of them that are not read at all
 * @told: legs that were accused before of what can be read no better now
 * @done: bytes that the sweep is done with; 0 if it should try a smaller piece
 * @found: what came of them
 */
struct quorum_look {
	sector_t sector;
	unsigned int bytes;
	unsigned int flags;
	u32 shun;
	u32 dead;
	u32 told;
	unsigned int done;
	struct quorum_finding found;
};

#endif /* DM_QUORUM_LOOK_H */
