/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-clean.c: what is dirty made clean again.
 */
#ifndef DM_QUORUM_CLEAN_H
#define DM_QUORUM_CLEAN_H

struct quorum;

int quorum_clean_init(struct quorum *q);
void quorum_clean_exit(struct quorum *q);
void quorum_clean_resume(struct quorum *q);
bool quorum_clean_prepare(struct quorum *q);
void quorum_clean_later(struct quorum *q);
void quorum_clean_suspend(struct quorum *q);

#endif /* DM_QUORUM_CLEAN_H */
