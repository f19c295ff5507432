// SPDX-License-Identifier: GPL-2.0-only
/* The seed, and all that comes from it; what happens, and what went wrong. */
#include <unistd.h>

#include "hooks.h"
#include "sim.h"

u64 sim_seed;
bool sim_tracing;
struct sim_cover cover;
/* Tells more of a run that failed; or NULL. */
void (*sim_about)(FILE *to);
static char own_words[SIM_WORDS];
char *sim_words = own_words;
static u64 state;

void sim_seed_set(u64 seed)
{
	sim_seed = seed;
	state = seed * 0x2545f4914f6cdd1dULL + 1;
}

void sim_seed_salt(u64 salt)
{
	state ^= salt * 0xd1342543de82ef95ULL;
}

static u64 next(u64 *s)
{
	u64 z = *s += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

u64 rnd(void)
{
	return next(&state);
}

u64 rnd_below(u64 n)
{
	return n ? (u64)(((__uint128_t)rnd() * n) >> 64) : 0;
}

u64 rnd_range(u64 least, u64 most)
{
	return least + rnd_below(most - least + 1);
}

bool rnd_chance(unsigned int percent)
{
	return rnd_below(100) < percent;
}

bool rnd_permille(unsigned int permille)
{
	return permille && rnd_below(1000) < permille;
}

/* Leaks are counted per run; memory is reused soon, which is faster. */
const char *__asan_default_options(void)
{
	return "detect_leaks=0\n"
	       "quarantine_size_mb=8\n"
	       "malloc_context_size=6\n"
	       "max_malloc_fill_size=0\n"
	       "abort_on_error=0";
}

/*
 * Saying what happens.
 */

void sim_trace(const char *fmt, ...)
{
	va_list args;

	printf("%10llu.%03llu cpu%d %s#%u: ", sim_now / 1000, sim_now % 1000,
	       sim_me->cpu, sim_me->name, sim_me->id);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
}

/* Skip the arguments that come before @end of a format. */
static void skip_args(const char *fmt, const char *end, va_list *args)
{
	for (; fmt < end; fmt++) {
		if (*fmt != '%')
			continue;
		fmt += 1 + strspn(fmt + 1, "-0123456789");
		if (*fmt == 's')
			(void)va_arg(*args, char *);
		else if (*fmt == 'l')
			(void)va_arg(*args, u64);
		else if (*fmt != '%')
			(void)va_arg(*args, unsigned int);
	}
}

/* Only the kernel knows %pV: it is shown instead of the rest. */
void sim_printk(const char *fmt, ...)
{
	const char *at = strstr(fmt, "%pV");
	struct va_format *vaf;
	va_list args;
	char text[256];

	if (!sim_tracing)
		return;
	va_start(args, fmt);
	if (at) {
		skip_args(fmt, at, &args);
		vaf = va_arg(args, struct va_format *);
		vsnprintf(text, sizeof(text), vaf->fmt, *vaf->va);
	} else {
		vsnprintf(text, sizeof(text), fmt, args);
	}
	va_end(args);
	trace("log: %s", text);
}

void sim_fail(const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	va_start(args, fmt);
	vsnprintf(sim_words, SIM_WORDS, fmt, args);
	va_end(args);
	fprintf(stderr, "seed %llu: %s\n", sim_seed, sim_words);
	if (sim_about)
		sim_about(stderr);
	sched_report(stderr);
	fflush(NULL);
	_exit(1);
}
