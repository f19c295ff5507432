/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /etc/quorumtab: what sets are to be called, and how they are opened.
 */
#ifndef QUORUM_TAB_H
#define QUORUM_TAB_H

#include "tool.h"

#define TAB_PATH	"/etc/quorumtab"
#define TAB_NEVER	(~0U)

/**
 * struct tab_line - a line
 * @name: of the device
 * @set: UUID=, LABEL=, or a leg; of several legs, with commas, the first counts
 * @noauto: not by itself
 * @readonly: so
 * @degraded: seconds after which it may be opened without all legs; or
 *	TAB_NEVER
 * @nr_options: options of the target
 * @option: these
 */
struct tab_line {
	char *name;
	char *set;
	bool noauto;
	bool readonly;
	unsigned int degraded;
	unsigned int nr_options;
	char *option[32];
};

bool tab_parse(struct tab_line *line, const char *words, const char **error);
void tab_free(struct tab_line *line);
int tab_each(int (*call)(const struct tab_line *line, void *context),
	     void *context);

struct set;
bool tab_means(const struct tab_line *line, const struct set *set);

#endif /* QUORUM_TAB_H */
