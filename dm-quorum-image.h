/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-image.c: what the legs are told, block by block.
 */
#ifndef DM_QUORUM_IMAGE_H
#define DM_QUORUM_IMAGE_H

#include <linux/types.h>

struct quorum_meta;

void quorum_image_add_block(struct quorum_meta *meta, unsigned int nr,
			    u32 index, u32 legs);
void quorum_image_took_block(struct quorum_meta *meta, unsigned int nr,
			     u32 index, u32 legs);
void quorum_image_add_super(struct quorum_meta *meta, u32 legs);
void quorum_image_took_super(struct quorum_meta *meta, u32 legs);

#endif /* DM_QUORUM_IMAGE_H */
