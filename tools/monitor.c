// SPDX-License-Identifier: GPL-2.0-only
/*
 * The action "monitor": all devices watched by one program, which sleeps until
 * device-mapper has something to say.
 */
#include "events.h"
#include "monitor.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BUSY_MS		1000

/**
 * struct monitor - all that is watched
 * @outlet: who is told
 * @only: names, if not all are meant
 * @nr_only: how many
 * @test: tell of a test, too
 * @count: devices
 * @watched: these
 */
struct monitor {
	struct outlet outlet;
	char **only;
	int nr_only;
	bool test;
	unsigned int count;
	struct watched *watched;
};

static bool is_meant(const struct monitor *monitor, const char *name)
{
	int i;

	for (i = 0; i < monitor->nr_only; i++)
		if (!strcmp(monitor->only[i], name))
			return true;
	return !monitor->nr_only;
}

static struct watched *find(struct monitor *monitor, const char *name)
{
	unsigned int i;

	for (i = 0; i < monitor->count; i++)
		if (!strcmp(monitor->watched[i].name, name))
			return &monitor->watched[i];
	return NULL;
}

static void tell_plain(const struct monitor *monitor, const char *name,
		       const char *device)
{
	struct event event = {
		.name = name,
		.device = device,
		.leg = NO_LEG,
		.detail = "",
	};

	outlet_tell(&monitor->outlet, &event);
}

static void begin(struct monitor *monitor, const char *name,
		  struct look *look)
{
	struct watched *watched;

	monitor->watched = must(reallocarray(monitor->watched,
					     monitor->count + 1,
					     sizeof(*monitor->watched)));
	watched = &monitor->watched[monitor->count++];
	*watched = (struct watched) {
		.name = must(strdup(name)),
		.seen = true,
		.look = *look,
	};
	watch_begin(watched, &monitor->outlet);
	if (monitor->test)
		tell_plain(monitor, "Test", name);
}

/* A name that was given to another device is not the same device. */
static bool is_same(const struct watched *watched, const struct look *look)
{
	return !strcmp(watched->look.device.uuid, look->device.uuid) &&
	       watched->look.device.major == look->device.major &&
	       watched->look.device.minor == look->device.minor;
}

static void forget(struct monitor *monitor, struct watched *watched)
{
	tell_plain(monitor, "DeviceDisappeared", watched->name);
	free(watched->name);
	look_free(&watched->look);
	*watched = monitor->watched[--monitor->count];
}

static void look_at_name(struct monitor *monitor, const char *name)
{
	struct watched *watched = find(monitor, name);
	struct look look;

	/* One that cannot be looked at now may be on its way. */
	if (!look_quietly(name, &look)) {
		look_free(&look);
		return;
	}
	if (watched && !is_same(watched, &look)) {
		forget(monitor, watched);
		watched = NULL;
	}
	if (!watched) {
		begin(monitor, name, &look);
		return;
	}
	watched->seen = true;
	watch_again(watched, &look, &monitor->outlet);
}

static void forget_gone(struct monitor *monitor)
{
	unsigned int i = 0;

	while (i < monitor->count) {
		if (monitor->watched[i].seen)
			i++;
		else
			forget(monitor, &monitor->watched[i]);
	}
}

static int look_once(struct monitor *monitor)
{
	unsigned int count, i;
	char **names;
	int r;

	for (i = 0; i < monitor->count; i++)
		monitor->watched[i].seen = false;
	r = look_all(&names, &count);
	if (r)
		return r;
	for (i = 0; i < count; i++)
		if (is_meant(monitor, names[i]))
			look_at_name(monitor, names[i]);
	look_free_all(names, count);
	forget_gone(monitor);
	return 0;
}

static bool is_busy(const struct monitor *monitor)
{
	unsigned int i;

	for (i = 0; i < monitor->count; i++)
		if (watch_is_busy(&monitor->watched[i]))
			return true;
	return false;
}

/* Those that the user names, and that are not there. */
static void tell_absent(struct monitor *monitor)
{
	int i;

	for (i = 0; i < monitor->nr_only; i++)
		if (!find(monitor, monitor->only[i]))
			tell_plain(monitor, "DeviceDisappeared",
				   monitor->only[i]);
}

static int watch_all(struct monitor *monitor, bool once)
{
	struct events events;
	int r;

	if (events_open(&events))
		return fail(END_PERMISSION, "Only root may do that.");
	events_arm(&events);
	r = look_once(monitor);
	tell_absent(monitor);
	while (!r && !once && !interrupted() && !ferror(stdout)) {
		events_wait(&events, is_busy(monitor) ? BUSY_MS : -1);
		events_arm(&events);
		if (!interrupted())
			r = look_once(monitor);
	}
	events_close(&events);
	return r;
}

int run_monitor(const struct args *args)
{
	struct monitor monitor = {
		.outlet = {
			.json = given(args, OPT_JSON),
			.syslog = given(args, OPT_SYSLOG),
			.program = args->value[OPT_PROGRAM],
		},
		.only = args->word,
		.nr_only = args->count,
		.test = given(args, OPT_TEST),
	};
	int r = 0;

	if (monitor.outlet.program && access(monitor.outlet.program, X_OK))
		return fail(END_PARAMETERS, "--program %s: Cannot be run.",
			    monitor.outlet.program);
	r = need_target();
	if (r)
		return r;
	outlet_open(&monitor.outlet);
	r = watch_all(&monitor, given(args, OPT_ONESHOT));
	while (monitor.count) {
		struct watched *watched = &monitor.watched[--monitor.count];

		free(watched->name);
		look_free(&watched->look);
	}
	free(monitor.watched);
	return r;
}
