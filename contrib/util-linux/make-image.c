// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes the beginning of a leg, as the kernel does, for the test image that
 * the patch for util-linux has:
 *
 *	cc -I../../tools/include -I../.. -o make-image make-image.c \
 *		../../dm-quorum-format.c
 *	./make-image >dm-quorum.img
 */
#include "dm-quorum-format.h"

#include <stdio.h>

#define SECTORS	4096

static unsigned char image[SECTORS * 512];

/* Each UUID counts on from its first byte. */
static void count_up(u8 *uuid, u8 first)
{
	int i;

	for (i = 0; i < QUORUM_UUID_SIZE; i++)
		uuid[i] = first + i;
}

static void describe_members(struct quorum_disk_super *sb)
{
	u32 leg;

	for (leg = 0; leg < 3; leg++) {
		count_up(sb->member[leg].uuid, 0x20 + 16 * leg);
		sb->member[leg].state = cpu_to_le16(QUORUM_MEMBER_IN);
		sb->member[leg].plane = cpu_to_le16(leg);
		sb->member[leg].epoch = cpu_to_le64(1);
		sb->member[leg].seq = cpu_to_le64(1);
	}
}

static void describe(struct quorum_disk_super *sb)
{
	struct quorum_disk_identity *id = &sb->id;

	memcpy(id->magic, "dmquorum", sizeof(id->magic));
	id->version = cpu_to_le32(QUORUM_DISK_VERSION);
	count_up(id->set_uuid, 0x10);
	count_up(id->leg_uuid, 0x30);
	strcpy((char *)id->label, "quorum-label");
	id->leg = cpu_to_le32(1);
	id->nr_legs = cpu_to_le32(3);
	id->threshold = cpu_to_le32(2);
	id->region_sectors = cpu_to_le32(2048);
	id->planes = cpu_to_le32(4);
	id->length = cpu_to_le64(2048);
	id->offset = cpu_to_le64(1024);
	id->created = cpu_to_le64(1767225600);
	sb->epoch = cpu_to_le64(1);
	describe_members(sb);
}

/* The kernel writes them in turn, with what it counts raised. */
static void write_slot(struct quorum_disk_super *sb, u32 slot)
{
	sb->seq = cpu_to_le64(slot + 1);
	quorum_super_seal(sb, slot);
	memcpy(image + 512 * quorum_super_sector(slot), sb, sizeof(*sb));
}

int main(void)
{
	struct quorum_disk_super sb = { };

	describe(&sb);
	write_slot(&sb, 0);
	write_slot(&sb, 1);
	if (quorum_super_check(&sb, 1) != QUORUM_FOUND_SUPER)
		return 1;
	return fwrite(image, sizeof(image), 1, stdout) != 1;
}
