// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's log: what it says of a device since some moment.
 */
#include "kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Notes where the log ends now. */
void kmsg_begin(struct kmsg *log)
{
	log->fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (log->fd >= 0)
		lseek(log->fd, 0, SEEK_END);
}

/* A record is a head, ";", the text, and lines of no interest. */
static char *text_of(char *record)
{
	char *start = strchr(record, ';');

	if (!start)
		return NULL;
	start[1 + strcspn(start + 1, "\n")] = '\0';
	return start + 1;
}

/* "device-mapper: table: M:m: " or "device-mapper: quorum: M:m: ". */
static const char *about(const char *line, const char *number)
{
	static const char *const before[] = {
		"device-mapper: table: ", "device-mapper: quorum: ",
		"device-mapper: ioctl: ", "device-mapper: core: ",
	};
	size_t i, length = strlen(number);

	for (i = 0; i < COUNT(before); i++) {
		const char *at = line + strlen(before[i]);

		if (strncmp(line, before[i], strlen(before[i])) ||
		    strncmp(at, number, length))
			continue;
		at += length;
		return at + 2 * !strncmp(at, ": ", 2);
	}
	return NULL;
}

/**
 * kmsg_end() - say what was logged about a device
 * @log: since when; it ends here
 * @major: the device's number
 * @minor: the device's number
 *
 * Return: the lines, without what they all begin with; to be freed.
 */
char *kmsg_end(struct kmsg *log, unsigned int major, unsigned int minor)
{
	char *lines = NULL, *number = text("%u:%u", major, minor);
	size_t size;
	FILE *out = must(open_memstream(&lines, &size));
	char record[8192];
	ssize_t got;

	while (log->fd >= 0) {
		const char *line;

		got = read(log->fd, record, sizeof(record) - 1);
		/* Some were overwritten before they could be read. */
		if (got < 0 && errno == EPIPE)
			continue;
		if (got <= 0)
			break;
		record[got] = '\0';
		line = text_of(record);
		line = line ? about(line, number) : NULL;
		if (line && *line)
			fprintf(out, "%s\n", line);
	}
	fclose(out);
	free(number);
	if (log->fd >= 0)
		close(log->fd);
	return must(lines);
}
