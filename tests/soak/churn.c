// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes, changes, renames and removes files at random, and knows what each of
 * them has to hold.
 *
 *	churn run DIR MANIFEST SEED STOP	until the file STOP is there
 *	churn verify DIR MANIFEST		look at every byte of every file
 *
 * Exits with 1, and says why, as soon as something fails or is not as it was
 * left. "run" writes down what it left in MANIFEST.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK		4096u
#define MAX_BLOCKS	48u
#define MAX_SIZE	(MAX_BLOCKS * BLOCK)
#define NR_FILES	80u
#define NR_DIRS		8u
#define PAUSE_US	10000u	/* others want to do something, too */

/* Content is made of the seed, the version of the block and the place. */
struct file {
	bool there;
	unsigned int name;
	uint64_t seed;
	uint32_t size;
	uint32_t version[MAX_BLOCKS];
};

static struct file files[NR_FILES];
static unsigned int next_name;
static unsigned long long operations, written, verified;
static uint64_t random_state;
static unsigned char *buffer;

static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("churn: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static void die_of(const char *what, const char *path)
{
	die("%s %s: %s", what, path, strerror(errno));
}

/* xorshift64* */
static uint64_t next_random(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1dULL;
}

static unsigned int below(unsigned int limit)
{
	return (next_random() >> 32) * limit >> 32;
}

static const char *path_of(const struct file *f)
{
	static char path[32];

	snprintf(path, sizeof(path), "d%u/f%u", f->name % NR_DIRS, f->name);
	return path;
}

static unsigned char content(const struct file *f, uint32_t at)
{
	uint64_t x = f->seed + f->version[at / BLOCK] * 0x9e3779b97f4a7c15ULL +
		     (at / 8) * 0xc2b2ae3d27d4eb4fULL;

	x ^= x >> 29;
	x *= 0xbf58476d1ce4e5b9ULL;
	return x >> (at % 8 * 8);
}

static void fill(const struct file *f, unsigned char *buf, uint32_t at,
		 uint32_t len)
{
	uint32_t i;

	for (i = 0; i < len; i++)
		buf[i] = content(f, at + i);
}

static int open_file(const struct file *f, int flags)
{
	int fd = open(path_of(f), flags | O_CLOEXEC, 0644);

	if (fd < 0)
		die_of("open", path_of(f));
	return fd;
}

static void close_file(const struct file *f, int fd)
{
	if (close(fd))
		die_of("close", path_of(f));
}

static void write_range(const struct file *f, int fd, uint32_t at, uint32_t len)
{
	ssize_t done;

	fill(f, buffer, at, len);
	done = pwrite(fd, buffer, len, at);
	if (done != (ssize_t)len)
		die_of("write", path_of(f));
	written += len;
}

static void write_mapped(const struct file *f, int fd, uint32_t at,
			 uint32_t len)
{
	unsigned char *map = mmap(NULL, f->size, PROT_READ | PROT_WRITE,
				  MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		die_of("mmap", path_of(f));
	fill(f, map + at, at, len);
	if (munmap(map, f->size))
		die_of("munmap", path_of(f));
	written += len;
}

static void sync_maybe(const struct file *f, int fd)
{
	if (below(4))
		return;
	if (below(2) ? fsync(fd) : fdatasync(fd))
		die_of("fsync", path_of(f));
}

static void verify_file(const struct file *f, int flags)
{
	int fd = open_file(f, O_RDONLY | flags);
	struct stat st;
	uint32_t i;

	if (fstat(fd, &st))
		die_of("stat", path_of(f));
	if (st.st_size != f->size)
		die("%s has %lld bytes, not %u", path_of(f),
		    (long long)st.st_size, f->size);
	/* What is in memory proves nothing about the device. */
	if (!flags)
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	if (pread(fd, buffer, MAX_SIZE, 0) != (ssize_t)f->size)
		die_of("read", path_of(f));
	for (i = 0; i < f->size; i++)
		if (buffer[i] != content(f, i))
			die("%s: wrong byte at %u of %u", path_of(f), i,
			    f->size);
	close_file(f, fd);
	verified += f->size;
}

static uint32_t random_size(void)
{
	return below(3) ? 1 + below(4 * BLOCK) : 1 + below(MAX_SIZE);
}

static void make(struct file *f)
{
	int fd;

	f->name = next_name++;
	f->seed = next_random();
	f->size = random_size();
	memset(f->version, 0, sizeof(f->version));
	fd = open_file(f, O_RDWR | O_CREAT | O_EXCL);
	write_range(f, fd, 0, f->size);
	sync_maybe(f, fd);
	close_file(f, fd);
	f->there = true;
}

static void append(struct file *f)
{
	uint32_t more = random_size();
	int fd;

	if (more > MAX_SIZE - f->size)
		return;
	fd = open_file(f, O_RDWR);
	write_range(f, fd, f->size, more);
	f->size += more;
	sync_maybe(f, fd);
	close_file(f, fd);
}

/* Whole blocks, since a version is that of a block. */
static void overwrite(struct file *f)
{
	uint32_t blocks = (f->size + BLOCK - 1) / BLOCK;
	uint32_t first = below(blocks);
	uint32_t count = 1 + below(blocks - first);
	uint32_t at = first * BLOCK;
	uint32_t len = count * BLOCK;
	int fd = open_file(f, O_RDWR);
	uint32_t i;

	for (i = first; i < first + count; i++)
		f->version[i]++;
	if (len > f->size - at)
		len = f->size - at;
	if (below(3))
		write_range(f, fd, at, len);
	else
		write_mapped(f, fd, at, len);
	sync_maybe(f, fd);
	close_file(f, fd);
}

static void cut(struct file *f)
{
	f->size = 1 + below(f->size);
	if (truncate(path_of(f), f->size))
		die_of("truncate", path_of(f));
}

static void rename_file(struct file *f)
{
	char from[32];

	strcpy(from, path_of(f));
	f->name = next_name++;
	if (rename(from, path_of(f)))
		die_of("rename", from);
}

static void remove_file(struct file *f)
{
	if (unlink(path_of(f)))
		die_of("unlink", path_of(f));
	f->there = false;
}

static void make_dirs(void)
{
	unsigned int i;
	char path[16];

	for (i = 0; i < NR_DIRS; i++) {
		snprintf(path, sizeof(path), "d%u", i);
		if (mkdir(path, 0755) && errno != EEXIST)
			die_of("mkdir", path);
	}
}

/* Directories come and go, too. */
static void play_with_dirs(void)
{
	if (mkdir("tmp", 0755))
		die_of("mkdir", "tmp");
	if (symlink("nowhere", "tmp/link") || unlink("tmp/link"))
		die_of("symlink", "tmp/link");
	if (rmdir("tmp"))
		die_of("rmdir", "tmp");
}

static void operate(struct file *f)
{
	operations++;
	if (!f->there) {
		make(f);
		return;
	}
	switch (below(16)) {
	case 0:
	case 1:
		remove_file(f);
		break;
	case 2:
	case 3:
		rename_file(f);
		break;
	case 4:
		cut(f);
		break;
	case 5:
	case 6:
	case 7:
		append(f);
		break;
	case 8:
	case 9:
	case 10:
		overwrite(f);
		break;
	case 11:
		verify_file(f, O_DIRECT);
		break;
	case 12:
		play_with_dirs();
		break;
	default:
		verify_file(f, 0);
	}
}

static void save(int fd, const char *manifest)
{
	if (write(fd, files, sizeof(files)) != sizeof(files) || close(fd))
		die_of("write", manifest);
}

static void load(const char *manifest)
{
	int fd = open(manifest, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, files, sizeof(files)) != sizeof(files))
		die_of("read", manifest);
	close(fd);
}

static void enter(const char *dir)
{
	if (chdir(dir))
		die_of("chdir", dir);
}

static int run(const char *dir, const char *manifest, const char *seed,
	       const char *stop)
{
	int fd = open(manifest, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0)
		die_of("open", manifest);
	random_state = strtoull(seed, NULL, 10) * 2 + 1;
	enter(dir);
	make_dirs();
	while (access(stop, F_OK)) {
		operate(&files[below(NR_FILES)]);
		usleep(PAUSE_US);
	}
	sync();
	save(fd, manifest);
	printf("%llu operations, %llu MiB written, %llu MiB verified\n",
	       operations, written >> 20, verified >> 20);
	return 0;
}

static int verify(const char *dir, const char *manifest)
{
	unsigned int i, count = 0;

	load(manifest);
	enter(dir);
	for (i = 0; i < NR_FILES; i++) {
		if (!files[i].there)
			continue;
		verify_file(&files[i], 0);
		count++;
	}
	printf("%u files, %llu KiB\n", count, verified >> 10);
	return 0;
}

int main(int argc, char **argv)
{
	if (posix_memalign((void **)&buffer, BLOCK, MAX_SIZE))
		die("out of memory");
	if (argc == 6 && !strcmp(argv[1], "run"))
		return run(argv[2], argv[3], argv[4], argv[5]);
	if (argc == 4 && !strcmp(argv[1], "verify"))
		return verify(argv[2], argv[3]);
	die("usage: churn run DIR MANIFEST SEED STOP | verify DIR MANIFEST");
}
