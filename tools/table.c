// SPDX-License-Identifier: GPL-2.0-only
/*
 * The line of a table.
 */
#include "table.h"

#include <stdio.h>
#include <stdlib.h>

/* The next word; to be freed.  NULL at the end. */
static char *next_word(const char **at)
{
	const char *start = *at + strspn(*at, " \t\n");
	size_t length = strcspn(start, " \t\n");

	*at = start + length;
	return length ? must(strndup(start, length)) : NULL;
}

static bool next_number(const char **at, u64 *value)
{
	char *word = next_word(at);
	bool good = word && parse_number(word, value);

	free(word);
	return good;
}

static bool parse_legs(struct table *table, const char **at, u64 count)
{
	for (; count; count--) {
		struct table_leg *leg = &table->leg[table->nr_legs];

		leg->device = next_word(at);
		if (!leg->device)
			return false;
		table->nr_legs++;
		if (!next_number(at, &leg->offset))
			return false;
	}
	return true;
}

static bool parse_words(struct table *table, const char **at)
{
	const char *start = *at;
	char *word = next_word(&start);
	u64 count = 0;

	free(word);
	if (!word)
		return true;
	if (!next_number(at, &count) || count > TABLE_WORDS)
		return false;
	for (; count; count--) {
		word = next_word(at);
		if (!word)
			return false;
		table->word[table->nr_words++] = word;
	}
	word = next_word(at);
	free(word);
	return !word;
}

/**
 * table_parse() - take a table apart
 * @table: set by this; has to be freed whatever comes of it
 * @params: as dm has it
 *
 * Return: Whether it is one.
 */
bool table_parse(struct table *table, const char *params)
{
	u64 threshold, legs;

	memset(table, 0, sizeof(*table));
	if (!next_number(&params, &threshold) ||
	    !next_number(&params, &legs) || !legs || legs > TABLE_LEGS ||
	    !threshold || threshold > legs)
		return false;
	table->threshold = threshold;
	return parse_legs(table, &params, legs) && parse_words(table, &params);
}

/* As dm wants it.  To be freed. */
char *table_text(const struct table *table)
{
	char *made = NULL;
	size_t size;
	FILE *out = must(open_memstream(&made, &size));
	unsigned int i;

	fprintf(out, "%u %u", table->threshold, table->nr_legs);
	for (i = 0; i < table->nr_legs; i++)
		fprintf(out, " %s %llu", table->leg[i].device,
			table->leg[i].offset);
	if (table->nr_words)
		fprintf(out, " %u", table->nr_words);
	for (i = 0; i < table->nr_words; i++)
		fprintf(out, " %s", table->word[i]);
	fclose(out);
	return must(made);
}

void table_free(struct table *table)
{
	unsigned int i;

	for (i = 0; i < table->nr_legs; i++)
		free(table->leg[i].device);
	for (i = 0; i < table->nr_words; i++)
		free(table->word[i]);
	memset(table, 0, sizeof(*table));
}

/*
 * Changes.
 */

static void drop_words(struct table *table, unsigned int at, unsigned int count)
{
	unsigned int i;

	for (i = at; i < at + count; i++)
		free(table->word[i]);
	table->nr_words -= count;
	memmove(table->word + at, table->word + at + count,
		(table->nr_words - at) * sizeof(*table->word));
}

void table_set_leg(struct table *table, unsigned int leg, const char *device,
		   u64 offset)
{
	free(table->leg[leg].device);
	table->leg[leg].device = must(strdup(device));
	table->leg[leg].offset = offset;
}

/* Behind the others. */
bool table_add_leg(struct table *table, const char *device, u64 offset)
{
	if (table->nr_legs == TABLE_LEGS)
		return false;
	table->leg[table->nr_legs].device = NULL;
	table_set_leg(table, table->nr_legs, device, offset);
	table->nr_legs++;
	return true;
}

bool table_add_word(struct table *table, const char *word)
{
	if (table->nr_words == TABLE_WORDS)
		return false;
	table->word[table->nr_words++] = must(strdup(word));
	return true;
}

bool table_add_number(struct table *table, const char *option, u64 value)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%llu", value);
	return table_add_word(table, option) && table_add_word(table, digits);
}

/* Where an option is; nr_words if it is not there. */
static unsigned int find_word(const struct table *table, const char *word,
			      unsigned int from)
{
	while (from < table->nr_words && strcmp(table->word[from], word))
		from++;
	return from;
}

/* Where "rebuild <leg>" is, from a word on, for any leg. */
static unsigned int find_rebuild(const struct table *table, unsigned int from,
				 u64 *leg)
{
	for (;; from++) {
		from = find_word(table, "rebuild", from);
		if (from + 1 >= table->nr_words)
			return table->nr_words;
		if (parse_number(table->word[from + 1], leg))
			return from;
	}
}

/* Do not have a leg rebuilt. */
void table_trust(struct table *table, unsigned int leg)
{
	unsigned int at = 0;
	u64 which;

	while ((at = find_rebuild(table, at, &which)) < table->nr_words) {
		if (which == leg)
			drop_words(table, at, 2);
		else
			at += 2;
	}
}

/* Have a leg rebuilt. */
bool table_rebuild(struct table *table, unsigned int leg)
{
	table_trust(table, leg);
	return table_add_number(table, "rebuild", leg);
}

/* Those behind it move up, wherever they are mentioned. */
void table_drop_leg(struct table *table, unsigned int leg)
{
	unsigned int at = 0;
	u64 which;

	table_trust(table, leg);
	while ((at = find_rebuild(table, at, &which)) < table->nr_words) {
		if (which > leg) {
			free(table->word[at + 1]);
			table->word[at + 1] = text("%llu", which - 1);
		}
		at += 2;
	}
	free(table->leg[leg].device);
	table->nr_legs--;
	memmove(table->leg + leg, table->leg + leg + 1,
		(table->nr_legs - leg) * sizeof(*table->leg));
}

/* The word behind an option; NULL if that is not there. */
const char *table_value(const struct table *table, const char *option)
{
	unsigned int at = find_word(table, option, 0);

	return at + 1 < table->nr_words ? table->word[at + 1] : NULL;
}

static bool replace_value(struct table *table, unsigned int at,
			  const char *value)
{
	if (at + 1 >= table->nr_words)
		return false;
	if (!*value) {
		drop_words(table, at, 2);
		return true;
	}
	free(table->word[at + 1]);
	table->word[at + 1] = must(strdup(value));
	return true;
}

/**
 * table_set_option() - set an option, or take it away
 * @table: the table
 * @option: "option", "option=value"; "option=" takes one with a value away, and
 *	"no-option" one without
 *
 * Which there are is for the kernel to say.
 *
 * Return: Whether there was room, and something to take away.
 */
bool table_set_option(struct table *table, const char *option)
{
	const char *value = strchr(option, '=');
	char *name = must(value ? strndup(option, value - option) :
				  strdup(option));
	unsigned int at = find_word(table, name, 0);
	bool good = true, away = !value && !strncmp(name, "no-", 3);

	if (away) {
		at = find_word(table, name + 3, 0);
		good = at < table->nr_words;
		if (good)
			drop_words(table, at, 1);
	} else if (at < table->nr_words) {
		good = !value || replace_value(table, at, value + 1);
	} else if (value && !value[1]) {
		good = false;
	} else {
		good = table_add_word(table, name) &&
		       (!value || table_add_word(table, value + 1));
	}
	free(name);
	return good;
}
