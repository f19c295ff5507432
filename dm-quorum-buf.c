// SPDX-License-Identifier: GPL-2.0-only
/*
 * Payloads in private pages: what is compared, voted on, copied to the legs.
 *
 * Most buffers come without waiting: from pages used before, or else from the
 * page allocator, where a fresh page costs as much as comparing it.  Pages that
 * come back are kept in a short stack for each CPU; full and empty stacks trade
 * with a shelf they have in common.
 *
 * A request that cannot do without pages goes to the reserve, which holds what
 * the largest second look needs and is filled up before anything is kept.  Only
 * one request at a time waits there, so none can sit on half of the reserve
 * while it waits for the other half.
 */
#include "dm-quorum.h"

#include <crypto/hash.h>
#include <linux/highmem.h>
#include <linux/local_lock.h>
#include <linux/percpu.h>

#define TABLE_PAGES	(PAGE_SIZE / sizeof(struct bio_vec))

#define STACK_PAGES	64
#define TRADE_PAGES	(STACK_PAGES / 2)

/**
 * struct quorum_stack - used pages of one CPU
 * @lock: protects the rest
 * @nr: how many there are
 * @page: the latest is the last
 */
struct quorum_stack {
	local_lock_t lock;
	unsigned int nr;
	struct page *page[STACK_PAGES];
};

/* Pages behind a buffer of @nr pages, its table included. */
static unsigned int pages_behind(unsigned int nr)
{
	return nr + (nr > QUORUM_FEW_PAGES);
}

/* The pages of the largest second look. */
static unsigned int reserve_pages(struct quorum *q)
{
	return q->nr_legs * pages_behind(DIV_ROUND_UP(q->max_bytes, PAGE_SIZE));
}

/*
 * Used pages.
 */

static int stacks_init(struct quorum *q)
{
	int cpu;

	spin_lock_init(&q->shelf_lock);
	INIT_LIST_HEAD(&q->shelf);
	q->stacks = alloc_percpu(struct quorum_stack);
	if (!q->stacks)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		local_lock_init(&per_cpu_ptr(q->stacks, cpu)->lock);
	return 0;
}

static void free_list(struct list_head *pages)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, pages, lru)
		__free_page(page);
}

static void stacks_exit(struct quorum *q)
{
	int cpu;

	if (!q->stacks)
		return;
	for_each_possible_cpu(cpu) {
		struct quorum_stack *stack = per_cpu_ptr(q->stacks, cpu);

		while (stack->nr)
			__free_page(stack->page[--stack->nr]);
	}
	free_percpu(q->stacks);
	free_list(&q->shelf);
}

/* Take pages off the shelf.  Holds stack->lock. */
static void __refill(struct quorum *q, struct quorum_stack *stack)
{
	struct page *page;

	spin_lock(&q->shelf_lock);
	while (stack->nr < TRADE_PAGES && q->nr_shelf) {
		page = list_first_entry(&q->shelf, struct page, lru);
		list_del(&page->lru);
		q->nr_shelf--;
		stack->page[stack->nr++] = page;
	}
	spin_unlock(&q->shelf_lock);
}

/* Put pages on the shelf, or what has no room there in @surplus.  Likewise. */
static void __spill(struct quorum *q, struct quorum_stack *stack,
		    struct list_head *surplus)
{
	struct page *page;

	spin_lock(&q->shelf_lock);
	while (stack->nr > TRADE_PAGES) {
		page = stack->page[--stack->nr];
		if (q->nr_shelf < reserve_pages(q)) {
			list_add(&page->lru, &q->shelf);
			q->nr_shelf++;
		} else {
			list_add(&page->lru, surplus);
		}
	}
	spin_unlock(&q->shelf_lock);
}

/* Put used pages into the first of @bvecs.  Returns how many there were. */
static unsigned int take_used(struct quorum *q, struct bio_vec *bvecs,
			      unsigned int nr)
{
	struct quorum_stack *stack;
	unsigned long flags;
	unsigned int i;

	local_lock_irqsave(&q->stacks->lock, flags);
	stack = this_cpu_ptr(q->stacks);
	for (i = 0; i < nr; i++) {
		if (unlikely(!stack->nr))
			__refill(q, stack);
		if (unlikely(!stack->nr))
			break;
		bvecs[i].bv_page = stack->page[--stack->nr];
	}
	local_unlock_irqrestore(&q->stacks->lock, flags);
	return i;
}

static void keep_used(struct quorum *q, struct bio_vec *bvecs, unsigned int nr)
{
	struct quorum_stack *stack;
	unsigned long flags;
	LIST_HEAD(surplus);
	unsigned int i;

	local_lock_irqsave(&q->stacks->lock, flags);
	stack = this_cpu_ptr(q->stacks);
	for (i = 0; i < nr; i++) {
		if (unlikely(stack->nr == STACK_PAGES))
			__spill(q, stack, &surplus);
		stack->page[stack->nr++] = bvecs[i].bv_page;
	}
	local_unlock_irqrestore(&q->stacks->lock, flags);
	free_list(&surplus);
}

/*
 * Pages and the buffers made of them.
 */

/*
 * Put pages into @bvecs; waits for them, in the reserve, iff @gfp allows it to.
 * Returns how many there are now.
 */
static unsigned int get_pages(struct quorum *q, struct bio_vec *bvecs,
			      unsigned int nr, gfp_t gfp)
{
	bool may_wait = gfpflags_allow_blocking(gfp);
	unsigned int i = take_used(q, bvecs, nr);

	for (; unlikely(i < nr); i++) {
		bvecs[i].bv_page = may_wait ? mempool_alloc(&q->pages, gfp) :
					      alloc_page(gfp);
		if (!bvecs[i].bv_page)
			break;
	}
	return i;
}

/* Whoever waits in the reserve comes first. */
static void put_pages(struct quorum *q, struct bio_vec *bvecs, unsigned int nr)
{
	/* As in mempool_free(): see that the pool was drawn on for them. */
	smp_rmb();
	for (; nr && unlikely(READ_ONCE(q->pages.curr_nr) < q->pages.min_nr);
	     nr--)
		mempool_free(bvecs[nr - 1].bv_page, &q->pages);
	keep_used(q, bvecs, nr);
}

/**
 * quorum_bufs_init() - set the reserve aside
 * @q: nr_legs and max_bytes are set
 *
 * Context: May sleep.
 * Return: 0 or a negative errno.
 */
int quorum_bufs_init(struct quorum *q)
{
	if (WARN_ON_ONCE(q->max_bytes > TABLE_PAGES * PAGE_SIZE))
		return -EINVAL;

	mutex_init(&q->pages_mutex);
	if (stacks_init(q))
		return -ENOMEM;
	return mempool_init_page_pool(&q->pages, reserve_pages(q), 0);
}

void quorum_bufs_exit(struct quorum *q)
{
	stacks_exit(q);
	mempool_exit(&q->pages);
	mutex_destroy(&q->pages_mutex);
}

static bool buf_alloc(struct quorum *q, struct quorum_buf *buf,
		      unsigned int bytes, gfp_t gfp)
{
	unsigned int nr = DIV_ROUND_UP(bytes, PAGE_SIZE);
	struct bio_vec table;
	unsigned int i;

	buf->nr = 0;
	buf->bvecs = buf->few;
	if (nr > QUORUM_FEW_PAGES) {
		if (!get_pages(q, &table, 1, gfp))
			return false;
		buf->bvecs = page_address(table.bv_page);
	}

	buf->nr = get_pages(q, buf->bvecs, nr, gfp);
	if (unlikely(buf->nr < nr)) {
		quorum_buf_put(q, buf);
		return false;
	}
	for (i = 0; i < nr; i++) {
		buf->bvecs[i].bv_offset = 0;
		buf->bvecs[i].bv_len = PAGE_SIZE;
	}
	buf->bvecs[nr - 1].bv_len = bytes - (nr - 1) * PAGE_SIZE;
	return true;
}

/**
 * quorum_buf_try() - allocate a buffer without waiting
 * @q: the target
 * @buf: the buffer
 * @bytes: its size, at most q->max_bytes
 *
 * Context: Any.
 * Return: false if memory is short; nothing is held then.
 */
bool quorum_buf_try(struct quorum *q, struct quorum_buf *buf,
		    unsigned int bytes)
{
	return buf_alloc(q, buf, bytes, GFP_NOWAIT | __GFP_NOMEMALLOC |
			 __GFP_NORETRY | __GFP_NOWARN);
}

static bool bufs_try(struct quorum *q, struct quorum_buf *bufs, u32 which,
		     unsigned int bytes)
{
	unsigned int i;
	u32 got = 0;

	quorum_for_each_leg(i, which) {
		if (!quorum_buf_try(q, &bufs[i], bytes))
			break;
		got |= BIT(i);
	}
	if (got == which)
		return true;

	quorum_for_each_leg(i, got)
		quorum_buf_put(q, &bufs[i]);
	return false;
}

/**
 * quorum_bufs_get() - allocate buffers, waiting for them if need be
 * @q: the target
 * @bufs: an array
 * @which: the elements to allocate, one bit each
 * @bytes: the size of each, at most q->max_bytes
 *
 * Context: May sleep; the caller holds no pages of @q.
 */
void quorum_bufs_get(struct quorum *q, struct quorum_buf *bufs, u32 which,
		     unsigned int bytes)
{
	unsigned int i;

	if (bufs_try(q, bufs, which, bytes))
		return;

	mutex_lock(&q->pages_mutex);
	quorum_for_each_leg(i, which)
		buf_alloc(q, &bufs[i], bytes, GFP_NOIO);
	mutex_unlock(&q->pages_mutex);
}

/**
 * quorum_buf_put() - free a buffer
 * @q: the target
 * @buf: a buffer; one that is not allocated, but was once zeroed, is left alone
 *
 * Context: Any.
 */
void quorum_buf_put(struct quorum *q, struct quorum_buf *buf)
{
	struct bio_vec table;

	if (buf->nr)
		put_pages(q, buf->bvecs, buf->nr);
	if (buf->bvecs && buf->bvecs != buf->few) {
		table.bv_page = virt_to_page(buf->bvecs);
		put_pages(q, &table, 1);
	}
	buf->bvecs = NULL;
	buf->nr = 0;
}

/* Where byte @off lives, and how much of @len follows it in the same page. */
static void *buf_at(struct quorum_buf *buf, unsigned int off, unsigned int *len)
{
	*len = min_t(unsigned int, *len, PAGE_SIZE - offset_in_page(off));
	return page_address(buf->bvecs[off >> PAGE_SHIFT].bv_page) +
	       offset_in_page(off);
}

/*
 * Hand every stretch that is contiguous both in @bio and in @buf to @visit, in
 * order.
 */
static void buf_walk(struct quorum_buf *buf, struct bio *bio,
		     void (*visit)(void *mine, void *theirs, unsigned int len))
{
	struct bvec_iter iter;
	struct bio_vec bv;
	unsigned int off = 0;

	bio_for_each_segment(bv, bio, iter) {
		void *theirs = bvec_kmap_local(&bv);
		unsigned int done = 0;

		while (done < bv.bv_len) {
			unsigned int len = bv.bv_len - done;
			void *mine = buf_at(buf, off, &len);

			visit(mine, theirs + done, len);
			done += len;
			off += len;
		}
		kunmap_local(theirs);
	}
}

static void visit_fill(void *mine, void *theirs, unsigned int len)
{
	memcpy(mine, theirs, len);
}

static void visit_drain(void *mine, void *theirs, unsigned int len)
{
	memcpy(theirs, mine, len);
}

/* Copy the payload of @bio into @buf.  Context: Any. */
void quorum_buf_fill(struct quorum_buf *buf, struct bio *bio)
{
	buf_walk(buf, bio, visit_fill);
}

/* Copy @buf into the pages of @bio.  Context: Any. */
void quorum_buf_drain(struct quorum_buf *buf, struct bio *bio)
{
	struct bvec_iter iter;
	struct bio_vec bv;

	buf_walk(buf, bio, visit_drain);
	bio_for_each_segment(bv, bio, iter)
		flush_dcache_page(bv.bv_page);
}

static inline bool same_word(const u64 *a, const u64 *b, const u64 *c,
			     unsigned int i)
{
	return a[i] == b[i] && a[i] == c[i];
}

/* Eight words of three copies at a time, in one pass over memory. */
static bool three_match(const u64 *a, const u64 *b, const u64 *c,
			unsigned int len)
{
	for (; len >= 64; len -= 64, a += 8, b += 8, c += 8)
		if (!same_word(a, b, c, 0) || !same_word(a, b, c, 1) ||
		    !same_word(a, b, c, 2) || !same_word(a, b, c, 3) ||
		    !same_word(a, b, c, 4) || !same_word(a, b, c, 5) ||
		    !same_word(a, b, c, 6) || !same_word(a, b, c, 7))
			return false;
	return !len || (!memcmp(a, b, len) && !memcmp(a, c, len));
}

static bool two_match(const u64 *a, const u64 *b, unsigned int len)
{
	for (; len >= 64; len -= 64, a += 8, b += 8)
		if (a[0] != b[0] || a[1] != b[1] || a[2] != b[2] ||
		    a[3] != b[3] || a[4] != b[4] || a[5] != b[5] ||
		    a[6] != b[6] || a[7] != b[7])
			return false;
	return !len || !memcmp(a, b, len);
}

/* Words may be read one by one: they are aligned, or need not be. */
static bool wordwise(const void *p)
{
	return IS_ENABLED(CONFIG_HAVE_EFFICIENT_UNALIGNED_ACCESS) ||
	       IS_ALIGNED((unsigned long)p, sizeof(u64));
}

/* Whether @nr buffers have at @off what @data has. */
static bool all_match(const void *data, struct quorum_buf *const *bufs,
		      unsigned int nr, unsigned int off, unsigned int len)
{
	unsigned int i = 0;

	if (unlikely(!wordwise(data) || !wordwise((void *)(long)off))) {
		for (; i < nr; i++)
			if (memcmp(data, buf_at(bufs[i], off, &len), len))
				return false;
		return true;
	}
	for (; i + 1 < nr; i += 2)
		if (!three_match(data, buf_at(bufs[i], off, &len),
				 buf_at(bufs[i + 1], off, &len), len))
			return false;
	return i == nr || two_match(data, buf_at(bufs[i], off, &len), len);
}

/**
 * quorum_bufs_match() - whether buffers hold what a bio does
 * @bufs: buffers of the size of the bio
 * @nr: how many
 * @bio: the bio
 *
 * Context: Any.
 */
bool quorum_bufs_match(struct quorum_buf *const *bufs, unsigned int nr,
		       struct bio *bio)
{
	struct bvec_iter iter;
	struct bio_vec bv;
	unsigned int off = 0;
	bool match = true;

	bio_for_each_segment(bv, bio, iter) {
		void *data = bvec_kmap_local(&bv);
		unsigned int done = 0;

		while (match && done < bv.bv_len) {
			unsigned int room = PAGE_SIZE - offset_in_page(off);
			unsigned int len = min(bv.bv_len - done, room);

			match = all_match(data + done, bufs, nr, off, len);
			done += len;
			off += len;
		}
		kunmap_local(data);
		if (!match)
			break;
	}
	return match;
}

/* Copy a part of one buffer to the same place in another.  Context: Any. */
void quorum_buf_copy(struct quorum_buf *to, struct quorum_buf *from,
		     unsigned int off, unsigned int len)
{
	while (len) {
		unsigned int step = len;
		void *src = buf_at(from, off, &step);

		memcpy(buf_at(to, off, &step), src, step);
		off += step;
		len -= step;
	}
}

static unsigned int first_difference(const u8 *a, const u8 *b, unsigned int len)
{
	unsigned int i;

	if (!memcmp(a, b, len))
		return len;
	for (i = 0; a[i] == b[i]; i++)
		;
	return i;
}

/**
 * quorum_buf_differ() - find where two buffers differ
 * @a: one
 * @b: the other
 * @off: where to begin
 * @len: how far to look
 *
 * Context: Any.
 * Return: The offset of the first byte that differs; @off + @len if none does.
 */
unsigned int quorum_buf_differ(struct quorum_buf *a, struct quorum_buf *b,
			       unsigned int off, unsigned int len)
{
	unsigned int end = off + len;

	while (off < end) {
		unsigned int step = end - off;
		void *mine = buf_at(a, off, &step);
		unsigned int same = first_difference(mine,
						     buf_at(b, off, &step),
						     step);

		off += same;
		if (same < step)
			break;
	}
	return off;
}

/**
 * quorum_buf_hash() - name the content of a buffer
 * @buf: the buffer
 * @len: bytes, from its start
 * @tfm: the hash
 * @digest: the result
 *
 * Context: May sleep.
 * Return: 0 or a negative errno.
 */
int quorum_buf_hash(struct quorum_buf *buf, unsigned int len,
		    struct crypto_shash *tfm, u8 *digest)
{
	SHASH_DESC_ON_STACK(desc, tfm);
	unsigned int off = 0;
	int r;

	desc->tfm = tfm;
	r = crypto_shash_init(desc);
	while (!r && off < len) {
		unsigned int step = len - off;
		void *data = buf_at(buf, off, &step);

		r = crypto_shash_update(desc, data, step);
		off += step;
	}
	if (!r)
		r = crypto_shash_final(desc, digest);
	shash_desc_zero(desc);
	return r;
}

/**
 * quorum_buf_attach() - make a part of a buffer the payload of a bio
 * @buf: the buffer; must outlive the I/O
 * @bio: an initialised bio; its sector is left as it is
 * @off: first byte
 * @len: bytes
 *
 * Context: Any.
 */
void quorum_buf_attach(struct quorum_buf *buf, struct bio *bio,
		       unsigned int off, unsigned int len)
{
	bio->bi_io_vec = buf->bvecs;
	bio->bi_vcnt = buf->nr;
	bio->bi_iter.bi_idx = off >> PAGE_SHIFT;
	bio->bi_iter.bi_bvec_done = offset_in_page(off);
	bio->bi_iter.bi_size = len;
}
