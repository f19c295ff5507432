// SPDX-License-Identifier: GPL-2.0-only
/* Bitmaps, text, ratelimit, hashes: what computes and no more. */
#include "sim.h"

/*
 * Bitmaps.
 */

unsigned long find_next_bit(const unsigned long *map, unsigned long size,
			    unsigned long from)
{
	while (from < size) {
		unsigned long word = map[BIT_WORD(from)] >>
				     (from % BITS_PER_LONG);

		if (word)
			return min(size, from + __ffs(word));
		from = round_down(from, BITS_PER_LONG) + BITS_PER_LONG;
	}
	return size;
}

unsigned long find_next_zero_bit(const unsigned long *map, unsigned long size,
				 unsigned long from)
{
	while (from < size && sim_test_bit(from, map))
		from++;
	return min(from, size);
}

unsigned long find_last_bit(const unsigned long *map, unsigned long size)
{
	unsigned long i = size;

	while (i--)
		if (sim_test_bit(i, map))
			return i;
	return size;
}

unsigned long find_next_and_bit(const unsigned long *a, const unsigned long *b,
				unsigned long size, unsigned long from)
{
	while (from < size && !(sim_test_bit(from, a) && sim_test_bit(from, b)))
		from++;
	return min(from, size);
}

void bitmap_set(unsigned long *map, unsigned int start, unsigned int n)
{
	unsigned int i;

	for (i = start; i < start + n; i++)
		map[BIT_WORD(i)] |= BIT_MASK(i);
}

void bitmap_clear(unsigned long *map, unsigned int start, unsigned int n)
{
	unsigned int i;

	for (i = start; i < start + n; i++)
		map[BIT_WORD(i)] &= ~BIT_MASK(i);
}

void bitmap_zero(unsigned long *map, unsigned int n)
{
	memset(map, 0, BITS_TO_LONGS(n) * sizeof(long));
}

void bitmap_fill(unsigned long *map, unsigned int n)
{
	memset(map, 0xff, BITS_TO_LONGS(n) * sizeof(long));
}

void bitmap_copy(unsigned long *to, const unsigned long *from, unsigned int n)
{
	memcpy(to, from, BITS_TO_LONGS(n) * sizeof(long));
}

bool bitmap_empty(const unsigned long *map, unsigned int n)
{
	return find_first_bit(map, n) == n;
}

bool bitmap_full(const unsigned long *map, unsigned int n)
{
	return find_first_zero_bit(map, n) == n;
}

unsigned int bitmap_weight(const unsigned long *map, unsigned int n)
{
	unsigned int i, weight = 0;

	for (i = 0; i < n; i++)
		weight += sim_test_bit(i, map);
	return weight;
}

bool bitmap_intersects(const unsigned long *a, const unsigned long *b,
		       unsigned int n)
{
	return find_next_and_bit(a, b, n, 0) < n;
}

bool bitmap_equal(const unsigned long *a, const unsigned long *b,
		  unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (sim_test_bit(i, a) != sim_test_bit(i, b))
			return false;
	return true;
}

bool bitmap_subset(const unsigned long *a, const unsigned long *b,
		   unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (sim_test_bit(i, a) && !sim_test_bit(i, b))
			return false;
	return true;
}

#define BITMAP_OP(name, expression)					\
{									\
	unsigned int i;							\
									\
	for (i = 0; i < BITS_TO_LONGS(n); i++)				\
		to[i] = expression;					\
}

bool bitmap_and(unsigned long *to, const unsigned long *a,
		const unsigned long *b, unsigned int n)
{
	BITMAP_OP(and, a[i] & b[i])
	return !bitmap_empty(to, n);
}

void bitmap_or(unsigned long *to, const unsigned long *a,
	       const unsigned long *b, unsigned int n)
BITMAP_OP(or, a[i] | b[i])

bool bitmap_andnot(unsigned long *to, const unsigned long *a,
		   const unsigned long *b, unsigned int n)
{
	BITMAP_OP(andnot, a[i] & ~b[i])
	return !bitmap_empty(to, n);
}

void bitmap_complement(unsigned long *to, const unsigned long *a,
		       unsigned int n)
BITMAP_OP(complement, ~a[i])

unsigned long *bitmap_zalloc(unsigned int n, gfp_t gfp)
{
	return kcalloc(BITS_TO_LONGS(n), sizeof(long), gfp);
}

unsigned long *bitmap_alloc(unsigned int n, gfp_t gfp)
{
	return kmalloc_array(BITS_TO_LONGS(n), sizeof(long), gfp);
}

void bitmap_free(const unsigned long *map)
{
	kfree(map);
}

/*
 * Text.
 */

int uuid_parse(const char *text, uuid_t *uuid)
{
	unsigned int i, digits[2];

	if (strlen(text) != 36)
		return -EINVAL;
	for (i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			if (*text++ != '-')
				return -EINVAL;
		if (sscanf(text, "%1x%1x", &digits[0], &digits[1]) != 2)
			return -EINVAL;
		uuid->b[i] = digits[0] << 4 | digits[1];
		text += 2;
	}
	return 0;
}

static int put_uuid(char *buf, size_t size, const u8 *uuid)
{
	char text[40], *at = text;
	unsigned int i;

	for (i = 0; i < 16; i++)
		at += sprintf(at, "%s%02x", i == 4 || i == 6 || i == 8 ||
			      i == 10 ? "-" : "", uuid[i]);
	return snprintf(buf, size, "%s", text);
}

/* As the C library does it, and "%pUb", which only the kernel knows. */
static int format(char *buf, size_t size, const char *fmt, va_list args)
{
	const char *uuid = strstr(fmt, "%pUb");
	char *before;
	size_t at;
	int n, m;

	if (!uuid)
		return vsnprintf(buf, size, fmt, args);
	before = strndup(fmt, uuid - fmt);
	/* What it takes of the arguments is gone: so it is on this machine. */
	n = vsnprintf(buf, size, before, args);
	free(before);
	at = min_t(size_t, n, size);
	m = put_uuid(buf + at, size - at, va_arg(args, const u8 *));
	at = min_t(size_t, n + m, size);
	return n + m + format(buf + at, size - at, uuid + 4, args);
}

static int vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	int n = format(buf, size, fmt, args);

	return n < 0 || !size ? 0 : min((size_t)n, size - 1);
}

int sim_scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vscnprintf(buf, size, fmt, args);
	va_end(args);
	return n;
}

int kstrtou64(const char *s, unsigned int base, u64 *value)
{
	char *end;

	errno = 0;
	*value = strtoull(s, &end, base);
	if (errno)
		return -ERANGE;
	if (*end == '\n')
		end++;
	return end == s || *end ? -EINVAL : 0;
}

int kstrtouint(const char *s, unsigned int base, unsigned int *value)
{
	u64 wide;
	int r = kstrtou64(s, base, &wide);

	if (!r && wide > UINT_MAX)
		r = -ERANGE;
	if (!r)
		*value = wide;
	return r;
}

int kstrtoul(const char *s, unsigned int base, unsigned long *value)
{
	u64 wide;
	int r = kstrtou64(s, base, &wide);

	if (!r)
		*value = wide;
	return r;
}

int match_string(const char * const *array, size_t n, const char *string)
{
	size_t i;

	for (i = 0; i < n && array[i]; i++)
		if (!strcmp(array[i], string))
			return i;
	return -EINVAL;
}

bool sysfs_streq(const char *a, const char *b)
{
	return !strcmp(a, b);
}

ssize_t sim_strscpy(char *to, const char *from, size_t size)
{
	size_t len = strnlen(from, size);

	if (!size)
		return -E2BIG;
	if (len == size)
		len--;
	memcpy(to, from, len);
	to[len] = '\0';
	return from[len] ? -E2BIG : (ssize_t)len;
}

size_t sim_strlcpy(char *to, const char *from, size_t size)
{
	sim_strscpy(to, from, size);
	return strlen(from);
}

void *sim_memchr_inv(const void *p, int c, size_t n)
{
	const u8 *at = p;

	for (; n--; at++)
		if (*at != (u8)c)
			return (void *)at;
	return NULL;
}

void ratelimit_state_init(struct ratelimit_state *rs, int interval, int burst)
{
	memset(rs, 0, sizeof(*rs));
	rs->interval = interval;
	rs->burst = burst;
}

int __ratelimit(struct ratelimit_state *rs)
{
	sim_point();
	if (!rs->interval)
		return 1;
	if (!rs->begin || time_is_before_jiffies(rs->begin + rs->interval)) {
		rs->begin = jiffies;
		rs->printed = 0;
	}
	if (rs->printed >= rs->burst) {
		rs->missed++;
		return 0;
	}
	rs->printed++;
	return 1;
}

void get_random_bytes(void *buf, size_t len)
{
	u8 *at = buf;

	while (len--)
		*at++ = rnd();
}

u32 get_random_u32(void)
{
	return rnd();
}

u64 get_random_u64(void)
{
	return rnd();
}

u32 get_random_u32_below(u32 ceil)
{
	return rnd_below(ceil);
}

/*
 * Hashes.  "weak" calls everything equal, "keyed" wants a key, "broken" fails.
 */

struct crypto_shash *crypto_alloc_shash(const char *name, u32 type, u32 mask)
{
	struct crypto_shash *tfm;

	if (strcmp(name, "sha256") && strcmp(name, "weak") &&
	    strcmp(name, "broken") && strcmp(name, "keyed"))
		return ERR_PTR(-ENOENT);
	tfm = kzalloc(sizeof(*tfm), GFP_KERNEL);
	if (!tfm)
		return ERR_PTR(-ENOMEM);
	sim_strscpy(tfm->name, name, sizeof(tfm->name));
	tfm->digest_size = 32;
	tfm->flags = strcmp(name, "keyed") ? 0 : CRYPTO_TFM_NEED_KEY;
	return tfm;
}

void crypto_free_shash(struct crypto_shash *tfm)
{
	kfree(tfm);
}

int crypto_shash_init(struct shash_desc *desc)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		desc->state[i] = 0x9e3779b97f4a7c15ULL * (i + 1);
	desc->length = 0;
	return 0;
}

int crypto_shash_update(struct shash_desc *desc, const u8 *data,
			unsigned int len)
{
	unsigned int i;
	u64 word;

	if (!strcmp(desc->tfm->name, "broken") && rnd_chance(50))
		return -EIO;
	desc->length += len;
	for (; len; data += i, len -= i) {
		i = min(len, 8U);
		word = 0;
		memcpy(&word, data, i);
		desc->state[0] ^= word;
		desc->state[0] *= 0xff51afd7ed558ccdULL;
		desc->state[0] ^= desc->state[0] >> 29;
		desc->state[1] += desc->state[0] * 0xc4ceb9fe1a85ec53ULL;
	}
	return 0;
}

int crypto_shash_final(struct shash_desc *desc, u8 *out)
{
	if (!strcmp(desc->tfm->name, "weak"))
		memset(desc->state, 1, sizeof(desc->state));
	memcpy(out, desc->state, 32);
	return 0;
}

int crypto_shash_digest(struct shash_desc *desc, const u8 *data,
			unsigned int len, u8 *out)
{
	int r = crypto_shash_init(desc);

	if (!r)
		r = crypto_shash_update(desc, data, len);
	return r ? r : crypto_shash_final(desc, out);
}

/* Of each byte, and how far before the end of a word it is. */
static u32 crc_table[8][256];

static void make_crc_tables(void)
{
	unsigned int i, bit, at;

	for (i = 0; i < 256; i++)
		for (bit = 0, crc_table[0][i] = i; bit < 8; bit++)
			crc_table[0][i] = crc_table[0][i] >> 1 ^
				(crc_table[0][i] & 1 ? 0x82f63b78 : 0);
	for (at = 1; at < 8; at++)
		for (i = 0; i < 256; i++)
			crc_table[at][i] = crc_table[at - 1][i] >> 8 ^
				crc_table[0][crc_table[at - 1][i] & 0xff];
}

/* A word at a time: metadata is summed a lot. */
u32 crc32c(u32 crc, const void *data, unsigned int len)
{
	const u8 *at = data;
	unsigned int i;

	if (!crc_table[0][255])
		make_crc_tables();
	for (; len >= 8; len -= 8, at += 8) {
		u32 next = 0;

		for (i = 0; i < 4; i++)
			next ^= crc_table[7 - i][(at[i] ^ crc >> 8 * i) & 0xff];
		for (; i < 8; i++)
			next ^= crc_table[7 - i][at[i]];
		crc = next;
	}
	while (len--)
		crc = crc >> 8 ^ crc_table[0][(crc ^ *at++) & 0xff];
	return crc;
}
