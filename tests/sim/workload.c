// SPDX-License-Identifier: GPL-2.0-only
/*
 * Callers: tasks that read and write, overlapping each other, in requests of
 * all sizes, from pages cut in all ways, some of which they touch meanwhile.
 */
#include "oracle.h"
#include "run.h"

#define MAX_VECS	256
#define MAX_BATCH	4

struct request {
	struct bio bio;
	struct bio_vec vecs[MAX_VECS];
	struct page *pages[MAX_VECS];
	struct o_op *o;
	struct completion done;
	u32 ids[2];
	unsigned int nr_ids;
	sector_t sector;
	unsigned int sectors;
	struct sim_event scribble;
	bool scribbling;
	u8 *data;
};

struct sim_load load;
static unsigned int callers_left, phases_left;
static wait_queue_head_t callers_wait;

/*
 * Payloads.
 */

static unsigned int pick_offset(unsigned int room)
{
	switch (rnd_below(4)) {
	case 0:
		return rnd_below(room / 512) * 512;
	case 1:
		return rnd_below(room / 4) * 4;
	default:
		return 0;
	}
}

static void alloc_payload(struct request *r)
{
	unsigned int left = r->sectors << SECTOR_SHIFT;

	while (left) {
		unsigned int order = rnd_chance(20) ? rnd_below(3) : 0;
		unsigned int room = PAGE_SIZE << order;
		unsigned int off = r->bio.bi_vcnt < 64 ? pick_offset(room) : 0;
		unsigned int len = min(left, room - off);
		struct page *page = alloc_pages(GFP_KERNEL | __GFP_NOFAIL,
						order);

		r->pages[r->bio.bi_vcnt] = page;
		if (!bio_add_page(&r->bio, page, len, off))
			sim_fail("too many vectors");
		left -= len;
	}
}

static void free_payload(struct request *r)
{
	unsigned int i;

	for (i = 0; i < r->bio.bi_vcnt; i++)
		__free_pages(r->pages[i], r->pages[i]->order);
}

/* Between the pages of a request and one piece of memory. */
static void copy_payload(struct request *r, bool to_pages)
{
	u8 *data = r->data;
	unsigned int i;

	for (i = 0; i < r->bio.bi_vcnt; i++) {
		struct bio_vec *bv = &r->vecs[i];
		u8 *page = bvec_kmap_local(bv);

		if (to_pages)
			memcpy(page, data, bv->bv_len);
		else
			memcpy(data, page, bv->bv_len);
		data += bv->bv_len;
	}
}

static void fill_payload(struct request *r, u32 id)
{
	unsigned int i;

	for (i = 0; i < r->sectors; i++)
		content_fill(r->data + i * SECTOR_SIZE, id, r->sector + i);
	copy_payload(r, true);
}

/* The caller touches a buffer that is in flight. */
static void scribble_fire(struct sim_event *event)
{
	struct request *r = container_of(event, struct request, scribble);

	r->scribbling = false;
	trace("%llu+%u is scribbled on", r->sector, r->sectors);
	cover.scribbles++;
	if (r->nr_ids == 2) {
		fill_payload(r, r->ids[1]);
		return;
	}
	memset(r->data, 0x77, r->sectors << SECTOR_SHIFT);
	copy_payload(r, true);
}

static void scribble_later(struct request *r)
{
	if (!r->o->scribbled || cap_reached(&had->scribbles, caps.scribbles))
		return;
	r->scribbling = true;
	r->scribble.fire = scribble_fire;
	event_add(&r->scribble, rnd_below(NSEC_PER_MSEC));
}

/*
 * Requests.
 */

static void request_endio(struct bio *bio)
{
	struct request *r = container_of(bio, struct request, bio);

	complete(&r->done);
}

static bool has_payload(enum req_op op)
{
	return op == REQ_OP_READ || op == REQ_OP_WRITE;
}

static void count_request(enum req_op op, unsigned int sectors)
{
	cover.requests++;
	if (op == REQ_OP_READ)
		cover.reads++;
	else if (op == REQ_OP_WRITE_ZEROES)
		cover.zeroes++;
	else if (op == REQ_OP_DISCARD)
		cover.discards++;
	else if (sectors)
		cover.writes++;
	else
		cover.flushes++;
}

static void make_payload(struct request *r, enum req_op op, bool scribble)
{
	r->nr_ids = 1;
	r->ids[0] = SIM_ID_ZERO;
	if (!has_payload(op) || !r->sectors) {
		r->bio.bi_iter.bi_size = r->sectors << SECTOR_SHIFT;
		return;
	}
	r->data = malloc(r->sectors << SECTOR_SHIFT);
	alloc_payload(r);
	if (op == REQ_OP_READ)
		return;
	r->ids[0] = oracle_new_id();
	if (scribble)
		r->ids[r->nr_ids++] = oracle_new_id();
	fill_payload(r, r->ids[0]);
}

static struct request *request_start(enum req_op op, sector_t sector,
				     unsigned int sectors, blk_opf_t flags,
				     bool scribble)
{
	struct request *r = calloc(1, sizeof(*r));

	count_request(op, sectors);
	bio_init(&r->bio, NULL, r->vecs, MAX_VECS, op | flags);
	init_completion(&r->done);
	r->sector = sector;
	r->sectors = sectors;
	r->bio.bi_iter.bi_sector = sector;
	r->bio.bi_end_io = request_endio;
	make_payload(r, op, scribble);
	r->o = oracle_begin(op, sector, sectors, r->nr_ids, r->ids);
	r->o->flush = flags & REQ_PREFLUSH;
	r->o->fua = flags & REQ_FUA;
	r->o->ahead = flags & REQ_RAHEAD;
	r->o->scribbled = scribble && has_payload(op) && sectors;
	trace("%s#%u: op %u flags %#x %llu+%u version %#x", sim_me->name,
	      sim_me->id, op, flags >> 8, sector, sectors, r->ids[0]);
	scribble_later(r);
	md_submit(&sim_md, &r->bio);
	return r;
}

static u32 *read_ids(struct request *r)
{
	unsigned int per_block = block_sectors(), i, j;
	u32 *ids = calloc(r->sectors / per_block + 1, sizeof(*ids));
	u32 each[8];

	copy_payload(r, false);
	for (i = 0; i < r->sectors; i += per_block) {
		for (j = 0; j < per_block; j++)
			each[j] = content_id(r->data + (i + j) * SECTOR_SIZE,
					     r->sector + i + j);
		ids[i / per_block] = content_join(each, per_block);
	}
	return ids;
}

static blk_status_t request_finish(struct request *r)
{
	blk_status_t status;
	u32 *ids = NULL;

	wait_for_completion_io(&r->done);
	if (r->scribbling)
		event_del(&r->scribble);
	status = r->bio.bi_status;
	trace("%s#%u: %llu+%u ends, status %u", sim_me->name, sim_me->id,
	      r->sector, r->sectors, status);
	if (bio_op(&r->bio) == REQ_OP_READ && !status)
		ids = read_ids(r);
	oracle_end(r->o, status, ids);
	free(ids);
	free_payload(r);
	free(r->data);
	free(r);
	return status;
}

blk_status_t request_one(enum req_op op, sector_t sector, unsigned int sectors,
			 blk_opf_t flags)
{
	return request_finish(request_start(op, sector, sectors, flags, false));
}

static enum req_op pick_op(void)
{
	unsigned int dice = rnd_below(100);

	if (dice < 50 || set.readonly)
		return REQ_OP_READ;
	if (dice < 90)
		return REQ_OP_WRITE;
	if (dice < 97 || !set.discards)
		return REQ_OP_WRITE_ZEROES;
	return REQ_OP_DISCARD;
}

static blk_opf_t pick_flags(enum req_op op)
{
	blk_opf_t flags = rnd_chance(50) ? REQ_SYNC : 0;

	if (op == REQ_OP_READ && rnd_chance(20))
		flags |= REQ_RAHEAD;
	if (op == REQ_OP_WRITE && rnd_chance(15))
		flags |= REQ_FUA;
	if (op == REQ_OP_WRITE && rnd_chance(5))
		flags |= REQ_PREFLUSH;
	if (op == REQ_OP_WRITE_ZEROES && rnd_chance(30))
		flags |= REQ_NOUNMAP;
	if (rnd_chance(3))
		flags |= REQ_NOWAIT;
	return flags;
}

/* What is copied piece by piece is no version if it changes amidst. */
static bool may_scribble(enum req_op op)
{
#ifdef SIM_RACE
	if (op == REQ_OP_WRITE)
		return false;
#endif
	return load.scribble && !set.no_copy;
}

static struct request *random_request(void)
{
	unsigned int blocks = set_blocks(), per_block = block_sectors();
	unsigned int hot = rnd_chance(50) ? min(blocks, 4U) : blocks;
	unsigned int at = rnd_below(hot), n;
	enum req_op op = pick_op();

	if (!set.readonly && rnd_chance(6))
		return request_start(REQ_OP_WRITE, 0, 0, REQ_PREFLUSH, false);
	n = rnd_chance(60) ? 1 : rnd_range(1, blocks - at);
	n = min(n, max(load.max_sectors / per_block, 1U));
	n = min(n, blocks - at);
	return request_start(op, at * per_block, n * per_block, pick_flags(op),
			     may_scribble(op) && rnd_chance(20));
}

static void caller(void *arg)
{
	unsigned long left = (unsigned long)arg;
	struct request *batch[MAX_BATCH];

	while (left) {
		unsigned int n = rnd_chance(60) ? 1 : rnd_range(1, MAX_BATCH);
		unsigned int i;

		n = min_t(unsigned long, n, left);
		for (i = 0; i < n; i++)
			batch[i] = random_request();
		for (i = 0; i < n; i++)
			request_finish(batch[i]);
		left -= n;
		if (rnd_chance(10))
			usleep_range(1, 20000);
		else if (sim_crashes.legs && rnd_chance(3))
			msleep(rnd_range(1000, 12000));
	}
	if (!--callers_left)
		wake_up(&callers_wait);
}

/* Have the callers make so many requests, and wait for them. */
void callers_run(unsigned int requests)
{
	unsigned long each = requests / load.callers + 1;
	unsigned int i;

	init_waitqueue_head(&callers_wait);
	callers_left = load.callers;
	for (i = 0; i < load.callers; i++)
		task_start("caller", caller, (void *)each);
	wait_event(callers_wait, !callers_left);
}

/*
 * A run, from the first table to the last.
 */

static bool first_table(void)
{
	char text[1024], *error = NULL;
	int r;

	if (set.metadata) {
		swap_offer();
		swap_fit(&set);
	}
	table_text(text, sizeof(text));
	if (rnd_chance(5))
		mem_plan.ctr_fails = rnd_range(20, 300);
	r = md_load(&sim_md, text, set.begin, set.len,
		    BLK_OPEN_READ | BLK_OPEN_WRITE, &error);
	if (r && !mem_plan.ctr_fails)
		sim_fail("table %s is refused: %s", text, error);
	mem_plan.ctr_fails = 0;
	if (!r) {
		/* A new set needs all its legs. */
		fault_plan.on = past_began();
		r = md_resume(&sim_md);
		if (r && set.metadata) {
			table_resume();
			r = 0;
		}
		fault_plan.on = true;
		if (!r)
			swap_done();
		if (!r)
			past_begins();
		return !r;
	}
	cover.refused++;
	return false;
}

static void tear_down(void)
{
	if (!sim_md.suspended)
		md_suspend(&sim_md, false, false);
	md_unload(&sim_md);
	sim_md.loaded = sim_md.live;
	sim_md.live = NULL;
	md_unload(&sim_md);
	md_destroy(&sim_md);
	work_exit();
	mem_check_leaks("after dtr");
	if (!legs_quiet())
		sim_fail("a leg has I/O out after dtr");
}

/* With metadata, what is written there is no less worth a crash. */
static void crash_in_passing(void)
{
	if (load.crash && set.metadata &&
	    rnd_chance(sim_crashes.legs ? 50 : 30))
		sched_crash_within(rnd_chance(50) ? 100 : 600);
}

static void phases(void)
{
	for (; phases_left; phases_left--) {
		if (load.crash && rnd_chance(sim_crashes.legs ? 85 : 60))
			sched_crash_within(rnd_chance(50) ? 300 :
					   rnd_chance(50) ? 1000 : 3000);
		if (load.admin)
			admin_start();
		callers_run(load.requests);
		if (load.admin)
			admin_stop();
		if (rnd_chance(sim_crashes.legs ? 25 : 50))
			audit_quiesce();
		sched_crash_within(0);
	}
}

static void end(bool loaded)
{
	if (loaded) {
		phases();
		audit_end();
	}
	crash_in_passing();
	tear_down();
	sched_crash_within(0);
	oracle_exit();
	sched_stop();
}

static void begin(void)
{
	work_init();
	if (md_create(&sim_md))
		sim_fail("no memory for the device");
}

void workload_main(void *arg)
{
	bool loaded;

	begin();
	oracle_init();
	audit_init();
	phases_left = load.phases;
	crash_in_passing();
	loaded = first_table();
	sched_crash_within(0);
	end(loaded);
}

/* After a crash. */
void workload_again(void *arg)
{
	bool loaded;

	begin();
	crash_in_passing();
	loaded = first_table();
	sched_crash_within(0);
	if (loaded && rnd_chance(70))
		crash_check();
	end(loaded);
}
