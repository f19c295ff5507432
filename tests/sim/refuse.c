// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables that are refused (design, section 1), each with its reason: nothing is
 * to be left of them.
 */
#include "oracle.h"

/*
 * A, B and C are three devices with their offsets, E is one that cannot be
 * written.
 */
static const char * const tables[] = {
	"", "x", "1", "0 1 A", "2 1 A", "1 33 A", "2 2 A", "1 2 A B 0",
	"2 2 A B x", "2 2 A B 0 x", "2 2 A B 1", "2 2 A B 1 unknown",
	"2 2 A B 1 hash", "2 2 A B 2 rewrite_corrupted rewrite_corrupted",
	/* legs */
	"2 2 A A 0", "2 3 A B - 5 0", "2 3 A B -",
	"2 2 A - 0 0", "2 2 A 7:1 x 0", "2 2 A 7:1 99999999 0",
	"2 2 A 7:1 18446744073709551615 0", "2 2 A 252:0 0 0",
	"2 2 A 7:9999 0 0", "2 2 A 7:9998 0 0", "2 2 A 9:9 0 0", "2 2 A E 0",
	/* arguments */
	"2 2 A B 2 read_pattern nonsense", "2 2 A B 1 read_pattern",
	"2 2 A B 2 hash keyed", "2 2 A B 2 hash nonsense",
	"2 2 A B 2 region_size 3", "2 2 A B 2 region_size 0",
	"2 2 A B 2 region_size x", "2 3 A B C 2 rebuild 3",
	"2 3 A B C 2 rebuild x", "2 3 A B C 4 rebuild 0 rebuild 0",
	"2 3 A B - 0 2 rebuild 2", "2 2 A B 2 rebuild 0",
	"2 2 A B 2 max_errors x", "2 2 A B 2 max_recovery_rate x",
	/* options without effect */
	"2 2 A B 2 blkverify rewrite_corrupted",
	"2 2 A B 3 blkverify read_pattern fifo",
	"2 2 A B 3 blkverify hash sha256", "2 3 A B C 1 blkverify",
	"2 2 A B 3 read_pattern fifo rewrite_corrupted",
	"2 2 A B 4 read_pattern fifo hash sha256", "2 2 A B 1 allow_minority",
	"2 2 A B 2 sync nosync", "1 1 A 1 rewrite_corrupted",
	"1 1 A 2 hash sha256", "1 1 A 1 sync", "1 1 A 1 no_write_copy",
	"1 1 A 2 max_errors 3", "1 1 A 2 leg_timeout 500",
	"1 1 A 2 read_pattern early", "2 3 A B C 2 leg_timeout 99",
	"2 3 A B C 2 leg_timeout 3600001", "2 3 A B C 2 leg_timeout x",
	"2 3 A B C 3 leg_timeout 500 no_write_copy",
	"2 3 A B C 2 queue_if_no_quorum x",
};

static size_t put_device(char *text, size_t size, char letter)
{
	struct sim_leg *leg = &sim_legs[letter - 'A'];

	return snprintf(text, size, "%s %llu", leg->dev.name, leg->start);
}

static void expand(char *text, size_t size, const char *from)
{
	size_t at = 0;

	for (; *from; from++) {
		if (*from >= 'A' && *from <= 'E')
			at += put_device(text + at, size - at, *from);
		else
			text[at++] = *from;
	}
	text[at] = '\0';
}

static bool large_blocks(void)
{
	unsigned int i;

	for (i = 0; i < SIM_MAX_DEVS; i++)
		if (set.members & BIT(i) && set.leg_block[i] > SECTOR_SIZE)
			return true;
	return false;
}

/* Regions smaller than what is voted on. */
static void small_regions(char *text, size_t size)
{
	unsigned int region = set.region;

	set.region = 1;
	table_text(text, size);
	set.region = region;
}

void refuse_one(void)
{
	const char *table = tables[rnd_below(ARRAY_SIZE(tables))];
	struct sim_leg *readonly = &sim_legs['E' - 'A'];
	char text[1024], *error = NULL;
	bool before = readonly->bdev.bd_read_only;
	int r;

	if (large_blocks() && rnd_chance(10))
		small_regions(text, sizeof(text));
	else
		expand(text, sizeof(text), table);
	readonly->bdev.bd_read_only = true;
	r = md_load(&sim_md, text, set.begin, set.len,
		    BLK_OPEN_READ | BLK_OPEN_WRITE, &error);
	readonly->bdev.bd_read_only = before;
	if (!r || !error || !*error)
		sim_fail("section 1: table \"%s\" is not refused", text);
	cover.refused++;
	md_unload(&sim_md);
}
