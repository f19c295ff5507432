// SPDX-License-Identifier: GPL-2.0-only
/*
 * A leg: opened, read, zeroed.
 */
#include "leg.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define CHUNK	(1024 * 1024)

static int refuse(struct leg *leg, unsigned int flags, int code,
		  const char *why)
{
	leg_close(leg);
	if (flags & LEG_QUIET)
		return code;
	return fail(code, "%s: %s.", leg->path, why);
}

/* Who has a device that cannot be had alone. */
static int refuse_busy(struct leg *leg, unsigned int flags)
{
	struct stat st;
	char *holder = NULL;

	refuse(leg, flags, END_BUSY,
	       "Is in use by a file system or another device");
	if (!(flags & LEG_QUIET) && !stat(leg->path, &st))
		holder = sysfs_holder(major(st.st_rdev), minor(st.st_rdev));
	if (holder)
		hint("by %s; see lsblk %s", holder, leg->path);
	free(holder);
	return END_BUSY;
}

static int refuse_open(struct leg *leg, unsigned int flags, int error)
{
	if (error == EBUSY)
		return refuse_busy(leg, flags);
	if (error == EACCES || error == EPERM)
		return refuse(leg, flags, END_PERMISSION,
			      geteuid() ? "Only root may do that" :
					  strerror(error));
	return refuse(leg, flags, END_DEVICE, strerror(error));
}

static int look_at_device(struct leg *leg, const struct stat *st)
{
	unsigned long long bytes;
	int block, ro = 0;

	leg->major = major(st->st_rdev);
	leg->minor = minor(st->st_rdev);
	if (ioctl(leg->fd, BLKGETSIZE64, &bytes) ||
	    ioctl(leg->fd, BLKSSZGET, &block))
		return errno;
	ioctl(leg->fd, BLKROGET, &ro);
	leg->sectors = bytes / SECTOR;
	leg->block = block;
	leg->read_only = ro;
	return 0;
}

/* A table is made of words, and the kernel may look for a path elsewhere. */
static void use_plain_path(struct leg *leg)
{
	if (*leg->path == '/' && !strpbrk(leg->path, " \t\n\\'\""))
		return;
	free(leg->path);
	leg->path = sysfs_path(leg->major, leg->minor);
}

static int look(struct leg *leg, unsigned int flags)
{
	struct stat st;
	int r;

	if (fstat(leg->fd, &st))
		return refuse_open(leg, flags, errno);
	if (S_ISBLK(st.st_mode)) {
		r = look_at_device(leg, &st);
		if (r)
			return refuse_open(leg, flags, r);
		use_plain_path(leg);
		return 0;
	}
	if (!S_ISREG(st.st_mode) || !(flags & LEG_FILE))
		return refuse(leg, flags, END_DEVICE,
			      "Is not a block device");
	leg->file = true;
	leg->major = 0;
	leg->minor = st.st_ino;
	leg->sectors = st.st_size / SECTOR;
	leg->block = SECTOR;
	return 0;
}

/**
 * leg_open() - open a leg
 * @leg: set by this; to be freed whatever comes of it
 * @path: of the device
 * @flags: how
 *
 * Return: 0, or the code to end with, and the user has been told why.
 */
int leg_open(struct leg *leg, const char *path, unsigned int flags)
{
	int mode = (flags & LEG_WRITE ? O_RDWR : O_RDONLY) | O_CLOEXEC |
		   O_NONBLOCK;
	struct stat st;

	memset(leg, 0, sizeof(*leg));
	leg->fd = -1;
	leg->path = must(strdup(path));
	/* Other things may do something when they are opened. */
	if (stat(path, &st))
		return refuse_open(leg, flags, errno);
	if (!S_ISBLK(st.st_mode) && !S_ISREG(st.st_mode))
		return refuse(leg, flags, END_DEVICE, "Is not a block device");
	if (flags & LEG_ALONE && S_ISBLK(st.st_mode))
		mode |= O_EXCL;
	leg->fd = open(path, mode);
	if (leg->fd < 0)
		return refuse_open(leg, flags, errno);
	return look(leg, flags);
}

void leg_close(struct leg *leg)
{
	if (leg->fd >= 0)
		close(leg->fd);
	leg->fd = -1;
}

void leg_free(struct leg *leg)
{
	leg_close(leg);
	free(leg->path);
	free(leg->slot);
	leg->path = NULL;
	leg->slot = NULL;
}

bool leg_is_same(const struct leg *a, const struct leg *b)
{
	return a->file == b->file && a->major == b->major &&
	       a->minor == b->minor;
}

/* Around the page cache, which does not know what the kernel wrote. */
static void *read_slot(struct leg *leg, int fd, u32 slot)
{
	struct quorum_disk_super *sb = leg->slot + slot;
	off_t at = quorum_super_sector(slot) * SECTOR;

	return pread(fd, sb, sizeof(*sb), at) == sizeof(*sb) ? sb : NULL;
}

/**
 * leg_read_super() - find out what a leg is
 * @leg: open; leg->answer is set
 *
 * Return: 0 or an errno: it is no device to be read.
 */
int leg_read_super(struct leg *leg)
{
	int fd = leg->fd, direct;
	char path[32];
	u32 slot;

	if (!leg->slot)
		leg->slot = must(aligned_alloc(QUORUM_DISK_UNIT,
					       2 * QUORUM_DISK_UNIT));
	memset(&leg->answer, 0, sizeof(leg->answer));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", leg->fd);
	direct = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (direct >= 0)
		fd = direct;
	if (leg->sectors >= quorum_super_sector(1) + QUORUM_DISK_SECTORS)
		for (slot = 0; slot < 2; slot++)
			quorum_super_choose(&leg->answer,
					    read_slot(leg, fd, slot), slot);
	if (direct >= 0)
		close(direct);
	return 0;
}

/* What a leg knows, or at least who it is; NULL if it is none. */
const struct quorum_disk_super *leg_super(const struct leg *leg)
{
	return leg->answer.super;
}

/*
 * What else is there.
 */

static char *describe(blkid_probe probe)
{
	const char *type = NULL, *label = NULL;

	if (blkid_probe_lookup_value(probe, "TYPE", &type, NULL) &&
	    blkid_probe_lookup_value(probe, "PTTYPE", &type, NULL))
		return must(strdup("something"));
	blkid_probe_lookup_value(probe, "LABEL", &label, NULL);
	return label ? text("%s \"%s\"", type, label) :
		       must(strdup(type));
}

/* What blkid takes a leg for; NULL if it finds nothing.  To be freed. */
char *leg_content(struct leg *leg)
{
	blkid_probe probe = blkid_new_probe();
	char *found = NULL;

	if (!probe || blkid_probe_set_device(probe, leg->fd, 0, 0))
		goto out;
	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE |
						 BLKID_SUBLKS_LABEL |
						 BLKID_SUBLKS_BADCSUM);
	blkid_probe_enable_partitions(probe, 1);
	if (!blkid_do_probe(probe))
		found = describe(probe);
out:
	blkid_free_probe(probe);
	return found;
}

static int write_zeroes(int fd, u64 start, u64 bytes)
{
	static char zeroes[CHUNK];

	while (bytes) {
		size_t part = bytes < CHUNK ? bytes : CHUNK;
		ssize_t done = pwrite(fd, zeroes, part, start);

		if (done <= 0)
			return done ? errno : ENOSPC;
		start += done;
		bytes -= done;
	}
	return 0;
}

/* Some sectors become zero.  Returns 0 or an errno. */
int leg_zero(struct leg *leg, u64 sector, u64 sectors)
{
	unsigned long long range[] = { sector * SECTOR, sectors * SECTOR };

	if (!leg->file && !ioctl(leg->fd, BLKZEROOUT, range))
		return 0;
	return write_zeroes(leg->fd, range[0], range[1]);
}
