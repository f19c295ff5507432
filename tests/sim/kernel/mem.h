/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages, slabs, pools, and running out of them. */
#ifndef SIM_MEM_H
#define SIM_MEM_H

#define PAGE_SHIFT		12
#define PAGE_SIZE		(1UL << PAGE_SHIFT)
#define PAGE_MASK		(~(PAGE_SIZE - 1))
#define offset_in_page(p)	((unsigned long)(p) & ~PAGE_MASK)
#define PAGE_ALIGN(x)		ALIGN(x, PAGE_SIZE)
#define PAGE_SECTORS_SHIFT	(PAGE_SHIFT - 9)
#define PAGE_SECTORS		(1 << PAGE_SECTORS_SHIFT)

#define __GFP_DIRECT_RECLAIM	0x01u
#define __GFP_KSWAPD_RECLAIM	0x02u
#define __GFP_IO		0x04u
#define __GFP_FS		0x08u
#define __GFP_NOWARN		0x10u
#define __GFP_NORETRY		0x20u
#define __GFP_NOMEMALLOC	0x40u
#define __GFP_ZERO		0x80u
#define __GFP_HIGH		0x100u
#define __GFP_NOFAIL		0x200u
#define __GFP_RETRY_MAYFAIL	0x400u
#define __GFP_ACCOUNT		0x800u
#define __GFP_COMP		0x1000u
#define __GFP_RECLAIM		(__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM)
#define GFP_KERNEL		(__GFP_RECLAIM | __GFP_IO | __GFP_FS)
#define GFP_NOIO		__GFP_RECLAIM
#define GFP_NOFS		(__GFP_RECLAIM | __GFP_IO)
#define GFP_NOWAIT		(__GFP_KSWAPD_RECLAIM | __GFP_NOWARN)
#define GFP_ATOMIC		(__GFP_HIGH | __GFP_KSWAPD_RECLAIM)
#define GFP_KERNEL_ACCOUNT	(GFP_KERNEL | __GFP_ACCOUNT)
#define gfpflags_allow_blocking(g) (!!((g) & __GFP_DIRECT_RECLAIM))

struct page {
	struct list_head lru;
	unsigned int order;
	bool used;
	void *mapping;
	unsigned long private;
};

extern struct page *sim_pages;
extern u8 *sim_arena;
extern struct page *sim_zero_page;

#define ZERO_PAGE(addr)		sim_zero_page

static inline void *page_address(const struct page *page)
{
	return sim_arena + (page - sim_pages) * PAGE_SIZE;
}

#define page_to_virt(p)		page_address(p)
#define page_to_pfn(p)		((unsigned long)((p) - sim_pages))
#define pfn_to_page(n)		(&sim_pages[n])
struct page *virt_to_page(const void *addr);

struct page *alloc_pages(gfp_t gfp, unsigned int order);
void __free_pages(struct page *page, unsigned int order);
#define alloc_page(gfp)		alloc_pages(gfp, 0)
#define __free_page(p)		__free_pages(p, 0)
#define put_page(p)		__free_pages(p, 0)
#define __get_free_page(gfp)	((unsigned long)sim_get_free_page(gfp))
#define get_zeroed_page(gfp)	__get_free_page((gfp) | __GFP_ZERO)
void *sim_get_free_page(gfp_t gfp);
void free_page(unsigned long addr);
#define compound_order(p)	((p)->order)
#define nth_page(p, n)		((p) + (n))

#define kmap_local_page(p)	page_address(p)
#define kmap_atomic(p)		page_address(p)
#define kunmap_local(a)		((void)(a))
#define kunmap_atomic(a)	((void)(a))
#define flush_dcache_page(p)	((void)(p))
#define clear_page(a)		memset(a, 0, PAGE_SIZE)
#define clear_highpage(p)	clear_page(page_address(p))
#define memcpy_page(dp, doff, sp, soff, len)				\
	memcpy(page_address(dp) + (doff), page_address(sp) + (soff), len)
#define memzero_page(p, off, len) memset(page_address(p) + (off), 0, len)
#define memcpy_from_page(to, p, off, len)				\
	memcpy(to, page_address(p) + (off), len)
#define memcpy_to_page(p, off, from, len)				\
	memcpy(page_address(p) + (off), from, len)

void *sim_kmalloc(size_t size, gfp_t gfp);
void kfree(const void *p);
#define kmalloc(s, g)		sim_kmalloc(s, g)
#define kzalloc(s, g)		sim_kmalloc(s, (g) | __GFP_ZERO)
#define kcalloc(n, s, g)	kzalloc((size_t)(n) * (s), g)
#define kmalloc_array(n, s, g)	kmalloc((size_t)(n) * (s), g)
#define kvmalloc(s, g)		kmalloc(s, g)
#define kvzalloc(s, g)		kzalloc(s, g)
#define kvcalloc(n, s, g)	kcalloc(n, s, g)
#define kvmalloc_array(n, s, g)	kmalloc_array(n, s, g)
#define kzalloc_node(s, g, n)	kzalloc(s, g)
#define kvfree(p)		kfree(p)
#define vmalloc(s)		kmalloc(s, GFP_KERNEL)
#define vzalloc(s)		kzalloc(s, GFP_KERNEL)
#define __vmalloc(s, g)		kmalloc(s, g)
#define vcalloc(n, s)		kcalloc(n, s, GFP_KERNEL)
#define vfree(p)		kfree(p)
#define kfree_sensitive(p)	kfree(p)
char *kstrdup(const char *s, gfp_t gfp);
char *kasprintf(gfp_t gfp, const char *fmt, ...) __printf(2, 3);
void *kmemdup(const void *src, size_t len, gfp_t gfp);

struct kmem_cache {
	size_t size;
};

struct kmem_cache *sim_cache_create(size_t size);
void kmem_cache_destroy(struct kmem_cache *cache);
#define kmem_cache_create(name, size, align, flags, ctor) sim_cache_create(size)
#define KMEM_CACHE(s, flags)	sim_cache_create(sizeof(struct s))
#define kmem_cache_alloc(c, g)	kmalloc((c)->size, g)
#define kmem_cache_zalloc(c, g)	kzalloc((c)->size, g)
#define kmem_cache_free(c, p)	kfree(p)
#define SLAB_HWCACHE_ALIGN	0
#define SLAB_ACCOUNT		0
#define SLAB_RECLAIM_ACCOUNT	0

/* No timeout ends a wait here: the module must not need one. */
typedef void *(mempool_alloc_t)(gfp_t gfp, void *data);
typedef void (mempool_free_t)(void *element, void *data);

typedef struct mempool_s {
	int min_nr;
	int curr_nr;
	void **elements;
	void *pool_data;
	mempool_alloc_t *alloc;
	mempool_free_t *free;
	wait_queue_head_t wait;
	int out;
} mempool_t;

int mempool_init(mempool_t *pool, int min_nr, mempool_alloc_t *alloc,
		 mempool_free_t *free, void *data);
void mempool_exit(mempool_t *pool);
mempool_t *mempool_create(int min_nr, mempool_alloc_t *alloc,
			  mempool_free_t *free, void *data);
void mempool_destroy(mempool_t *pool);
void *mempool_alloc(mempool_t *pool, gfp_t gfp);
void mempool_free(void *element, mempool_t *pool);
int mempool_resize(mempool_t *pool, int min_nr);
bool mempool_is_saturated(mempool_t *pool);
void *mempool_kmalloc(gfp_t gfp, void *data);
void mempool_kfree(void *element, void *data);
void *mempool_alloc_pages(gfp_t gfp, void *data);
void mempool_free_pages(void *element, void *data);
void *mempool_alloc_slab(gfp_t gfp, void *data);
void mempool_free_slab(void *element, void *data);
#define mempool_initialized(p)	((p)->elements != NULL)
#define mempool_init_kmalloc_pool(p, n, size)				\
	mempool_init(p, n, mempool_kmalloc, mempool_kfree,		\
		     (void *)(unsigned long)(size))
#define mempool_init_page_pool(p, n, order)				\
	mempool_init(p, n, mempool_alloc_pages, mempool_free_pages,	\
		     (void *)(unsigned long)(order))
#define mempool_init_slab_pool(p, n, cache)				\
	mempool_init(p, n, mempool_alloc_slab, mempool_free_slab, cache)
#define mempool_create_page_pool(n, order)				\
	mempool_create(n, mempool_alloc_pages, mempool_free_pages,	\
		       (void *)(unsigned long)(order))
#define mempool_create_kmalloc_pool(n, size)				\
	mempool_create(n, mempool_kmalloc, mempool_kfree,		\
		       (void *)(unsigned long)(size))

/*
 * Shrinkers, old and new.  What is registered is asked at random, and whenever
 * an allocation failed.
 */

struct shrink_control {
	gfp_t gfp_mask;
	int nid;
	unsigned long nr_to_scan;
	unsigned long nr_scanned;
	void *memcg;
};

#define SHRINK_STOP		(~0UL)
#define SHRINK_EMPTY		(~0UL - 1)
#define DEFAULT_SEEKS		2

struct shrinker {
	unsigned long (*count_objects)(struct shrinker *s,
				       struct shrink_control *sc);
	unsigned long (*scan_objects)(struct shrinker *s,
				      struct shrink_control *sc);
	long batch;
	int seeks;
	unsigned int flags;
	void *private_data;
	struct list_head sim_node;
	bool sim_allocated;
};

/* Of the two ways, the older one goes with the older stable pages. */
#ifndef SIM_OLD_STABLE_PAGES
#define SHRINKER_ALLOCATED	4
#endif
struct shrinker *shrinker_alloc(unsigned int flags, const char *fmt, ...)
	__printf(2, 3);
void shrinker_register(struct shrinker *s);
void shrinker_free(struct shrinker *s);
int register_shrinker(struct shrinker *s, const char *fmt, ...) __printf(2, 3);
void unregister_shrinker(struct shrinker *s);

#endif /* SIM_MEM_H */
