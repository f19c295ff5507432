// SPDX-License-Identifier: GPL-2.0-only
/*
 * /etc/quorumtab.
 */
#include "set.h"
#include "tab.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define DEFAULT_DEGRADED	30

static char *take_word(const char **at)
{
	const char *start = *at + strspn(*at, " \t\n");
	size_t length = strcspn(start, " \t\n");

	*at = start + length;
	return length ? must(strndup(start, length)) : NULL;
}

static bool parse_degraded(struct tab_line *line, const char *value)
{
	u64 seconds;

	if (!strcmp(value, "never")) {
		line->degraded = TAB_NEVER;
		return true;
	}
	if (!parse_seconds(value, &seconds))
		return false;
	line->degraded = seconds;
	return true;
}

static bool parse_option(struct tab_line *line, const char *option)
{
	if (!*option || !strcmp(option, "none") || !strcmp(option, "auto"))
		return true;
	if (!strcmp(option, "noauto")) {
		line->noauto = true;
		return true;
	}
	if (!strcmp(option, "readonly")) {
		line->readonly = true;
		return true;
	}
	if (!strncmp(option, "degraded=", 9))
		return parse_degraded(line, option + 9);
	/* For the programs that read the table at boot. */
	if (!strncmp(option, "x-", 2))
		return true;
	if (line->nr_options == COUNT(line->option))
		return false;
	line->option[line->nr_options++] = must(strdup(option));
	return true;
}

static bool parse_options(struct tab_line *line, char *options)
{
	char *option;

	while ((option = strsep(&options, ",")))
		if (!parse_option(line, option))
			return false;
	return true;
}

/**
 * tab_parse() - take a line apart
 * @line: set by this; to be freed whatever comes of it.  Without a name, it
 *	says nothing
 * @words: the line
 * @error: set to what is wrong with it
 *
 * Return: Whether it is one.
 */
bool tab_parse(struct tab_line *line, const char *words, const char **error)
{
	char *options, *rest;
	bool good = true;

	memset(line, 0, sizeof(*line));
	line->degraded = DEFAULT_DEGRADED;
	words += strspn(words, " \t\n");
	if (!*words || *words == '#')
		return true;
	line->name = take_word(&words);
	line->set = take_word(&words);
	options = take_word(&words);
	rest = take_word(&words);
	*error = NULL;
	if (!is_good_name(line->name))
		*error = "not a name for a device";
	else if (!line->set)
		*error = "no set";
	else if (rest && *rest != '#')
		*error = "too many words";
	else if (options && *options != '#')
		good = parse_options(line, options);
	if (!good)
		*error = "an option that makes no sense";
	free(options);
	free(rest);
	return !*error;
}

void tab_free(struct tab_line *line)
{
	free(line->name);
	free(line->set);
	while (line->nr_options)
		free(line->option[--line->nr_options]);
	memset(line, 0, sizeof(*line));
}

/**
 * tab_each() - call back for each line
 * @call: until this returns something
 * @context: for that
 *
 * Lines that make no sense are warned of, and passed over.
 *
 * Return: what @call did.
 */
int tab_each(int (*call)(const struct tab_line *line, void *context),
	     void *context)
{
	const char *path = getenv("QUORUMTAB") ? : TAB_PATH, *error;
	FILE *in = fopen(path, "re");
	char *words = NULL;
	size_t room = 0;
	int number = 0, r = 0;

	if (!in)
		return 0;
	while (!r && getline(&words, &room, in) >= 0) {
		struct tab_line line;

		number++;
		if (!tab_parse(&line, words, &error))
			warn("%s:%d: %s", path, number, error);
		else if (line.name)
			r = call(&line, context);
		tab_free(&line);
	}
	free(words);
	fclose(in);
	return r;
}

static bool has_device(const struct set *set, const char *path)
{
	struct stat st;
	unsigned int i;

	if (stat(path, &st) || !S_ISBLK(st.st_mode))
		return false;
	for (i = 0; i < set->nr_legs; i++)
		if (set->leg[i] && set->leg[i]->major == major(st.st_rdev) &&
		    set->leg[i]->minor == minor(st.st_rdev))
			return true;
	return false;
}

static bool has_one_of(const struct set *set, const char *paths)
{
	char *copy = must(strdup(paths)), *rest = copy, *path;
	bool has = false;

	while (!has && (path = strsep(&rest, ",")))
		has = has_device(set, path);
	free(copy);
	return has;
}

/* Whether a line is about a set. */
bool tab_means(const struct tab_line *line, const struct set *set)
{
	if (!strncmp(line->set, "UUID=", 5))
		return !strcasecmp(line->set + 5, set->uuid);
	if (!strncmp(line->set, "LABEL=", 6))
		return !strcmp(line->set + 6,
			       (const char *)set->super->id.label);
	return has_one_of(set, line->set);
}
