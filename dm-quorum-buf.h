/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-buf.c: payloads in pages nobody else can touch.
 *
 * A buffer of n bytes is DIV_ROUND_UP(n, PAGE_SIZE) pages, all but the last
 * one full.  Offsets and lengths are in bytes.
 */
#ifndef DM_QUORUM_BUF_H
#define DM_QUORUM_BUF_H

#include <linux/bio.h>
#include "dm-quorum-pages.h"

struct crypto_shash;

#define QUORUM_FEW_PAGES	4

/**
 * struct quorum_buf - a private payload
 * @bvecs: one entry for each page; @few, or a page of its own
 * @nr: entries in use; 0 when nothing is allocated
 * @few: entries enough for a small payload
 */
struct quorum_buf {
	struct bio_vec *bvecs;
	unsigned int nr;
	struct bio_vec few[QUORUM_FEW_PAGES];
};

int quorum_bufs_init(struct quorum_pages *pages, unsigned int nr_legs,
		     unsigned int max_bytes);
void quorum_bufs_exit(struct quorum_pages *pages);
bool quorum_buf_try(struct quorum_pages *pages, struct quorum_buf *buf,
		    unsigned int bytes);
void quorum_bufs_get(struct quorum_pages *pages, struct quorum_buf *bufs,
		     u32 which, unsigned int bytes);
void quorum_buf_put(struct quorum_pages *pages, struct quorum_buf *buf);

void *quorum_buf_at(struct quorum_buf *buf, unsigned int off);
void quorum_buf_fill(struct quorum_buf *buf, struct bio *bio);
void quorum_buf_drain(struct quorum_buf *buf, struct bio *bio);
bool quorum_bufs_match(struct quorum_buf *const *bufs, unsigned int nr,
		       struct bio *bio);
void quorum_buf_copy(struct quorum_buf *to, struct quorum_buf *from,
		     unsigned int off, unsigned int len);
unsigned int quorum_buf_differ(struct quorum_buf *a, struct quorum_buf *b,
			       unsigned int off, unsigned int len);
int quorum_buf_hash(struct quorum_buf *buf, unsigned int len,
		    struct crypto_shash *tfm, u8 *digest);
void quorum_buf_attach(struct quorum_buf *buf, struct bio *bio,
		       unsigned int off, unsigned int len);

#endif /* DM_QUORUM_BUF_H */
