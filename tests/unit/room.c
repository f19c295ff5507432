// SPDX-License-Identifier: GPL-2.0-only
#include "room.h"

static bool began;
static unsigned int left;
static wait_queue_head_t ended;

struct job {
	void (*fn)(void *arg);
	void *arg;
};

void room_fail(const char *what, const char *file, int line)
{
	if (sim_me != &coro_main)
		sim_fail("%s:%d: %s (step %llu)", file, line, what, unit_step);
	fail_msg("%s:%d: %s (UNIT_SEED=%llu, step %llu)", file, line, what,
		 unit_seed, unit_step);
}

void room_init(void)
{
	if (!began) {
		coro_init();
		mem_init();
	}
	began = true;
	sim_left = INT_MAX;
	sim_seed_set(unit_seed);
	unit_step = 0;
	locks_reset();
	mem_reset();
	sched_init();
	work_init();
}

void room_exit(void)
{
	work_exit();
	mem_check_leaks("after the test");
}

static void run_job(void *arg)
{
	struct job *job = arg;

	job->fn(job->arg);
	/* No switch from here on: nobody is to stop while this one runs. */
	if (!--left)
		sim_wake_now(&ended, INT_MAX);
}

static void wait_for_jobs(void *arg)
{
	wait_event(ended, !left);
	flush_workqueue(system_wq);
	sched_stop();
}

void room_run(u64 seed, void (*fn)(void *arg), void **args, unsigned int nr)
{
	struct job *jobs = calloc(nr, sizeof(*jobs));
	unsigned int i;

	sim_seed_set(seed);
	init_waitqueue_head(&ended);
	left = nr;
	task_start("waits for all", wait_for_jobs, NULL);
	for (i = 0; i < nr; i++) {
		jobs[i].fn = fn;
		jobs[i].arg = args[i];
		task_start("test", run_job, &jobs[i]);
	}
	sched_run();
	free(jobs);
}

static void run_alone(void *arg)
{
	(*(void (**)(void))arg)();
}

void room_alone(void (*fn)(void))
{
	void *arg = &fn;

	room_init();
	room_run(unit_seed, run_alone, &arg, 1);
	room_exit();
}

/*
 * Bios.
 */

#define MAX_VECS	256

struct bio *room_bio(u64 *rng, unsigned int bytes)
{
	struct bio *bio = bio_alloc(NULL, MAX_VECS, REQ_OP_READ,
				    GFP_NOIO | __GFP_NOFAIL);

	while (bytes) {
		unsigned int order = rng_below(rng, 4) ? 0 : rng_below(rng, 3);
		unsigned int room = PAGE_SIZE << order, off = 0, len;
		struct page *page = alloc_pages(GFP_NOIO | __GFP_NOFAIL, order);

		if (bio->bi_vcnt < MAX_VECS / 4)
			off = rng_below(rng, 2) ? rng_below(rng, room) :
			      rng_below(rng, room / 8) * 8;
		len = min(bytes, room - off);
		if (!bio_add_page(bio, page, len, off))
			sim_fail("a bio has too few vectors");
		bytes -= len;
	}
	return bio;
}

void room_bio_put(struct bio *bio)
{
	unsigned int i;

	for (i = 0; i < bio->bi_vcnt; i++) {
		struct page *page = bio->bi_io_vec[i].bv_page;

		__free_pages(page, compound_order(page));
	}
	bio_put(bio);
}

void room_bio_bytes(struct bio *bio, u8 *data, bool to_bio)
{
	struct bvec_iter iter;
	struct bio_vec bv;

	bio_for_each_segment(bv, bio, iter) {
		if (to_bio)
			memcpy(bvec_kmap_local(&bv), data, bv.bv_len);
		else
			memcpy(data, bvec_kmap_local(&bv), bv.bv_len);
		data += bv.bv_len;
	}
}

/* No room that is tested by itself has legs. */
void leg_submit(struct bio *bio)
{
	sim_fail("a bio is submitted");
}

/* Nor does a machine crash. */
bool crash_bearable(void)
{
	return false;
}
