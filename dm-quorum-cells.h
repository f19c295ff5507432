/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-cells.c: what a leg lacks, part by part.
 */
#ifndef DM_QUORUM_CELLS_H
#define DM_QUORUM_CELLS_H

#include "dm-quorum-region.h"

#define QUORUM_MAX_CELLS	512

unsigned long quorum_cell(struct quorum_regions *regions, unsigned int leg,
			  unsigned int cell, unsigned int cells);

#endif /* DM_QUORUM_CELLS_H */
