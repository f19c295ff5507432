// SPDX-License-Identifier: GPL-2.0-only
/*
 * Payloads in private pages: what is compared, voted on, copied to the legs.
 *
 * Most buffers come from the page allocator without waiting.  A request that
 * cannot do without goes to the reserve, which holds what the largest second
 * look needs.  Only one request at a time waits there, so none can sit on half
 * of the reserve while it waits for the other half.
 */
#include "dm-quorum.h"

#include <crypto/hash.h>
#include <linux/highmem.h>

#define TABLE_PAGES	(PAGE_SIZE / sizeof(struct bio_vec))

/* Pages behind a buffer of @nr pages, its table included. */
static unsigned int pages_behind(unsigned int nr)
{
	return nr + (nr > QUORUM_FEW_PAGES);
}

/**
 * quorum_bufs_init() - set the reserve aside
 * @q: nr_legs and max_bytes are set
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int quorum_bufs_init(struct quorum *q)
{
	unsigned int nr = DIV_ROUND_UP(q->max_bytes, PAGE_SIZE);

	if (WARN_ON_ONCE(nr > TABLE_PAGES))
		return -EINVAL;

	mutex_init(&q->pages_mutex);
	return mempool_init_page_pool(&q->pages, q->nr_legs * pages_behind(nr),
				      0);
}

void quorum_bufs_exit(struct quorum *q)
{
	mempool_exit(&q->pages);
	mutex_destroy(&q->pages_mutex);
}

/* Waits, in the reserve, iff @gfp allows it to. */
static struct page *get_page_for(struct quorum *q, gfp_t gfp)
{
	if (gfpflags_allow_blocking(gfp))
		return mempool_alloc(&q->pages, gfp);
	return alloc_page(gfp);
}

static bool buf_alloc(struct quorum *q, struct quorum_buf *buf,
		      unsigned int bytes, gfp_t gfp)
{
	unsigned int nr = DIV_ROUND_UP(bytes, PAGE_SIZE);
	struct page *page;

	buf->nr = 0;
	buf->bvecs = buf->few;
	if (nr > QUORUM_FEW_PAGES) {
		page = get_page_for(q, gfp);
		if (!page)
			return false;
		buf->bvecs = page_address(page);
	}

	while (buf->nr < nr) {
		page = get_page_for(q, gfp);
		if (!page) {
			quorum_buf_put(q, buf);
			return false;
		}
		buf->bvecs[buf->nr++] = (struct bio_vec) {
			.bv_page = page,
			.bv_len = min_t(unsigned int, bytes, PAGE_SIZE),
		};
		bytes -= min_t(unsigned int, bytes, PAGE_SIZE);
	}
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
	return buf_alloc(q, buf, bytes, GFP_NOWAIT | __GFP_NOWARN);
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
	unsigned int i;

	for (i = 0; i < buf->nr; i++)
		mempool_free(buf->bvecs[i].bv_page, &q->pages);
	if (buf->bvecs && buf->bvecs != buf->few)
		mempool_free(virt_to_page(buf->bvecs), &q->pages);
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
 * order, until it returns false.
 */
static bool buf_walk(struct quorum_buf *buf, struct bio *bio,
		     bool (*visit)(void *mine, void *theirs, unsigned int len))
{
	struct bvec_iter iter;
	struct bio_vec bv;
	unsigned int off = 0;
	bool more = true;

	bio_for_each_segment(bv, bio, iter) {
		void *theirs = bvec_kmap_local(&bv);
		unsigned int done = 0;

		while (more && done < bv.bv_len) {
			unsigned int len = bv.bv_len - done;
			void *mine = buf_at(buf, off, &len);

			more = visit(mine, theirs + done, len);
			done += len;
			off += len;
		}
		kunmap_local(theirs);
		if (!more)
			break;
	}
	return more;
}

static bool visit_fill(void *mine, void *theirs, unsigned int len)
{
	memcpy(mine, theirs, len);
	return true;
}

static bool visit_drain(void *mine, void *theirs, unsigned int len)
{
	memcpy(theirs, mine, len);
	return true;
}

static bool visit_match(void *mine, void *theirs, unsigned int len)
{
	return !memcmp(mine, theirs, len);
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

/* Whether @buf and the pages of @bio hold the same.  Context: Any. */
bool quorum_buf_matches(struct quorum_buf *buf, struct bio *bio)
{
	return buf_walk(buf, bio, visit_match);
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
