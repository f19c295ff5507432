/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A block device that is, or is to be, a leg.
 */
#ifndef QUORUM_LEG_H
#define QUORUM_LEG_H

#include "dm-quorum-format.h"
#include "tool.h"

#include <sys/types.h>

/* What is left out at the end of a leg, lest it be taken for what is in it. */
#define LEG_TAIL	MIB

/**
 * struct leg - a device
 * @path: as the user or the system calls it
 * @fd: open, or -1
 * @major: its number
 * @minor: its number
 * @sectors: its size
 * @block: bytes of a logical block
 * @read_only: it cannot be written
 * @file: it is a regular file
 * @slot: what was read of the superblocks
 * @answer: what that is
 */
struct leg {
	char *path;
	int fd;
	unsigned int major;
	unsigned int minor;
	u64 sectors;
	unsigned int block;
	bool read_only;
	bool file;
	struct quorum_disk_super *slot;
	struct quorum_answer answer;
};

/* How a leg is opened. */
enum leg_flags {
	LEG_READ = 0,
	LEG_WRITE = 1,
	/* Nobody else may have it. */
	LEG_ALONE = 2,
	/* An image of one will do. */
	LEG_FILE = 4,
	/* If it does not work, say nothing. */
	LEG_QUIET = 8,
};

int leg_open(struct leg *leg, const char *path, unsigned int flags);
void leg_close(struct leg *leg);
void leg_free(struct leg *leg);
int leg_read_super(struct leg *leg);
const struct quorum_disk_super *leg_super(const struct leg *leg);
bool leg_is_same(const struct leg *a, const struct leg *b);
char *leg_content(struct leg *leg);
int leg_zero(struct leg *leg, u64 sector, u64 sectors);

/* sysfs.c: what the system knows of a device. */
char *sysfs_text(unsigned int major, unsigned int minor, const char *file);
void sysfs_tell_udev(unsigned int major, unsigned int minor,
		     const char *set_uuid);
char *sysfs_path(unsigned int major, unsigned int minor);
char *sysfs_disk(unsigned int major, unsigned int minor);
char *sysfs_holder(unsigned int major, unsigned int minor);
bool sysfs_is_below(unsigned int major, unsigned int minor,
		    unsigned int top_major, unsigned int top_minor);
int sysfs_each_block(int (*call)(const char *path, void *context),
		     void *context);

#endif /* QUORUM_LEG_H */
