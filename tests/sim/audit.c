// SPDX-License-Identifier: GPL-2.0-only
/*
 * Status and counters: that they can be, that nobody is accused without cause
 * (promise 5), that who gave cause is (promises 1, 3, 9).
 */
#include "oracle.h"

struct mapped_device sim_md;

/* Counters of the last status, of one table and since the last clear_errors. */
static struct o_status last;
static bool have_last;
/* How often it was asked for. */
static unsigned int nr_statuses;
static unsigned int epoch;
static struct {
	u64 writes, flushes, looks;
} base[SIM_MAX_DEVS];
/* Legs that were reinstated, and what they had been accused of. */
static struct {
	bool valid;
	unsigned int epoch;
	u64 errors;
} back[SIM_MAX_LEGS];

void audit_init(void)
{
	have_last = false;
	memset(base, 0, sizeof(base));
	memset(back, 0, sizeof(back));
}

/* What the counters say is taken into account before they begin anew. */
void audit_fold(void)
{
	unsigned int i, n = have_last ? last.nr_legs : 0;

	for (i = 0; i < n; i++) {
		cover.mismatches += last.stat[i][O_MISMATCHES];
		cover.rewrites += last.stat[i][O_REWRITES];
		cover.timeouts += last.stat[i][O_TIMEOUTS];
	}
	if (have_last) {
		cover.transients += last.transient;
		cover.no_quorum += last.no_quorum;
	}
	have_last = false;
}

void audit_new_epoch(void)
{
	unsigned int i;

	have_last = false;
	epoch++;
	for (i = 0; i < SIM_MAX_DEVS; i++) {
		base[i].writes = sim_legs[i].gave.blamed_writes;
		base[i].flushes = sim_legs[i].gave.blamed_flushes;
		base[i].looks = sim_legs[i].gave.blamed_looks;
	}
}

/*
 * Parsing.
 */

static bool next_word(char **at, char *word, size_t size)
{
	size_t n = strcspn(*at, " ");

	if (!n || n >= size)
		return false;
	memcpy(word, *at, n);
	word[n] = '\0';
	*at += n;
	if (**at == ' ')
		(*at)++;
	return true;
}

static bool next_number(char **at, u64 *value)
{
	char word[32];

	return next_word(at, word, sizeof(word)) &&
	       !kstrtou64(word, 10, value);
}

static bool parse_legs(struct o_status *st, char *at)
{
	unsigned int i, j;
	char name[32];

	for (i = 0; i < st->nr_legs; i++) {
		if (!next_word(&at, name, sizeof(name)))
			return false;
		for (j = 0; j < st->nr_stats; j++)
			if (!next_number(&at, &st->stat[i][j]))
				return false;
		if (set.dev[i] >= 0 &&
		    strcmp(name, sim_legs[set.dev[i]].dev.name))
			return false;
	}
	return true;
}

static bool parse(struct o_status *st, char *at)
{
	char word[64];
	u64 n;

	if (!next_word(&at, word, sizeof(word)) ||
	    sscanf(word, "%uof%u", &st->threshold, &st->nr_legs) != 2 ||
	    st->nr_legs > SIM_MAX_LEGS)
		return false;
	if (!next_number(&at, &n) || n != st->nr_legs ||
	    !next_word(&at, st->health, sizeof(st->health)) ||
	    strlen(st->health) != n)
		return false;
	if (!next_word(&at, word, sizeof(word)) ||
	    sscanf(word, "%llu/%llu", &st->in_sync, &st->total) != 2)
		return false;
	if (!next_word(&at, st->action, sizeof(st->action)) ||
	    !next_number(&at, &st->mismatch_cnt) ||
	    !next_number(&at, &st->no_quorum) ||
	    !next_number(&at, &st->transient) || !next_number(&at, &n) ||
	    n > 16 || n < 7)
		return false;
	st->nr_stats = n;
	return parse_legs(st, at);
}

/*
 * Checks.
 */

/*
 * A leg that is back has all of max_errors before it; an accusation may be on
 * its way.
 */
static void check_back(struct o_status *st, unsigned int i)
{
	struct sim_leg *leg = &sim_legs[set.dev[i]];
	u64 errors = st->stat[i][O_READ_ERRORS] + st->stat[i][O_MISMATCHES] +
		     st->stat[i][O_TIMEOUTS];

	if (st->health[i] != 'D' || !back[i].valid || back[i].epoch != epoch ||
	    leg->gave.writes || leg->gave.flushes)
		return;
	if (errors - back[i].errors + 1 < set.max_errors)
		sim_fail("promise 9: leg %u failed again after %llu errors", i,
			 errors - back[i].errors);
}

/* A failed leg is to come back. */
void audit_reinstate(unsigned int slot)
{
	struct o_status st;
	bool known = set.max_errors && audit_status(&st) &&
		     st.health[slot] == 'D';
	unsigned int before = epoch;

	back[slot].valid = false;
	if (message("reinstate %u", slot) || !known || epoch != before)
		return;
	back[slot].valid = true;
	back[slot].epoch = epoch;
	back[slot].errors = st.stat[slot][O_READ_ERRORS] +
			    st.stat[slot][O_MISMATCHES] +
			    st.stat[slot][O_TIMEOUTS];
}

/* It is failed on purpose. */
void audit_fail(unsigned int slot)
{
	back[slot].valid = false;
	message("fail %u", slot);
}

static void check_leg(struct o_status *st, unsigned int i)
{
	struct sim_leg *leg = &sim_legs[set.dev[i]];
	u64 *stat = st->stat[i];

	if (stat[O_READ_ERRORS] > leg->gave.reads)
		sim_fail("promise 5: leg %u: %llu read errors, cause for %llu",
			 i, stat[O_READ_ERRORS], leg->gave.reads);
	if (stat[O_WRITE_ERRORS] + stat[O_REWRITE_ERRORS] > leg->gave.writes)
		sim_fail("promise 5: leg %u: %llu write errors, cause for %llu",
			 i, stat[O_WRITE_ERRORS], leg->gave.writes);
	if (stat[O_FLUSH_ERRORS] > leg->gave.flushes)
		sim_fail("promise 5: leg %u: %llu flush errors, cause for %llu",
			 i, stat[O_FLUSH_ERRORS], leg->gave.flushes);
	if (stat[O_TIMEOUTS] > leg->gave.late)
		sim_fail("promise 5: leg %u: %llu timeouts, cause for %llu",
			 i, stat[O_TIMEOUTS], leg->gave.late);
	/* With blkverify, leg 0 is always right. */
	if (stat[O_MISMATCHES] > leg->gave.lies && !(set.blkverify && i) &&
	    (!sim_lenient || !oracle_failures()))
		sim_fail("promise 5: leg %u: %llu mismatches, cause for %llu",
			 i, stat[O_MISMATCHES], leg->gave.lies);
	check_back(st, i);
	/* max_errors may still fail a leg for what it did before. */
	if (st->health[i] != 'A' && set.max_errors &&
	    leg->gave.reads + leg->gave.lies >= set.max_errors)
		leg->suspect = true;
	/* It is left out of what it did not answer when it was put to use. */
	if (st->health[i] != 'A' && stat[O_TIMEOUTS])
		leg->suspect = true;
	if (st->health[i] != 'A' && !leg->suspect &&
	    !(set.metadata && fault_plan.overload))
		sim_fail("promise 9: leg %u is '%c' without cause", i,
			 st->health[i]);
}

static void check_health(struct o_status *st)
{
	unsigned int i, live = 0;

	for (i = 0; i < st->nr_legs; i++) {
		char c = st->health[i];
		bool none = c == '-', wanted = set.dev[i] >= 0;

		if (!strchr("AaD-", c) || none == wanted)
			sim_fail("the health of leg %u is '%c'", i, c);
		live += c == 'A' || c == 'a';
		if (!none)
			check_leg(st, i);
		if (c == 'D' && !(have_last && last.health[i] == 'D'))
			cover.failed_legs++;
		if (c == 'A' && have_last && last.health[i] != 'A')
			cover.rebuilt++;
	}
	if (live < st->threshold)
		sim_fail("promise 9: %u legs are left, and %u have to agree",
			 live, st->threshold);
}

static void check_growth(struct o_status *st)
{
	unsigned int i, j;

	if (!have_last)
		return;
	for (i = 0; i < st->nr_legs; i++)
		for (j = 0; j < st->nr_stats; j++)
			if (st->stat[i][j] < last.stat[i][j])
				sim_fail("counter %u of leg %u went back", j,
					 i);
	if (st->no_quorum < last.no_quorum || st->transient < last.transient)
		sim_fail("a counter went back");
}

/*
 * Returns false if nothing can be said: another table came meanwhile.  Of two
 * that were asked for at once, nobody knows which is the older.
 */
bool audit_status(struct o_status *st)
{
	unsigned int generation = set.generation, before = epoch;
	unsigned int nr = nr_statuses;
	char text[4096];

	memset(st, 0, sizeof(*st));
	md_status(&sim_md, STATUSTYPE_INFO, text, sizeof(text));
	trace("status: %s", text);
	nr_statuses++;
	if (set.generation != generation)
		return false;
	cover.checks++;
	if (!parse(st, text))
		sim_fail("the status cannot be understood: %s", text);
	if (st->threshold != set.threshold || st->nr_legs != set.nr_legs ||
	    st->in_sync > st->total)
		sim_fail("the status is wrong: %s", text);
	check_health(st);
	cover.resyncs += !strcmp(st->action, "resync");
	if (nr_statuses != nr + 1)
		return true;
	if (before == epoch)
		check_growth(st);
	last = *st;
	have_last = before == epoch;
	return true;
}

/*
 * Quiet: nobody writes, no faults, and the sweep has come to its end.
 */

static bool contains(const struct o_status *st, char c)
{
	return strchr(st->health, c);
}

static bool settled(const struct o_status *st)
{
	return !strcmp(st->action, "idle") && !contains(st, 'a') &&
	       !contains(st, 'D') && st->in_sync == st->total;
}

static void reinstate_failed(const struct o_status *st)
{
	unsigned int i;
	int r;

	for (i = 0; i < st->nr_legs; i++) {
		if (st->health[i] != 'D')
			continue;
		r = message("reinstate %u", i);
		/* What it was given up on may still be on its way. */
		if (r && !(r == -EBUSY && set.timeout))
			sim_fail("leg %u cannot be reinstated", i);
	}
}

static bool anywhere_bad(unsigned int block)
{
	unsigned int i;

	for (i = 0; i < SIM_MAX_DEVS; i++)
		if (set.members & BIT(i) && leg_block_bad(&sim_legs[i], block))
			return true;
	return false;
}

/* Counters do not tell: they may have been cleared. */
static bool writes_failed(void)
{
	unsigned int i;

	for (i = 0; i < SIM_MAX_DEVS; i++)
		if (set.members & BIT(i) && sim_legs[i].gave.writes)
			return true;
	return false;
}

/* How many good legs hold the version that most of them do. */
unsigned int most_common(unsigned int block, u32 *id)
{
	unsigned int i, j, n, most = 0;

	for (i = 0; i < SIM_MAX_DEVS; i++) {
		if (!(set.members & BIT(i)))
			continue;
		for (j = n = 0; j < SIM_MAX_DEVS; j++)
			n += set.members & BIT(j) &&
			     !sim_legs[j].suspect &&
			     !leg_block_bad(&sim_legs[j], block) &&
			     leg_block_id(&sim_legs[i], block) ==
			     leg_block_id(&sim_legs[j], block);
		if (n > most)
			*id = leg_block_id(&sim_legs[i], block);
		most = max(most, n);
	}
	return most;
}

/*
 * A block that some leg cannot read is written, too, where that might fail the
 * leg, or where others that lack the region would wait for it: with fifo they
 * get no filler.
 */
static bool bad_matters(unsigned int b)
{
	return (set.max_errors || set.pattern == SIM_FIFO) && anywhere_bad(b);
}

/* Write what nobody can decide: that is what the user is told to do. */
static void write_undecided(void)
{
	/* With a minority, what most legs hold may still be a tie. */
	unsigned int majority = max(set.threshold, set.nr_legs / 2 + 1), b;
	u32 id;

	for (b = 0; b < set_blocks(); b++) {
		if (!oracle_contested(b) && most_common(b, &id) >= majority &&
		    !bad_matters(b))
			continue;
		if (request_one(REQ_OP_WRITE, b * block_sectors(),
				block_sectors(), 0))
			sim_fail("promise 2: block %u cannot be written", b);
	}
}

/*
 * What the module should do by itself: begin a recovery again, and look at what
 * a sweep found undecided.
 */
static void nudge(const struct o_status *st)
{
	if (strcmp(st->action, "idle"))
		return;
	/*
	 * That legs can be read again nobody knows who does not look; and what
	 * passes may meet what is rotten.
	 */
	if (!contains(st, 'a') && st->in_sync < st->total &&
	    (sim_lenient || fault_plan.overload || fault_plan.passing ||
	     writes_failed())) {
		/* A leg that was rebuilt since may have got filler. */
		if (fault_plan.overload && !contains(st, 'D'))
			write_undecided();
		message("repair");
	} else if (contains(st, 'a') && sim_lenient) {
		message("idle");
	}
}

/* Legs that missed something catch up.  Promises 2 and 9. */
static void wait_settled(struct o_status *st)
{
	unsigned int i;

	for (i = 0; i < 400; i++) {
		if (!audit_status(st))
			sim_fail("a table that nobody loaded");
		if (settled(st))
			return;
		if (i % 50 == 0)
			reinstate_failed(st);
		if (i % 50 == 25)
			nudge(st);
		msleep(i < 5 ? 1 : 20 + i * i / 10);
	}
	for (i = 0; i < set_blocks(); i++)
		if (anywhere_bad(i))
			oracle_dump(i);
	sim_fail("promise 2: legs do not catch up: %s, %s, %llu/%llu",
		 st->health, st->action, st->in_sync, st->total);
}

/* What is under way with metadata comes to its end: a crash loses it not. */
static void commit_all(void)
{
	if (!set.metadata)
		return;
	md_suspend(&sim_md, false, false);
	table_resume();
}

/* Whether something is there that nobody wrote, or each may have its own. */
static bool may_differ(unsigned int b)
{
	unsigned int i;

	for (i = 0; i < SIM_MAX_DEVS; i++)
		if (set.members & BIT(i) &&
		    (leg_block_bad(&sim_legs[i], b) ||
		     leg_has_filler(&sim_legs[i], b) ||
		     lacks_by_fault(&sim_legs[i], b)))
			return true;
	return version_discarded(b);
}

/*
 * M3: what a crash has left different, or a write that failed, has been made
 * equal without anybody asking for it.
 */
static void check_settled(void)
{
	unsigned int i, b, first = __ffs(set.members);

	if (!set.metadata || fault_plan.overload)
		return;
	for (b = 0; b < set_blocks(); b++)
		for (i = first; i < SIM_MAX_DEVS && !may_differ(b); i++)
			if (set.members & BIT(i) &&
			    leg_block_id(&sim_legs[i], b) !=
			    leg_block_id(&sim_legs[first], b)) {
				oracle_dump(b);
				sim_fail("M3: block %u was never settled", b);
			}
}

static void go_quiet(struct o_status *st)
{
	faults_stop();
	mem_plan.nowait_fails = 0;
	commit_all();
	if (set.metadata && fault_plan.overload)
		table_bring_home();
	if (message("idle"))
		sim_fail("the sweep cannot be stopped");
	if (!audit_status(st))
		sim_fail("a table that nobody loaded");
	reinstate_failed(st);
	write_undecided();
	wait_settled(st);
	check_settled();
	commit_all();
	fault_forgive();
}

void audit_quiesce(void)
{
	unsigned int nowait = mem_plan.nowait_fails;
	struct o_status st;

	go_quiet(&st);
	fault_plan.on = true;
	mem_plan.nowait_fails = nowait;
}

/*
 * The end.
 */

static bool is_amiss(unsigned int b)
{
	unsigned int i, first = __ffs(set.members);

	for (i = first; i < SIM_MAX_DEVS; i++)
		if (set.members & BIT(i) &&
		    leg_block_id(&sim_legs[i], b) !=
		    leg_block_id(&sim_legs[first], b))
			return true;
	return anywhere_bad(b);
}

/* What a sweep looks at in one go, at least; exactly, if its rate is bound. */
static unsigned int piece_sectors(void)
{
	unsigned int i, rate = max(set.rate / 4, 128U);

	for (i = 0; i < SIM_MAX_DEVS; i++)
		if (set.members & BIT(i) &&
		    !bitmap_empty(sim_legs[i].unreadable, SIM_MAX_SECTORS))
			return block_sectors();
	return min(set.region, rounddown(rate, block_sectors()));
}

/*
 * How often a sweep can tell of what is amiss: once for each piece of a region,
 * or, where it has to go by small steps, for each block.
 */
static unsigned int amiss(void)
{
	unsigned int b, at, last = UINT_MAX, n = 0, piece = piece_sectors();
	unsigned int pieces = DIV_ROUND_UP(set.region, piece);

	for (b = 0; b < set_blocks(); b++) {
		at = b * block_sectors();
		at = at / set.region * pieces + at % set.region / piece;
		n += at != last && is_amiss(b);
		last = is_amiss(b) ? at : last;
	}
	return n;
}

/* A sweep tells once of each piece (promise 5). */
static void check_told(struct o_status *before, struct o_status *after,
		       unsigned int pieces)
{
	unsigned int i;
	u64 n;

	for (i = 0; i < set.nr_legs; i++) {
		n = after->stat[i][O_MISMATCHES] -
		    before->stat[i][O_MISMATCHES];
		if (n > pieces)
			sim_fail("promise 5: leg %u: %llu times in %u pieces",
				 i, n, pieces);
	}
	n = after->no_quorum - before->no_quorum;
	if (n > pieces)
		sim_fail("promise 5: no quorum, %llu times in %u pieces", n,
			 pieces);
}

static void sweep(const char *action, struct o_status *st)
{
	int r, i;

	/* What is due by itself may be under way. */
	for (i = 0; (r = message("%s", action)) == -EBUSY && i < 200; i++)
		msleep(20);
	if (r)
		sim_fail("%s: %d", action, r);
	wait_settled(st);
}

/* Whether it is known by what it holds to be wrong.  Filler is not blamed. */
static bool gives_away(struct sim_leg *leg, unsigned int b, u32 right)
{
	return leg_block_id(leg, b) != right && !leg_has_filler(leg, b);
}

static bool voted_down(struct sim_leg *leg, unsigned long *map)
{
	unsigned int b;
	u32 id;

	for (b = 0; b < set_blocks(); b++)
		if (block_any_bit(map, b) &&
		    most_common(b, &id) >= set.need &&
		    (map == leg->unreadable || gives_away(leg, b, id)))
			return true;
	return false;
}

static void check_accused(struct o_status *before, struct o_status *after)
{
	unsigned int i;

	for (i = 0; i < set.nr_legs; i++) {
		struct sim_leg *leg = &sim_legs[max(set.dev[i], 0)];

		if (set.dev[i] < 0 || !set.silent)
			continue;
		if (voted_down(leg, leg->rot) &&
		    after->stat[i][O_MISMATCHES] +
		    after->stat[i][O_READ_ERRORS] ==
		    before->stat[i][O_MISMATCHES] +
		    before->stat[i][O_READ_ERRORS])
			sim_fail("promise 5: leg %u is wrong, and not accused",
				 i);
		if (voted_down(leg, leg->unreadable) &&
		    after->stat[i][O_READ_ERRORS] ==
		    before->stat[i][O_READ_ERRORS])
			sim_fail("promise 5: leg %u is unreadable, not accused",
				 i);
	}
}

static void check_equal_block(unsigned int b)
{
	unsigned int i, first = __ffs(set.members);
	u32 id = leg_block_id(&sim_legs[first], b);

	for (i = first; i < SIM_MAX_DEVS; i++)
		if (set.members & BIT(i) &&
		    leg_block_id(&sim_legs[i], b) != id)
			sim_fail("promise 6: legs %u and %u differ in block %u",
				 first, i, b);
	if (!oracle_allowed(b, id) &&
	    !(set.metadata && fault_plan.overload))
		sim_fail("promise 1: all legs hold a wrong %#x in block %u", id,
			 b);
}

/* Promise 6: after a repair all legs are equal, and what they should be. */
static void check_equal(void)
{
	unsigned int b;

	for (b = 0; b < set_blocks(); b++)
		check_equal_block(b);
}

/* Promise 6: what a repair rewrites is stored when it is done. */
static void check_stored(void)
{
	unsigned int i, b;

	for (i = 0; i < SIM_MAX_DEVS; i++) {
		struct sim_leg *leg = &sim_legs[i];

		for (b = 0; set.members & BIT(i) && b < set_blocks(); b++)
			if (leg_block_durable(leg, b) != leg_block_id(leg, b))
				sim_fail("promise 6: leg %u, block %u: lost",
					 i, b);
	}
}

static void read_all(void)
{
	unsigned int b, n = max(load.max_sectors / block_sectors(), 1U);

	/* Which gives up if no leg can read all of a request. */
	if (set.pattern == SIM_FIFO)
		n = 1;

	for (b = 0; b < set_blocks(); b += n) {
		n = min(n, set_blocks() - b);
		if (request_one(REQ_OP_READ, b * block_sectors(),
				n * block_sectors(), 0))
			sim_fail("promise 1: block %u cannot be read", b);
	}
}

static void check_blamed(struct o_status *st)
{
	unsigned int i;

	for (i = 0; i < set.nr_legs; i++) {
		struct sim_leg *leg = &sim_legs[max(set.dev[i], 0)];

		if (set.dev[i] < 0)
			continue;
		if (leg->gave.blamed_flushes > base[leg->index].flushes &&
		    !st->stat[i][O_FLUSH_ERRORS])
			sim_fail("promise 9: leg %u failed a flush, unaccused",
				 i);
		if (leg->gave.blamed_writes > base[leg->index].writes &&
		    !st->stat[i][O_WRITE_ERRORS] &&
		    !st->stat[i][O_REWRITE_ERRORS])
			sim_fail("promise 9: leg %u failed a write, unaccused",
				 i);
		/*
		 * What passes may hide it from the first of several reads; and
		 * it may have come just after the look was over.
		 */
		if (leg->gave.blamed_looks > base[leg->index].looks &&
		    !fault_plan.passing && !st->stat[i][O_READ_ERRORS] &&
		    !st->stat[i][O_TIMEOUTS])
			sim_fail("promise 8: leg %u failed a read, unaccused",
				 i);
	}
}

/*
 * What reads that were answered early have left to be looked at; and a sweep
 * leaves out who owes an answer.
 */
static void end_looks(void)
{
	if (set.pattern != SIM_EARLY && !set.timeout)
		return;
	while (!legs_quiet())
		usleep_range(1000, 2000);
	/* Who was told that a leg is back may not have got on yet. */
	msleep(3000);
	md_suspend(&sim_md, false, false);
	table_resume();
}

void audit_end(void)
{
	struct o_status st, before;
	unsigned int pieces;

	go_quiet(&st);
	if (!load.admin) {
		end_looks();
		if (audit_status(&st))
			check_blamed(&st);
	}
	read_all();
	end_looks();
	if (rnd_chance(50)) {
		audit_status(&before);
		pieces = amiss();
		sweep("check", &st);
		check_told(&before, &st, pieces);
		check_accused(&before, &st);
	}
	/* With metadata, the first may tell of one that nobody asked for. */
	if (request_one(REQ_OP_WRITE, 0, 0, REQ_PREFLUSH) &&
	    (!set.metadata || request_one(REQ_OP_WRITE, 0, 0, REQ_PREFLUSH)))
		sim_fail("promise 3: legs cannot be flushed");
	audit_status(&before);
	pieces = amiss();
	sweep("repair", &st);
	check_told(&before, &st, pieces);
	/* What a read has rewritten that was answered early need not be. */
	if (set.pattern != SIM_EARLY)
		check_stored();
	write_undecided();
	check_equal();
	sweep("check", &st);
	if (st.mismatch_cnt)
		sim_fail("promise 6: %llu sectors differ after a repair",
			 st.mismatch_cnt);
	read_all();
	audit_fold();
}
