/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-reserve.c: what is set aside for when memory is short.
 */
#ifndef DM_QUORUM_RESERVE_H
#define DM_QUORUM_RESERVE_H

struct quorum;
struct quorum_flights;

void quorum_reserves_init(struct quorum *q);
void quorum_reserves_exit(struct quorum *q);
void quorum_reserves_owed(struct quorum_flights *flights);

#endif /* DM_QUORUM_RESERVE_H */
