/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waiting until something happens to any device of device-mapper.
 */
#ifndef QUORUM_EVENTS_H
#define QUORUM_EVENTS_H

#include "tool.h"

/**
 * struct events - a wait
 * @fd: of the control device
 * @deaf: the kernel cannot tell: one has to look now and then
 */
struct events {
	int fd;
	bool deaf;
};

int events_open(struct events *events);
void events_arm(struct events *events);
void events_wait(struct events *events, int milliseconds);
void events_close(struct events *events);

#endif /* QUORUM_EVENTS_H */
