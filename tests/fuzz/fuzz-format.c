// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hostile metadata: whatever is on the legs, looking at it ends, stays within
 * bounds, and trusts nobody for it.
 *
 * The input is a few bytes that say how many legs there are and what becomes of
 * whom, and then blocks. A leg's blocks are whole ones of a set in which leg 0
 * is behind, but for one leg, which is anything: taken from the input as it is,
 * or with good checksums.
 */
#include <stdio.h>
#include <stdlib.h>

#include "dm-quorum-assemble.h"

#define LEGS		3
#define OFFSET		8192
#define UNIT		QUORUM_DISK_UNIT

#define must(condition)							\
	do {								\
		if (!(condition)) {					\
			fprintf(stderr, "%s:%d: %s\n", __FILE__,	\
				__LINE__, #condition);			\
			abort();					\
		}							\
	} while (0)

static struct quorum_disk_super supers[LEGS][2];
static struct quorum_disk_block blocks[LEGS][2];
static struct quorum_answer answer[QUORUM_DISK_LEGS];
static struct quorum_request want;
static struct quorum_assembly as;

struct input {
	const u8 *data;
	size_t size;
};

static u8 next_byte(struct input *in)
{
	if (!in->size)
		return 0;
	in->size--;
	return *in->data++;
}

/* Puts pieces of the input here and there. */
static void scribble(struct input *in, void *to)
{
	u8 pieces = next_byte(in);

	for (; pieces && in->size; pieces--) {
		size_t at = (next_byte(in) | next_byte(in) << 8) % UNIT;
		size_t len = next_byte(in);

		if (len > UNIT - at)
			len = UNIT - at;
		if (len > in->size)
			len = in->size;
		memcpy((u8 *)to + at, in->data, len);
		in->data += len;
		in->size -= len;
	}
}

static void uuid_of(u8 *uuid, u8 kind, u8 which)
{
	memset(uuid, kind, QUORUM_UUID_SIZE);
	uuid[QUORUM_UUID_SIZE - 1] = which;
}

static void make_super(struct quorum_disk_super *sb, unsigned int leg)
{
	unsigned int i;

	memset(sb, 0, sizeof(*sb));
	uuid_of(sb->id.set_uuid, 's', 0);
	sb->id.nr_legs = cpu_to_le32(LEGS);
	sb->id.threshold = cpu_to_le32(2);
	sb->id.region_sectors = cpu_to_le32(2048);
	sb->id.planes = cpu_to_le32(4);
	sb->id.length = cpu_to_le64(2048 * 100);
	sb->epoch = cpu_to_le64(5);
	sb->seq = cpu_to_le64(3);
	for (i = 0; i < LEGS; i++) {
		uuid_of(sb->member[i].uuid, 'l', i);
		sb->member[i].plane = cpu_to_le16(i);
		sb->member[i].epoch = cpu_to_le64(5);
		sb->member[i].seq = cpu_to_le64(2);
	}
	sb->member[0].state = cpu_to_le16(QUORUM_MEMBER_BEHIND);
	quorum_super_address(sb, leg, OFFSET);
	quorum_super_seal(sb, 0);
}

static struct quorum_layout layout;

static void make_block(struct quorum_disk_block *block)
{
	u8 uuid[QUORUM_UUID_SIZE];

	uuid_of(uuid, 's', 0);
	quorum_block_init(block, uuid, 0);
	quorum_block_set_word(block, &layout, QUORUM_PLANE_MISSED, 0, 0xff);
	quorum_block_seal(block, (struct quorum_version){ 5, 1 }, 0);
}

static void read_legs(void)
{
	unsigned int leg;

	memset(answer, 0, sizeof(answer));
	for (leg = 0; leg < LEGS; leg++) {
		quorum_super_choose(&answer[leg], &supers[leg][0], 0);
		quorum_super_choose(&answer[leg], &supers[leg][1], 1);
	}
}

static const struct quorum_disk_block *read_block(unsigned int leg, u32 slot)
{
	const struct quorum_disk_super *x = answer[as.newest].super;
	const struct quorum_disk_block *block = &blocks[leg][slot];

	return quorum_block_check(block, x->id.set_uuid, le64_to_cpu(x->epoch),
				  0, slot) ? block : NULL;
}

/* What the set becomes, whoever said so. */
static void adopt(struct quorum_disk_super *sb, struct quorum_disk_block *block)
{
	const struct quorum_disk_block *copy[QUORUM_DISK_LEGS] = {};
	u8 fresh[QUORUM_DISK_LEGS * QUORUM_UUID_SIZE];
	struct quorum_merge merge;
	unsigned int leg;
	u32 legs = 0, newest;

	for (leg = 0; leg < sizeof(fresh); leg++)
		fresh[leg] = leg + 1;
	quorum_assembly_super(&as, sb, fresh);
	quorum_assembly_merge(&as, sb, &merge);
	for (leg = 0; leg < LEGS; leg++) {
		copy[leg] = quorum_block_choose(read_block(leg, 0),
						read_block(leg, 1));
		if (copy[leg] && as.trusted >> leg & 1)
			legs |= 1U << leg;
	}
	newest = quorum_block_newest(copy, legs, merge.need);
	must(!(newest & ~legs));
	if (newest)
		*block = *copy[__builtin_ctz(newest)];
	else
		quorum_block_init(block, sb->id.set_uuid, 0);
	must(le32_to_cpu(sb->id.planes) == layout.planes);
	quorum_block_adopt(block, &layout, &merge, !newest);
}

static void check_sane(void)
{
	unsigned int i;
	u32 legs = 0;

	must(as.refusal < QUORUM_NR_REFUSALS);
	must(as.leg < LEGS || as.leg == QUORUM_NO_LEG);
	if (as.refusal)
		return;
	for (i = 0; i < LEGS; i++)
		legs |= 1U << i;
	must(!((as.trusted | as.late | as.live | as.added) & ~legs));
	must(!(as.trusted & as.late));
	must((as.trusted | as.late | as.added) == as.live);
	must(hweight32(as.trusted) >= 2);
}

static bool is_whole(const void *a, const void *b)
{
	return !memcmp(a, b, UNIT);
}

/*
 * A leg of which no checksum was made for it: the others' word holds. Leg 0 is
 * behind where they say so.
 */
static void check_stale(void)
{
	static struct quorum_disk_super sb;
	static struct quorum_disk_block block;
	u32 plane;

	if (as.refusal || as.newest == QUORUM_NO_LEG ||
	    as.change == QUORUM_CHANGE_CREATE)
		return;
	adopt(&sb, &block);
	plane = QUORUM_PLANE_MISSED + le16_to_cpu(sb.member[0].plane);
	must(as.state[0] != QUORUM_MEMBER_IN);
	must(as.state[0] == QUORUM_MEMBER_REBUILD ||
	     (quorum_block_word(&block, &layout, plane, 0) & 0xff) == 0xff);
}

static void seal_again(struct quorum_disk_block *block, u32 slot)
{
	quorum_block_seal(block, quorum_block_version(block), slot);
}

static void make_legs(struct input *in, unsigned int hostile, bool sealed)
{
	unsigned int leg, slot;

	for (leg = 0; leg < LEGS; leg++) {
		make_super(&supers[leg][0], leg);
		memset(&supers[leg][1], 0, UNIT);
		make_block(&blocks[leg][0]);
		memset(&blocks[leg][1], 0, UNIT);
	}
	for (slot = 0; slot < 2; slot++) {
		static struct quorum_disk_super sb;
		static struct quorum_disk_block block;

		sb = supers[hostile][slot];
		block = blocks[hostile][slot];
		scribble(in, &supers[hostile][slot]);
		scribble(in, &blocks[hostile][slot]);
		if (sealed && !is_whole(&sb, &supers[hostile][slot]))
			quorum_super_seal(&supers[hostile][slot], slot);
		if (sealed && !is_whole(&block, &blocks[hostile][slot]))
			seal_again(&blocks[hostile][slot], slot);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct quorum_disk_super sb;
	static struct quorum_disk_block block;
	struct input in = { data, size };
	unsigned int i, how = next_byte(&in), hostile = how % LEGS;
	bool sealed = how & 0x80;

	must(quorum_layout(&layout, 2048 * 100, 2048, 4));
	memset(&want, 0, sizeof(want));
	want.nr_legs = LEGS;
	want.threshold = 2;
	want.region_sectors = 2048;
	want.length = 2048 * 100;
	want.rebuild = how & 0x40 ? BIT(next_byte(&in) % LEGS) : 0;
	want.read_only = how & 0x20;
	for (i = 0; i < LEGS; i++)
		want.offset[i] = OFFSET;
	make_legs(&in, hostile, sealed);
	read_legs();
	quorum_assemble(&as, &want, answer);
	check_sane();
	if (!sealed)
		check_stale();
	else if (!as.refusal && as.newest != QUORUM_NO_LEG &&
		 le32_to_cpu(answer[as.newest].super->id.planes) == 4)
		adopt(&sb, &block);
	make_super(&sb, 0);
	must(quorum_still_ours(answer, &sb) < QUORUM_NR_REFUSALS);
	return 0;
}

#ifndef FUZZER
/* Where there is no libFuzzer: inputs of a generator, or a file. */
int main(int argc, char **argv)
{
	static u8 data[65536];
	u64 runs = argc > 1 ? strtoull(argv[1], NULL, 0) : 100000;
	u64 z = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	size_t size, i;

	for (; runs; runs--) {
		z = z * 6364136223846793005ULL + 1442695040888963407ULL;
		size = (z >> 33) % ((z >> 20) % 16 ? 600 : sizeof(data));
		for (i = 0; i < size; i++) {
			z = z * 6364136223846793005ULL +
			    1442695040888963407ULL;
			data[i] = z >> 33 & 3 ? z >> 40 : 0;
		}
		LLVMFuzzerTestOneInput(data, size);
	}
	puts("done");
	return 0;
}
#endif
