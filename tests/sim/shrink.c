// SPDX-License-Identifier: GPL-2.0-only
/*
 * A seed that fails is made smaller: less callers, requests and faults, less
 * that happens beside, as long as it still fails in the same way.  The same
 * with other random numbers, the salt, may fail sooner.  What came of it is a
 * text, which the command line takes to see it again.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "run.h"

/* Nobody waits longer than that, in seconds. */
#define SHRINK_SECONDS	25
#define ATTEMPT_SECONDS	10
#define SALTS		8

struct sim_caps caps;
static struct sim_end nobodys;
struct sim_caps *had = &nobodys.had;

static const struct {
	const char *name;
	size_t offset;
	u64 least;
} fields[] = {
#define FIELD(name, least) { #name, offsetof(struct sim_caps, name), least }
	FIELD(crashes, 0),
	FIELD(hotplug, 0),
	FIELD(pressure, 0),
	FIELD(scribbles, 0),
	FIELD(faults, 0),
	FIELD(phases, 1),
	FIELD(callers, 1),
	FIELD(requests, 1),
	FIELD(sectors, 1),
	FIELD(acts, 0),
	FIELD(salt, 0),
#undef FIELD
};

#define SALT		(ARRAY_SIZE(fields) - 1)

static u64 *field(struct sim_caps *c, unsigned int i)
{
	return (u64 *)((char *)c + fields[i].offset);
}

void caps_none(struct sim_caps *c)
{
	unsigned int i;

	for (i = 0; i < SALT; i++)
		*field(c, i) = U64_MAX;
	c->salt = 0;
}

static bool read_one(struct sim_caps *c, char *word)
{
	char *value = strchr(word, ':');
	unsigned int i;

	if (!value)
		return false;
	*value++ = '\0';
	for (i = 0; i < ARRAY_SIZE(fields); i++)
		if (!strcmp(fields[i].name, word))
			return !kstrtou64(value, 10, field(c, i));
	return false;
}

bool caps_read(struct sim_caps *c, const char *text)
{
	char *copy = strdup(text), *save, *word;
	bool ok = true;

	for (word = strtok_r(copy, ",", &save); word && ok;
	     word = strtok_r(NULL, ",", &save))
		ok = read_one(c, word);
	free(copy);
	return ok;
}

void caps_print(struct sim_caps *c)
{
	const char *between = "";
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		if (*field(c, i) == (i == SALT ? 0 : U64_MAX))
			continue;
		printf("%s%s:%llu", between, fields[i].name, *field(c, i));
		between = ",";
	}
}

/*
 * Trying.
 */

/* What becomes of this process is told in @end. */
static void record_in(struct sim_end *end)
{
	had = &end->had;
	sim_words = end->words;
	sim_steps = &end->steps;
}

/* Words that are no numbers; but which promise it was is one. */
static bool alike(const char *a, const char *b)
{
	unsigned int n = 0;

	for (; *a || *b; n++) {
		size_t na = strcspn(a, " "), nb = strcspn(b, " ");

		if ((n < 2 || !isdigit(*a) || !isdigit(*b)) &&
		    (na != nb || memcmp(a, b, na)))
			return false;
		a += na + (a[na] == ' ');
		b += nb + (b[nb] == ' ');
	}
	return true;
}

static void hush(void)
{
	int null = open("/dev/null", O_WRONLY);

	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
}

/* Run a seed in a process of its own. */
static void attempt(u64 seed, const struct sim_caps *c, struct sim_end *end)
{
	pid_t pid;

	memset(end, 0, sizeof(*end));
	fflush(NULL);
	pid = fork();
	if (!pid) {
		hush();
		alarm(ATTEMPT_SECONDS);
		caps = *c;
		record_in(end);
		one_seed(seed);
		_exit(0);
	}
	waitpid(pid, &end->status, 0);
}

static bool same_end(const struct sim_end *a, const struct sim_end *b)
{
	return a->status == b->status && alike(a->words, b->words);
}

/* Whether @try fails as @end does: then both are what it came to. */
static bool fails(struct shrinking *s, struct sim_caps *try)
{
	if (time(NULL) >= s->until)
		return false;
	s->attempts++;
	attempt(s->seed, try, s->scratch);
	if (!same_end(s->scratch, &s->end))
		return false;
	s->caps = *try;
	s->end = *s->scratch;
	return true;
}

static bool fails_somehow(struct shrinking *s, struct sim_caps *try)
{
	u64 salt = try->salt;
	unsigned int i;

	for (i = 0; i < SALTS; i++) {
		try->salt = salt + i;
		if (fails(s, try))
			return true;
	}
	return false;
}

/* What a field is if nothing bounds it. */
static u64 present_value(struct shrinking *s, unsigned int i)
{
	u64 cap = *field(&s->caps, i);

	return min(cap, *field(&s->end.had, i));
}

static bool lower(struct shrinking *s, unsigned int i)
{
	u64 value = present_value(s, i), least = fields[i].least;
	struct sim_caps try = s->caps;

	if (value <= least)
		return false;
	*field(&try, i) = least;
	if (fails_somehow(s, &try))
		return true;
	if (value / 2 <= least)
		return false;
	try = s->caps;
	*field(&try, i) = value / 2;
	return fails_somehow(s, &try);
}

/* Of some that fail alike, the one that is over first. */
static void shorten(struct shrinking *s)
{
	struct shrinking best = *s;
	struct sim_caps try = s->caps;
	unsigned int i;

	for (i = 1; i < 5 * SALTS; i++) {
		try.salt = best.caps.salt + i;
		if (fails(s, &try) && s->end.steps < best.end.steps)
			best = *s;
	}
	s->caps = best.caps;
	s->end = best.end;
}

void shrink(struct shrinking *s, u64 seed)
{
	bool again;
	unsigned int i;

	s->seed = seed;
	s->attempts = 0;
	s->until = time(NULL) + SHRINK_SECONDS;
	s->caps = caps;
	attempt(seed, &s->caps, s->scratch);
	s->end = *s->scratch;
	s->before = s->end.steps;
	if (!s->end.status)
		return;
	do {
		again = false;
		for (i = 0; i < SALT; i++)
			again |= lower(s, i);
	} while (again);
	shorten(s);
}
