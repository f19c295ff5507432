/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happened to a set, and who is told.
 */
#ifndef QUORUM_MONITOR_H
#define QUORUM_MONITOR_H

#include "act.h"
#include "options.h"

#define NO_LEG		(~0U)

/**
 * struct event - something that happened
 * @name: what
 * @device: to which device
 * @leg: to which leg, or NO_LEG
 * @path: the leg's device
 * @report: if it is one, else NULL
 * @detail: a few words on it, or ""
 */
struct event {
	const char *name;
	const char *device;
	unsigned int leg;
	const char *path;
	const struct report *report;
	const char *detail;
};

/**
 * struct outlet - who is told
 * @json: in lines of JSON
 * @syslog: the system's log, too
 * @program: run for each
 */
struct outlet {
	bool json;
	bool syslog;
	const char *program;
};

void outlet_open(const struct outlet *outlet);
void outlet_tell(const struct outlet *outlet, const struct event *event);

/**
 * struct watched - a device as it was
 * @name: its name
 * @seen: it is there
 * @look: how it was
 * @last_seq: newest report that was told
 * @percent: of an action that was told, in steps of 20
 */
struct watched {
	char *name;
	bool seen;
	struct look look;
	u64 last_seq;
	unsigned int percent;
};

/* watch.c: what is different now. */
void watch_begin(struct watched *watched, const struct outlet *outlet);
void watch_again(struct watched *watched, struct look *now,
		 const struct outlet *outlet);
bool watch_is_busy(const struct watched *watched);

#endif /* QUORUM_MONITOR_H */
