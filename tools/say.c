// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the tool speaks: what is asked for goes to stdout, all else to stderr.
 */
#include "tool.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct manner manner;

static volatile sig_atomic_t got_signal;

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static void complain(const char *before, const char *format, va_list args)
{
	fflush(stdout);
	fputs(before, stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

/* Something that belongs to what was said before. */
void hint(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain("  ", format, args);
	va_end(args);
}

void warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain("WARNING: ", format, args);
	va_end(args);
}

void debug(const char *format, ...)
{
	va_list args;

	if (!manner.debug)
		return;
	va_start(args, format);
	complain("# ", format, args);
	va_end(args);
}

/* A command that would do what is not done. */
void would(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

/* Returns @code, for those who fail. */
int fail(int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(PROGRAM ": ", format, args);
	va_end(args);
	return code;
}

/* What an errno, positive or negative, means for how the program ends. */
int code_of(int error)
{
	switch (abs(error)) {
	case 0:
		return END_GOOD;
	case EPERM:
	case EACCES:
		return END_PERMISSION;
	case ENOMEM:
		return END_MEMORY;
	case EBUSY:
	case EEXIST:
	case ETXTBSY:
		return END_BUSY;
	case ENODEV:
	case ENXIO:
	case ENOENT:
	case ENOTBLK:
	case EIO:
	case EROFS:
	case ENOSPC:
		return END_DEVICE;
	case EINTR:
		return END_INTERRUPTED;
	default:
		return END_REFUSED;
	}
}

void *must(void *memory)
{
	if (!memory)
		exit(fail(END_MEMORY, "Out of memory."));
	return memory;
}

/* A text of its own, to be freed. */
char *text(const char *format, ...)
{
	va_list args;
	char *made;
	int length;

	va_start(args, format);
	length = vasprintf(&made, format, args);
	va_end(args);
	return must(length < 0 ? NULL : made);
}

static void note_signal(int signal)
{
	got_signal = signal;
}

/* Nothing is left half done: whoever waits looks at interrupted(). */
void catch_signals(void)
{
	struct sigaction action = { .sa_handler = note_signal };

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
}

bool interrupted(void)
{
	return got_signal;
}

/**
 * ask() - have the user confirm something that cannot be undone
 * @question: about what
 *
 * Return: 0, or the code to end with.
 */
int ask(const char *question)
{
	char answer[16] = "";

	if (manner.batch || manner.dry_run)
		return 0;
	fflush(stdout);
	fprintf(stderr, "%s\nAre you sure? (Type 'yes' in capital letters): ",
		question);
	if (fgets(answer, sizeof(answer), stdin) && !strcmp(answer, "YES\n"))
		return 0;
	if (interrupted())
		return END_INTERRUPTED;
	return fail(END_PARAMETERS, "Nothing was done.");
}
