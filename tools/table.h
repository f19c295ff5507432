/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The line of a table, taken apart and put together.  Pure.
 */
#ifndef QUORUM_TABLE_H
#define QUORUM_TABLE_H

#include "tool.h"

#define TABLE_LEGS	32
#define TABLE_WORDS	128

/**
 * struct table_leg - a leg
 * @device: "-", or a path, or a number
 * @offset: where it starts on that
 */
struct table_leg {
	char *device;
	u64 offset;
};

/**
 * struct table - what a table says, but for start and length
 * @threshold: how many legs have to agree
 * @nr_legs: how many there are
 * @leg: these
 * @nr_words: words of options
 * @word: these
 *
 * Strings are the table's own.
 */
struct table {
	unsigned int threshold;
	unsigned int nr_legs;
	struct table_leg leg[TABLE_LEGS];
	unsigned int nr_words;
	char *word[TABLE_WORDS];
};

bool table_parse(struct table *table, const char *params);
char *table_text(const struct table *table);
void table_free(struct table *table);

void table_set_leg(struct table *table, unsigned int leg, const char *device,
		   u64 offset);
bool table_add_leg(struct table *table, const char *device, u64 offset);
void table_drop_leg(struct table *table, unsigned int leg);
bool table_add_word(struct table *table, const char *word);
bool table_add_number(struct table *table, const char *option, u64 value);
bool table_rebuild(struct table *table, unsigned int leg);
void table_trust(struct table *table, unsigned int leg);
bool table_set_option(struct table *table, const char *option);
const char *table_value(const struct table *table, const char *option);

#endif /* QUORUM_TABLE_H */
