// SPDX-License-Identifier: GPL-2.0-only
/*
 * dm-quorum-verdict.c against cases worked out by hand, and against a model too
 * simple to be wrong.
 *
 * What a leg has is written as a letter for each block: a to d are versions, x
 * to z are filler, - could not be read, and 1 to 4 are a to d if the leg is
 * asked again, but could not be read before. A leg of which some block could
 * not be read has not answered. "" is a leg without a vote.
 */
#include "room.h"
#include "dm-quorum-buf.h"
#include "dm-quorum-vote.h"
#include "dm-quorum-verdict.h"

#define MOST_LEGS	QUORUM_MAX_LEGS
#define MOST_BLOCKS	70
#define MAX_BYTES	(16 * (unsigned int)PAGE_SIZE)

/* What is voted on; legs in @mute have not answered, whatever they have. */
struct votes {
	unsigned int threshold, nr_legs, blocks, block_size;
	bool unsettled;
	u32 mute;
	char leg[MOST_LEGS][MOST_BLOCKS + 1];
};

/*
 * What comes of it: how it was decided (u: unanimous, r: the request, b: block
 * by block). Of each block the answer, in capitals by a tie, or ?; d if legs
 * differ; and for each leg l if it was lost, b if it is to blame for that.
 */
struct outcome {
	char how;
	char answer[MOST_BLOCKS + 1], differ[MOST_BLOCKS + 1];
	char lost[MOST_LEGS][MOST_BLOCKS + 1];
};

static struct quorum_pages pages;
static struct crypto_shash *hash;
static u64 rng;

/*
 * What is there.
 */

static bool late(char c)
{
	return c >= '1' && c <= '4';
}

static char version(char c)
{
	return late(c) ? c - '1' + 'a' : c;
}

static bool filler(char c)
{
	return c >= 'x';
}

static bool has_vote(const struct votes *in, unsigned int leg)
{
	return in->leg[leg][0];
}

static bool answered(const struct votes *in, unsigned int leg)
{
	return has_vote(in, leg) && !(in->mute & BIT(leg)) &&
	       !strpbrk(in->leg[leg], "-1234");
}

/*
 * The model: letters are compared, never more than one of a row at a time.
 */

static bool same(const struct votes *in, unsigned int a, unsigned int b,
		 int block)
{
	unsigned int i;

	if (block >= 0)
		return version(in->leg[a][block]) == version(in->leg[b][block]);
	for (i = 0; i < in->blocks; i++)
		if (!same(in, a, b, i))
			return false;
	return true;
}

static unsigned int supporters(const struct votes *in, u32 voters,
			       unsigned int leg, int block)
{
	unsigned int i, nr = 0;

	for (i = 0; i < in->nr_legs; i++)
		nr += voters & BIT(i) && same(in, leg, i, block);
	return nr;
}

/* The leg whose version has most votes: the lowest one of several. */
static int leader(const struct votes *in, u32 voters, int block, bool *tied)
{
	unsigned int i, most = 0;
	int best = -1;

	*tied = false;
	for (i = 0; i < in->nr_legs; i++) {
		unsigned int nr = supporters(in, voters, i, block);

		if (!(voters & BIT(i)))
			continue;
		if (nr > most) {
			most = nr;
			best = i;
			*tied = false;
		} else if (nr == most && !same(in, best, i, block)) {
			*tied = true;
		}
	}
	return most >= in->threshold ? best : -1;
}

static void model_lose(const struct votes *in, struct outcome *out,
		       unsigned int leg, unsigned int winner,
		       unsigned int block)
{
	if (same(in, leg, winner, block))
		return;
	out->differ[block] = 'd';
	out->lost[leg][block] = in->unsettled ||
				filler(version(in->leg[leg][block])) ?
				'l' : 'b';
}

static u32 model_voters(const struct votes *in, unsigned int block, bool again)
{
	u32 voters = 0;
	unsigned int i;

	for (i = 0; i < in->nr_legs; i++)
		if (has_vote(in, i) && in->leg[i][block] != '-' &&
		    (again || !late(in->leg[i][block])))
			voters |= BIT(i);
	return voters;
}

static void model_block(const struct votes *in, struct outcome *out,
			unsigned int block)
{
	u32 voters = model_voters(in, block, false);
	unsigned int i;
	bool tied;
	int winner = leader(in, voters, block, &tied);

	if (winner < 0 || tied) {
		voters = model_voters(in, block, true);
		winner = leader(in, voters, block, &tied);
	}
	for (i = 0; i < in->nr_legs; i++)
		if (voters & BIT(i) &&
		    !same(in, i, __builtin_ctz(voters), block))
			out->differ[block] = 'd';
	if (winner < 0)
		return;
	out->answer[block] = version(in->leg[winner][block]);
	if (tied)
		out->answer[block] += 'A' - 'a';
	for (i = 0; i < in->nr_legs; i++) {
		if (voters & BIT(i))
			model_lose(in, out, i, winner, block);
		else if (has_vote(in, i))
			out->lost[i][block] = 'l';
	}
}

static void model_request(const struct votes *in, struct outcome *out,
			  unsigned int winner)
{
	unsigned int i, block;

	memcpy(out->answer, in->leg[winner], in->blocks);
	for (i = 0; i < in->nr_legs; i++) {
		for (block = 0; block < in->blocks; block++) {
			if (answered(in, i))
				model_lose(in, out, i, winner, block);
			else if (has_vote(in, i))
				out->lost[i][block] = 'l';
		}
	}
}

static void outcome_init(const struct votes *in, struct outcome *out)
{
	unsigned int i;

	memset(out, 0, sizeof(*out));
	memset(out->answer, '?', in->blocks);
	memset(out->differ, '.', in->blocks);
	for (i = 0; i < in->nr_legs; i++)
		memset(out->lost[i], '.', in->blocks);
}

/* The legs that were asked, or those of them that answered. */
static u32 legs_of(const struct votes *in, bool all)
{
	unsigned int i;
	u32 legs = 0;

	for (i = 0; i < in->nr_legs; i++)
		if (all ? has_vote(in, i) : answered(in, i))
			legs |= BIT(i);
	return legs;
}

static void model_blocks(const struct votes *in, struct outcome *out)
{
	unsigned int i;

	outcome_init(in, out);
	out->how = 'b';
	for (i = 0; i < in->blocks; i++)
		model_block(in, out, i);
}

static void model(const struct votes *in, struct outcome *out)
{
	u32 voters = legs_of(in, false), all = legs_of(in, true);
	int winner, first = __builtin_ctz(all);
	bool tied;

	outcome_init(in, out);
	winner = leader(in, voters, -1, &tied);
	if (voters == all &&
	    supporters(in, voters, first, -1) == hweight32(all)) {
		out->how = 'u';
		model_request(in, out, first);
	} else if (winner >= 0 &&
		   2 * supporters(in, voters, winner, -1) > in->nr_legs) {
		out->how = 'r';
		model_request(in, out, winner);
	} else {
		model_blocks(in, out);
	}
}

/*
 * The code: versions become bytes, and what it says becomes letters.
 */

/* Versions differ in one byte, anywhere. */
static unsigned int mark;

static void write_block(struct quorum_buf *buf, const struct votes *in,
			unsigned int block, char what)
{
	unsigned int off = block * in->block_size, i;

	for (i = 0; i < in->block_size; i += 512)
		memset(quorum_buf_at(buf, off + i), block + i / 512, 512);
	if (filler(what)) {
		memcpy(quorum_buf_at(buf, off), QUORUM_FILLER,
		       sizeof(QUORUM_FILLER));
		*(u8 *)quorum_buf_at(buf, off + sizeof(QUORUM_FILLER)) = what;
	} else {
		*(u8 *)quorum_buf_at(buf, off + mark) ^= what;
	}
}

static char read_block(struct quorum_verdict *v, struct quorum_buf *scratch,
		       const struct votes *in, unsigned int block)
{
	unsigned int off = block * in->block_size;
	const char *what;

	for (what = "abcdxyz"; *what; what++) {
		write_block(scratch, in, block, *what);
		if (quorum_buf_differ(scratch, v->answer, off,
				      in->block_size) == off + in->block_size)
			break;
	}
	return *what;
}

/* What could not be read is anything, and the best that it could be. */
static void fill_leg(struct quorum_verdict *v, const struct votes *in,
		     unsigned int leg)
{
	unsigned int block;

	for (block = 0; block < in->blocks; block++) {
		char what = in->leg[leg][block];

		if (what == '-' || late(what))
			__set_bit(block, v->leg[leg].bad);
		write_block(&v->buf[leg], in, block, what == '-' ? 'a' :
			    late(what) ? in->leg[0][block] : what);
	}
}

static void verdict_begin(struct quorum_verdict *v, const struct votes *in)
{
	unsigned int leg;

	memset(v, 0, sizeof(*v));
	v->threshold = in->threshold;
	v->nr_legs = in->nr_legs;
	v->block_size = in->block_size;
	v->blocks = in->blocks;
	v->bytes = in->blocks * in->block_size;
	v->unsettled = in->unsettled;
	v->hash = hash;
	quorum_verdict_init(v, kzalloc(quorum_verdict_size(v->nr_legs,
							   v->blocks),
				       GFP_NOIO | __GFP_NOFAIL));
	for (leg = 0; leg < in->nr_legs; leg++) {
		if (has_vote(in, leg))
			v->asked |= BIT(leg);
		if (answered(in, leg))
			v->answered |= BIT(leg);
	}
	quorum_bufs_get(&pages, v->buf, v->asked, v->bytes);
	for (leg = 0; leg < in->nr_legs; leg++)
		if (has_vote(in, leg))
			fill_leg(v, in, leg);
}

static void verdict_end(struct quorum_verdict *v)
{
	unsigned int leg;

	for (leg = 0; leg < v->nr_legs; leg++)
		quorum_buf_put(&pages, &v->buf[leg]);
	kfree(v->leg);
}

/* Those that may be asked again are. */
static bool ask_again(struct quorum_verdict *v, const struct votes *in,
		      unsigned int block)
{
	bool any = false;
	unsigned int leg;

	for (leg = 0; leg < in->nr_legs; leg++) {
		if (!late(in->leg[leg][block]))
			continue;
		write_block(&v->buf[leg], in, block,
			    version(in->leg[leg][block]));
		__clear_bit(block, v->leg[leg].bad);
		any = true;
	}
	return any;
}

static char decide(struct quorum_verdict *v, const struct votes *in)
{
	unsigned int block;

	if (quorum_verdict_unanimous(v))
		return 'u';
	if (quorum_verdict_request(v))
		return 'r';
	for (block = 0; block < in->blocks; block++) {
		if (!quorum_verdict_count(v, block) && ask_again(v, in, block))
			quorum_verdict_count(v, block);
		quorum_verdict_block(v, block);
	}
	return 'b';
}

static void describe(struct quorum_verdict *v, const struct votes *in,
		     struct outcome *out)
{
	unsigned int leg, block;
	struct quorum_buf scratch = {};

	outcome_init(in, out);
	quorum_bufs_get(&pages, &scratch, 1, v->bytes);
	for (block = 0; block < in->blocks; block++) {
		if (!test_bit(block, v->undecided))
			out->answer[block] = read_block(v, &scratch, in, block);
		if (test_bit(block, v->tied))
			out->answer[block] += 'A' - 'a';
		if (test_bit(block, v->differ))
			out->differ[block] = 'd';
		for (leg = 0; leg < in->nr_legs; leg++) {
			if (test_bit(block, v->leg[leg].lost))
				out->lost[leg][block] = 'l';
			if (test_bit(block, v->leg[leg].blame))
				out->lost[leg][block] += 'b' - 'l';
		}
	}
	quorum_buf_put(&pages, &scratch);
	check(quorum_verdict_decided(v) == !strchr(out->answer, '?'));
}

static void verdict(const struct votes *in, struct outcome *out)
{
	struct quorum_verdict v;
	char how;

	verdict_begin(&v, in);
	how = decide(&v, in);
	check(v.answer);
	describe(&v, in, out);
	out->how = how;
	verdict_end(&v);
}

static void begin(const char *name)
{
	room_init();
	unit_step = 0;
	rng = unit_seed;
	mark = 0;
	memset(&pages, 0, sizeof(pages));
	check(!quorum_bufs_init(&pages, MOST_LEGS + 1, MAX_BYTES));
	hash = crypto_alloc_shash(name, 0, 0);
	check(!IS_ERR(hash));
}

static void end(void)
{
	crypto_free_shash(hash);
	quorum_bufs_exit(&pages);
	room_exit();
}

static void show(const char *who, const struct votes *in,
		 const struct outcome *out)
{
	unsigned int i;

	print_message("# %s: %c %s %s\n", who, out->how, out->answer,
		      out->differ);
	for (i = 0; i < in->nr_legs; i++)
		print_message("#    %s: %s\n", in->leg[i], out->lost[i]);
}

/* A hash that fails does not name all that is equal alike. */
static bool by_blocks_instead(const struct votes *in,
			      const struct outcome *want,
			      const struct outcome *got)
{
	static struct outcome blocks;

	if (strcmp(hash->name, "broken") || want->how != 'r')
		return false;
	model_blocks(in, &blocks);
	return !memcmp(&blocks, got, sizeof(*got));
}

static void check_outcome(const struct votes *in, const struct outcome *want)
{
	static struct outcome got;
	bool right;

	verdict(in, &got);
	right = !memcmp(want, &got, sizeof(got)) ||
		by_blocks_instead(in, want, &got);
	if (!right) {
		print_message("# %u of %u%s\n", in->threshold, in->nr_legs,
			      in->unsettled ? ", unsettled" : "");
		show("expected", in, want);
		show("is", in, &got);
	}
	check(right);
	unit_step++;
}

/*
 * By hand: where the model and the code could be wrong alike.
 */

struct example {
	unsigned int threshold;
	bool unsettled;
	const char *leg[8];
	const char *say;
	const char *lost[8];
};

static const struct example unanimous[] = {
	{ 2, false, { "aa", "aa", "aa" }, "u aa ..", { "..", "..", ".." } },
	{ 2, false, { "ab", "ab", "" }, "u ab ..", { "..", "..", "" } },
	{ 1, false, { "", "", "b" }, "u b .", { "", "", "." } },
	/* Filler, too, if all have the same: nobody has lost anything. */
	{ 2, false, { "x", "x" }, "u x .", { ".", "." } },
	{}
};

static const struct example request[] = {
	{ 2, false, { "aab", "aab", "abb" }, "r aab .d.",
	  { "...", "...", ".b." } },
	{ 2, false, { "cab", "aab", "aab" }, "r aab d..",
	  { "b..", "...", "..." } },
	{ 3, false, { "ab", "ac", "ad", "ab", "ab" }, "r ab .d",
	  { "..", ".b", ".b", "..", ".." } },
	/* Who could not be read has lost all; being asked again is no use. */
	{ 2, false, { "aa", "a-", "aa" }, "r aa ..", { "..", "ll", ".." } },
	{ 2, false, { "22", "aa", "aa" }, "r aa ..", { "ll", "..", ".." } },
	{ 2, false, { "aa", "aa", "", "aa", "ba" }, "r aa d.",
	  { "..", "..", "", "..", "b." } },
	{}
};

static const struct example blocks[] = {
	/* No version of the whole, but one of each block. */
	{ 2, false, { "baa", "aba", "aab" }, "b aaa ddd",
	  { "b..", ".b.", "..b" } },
	{ 2, false, { "-aa", "a-a", "aa-" }, "b aaa ...",
	  { "l..", ".l.", "..l" } },
	{ 2, false, { "-ba", "a-b", "aba" }, "b aba ..d",
	  { "l..", ".lb", "..." } },
	{ 3, false, { "ab", "bb", "aa", "aa", "bc" }, "b a? dd",
	  { "..", "b.", "..", "..", "b." } },
	/* The lowest leg has no vote: the answer is with another. */
	{ 2, false, { "", "ca", "ab", "ab", "cb" }, "b Cb dd",
	  { "", ".b", "b.", "b.", ".." } },
	{}
};

static const struct example again[] = {
	/* Asked where nothing has won, and nowhere else. */
	{ 2, false, { "ab", "aa", "11" }, "b aa .d", { ".b", "..", "l." } },
	{ 2, false, { "ab", "aa", "13" }, "b a? .d", { "..", "..", "l." } },
	{ 2, false, { "a-", "1-", "1a" }, "b a? ..", { "..", "..", ".." } },
	/* Nor where something has, and not by a tie. */
	{ 1, false, { "b", "a", "1" }, "b a d", { "b", ".", "." } },
	{ 1, false, { "b", "-", "1" }, "b b .", { ".", "l", "l" } },
	{}
};

static const struct example ties[] = {
	{ 1, false, { "a", "b" }, "b A d", { ".", "b" } },
	{ 2, false, { "b", "a", "a", "b" }, "b B d", { ".", "b", "b", "." } },
	{ 1, false, { "b", "a", "c", "c" }, "b c d", { "b", "b", ".", "." } },
	{ 1, false, { "ba", "ab", "-a", "--" }, "b Ba dd",
	  { "..", "bb", "l.", "ll" } },
	{}
};

/* What wins the whole with less than half may not win each block. */
static const struct example minority[] = {
	{ 2, false, { "aa", "aa", "ba", "bb", "bc" }, "b ba dd",
	  { "b.", "b.", "..", ".b", ".b" } },
	{ 1, false, { "aa", "aa", "ab", "bb" }, "b aA dd",
	  { "..", "..", ".b", "bb" } },
	{}
};

static const struct example undecided[] = {
	{ 2, false, { "a", "b", "c" }, "b ? d", { ".", ".", "." } },
	{ 2, false, { "ab", "ba" }, "b ?? dd", { "..", ".." } },
	{ 2, false, { "ab", "aa" }, "b a? .d", { "..", ".." } },
	{ 2, false, { "aa", "-b", "a-" }, "b a? .d", { "..", "l.", ".." } },
	{ 2, false, { "-", "-", "-" }, "b ? .", { ".", ".", "." } },
	{ 3, false, { "a", "a", "" }, "u a .", { ".", ".", "" } },
	{}
};

static const struct example blameless[] = {
	{ 2, true, { "aab", "aab", "abb" }, "r aab .d.",
	  { "...", "...", ".l." } },
	{ 2, true, { "baa", "aba", "aab" }, "b aaa ddd",
	  { "l..", ".l.", "..l" } },
	/* Filler is not a leg's fault. */
	{ 2, false, { "aa", "ax", "aa" }, "r aa .d", { "..", ".l", ".." } },
	{ 2, false, { "xb", "ay", "ab" }, "b ab dd", { "l.", ".l", ".." } },
	{ 2, false, { "x", "y", "a" }, "b ? d", { ".", ".", "." } },
	{ 2, false, { "bx", "aa", "aa" }, "r aa dd", { "bl", "..", ".." } },
	{}
};

static void check_example(const struct example *e)
{
	static struct outcome want;
	static struct votes in;
	unsigned int i;

	memset(&in, 0, sizeof(in));
	in.threshold = e->threshold;
	in.unsettled = e->unsettled;
	in.block_size = 512;
	for (i = 0; e->leg[i]; i++) {
		strcpy(in.leg[i], e->leg[i]);
		if (e->leg[i][0])
			in.blocks = strlen(e->leg[i]);
	}
	in.nr_legs = i;
	outcome_init(&in, &want);
	check(sscanf(e->say, "%c %s %s", &want.how, want.answer,
		     want.differ) == 3);
	for (i = 0; i < in.nr_legs; i++)
		memcpy(want.lost[i], e->lost[i][0] ? e->lost[i] : want.lost[i],
		       in.blocks);
	check_outcome(&in, &want);
}

static void test_examples(void **state)
{
	const struct example *e;

	begin("sha256");
	for (e = *state; e->threshold; e++)
		check_example(e);
	end();
}

/*
 * At random.
 */

static char random_letter(unsigned int versions)
{
	if (!rng_below(&rng, 16))
		return 'x' + rng_below(&rng, 3);
	return 'a' + rng_below(&rng, versions);
}

static void random_leg(struct votes *in, unsigned int leg)
{
	unsigned int versions = 1 + rng_below(&rng, 4);
	unsigned int wild = rng_below(&rng, 3) ? 1 + rng_below(&rng, 8) : 0;
	unsigned int holes = rng_below(&rng, 4) ? 0 : 1 + rng_below(&rng, 4);
	unsigned int block;

	for (block = 0; block < in->blocks; block++) {
		char *at = &in->leg[leg][block];

		*at = rng_below(&rng, 8) < wild ? random_letter(versions) : 'a';
		if (holes && !rng_below(&rng, holes))
			*at = "-1234"[rng_below(&rng, 2) * rng_below(&rng, 5)];
	}
}

/* Like another leg: so that there are versions of the whole. */
static void random_votes(struct votes *in)
{
	static const unsigned int sizes[] = { 512, 1024, 4096, 8192 };
	unsigned int leg, most;

	memset(in, 0, sizeof(*in));
	in->block_size = sizes[rng_below(&rng, ARRAY_SIZE(sizes))];
	mark = rng_below(&rng, in->block_size);
	most = min(MAX_BYTES / in->block_size,
		   rng_below(&rng, 8) ? 5U : MOST_BLOCKS);
	in->blocks = 1 + rng_below(&rng, most);
	in->nr_legs = 1 + rng_below(&rng, rng_below(&rng, 50) ? 7 : MOST_LEGS);
	in->threshold = 1 + rng_below(&rng, in->nr_legs);
	in->unsettled = !rng_below(&rng, 4);
	for (leg = 0; leg < in->nr_legs; leg++) {
		if (leg && rng_below(&rng, 2))
			memcpy(in->leg[leg], in->leg[rng_below(&rng, leg)],
			       in->blocks);
		else if (rng_below(&rng, 12))
			random_leg(in, leg);
		if (!rng_below(&rng, 12))
			in->mute |= BIT(leg);
	}
	if (!has_vote(in, 0))
		random_leg(in, 0);
}

/* What wins the whole wins each block, too, if that is voted on. */
static void check_each_block(const struct votes *in,
			     const struct outcome *whole)
{
	static struct outcome each;
	unsigned int leg;

	model_blocks(in, &each);
	check(!strcmp(each.answer, whole->answer));
	for (leg = 0; leg < in->nr_legs; leg++)
		check(!answered(in, leg) ||
		      !strcmp(each.lost[leg], whole->lost[leg]));
}

static void test_random(void **state)
{
	static struct outcome want;
	static struct votes in;
	unsigned int seen[3] = {};
	u64 times = unit_times(3000);

	begin(*state);
	while (unit_step < times) {
		random_votes(&in);
		model(&in, &want);
		check_outcome(&in, &want);
		if (want.how == 'r')
			check_each_block(&in, &want);
		seen[want.how == 'u' ? 0 : want.how == 'r' ? 1 : 2]++;
	}
	print_message("# unanimous %u, request %u, blocks %u\n", seen[0],
		      seen[1], seen[2]);
	check(times < 100 || (seen[0] && seen[1] && seen[2]));
	end();
}

#define EXAMPLES(table)							\
	{ "test_" #table, test_examples, NULL, NULL, (void *)(table) }
#define RANDOM(hash)							\
	{ "test_random_" #hash, test_random, NULL, NULL, #hash }

int main(void)
{
	const struct CMUnitTest tests[] = {
		EXAMPLES(unanimous),
		EXAMPLES(request),
		EXAMPLES(blocks),
		EXAMPLES(again),
		EXAMPLES(ties),
		EXAMPLES(minority),
		EXAMPLES(undecided),
		EXAMPLES(blameless),
		RANDOM(sha256),
		RANDOM(weak),
		RANDOM(broken),
	};

	unit_init();
	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
