// SPDX-License-Identifier: GPL-2.0-only
/* Tables, and the devices below them, from the seed. */
#include "oracle.h"
#include "run.h"

static unsigned int pick_block(void)
{
	static const unsigned int sizes[] = { 512, 512, 512, 1024, 4096, 4096 };

	return sizes[rnd_below(ARRAY_SIZE(sizes))];
}

static void choose_shape(void)
{
	unsigned int i, blocks;

	set.nr_legs = rnd_chance(50) ? 3 : rnd_range(1, 9);
	set.threshold = rnd_chance(70) ? set.nr_legs / 2 + 1 :
			rnd_range(1, set.nr_legs);
	if (sim_crashes.legs) {
		set.nr_legs = sim_crashes.legs;
		set.threshold = sim_crashes.threshold;
	}
	set.minority = set.threshold <= set.nr_legs / 2;
	set.block = pick_block();
	for (i = 0; i < SIM_MAX_DEVS; i++)
		set.leg_block[i] = rnd_chance(50) ? set.block : 512;
	set.leg_block[rnd_below(set.nr_legs)] = set.block;
	set.physical = rnd_chance(70) ? set.block : 4096;
	blocks = rnd_range(4, rnd_chance(30) ? 128 : 32);
	set.len = min_t(sector_t, blocks * block_sectors(),
			SIM_MAX_SECTORS - 64);
	set.begin = rnd_chance(50) ? 0 : 8 * rnd_range(1, 100);
	set.region = block_sectors() << rnd_below(7);
}

static void choose_options(struct sim_set *s)
{
	bool many = s->nr_legs > 1;
	static const char * const hashes[] = { NULL, "sha256", "weak",
					       "broken" };

	s->pattern = rnd_chance(60) ? SIM_QUORUM : rnd_chance(70) ?
		     SIM_MINIMAL : SIM_FIFO;
	if (s->threshold < s->nr_legs && rnd_chance(25))
		s->pattern = SIM_EARLY;
	s->blkverify = s->nr_legs == 2 && s->threshold == 2 &&
		       s->pattern == SIM_QUORUM && rnd_chance(40);
	s->rewrite = many && s->pattern != SIM_FIFO && !s->blkverify &&
		     rnd_chance(50);
	s->hash = many && s->pattern != SIM_FIFO && !s->blkverify ?
		  hashes[rnd_below(ARRAY_SIZE(hashes))] : NULL;
	/* The others have to do. */
	s->timeout = many && rnd_chance(40) && (s->threshold < s->nr_legs ||
		     s->pattern == SIM_FIFO) ? rnd_range(400, 2000) : 0;
	s->no_copy = many && !s->timeout && rnd_chance(15);
	s->discards = rnd_chance(30);
	/* Legs may differ after discards, and would be failed for it. */
	s->max_errors = many && !s->discards && rnd_chance(20) ?
			rnd_range(1, 4) : 0;
	s->queue = rnd_chance(25) ? rnd_range(1, 20) : -1;
	if (s->queue > 0 && s->pattern != SIM_FIFO && !fault_plan.overload &&
	    rnd_chance(30))
		s->queue = 0;
	s->queued = s->queue >= 0;
	s->rate = rnd_chance(10) ? rnd_range(64, 4096) : 0;
	s->metadata = !s->minority && (rnd_chance(40) || sim_crashes.legs);
}

/* What follows from the rest. */
void set_calc(struct sim_set *s)
{
	unsigned int i;

	s->members = 0;
	for (i = 0; i < s->nr_legs; i++)
		if (s->dev[i] >= 0)
			s->members |= BIT(s->dev[i]);
	s->silent = s->pattern != SIM_FIFO &&
		    !(s->minority && s->pattern == SIM_MINIMAL);
	s->need = s->threshold;
	if (s->silent)
		s->need = max(s->need, s->nr_legs / 2 + 1);
}

static void choose_devices(void)
{
	unsigned int i, spare;

	/* Without the only leg with large blocks there may be smaller. */
	for (i = 0; set.metadata && i < SIM_MAX_DEVS; i++)
		set.leg_block[i] = set.block;

	for (i = 0; i < set.nr_legs; i++)
		set.dev[i] = i;
	spare = set.nr_legs - set.threshold;
	if (spare && !set.metadata && rnd_chance(10)) {
		set.dev[rnd_below(set.nr_legs)] = -1;
		spare--;
	}
	set_calc(&set);
	memcpy(set.home, set.dev, sizeof(set.home));
	memset(set.former, -1, sizeof(set.former));
	i = rnd_below(set.nr_legs);
	if (spare && !set.metadata && rnd_chance(15) && set.dev[i] >= 0)
		set.rebuild = BIT(i);
}

/* All legs hold the first version, but for what is to be made equal. */
static void fill_leg(struct sim_leg *leg)
{
	u8 data[SECTOR_SIZE] __aligned(8);
	unsigned int i;

	for (i = 0; i < set.len; i++) {
		content_fill(data, SIM_ID_FIRST, i);
		leg_store(leg, i, data, true);
	}
}

static void differ_at_first(void)
{
	unsigned int i;

	for (i = 0; i < set.nr_legs; i++)
		if (set.rebuild & BIT(i)) {
			sim_legs[i].suspect = true;
			leg_garbage(&sim_legs[i], 0, set.len);
		}
	set.sync = set.nr_legs > 1 && rnd_chance(15);
	if (!set.sync || !set.silent || set.max_errors || fault_plan.overload)
		return;
	for (i = 0; i < set.nr_legs; i++) {
		sector_t at = rnd_below(set_blocks()) * block_sectors();

		fault_rot(&sim_legs[i], at, block_sectors());
	}
}

void table_choose(void)
{
	unsigned int i;

	memset(&set, 0, sizeof(set));
	choose_shape();
	choose_options(&set);
	sim_hasty = set.timeout;
	choose_devices();
	for (i = 0; i < SIM_MAX_DEVS; i++) {
		sector_t below = set.metadata ? 272 : 0;

		leg_setup(&sim_legs[i], below + (rnd_chance(50) ? 0 :
			  8 * rnd_range(1, 7)), rnd_below(16));
		if (i < set.nr_legs + 2)
			fill_leg(&sim_legs[i]);
	}
	differ_at_first();
}

static size_t put(char *text, size_t size, size_t at, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(text + at, size - at, fmt, args);
	va_end(args);
	return at + n;
}

static unsigned int options_text(char *text, size_t size)
{
	static const char * const patterns[] = { "quorum", "minimal", "fifo",
						 "early" };
	unsigned int words = 0, i;
	size_t at = 0;

	text[0] = '\0';
#define WORDS(n, ...)							\
	(words += (n), at = put(text, size, at, " " __VA_ARGS__))
	if (set.pattern != SIM_QUORUM || rnd_chance(20))
		WORDS(2, "read_pattern %s", patterns[set.pattern]);
	if (set.rewrite)
		WORDS(1, "rewrite_corrupted");
	if (set.blkverify)
		WORDS(1, "blkverify");
	if (set.hash)
		WORDS(2, "hash %s", set.hash);
	if (set.minority)
		WORDS(1, "allow_minority");
	if (set.no_copy)
		WORDS(1, "no_write_copy");
	if (set.discards)
		WORDS(1, "allow_discards");
	WORDS(2, "region_size %u", set.region);
	if (set.metadata)
		WORDS(2, "metadata -");
	if (set.sync)
		WORDS(1, "sync");
	for (i = 0; i < set.nr_legs; i++)
		if (set.rebuild & BIT(i))
			WORDS(2, "rebuild %u", i);
	if (set.max_errors)
		WORDS(2, "max_errors %u", set.max_errors);
	if (set.timeout)
		WORDS(2, "leg_timeout %u", set.timeout);
	if (set.queue >= 0)
		WORDS(2, "queue_if_no_quorum %d", set.queue);
	if (set.rate)
		WORDS(2, "max_recovery_rate %u", set.rate);
#undef WORDS
	return words;
}

void table_text(char *text, size_t size)
{
	char options[512];
	unsigned int i, words = options_text(options, sizeof(options));
	size_t at = put(text, size, 0, "%u %u", set.threshold, set.nr_legs);

	for (i = 0; i < set.nr_legs; i++) {
		if (set.dev[i] < 0)
			at = put(text, size, at, " - 0");
		else
			at = put(text, size, at, " %s %llu",
				 sim_legs[set.dev[i]].dev.name,
				 sim_legs[set.dev[i]].start);
	}
	put(text, size, at, " %u%s", words, options);
}
