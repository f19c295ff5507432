// SPDX-License-Identifier: GPL-2.0-only
/*
 * The status line, reports and progress of a target, and what they mean.
 *
 * Fields that a later version appends are passed over.
 */
#include "status.h"

#include <stdio.h>
#include <stdlib.h>

const char *const stat_names[NR_STATS] = {
	[STAT_READ_ERRORS] = "read_errors",
	[STAT_WRITE_ERRORS] = "write_errors",
	[STAT_FLUSH_ERRORS] = "flush_errors",
	[STAT_MISMATCHES] = "mismatches",
	[STAT_REWRITES] = "rewrites",
	[STAT_REWRITE_ERRORS] = "rewrite_errors",
	[STAT_TIMEOUTS] = "timeouts",
};

/* Goes to the end of the next word, which is copied if there is room. */
static bool take_word(const char **at, char *word, size_t room)
{
	const char *start = *at + strspn(*at, " ");
	size_t length = strcspn(start, "\n ");

	if (!length || length >= room)
		return false;
	memcpy(word, start, length);
	word[length] = '\0';
	*at = start + length;
	return true;
}

static bool take_number(const char **at, u64 *value)
{
	char word[24];

	return take_word(at, word, sizeof(word)) && parse_number(word, value);
}

/* Two numbers with something between. */
static bool take_pair(const char **at, const char *between, u64 *a, u64 *b)
{
	char word[64], *second;

	if (!take_word(at, word, sizeof(word)))
		return false;
	second = strstr(word, between);
	if (!second)
		return false;
	*second = '\0';
	return parse_number(word, a) &&
	       parse_number(second + strlen(between), b);
}

static bool take_head(struct status *status, const char **at)
{
	u64 threshold, legs, again, stats;

	if (!take_pair(at, "of", &threshold, &legs) ||
	    !take_number(at, &again) || again != legs || !legs ||
	    legs > STATUS_LEGS || !threshold || threshold > legs ||
	    !take_word(at, status->health, sizeof(status->health)) ||
	    strlen(status->health) != legs ||
	    strspn(status->health, "AaD-") != legs ||
	    !take_pair(at, "/", &status->in_sync, &status->regions) ||
	    !take_word(at, status->action, sizeof(status->action)) ||
	    !take_number(at, &status->mismatch_cnt) ||
	    !take_number(at, &status->no_quorum) ||
	    !take_number(at, &status->transient) ||
	    !take_number(at, &stats) || stats > 1024)
		return false;
	status->threshold = threshold;
	status->nr_legs = legs;
	status->nr_stats = stats;
	return true;
}

static bool take_leg(struct status *status, struct status_leg *leg,
		     const char **at)
{
	unsigned int i;
	u64 value;

	if (!take_word(at, leg->device, sizeof(leg->device)))
		return false;
	for (i = 0; i < status->nr_stats; i++) {
		if (!take_number(at, &value))
			return false;
		if (i < NR_STATS)
			leg->stat[i] = value;
	}
	return true;
}

static bool take_set(struct status *status, const char **at)
{
	u64 fields;

	/* Without metadata there is no more. */
	if (!(*at)[strspn(*at, "\n ")])
		return true;
	if (!take_number(at, &fields) || fields < 3 ||
	    !take_word(at, status->uuid, sizeof(status->uuid)) ||
	    !take_pair(at, ".", &status->epoch, &status->seq) ||
	    !take_number(at, &status->last_check))
		return false;
	status->has_set = true;
	return true;
}

/**
 * status_parse() - take a status line apart
 * @status: set by this
 * @params: the line, without start, length and target
 *
 * Return: Whether it is one.
 */
bool status_parse(struct status *status, const char *params)
{
	unsigned int i;

	memset(status, 0, sizeof(*status));
	if (!take_head(status, &params))
		return false;
	for (i = 0; i < status->nr_legs; i++)
		if (!take_leg(status, &status->leg[i], &params))
			return false;
	return take_set(status, &params);
}

/* How many legs have one of these letters. */
unsigned int status_legs(const struct status *status, const char *health)
{
	unsigned int i, count = 0;

	for (i = 0; i < status->nr_legs; i++)
		count += !!strchr(health, status->health[i]);
	return count;
}

static bool has_differed(const struct status *status)
{
	unsigned int i;

	for (i = 0; i < status->nr_legs; i++)
		if (status->leg[i].stat[STAT_MISMATCHES])
			return true;
	return status->mismatch_cnt;
}

/* Regions are not in sync, nobody works on it, and no leg is why. */
static bool is_undecided(const struct status *status)
{
	return status->in_sync < status->regions &&
	       !status_legs(status, "a") &&
	       (!strcmp(status->action, "idle") ||
		!strcmp(status->action, "frozen"));
}

/* How a set is, by its status. */
enum condition status_condition(const struct status *status)
{
	if (status_legs(status, "Aa") < status->threshold ||
	    status->no_quorum || is_undecided(status))
		return CONDITION_LOST;
	if (status_legs(status, "A") < status->nr_legs)
		return CONDITION_DEGRADED;
	return has_differed(status) ? CONDITION_DIFFER : CONDITION_GOOD;
}

/* How many more legs may be lost anywhere. */
unsigned int status_spare(const struct status *status)
{
	unsigned int good = status_legs(status, "A");

	return good > status->threshold ? good - status->threshold : 0;
}

const char *leg_state(char health)
{
	switch (health) {
	case 'A':
		return "in sync";
	case 'a':
		return "behind";
	case 'D':
		return "failed";
	default:
		return "missing";
	}
}

/**
 * report_parse() - take a line of what "reports" answers apart
 * @report: set by this
 * @lines: where it begins; set to the next one
 *
 * Return: Whether there was one.
 */
bool report_parse(struct report *report, const char **lines)
{
	u64 leg, error;

	if (!take_number(lines, &report->seq) ||
	    !take_word(lines, report->kind, sizeof(report->kind)) ||
	    !take_number(lines, &leg) ||
	    !take_number(lines, &report->sector) ||
	    !take_number(lines, &report->sectors) ||
	    !take_number(lines, &error))
		return false;
	report->leg = leg;
	report->error = error;
	*lines += strcspn(*lines, "\n");
	*lines += **lines == '\n';
	return true;
}

/* What "progress" answers. */
bool work_parse(struct work *work, const char *answer)
{
	memset(work, 0, sizeof(*work));
	return take_word(&answer, work->action, sizeof(work->action)) &&
	       take_number(&answer, &work->done) &&
	       take_number(&answer, &work->total) &&
	       take_number(&answer, &work->differ) &&
	       take_number(&answer, &work->unresolved);
}
