/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-recall.c and dm-quorum-bitmap.c: what the legs of a set remember of
 * it.
 */
#ifndef DM_QUORUM_RECALL_H
#define DM_QUORUM_RECALL_H

#include "dm-quorum-assemble.h"
#include "dm-quorum-meta.h"

struct quorum;

/**
 * struct quorum_recall - a set on its way into use
 * @q: the target
 * @meta: what comes of it
 * @want: what the table asks for
 * @answer: what each leg answered
 * @late: legs that did not in time
 * @unread: trusted legs of which not all bitmap blocks could be read
 * @as: what is to be made of them
 * @before: the layout that the set had
 * @super: the superblocks of each leg, both slots
 * @unit: what else was read of each leg
 * @fresh: UUIDs for legs that are new
 */
struct quorum_recall {
	struct quorum *q;
	struct quorum_meta *meta;
	struct quorum_request want;
	struct quorum_answer answer[QUORUM_MAX_LEGS];
	u32 late;
	u32 unread;
	struct quorum_assembly as;
	struct quorum_layout before;
	struct quorum_meta_units super[QUORUM_MAX_LEGS];
	struct quorum_meta_units unit[QUORUM_MAX_LEGS];
	u8 fresh[QUORUM_MAX_LEGS * QUORUM_UUID_SIZE];
};

/* A leg is not waited for too long if @need others answer, or have. */
static inline void quorum_recall_wait_for(struct quorum_recall *recall,
					  unsigned int need, u32 have)
{
	recall->meta->io.need = need;
	recall->meta->io.have = have;
}

struct quorum_recall *quorum_recall_get(struct quorum *q);
void quorum_recall_put(struct quorum_recall *recall);
void quorum_recall_exit(struct quorum_meta *meta);
void quorum_recall_tell(struct quorum_recall *recall);
void quorum_recall_supers(struct quorum_recall *recall);
bool quorum_recall_legs(struct quorum_recall *recall);
void quorum_recall_blocks(struct quorum_recall *recall);

#endif /* DM_QUORUM_RECALL_H */
