// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events told: as text or JSON, to the system's log, to a program.
 */
#include "monitor.h"
#include "show.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

void outlet_open(const struct outlet *outlet)
{
	if (outlet->syslog)
		openlog(PROGRAM, LOG_PID, LOG_DAEMON);
}

static void now_text(char made[32])
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(made, 32, "%FT%TZ", &tm);
}

/* Device, leg, and what is known; to be freed. */
static char *words_of(const struct event *event)
{
	const struct report *report = event->report;
	char *where = NULL, *what = NULL, *all;

	if (event->leg != NO_LEG)
		where = text(" leg %u %s", event->leg, event->path);
	if (report)
		what = text(": sectors %llu+%llu%s%s", report->sector,
			    report->sectors, report->error ? ", " : "",
			    report->error ? strerror(report->error) : "");
	else if (*event->detail)
		what = text(": %s", event->detail);
	all = text("%s %s%s%s", event->name, event->device,
		   where ? where : "", what ? what : "");
	free(where);
	free(what);
	return all;
}

static void add_text(struct json_object *object, const char *key,
		     const char *value)
{
	json_object_object_add(object, key, json_object_new_string(value));
}

static void add_report(struct json_object *made, const struct report *report)
{
	json_object_object_add(made, "seq",
			       json_object_new_uint64(report->seq));
	json_object_object_add(made, "sector",
			       json_object_new_uint64(report->sector));
	json_object_object_add(made, "sectors",
			       json_object_new_uint64(report->sectors));
	json_object_object_add(made, "errno",
			       json_object_new_int(report->error));
}

static void print_json(const struct event *event, const char *time)
{
	struct json_object *made = json_object_new_object();

	add_text(made, "time", time);
	add_text(made, "event", event->name);
	add_text(made, "device", event->device);
	if (event->leg != NO_LEG) {
		json_object_object_add(made, "leg",
				       json_object_new_int(event->leg));
		add_text(made, "path", event->path);
	}
	if (event->report)
		add_report(made, event->report);
	else if (*event->detail)
		add_text(made, "detail", event->detail);
	json_print(made, false);
}

static void set_number(const char *key, u64 value)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%llu", value);
	setenv(key, digits, 1);
}

/* In the child. */
static void set_environment(const struct event *event, const char *time)
{
	char *path = text("/dev/mapper/%s", event->device);

	setenv("QUORUM_TIME", time, 1);
	setenv("QUORUM_EVENT", event->name, 1);
	setenv("QUORUM_DEVICE", event->device, 1);
	setenv("QUORUM_DEVICE_PATH", path, 1);
	setenv("QUORUM_DETAIL", event->detail, 1);
	free(path);
	if (event->leg != NO_LEG) {
		set_number("QUORUM_LEG", event->leg);
		setenv("QUORUM_LEG_PATH", event->path, 1);
	}
	if (event->report) {
		set_number("QUORUM_SEQ", event->report->seq);
		set_number("QUORUM_SECTOR", event->report->sector);
		set_number("QUORUM_SECTORS", event->report->sectors);
		set_number("QUORUM_ERRNO", event->report->error);
	}
}

static void become_program(const char *program, const struct event *event,
			   const char *time)
{
	char leg[16] = "";

	if (event->leg != NO_LEG)
		snprintf(leg, sizeof(leg), "%u", event->leg);
	set_environment(event, time);
	signal(SIGPIPE, SIG_DFL);
	execl(program, program, event->name, event->device,
	      *leg ? leg : NULL, NULL);
	_exit(127);
}

/* One after the other, in the order in which things happened. */
static void run_program(const char *program, const struct event *event,
			const char *time)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		become_program(program, event, time);
	if (pid < 0) {
		warn("%s: Cannot be run: %s.", program, strerror(errno));
		return;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		warn("%s: Cannot be run.", program);
}

static int priority_of(const char *name)
{
	static const char *const good[] = {
		"NewDevice", "LegInSync", "LegReinstated", "SyncStarted",
		"Sync20", "Sync40", "Sync60", "Sync80", "SyncFinished",
		"Test", "Settled",
	};
	size_t i;

	for (i = 0; i < COUNT(good); i++)
		if (!strcmp(name, good[i]))
			return LOG_NOTICE;
	return LOG_WARNING;
}

void outlet_tell(const struct outlet *outlet, const struct event *event)
{
	char *words = words_of(event), time[32];

	now_text(time);
	if (outlet->json)
		print_json(event, time);
	else
		say("%s %s", time, words);
	fflush(stdout);
	if (outlet->syslog)
		syslog(priority_of(event->name), "%s", words);
	if (outlet->program)
		run_program(outlet->program, event, time);
	free(words);
}
