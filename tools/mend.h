/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef QUORUM_MEND_H
#define QUORUM_MEND_H

#include "act.h"

/* change.c: have a device alone, and look at it. */
int begin_change(const char *name, struct look *look);

#endif /* QUORUM_MEND_H */
