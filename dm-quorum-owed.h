/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-owed.c: what legs have not answered though the others went on.
 * This is for dm-quorum-flight.c; dm-quorum-flight.h is for all others.
 */
#ifndef DM_QUORUM_OWED_H
#define DM_QUORUM_OWED_H

#include <linux/bits.h>

#include "dm-quorum-flight.h"

/*
 * Beside the bits of legs: it is not sent yet, so it cannot end.  What is above
 * counts how often it has begun: who looked at it before cannot end it now.
 */
#define QUORUM_FLIGHT_SENDING	BIT_ULL(QUORUM_MAX_LEGS)
#define QUORUM_FLIGHT_ROUND	(QUORUM_FLIGHT_SENDING << 1)
#define QUORUM_FLIGHT_ANY_OUT	(QUORUM_FLIGHT_ROUND - 1)

void quorum_owe(struct quorum_flight *flight, u32 legs, bool given_up);
bool quorum_owed_back(struct quorum_flight *flight, unsigned int leg,
		      s64 before);
void quorum_owed_again(struct quorum_flight *flight, u32 legs);

#endif /* DM_QUORUM_OWED_H */
