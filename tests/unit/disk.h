/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Superblocks to test with: of sets whose members' UUIDs say which they are.
 */
#ifndef UNIT_DISK_H
#define UNIT_DISK_H

#include "dm-quorum-assemble.h"

#define DISK_LENGTH	(2048 * 1024ULL)
#define DISK_REGION	2048
#define DISK_OFFSET	8192

static inline void disk_uuid(u8 *uuid, u8 kind, u8 which)
{
	memset(uuid, kind, QUORUM_UUID_SIZE);
	uuid[QUORUM_UUID_SIZE - 1] = which;
}

/* Of leg 0, to be changed at will and sealed. */
static inline void disk_super(struct quorum_disk_super *sb, u32 nr_legs,
			      u32 threshold, u64 epoch, u64 seq)
{
	u32 i;

	memset(sb, 0, sizeof(*sb));
	disk_uuid(sb->id.set_uuid, 's', 0);
	memcpy(sb->id.label, "label", 5);
	sb->id.nr_legs = cpu_to_le32(nr_legs);
	sb->id.threshold = cpu_to_le32(threshold);
	sb->id.region_sectors = cpu_to_le32(DISK_REGION);
	sb->id.planes = cpu_to_le32(quorum_planes_for(nr_legs));
	sb->id.length = cpu_to_le64(DISK_LENGTH);
	sb->epoch = cpu_to_le64(epoch);
	sb->seq = cpu_to_le64(seq);
	disk_uuid(sb->nonce, 'n', epoch);
	for (i = 0; i < nr_legs; i++) {
		disk_uuid(sb->member[i].uuid, 'l', i);
		sb->member[i].plane = cpu_to_le16(i);
	}
	quorum_super_address(sb, 0, DISK_OFFSET);
}

#endif /* UNIT_DISK_H */
