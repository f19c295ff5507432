// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of options; the command line, help and completion made of it.
 */
#include "verbs.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

/* What an option is called, what it takes, and what it does. */
static const struct {
	const char *name;
	char letter;
	const char *takes;
	const char *help;
} table[NR_OPTIONS] = {
	[OPT_THRESHOLD] = { "threshold", 'T', "n",
		"how many legs have to agree (default: more than half)" },
	[OPT_LABEL] = { "label", 0, "l", "name of the new set" },
	[OPT_UUID] = { "uuid", 0, "u", "UUID of the new set" },
	[OPT_OFFSET] = { "offset", 0, "s", "where the data starts on a leg" },
	[OPT_SIZE] = { "size", 0, "s", "how long the device is" },
	[OPT_REGION_SIZE] = { "region-size", 0, "s",
		"size of a region (default: 1M)" },
	[OPT_NO_WIPE] = { "no-wipe", 0, NULL,
		"zero nothing: the legs are equal, and blank at the start" },
	[OPT_DEGRADED] = { "degraded", 0, NULL, "do without missing legs" },
	[OPT_READONLY] = { "readonly", 0, NULL, "write nothing" },
	[OPT_OPTION] = { "option", 'o', "opt[=v]", "an option of the target" },
	[OPT_NO_METADATA] = { "no-metadata", 0, NULL,
		"legs that know nothing of their set" },
	[OPT_REBUILD] = { "rebuild", 0, "i", "do not trust leg i" },
	[OPT_SYNC] = { "sync", 0, NULL, "make the legs equal" },
	[OPT_SCAN] = { "scan", 0, NULL, "all sets there are" },
	[OPT_DEFERRED] = { "deferred", 0, NULL,
		"once it is not in use any more" },
	[OPT_TEST] = { "test", 0, NULL,
		"status: end with 10 degraded, 11 differences, 12 quorum lost; "
		"monitor: send a Test event" },
	[OPT_REPORTS] = { "reports", 0, NULL, "with the last reports" },
	[OPT_MAP] = { "map", 0, NULL, "with a row of cells for each leg" },
	[OPT_FORMAT] = { "format", 0, "text|json|prometheus", "for whom" },
	[OPT_JSON] = { "json", 0, NULL, "for a program" },
	[OPT_BRIEF] = { "brief", 0, NULL, "as lines of /etc/quorumtab" },
	[OPT_REPAIR] = { "repair", 0, NULL, "and make them equal" },
	[OPT_RANGE] = { "range", 0, "s+n", "only n sectors from s on" },
	[OPT_NO_WAIT] = { "no-wait", 0, NULL, "only start it" },
	[OPT_WAIT] = { "wait", 0, NULL,
		"wait for one that runs, or start one (the default)" },
	[OPT_STOP] = { "stop", 0, NULL, "stop it" },
	[OPT_UNTIL] = { "until", 0, "idle|in-sync|event",
		"for what (default: idle)" },
	[OPT_TIMEOUT] = { "timeout", 0, "t", "not longer than t seconds" },
	[OPT_SYSLOG] = { "syslog", 0, NULL, "to the system's log, too" },
	[OPT_PROGRAM] = { "program", 0, "p", "run p for each event" },
	[OPT_ONESHOT] = { "oneshot", 0, NULL, "tell the state, and end" },
	[OPT_UDEV] = { "udev", 0, "DEV", "print KEY=value for udev" },
	[OPT_BATCH_MODE] = { "batch-mode", 'q', NULL, "ask nothing" },
	[OPT_VERBOSE] = { "verbose", 'v', NULL, "say more" },
	[OPT_DEBUG] = { "debug", 0, NULL, "say all, tables too" },
	[OPT_DRY_RUN] = { "dry-run", 0, NULL,
		"print the commands that would do it, and do nothing" },
	[OPT_PROGRESS_FREQUENCY] = { "progress-frequency", 0, "seconds",
		"a line of progress so often" },
	[OPT_PROGRESS_JSON] = { "progress-json", 0, NULL,
		"progress for a program" },
	[OPT_VERSION] = { "version", 'V', NULL, "print the version" },
	[OPT_HELP] = { "help", '?', NULL, "print this" },
};

/* For getopt: what it gives back for an option, and for a mistake. */
#define LONG_BASE	256
#define MISTAKE		':'

static void for_getopt(struct option *longs, char *letters)
{
	int i;

	*letters++ = ':';
	for (i = 0; i < NR_OPTIONS; i++) {
		longs[i] = (struct option) {
			.name = table[i].name,
			.has_arg = table[i].takes ? required_argument :
						    no_argument,
			.val = LONG_BASE + i,
		};
		if (!table[i].letter || table[i].letter == '?')
			continue;
		*letters++ = table[i].letter;
		if (table[i].takes)
			*letters++ = ':';
	}
	longs[i] = (struct option) { };
	*letters = '\0';
}

static int id_of(int found)
{
	int i;

	if (found >= LONG_BASE)
		return found - LONG_BASE;
	for (i = 0; i < NR_OPTIONS; i++)
		if (table[i].letter == found)
			return i;
	return NR_OPTIONS;
}

static int keep(struct words *words, const char *word)
{
	if (words->count == MAX_WORDS)
		return fail(END_PARAMETERS, "Too many options.");
	words->word[words->count++] = word;
	return 0;
}

static int take(struct args *args, int id)
{
	args->value[id] = optarg ? optarg : "";
	if (id == OPT_OPTION)
		return keep(&args->options, optarg);
	if (id == OPT_REBUILD)
		return keep(&args->rebuild, optarg);
	return 0;
}

/* getopt means both help and an unknown option by '?'. */
static int mistake(struct args *args, int found, char **argv)
{
	const char *word = argv[optind - 1];

	if (found == MISTAKE)
		return fail(END_PARAMETERS, "%s: Option lacks its argument.",
			    word);
	if (optopt == '?' || !strcmp(word, "-?")) {
		args->value[OPT_HELP] = "";
		return 0;
	}
	if (optopt && optopt < LONG_BASE)
		return fail(END_PARAMETERS, "-%c: Unknown option.", optopt);
	return fail(END_PARAMETERS, "%s: %s", word,
		    optopt ? "Option takes no argument." : "Unknown option.");
}

static int take_all(struct args *args, int argc, char **argv)
{
	struct option longs[NR_OPTIONS + 1];
	char letters[2 * NR_OPTIONS + 2];
	int found, r = 0;

	for_getopt(longs, letters);
	opterr = 0;
	while (!r) {
		found = getopt_long(argc, argv, letters, longs, NULL);
		if (found == -1)
			break;
		if (found == '?' || found == MISTAKE)
			r = mistake(args, found, argv);
		else
			r = take(args, id_of(found));
	}
	args->count = argc - optind;
	args->word = argv + optind;
	return r;
}

static bool takes(const struct verb *verb, int id)
{
	const enum option_id *option;

	if (id >= OPT_COMMON)
		return true;
	for (option = verb->options; *option != NR_OPTIONS; option++)
		if (*option == (enum option_id)id)
			return true;
	return false;
}

static int take_verb(struct args *args)
{
	int i;

	if (!args->count)
		return fail(END_PARAMETERS,
			    "What is to be done? See %s --help.", PROGRAM);
	args->verb = verb_named(args->word[0]);
	if (!args->verb)
		return fail(END_PARAMETERS, "%s: Unknown action; see %s --help.",
			    args->word[0], PROGRAM);
	args->word++;
	args->count--;
	for (i = 0; i < NR_OPTIONS; i++)
		if (given(args, i) && !takes(args->verb, i))
			return fail(END_PARAMETERS,
				    "%s does not take --%s; see %s %s --help.",
				    args->verb->name, table[i].name, PROGRAM,
				    args->verb->name);
	return 0;
}

static int count_words(const struct args *args)
{
	const struct verb *verb = args->verb;

	if (args->count >= verb->least &&
	    (verb->most < 0 || args->count <= verb->most))
		return 0;
	return fail(END_PARAMETERS, "It is: %s %s %s", PROGRAM, verb->name,
		    verb->usage);
}

static int set_manner(const struct args *args)
{
	u64 every = 0;
	int r = options_number(args, OPT_PROGRESS_FREQUENCY, &every);

	manner = (struct manner) {
		.batch = given(args, OPT_BATCH_MODE),
		.verbose = given(args, OPT_VERBOSE),
		.debug = given(args, OPT_DEBUG),
		.dry_run = given(args, OPT_DRY_RUN),
		.progress_json = given(args, OPT_PROGRESS_JSON),
		.progress_every = every,
	};
	return r;
}

/**
 * options_parse() - make sense of a command line
 * @args: set by this
 * @argc: number of words
 * @argv: these
 *
 * Return: 0, or the code to end with, and the user has been told why.  Unless
 *	help or the version is asked for, there is a verb.
 */
int options_parse(struct args *args, int argc, char **argv)
{
	int r;

	memset(args, 0, sizeof(*args));
	r = take_all(args, argc, argv);
	if (r || given(args, OPT_VERSION))
		return r;
	if (given(args, OPT_HELP)) {
		args->verb = args->count ? verb_named(args->word[0]) : NULL;
		return 0;
	}
	r = take_verb(args);
	if (!r)
		r = count_words(args);
	return r ? r : set_manner(args);
}

/* The value of an option that is a size; left alone if it is not given. */
int options_sectors(const struct args *args, enum option_id id, u64 *sectors)
{
	if (!given(args, id) || parse_sectors(args->value[id], sectors))
		return 0;
	return fail(END_PARAMETERS,
		    "--%s %s: Not a size: a number of sectors, or with K, M, G or T.",
		    table[id].name, args->value[id]);
}

/* The same of one that is a number. */
int options_number(const struct args *args, enum option_id id, u64 *number)
{
	if (!given(args, id) ||
	    (parse_number(args->value[id], number) && *number <= INT32_MAX))
		return 0;
	return fail(END_PARAMETERS, "--%s %s: Not a number.", table[id].name,
		    args->value[id]);
}

/*
 * Help.
 */

static void help_option(int id)
{
	char *name = text("--%s%s%s", table[id].name,
			  table[id].takes ? " " : "",
			  table[id].takes ? table[id].takes : "");
	char letter[] = { '-', table[id].letter, ',', '\0' };

	printf("  %-3s %-26s %s\n", table[id].letter ? letter : "", name,
	       table[id].help);
	free(name);
}

static void help_verb(const struct verb *verb)
{
	int i;

	printf("Usage: %s %s [OPTION...] %s\n\n%s: %s\n\n", PROGRAM,
	       verb->name, verb->usage, verb->name, verb->help);
	for (i = 0; i < OPT_COMMON; i++)
		if (takes(verb, i))
			help_option(i);
}

static void help_verbs(void)
{
	const struct verb *verb;

	printf("Usage: %s [OPTION...] ACTION [WORD...]\n\n"
	       "Several block devices kept identical, and voted on.\n\n"
	       "Actions (%s ACTION --help tells their options):\n", PROGRAM,
	       PROGRAM);
	for (verb = verbs; verb->name; verb++) {
		printf("  %s %s\n", verb->name, verb->usage);
		printf("        %s\n", verb->help);
	}
	putchar('\n');
}

/**
 * options_help() - print help
 * @verb: about what; NULL is all
 */
void options_help(const struct verb *verb)
{
	int i;

	if (verb)
		help_verb(verb);
	else
		help_verbs();
	printf("Options that all actions take:\n");
	for (i = OPT_COMMON; i < NR_OPTIONS; i++)
		help_option(i);
	printf("\nSizes are in sectors of 512 bytes, or with s, K, M, G, T.\n");
}

/*
 * Completion: what the shell function in completion.bash is made for.
 */

static void complete_options(const char *name, const struct verb *verb,
			     int from, int to)
{
	int i;

	printf("\t[%s]='", name);
	for (i = from; i < to; i++)
		if (!verb || takes(verb, i))
			printf(" --%s", table[i].name);
	printf("'\n");
}

/* Prints the tables as arrays for bash. */
void options_completion(void)
{
	const struct verb *verb;
	int i;

	printf("declare -A _quorumsetup_options=(\n");
	for (verb = verbs; verb->name; verb++)
		complete_options(verb->name, verb, 0, OPT_COMMON);
	complete_options("common", NULL, OPT_COMMON, NR_OPTIONS);
	printf(")\ndeclare -A _quorumsetup_values=(\n");
	for (i = 0; i < NR_OPTIONS; i++)
		if (table[i].takes)
			printf("\t[--%s]='%s'\n", table[i].name,
			       table[i].takes);
	printf(")\n");
}
