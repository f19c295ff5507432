/* SPDX-License-Identifier: GPL-2.0-only */
/* Text, hashes, ratelimit, random numbers, module. */
#ifndef SIM_MISC_H
#define SIM_MISC_H

int sim_scnprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
#define scnprintf(b, s, x...)	sim_scnprintf(b, s, x)

int kstrtou64(const char *s, unsigned int base, u64 *value);
int kstrtouint(const char *s, unsigned int base, unsigned int *value);
#define kstrtoull(s, b, v)	kstrtou64(s, b, v)
#define kstrtou32(s, b, v)	kstrtouint(s, b, v)
int kstrtoul(const char *s, unsigned int base, unsigned long *value);
int match_string(const char * const *array, size_t n, const char *string);
bool sysfs_streq(const char *a, const char *b);
ssize_t sim_strscpy(char *to, const char *from, size_t size);
#define strscpy(to, from, size)	sim_strscpy(to, from, size)
size_t sim_strlcpy(char *to, const char *from, size_t size);
#define memchr_inv(p, c, n)	sim_memchr_inv(p, c, n)
void *sim_memchr_inv(const void *p, int c, size_t n);
#define memzero_explicit(p, n)	memset(p, 0, n)
#define str_yes_no(x)		((x) ? "yes" : "no")

struct va_format {
	const char *fmt;
	va_list *va;
};

struct ratelimit_state {
	int interval;
	int burst;
	int printed;
	int missed;
	unsigned long begin;
	unsigned long flags;
};

#define DEFAULT_RATELIMIT_INTERVAL (5 * HZ)
#define DEFAULT_RATELIMIT_BURST	10
#define RATELIMIT_MSG_ON_RELEASE 1
void ratelimit_state_init(struct ratelimit_state *rs, int interval, int burst);
#define ratelimit_default_init(rs)					\
	ratelimit_state_init(rs, DEFAULT_RATELIMIT_INTERVAL,		\
			     DEFAULT_RATELIMIT_BURST)
#define ratelimit_state_exit(rs) ((void)(rs))
#define ratelimit_set_flags(rs, f) ((rs)->flags = (f))
int __ratelimit(struct ratelimit_state *rs);
#define DEFINE_RATELIMIT_STATE(n, i, b)					\
	struct ratelimit_state n = { .interval = (i), .burst = (b) }

void get_random_bytes(void *buf, size_t len);
u32 get_random_u32(void);
u64 get_random_u64(void);
#define prandom_u32()		get_random_u32()
u32 get_random_u32_below(u32 ceil);

/* A hash whose digests differ, and one that calls everything equal. */
#define HASH_MAX_DIGESTSIZE	64
#define CRYPTO_TFM_NEED_KEY	1u

struct crypto_shash {
	char name[32];
	unsigned int digest_size;
	unsigned int flags;
};

struct shash_desc {
	struct crypto_shash *tfm;
	u64 state[4];
	u64 length;
};

struct crypto_shash *crypto_alloc_shash(const char *name, u32 type, u32 mask);
void crypto_free_shash(struct crypto_shash *tfm);
#define crypto_shash_get_flags(t) ((t)->flags)
#define crypto_shash_alg_name(t) ((t)->name)
#define crypto_shash_driver_name(t) ((t)->name)
#define crypto_shash_digestsize(t) ((t)->digest_size)
#define crypto_shash_descsize(t) sizeof(struct shash_desc)
int crypto_shash_init(struct shash_desc *desc);
int crypto_shash_update(struct shash_desc *desc, const u8 *data,
			unsigned int len);
int crypto_shash_final(struct shash_desc *desc, u8 *out);
int crypto_shash_digest(struct shash_desc *desc, const u8 *data,
			unsigned int len, u8 *out);
#define SHASH_DESC_ON_STACK(name, tfm)					\
	struct shash_desc __##name##_desc, *name = &__##name##_desc
#define shash_desc_zero(d)	memset(d, 0, sizeof(*(d)))
typedef struct { u8 b[16]; } uuid_t;
int uuid_parse(const char *text, uuid_t *uuid);
static inline bool uuid_is_null(const uuid_t *uuid)
{
	return !memchr_inv(uuid, 0, sizeof(*uuid));
}
#define generate_random_uuid(u)	get_random_bytes(u, 16)
u32 crc32c(u32 crc, const void *data, unsigned int len);
#define crc32c_le(c, d, l)	crc32c(c, d, l)

#define module_init(f)		int sim_module_init(void) { return f(); }
#define module_exit(f)		void sim_module_exit(void) { f(); }
int sim_module_init(void);
void sim_module_exit(void);
#define MODULE_DESCRIPTION(x)	_Static_assert(1, "")
#define MODULE_AUTHOR(x)	_Static_assert(1, "")
#define MODULE_LICENSE(x)	_Static_assert(1, "")
#define MODULE_SOFTDEP(x)	_Static_assert(1, "")
#define MODULE_ALIAS(x)		_Static_assert(1, "")
#define MODULE_PARM_DESC(a, b)	_Static_assert(1, "")
#define module_param(a, b, c)	_Static_assert(1, "")
#define module_param_named(a, b, c, d) _Static_assert(1, "")

#endif /* SIM_MISC_H */
