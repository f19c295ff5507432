/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How far something is: a line on a terminal, JSON, or nothing until the end.
 */
#ifndef QUORUM_PROGRESS_H
#define QUORUM_PROGRESS_H

#include "tool.h"

/**
 * struct progress - something that takes long
 * @what: it
 * @device: of what
 * @start: when it began, in milliseconds
 * @begun_at: where it was then
 * @last: when it was last shown
 * @width: of the line on the terminal
 */
struct progress {
	const char *what;
	const char *device;
	u64 start;
	u64 begun_at;
	u64 last;
	int width;
};

u64 now_ms(void);
void progress_begin(struct progress *p, const char *what, const char *device,
		    u64 done);
void progress_show(struct progress *p, u64 done, u64 total, const char *more);
void progress_end(struct progress *p, u64 done, u64 total, const char *more);
void progress_break(struct progress *p);

#endif /* QUORUM_PROGRESS_H */
