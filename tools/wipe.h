/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Legs made blank.
 */
#ifndef QUORUM_WIPE_H
#define QUORUM_WIPE_H

#include "leg.h"

int wipe_all(struct leg *legs, unsigned int count, u64 offset, u64 length);
int wipe_ends(struct leg *leg, u64 offset);
int wipe_head(struct leg *leg, u64 from, u64 to);
void lock_disk(struct leg *leg);
bool check_content(struct leg *leg);

#endif /* QUORUM_WIPE_H */
