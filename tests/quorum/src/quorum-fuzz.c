// SPDX-License-Identifier: GPL-2.0-only
/*
 * quorum-fuzz: loads made-up tables and sends made-up messages, and says where
 * the target judges them otherwise than a second, simpler reading of the rules
 * does.
 *
 *	quorum-fuzz [-n ROUNDS] [-r ONE] [-s SEED] NAME SECTORS LEG...
 *
 * NAME is a dm device without a table; SECTORS are the length of the tables; a
 * LEG is given as major:minor:sectors.  It drives the ioctls itself: starting
 * dmsetup a hundred thousand times would take hours.
 *
 * In each round a table is made and loaded.  One of ONE may be right; the
 * others are spoilt by a few mistakes, until they are wrong.  One that is
 * accepted must be shown as a table that is accepted, too, and shown as the
 * same.  Now and then such a table comes into use, and messages are sent to it.
 *
 * Prints how many of each kind there were, "# " in front; anything else it
 * prints is wrong, and makes it exit with 1.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/dm-ioctl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define MAX_LEGS	32	/* what the target takes */
#define MAX_DEVICES	64
#define MAX_WORDS	160
#define WORD_BYTES	48
#define MESSAGES	32	/* to a table in use */

static const char usage[] =
	"usage: quorum-fuzz [-n ROUNDS] [-r ONE] [-s SEED] NAME SECTORS LEG...";

struct device {
	char name[WORD_BYTES];
	uint64_t sectors;
};

static struct device device[MAX_DEVICES];
static unsigned int nr_devices;
static const char *dm_name;
static uint64_t length;
static int control;
static uint64_t seed;
static unsigned int one_right = 6;
static unsigned long wrong;

static struct {
	unsigned long accepted, refused, used, obeyed, ignored;
	uint64_t accept_ns, refuse_ns;
} seen;

/* A table without its first three words, or a message. */
struct text {
	unsigned int nr;
	char word[MAX_WORDS][WORD_BYTES];
};

__attribute__((noreturn, format(printf, 1, 2)))
static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	exit(1);
}

static unsigned int below(unsigned int limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 16) % limit;
}

static bool one_in(unsigned int n)
{
	return !below(n);
}

__attribute__((format(printf, 2, 3)))
static void add(struct text *text, const char *format, ...)
{
	va_list args;

	if (text->nr == MAX_WORDS)
		return;
	va_start(args, format);
	vsnprintf(text->word[text->nr++], WORD_BYTES, format, args);
	va_end(args);
}

static void join(const struct text *text, char *to)
{
	unsigned int i;

	*to = '\0';
	for (i = 0; i < text->nr; i++)
		to += sprintf(to, "%s%s", i ? " " : "", text->word[i]);
}

/*
 * The second reading.
 */

static bool number(const char *word, uint64_t limit, uint64_t *value)
{
	*value = 0;
	if (!*word)
		return false;
	for (; *word; word++) {
		if (!isdigit(*word) || *value > (limit - (*word - '0')) / 10)
			return false;
		*value = *value * 10 + (*word - '0');
	}
	return true;
}

static bool small(const char *word, unsigned int *value)
{
	uint64_t n;

	if (!number(word, UINT32_MAX, &n))
		return false;
	*value = n;
	return true;
}

enum { FLAGS = 7 };

static const char * const flag_name[FLAGS] = {
	"rewrite_corrupted", "blkverify", "allow_minority", "no_write_copy",
	"allow_discards", "sync", "nosync",
};

static const char * const pattern_name[] = { "quorum", "minimal", "fifo" };
static const char * const good_hash[] = { "sha256", "crc32c" };

static int find(const char * const *names, unsigned int nr, const char *name)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}

struct table {
	unsigned int threshold, legs, present, current;
	int on[MAX_LEGS];			/* which device, or -1 */
	uint64_t offset[MAX_LEGS];
	bool flag[FLAGS];
	bool rebuild[MAX_LEGS];
	bool pattern, hash, region, max_errors, rate;
	int pattern_value;
	unsigned int max_errors_value;
};

enum { REWRITE, BLKVERIFY, MINORITY, NO_COPY, DISCARDS, SYNC, NOSYNC };

static bool leg_fits(const struct table *t, unsigned int leg)
{
	uint64_t size = device[t->on[leg]].sectors;
	uint64_t a = t->offset[leg];
	unsigned int i;

	if (a > size || size - a < length)
		return false;
	for (i = 0; i < leg; i++) {
		uint64_t b = t->offset[i];

		if (t->on[i] == t->on[leg] &&
		    (a > b ? a - b : b - a) < length)
			return false;
	}
	return true;
}

static int find_device(const char *name)
{
	unsigned int i;

	for (i = 0; i < nr_devices; i++)
		if (!strcmp(device[i].name, name))
			return i;
	return -1;
}

static bool leg_is_right(struct table *t, unsigned int leg, const char *name,
			 const char *offset)
{
	if (!number(offset, UINT64_MAX, &t->offset[leg]))
		return false;
	t->on[leg] = find_device(name);
	if (!strcmp(name, "-"))
		return !t->offset[leg];
	t->present++;
	return t->on[leg] >= 0 && leg_fits(t, leg);
}

static bool once(bool *seen_before)
{
	bool first = !*seen_before;

	*seen_before = true;
	return first;
}

static bool argument_is_right(struct table *t, const char *name,
			      const char *value)
{
	unsigned int n;

	if (!strcmp(name, "read_pattern")) {
		t->pattern_value = find(pattern_name, 3, value);
		return once(&t->pattern) && t->pattern_value >= 0;
	}
	if (!strcmp(name, "hash"))
		return once(&t->hash) && find(good_hash, 2, value) >= 0;
	if (!small(value, &n))
		return false;
	if (!strcmp(name, "region_size"))
		return once(&t->region) && n && !(n & (n - 1));
	if (!strcmp(name, "max_errors")) {
		t->max_errors_value = n;
		return once(&t->max_errors);
	}
	if (!strcmp(name, "max_recovery_rate"))
		return once(&t->rate) && n;
	return !strcmp(name, "rebuild") && n < t->legs && t->on[n] >= 0 &&
	       once(&t->rebuild[n]);
}

static bool options_are_right(struct table *t, const struct text *text,
			      unsigned int at)
{
	unsigned int count;

	if (at == text->nr)
		return true;
	if (!small(text->word[at++], &count) || count != text->nr - at)
		return false;
	while (at < text->nr) {
		int flag = find(flag_name, FLAGS, text->word[at]);

		if (flag >= 0) {
			if (!once(&t->flag[flag]))
				return false;
			at++;
			continue;
		}
		if (at + 1 == text->nr ||
		    !argument_is_right(t, text->word[at], text->word[at + 1]))
			return false;
		at += 2;
	}
	return true;
}

static bool combination_is_right(const struct table *t)
{
	bool minority = 2 * t->threshold <= t->legs;
	unsigned int i, trusted = t->present;
	bool fifo = t->pattern_value == 2;

	for (i = 0; i < t->legs; i++)
		trusted -= t->rebuild[i];
	if (trusted < t->threshold || minority != t->flag[MINORITY] ||
	    (t->flag[SYNC] && t->flag[NOSYNC]))
		return false;
	if (t->legs == 1 && (t->flag[REWRITE] || t->flag[NO_COPY] || t->hash ||
			     t->flag[SYNC] || t->max_errors_value))
		return false;
	if (t->flag[BLKVERIFY] && (t->legs != 2 || t->threshold != 2 ||
				   t->flag[REWRITE] || t->pattern_value > 0))
		return false;
	if (t->hash && (t->flag[BLKVERIFY] || fifo))
		return false;
	return !(t->flag[REWRITE] && fifo);
}

static bool table_is_right(const struct text *text)
{
	struct table t = { .threshold = 0 };
	unsigned int i;

	if (text->nr < 2 || !small(text->word[0], &t.threshold) ||
	    !small(text->word[1], &t.legs) || !t.legs || t.legs > MAX_LEGS ||
	    !t.threshold || t.threshold > t.legs ||
	    text->nr - 2 < 2 * t.legs)
		return false;
	for (i = 0; i < t.legs; i++)
		if (!leg_is_right(&t, i, text->word[2 + 2 * i],
				  text->word[3 + 2 * i]))
			return false;
	return t.present >= t.threshold &&
	       options_are_right(&t, text, 2 + 2 * t.legs) &&
	       combination_is_right(&t);
}

/*
 * Making things up.
 */

static const char * const odd_words[] = {
	"0", "1", "2", "3", "8", "9", "32", "33", "-1", "+1", "0x2", "1.5", "x",
	"4294967295", "4294967296", "18446744073709551615",
	"18446744073709551616", "99999999999999999999999", "-", "--", "0000",
	"00000000000000000002", "%s%n", "2048", "4096", "no_such_hash",
	"hmac(sha256)", "sha256", "crc32c", "fifo", "minimal", "quorum",
	"read_pattern", "rewrite_corrupted", "blkverify", "hash",
	"allow_minority", "no_write_copy", "allow_discards", "region_size",
	"sync", "nosync", "rebuild", "max_errors", "max_recovery_rate",
	"Sync", "syncs", "\x80\xff",
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
};

static const char *odd_word(void)
{
	return odd_words[below(ARRAY_SIZE(odd_words))];
}

/* As long as there are enough, each device comes once. */
static void make_legs(struct text *text, unsigned int legs)
{
	unsigned int first = below(nr_devices), i;

	for (i = 0; i < legs; i++) {
		struct device *d = &device[(first + i) % nr_devices];
		bool missing = one_in(12);

		add(text, "%s", missing ? "-" : d->name);
		add(text, "%u", missing ? 0 :
		    below(d->sectors - length + 1) & ~7u);
	}
}

static void make_options(struct text *text, unsigned int legs, bool minority)
{
	unsigned int at = text->nr, i;

	add(text, "count");
	if (minority)
		add(text, "allow_minority");
	for (i = 0; i < FLAGS; i++)
		if (i != MINORITY && one_in(6))
			add(text, "%s", flag_name[i]);
	if (one_in(3)) {
		add(text, "read_pattern");
		add(text, "%s", pattern_name[below(3)]);
	}
	if (one_in(5)) {
		add(text, "hash");
		add(text, "%s", good_hash[below(2)]);
	}
	if (one_in(3)) {
		add(text, "region_size");
		add(text, "%u", 1u << below(12));
	}
	if (one_in(5)) {
		add(text, "rebuild");
		add(text, "%u", below(legs));
	}
	if (one_in(6)) {
		add(text, "max_errors");
		add(text, "%u", below(100));
	}
	if (one_in(6)) {
		add(text, "max_recovery_rate");
		add(text, "%u", 1 + below(100000));
	}
	snprintf(text->word[at], WORD_BYTES, "%u", text->nr - at - 1);
	if (text->nr == at + 1 && one_in(2))
		text->nr = at;
}

static void spoil(struct text *text)
{
	unsigned int a = below(text->nr), b = below(text->nr);
	char saved[WORD_BYTES];

	switch (below(6)) {
	case 0:
	case 1:
		strcpy(text->word[a], odd_word());
		break;
	case 2:
		memmove(text->word[a], text->word[a + 1],
			(text->nr - a - 1) * WORD_BYTES);
		text->nr--;
		break;
	case 3:
		strcpy(saved, text->word[a]);
		strcpy(text->word[a], text->word[b]);
		strcpy(text->word[b], saved);
		break;
	case 4:
		strcpy(text->word[a], text->word[b]);
		break;
	case 5:
		add(text, "%s", odd_word());
		break;
	}
}

/* The kernel takes a bare number for that of a device, and there may be one. */
static void name_no_strangers(struct text *text)
{
	unsigned int legs = MAX_LEGS, i;

	if (text->nr > 1)
		small(text->word[1], &legs);

	for (i = 2; i < text->nr && i / 2 <= legs; i += 2)
		if (!text->word[i][strspn(text->word[i], "0123456789abcdef")])
			strcpy(text->word[i], "x");
}

static void make_table(struct text *text)
{
	unsigned int mistakes = one_in(one_right) ? 0 : 1 + below(3);
	bool spoilt = mistakes;
	unsigned int legs = one_in(20) ? 1 + below(34) : 1 + below(5);
	unsigned int threshold = legs / 2 + 1 + below(legs - legs / 2);

	if (one_in(8))
		threshold = 1 + below(legs);
	text->nr = 0;
	add(text, "%u", threshold);
	add(text, "%u", legs);
	make_legs(text, legs);
	make_options(text, legs, 2 * threshold <= legs);
	while (text->nr > 1 && (mistakes || (spoilt && table_is_right(text)))) {
		spoil(text);
		mistakes -= !!mistakes;
	}
	name_no_strangers(text);
}

/*
 * What dm is told.
 */

static union {
	struct dm_ioctl head;
	char bytes[32768];
} io;

/* Returns 0 or an errno. */
static int dm(unsigned long request, unsigned int flags, const void *payload,
	      size_t bytes, unsigned int targets)
{
	memset(&io.head, 0, sizeof(io.head));
	io.head.version[0] = 4;
	/* The kernel has as much to allocate; nobody is told anything else. */
	io.head.data_size = request == DM_TABLE_STATUS ? sizeof(io) :
			    sizeof(io.head) + bytes;
	io.head.data_start = sizeof(io.head);
	io.head.target_count = targets;
	io.head.flags = flags;
	strcpy(io.head.name, dm_name);
	if (bytes)
		memcpy(io.bytes + sizeof(io.head), payload, bytes);
	return ioctl(control, request, &io) ? errno : 0;
}

static int load(const char *table)
{
	static struct {
		struct dm_target_spec spec;
		char params[MAX_WORDS * WORD_BYTES];
	} target;

	memset(&target.spec, 0, sizeof(target.spec));
	target.spec.length = length;
	strcpy(target.spec.target_type, "quorum");
	strcpy(target.params, table);
	return dm(DM_TABLE_LOAD, 0, &target, sizeof(target.spec) +
		  strlen(table) + 1, 1);
}

static const char *answer(unsigned int flags)
{
	struct dm_target_spec *spec;
	int error = dm(DM_TABLE_STATUS, flags, NULL, 0, 0);

	if (error)
		die("status: %s", strerror(error));
	spec = (struct dm_target_spec *)(io.bytes + io.head.data_start);
	if (io.head.target_count != 1 || strcmp(spec->target_type, "quorum"))
		die("status: no target");
	return (char *)(spec + 1);
}

static void must(const char *what, int error)
{
	if (error)
		die("%s: %s", what, strerror(error));
}

/*
 * A round.
 */

/* What the rules can be broken with. */
static bool is_refusal(int error)
{
	switch (error) {
	case EINVAL:
	case ENOENT:
	case ENODEV:
	case ENXIO:
	case EBUSY:
		return true;
	default:
		return false;
	}
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static bool try_table(const char *table, bool right)
{
	uint64_t start = now();
	int error = load(table);

	*(error ? &seen.refuse_ns : &seen.accept_ns) += now() - start;
	if (error && (right || !is_refusal(error))) {
		printf("%s: %s\n", strerror(error), table);
		wrong++;
	} else if (!error && !right) {
		printf("accepted: %s\n", table);
		wrong++;
	}
	return !error;
}

/* What is shown is a table that is shown as itself. */
static void come_back(const char *table)
{
	unsigned int flags = DM_STATUS_TABLE_FLAG |
			     DM_QUERY_INACTIVE_TABLE_FLAG;
	char shown[MAX_WORDS * WORD_BYTES];

	snprintf(shown, sizeof(shown), "%s", answer(flags));
	if (!try_table(shown, true))
		return;
	if (strcmp(answer(flags), shown)) {
		printf("%s: shown as %s, then as %s\n", table, shown,
		       answer(flags));
		wrong++;
	}
}

static const char * const message_words[] = {
	"check", "repair", "idle", "frozen", "clear_errors", "reports",
	"fail", "reinstate", "rebuild", "@", "@", "@",
};

static void make_message(struct text *text, unsigned int legs)
{
	unsigned int words = 1 + below(3);

	text->nr = 0;
	while (words--) {
		const char *word = message_words[below(12)];

		if (one_in(8))
			add(text, "%s", odd_word());
		else if (*word == '@')
			add(text, "%u", below(legs + 1));
		else
			add(text, "%s", word);
	}
}

/* Whether it is a message, whatever comes of it. */
static bool message_is_right(const struct text *text, const struct table *t)
{
	unsigned int leg;

	if (text->nr == 1)
		return find(message_words, 6, text->word[0]) >= 0;
	/* Of a range, which may be none. */
	if (text->nr == 3)
		return find(message_words, 2, text->word[0]) >= 0;
	return text->nr == 2 &&
	       find(message_words + 6, 3, text->word[0]) >= 0 &&
	       small(text->word[1], &leg) && leg < t->legs && t->on[leg] >= 0;
}

static void try_message(const struct table *t)
{
	static struct {
		uint64_t sector;
		char message[MAX_WORDS * WORD_BYTES];
	} target;
	struct text text;
	bool right;
	int error;

	make_message(&text, t->legs);
	join(&text, target.message);
	right = message_is_right(&text, t);
	error = dm(DM_TARGET_MSG, 0, &target,
		   sizeof(target.sector) + strlen(target.message) + 1, 0);
	if (right ? error && error != EBUSY && error != EINVAL :
		    error != EINVAL) {
		printf("message %s: %s\n", target.message, strerror(error));
		wrong++;
	}
	if (error)
		seen.ignored++;
	else
		seen.obeyed++;
}

/* The table comes into use, is spoken to, and must still be a table. */
static void use(const struct text *text)
{
	struct table t = { .threshold = 0 };
	unsigned int i;

	small(text->word[1], &t.legs);
	for (i = 0; i < t.legs; i++)
		t.on[i] = find_device(text->word[2 + 2 * i]);
	must("resume", dm(DM_DEV_SUSPEND, 0, NULL, 0, 0));
	for (i = 0; i < MESSAGES; i++) {
		try_message(&t);
		answer(0);
	}
	try_table(answer(DM_STATUS_TABLE_FLAG), true);
	seen.used++;
}

static void round_of(void)
{
	char table[MAX_WORDS * WORD_BYTES];
	struct text text;
	bool right;

	make_table(&text);
	join(&text, table);
	right = table_is_right(&text);
	if (!try_table(table, right)) {
		seen.refused++;
		return;
	}
	seen.accepted++;
	if (seen.accepted % 3 == 1)
		come_back(table);
	if (seen.accepted % 8 == 1)
		use(&text);
}

static void parse(int argc, char **argv, unsigned long *rounds)
{
	unsigned int major, minor;
	int option;

	*rounds = 1000;
	seed = 1;
	while ((option = getopt(argc, argv, "n:r:s:")) != -1) {
		if (option == 'n')
			*rounds = strtoul(optarg, NULL, 10);
		else if (option == 'r')
			one_right = strtoul(optarg, NULL, 10);
		else if (option == 's')
			seed = strtoull(optarg, NULL, 10);
		else
			exit(2);
	}
	if (argc - optind < 3 || argc - optind > 2 + MAX_DEVICES)
		die("%s", usage);
	dm_name = argv[optind++];
	length = strtoull(argv[optind++], NULL, 10);
	for (; optind < argc; optind++, nr_devices++) {
		struct device *d = &device[nr_devices];

		if (sscanf(argv[optind], "%u:%u:%" SCNu64, &major, &minor,
			   &d->sectors) != 3)
			die("not a leg: %s", argv[optind]);
		snprintf(d->name, WORD_BYTES, "%u:%u", major, minor);
	}
	/* The generator must not begin with 0, nor with few bits. */
	seed = seed * 0x9e3779b97f4a7c15 + 1;
}

int main(int argc, char **argv)
{
	unsigned long rounds, i;

	parse(argc, argv, &rounds);
	control = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
	if (control < 0)
		die("/dev/mapper/control: %s", strerror(errno));
	for (i = 0; i < rounds && wrong < 10; i++)
		round_of();
	printf("# %lu tables accepted, %lu refused, %lu used\n",
	       seen.accepted, seen.refused, seen.used);
	printf("# %.2f s spent on what was accepted, %.2f s on the others\n",
	       seen.accept_ns / 1e9, seen.refuse_ns / 1e9);
	printf("# %lu messages obeyed, %lu ignored\n", seen.obeyed,
	       seen.ignored);
	/* Something of each kind, or nothing was tried. */
	if (!seen.accepted || !seen.refused || !seen.used || !seen.obeyed ||
	    !seen.ignored)
		die("there was no such thing");
	return wrong > 0;
}
