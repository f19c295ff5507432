// SPDX-License-Identifier: GPL-2.0-only
/*
 * Payloads in private pages: what is compared, voted on, copied to the legs.
 *
 * Most buffers come without waiting.  A request that cannot do without goes to
 * the reserve of pages, which holds what the largest second look needs.  Only
 * one request at a time waits there, so none can sit on half of the reserve
 * while it waits for the other half.
 */
#include "dm-quorum-buf.h"

#include "dm-quorum-vote.h"

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
 * @pages: what buffers are to be made of; zeroed
 * @nr_legs: how many the largest second look allocates
 * @max_bytes: size of the largest buffer
 *
 * Context: May sleep.
 * Return: 0 or a negative errno; quorum_bufs_exit() is due in any case.
 */
int quorum_bufs_init(struct quorum_pages *pages, unsigned int nr_legs,
		     unsigned int max_bytes)
{
	unsigned int nr = DIV_ROUND_UP(max_bytes, PAGE_SIZE);

	if (WARN_ON_ONCE(nr > TABLE_PAGES))
		return -EINVAL;
	return quorum_pages_init(pages, nr_legs * pages_behind(nr));
}

void quorum_bufs_exit(struct quorum_pages *pages)
{
	quorum_pages_exit(pages);
}

static bool buf_alloc(struct quorum_pages *pages, struct quorum_buf *buf,
		      unsigned int bytes, gfp_t gfp)
{
	unsigned int nr = DIV_ROUND_UP(bytes, PAGE_SIZE);
	struct bio_vec table;
	unsigned int i;

	buf->nr = 0;
	buf->bvecs = buf->few;
	if (nr > QUORUM_FEW_PAGES) {
		if (!quorum_pages_get(pages, &table, 1, gfp))
			return false;
		buf->bvecs = page_address(table.bv_page);
	}

	buf->nr = quorum_pages_get(pages, buf->bvecs, nr, gfp);
	if (unlikely(buf->nr < nr)) {
		quorum_buf_put(pages, buf);
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
 * @pages: what it is made of
 * @buf: the buffer
 * @bytes: its size, at most what quorum_bufs_init() was told
 *
 * Context: Any.
 * Return: false if memory is short; nothing is held then.
 */
bool quorum_buf_try(struct quorum_pages *pages, struct quorum_buf *buf,
		    unsigned int bytes)
{
	return buf_alloc(pages, buf, bytes, GFP_NOWAIT | __GFP_NOMEMALLOC |
			 __GFP_NORETRY | __GFP_NOWARN);
}

static bool bufs_try(struct quorum_pages *pages, struct quorum_buf *bufs,
		     u32 which, unsigned int bytes)
{
	unsigned int i;
	u32 got = 0;

	quorum_for_each_leg(i, which) {
		if (!quorum_buf_try(pages, &bufs[i], bytes))
			break;
		got |= BIT(i);
	}
	if (got == which)
		return true;

	quorum_for_each_leg(i, got)
		quorum_buf_put(pages, &bufs[i]);
	return false;
}

/**
 * quorum_bufs_get() - allocate buffers, waiting for them if need be
 * @pages: what they are made of
 * @bufs: an array
 * @which: the elements to allocate, one bit each
 * @bytes: the size of each, at most what quorum_bufs_init() was told
 *
 * Context: May sleep; the caller holds none of @pages.
 */
void quorum_bufs_get(struct quorum_pages *pages, struct quorum_buf *bufs,
		     u32 which, unsigned int bytes)
{
	unsigned int i;

	if (bufs_try(pages, bufs, which, bytes))
		return;

	mutex_lock(&pages->reserve_mutex);
	quorum_for_each_leg(i, which)
		buf_alloc(pages, &bufs[i], bytes, GFP_NOIO);
	mutex_unlock(&pages->reserve_mutex);
}

/**
 * quorum_buf_put() - free a buffer
 * @pages: what it is made of
 * @buf: a buffer; one that is not allocated, but was once zeroed, is left alone
 *
 * Context: Any.
 */
void quorum_buf_put(struct quorum_pages *pages, struct quorum_buf *buf)
{
	struct bio_vec table;

	if (buf->nr)
		quorum_pages_put(pages, buf->bvecs, buf->nr);
	if (buf->bvecs && buf->bvecs != buf->few) {
		table.bv_page = virt_to_page(buf->bvecs);
		quorum_pages_put(pages, &table, 1);
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

/* Where byte @off of a buffer is, and the rest of its page.  Context: Any. */
void *quorum_buf_at(struct quorum_buf *buf, unsigned int off)
{
	unsigned int len = 1;

	return buf_at(buf, off, &len);
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
