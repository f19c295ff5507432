// SPDX-License-Identifier: GPL-2.0-only
/*
 * What sysfs knows of block devices.
 */
#include "leg.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A file about a device, without the end of its line; NULL if there is none. */
char *sysfs_text(unsigned int major, unsigned int minor, const char *file)
{
	char *path = text("/sys/dev/block/%u:%u/%s", major, minor, file);
	FILE *in = fopen(path, "re");
	char line[256];
	char *got = NULL;

	free(path);
	if (!in)
		return NULL;
	if (fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\n")] = '\0';
		got = must(strdup(line));
	}
	fclose(in);
	return got;
}

/*
 * Has udev look at a device again: what the kernel writes to a leg, it does not
 * notice.  Its rule is told whose leg that now is, and not to open anything.
 */
void sysfs_tell_udev(unsigned int major, unsigned int minor,
		     const char *set_uuid)
{
	char *path = text("/sys/dev/block/%u:%u/uevent", major, minor);
	FILE *out = fopen(path, "we");

	free(path);
	if (!out)
		return;
	fprintf(out, "change %s QUORUM=made", set_uuid);
	fclose(out);
}

/* Where a folder of sysfs, named by a device's number, really is. */
static char *folder_of(unsigned int major, unsigned int minor)
{
	char *path = text("/sys/dev/block/%u:%u", major, minor);
	char *real = realpath(path, NULL);

	free(path);
	return real;
}

/* What the system calls a device. */
char *sysfs_path(unsigned int major, unsigned int minor)
{
	char *mapped = sysfs_text(major, minor, "dm/name");
	char *folder = folder_of(major, minor), *path, *p;

	if (mapped && *mapped)
		path = text("/dev/mapper/%s", mapped);
	else if (folder)
		path = text("/dev/%s", strrchr(folder, '/') + 1);
	else
		path = text("%u:%u", major, minor);
	for (p = path + 1; (p = strchr(p, '!'));)
		*p = '/';
	/* udev may not have made that one. */
	if (mapped && folder && access(path, F_OK)) {
		free(path);
		path = text("/dev/%s", strrchr(folder, '/') + 1);
	}
	free(mapped);
	free(folder);
	return path;
}

/* The only thing in a folder; NULL if there are none, or several. */
static char *only_one_in(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char *found = NULL;
	int count = 0;

	while (dir && (entry = readdir(dir))) {
		if (*entry->d_name == '.')
			continue;
		free(found);
		found = must(strdup(entry->d_name));
		count++;
	}
	if (dir)
		closedir(dir);
	if (count > 1) {
		free(found);
		found = NULL;
	}
	return found;
}

static bool has_file(const char *folder, const char *file)
{
	char *path = text("%s/%s", folder, file);
	bool has = !access(path, F_OK);

	free(path);
	return has;
}

/*
 * The disk that a device is on: partitions, and mappings to one device, are
 * looked through.  It has no meaning but to be compared.
 */
char *sysfs_disk(unsigned int major, unsigned int minor)
{
	char *folder = folder_of(major, minor);
	int depth;

	for (depth = 0; folder && depth < 16; depth++) {
		char *next = NULL, *slaves, *slave;

		if (has_file(folder, "partition")) {
			*strrchr(folder, '/') = '\0';
			continue;
		}
		slaves = text("%s/slaves", folder);
		slave = only_one_in(slaves);
		if (slave) {
			char *path = text("%s/%s", slaves, slave);

			next = realpath(path, NULL);
			free(path);
		}
		free(slave);
		free(slaves);
		if (!next)
			break;
		free(folder);
		folder = next;
	}
	return folder;
}

/* One of those that hold a device; NULL if none does. */
char *sysfs_holder(unsigned int major, unsigned int minor)
{
	char *folder = text("/sys/dev/block/%u:%u/holders", major, minor);
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char *holder = NULL;

	free(folder);
	while (dir && !holder && (entry = readdir(dir)))
		if (*entry->d_name != '.')
			holder = must(strdup(entry->d_name));
	if (dir)
		closedir(dir);
	return holder;
}

static bool is_below(const char *folder, const char *bottom, int depth)
{
	char *slaves = text("%s/slaves", folder);
	DIR *dir = opendir(slaves);
	struct dirent *entry;
	bool found = false;

	while (dir && depth && !found && (entry = readdir(dir))) {
		char *path, *real;

		if (*entry->d_name == '.')
			continue;
		path = text("%s/%s", slaves, entry->d_name);
		real = realpath(path, NULL);
		found = real && (!strcmp(real, bottom) ||
				 is_below(real, bottom, depth - 1));
		free(real);
		free(path);
	}
	if (dir)
		closedir(dir);
	free(slaves);
	return found;
}

/* Whether a device is what another one is made of. */
bool sysfs_is_below(unsigned int major, unsigned int minor,
		    unsigned int top_major, unsigned int top_minor)
{
	char *bottom = folder_of(major, minor);
	char *top = folder_of(top_major, top_minor);
	bool below = bottom && top && is_below(top, bottom, 8);

	free(bottom);
	free(top);
	return below;
}

/* One that is suspended would keep whoever reads it waiting. */
static bool can_be_read(unsigned int major, unsigned int minor)
{
	char *size = sysfs_text(major, minor, "size");
	char *suspended = sysfs_text(major, minor, "dm/suspended");
	bool can = size && strcmp(size, "0") &&
		   (!suspended || !strcmp(suspended, "0"));

	free(size);
	free(suspended);
	return can;
}

static int call_with(const char *number,
		     int (*call)(const char *path, void *context),
		     void *context)
{
	unsigned int major, minor;
	char *path;
	int r = 0;

	/* Floppies make noise when they are read. */
	if (sscanf(number, "%u:%u", &major, &minor) != 2 || major == 2 ||
	    !can_be_read(major, minor))
		return 0;
	path = sysfs_path(major, minor);
	r = call(path, context);
	free(path);
	return r;
}

/* Calls back for each block device, until that returns something. */
int sysfs_each_block(int (*call)(const char *path, void *context),
		     void *context)
{
	struct dirent **entries;
	int count, i, r = 0;

	count = scandir("/sys/dev/block", &entries, NULL, versionsort);
	for (i = 0; i < count; i++) {
		if (!r && *entries[i]->d_name != '.')
			r = call_with(entries[i]->d_name, call, context);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return r;
}
