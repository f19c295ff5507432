// SPDX-License-Identifier: GPL-2.0-only
/*
 * dm-quorum-vote.c against models too simple to be wrong: exhaustively for few
 * legs, at random for many.
 */
#include "unit.h"
#include "dm-quorum-vote.h"

#define FEW	5

/* Where few legs may stand among QUORUM_MAX_LEGS. */
static const u8 places[][FEW] = {
	{ 0, 1, 2, 3, 4 },
	{ 27, 28, 29, 30, 31 },
	{ 0, 8, 15, 16, 31 },
};

/* What their ballots may look like. */
static const u8 codes[][FEW] = {
	{ 0, 1, 2, 3, 4 },
	{ 255, 128, 127, 10, 0 },
	{ 10, 1, 9, 0, 16 },
};

/*
 * Models.
 */

static unsigned int model_votes(const u8 *ballot, u32 voters, u8 value)
{
	unsigned int i, votes = 0;

	for (i = 0; i < QUORUM_MAX_LEGS; i++)
		if ((voters >> i & 1) && ballot[i] == value)
			votes++;
	return votes;
}

static void model_tally(const u8 *ballot, u32 voters,
			struct quorum_tally *tally)
{
	unsigned int i;

	memset(tally, 0, sizeof(*tally));

	/* Only a later leg with more votes takes the lead. */
	for (i = 0; i < QUORUM_MAX_LEGS; i++) {
		unsigned int votes;

		if (!(voters >> i & 1))
			continue;
		votes = model_votes(ballot, voters, ballot[i]);
		if (votes > tally->votes) {
			tally->votes = votes;
			tally->first = i;
		}
	}
	for (i = 0; i < QUORUM_MAX_LEGS; i++) {
		if (!(voters >> i & 1))
			continue;
		if (ballot[i] == ballot[tally->first])
			tally->agree |= 1U << i;
		else if (model_votes(ballot, voters, ballot[i]) == tally->votes)
			tally->tied = true;
	}
}

/* How many different ballots have @threshold votes. */
static unsigned int model_winners(const u8 *ballot, u32 voters,
				  unsigned int threshold)
{
	unsigned int i, winners = 0;

	/* One that no lower leg cast. */
	for (i = 0; i < QUORUM_MAX_LEGS; i++)
		if ((voters >> i & 1) &&
		    !model_votes(ballot, voters & ((1U << i) - 1), ballot[i]) &&
		    model_votes(ballot, voters, ballot[i]) >= threshold)
			winners++;
	return winners;
}

/*
 * Tallies.
 */

static void check_tally(const u8 *ballot, u32 voters,
			struct quorum_tally *tally)
{
	struct quorum_tally model;
	u8 before[QUORUM_MAX_LEGS];

	memcpy(before, ballot, sizeof(before));
	model_tally(ballot, voters, &model);
	memset(tally, 0xa5, sizeof(*tally));
	quorum_tally(ballot, voters, tally);

	check(tally->agree == model.agree);
	check(tally->first == model.first);
	check(tally->votes == model.votes);
	check(tally->tied == model.tied);
	check(!memcmp(before, ballot, sizeof(before)));
	unit_step++;
}

static void tally_without_voters(void **state)
{
	static const struct quorum_tally zero;
	u8 ballot[QUORUM_MAX_LEGS] = { 1, 1, 1 };
	struct quorum_tally tally;

	memset(&tally, 0xa5, sizeof(tally));
	quorum_tally(ballot, 0, &tally);
	check(!memcmp(&tally, &zero, sizeof(tally)));

	memset(&tally, 0xa5, sizeof(tally));
	quorum_tally(NULL, 0, &tally);
	check(!memcmp(&tally, &zero, sizeof(tally)));
}

/* Worked out by hand: where the model and the code could be wrong alike. */
static void tally_by_hand(void **state)
{
	static const struct {
		const char *ballot;
		u32 voters;
		struct quorum_tally tally;
	} table[] = {
		{ "a",		0x01, { 0x01, 0, 1, false } },
		{ "ab",		0x03, { 0x01, 0, 1, true } },
		{ "ba",		0x03, { 0x01, 0, 1, true } },
		{ "ab",		0x02, { 0x02, 1, 1, false } },
		{ "aab",	0x07, { 0x03, 0, 2, false } },
		{ "baa",	0x07, { 0x06, 1, 2, false } },
		{ "abc",	0x07, { 0x01, 0, 1, true } },
		{ "abba",	0x0f, { 0x09, 0, 2, true } },
		{ "abab",	0x0f, { 0x05, 0, 2, true } },
		{ "abb",	0x07, { 0x06, 1, 2, false } },
		/* The tie is for the second place. */
		{ "abcc",	0x0f, { 0x0c, 2, 2, false } },
		{ "ccab",	0x0f, { 0x03, 0, 2, false } },
		{ "aaabbcc",	0x7f, { 0x07, 0, 3, false } },
		/* A tie, overtaken, tied again. */
		{ "abccdd",	0x3f, { 0x0c, 2, 2, true } },
		{ "abccddeee",	0x1ff, { 0x1c0, 6, 3, false } },
		/* Who does not vote does not count. */
		{ "aaabb",	0x18, { 0x18, 3, 2, false } },
		{ "aaabb",	0x19, { 0x18, 3, 2, false } },
		{ "aaabb",	0x1b, { 0x03, 0, 2, true } },
		/* 2 of 5 against 1, 1, 1 is a plurality. */
		{ "abcdb",	0x1f, { 0x12, 1, 2, false } },
	};

	for (unit_step = 0; unit_step < ARRAY_SIZE(table); unit_step++) {
		const struct quorum_tally *want = &table[unit_step].tally;
		u8 ballot[QUORUM_MAX_LEGS] = {};
		struct quorum_tally tally;

		memcpy(ballot, table[unit_step].ballot,
		       strlen(table[unit_step].ballot));
		quorum_tally(ballot, table[unit_step].voters, &tally);
		check(tally.agree == want->agree);
		check(tally.first == want->first);
		check(tally.votes == want->votes);
		check(tally.tied == want->tied);
	}
}

static void check_thresholds(const u8 *ballot, u32 voters, unsigned int legs)
{
	struct quorum_tally tally;
	unsigned int threshold;

	check_tally(ballot, voters, &tally);
	for (threshold = 1; threshold <= legs; threshold++) {
		bool won = tally.votes >= threshold;
		unsigned int winners = model_winners(ballot, voters, threshold);

		check(won == (winners > 0));
		if (won)
			check(tally.tied <= (winners > 1));
		if (won && 2 * threshold > legs)
			check(!tally.tied && winners == 1);
	}
}

/* Every ballot of every leg, every set of voters, every threshold. */
static void tally_exhaustively(const u8 *place, const u8 *code)
{
	unsigned int legs, all, n, i;

	for (legs = 1, all = FEW; legs <= FEW; legs++, all *= FEW) {
		for (n = 0; n < all; n++) {
			u8 ballot[QUORUM_MAX_LEGS];
			unsigned int set, rest = n;

			/* Those of others must not count, so let them match. */
			memset(ballot, code[n % FEW], sizeof(ballot));
			for (i = 0; i < legs; i++, rest /= FEW)
				ballot[place[i]] = code[rest % FEW];
			for (set = 0; set < 1U << legs; set++) {
				u32 voters = 0;

				for (i = 0; i < legs; i++)
					if (set >> i & 1)
						voters |= 1U << place[i];
				if (code == codes[0])
					check_thresholds(ballot, voters, legs);
				else
					check_tally(ballot, voters,
						    &(struct quorum_tally){});
			}
		}
	}
}

static void tally_few_legs(void **state)
{
	unsigned int i, j;

	unit_step = 0;
	for (i = 0; i < ARRAY_SIZE(places); i++)
		for (j = 0; j < ARRAY_SIZE(codes); j++)
			if (!i || !j || i == j)
				tally_exhaustively(places[i], codes[j]);
}

/* Every pair of bytes is told apart. */
static void tally_every_byte(void **state)
{
	unsigned int a, b;

	unit_step = 0;
	for (a = 0; a < 256; a++) {
		for (b = 0; b < 256; b++) {
			u8 ballot[QUORUM_MAX_LEGS] = { a, b, b, a, b };
			struct quorum_tally tally;

			check_tally(ballot, 0x0f, &tally);
			check(tally.tied == (a != b));
			check(tally.votes == (a == b ? 4 : 2));
			check_tally(ballot, 0x1f, &tally);
			check(tally.first == (a != b));
		}
	}
}

static void tally_all_legs(void **state)
{
	u8 ballot[QUORUM_MAX_LEGS];
	struct quorum_tally tally;
	unsigned int i;

	unit_step = 0;
	memset(ballot, 0xff, sizeof(ballot));
	check_tally(ballot, ~0U, &tally);
	check(tally.agree == ~0U && !tally.first && tally.votes == 32);
	check(!tally.tied);

	for (i = 0; i < QUORUM_MAX_LEGS; i++)
		ballot[i] = 255 - i;
	check_tally(ballot, ~0U, &tally);
	check(tally.agree == 1 && tally.votes == 1 && tally.tied);

	/* Halves, and the last leg decides. */
	for (i = 0; i < QUORUM_MAX_LEGS; i++)
		ballot[i] = i & 1;
	check_tally(ballot, ~0U, &tally);
	check(tally.agree == 0x55555555 && tally.votes == 16 && tally.tied);
	check_tally(ballot, ~1U, &tally);
	check(tally.agree == 0xaaaaaaaa && tally.first == 1 && !tally.tied);
	check_tally(ballot, ~0U >> 1, &tally);
	check(tally.agree == 0x55555555 && tally.votes == 16 && !tally.tied);
}

static void tally_many_legs(void **state)
{
	u64 rng = unit_seed, rounds = unit_times(100000);

	for (unit_step = 0; unit_step < rounds;) {
		unsigned int kinds = 1 + rng_below(&rng, 32);
		u32 voters = rng_next(&rng);
		u8 ballot[QUORUM_MAX_LEGS], value[32];
		struct quorum_tally tally;
		unsigned int i;

		if (rng_below(&rng, 2))
			voters |= rng_next(&rng);
		for (i = 0; i < kinds; i++)
			value[i] = rng_next(&rng);
		for (i = 0; i < QUORUM_MAX_LEGS; i++)
			ballot[i] = value[rng_below(&rng, kinds)];
		check_tally(ballot, voters, &tally);
	}
}

/*
 * Classification.
 */

struct poll {
	u8 version[QUORUM_MAX_LEGS];
	u32 voters;
	u32 asked[QUORUM_MAX_LEGS];
	u32 matched;
};

static bool is_representative(const struct poll *poll, unsigned int leg)
{
	unsigned int i;

	for (i = 0; i < leg; i++)
		if ((poll->voters >> i & 1) &&
		    poll->version[i] == poll->version[leg])
			return false;
	return true;
}

/* Comparing two payloads is dear: one has been met, the later is placed. */
static bool poll_same(void *ctx, unsigned int one, unsigned int two)
{
	unsigned int a = one < two ? one : two;
	unsigned int b = one < two ? two : one;
	struct poll *poll = ctx;
	bool same = poll->version[a] == poll->version[b];

	check(a < b && b < QUORUM_MAX_LEGS);
	check(poll->voters >> a & 1);
	check(poll->voters >> b & 1);
	check(is_representative(poll, a));
	check(!(poll->asked[b] >> a & 1));
	check(!(poll->matched >> b & 1));
	poll->asked[b] |= 1U << a;
	if (same)
		poll->matched |= 1U << b;
	return same;
}

/* Fills @ballot as quorum_classify() should, having checked that it does. */
static void check_classify(struct poll *poll, u8 *ballot)
{
	u8 model[QUORUM_MAX_LEGS];
	unsigned int i, j, met = 0;

	memset(poll->asked, 0, sizeof(poll->asked));
	poll->matched = 0;
	memset(model, 0xa5, sizeof(model));
	for (i = 0; i < QUORUM_MAX_LEGS; i++)
		for (j = 0; j <= i && (poll->voters >> i & 1); j++)
			if ((poll->voters >> j & 1) && model[i] == 0xa5 &&
			    poll->version[j] == poll->version[i])
				model[i] = j;

	memset(ballot, 0xa5, QUORUM_MAX_LEGS);
	quorum_classify(ballot, poll->voters, poll_same, poll);

	check(!memcmp(ballot, model, sizeof(model)));
	for (i = 0; i < QUORUM_MAX_LEGS; i++) {
		unsigned int asked = __builtin_popcount(poll->asked[i]);

		check(asked <= met);
		if (!(poll->voters >> i & 1))
			check(!asked);
		else if (model[i] == i)
			check(asked == met++);
		else
			check(asked);
	}
	unit_step++;
}

static void classify_without_voters(void **state)
{
	struct poll poll = {};
	u8 ballot[QUORUM_MAX_LEGS];

	unit_step = 0;
	check_classify(&poll, ballot);
	quorum_classify(NULL, 0, NULL, NULL);
}

/*
 * The next way to put @legs legs into versions: each gets one that a leg
 * before it has, or the lowest unused.
 */
static bool next_partition(u8 *version, unsigned int legs)
{
	unsigned int i = legs, j, most;

	while (i-- > 1) {
		for (most = 0, j = 0; j < i; j++)
			if (version[j] > most)
				most = version[j];
		if (version[i] <= most) {
			version[i]++;
			return true;
		}
		version[i] = 0;
	}
	return false;
}

/* Every set of voters. */
static void classify_partition(const u8 *version, unsigned int legs,
			       const u8 *place)
{
	unsigned int i;
	u32 set;

	for (set = 0; set < 1U << legs; set++) {
		u8 ballot[QUORUM_MAX_LEGS];
		struct poll poll = {};

		for (i = 0; i < legs; i++) {
			poll.version[place[i]] = version[i];
			if (set >> i & 1)
				poll.voters |= 1U << place[i];
		}
		check_classify(&poll, ballot);
	}
}

static void classify_few_legs(void **state)
{
	static const unsigned int bell[] = { 1, 1, 2, 5, 15, 52 };
	unsigned int place, legs;

	unit_step = 0;
	for (place = 0; place < ARRAY_SIZE(places); place++) {
		for (legs = 1; legs <= FEW; legs++) {
			u8 version[FEW] = {};
			unsigned int partitions = 0;

			do {
				classify_partition(version, legs,
						   places[place]);
				partitions++;
			} while (next_partition(version, legs));
			check(partitions == bell[legs]);
		}
	}
}

static void classify_many_legs(void **state)
{
	u64 rng = unit_seed, rounds = unit_times(30000);

	for (unit_step = 0; unit_step < rounds;) {
		unsigned int kinds = 1 + rng_below(&rng, QUORUM_MAX_LEGS);
		struct poll poll = { .voters = rng_next(&rng) };
		u8 ballot[QUORUM_MAX_LEGS];
		unsigned int i;

		if (rng_below(&rng, 2))
			poll.voters = ~0U;
		for (i = 0; i < QUORUM_MAX_LEGS; i++)
			poll.version[i] = rng_below(&rng, kinds);
		check_classify(&poll, ballot);
	}
}

/*
 * Both, as a read does it: a leg has a version, or failed, or was not asked.
 */

enum {
	ERROR_A = FEW,
	ERROR_B,
	NOT_ASKED,
	NR_STATES
};

static const u8 status_of[NR_STATES] = { [ERROR_A] = 10, [ERROR_B] = 1 };

/* What to expect of states[]: the state that wins, NOT_ASKED if none does. */
static unsigned int model_verdict(const u8 *states, unsigned int legs,
				  unsigned int from, unsigned int to,
				  unsigned int *votes, bool *tied)
{
	unsigned int state, i, first, best = NOT_ASKED, best_first = legs;

	*votes = 0;
	*tied = false;
	for (state = from; state < to; state++) {
		unsigned int n = 0;

		for (first = legs, i = legs; i-- > 0;) {
			if (states[i] == state) {
				n++;
				first = i;
			}
		}
		if (!n || n < *votes)
			continue;
		*tied = n == *votes;
		if (n > *votes || first < best_first) {
			best = state;
			best_first = first;
		}
		*votes = n;
	}
	return best;
}

static void check_read(const u8 *states, unsigned int legs, const u8 *place)
{
	unsigned int i, threshold, votes, state;
	struct quorum_tally tally, errors;
	u8 ballot[QUORUM_MAX_LEGS];
	struct poll poll = {};
	u32 failed = 0;
	bool tied;

	for (i = 0; i < legs; i++) {
		poll.version[place[i]] = states[i];
		if (states[i] < FEW)
			poll.voters |= 1U << place[i];
		else if (states[i] != NOT_ASKED)
			failed |= 1U << place[i];
	}
	check_classify(&poll, ballot);
	check_tally(ballot, poll.voters, &tally);
	state = model_verdict(states, legs, 0, FEW, &votes, &tied);
	check(tally.votes == votes);
	check(tally.tied == tied);
	check(!votes || poll.version[tally.first] == state);
	for (i = 0; i < legs; i++)
		check((tally.agree >> place[i] & 1) == (states[i] == state &&
							votes));
	for (threshold = legs / 2 + 1; threshold <= legs; threshold++)
		check(!(tally.votes >= threshold && tally.tied));

	for (i = 0; i < legs; i++)
		if (failed >> place[i] & 1)
			ballot[place[i]] = status_of[states[i]];
	check_tally(ballot, failed, &errors);
	state = model_verdict(states, legs, ERROR_A, NOT_ASKED, &votes, &tied);
	check(errors.votes == votes);
	check(errors.tied == tied);
	check(!votes || ballot[errors.first] == status_of[state]);
	check(!(errors.agree & poll.voters));
}

static void read_few_legs(void **state)
{
	unsigned int legs, all, n, i, place;

	unit_step = 0;
	for (legs = 1, all = NR_STATES; legs <= FEW; legs++, all *= NR_STATES) {
		for (n = 0; n < all; n++) {
			u8 states[FEW] = {};
			unsigned int rest = n;

			for (i = 0; i < legs; i++, rest /= NR_STATES)
				states[i] = rest % NR_STATES;
			for (place = 0; place < ARRAY_SIZE(places); place++)
				check_read(states, legs, places[place]);
		}
	}
}

/*
 * Scores.
 */

#define HOUR	3600

static unsigned int add_many(struct quorum_score *score, unsigned int nr,
			     time64_t now)
{
	unsigned int errors = 0;

	while (nr--)
		errors = quorum_score_add(score, now);
	return errors;
}

static void score_halves_every_hour(void **state)
{
	struct quorum_score score = {};

	check(add_many(&score, 8, 1000) == 8);
	check(add_many(&score, 1, 1000 + HOUR - 1) == 9);
	/* Nine become four, and one is new. */
	check(add_many(&score, 1, 1000 + HOUR) == 5);
	check(add_many(&score, 1, 1000 + 2 * HOUR - 1) == 6);
	/* Six, three, one. */
	check(add_many(&score, 1, 1000 + 4 * HOUR - 1) == 2);
	check(add_many(&score, 2, 1000 + 4 * HOUR) == 3);
}

static void score_is_forgotten(void **state)
{
	struct quorum_score score = {};

	check(add_many(&score, 1, 0) == 1);
	check(add_many(&score, 1, HOUR) == 1);
	/* The hour begins with the first of those that count. */
	check(add_many(&score, 1, 2 * HOUR - 1) == 2);
	check(add_many(&score, 1000000, 100 * HOUR) == 1000000);
	check(add_many(&score, 1, 119 * HOUR) == 2);
	check(add_many(&score, 1, (time64_t)1 << 40) == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tally_without_voters),
		cmocka_unit_test(tally_by_hand),
		cmocka_unit_test(tally_few_legs),
		cmocka_unit_test(tally_every_byte),
		cmocka_unit_test(tally_all_legs),
		cmocka_unit_test(tally_many_legs),
		cmocka_unit_test(classify_without_voters),
		cmocka_unit_test(classify_few_legs),
		cmocka_unit_test(classify_many_legs),
		cmocka_unit_test(read_few_legs),
		cmocka_unit_test(score_halves_every_hour),
		cmocka_unit_test(score_is_forgotten),
	};

	unit_init();
	return cmocka_run_group_tests_name("vote", tests, NULL, NULL);
}
