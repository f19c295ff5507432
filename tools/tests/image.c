// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes an image of a leg, as the kernel would.
 *
 * usage: image FILE LEG LEGS EPOCH SEQ [UUID-BYTE]
 */
#include "dm-quorum-format.h"

#include <stdio.h>
#include <stdlib.h>

static void fill(struct quorum_disk_super *sb, u32 leg, u32 legs, u8 byte)
{
	u32 i;

	memset(sb->id.set_uuid, byte, QUORUM_UUID_SIZE);
	strcpy((char *)sb->id.label, "image");
	sb->id.leg = cpu_to_le32(leg);
	sb->id.nr_legs = cpu_to_le32(legs);
	sb->id.threshold = cpu_to_le32(legs / 2 + 1);
	sb->id.region_sectors = cpu_to_le32(2048);
	sb->id.planes = cpu_to_le32(quorum_planes_for(legs));
	sb->id.length = cpu_to_le64(8192);
	sb->id.offset = cpu_to_le64(2048);
	for (i = 0; i < legs; i++) {
		memset(sb->member[i].uuid, 0x10 + i, QUORUM_UUID_SIZE);
		sb->member[i].plane = cpu_to_le16(i);
	}
	memcpy(sb->id.leg_uuid, sb->member[leg].uuid, QUORUM_UUID_SIZE);
}

int main(int argc, char **argv)
{
	static struct quorum_disk_super sb;
	FILE *out;

	if (argc < 6)
		return 2;
	out = fopen(argv[1], "r+");
	if (!out)
		return 1;
	fill(&sb, atoi(argv[2]), atoi(argv[3]),
	     argc > 6 ? atoi(argv[6]) : 0xaa);
	sb.epoch = cpu_to_le64(atoi(argv[4]));
	sb.seq = cpu_to_le64(atoi(argv[5]));
	quorum_super_seal(&sb, 0);
	if (fseek(out, quorum_super_sector(0) * 512L, SEEK_SET) ||
	    fwrite(&sb, sizeof(sb), 1, out) != 1)
		return 1;
	return fclose(out) ? 1 : 0;
}
