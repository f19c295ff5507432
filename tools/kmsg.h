/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why the kernel refuses something: its log says so.
 */
#ifndef QUORUM_KMSG_H
#define QUORUM_KMSG_H

#include "tool.h"

/**
 * struct kmsg - a place in the log
 * @fd: where it is read from; -1 if it cannot be
 */
struct kmsg {
	int fd;
};

void kmsg_begin(struct kmsg *log);
char *kmsg_end(struct kmsg *log, unsigned int major, unsigned int minor);

int refused(const char *name, int error, const char *lines);
void refusal_hints(const char *lines);

#endif /* QUORUM_KMSG_H */
