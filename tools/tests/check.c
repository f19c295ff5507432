// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pure parts of quorumsetup: numbers and names, tables, status, quorumtab.
 *
 * usage: check [SEED [ROUNDS]]
 *
 * After known cases come random ones: what was made can be read, and whatever
 * is made of that by mutilation is either refused or makes sense.
 */
#include "status.h"
#include "tab.h"
#include "table.h"

#include <stdio.h>
#include <stdlib.h>

static unsigned int passed, failed;
static u64 random_state;

static void check_at(bool good, const char *what, int line)
{
	if (good) {
		passed++;
		return;
	}
	failed++;
	printf("check.c:%d: not so: %s\n", line, what);
}

#define CHECK(what)	check_at(what, #what, __LINE__)

/* xorshift64 */
static u64 pick(u64 below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % below;
}

/*
 * Numbers and names.
 */

static bool sectors_are(const char *word, u64 expected)
{
	u64 got;

	return parse_sectors(word, &got) && got == expected;
}

static bool no_sectors(const char *word)
{
	u64 got;

	return !parse_sectors(word, &got);
}

static void check_sizes(void)
{
	CHECK(sectors_are("0", 0));
	CHECK(sectors_are("2048", 2048));
	CHECK(sectors_are("2048s", 2048));
	CHECK(sectors_are("1K", 2));
	CHECK(sectors_are("1k", 2));
	CHECK(sectors_are("3M", 3 * 2048));
	CHECK(sectors_are("1G", 2097152));
	CHECK(sectors_are("1T", 2147483648));
	CHECK(sectors_are("1GiB", 2097152));
	CHECK(sectors_are("18014398509481983", 18014398509481983));
	CHECK(no_sectors("18014398509481984"));
	CHECK(no_sectors("8388608T"));
	CHECK(no_sectors("99999999999999999999"));
	CHECK(no_sectors(""));
	CHECK(no_sectors("-1"));
	CHECK(no_sectors("+1"));
	CHECK(no_sectors(" 1"));
	CHECK(no_sectors("1 "));
	CHECK(no_sectors("K"));
	CHECK(no_sectors("1P"));
	CHECK(no_sectors("1MB"));
	CHECK(no_sectors("1+1"));
	CHECK(no_sectors("0x10"));
}

static void check_words(void)
{
	u64 a, b;

	CHECK(parse_range("8+16", &a, &b) && a == 8 && b == 16);
	CHECK(parse_range("1M+1G", &a, &b) && a == 2048 && b == 2097152);
	CHECK(!parse_range("8", &a, &b));
	CHECK(!parse_range("8+", &a, &b));
	CHECK(!parse_range("8+0", &a, &b));
	CHECK(!parse_range("+8", &a, &b));
	CHECK(!parse_range("8+8+8", &a, &b));
	CHECK(parse_seconds("90", &a) && a == 90);
	CHECK(parse_seconds("2m", &a) && a == 120);
	CHECK(parse_seconds("1h", &a) && a == 3600);
	CHECK(!parse_seconds("1y", &a));
	CHECK(!parse_seconds("99999999999", &a));
	CHECK(is_good_name("safe"));
	CHECK(!is_good_name("") && !is_good_name("a/b"));
	CHECK(!is_good_name(".") && !is_good_name(".."));
	CHECK(!is_good_name("control"));
	CHECK(is_good_label("safe-1") && !is_good_label("a b"));
	CHECK(!is_good_label("12345678901234567890123456789012"));
	CHECK(is_good_label("1234567890123456789012345678901"));
}

/*
 * Tables.
 */

/* The text that a table becomes after a change. */
static bool becomes(struct table *table, const char *expected)
{
	char *text = table_text(table);
	bool good = !strcmp(text, expected);

	if (!good)
		printf("  it is: %s\n", text);
	free(text);
	table_free(table);
	return good;
}

#define THREE	"2 3 8:16 2048 8:32 2048 - 0"

static struct table parsed(const char *text)
{
	struct table table;

	CHECK(table_parse(&table, text));
	return table;
}

static void check_table_changes(void)
{
	struct table t;

	t = parsed(THREE);
	CHECK(becomes(&t, THREE));
	t = parsed(THREE " 4 sync rebuild 1 blkverify");
	table_rebuild(&t, 1);
	CHECK(becomes(&t, THREE " 4 sync blkverify rebuild 1"));
	t = parsed(THREE " 4 rebuild 1 rebuild 2");
	table_drop_leg(&t, 1);
	CHECK(becomes(&t, "2 2 8:16 2048 - 0 2 rebuild 1"));
	t = parsed(THREE " 4 rebuild 1 rebuild 2");
	table_drop_leg(&t, 0);
	CHECK(becomes(&t, "2 2 8:32 2048 - 0 4 rebuild 0 rebuild 1"));
	t = parsed(THREE);
	CHECK(table_add_leg(&t, "/dev/x", 8) && table_rebuild(&t, 3));
	CHECK(becomes(&t, "2 4 8:16 2048 8:32 2048 - 0 /dev/x 8 2 rebuild 3"));
	t = parsed(THREE " 1 sync");
	table_set_leg(&t, 2, "/dev/y", 16);
	table_trust(&t, 2);
	CHECK(becomes(&t, "2 3 8:16 2048 8:32 2048 /dev/y 16 1 sync"));
}

static void check_table_options(void)
{
	struct table t;

	t = parsed(THREE " 4 max_errors 5 read_pattern fifo");
	CHECK(table_set_option(&t, "max_errors=7"));
	CHECK(table_set_option(&t, "rewrite_corrupted"));
	CHECK(table_set_option(&t, "rewrite_corrupted"));
	CHECK(table_set_option(&t, "read_pattern="));
	CHECK(!table_set_option(&t, "hash="));
	CHECK(!table_set_option(&t, "no-sync"));
	CHECK(table_set_option(&t, "leg_timeout=500"));
	CHECK(!strcmp(table_value(&t, "leg_timeout"), "500"));
	CHECK(!table_value(&t, "nothing"));
	CHECK(becomes(&t, THREE
		      " 5 max_errors 7 rewrite_corrupted leg_timeout 500"));
	t = parsed(THREE " 2 sync rewrite_corrupted");
	CHECK(table_set_option(&t, "no-sync"));
	CHECK(becomes(&t, THREE " 1 rewrite_corrupted"));
}

static bool no_table(const char *text)
{
	struct table table;
	bool good = table_parse(&table, text);

	table_free(&table);
	return !good;
}

static void check_no_tables(void)
{
	CHECK(no_table(""));
	CHECK(no_table("2"));
	CHECK(no_table("2 3"));
	CHECK(no_table("0 1 8:0 0"));
	CHECK(no_table("2 1 8:0 0"));
	CHECK(no_table("2 33 8:0 0"));
	CHECK(no_table("2 2 8:0 0 8:1"));
	CHECK(no_table("2 2 8:0 0 8:1 x"));
	CHECK(no_table("1 1 8:0 0 1"));
	CHECK(no_table("1 1 8:0 0 1 sync more"));
	CHECK(no_table("1 1 8:0 0 999999 sync"));
}

/*
 * Status.
 */

#define COUNTERS	"8:16 0 0 0 0 0 0 8:32 1 2 3 4 5 6 - 0 0 0 0 0 0"
#define SET		" 3 5c2f0a6e-0000-4000-8000-000000000001 7.12 99"

static void check_status(void)
{
	struct status s;

	CHECK(status_parse(&s, "2of3 3 AD- 9/10 recover 8 1 2 6 " COUNTERS));
	CHECK(s.threshold == 2 && s.nr_legs == 3 && s.in_sync == 9);
	CHECK(s.regions == 10 && !strcmp(s.action, "recover"));
	CHECK(s.mismatch_cnt == 8 && s.no_quorum == 1 && s.transient == 2);
	CHECK(s.leg[1].stat[STAT_REWRITE_ERRORS] == 6 && !s.has_set);
	CHECK(!strcmp(s.leg[2].device, "-"));
	CHECK(status_parse(&s, "2of3 3 AAA 9/9 idle 0 0 0 6 " COUNTERS SET));
	CHECK(s.has_set && s.epoch == 7 && s.seq == 12 && s.last_check == 99);
	CHECK(status_parse(&s,
			   "1of1 1 A 9/9 idle 0 0 0 9 8:16 1 2 3 4 5 6 7 8 9"));
	CHECK(s.nr_stats == 9 && s.leg[0].stat[STAT_TIMEOUTS] == 7);
	CHECK(status_parse(&s, "1of1 1 A 9/9 idle 0 0 0 0 8:16 4 u 1.2 3 new"));
	CHECK(!status_parse(&s, ""));
	CHECK(!status_parse(&s, "2of3 2 AAA 9/9 idle 0 0 0 6 " COUNTERS));
	CHECK(!status_parse(&s, "2of3 3 AAX 9/9 idle 0 0 0 6 " COUNTERS));
	CHECK(!status_parse(&s, "2of3 3 AA 9/9 idle 0 0 0 6 " COUNTERS));
	CHECK(!status_parse(&s, "2of3 3 AAA 9 idle 0 0 0 6 " COUNTERS));
	CHECK(!status_parse(&s, "2of3 3 AAA 9/9 idle 0 0 0 7 " COUNTERS));
	CHECK(!status_parse(&s, "2of33 33 AAA 9/9 idle 0 0 0 6 " COUNTERS));
}

static enum condition condition_of(const char *line)
{
	struct status s;

	CHECK(status_parse(&s, line));
	return status_condition(&s);
}

#define ZERO	"8:16 0 0 0 0 0 0 8:32 0 0 0 0 0 0 8:48 0 0 0 0 0 0"

static void check_conditions(void)
{
	CHECK(condition_of("2of3 3 AAA 9/9 idle 0 0 0 6 " ZERO) ==
	      CONDITION_GOOD);
	CHECK(condition_of("2of3 3 AAA 9/9 idle 0 0 5 6 " ZERO) ==
	      CONDITION_GOOD);
	CHECK(condition_of("2of3 3 AAA 9/9 idle 8 0 0 6 " ZERO) ==
	      CONDITION_DIFFER);
	CHECK(condition_of("2of3 3 AAA 5/9 resync 0 0 0 6 " ZERO) ==
	      CONDITION_GOOD);
	CHECK(condition_of("2of3 3 AaA 5/9 recover 8 0 0 6 " ZERO) ==
	      CONDITION_DEGRADED);
	CHECK(condition_of("2of3 3 AAA 8/9 idle 0 0 0 6 " ZERO) ==
	      CONDITION_LOST);
	CHECK(condition_of("2of3 3 AAA 9/9 idle 0 1 0 6 " ZERO) ==
	      CONDITION_LOST);
	CHECK(condition_of("2of3 3 AD- 9/9 idle 0 0 0 6 " ZERO) ==
	      CONDITION_LOST);
}

static void check_reports(void)
{
	const char *lines = "1 mismatch 1 8192 8 0\n2 flush 0 0 0 5\nodd\n";
	struct report report;
	struct work work;

	CHECK(report_parse(&report, &lines) && report.seq == 1);
	CHECK(!strcmp(report.kind, "mismatch") && report.leg == 1);
	CHECK(report.sector == 8192 && report.sectors == 8);
	CHECK(report_parse(&report, &lines) && report.error == 5);
	CHECK(!report_parse(&report, &lines));
	CHECK(work_parse(&work, "check 8 16 2 1") && work.done == 8);
	CHECK(work.total == 16 && work.differ == 2 && work.unresolved == 1);
	CHECK(!work_parse(&work, "check 8 16"));
}

/*
 * quorumtab.
 */

static bool tab_is(const char *words, bool expected)
{
	const char *error;
	struct tab_line line;
	bool good = tab_parse(&line, words, &error);

	tab_free(&line);
	return good == expected;
}

static void check_tab(void)
{
	const char *error;
	struct tab_line line;

	CHECK(tab_parse(&line, "safe UUID=x noauto,max_errors=5 # yes\n",
			&error));
	CHECK(!strcmp(line.name, "safe") && !strcmp(line.set, "UUID=x"));
	CHECK(line.noauto && line.nr_options == 1 && line.degraded == 30);
	CHECK(!strcmp(line.option[0], "max_errors=5"));
	tab_free(&line);
	CHECK(tab_parse(&line, "a LABEL=b degraded=never,readonly", &error));
	CHECK(line.degraded == TAB_NEVER && line.readonly);
	tab_free(&line);
	CHECK(tab_is("", true) && tab_is("  # no\n", true));
	CHECK(tab_is("safe UUID=x", true) && tab_is("safe UUID=x -", true));
	CHECK(tab_is("safe", false) && tab_is("a/b UUID=x", false));
	CHECK(tab_is("safe UUID=x a b", false));
	CHECK(tab_is("safe UUID=x degraded=soon", false));
	CHECK(tab_is("safe UUID=x degraded=2m", true));
}

/*
 * Random ones.
 */

static char *random_table(void)
{
	static const char *const words[] = {
		"sync", "rebuild", "1", "max_errors", "x", "metadata",
	};
	unsigned int legs = 1 + pick(TABLE_LEGS), options = pick(12), i;
	char *made = NULL;
	size_t size;
	FILE *out = must(open_memstream(&made, &size));

	fprintf(out, "%llu %u", 1 + pick(legs), legs);
	for (i = 0; i < legs; i++)
		fprintf(out, " %llu:%llu %llu", pick(300), pick(300),
			pick(1ULL << 40));
	if (options)
		fprintf(out, " %u", options);
	for (i = 0; i < options; i++)
		fprintf(out, " %s", words[pick(COUNT(words))]);
	fclose(out);
	return must(made);
}

/* What is taken apart and put together is what it was. */
static bool is_same_again(const char *text)
{
	struct table table;
	char *again;
	bool same;

	if (!table_parse(&table, text)) {
		table_free(&table);
		return false;
	}
	again = table_text(&table);
	same = !strcmp(again, text);
	free(again);
	table_free(&table);
	return same;
}

static bool is_sound(struct table *table)
{
	char *text = table_text(table);
	bool sound = is_same_again(text);

	free(text);
	return sound;
}

/* Any change leaves a table that can be read. */
static void change_at_random(const char *text)
{
	struct table table;
	unsigned int leg;

	if (table_parse(&table, text)) {
		leg = pick(table.nr_legs);
		if (pick(2))
			table_rebuild(&table, leg);
		if (pick(2) && table.nr_legs > table.threshold)
			table_drop_leg(&table, leg);
		if (pick(2))
			table_add_leg(&table, "/dev/x", pick(100));
		if (pick(2))
			table_set_option(&table, "max_errors=3");
		if (pick(2))
			table_set_option(&table, "x=");
		CHECK(is_sound(&table));
	}
	table_free(&table);
}

static char *random_status(void)
{
	unsigned int legs = 1 + pick(STATUS_LEGS), stats = pick(10), i, s;
	char *made = NULL;
	size_t size;
	FILE *out = must(open_memstream(&made, &size));

	fprintf(out, "%lluof%u %u ", 1 + pick(legs), legs, legs);
	for (i = 0; i < legs; i++)
		fputc("AaD-"[pick(4)], out);
	fprintf(out, " %llu/%llu idle %llu %llu %llu %u", pick(99), pick(99),
		pick(99), pick(99), pick(99), stats);
	for (i = 0; i < legs; i++) {
		fprintf(out, " %llu:%llu", pick(300), pick(300));
		for (s = 0; s < stats; s++)
			fprintf(out, " %llu", pick(~0ULL));
	}
	if (pick(2))
		fprintf(out, " 3 uuid %llu.%llu %llu", pick(99), pick(99),
			pick(99));
	fclose(out);
	return must(made);
}

/* A byte more, or less, or another one; or the rest is missing. */
static void mutilate(char **text)
{
	static const char bytes[] = " 0129:-./AaDx\n\t\377";
	size_t length = strlen(*text), at = pick(length + 1);
	char byte = bytes[pick(sizeof(bytes) - 1)];

	*text = must(realloc(*text, length + 2));
	switch (pick(4)) {
	case 0:
		(*text)[at] = '\0';
		break;
	case 1:
		if (at < length)
			(*text)[at] = byte;
		break;
	case 2:
		memmove(*text + at + 1, *text + at, length + 1 - at);
		(*text)[at] = byte;
		break;
	default:
		if (at < length)
			memmove(*text + at, *text + at + 1, length - at);
		break;
	}
}

static bool makes_sense(const struct status *s)
{
	return s->threshold && s->threshold <= s->nr_legs &&
	       s->nr_legs <= STATUS_LEGS && strlen(s->health) == s->nr_legs &&
	       status_condition(s) <= CONDITION_LOST &&
	       status_spare(s) < s->nr_legs;
}

static void check_random(void)
{
	char *table = random_table(), *status = random_status();
	const char *error, *lines;
	struct report report;
	struct tab_line line;
	struct status s;
	struct work work;
	int i;

	CHECK(is_same_again(table));
	CHECK(status_parse(&s, status) && makes_sense(&s));
	for (i = 0; i < 20; i++) {
		change_at_random(table);
		mutilate(&table);
		mutilate(&status);
		if (status_parse(&s, status))
			CHECK(makes_sense(&s));
		lines = status;
		while (report_parse(&report, &lines))
			;
		work_parse(&work, table);
		tab_parse(&line, table, &error);
		tab_free(&line);
	}
	free(table);
	free(status);
}

int main(int argc, char **argv)
{
	u64 seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	u64 rounds = argc > 2 ? strtoull(argv[2], NULL, 10) : 2000, i;

	check_sizes();
	check_words();
	check_table_changes();
	check_table_options();
	check_no_tables();
	check_status();
	check_conditions();
	check_reports();
	check_tab();
	for (i = 0; i < rounds && !failed; i++) {
		random_state = (seed + i) * 0x9e3779b97f4a7c15;
		check_random();
		if (failed)
			printf("with: check %llu 1\n", seed + i);
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed || !passed;
}
