// SPDX-License-Identifier: GPL-2.0-only
/*
 * Progress, as cryptsetup shows it.
 */
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define EVERY_MS	500

u64 now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

void progress_begin(struct progress *p, const char *what, const char *device,
		    u64 done)
{
	memset(p, 0, sizeof(*p));
	p->what = what;
	p->device = device;
	p->start = now_ms();
	p->begun_at = done;
}

/* Sectors a second since it began. */
static u64 speed_of(const struct progress *p, u64 done)
{
	u64 time = now_ms() - p->start;

	return time && done > p->begun_at ?
	       (done - p->begun_at) * 1000 / time : 0;
}

static u64 eta_of(const struct progress *p, u64 done, u64 total)
{
	u64 speed = speed_of(p, done);

	return speed && total > done ? (total - done) * 1000 / speed : 0;
}

/* The keys, and numbers as strings, are cryptsetup's. */
static void show_json(const struct progress *p, u64 done, u64 total)
{
	printf("{\"device\":\"%s\",\"device_bytes\":\"%llu\",\"device_size\":\"%llu\",\"speed\":\"%llu\",\"eta_ms\":\"%llu\",\"time_ms\":\"%llu\"}\n",
	       p->device, done * SECTOR, total * SECTOR,
	       speed_of(p, done) * SECTOR, eta_of(p, done, total),
	       now_ms() - p->start);
	fflush(stdout);
}

static char *line_for(const struct progress *p, u64 done, u64 total,
		      const char *more)
{
	u64 eta = eta_of(p, done, total) / 1000;
	double speed = speed_of(p, done) / (double)MIB;

	return text("%s: %5.1f%%, ETA %02llum%02llus, %llu MiB %s, speed %.1f MiB/s%s",
		    p->what, total ? 100.0 * done / total : 100.0, eta / 60,
		    eta % 60, done / MIB,
		    !strcmp(p->what, "Wipe") ? "written" : "compared", speed,
		    more);
}

static void show_line(struct progress *p, u64 done, u64 total,
		      const char *more)
{
	char *line = line_for(p, done, total, more);
	int width = strlen(line);

	if (isatty(STDOUT_FILENO))
		printf("\r%s%*s", line,
		       p->width > width ? p->width - width : 0, "");
	else
		printf("%s\n", line);
	fflush(stdout);
	p->width = width;
	free(line);
}

/**
 * progress_show() - say how far it is, if it is time for that
 * @p: what
 * @done: sectors
 * @total: in all
 * @more: what else there is to say
 */
void progress_show(struct progress *p, u64 done, u64 total, const char *more)
{
	u64 every = manner.progress_every ? manner.progress_every * 1000 :
					    EVERY_MS;
	u64 now = now_ms();

	/* A log is not to be filled, unless somebody wants that. */
	if (!manner.progress_json && !manner.progress_every &&
	    !isatty(STDOUT_FILENO))
		return;
	if (now - p->last < every)
		return;
	p->last = now;
	if (manner.progress_json)
		show_json(p, done, total);
	else
		show_line(p, done, total, more);
}

/* The line is left as it is. */
void progress_break(struct progress *p)
{
	if (p->width && isatty(STDOUT_FILENO))
		putchar('\n');
	p->width = 0;
}

/* The line that stays. */
void progress_end(struct progress *p, u64 done, u64 total, const char *more)
{
	u64 time = (now_ms() - p->start) / 1000;

	if (manner.progress_json) {
		show_json(p, done, total);
		return;
	}
	if (p->width && isatty(STDOUT_FILENO))
		printf("\r%*s\r", p->width, "");
	say("%s: finished, %llu MiB in %02llum%02llus, speed %.1f MiB/s%s",
	    p->what, done / MIB, time / 60, time % 60,
	    speed_of(p, done) / (double)MIB, more);
}
