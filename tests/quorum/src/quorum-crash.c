// SPDX-License-Identifier: GPL-2.0-only
/*
 * Legs that remember the order in which they were told what, to find out what
 * a crash at any moment would have left.
 *
 *	quorum-crash record DIR LEGS BYTES BLOCK
 *		be the disks behind /dev/nbd0 and on, all zero at first, with a
 *		volatile cache, and blocks of so many bytes; DIR/ready appears
 *		when they are there.  SIGTERM ends it, and leaves DIR/log.
 *	quorum-crash load DIR DEVICE SEED OPS
 *		write to DEVICE; what was flushed is noted in DIR/acked
 *	quorum-crash ack DIR
 *		note there that one thing more is stored
 *	quorum-crash tell DIR
 *		print what is noted there, whenever that changes
 *	quorum-crash flushed DIR OP...
 *		have verify take that for what was flushed
 *	quorum-crash cut DIR SEED FILE [lag LEG | corrupt LEG]
 *		what is on all legs, one behind the other, after a crash at some
 *		moment from DIR/acked's first change on: what was flushed, and
 *		any part of the rest, block by block; prints how many things
 *		were acknowledged.  One leg may have stopped long before the
 *		others, or have garbage in some places.
 *	quorum-crash verify DIR DEVICE SEED OPS [FILE FIRST]
 *		all that the last cut says was flushed is there.  Where FILE has
 *		something else on each leg, whose data begins at sector FIRST
 *		and 8 more for each leg, it may be an error: then something is
 *		written, so that it can be read; prints how often.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nbd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECTOR		512
#define BLOCK		4096
#define MAX_LEGS	8
#define WRITERS		4
#define WRITER_BLOCKS	64
#define MOST_BLOCKS	8
#define FUA		0x10000

/* What is acknowledged, shared by those who write and those who record. */
struct acked {
	uint32_t op[WRITERS];
};

/* One thing that a leg was told, in a log in the order of all legs. */
struct entry {
	uint32_t leg;
	uint32_t type;
	uint64_t from;
	uint32_t len;
	struct acked acked;
};

static struct acked *acked;
static const char *dir;
static volatile sig_atomic_t stopped;
static uint64_t seed;

static void die(const char *what)
{
	fprintf(stderr, "quorum-crash: %s: %s\n", what, strerror(errno));
	exit(1);
}

static const char *in_dir(const char *name)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

/* The only randomness; splitmix64. */
static uint32_t below(uint32_t n)
{
	uint64_t z = seed += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return (z ^ z >> 31) % n;
}

static void map_acked(void)
{
	int fd = open(in_dir("acked"), O_RDWR | O_CREAT, 0600);

	if (fd < 0 || ftruncate(fd, sizeof(*acked)))
		die("acked");
	acked = mmap(NULL, sizeof(*acked), PROT_READ | PROT_WRITE, MAP_SHARED,
		     fd, 0);
	if (acked == MAP_FAILED)
		die("acked");
	close(fd);
}

/*
 * Recording.
 */

struct request {
	uint32_t magic;
	uint32_t type;
	uint64_t handle;
	uint64_t from;
	uint32_t len;
} __attribute__((packed));

struct reply {
	uint32_t magic;
	uint32_t error;
	uint64_t handle;
} __attribute__((packed));

static int device[MAX_LEGS], sock[MAX_LEGS];
static char *content[MAX_LEGS];
static unsigned int nr_legs;
static uint64_t leg_bytes, block_bytes;
static FILE *record;

static void *serve(void *fd)
{
	ioctl(*(int *)fd, NBD_DO_IT);
	return NULL;
}

static void connect_leg(unsigned int leg)
{
	char path[32];
	pthread_t thread;
	int pair[2];

	snprintf(path, sizeof(path), "/dev/nbd%u", leg);
	device[leg] = open(path, O_RDWR);
	if (device[leg] < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		die(path);
	sock[leg] = pair[0];
	content[leg] = calloc(1, leg_bytes);
	if (!content[leg] ||
	    ioctl(device[leg], NBD_SET_BLKSIZE, block_bytes) ||
	    ioctl(device[leg], NBD_SET_SIZE_BLOCKS, leg_bytes / block_bytes) ||
	    ioctl(device[leg], NBD_SET_SOCK, pair[1]) ||
	    ioctl(device[leg], NBD_SET_FLAGS, NBD_FLAG_HAS_FLAGS |
		  NBD_FLAG_SEND_FLUSH | NBD_FLAG_SEND_FUA) ||
	    pthread_create(&thread, NULL, serve, &device[leg]))
		die(path);
}

static bool get(int fd, void *data, size_t bytes)
{
	return recv(fd, data, bytes, MSG_WAITALL) == (ssize_t)bytes;
}

static bool put(int fd, const void *data, size_t bytes)
{
	return send(fd, data, bytes, 0) == (ssize_t)bytes;
}

/* Note it before it is answered: what is answered was told before. */
static void note(const struct entry *entry)
{
	if (fwrite(entry, sizeof(*entry), 1, record) != 1 ||
	    (entry->len &&
	     fwrite(content[entry->leg] + entry->from, entry->len, 1,
		    record) != 1))
		die("log");
}

static bool handle(unsigned int leg)
{
	struct reply reply = { .magic = htobe32(NBD_REPLY_MAGIC) };
	struct request request;
	struct entry entry = { .leg = leg };
	unsigned int command;

	if (!get(sock[leg], &request, sizeof(request)))
		return false;
	entry.type = be32toh(request.type);
	entry.from = be64toh(request.from);
	entry.len = be32toh(request.len);
	entry.acked = *acked;
	reply.handle = request.handle;
	command = entry.type & 0xffff;
	if (command == NBD_CMD_FLUSH) {
		entry.from = 0;
		entry.len = 0;
	}
	if (command == NBD_CMD_DISC || entry.from + entry.len > leg_bytes)
		return false;
	if (command == NBD_CMD_WRITE &&
	    !get(sock[leg], content[leg] + entry.from, entry.len))
		return false;
	if (command != NBD_CMD_READ)
		note(&entry);
	return put(sock[leg], &reply, sizeof(reply)) &&
	       (command != NBD_CMD_READ ||
		put(sock[leg], content[leg] + entry.from, entry.len));
}

static void stop(int signal)
{
	stopped = signal;
}

static void run_legs(void)
{
	struct pollfd fds[MAX_LEGS];
	unsigned int leg;

	for (leg = 0; leg < nr_legs; leg++)
		fds[leg] = (struct pollfd){ .fd = sock[leg], .events = POLLIN };
	while (!stopped) {
		if (poll(fds, nr_legs, 100) <= 0)
			continue;
		for (leg = 0; leg < nr_legs; leg++)
			if (fds[leg].revents && !handle(leg))
				stopped = 1;
	}
}

static int record_legs(char **argv)
{
	uint64_t head[3];
	unsigned int leg;

	nr_legs = strtoul(argv[3], NULL, 0);
	leg_bytes = strtoull(argv[4], NULL, 0);
	block_bytes = strtoull(argv[5], NULL, 0);
	map_acked();
	record = fopen(in_dir("log"), "w");
	if (!record || nr_legs > MAX_LEGS)
		die("log");
	signal(SIGTERM, stop);
	signal(SIGPIPE, SIG_IGN);
	head[0] = nr_legs;
	head[1] = leg_bytes;
	head[2] = block_bytes;
	fwrite(head, sizeof(head), 1, record);
	for (leg = 0; leg < nr_legs; leg++)
		connect_leg(leg);
	close(open(in_dir("ready"), O_CREAT | O_WRONLY, 0600));
	run_legs();
	for (leg = 0; leg < nr_legs; leg++)
		ioctl(device[leg], NBD_DISCONNECT);
	for (leg = 0; leg < nr_legs; leg++)
		ioctl(device[leg], NBD_CLEAR_SOCK);
	return fclose(record) ? 1 : 0;
}

/*
 * Writing: each writer has blocks of its own, and what it writes follows from
 * the seed, so that it can be told afterwards what may be where.
 */

struct op {
	unsigned int block;
	unsigned int nr;
	bool flush;
};

static void next_op(struct op *op, unsigned int writer)
{
	op->nr = 1 + below(MOST_BLOCKS);
	op->block = writer * WRITER_BLOCKS +
		    below(WRITER_BLOCKS - op->nr + 1);
	op->flush = !below(3);
}

static void start_ops(uint64_t base, unsigned int writer)
{
	seed = base * 1000003 + writer;
}

static void fill(uint32_t *data, const struct op *op, uint32_t number)
{
	unsigned int i, words = op->nr * BLOCK / sizeof(*data);

	for (i = 0; i < words; i++)
		data[i] = number;
}

static void write_blocks(int fd, uint64_t base, unsigned int writer,
			 unsigned int ops)
{
	uint32_t *data = aligned_alloc(BLOCK, MOST_BLOCKS * BLOCK);
	unsigned int n, first = acked->op[writer];
	struct op op;

	start_ops(base, writer);
	for (n = 1; n <= ops; n++) {
		next_op(&op, writer);
		if (n <= first)
			continue;
		fill(data, &op, n);
		if (pwrite(fd, data, op.nr * BLOCK, (off_t)op.block * BLOCK) !=
		    (ssize_t)op.nr * BLOCK)
			die("write");
		if (!op.flush && n < ops)
			continue;
		if (fdatasync(fd))
			die("flush");
		__atomic_store_n(&acked->op[writer], n, __ATOMIC_SEQ_CST);
	}
	exit(0);
}

static int load(char **argv)
{
	int fd = open(argv[3], O_RDWR | O_DIRECT), status, bad = 0;
	unsigned int writer;

	map_acked();
	if (fd < 0)
		die(argv[3]);
	for (writer = 0; writer < WRITERS; writer++)
		if (!fork())
			write_blocks(fd, strtoull(argv[4], NULL, 0), writer,
				     strtoul(argv[5], NULL, 0));
	while (wait(&status) > 0)
		bad |= status;
	return !!bad;
}

/*
 * What a crash leaves.
 */

static char *logged;
static size_t log_bytes;

/* Returns the next entry, or NULL; *at goes on behind its data. */
static const struct entry *next_entry(size_t *at, const char **data)
{
	const struct entry *entry = (const void *)(logged + *at);

	if (*at + sizeof(*entry) > log_bytes)
		return NULL;
	*data = (const char *)(entry + 1);
	*at += sizeof(*entry) + entry->len;
	return entry;
}

static size_t read_log(void)
{
	uint64_t head[3];
	FILE *file = fopen(in_dir("log"), "r");

	if (!file || fseek(file, 0, SEEK_END))
		die("log");
	log_bytes = ftell(file);
	logged = malloc(log_bytes);
	rewind(file);
	if (!logged || fread(logged, log_bytes, 1, file) != 1)
		die("log");
	fclose(file);
	memcpy(head, logged, sizeof(head));
	nr_legs = head[0];
	leg_bytes = head[1];
	block_bytes = head[2];
	return sizeof(head);
}

static bool is_durable(const struct entry *entry)
{
	return (entry->type & 0xffff) == NBD_CMD_FLUSH || entry->type & FUA;
}

/*
 * How many entries there were: some from the first that was acknowledged on.
 * Every other time, the last one is a flush, or what need not be flushed.
 */
static unsigned long choose(size_t start)
{
	unsigned long n = 0, first = 0, i, chosen;
	const struct entry *entry;
	const char *data;
	size_t at = start;

	while ((entry = next_entry(&at, &data))) {
		n++;
		if (!first && entry->acked.op[0])
			first = n;
	}
	if (!first)
		die("nothing was acknowledged");
	chosen = first + below(n - first + 1);
	if (below(2))
		return chosen;
	for (i = 0, at = start; (entry = next_entry(&at, &data));)
		if (++i >= chosen && is_durable(entry))
			return i;
	return n;
}

/* The last flush of each leg among the first @end entries. */
static void find_flushes(size_t start, const unsigned long *end,
			 unsigned long *flush)
{
	const struct entry *entry;
	const char *data;
	unsigned long i = 0;

	while ((entry = next_entry(&start, &data)))
		if (++i <= end[entry->leg] &&
		    (entry->type & 0xffff) == NBD_CMD_FLUSH)
			flush[entry->leg] = i;
}

static void apply(const struct entry *entry, const char *data, bool durable,
		  unsigned int mood)
{
	unsigned int at;

	for (at = 0; at < entry->len; at += block_bytes)
		if (durable || (mood == 1 ? below(2) : mood == 2))
			memcpy(content[entry->leg] + entry->from + at,
			       data + at, block_bytes);
}

/*
 * The rest of a leg's writes are there or not, each by itself, or in pieces,
 * or none.
 */
static struct acked apply_all(size_t start, const unsigned long *end,
			      unsigned long last)
{
	unsigned long flush[MAX_LEGS] = { 0 }, i = 0;
	struct acked then = { { 0 } };
	const struct entry *entry;
	const char *data;

	find_flushes(start, end, flush);
	while ((entry = next_entry(&start, &data)) && ++i <= last) {
		then = entry->acked;
		if (i > end[entry->leg])
			continue;
		apply(entry, data, i < flush[entry->leg] || entry->type & FUA,
		      below(3));
	}
	return then;
}

static void corrupt(unsigned int leg)
{
	unsigned int places = 1 + below(40), i;
	uint64_t at;

	while (places--) {
		at = (uint64_t)below(leg_bytes / SECTOR) * SECTOR;
		for (i = 0; i < SECTOR; i++)
			content[leg][at + i] = below(256);
	}
}

static void write_legs(const char *path)
{
	FILE *file = fopen(path, "w");
	unsigned int leg;

	for (leg = 0; file && leg < nr_legs; leg++)
		if (fwrite(content[leg], leg_bytes, 1, file) != 1)
			die(path);
	if (!file || fclose(file))
		die(path);
}

static void write_then(const struct acked *then)
{
	FILE *file = fopen(in_dir("then"), "w");

	if (!file || fwrite(then, sizeof(*then), 1, file) != 1 || fclose(file))
		die("then");
}

static int cut(int argc, char **argv)
{
	size_t start = read_log();
	unsigned long last, end[MAX_LEGS];
	struct acked then;
	unsigned int leg;

	seed = strtoull(argv[3], NULL, 0);
	last = choose(start);
	for (leg = 0; leg < nr_legs; leg++) {
		content[leg] = calloc(1, leg_bytes);
		end[leg] = last;
	}
	leg = argc > 6 ? strtoul(argv[6], NULL, 0) : 0;
	if (argc > 6 && !strcmp(argv[5], "lag"))
		end[leg] -= below(end[leg] / 2 < 400 ? end[leg] / 2 : 400);
	then = apply_all(start, end, last);

	if (argc > 6 && !strcmp(argv[5], "corrupt"))
		corrupt(leg);
	write_legs(argv[4]);
	write_then(&then);
	printf("%u\n", then.op[0]);
	return 0;
}

/*
 * What has to be there.
 */

/* Of each block, the last write that was flushed, and all after that. */
static bool is_allowed(uint64_t base, unsigned int block, uint32_t found,
		       uint32_t flushed, unsigned int ops)
{
	unsigned int writer = block / WRITER_BLOCKS, n;
	uint32_t least = 0;
	struct op op;

	start_ops(base, writer);
	for (n = 1; n <= ops; n++) {
		next_op(&op, writer);
		if (block < op.block || block >= op.block + op.nr)
			continue;
		if (n <= flushed)
			least = n;
		else if (n == found)
			return true;
	}
	return found == least;
}

/* Each sector is all of one write. */
static bool is_whole(const uint32_t *sector)
{
	unsigned int i;

	for (i = 1; i < SECTOR / sizeof(*sector); i++)
		if (sector[i] != sector[0])
			return false;
	return true;
}

static unsigned int check_block(uint64_t base, unsigned int block,
				const uint32_t *data,
				const struct acked *then, unsigned int ops)
{
	unsigned int i, bad = 0, words = SECTOR / sizeof(*data);
	uint32_t flushed = then->op[block / WRITER_BLOCKS];

	for (i = 0; i < BLOCK / SECTOR; i++, data += words) {
		if (is_whole(data) &&
		    is_allowed(base, block, data[0], flushed, ops))
			continue;
		printf("block %u, sector %u: %u, flushed %u\n", block, i,
		       data[0], flushed);
		bad++;
	}
	return bad;
}

/* Whether all legs differ from each other in some sector of a block. */
static bool has_no_winner(const char *legs, uint64_t first, unsigned int block)
{
	unsigned int i, a, b, equal;

	for (i = 0; i < BLOCK / SECTOR; i++) {
		const char *at[MAX_LEGS];

		for (a = 0; a < nr_legs; a++)
			at[a] = legs + a * leg_bytes + (uint64_t)block * BLOCK +
				(first + 8 * a + i) * SECTOR;
		for (equal = 0, a = 1; a < nr_legs; a++)
			for (b = 0; b < a; b++)
				equal += !memcmp(at[a], at[b], SECTOR);
		if (!equal)
			return true;
	}
	return false;
}

static char *read_legs(const char *path)
{
	char *legs = malloc(nr_legs * leg_bytes);
	FILE *file = fopen(path, "r");

	if (!file || !legs || fread(legs, leg_bytes, nr_legs, file) != nr_legs)
		die(path);
	fclose(file);
	return legs;
}

/* Returns what is wrong; adds to *lost what has no winner. */
static unsigned int verify_block(char **argv, int fd, const char *legs,
				 const struct acked *then, unsigned int block,
				 unsigned int *lost)
{
	static uint32_t data[BLOCK / sizeof(uint32_t)]
		__attribute__((aligned(BLOCK)));
	off_t at = (off_t)block * BLOCK;

	if (pread(fd, data, BLOCK, at) == BLOCK)
		return check_block(strtoull(argv[4], NULL, 0), block, data,
				   then, strtoul(argv[5], NULL, 0));
	if (legs && has_no_winner(legs, strtoull(argv[7], NULL, 0), block)) {
		++*lost;
		return pwrite(fd, data, BLOCK, at) != BLOCK;
	}
	printf("block %u cannot be read\n", block);
	return 1;
}

static int verify(int argc, char **argv)
{
	int fd = open(argv[3], O_RDWR | O_DIRECT);
	FILE *file = fopen(in_dir("then"), "r");
	unsigned int block, bad = 0, lost = 0;
	struct acked then;
	char *legs = NULL;

	if (fd < 0 || !file || fread(&then, sizeof(then), 1, file) != 1)
		die(argv[3]);
	if (argc == 8) {
		read_log();
		legs = read_legs(argv[6]);
	}
	for (block = 0; block < WRITERS * WRITER_BLOCKS; block++)
		bad += verify_block(argv, fd, legs, &then, block, &lost);
	printf("%u\n", lost);
	return !!bad;
}

static int ack(void)
{
	map_acked();
	__atomic_add_fetch(&acked->op[0], 1, __ATOMIC_SEQ_CST);
	return 0;
}

static void tell(void)
{
	struct acked last = { { 0 } };

	map_acked();
	for (;; usleep(10000)) {
		struct acked now = *acked;

		if (!memcmp(&now, &last, sizeof(now)))
			continue;
		last = now;
		printf("acked %u %u %u %u\n", now.op[0], now.op[1], now.op[2],
		       now.op[3]);
		fflush(stdout);
	}
}

static int set_then(char **argv)
{
	struct acked then;
	unsigned int writer;

	for (writer = 0; writer < WRITERS; writer++)
		then.op[writer] = strtoul(argv[3 + writer], NULL, 0);
	write_then(&then);
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";

	dir = argv[2];
	if (!strcmp(what, "record") && argc == 6)
		return record_legs(argv);
	if (!strcmp(what, "load") && argc == 6)
		return load(argv);
	if (!strcmp(what, "ack") && argc == 3)
		return ack();
	if (!strcmp(what, "cut") && (argc == 5 || argc == 7))
		return cut(argc, argv);
	if (!strcmp(what, "verify") && (argc == 6 || argc == 8))
		return verify(argc, argv);
	if (!strcmp(what, "tell") && argc == 3)
		tell();
	if (!strcmp(what, "flushed") && argc == 3 + WRITERS)
		return set_then(argv);
	fprintf(stderr, "see the source for how to use this\n");
	return 2;
}
