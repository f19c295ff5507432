// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device, O_DIRECT.
 */
#define _GNU_SOURCE
#include "race.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int open_direct(const char *path)
{
	int fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);

	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	return fd;
}

uint64_t device_blocks(int fd)
{
	off_t end = lseek(fd, 0, SEEK_END);

	if (end < 0)
		die("size of the device: %s", strerror(errno));
	return end / BLOCK;
}

void *alloc_buffer(size_t bytes)
{
	void *buf;

	if (posix_memalign(&buf, 4096, bytes))
		die("out of memory");
	memset(buf, 0, bytes);
	return buf;
}

static int result(ssize_t done, size_t wanted)
{
	if (done < 0)
		return errno;
	/* An error after some part was done; which one is not known. */
	return (size_t)done == wanted ? 0 : EIO;
}

/* Returns 0 or an errno. */
int read_blocks(int fd, void *buf, struct extent e)
{
	size_t bytes = (size_t)e.nr * BLOCK;

	return result(pread(fd, buf, bytes, e.block * BLOCK), bytes);
}

/* Returns 0 or an errno. */
int write_blocks(int fd, const void *buf, struct extent e)
{
	size_t bytes = (size_t)e.nr * BLOCK;

	return result(pwrite(fd, buf, bytes, e.block * BLOCK), bytes);
}

void must_read(int fd, const char *path, void *buf, struct extent e)
{
	int error = read_blocks(fd, buf, e);

	if (error)
		die("%s: reading block %llu: %s", path,
		    (unsigned long long)e.block, strerror(error));
}

void must_write(int fd, const char *path, const void *buf, struct extent e)
{
	int error = write_blocks(fd, buf, e);

	if (error)
		die("%s: writing block %llu: %s", path,
		    (unsigned long long)e.block, strerror(error));
}

void open_legs(int fd[MAX_LEGS])
{
	unsigned int i;

	for (i = 0; i < opt.nr_legs; i++)
		fd[i] = open_direct(opt.leg[i]);
}

void close_legs(int fd[MAX_LEGS])
{
	unsigned int i;

	for (i = 0; i < opt.nr_legs; i++)
		close(fd[i]);
}

static unsigned int compare(const char *a, const char *b, struct extent e)
{
	unsigned int different = 0;
	unsigned int i;

	if (!memcmp(a, b, (size_t)e.nr * BLOCK))
		return 0;
	for (i = 0; i < e.nr; i++) {
		if (!memcmp(a + i * BLOCK, b + i * BLOCK, BLOCK))
			continue;
		complain("legs differ in block %llu",
			 (unsigned long long)e.block + i);
		different++;
	}
	return different;
}

unsigned int count_different(int fd[MAX_LEGS], struct extent e)
{
	static char *first, *other;
	unsigned int different = 0;
	unsigned int i;

	if (!first) {
		first = alloc_buffer(2 * MAX_BYTES);
		other = alloc_buffer(2 * MAX_BYTES);
	}
	must_read(fd[0], opt.leg[0], first, e);
	for (i = 1; i < opt.nr_legs; i++) {
		must_read(fd[i], opt.leg[i], other, e);
		different += compare(first, other, e);
	}
	return different;
}
