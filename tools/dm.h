/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What device-mapper is asked to do, and asked about.
 *
 * Each function returns 0 or a negative errno.  What libdevmapper has to say is
 * only shown with --debug: why a table is refused, the kernel's log says.
 */
#ifndef QUORUM_DM_H
#define QUORUM_DM_H

#include "table.h"
#include "tool.h"

#define DM_TARGET	"quorum"
#define DM_UUID_PREFIX	"QUORUM-"

/**
 * struct dm_device - what is known of a device
 * @name: its name
 * @uuid: dm's for it, "" if there is none
 * @major: its number
 * @minor: its number
 * @opens: how often it is open
 * @events: how many there were
 * @suspended: it is
 * @read_only: it is
 * @live: it has a table
 */
struct dm_device {
	char name[128];
	char uuid[130];
	unsigned int major;
	unsigned int minor;
	int opens;
	u32 events;
	bool suspended;
	bool read_only;
	bool live;
};

/**
 * struct dm_line - what a target says of itself
 * @start: first sector
 * @length: sectors
 * @type: which target
 * @params: status or table
 */
struct dm_line {
	u64 start;
	u64 length;
	char type[16];
	char *params;
};

/* How a device is resumed. */
enum dm_resume_flags {
	/* Nobody is to look at it. */
	DM_PRIVATE = 1,
	DM_READ_ONLY = 2,
};

void dm_setup(void);
int dm_version(unsigned int version[3]);
int dm_look(const char *name, struct dm_device *device);
int dm_names(struct dm_device **list, unsigned int *count);
int dm_status(const char *name, struct dm_line *line);
int dm_table(const char *name, struct dm_line *line);
int dm_create(const char *name, const char *uuid, struct dm_device *device);
int dm_load(const char *name, const struct dm_line *line, unsigned int flags);
int dm_suspend(const char *name);
int dm_resume(const char *name, unsigned int flags);
int dm_remove(const char *name, bool deferred);
int dm_message(const char *name, u64 sector, const char *message,
	       char **answer);

#endif /* QUORUM_DM_H */
