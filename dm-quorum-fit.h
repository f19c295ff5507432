/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-fit.c: whether a table fits the set that was found; and what the
 * steps of dm-quorum-assemble.c are made of.
 */
#ifndef DM_QUORUM_FIT_H
#define DM_QUORUM_FIT_H

#include "dm-quorum-assemble.h"

#ifdef __KERNEL__
#include <linux/bitops.h>
#endif

/* Every set bit of @mask in turn, lowest first. */
#define quorum_for_each_of(i, mask)					\
	for (u32 __left = (mask);					\
	     __left && ((i) = __ffs(__left), true);			\
	     __left &= __left - 1)

/* What legs may hold, for quorum_legs_with(). */
#define QUORUM_SUPERS		BIT(QUORUM_FOUND_SUPER)
#define QUORUM_IDENTITIES	(QUORUM_SUPERS | BIT(QUORUM_FOUND_DAMAGED))
#define QUORUM_BLANKS		BIT(QUORUM_FOUND_BLANK)
#define QUORUM_OTHERS							\
	(BIT(QUORUM_FOUND_FOREIGN) | BIT(QUORUM_FOUND_UNREADABLE))

/* Refuse the legs.  Returns false, for the caller to return. */
static inline bool quorum_reject(struct quorum_assembly *as,
				 enum quorum_refusal refusal, unsigned int leg)
{
	as->refusal = refusal;
	as->leg = leg;
	return false;
}

static inline bool quorum_reject_number(struct quorum_assembly *as,
					enum quorum_refusal refusal,
					unsigned int leg, u64 need, u64 have)
{
	as->need = need;
	as->have = have;
	return quorum_reject(as, refusal, leg);
}

/* The legs that hold one of @kinds. */
static inline u32 quorum_legs_with(const struct quorum_assembly *as,
				   unsigned long kinds)
{
	unsigned int leg;
	u32 legs = 0;

	for (leg = 0; leg < as->want->nr_legs; leg++)
		if (kinds & BIT(as->answer[leg].found))
			legs |= BIT(leg);
	return legs;
}

/* The superblock that counts: there is one. */
static inline const struct quorum_disk_super *
quorum_newest(const struct quorum_assembly *as)
{
	return as->answer[as->newest].super;
}

bool quorum_fits_offsets(struct quorum_assembly *as, u32 planes);
bool quorum_fits(struct quorum_assembly *as);

#endif /* DM_QUORUM_FIT_H */
