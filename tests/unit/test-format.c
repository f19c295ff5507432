// SPDX-License-Identifier: GPL-2.0-only
/*
 * dm-quorum-format.c: what is whole, what counts, and what is made of it.
 */
#include "unit.h"

#include "disk.h"

/* Worked out by another program. */
#define SUPER_ID_CRC	0x54bf017c
#define SUPER_CRC	0xea1e9028
#define BLOCK_CRC	0x1cc00295

static struct quorum_disk_super super;
static struct quorum_disk_block block;

/*
 * Where things are.
 */

static void layout_by_hand(void **state)
{
	static const struct {
		u64 length;
		u32 region, planes;
		bool valid;
		u32 words, blocks, sectors;
	} table[] = {
		{ 1, 2048, 4, true, 84, 1, 272 },
		{ 2048 * 5376ULL, 2048, 4, true, 84, 1, 272 },
		{ 2048 * 5376ULL + 1, 2048, 4, true, 84, 2, 288 },
		{ 1ULL << 31, 2048, 4, true, 84, 196, 3392 },
		{ 2048, 1, 32, true, 14, 3, 304 },
		{ 1ULL << 28, 1, 1, true, 168, 24967, 399728 },
		{ (1ULL << 28) + 1, 1, 1, false, 0, 0, 0 },
		{ 1ULL << 59, 1U << 31, 6, true, 63, 66577, 1065488 },
		{ ~0ULL, 1U << 31, 4, false, 0, 0, 0 },
		{ ~0ULL, 1, 4, false, 0, 0, 0 },
		{ 0, 2048, 4, false, 0, 0, 0 },
		{ 1, 0, 4, false, 0, 0, 0 },
		{ 1, 2047, 4, false, 0, 0, 0 },
		{ 1, 2048, 0, false, 0, 0, 0 },
		{ 1, 2048, 33, false, 0, 0, 0 },
	};

	for (unit_step = 0; unit_step < ARRAY_SIZE(table); unit_step++) {
		struct quorum_layout layout;

		check(quorum_layout(&layout, table[unit_step].length,
				    table[unit_step].region,
				    table[unit_step].planes) ==
		      table[unit_step].valid);
		if (!table[unit_step].valid)
			continue;
		check(layout.words == table[unit_step].words);
		check(layout.block_regions == 64 * layout.words);
		check(layout.blocks == table[unit_step].blocks);
		check(layout.sectors == table[unit_step].sectors);
		check(layout.words * (layout.planes + 2) <= QUORUM_DISK_WORDS);
	}
}

static void places_by_hand(void **state)
{
	check(quorum_super_sector(0) * 512 == 4096);
	check(quorum_super_sector(1) * 512 == 65536);
	check(quorum_block_sector(0, 0) * 512 == 131072);
	check(quorum_block_sector(0, 1) * 512 == 131072 + 4096);
	check(quorum_block_sector(7, 1) * 512 == 131072 + 7 * 8192 + 4096);
	check(quorum_planes_for(1) == 4);
	check(quorum_planes_for(3) == 4);
	check(quorum_planes_for(4) == 5);
	check(quorum_planes_for(31) == 32);
	check(quorum_planes_for(32) == 32);
}

static void versions_by_hand(void **state)
{
	static const struct {
		struct quorum_version a, b;
		bool older;
	} table[] = {
		{ { 1, 0 }, { 1, 0 }, false },
		{ { 1, 0 }, { 1, 1 }, true },
		{ { 1, 1 }, { 1, 0 }, false },
		/* A plain count would have it the other way round. */
		{ { 1, 9 }, { 2, 0 }, true },
		{ { 2, 0 }, { 1, 9 }, false },
		{ { 1, ~0ULL }, { ~0ULL, 0 }, true },
	};

	for (unit_step = 0; unit_step < ARRAY_SIZE(table); unit_step++)
		check(quorum_older(table[unit_step].a, table[unit_step].b) ==
		      table[unit_step].older);
}

/*
 * Superblocks.
 */

/* Bytes at which others look for them, and a checksum of someone else's. */
static void super_is_as_documented(void **state)
{
	const u8 *bytes = (const u8 *)&super;

	disk_super(&super, 3, 2, 5, 7);
	quorum_super_seal(&super, 1);
	check(!memcmp(bytes, "dmquorum", 8));
	check(bytes[12] == 1 && !bytes[13] && !bytes[14] && !bytes[15]);
	check(bytes[16] == 's' && bytes[32] == 'l' && bytes[48] == 'l');
	check(bytes[96] == 3 && bytes[100] == 2 && bytes[108] == 4);
	check(bytes[516] == 1 && bytes[520] == 5 && bytes[528] == 7);
	check(bytes[1024 + 40 + 15] == 1 && bytes[1024 + 40 + 18] == 1);
	check(le32_to_cpu(super.id.crc) == SUPER_ID_CRC);
	check(le32_to_cpu(super.crc) == SUPER_CRC);
}

static void super_in_its_slot(void **state)
{
	disk_super(&super, 3, 2, 5, 7);
	quorum_super_seal(&super, 1);
	check(quorum_super_check(&super, 1) == QUORUM_FOUND_SUPER);
	check(quorum_super_check(&super, 0) == QUORUM_FOUND_DAMAGED);
	check(quorum_super_version(&super).epoch == 5);
	check(quorum_super_version(&super).seq == 7);
}

static void super_with_a_wrong_bit(void **state)
{
	u8 *bytes = (u8 *)&super;
	u64 rng = unit_seed;

	disk_super(&super, 3, 2, 5, 7);
	quorum_super_seal(&super, 0);
	for (unit_step = 0; unit_step < sizeof(super); unit_step++) {
		u8 bit = BIT(rng_below(&rng, 8));

		bytes[unit_step] ^= bit;
		check(quorum_super_check(&super, 0) ==
		      (unit_step < 512 ? QUORUM_FOUND_FOREIGN :
					 QUORUM_FOUND_DAMAGED));
		bytes[unit_step] ^= bit;
	}
	check(quorum_super_check(&super, 0) == QUORUM_FOUND_SUPER);
}

/* Sectors of two superblocks are never one. */
static void super_that_is_torn(void **state)
{
	static struct quorum_disk_super old, torn;

	disk_super(&old, 3, 2, 5, 7);
	quorum_super_seal(&old, 0);
	disk_super(&super, 4, 3, 5, 8);
	super.counter[31][6] = cpu_to_le64(1);
	quorum_super_seal(&super, 0);
	for (unit_step = 1; unit_step < 255; unit_step++) {
		unsigned int i;

		for (i = 0; i < 8; i++)
			memcpy((u8 *)&torn + 512 * i,
			       (u8 *)(unit_step >> i & 1 ? &super : &old) +
			       512 * i, 512);
		/* Some sectors are the same in both. */
		if (!memcmp(&torn, &old, sizeof(torn)) ||
		    !memcmp(&torn, &super, sizeof(torn)))
			continue;
		check(quorum_super_check(&torn, 0) == QUORUM_FOUND_DAMAGED);
	}
}

#define NONSENSE(name, statement)					\
	static void name(void)						\
	{								\
		statement;						\
	}

NONSENSE(no_legs, super.id.nr_legs = 0)
NONSENSE(legs_33, super.id.nr_legs = cpu_to_le32(33))
NONSENSE(leg_3, super.id.leg = cpu_to_le32(3))
NONSENSE(half, super.id.threshold = cpu_to_le32(1))
NONSENSE(four, super.id.threshold = cpu_to_le32(4))
NONSENSE(planes_2, super.id.planes = cpu_to_le32(2))
NONSENSE(planes_33, super.id.planes = cpu_to_le32(33))
NONSENSE(region_3, super.id.region_sectors = cpu_to_le32(3))
NONSENSE(no_length, super.id.length = 0)
NONSENSE(too_long, super.id.length = cpu_to_le64(~0ULL))
NONSENSE(too_near, super.id.offset = cpu_to_le64(271))
NONSENSE(no_set, memset(super.id.set_uuid, 0, 16))
NONSENSE(no_uuid, memset(super.id.leg_uuid, 0, 16))
NONSENSE(endless, memset(super.id.label, 'x', 32))
NONSENSE(feature, super.id.incompat = cpu_to_le32(BIT(31)))
NONSENSE(no_epoch, super.epoch = 0)
NONSENSE(other_uuid, super.id.leg_uuid[0]++)
NONSENSE(state_3, super.member[2].state = cpu_to_le16(3))
NONSENSE(plane_4, super.member[2].plane = cpu_to_le16(4))
NONSENSE(plane_32, super.member[2].plane = cpu_to_le16(32))
NONSENSE(same_plane, super.member[2].plane = 0)
NONSENSE(same_member, super.member[2] = super.member[1];
	 super.member[2].plane = cpu_to_le16(2))
NONSENSE(no_member, memset(super.member[2].uuid, 0, 16))
NONSENSE(nearest, super.id.offset = cpu_to_le64(272))
NONSENSE(other_planes, super.member[0].plane = cpu_to_le16(3))
NONSENSE(no_member_3, super.member[3].plane = cpu_to_le16(99))
NONSENSE(read_only, super.id.ro_compat = cpu_to_le32(1))
NONSENSE(compatible, super.id.compat = cpu_to_le32(1))

/* All with good checksums. */
static void super_with_nonsense(void **state)
{
	static const struct {
		void (*change)(void);
		enum quorum_found found;
	} table[] = {
		{ no_legs, QUORUM_FOUND_FOREIGN },
		{ legs_33, QUORUM_FOUND_FOREIGN },
		{ leg_3, QUORUM_FOUND_FOREIGN },
		{ half, QUORUM_FOUND_FOREIGN },
		{ four, QUORUM_FOUND_FOREIGN },
		{ planes_2, QUORUM_FOUND_FOREIGN },
		{ planes_33, QUORUM_FOUND_FOREIGN },
		{ region_3, QUORUM_FOUND_FOREIGN },
		{ no_length, QUORUM_FOUND_FOREIGN },
		{ too_long, QUORUM_FOUND_FOREIGN },
		{ too_near, QUORUM_FOUND_FOREIGN },
		{ no_set, QUORUM_FOUND_FOREIGN },
		{ no_uuid, QUORUM_FOUND_FOREIGN },
		{ endless, QUORUM_FOUND_FOREIGN },
		{ feature, QUORUM_FOUND_UNKNOWN },
		{ no_epoch, QUORUM_FOUND_DAMAGED },
		{ other_uuid, QUORUM_FOUND_DAMAGED },
		{ state_3, QUORUM_FOUND_DAMAGED },
		{ plane_4, QUORUM_FOUND_DAMAGED },
		{ plane_32, QUORUM_FOUND_DAMAGED },
		{ same_plane, QUORUM_FOUND_DAMAGED },
		{ same_member, QUORUM_FOUND_DAMAGED },
		{ no_member, QUORUM_FOUND_DAMAGED },
		{ nearest, QUORUM_FOUND_SUPER },
		{ other_planes, QUORUM_FOUND_SUPER },
		{ no_member_3, QUORUM_FOUND_SUPER },
		{ read_only, QUORUM_FOUND_SUPER },
		{ compatible, QUORUM_FOUND_SUPER },
	};

	for (unit_step = 0; unit_step < ARRAY_SIZE(table); unit_step++) {
		disk_super(&super, 3, 2, 5, 7);
		table[unit_step].change();
		quorum_super_seal(&super, 0);
		check(quorum_super_check(&super, 0) == table[unit_step].found);
	}
}

/* What a slot holds: a newer or older superblock, and what is none. */
static const struct quorum_disk_super *slot_with(char what, u32 slot)
{
	static struct quorum_disk_super slots[2];
	struct quorum_disk_super *sb = &slots[slot];

	disk_super(sb, 3, 2, what == 'n' ? 6 : 5, 9);
	if (what == 'u')
		sb->id.incompat = cpu_to_le32(1);
	quorum_super_seal(sb, what == 'd' ? !slot : slot);
	if (what == '_')
		memset(sb, 0, sizeof(*sb));
	if (what == '?')
		sb->id.magic[0] = 'D';
	return what == '!' ? NULL : sb;
}

static void super_of_two_slots(void **state)
{
	static const struct {
		const char *slots;
		enum quorum_found found;
		int which;
	} table[] = {
		{ "__", QUORUM_FOUND_BLANK, -1 },
		{ "_!", QUORUM_FOUND_UNREADABLE, -1 },
		{ "_?", QUORUM_FOUND_FOREIGN, -1 },
		{ "!!", QUORUM_FOUND_UNREADABLE, -1 },
		{ "!?", QUORUM_FOUND_FOREIGN, -1 },
		{ "_d", QUORUM_FOUND_DAMAGED, 1 },
		{ "!d", QUORUM_FOUND_DAMAGED, 1 },
		{ "?d", QUORUM_FOUND_DAMAGED, 1 },
		{ "dd", QUORUM_FOUND_DAMAGED, 0 },
		{ "o_", QUORUM_FOUND_SUPER, 0 },
		{ "o!", QUORUM_FOUND_SUPER, 0 },
		{ "o?", QUORUM_FOUND_SUPER, 0 },
		{ "od", QUORUM_FOUND_SUPER, 0 },
		{ "oo", QUORUM_FOUND_SUPER, 0 },
		{ "on", QUORUM_FOUND_SUPER, 1 },
		{ "no", QUORUM_FOUND_SUPER, 0 },
		{ "nu", QUORUM_FOUND_UNKNOWN, 1 },
		{ "un", QUORUM_FOUND_UNKNOWN, 0 },
	};

	for (unit_step = 0; unit_step < ARRAY_SIZE(table); unit_step++) {
		const struct quorum_disk_super *slot[2] = {
			slot_with(table[unit_step].slots[0], 0),
			slot_with(table[unit_step].slots[1], 1),
		};
		int which = table[unit_step].which;
		struct quorum_answer answer = {};

		quorum_super_choose(&answer, slot[0], 0);
		quorum_super_choose(&answer, slot[1], 1);
		check(answer.found == table[unit_step].found);
		check(answer.super == (which < 0 ? NULL : slot[which]));
	}
}

/*
 * Bitmap blocks.
 */

static u8 set_uuid[QUORUM_UUID_SIZE];

static void make_block(u64 epoch, u64 generation, u32 index, u32 slot)
{
	disk_uuid(set_uuid, 's', 0);
	quorum_block_init(&block, set_uuid, index);
	block.bits[3] = cpu_to_le64(0x12);
	quorum_block_seal(&block, (struct quorum_version){ epoch, generation },
			  slot);
}

static void block_is_as_documented(void **state)
{
	const u8 *bytes = (const u8 *)&block;

	make_block(5, 6, 7, 1);
	check(!memcmp(bytes, "dmqb", 4));
	check(bytes[8] == 5 && bytes[16] == 6 && bytes[24] == 7);
	check(bytes[28] == 1 && bytes[32] == 's' && bytes[64 + 24] == 0x12);
	check(le32_to_cpu(block.crc) == BLOCK_CRC);
}

static void block_in_its_place(void **state)
{
	u8 other[QUORUM_UUID_SIZE];

	make_block(5, 6, 7, 1);
	disk_uuid(other, 'S', 0);
	check(quorum_block_check(&block, set_uuid, 5, 7, 1));
	check(quorum_block_check(&block, set_uuid, 9, 7, 1));
	check(!quorum_block_check(&block, set_uuid, 4, 7, 1));
	check(!quorum_block_check(&block, set_uuid, 5, 6, 1));
	check(!quorum_block_check(&block, set_uuid, 5, 7, 0));
	check(!quorum_block_check(&block, other, 5, 7, 1));
	make_block(0, 6, 7, 1);
	check(!quorum_block_check(&block, set_uuid, 5, 7, 1));
	memset(&block, 0, sizeof(block));
	check(!quorum_block_check(&block, set_uuid, 5, 0, 0));
}

static void block_with_a_wrong_bit(void **state)
{
	u8 *bytes = (u8 *)&block;
	u64 rng = unit_seed;

	make_block(5, 6, 7, 1);
	for (unit_step = 0; unit_step < sizeof(block); unit_step++) {
		u8 bit = BIT(rng_below(&rng, 8));

		bytes[unit_step] ^= bit;
		check(!quorum_block_check(&block, set_uuid, ~0ULL, 7, 1));
		bytes[unit_step] ^= bit;
	}
}

static void block_of_two_slots(void **state)
{
	static struct quorum_disk_block a, b;

	make_block(5, 6, 7, 0);
	a = block;
	make_block(6, 0, 7, 1);
	b = block;
	check(quorum_block_choose(&a, &b) == &b);
	check(quorum_block_choose(&b, &a) == &b);
	check(quorum_block_choose(&a, NULL) == &a);
	check(quorum_block_choose(NULL, &a) == &a);
	check(!quorum_block_choose(NULL, NULL));
}

/* Copies of a block: epoch, generation and content of each; '-' for none. */
static u32 newest_of(const char *copies, unsigned int need)
{
	static struct quorum_disk_block blocks[QUORUM_DISK_LEGS];
	const struct quorum_disk_block *copy[QUORUM_DISK_LEGS] = {};
	unsigned int leg;
	u32 legs = 0;

	for (leg = 0; copies[4 * leg]; leg++) {
		const char *at = copies + 4 * leg;

		if (*at == '-')
			continue;
		make_block(at[0] - '0', at[1] - '0', 0, 0);
		block.bits[500] = cpu_to_le64(at[2]);
		/* That slots differ does not matter. */
		quorum_block_seal(&block, quorum_block_version(&block),
				  leg & 1);
		blocks[leg] = block;
		copy[leg] = &blocks[leg];
		legs |= BIT(leg);
	}
	return quorum_block_newest(copy, legs, need);
}

static void block_of_several_legs(void **state)
{
	static const struct {
		const char *copies;
		unsigned int need;
		u32 newest;
	} table[] = {
		{ "50a 50a 50a ", 2, 7 },
		{ "51a 50b 50b ", 2, 1 },
		{ "49a 49a 50b ", 2, 4 },
		{ "59a 60b 59a ", 2, 2 },
		/* Too few copies. */
		{ "50a --- --- ", 2, 0 },
		{ "50a --- 50a ", 2, 5 },
		{ "50a --- 50a ", 3, 0 },
		{ "--- --- --- ", 1, 0 },
		{ "--- --- --- ", 0, 0 },
		/* Somebody lies. */
		{ "50a 50b 50a ", 2, 5 },
		{ "50b 50a 50a ", 2, 6 },
		{ "50a 50b 50c ", 2, 0 },
		{ "50a 50b --- ", 2, 0 },
		{ "50a 50a 50b 50b ", 2, 0 },
		{ "50a 50a 50b 50c ", 2, 0 },
		{ "50a 50a 50b 50b 50b ", 3, 28 },
		/* Only among the newest. */
		{ "50a 51b 50a 51c 51c ", 3, 24 },
	};

	for (unit_step = 0; unit_step < ARRAY_SIZE(table); unit_step++)
		check(newest_of(table[unit_step].copies,
				table[unit_step].need) ==
		      table[unit_step].newest);
}

/*
 * What is made of a block, bit by bit.
 */

static bool bit_of(const struct quorum_disk_block *b,
		   const struct quorum_layout *layout, u32 plane, u32 region)
{
	return quorum_block_word(b, layout, plane, region / 64) >>
	       (region % 64) & 1;
}

static bool model_bit(const struct quorum_disk_block *old,
		      const struct quorum_layout *layout,
		      const struct quorum_merge *merge, bool lost, u32 plane,
		      u32 region)
{
	bool dirty = lost || bit_of(old, layout, 0, region);
	u32 leg = BIT(plane) >> 2;

	if (plane == QUORUM_PLANE_DIRTY)
		return dirty;
	return bit_of(old, layout, plane, region) ||
	       (lost && merge->behind & leg) ||
	       (dirty && merge->absent & leg) || merge->rebuild & leg;
}

static void adopt_one(const struct quorum_layout *layout,
		      const struct quorum_merge *merge, bool lost)
{
	static struct quorum_disk_block old;
	bool changed = lost || merge->rebuild;
	u32 plane, region;

	old = block;
	for (plane = 0; plane < layout->planes + 2; plane++)
		for (region = 0; region < layout->block_regions; region++)
			if (model_bit(&old, layout, merge, lost, plane,
				      region) !=
			    bit_of(&old, layout, plane, region))
				changed = true;
	check(quorum_block_adopt(&block, layout, merge, lost) == changed);
	for (plane = 0; plane < layout->planes + 2; plane++)
		for (region = 0; region < layout->block_regions; region++)
			check(model_bit(&old, layout, merge, lost, plane,
					region) ==
			      bit_of(&block, layout, plane, region));
}

static void random_block(u64 *rng, const struct quorum_layout *layout)
{
	u32 i, sparse = rng_below(rng, 3);

	quorum_block_init(&block, set_uuid, 0);
	for (i = 0; i < layout->words * (layout->planes + 2); i++)
		if (i / layout->words != QUORUM_PLANE_BLANK &&
		    !rng_below(rng, 1 + 10 * sparse))
			block.bits[i] = cpu_to_le64(rng_next(rng) &
						    rng_next(rng));
}

static void block_adopted(void **state)
{
	u64 rng = unit_seed, rounds = unit_times(200);

	for (unit_step = 0; unit_step < rounds; unit_step++) {
		u32 planes = 1 + rng_below(&rng, QUORUM_DISK_LEGS);
		u32 all = ~0U >> (32 - planes);
		struct quorum_layout layout;
		struct quorum_merge merge = {
			.behind = rng_next(&rng) & all,
			.absent = rng_next(&rng) & all,
			.rebuild = rng_below(&rng, 4) ? 0 :
				   rng_next(&rng) & all,
		};
		bool lost = !rng_below(&rng, 4);

		check(quorum_layout(&layout, DISK_LENGTH, 8, planes));
		random_block(&rng, &layout);
		if (lost)
			quorum_block_init(&block, set_uuid, 0);
		adopt_one(&layout, &merge, lost);
	}
}

static void block_adopted_as_it_is(void **state)
{
	struct quorum_layout layout;
	struct quorum_merge merge = { .behind = 2, .absent = 1 };

	check(quorum_layout(&layout, DISK_LENGTH, 8, 4));
	make_block(5, 6, 0, 0);
	memset(&block.bits, 0, sizeof(block.bits));
	check(!quorum_block_adopt(&block, &layout, &merge, false));
	quorum_block_set_word(&block, &layout, QUORUM_PLANE_DIRTY, 1, 8);
	check(quorum_block_adopt(&block, &layout, &merge, false));
	check(quorum_block_word(&block, &layout, QUORUM_PLANE_MISSED, 1) == 8);
	check(!quorum_block_word(&block, &layout, QUORUM_PLANE_MISSED + 1, 1));
	check(!quorum_block_adopt(&block, &layout, &merge, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layout_by_hand),
		cmocka_unit_test(places_by_hand),
		cmocka_unit_test(versions_by_hand),
		cmocka_unit_test(super_is_as_documented),
		cmocka_unit_test(super_in_its_slot),
		cmocka_unit_test(super_with_a_wrong_bit),
		cmocka_unit_test(super_that_is_torn),
		cmocka_unit_test(super_with_nonsense),
		cmocka_unit_test(super_of_two_slots),
		cmocka_unit_test(block_is_as_documented),
		cmocka_unit_test(block_in_its_place),
		cmocka_unit_test(block_with_a_wrong_bit),
		cmocka_unit_test(block_of_two_slots),
		cmocka_unit_test(block_of_several_legs),
		cmocka_unit_test(block_adopted),
		cmocka_unit_test(block_adopted_as_it_is),
	};

	unit_init();
	return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
