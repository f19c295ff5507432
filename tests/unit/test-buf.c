// SPDX-License-Identifier: GPL-2.0-only
/*
 * dm-quorum-buf.c, and the pages below it, against plain arrays of bytes; and
 * by tasks that want more than there is.
 */
#include "room.h"
#include "dm-quorum-buf.h"

#define NR_BUFS		5
#define ALL		(BIT(NR_BUFS) - 1)
/* More than QUORUM_FEW_PAGES, and the table of pages is one more. */
#define MAX_BYTES	(16 * (unsigned int)PAGE_SIZE)
#define RESERVE		(NR_BUFS * 17)

static struct quorum_pages pages;
static struct quorum_buf bufs[NR_BUFS];
static u8 model[NR_BUFS][MAX_BYTES];
static u64 rng;

static void begin(void)
{
	room_init();
	rng = unit_seed;
	memset(&pages, 0, sizeof(pages));
	memset(bufs, 0, sizeof(bufs));
	check(!quorum_bufs_init(&pages, NR_BUFS, MAX_BYTES));
	check(mem_pages_out == RESERVE);
}

static void end(void)
{
	mem_plan.nowait_fails = 0;
	check(pages.reserve.curr_nr == RESERVE);
	quorum_bufs_exit(&pages);
	room_exit();
}

static void put_all(void)
{
	unsigned int i;

	for (i = 0; i < NR_BUFS; i++)
		quorum_buf_put(&pages, &bufs[i]);
}

static unsigned int pick_bytes(void)
{
	unsigned int most = rng_below(&rng, 2) ? MAX_BYTES : 3 * PAGE_SIZE;
	unsigned int bytes = 1 + rng_below(&rng, most);

	return rng_below(&rng, 3) ? bytes : round_up(bytes, 512);
}

/* Words of few values, so that buffers agree in long stretches. */
static void random_bytes(u8 *data, unsigned int bytes)
{
	unsigned int i;

	for (i = 0; i < bytes; i++)
		data[i] = i * 7 + (i >> 8);
	if (rng_below(&rng, 2))
		data[rng_below(&rng, bytes)] ^= 1 + rng_below(&rng, 255);
}

static void fill(unsigned int i, unsigned int bytes)
{
	struct bio *bio = room_bio(&rng, bytes);

	random_bytes(model[i], bytes);
	room_bio_bytes(bio, model[i], true);
	quorum_buf_fill(&bufs[i], bio);
	room_bio_put(bio);
}

static void fill_all(unsigned int bytes)
{
	unsigned int i;

	quorum_bufs_get(&pages, bufs, ALL, bytes);
	for (i = 0; i < NR_BUFS; i++)
		fill(i, bytes);
}

static void check_bytes(unsigned int i, unsigned int bytes)
{
	unsigned int off;

	for (off = 0; off < bytes; off++)
		check(*(u8 *)quorum_buf_at(&bufs[i], off) == model[i][off]);
}

/*
 * One after the other.
 */

static void one_drain(unsigned int i, unsigned int bytes)
{
	struct bio *bio = room_bio(&rng, bytes);
	static u8 data[MAX_BYTES];

	quorum_buf_drain(&bufs[i], bio);
	room_bio_bytes(bio, data, false);
	check(!memcmp(data, model[i], bytes));
	check_bytes(i, bytes);
	room_bio_put(bio);
}

static void test_fill_drain(void **state)
{
	unsigned int i, bytes;

	begin();
	for (unit_step = 0; unit_step < unit_times(100); unit_step++) {
		bytes = pick_bytes();
		fill_all(bytes);
		for (i = 0; i < NR_BUFS; i++)
			one_drain(i, bytes);
		put_all();
	}
	end();
}

static bool model_match(u32 which, const u8 *data, unsigned int bytes)
{
	unsigned int i;

	for (i = 0; i < NR_BUFS; i++)
		if (which & BIT(i) && memcmp(model[i], data, bytes))
			return false;
	return true;
}

static void one_match(unsigned int bytes)
{
	u32 which = 1 + rng_below(&rng, ALL);
	struct quorum_buf *these[NR_BUFS];
	unsigned int i, nr = 0;
	static u8 data[MAX_BYTES];
	struct bio *bio = room_bio(&rng, bytes);

	random_bytes(data, bytes);
	room_bio_bytes(bio, data, true);
	for (i = 0; i < NR_BUFS; i++)
		if (which & BIT(i))
			these[nr++] = &bufs[i];
	check(quorum_bufs_match(these, nr, bio) ==
	      model_match(which, data, bytes));
	room_bio_put(bio);
}

static void test_match(void **state)
{
	unsigned int bytes, i;

	begin();
	for (unit_step = 0; unit_step < unit_times(100); unit_step++) {
		bytes = pick_bytes();
		fill_all(bytes);
		for (i = 0; i < 20; i++)
			one_match(bytes);
		put_all();
	}
	end();
}

/* Any byte that differs is seen, wherever it is, in whichever buffer. */
static void test_match_each_byte(void **state)
{
	struct quorum_buf *these[] = { &bufs[0], &bufs[1], &bufs[2] };
	const unsigned int bytes = PAGE_SIZE + 72;
	struct bio *bio;
	unsigned int i;
	u8 *at;

	begin();
	quorum_bufs_get(&pages, bufs, ALL, bytes);
	bio = room_bio(&rng, bytes);
	for (i = 0; i < 3; i++)
		quorum_buf_fill(&bufs[i], bio);
	for (unit_step = 0; unit_step < 3 * bytes; unit_step++) {
		check(quorum_bufs_match(these, 3, bio));
		check(quorum_bufs_match(these, 2, bio));
		at = quorum_buf_at(&bufs[unit_step % 3], unit_step / 3);
		*at ^= 1;
		check(!quorum_bufs_match(these, 3, bio));
		check(quorum_bufs_match(these, 2, bio) == (unit_step % 3 == 2));
		*at ^= 1;
	}
	room_bio_put(bio);
	put_all();
	end();
}

static void pick_part(unsigned int bytes, unsigned int *off, unsigned int *len)
{
	*off = rng_below(&rng, bytes);
	*len = 1 + rng_below(&rng, bytes - *off);
}

static unsigned int model_differ(unsigned int a, unsigned int b,
				 unsigned int off, unsigned int len)
{
	unsigned int end = off + len;

	while (off < end && model[a][off] == model[b][off])
		off++;
	return off;
}

static void one_copy(unsigned int bytes)
{
	unsigned int a = rng_below(&rng, NR_BUFS), off, len;
	unsigned int b = (a + 1 + rng_below(&rng, NR_BUFS - 1)) % NR_BUFS;

	pick_part(bytes, &off, &len);
	check(quorum_buf_differ(&bufs[a], &bufs[b], off, len) ==
	      model_differ(a, b, off, len));
	pick_part(bytes, &off, &len);
	quorum_buf_copy(&bufs[a], &bufs[b], off, len);
	memcpy(model[a] + off, model[b] + off, len);
	check(quorum_buf_differ(&bufs[a], &bufs[b], off, len) == off + len);
}

static void test_copy_differ(void **state)
{
	unsigned int bytes, i;

	begin();
	for (unit_step = 0; unit_step < unit_times(100); unit_step++) {
		bytes = pick_bytes();
		fill_all(bytes);
		for (i = 0; i < 10; i++)
			one_copy(bytes);
		for (i = 0; i < NR_BUFS; i++)
			check_bytes(i, bytes);
		put_all();
	}
	end();
}

static void test_hash(void **state)
{
	u8 digest[2][HASH_MAX_DIGESTSIZE];
	struct crypto_shash *tfm;
	unsigned int i, bytes;

	begin();
	tfm = crypto_alloc_shash("sha256", 0, 0);
	check(!IS_ERR(tfm));
	for (unit_step = 0; unit_step < unit_times(100); unit_step++) {
		bytes = pick_bytes();
		fill_all(bytes);
		for (i = 0; i < 2; i++)
			check(!quorum_buf_hash(&bufs[i], bytes, tfm,
					       digest[i]));
		check(!memcmp(digest[0], digest[1], 32) ==
		      !memcmp(model[0], model[1], bytes));
		put_all();
	}
	crypto_free_shash(tfm);
	end();
}

static void test_hash_fails(void **state)
{
	struct crypto_shash *tfm;
	unsigned int i, failed = 0;
	u8 digest[32];

	begin();
	tfm = crypto_alloc_shash("broken", 0, 0);
	check(!IS_ERR(tfm));
	fill_all(512);
	for (i = 0; i < 100; i++)
		failed += quorum_buf_hash(&bufs[0], 512, tfm, digest) == -EIO;
	check(failed);
	put_all();
	crypto_free_shash(tfm);
	end();
}

static void one_attach(unsigned int bytes)
{
	static u8 data[MAX_BYTES];
	struct bio bio = { .sim_state = SIM_BIO_NONE };
	unsigned int i = rng_below(&rng, NR_BUFS), off, len;

	pick_part(bytes, &off, &len);
	bio_init(&bio, NULL, NULL, 0, REQ_OP_READ);
	bio.bi_iter.bi_sector = 77;
	quorum_buf_attach(&bufs[i], &bio, off, len);
	check(bio.bi_iter.bi_sector == 77 && bio.bi_iter.bi_size == len);
	room_bio_bytes(&bio, data, false);
	check(!memcmp(data, model[i] + off, len));
	random_bytes(data, len);
	memcpy(model[i] + off, data, len);
	room_bio_bytes(&bio, data, true);
	check_bytes(i, bytes);
}

static void test_attach(void **state)
{
	unsigned int bytes, i;

	begin();
	for (unit_step = 0; unit_step < unit_times(100); unit_step++) {
		bytes = pick_bytes();
		fill_all(bytes);
		for (i = 0; i < 5; i++)
			one_attach(bytes);
		put_all();
	}
	end();
}

/*
 * Memory.
 */

/* What is held is what was asked for; what was refused holds nothing. */
static void test_accounted(void **state)
{
	unsigned int bytes, nr, before, refused = 0;

	begin();
	for (unit_step = 0; unit_step < unit_times(1000); unit_step++) {
		mem_plan.nowait_fails = rng_below(&rng, 2) ? 0 : 200;
		bytes = pick_bytes();
		nr = DIV_ROUND_UP(bytes, PAGE_SIZE);
		nr += nr > QUORUM_FEW_PAGES;
		quorum_pages_trim(&pages);
		before = mem_pages_out;
		if (!quorum_buf_try(&pages, &bufs[0], bytes)) {
			quorum_pages_trim(&pages);
			check(mem_pages_out == before);
			refused++;
			continue;
		}
		check(mem_pages_out == before + nr);
		quorum_buf_put(&pages, &bufs[0]);
		check(!bufs[0].nr && !bufs[0].bvecs);
		/* Twice is as good as once. */
		quorum_buf_put(&pages, &bufs[0]);
		quorum_pages_trim(&pages);
		check(mem_pages_out == before);
	}
	check(refused);
	end();
}

/* With no memory at all there is the reserve, for all of the largest. */
static void test_reserve(void **state)
{
	begin();
	mem_plan.nowait_fails = 1000;
	check(!quorum_buf_try(&pages, &bufs[0], 512));
	quorum_bufs_get(&pages, bufs, ALL, MAX_BYTES);
	check(!pages.reserve.curr_nr);
	put_all();
	check(pages.reserve.curr_nr == RESERVE);
	end();
}

/* Whoever has the reserve may keep it: it is full as soon as there is memory. */
static void test_refill(void **state)
{
	begin();
	mem_plan.nowait_fails = 1000;
	quorum_bufs_get(&pages, bufs, ALL, MAX_BYTES);
	check(!pages.reserve.curr_nr && quorum_pages_short(&pages));
	check(!quorum_pages_refill(&pages, GFP_NOWAIT));
	mem_plan.nowait_fails = 0;
	check(quorum_pages_refill(&pages, GFP_NOWAIT));
	check(pages.reserve.curr_nr == RESERVE && !quorum_pages_short(&pages));
	put_all();
	quorum_pages_trim(&pages);
	check(mem_pages_out == RESERVE);
	end();
}

static void test_refused(void **state)
{
	unsigned int i, refused = 0;

	room_init();
	for (i = 0; i < 200; i++) {
		memset(&pages, 0, sizeof(pages));
		mem_plan.ctr_fails = rnd_below(200);
		refused += quorum_bufs_init(&pages, 2, 4096) == -ENOMEM;
		mem_plan.ctr_fails = 0;
		quorum_bufs_exit(&pages);
	}
	check(refused && refused < 200);
	room_exit();
}

/*
 * Tasks that all want what only one can have: nobody waits for ever, and no two
 * have the same page.
 */

struct user {
	struct quorum_buf bufs[NR_BUFS];
	u8 mark;
	u64 rng;
};

static void mark(struct quorum_buf *buf, unsigned int bytes, u8 value)
{
	unsigned int off;

	for (off = 0; off < bytes; off += PAGE_SIZE)
		memset(quorum_buf_at(buf, off), value,
		       min(bytes - off, (unsigned int)PAGE_SIZE));
}

static void check_mark(struct quorum_buf *buf, unsigned int bytes, u8 value)
{
	unsigned int off;

	for (off = 0; off < bytes; off++)
		check(*(u8 *)quorum_buf_at(buf, off) == value);
}

static void use_once(struct user *user, u32 which, unsigned int bytes)
{
	unsigned int i;

	quorum_bufs_get(&pages, user->bufs, which, bytes);
	for (i = 0; i < NR_BUFS; i++)
		if (which & BIT(i))
			mark(&user->bufs[i], bytes, user->mark + i);
	if (rng_below(&user->rng, 2))
		usleep_range(1, 100);
	for (i = 0; i < NR_BUFS; i++)
		if (which & BIT(i))
			check_mark(&user->bufs[i], bytes, user->mark + i);
	for (i = 0; i < NR_BUFS; i++)
		quorum_buf_put(&pages, &user->bufs[i]);
}

static void use(void *arg)
{
	struct user *user = arg;
	unsigned int i;

	for (i = 0; i < 12; i++) {
		unsigned int bytes = 1 + rng_below(&user->rng, MAX_BYTES);

		use_once(user, 1 + rng_below(&user->rng, ALL), bytes);
		if (!rng_below(&user->rng, 5))
			mem_shrink();
		if (!rng_below(&user->rng, 20))
			msleep(5000);
	}
}

static void test_users(void **state)
{
	static struct user users[4];
	void *args[ARRAY_SIZE(users)];
	unsigned int i;
	u64 seed;

	for (seed = unit_seed; seed < unit_seed + unit_times(60); seed++) {
		begin();
		memset(users, 0, sizeof(users));
		for (i = 0; i < ARRAY_SIZE(users); i++) {
			users[i].mark = 16 * i;
			users[i].rng = seed + i;
			args[i] = &users[i];
		}
		mem_plan.nowait_fails = seed % 3 ? 1000 : 300;
		room_run(seed, use, args, ARRAY_SIZE(args));
		end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fill_drain),
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_match_each_byte),
		cmocka_unit_test(test_copy_differ),
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_hash_fails),
		cmocka_unit_test(test_attach),
		cmocka_unit_test(test_accounted),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_refill),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_users),
	};

	unit_init();
	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
