// SPDX-License-Identifier: GPL-2.0-only
/*
 * Times a fixed number of direct I/Os, and nothing else: no queue of its own,
 * no statistics on the way, so that what is seen is the device.
 *
 *	io [OPTION]... read|write|fill BYTES SPAN DEVICE
 *
 * An I/O is of BYTES, somewhere in the first SPAN bytes. "fill" is not timed;
 * it writes the whole span, every block with a content of its own.
 *
 *	-d DEPTH   requests in flight; 1 is pread and pwrite, more is io_submit
 *	-j PROCS   so many processes, each on a processor of its own
 *	-n COUNT   I/Os of each process in each repetition
 *	-r REPS    repetitions, after one that is not counted
 *	-s         one after the other instead of anywhere in the span
 *	-u         anywhere, but never twice in the same place
 *	-f FIRST   -u: not in the first so many places that would be visited
 *	-k STRIDE  I/Os begin at multiples of that instead of BYTES
 *	-t NS      slower I/Os are not counted, but their share is (depth 1, in
 *		   one process)
 *	-e EVERY   fill: only one of so many blocks
 *	-x WORD    fill: with another content
 *	-H         large pages for the buffers
 *	-l         how long single I/Os take (in one process, one repetition)
 *
 * Prints the median, the least and the greatest time of an I/O over the
 * repetitions, in ns, and how many of a thousand were slower than -t. With
 * more processes it is the time in which all of them together do one.  With -l:
 * the time that half of the I/Os took at most, that 99 % did, and 99.9 %, and
 * the time from one to the next on average.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_DEPTH	256
#define MAX_REPS	99
#define LARGE_PAGE	(2UL << 20)

static const char usage[] =
	"usage: io [OPTION]... read|write|fill BYTES SPAN DEVICE\n";

static struct {
	unsigned int depth;
	unsigned int procs;
	unsigned long count;
	unsigned int reps;
	bool sequential;
	bool unique;
	unsigned long first;
	size_t stride;
	uint64_t slow;
	unsigned long every;
	uint64_t pattern;
	bool large_pages;
	bool single;

	bool write;
	const char *path;
	size_t bytes;
	size_t span;
} opt = {
	.depth = 1,
	.procs = 1,
	.count = 1000,
	.reps = 3,
	.every = 1,
};

struct worker {
	int fd;
	uint64_t seed;
	size_t next;
	char *buffers;
	aio_context_t aio;
	struct iocb *spare[MAX_DEPTH];
	struct iocb iocb[MAX_DEPTH];
	uint64_t start[MAX_DEPTH];
	double *took;
	unsigned long nr_took;
};

/* Shared by all processes. */
static struct {
	unsigned int ready;
	unsigned int go;
	unsigned int done;
	bool failed;
	uint64_t fast_ns;
	unsigned long nr_slow;
} *shared;

static void fail(const char *format, ...)
{
	int error = errno;
	va_list args;

	va_start(args, format);
	fprintf(stderr, "io: %s: ", opt.path);
	vfprintf(stderr, format, args);
	if (error)
		fprintf(stderr, ": %s", strerror(error));
	fprintf(stderr, "\n");
	va_end(args);
	if (shared)
		__atomic_store_n(&shared->failed, true, __ATOMIC_SEQ_CST);
	exit(1);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void *map(size_t bytes, int flags)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       flags | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		fail("no memory");
	return p;
}

/* Whether pages happen to be large is not left to chance. */
static char *map_buffers(size_t bytes)
{
	char *p;

	bytes = (bytes + LARGE_PAGE - 1) & -LARGE_PAGE;
	p = map(bytes + LARGE_PAGE, MAP_PRIVATE);
	p = (char *)(((uintptr_t)p + LARGE_PAGE - 1) & -LARGE_PAGE);
	madvise(p, bytes, opt.large_pages ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	memset(p, 0x5a, bytes);
	return p;
}

/* A prime: whatever else divides the number of places, all are visited. */
#define LEAP	7919

static off_t next_offset(struct worker *w)
{
	size_t places = opt.span / opt.stride;

	if (opt.sequential || opt.unique) {
		w->next = (w->next + (opt.unique ? LEAP : 1)) % places;
		return w->next * opt.stride;
	}
	w->seed = w->seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (w->seed >> 33) % places * opt.stride;
}

static void one(struct worker *w)
{
	off_t offset = next_offset(w);
	ssize_t r;

	if (opt.write)
		r = pwrite(w->fd, w->buffers, opt.bytes, offset);
	else
		r = pread(w->fd, w->buffers, opt.bytes, offset);
	if (r != (ssize_t)opt.bytes)
		fail("%zu bytes at %lld", opt.bytes, (long long)offset);
}

static void one_by_one(struct worker *w, unsigned long count)
{
	while (count--)
		one(w);
}

static void one_by_one_timed(struct worker *w, unsigned long count)
{
	uint64_t start, ns;

	while (count--) {
		start = now();
		one(w);
		ns = now() - start;
		if (ns > opt.slow)
			shared->nr_slow++;
		else
			shared->fast_ns += ns;
	}
}

/* For -l. */
static void note(struct worker *w, uint64_t start)
{
	w->took[w->nr_took++] = now() - start;
}

static void one_by_one_noted(struct worker *w, unsigned long count)
{
	uint64_t start;

	while (count--) {
		start = now();
		one(w);
		note(w, start);
	}
}

static void prepare_iocbs(struct worker *w)
{
	unsigned int i;

	if (syscall(SYS_io_setup, opt.depth, &w->aio))
		fail("io_setup");
	for (i = 0; i < opt.depth; i++) {
		struct iocb *iocb = &w->iocb[i];

		iocb->aio_fildes = w->fd;
		iocb->aio_lio_opcode = opt.write ? IOCB_CMD_PWRITE :
						   IOCB_CMD_PREAD;
		iocb->aio_buf = (uintptr_t)(w->buffers + i * opt.bytes);
		iocb->aio_nbytes = opt.bytes;
		iocb->aio_data = (uintptr_t)iocb;
		w->spare[i] = iocb;
	}
}

static void submit(struct worker *w, unsigned int first, unsigned int end)
{
	unsigned int i;
	long r;

	for (i = first; i < end; i++) {
		w->spare[i]->aio_offset = next_offset(w);
		if (opt.single)
			w->start[w->spare[i] - w->iocb] = now();
	}
	while (first < end) {
		r = syscall(SYS_io_submit, w->aio, end - first,
			    w->spare + first);
		if (r <= 0)
			fail("io_submit");
		first += r;
	}
}

static struct iocb *ended(struct worker *w, const struct io_event *event)
{
	struct iocb *iocb = (void *)(uintptr_t)event->data;

	if (event->res != (long)opt.bytes) {
		errno = -event->res;
		fail("%zu bytes", opt.bytes);
	}
	if (opt.single)
		note(w, w->start[iocb - w->iocb]);
	return iocb;
}

static void many_at_once(struct worker *w, unsigned long count)
{
	struct io_event event[MAX_DEPTH];
	unsigned long left = count;
	unsigned int spare = opt.depth;
	long i, n;

	while (count) {
		unsigned int use = spare < left ? spare : left;

		submit(w, spare - use, spare);
		spare -= use;
		left -= use;
		n = syscall(SYS_io_getevents, w->aio, 1L, (long)opt.depth,
			    event, NULL);
		if (n <= 0)
			fail("io_getevents");
		for (i = 0; i < n; i++)
			w->spare[spare++] = ended(w, &event[i]);
		count -= n;
	}
}

static void run(struct worker *w, unsigned long count)
{
	if (opt.depth > 1)
		many_at_once(w, count);
	else if (opt.single)
		one_by_one_noted(w, count);
	else if (opt.slow)
		one_by_one_timed(w, count);
	else
		one_by_one(w, count);
}

static void wait_for(unsigned int *counter, unsigned int value)
{
	while (__atomic_load_n(counter, __ATOMIC_SEQ_CST) < value) {
		if (__atomic_load_n(&shared->failed, __ATOMIC_SEQ_CST))
			exit(1);
		usleep(20);
	}
}

static void count_up(unsigned int *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
}

static void open_device(struct worker *w, unsigned int number)
{
	w->fd = open(opt.path, (opt.write ? O_RDWR : O_RDONLY) | O_DIRECT);
	if (w->fd < 0)
		fail("cannot open");
	w->seed = 12345 + 1000003 * number;
	w->next = opt.span / opt.stride / opt.procs * number +
		  opt.first * LEAP;
	w->buffers = map_buffers(opt.depth * opt.bytes);
	if (opt.depth > 1)
		prepare_iocbs(w);
}

static void pin(unsigned int number)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(number, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fail("no processor %u", number);
}

/* Repetition 0 warms up; go is raised at the start of each. */
static void work(unsigned int number)
{
	static struct worker w;
	unsigned int rep;

	if (opt.procs > 1)
		pin(number);
	open_device(&w, number);
	count_up(&shared->ready);
	for (rep = 0; rep <= opt.reps; rep++) {
		wait_for(&shared->go, rep + 1);
		run(&w, rep ? opt.count : opt.count / 4 + 1);
		count_up(&shared->done);
	}
	exit(0);
}

/* The mean of the I/Os that were not slow; 0 if there was none. */
static double fast_mean(void)
{
	if (shared->nr_slow >= opt.count)
		return 0;
	return (double)shared->fast_ns / (opt.count - shared->nr_slow);
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void report(double *ns)
{
	unsigned int mid = opt.reps / 2;
	double median;

	qsort(ns, opt.reps, sizeof(*ns), ascending);
	median = opt.reps & 1 ? ns[mid] : (ns[mid - 1] + ns[mid]) / 2;
	printf("%.0f %.0f %.0f %.0f\n", median, ns[0], ns[opt.reps - 1],
	       1000.0 * shared->nr_slow / opt.count);
}

static void reap(void)
{
	int status;

	while (wait(&status) > 0)
		if (status)
			exit(1);
}

/* In one process all is done here, so that nobody has to be waited for. */
static void measure_alone(void)
{
	static struct worker w;
	double ns[MAX_REPS];
	unsigned int rep;
	uint64_t start;

	open_device(&w, 0);
	run(&w, opt.count / 4 + 1);
	for (rep = 0; rep < opt.reps; rep++) {
		shared->fast_ns = 0;
		shared->nr_slow = 0;
		start = now();
		run(&w, opt.count);
		ns[rep] = opt.slow ? fast_mean() :
			  (double)(now() - start) / opt.count;
	}
	report(ns);
}

static double percentile(const struct worker *w, double share)
{
	return w->took[(unsigned long)((w->nr_took - 1) * share)];
}

static void measure_single(void)
{
	static struct worker w;
	uint64_t start;
	double each;

	open_device(&w, 0);
	w.took = map(opt.count * sizeof(*w.took), MAP_PRIVATE);
	start = now();
	run(&w, opt.count);
	each = (double)(now() - start) / opt.count;
	qsort(w.took, w.nr_took, sizeof(*w.took), ascending);
	printf("%.0f %.0f %.0f %.0f\n", percentile(&w, .5),
	       percentile(&w, .99), percentile(&w, .999), each);
}

static void measure_together(void)
{
	double ns[MAX_REPS + 1];
	unsigned int i, rep;
	uint64_t start;

	for (i = 0; i < opt.procs; i++) {
		pid_t pid = fork();

		if (pid < 0)
			fail("fork");
		if (!pid)
			work(i);
	}
	wait_for(&shared->ready, opt.procs);
	for (rep = 0; rep <= opt.reps; rep++) {
		start = now();
		count_up(&shared->go);
		wait_for(&shared->done, (rep + 1) * opt.procs);
		ns[rep] = (double)(now() - start) / opt.count / opt.procs;
	}
	reap();
	report(ns + 1);
}

static void fill(void)
{
	static struct worker w;
	uint64_t *words;
	size_t at, i;

	open_device(&w, 0);
	words = (uint64_t *)w.buffers;
	for (at = 0; at < opt.span / opt.bytes; at += opt.every) {
		for (i = 0; i < opt.bytes / 8; i++)
			words[i] = (at * 0x9e3779b97f4a7c15ULL + i) ^
				   opt.pattern;
		if (pwrite(w.fd, words, opt.bytes, at * opt.bytes) !=
		    (ssize_t)opt.bytes)
			fail("block %zu", at);
	}
}

static unsigned long number(const char *arg, unsigned long least,
			    unsigned long most)
{
	char *end;
	unsigned long n = strtoul(arg, &end, 0);

	errno = 0;
	if (*end || end == arg || n < least || n > most) {
		opt.path = arg;
		fail("not a number from %lu to %lu", least, most);
	}
	return n;
}

static void parse(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "d:j:n:r:suf:k:t:e:x:Hl")) != -1) {
		switch (c) {
		case 'd':
			opt.depth = number(optarg, 1, MAX_DEPTH);
			break;
		case 'j':
			opt.procs = number(optarg, 1, 64);
			break;
		case 'n':
			opt.count = number(optarg, 1, 100000000);
			break;
		case 'r':
			opt.reps = number(optarg, 1, MAX_REPS);
			break;
		case 's':
			opt.sequential = true;
			break;
		case 'u':
			opt.unique = true;
			break;
		case 'f':
			opt.first = number(optarg, 0, UINT32_MAX);
			break;
		case 'k':
			opt.stride = number(optarg, 512, 1UL << 40);
			break;
		case 't':
			opt.slow = number(optarg, 1, UINT32_MAX);
			break;
		case 'e':
			opt.every = number(optarg, 1, 1000000);
			break;
		case 'x':
			opt.pattern = number(optarg, 0, UINT64_MAX);
			break;
		case 'H':
			opt.large_pages = true;
			break;
		case 'l':
			opt.single = true;
			break;
		default:
			exit(2);
		}
	}
	if (argc - optind != 4 || (opt.slow && opt.procs * opt.depth > 1) ||
	    (opt.single && opt.procs > 1)) {
		fputs(usage, stderr);
		exit(2);
	}
	opt.write = strcmp(argv[optind], "read");
	opt.bytes = number(argv[optind + 1], 512, 1U << 30);
	if (!opt.stride)
		opt.stride = opt.bytes;
	opt.span = number(argv[optind + 2], opt.stride, 1UL << 40);
	opt.path = argv[optind + 3];
}

int main(int argc, char **argv)
{
	parse(argc, argv);
	shared = map(4096, MAP_SHARED);
	if (!strcmp(argv[optind], "fill"))
		fill();
	else if (opt.single)
		measure_single();
	else if (opt.procs > 1)
		measure_together();
	else
		measure_alone();
	return 0;
}
