/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-activate.c: a set put into use, and out of it.
 */
#ifndef DM_QUORUM_ACTIVATE_H
#define DM_QUORUM_ACTIVATE_H

struct quorum;

void quorum_activations_init(void);
int quorum_activate_check(struct quorum *q);
int quorum_activate(struct quorum *q);
void quorum_deactivate(struct quorum *q);

#endif /* DM_QUORUM_ACTIVATE_H */
