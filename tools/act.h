/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Things done with a device, and explained if they fail.
 *
 * Functions return 0 or the code to end with, and the user has been told why.
 */
#ifndef QUORUM_ACT_H
#define QUORUM_ACT_H

#include "dm.h"
#include "set.h"
#include "status.h"
#include "table.h"

/* version.c */
int need_target(void);

/* lock.c: held until the program ends. */
int lock_name(const char *name);
bool lock_try(const char *name);

/* activate.c */
int check_name(const char *name);
int activate(const char *name, const char *uuid, u64 length,
	     const struct table *table, unsigned int flags);
char *make_dm_uuid(const char *set_uuid, const char *name);
int deactivate(const char *name, bool deferred);

/* look.c: what is there. */

/**
 * struct look - a device, looked at
 * @device: what dm knows
 * @status: what the target says
 * @length: sectors
 * @table: its table
 */
struct look {
	struct dm_device device;
	struct status status;
	u64 length;
	struct table table;
};

int look_at(const char *name, struct look *look);
bool look_quietly(const char *name, struct look *look);
void look_free(struct look *look);
int look_all(char ***names, unsigned int *count);
void look_free_all(char **names, unsigned int count);
char *look_active(const char *set_uuid);
int look_leg(const struct look *look, const char *word, unsigned int *leg);
char *look_leg_path(const struct look *look, unsigned int leg);
int tell(const char *name, const char *message, char **answer);
int tell_or_refuse(const struct look *look, const char *message);

/* swap.c: another table for a device in use. */

/* Changes a table; returns 0 or the code to end with. */
typedef int (*swap_change)(struct table *table, void *context);

int swap_table(const char *name, swap_change change, void *context);

#endif /* QUORUM_ACT_H */
