/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef QUORUM_VERBS_H
#define QUORUM_VERBS_H

#include "options.h"

/* All verbs, ended by one without a name. */
extern const struct verb verbs[];

const struct verb *verb_named(const char *name);

#endif /* QUORUM_VERBS_H */
