/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a set is to be opened.
 */
#ifndef QUORUM_OPEN_H
#define QUORUM_OPEN_H

#include "act.h"
#include "options.h"

#define MAX_OPTIONS	(MAX_WORDS + 32)

/**
 * struct opening - how
 * @name: as what
 * @degraded: also without all legs
 * @readonly: writing nothing
 * @nr_options: options of the target
 * @option: these
 * @found: the table had the name
 */
struct opening {
	const char *name;
	bool degraded;
	bool readonly;
	unsigned int nr_options;
	const char *option[MAX_OPTIONS];
	bool found;
};

/* open.c */
int open_set(const struct opening *opening, const struct set *set);
int open_again(const char *name, const struct set *set, unsigned int *count);
int find_set(struct scan *scan, const char *word, struct set **set);
int scan_for(struct scan *scan, char **words, int count);

/* open-scan.c */
int open_scan(const struct opening *opening, char **words, int count);

/* open-plain.c */
int open_plain(const struct opening *opening, const struct args *args);

#endif /* QUORUM_OPEN_H */
