/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-check.c: which options of a table go together.
 */
#ifndef DM_QUORUM_CHECK_H
#define DM_QUORUM_CHECK_H

struct quorum;

int quorum_check_options(struct quorum *q);

#endif /* DM_QUORUM_CHECK_H */
