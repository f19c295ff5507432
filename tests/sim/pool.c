// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mempools, as the kernel's: the allocator first, then the reserve, then a
 * wait for somebody to give back.  The kernel would ask the allocator again
 * every five seconds; here only what is given back ends the wait.
 */
#include "sim.h"

int mempool_init(mempool_t *pool, int min_nr, mempool_alloc_t *alloc,
		 mempool_free_t *free, void *data)
{
	memset(pool, 0, sizeof(*pool));
	init_waitqueue_head(&pool->wait);
	pool->pool_data = data;
	pool->alloc = alloc;
	pool->free = free;
	pool->elements = kcalloc(max(min_nr, 1), sizeof(void *), GFP_KERNEL);
	if (!pool->elements)
		return -ENOMEM;
	pool->min_nr = min_nr;
	while (pool->curr_nr < min_nr) {
		void *element = alloc(GFP_KERNEL, data);

		if (!element) {
			mempool_exit(pool);
			return -ENOMEM;
		}
		pool->elements[pool->curr_nr++] = element;
	}
	return 0;
}

/* What is out is lost: then the count of what leaked says so. */
void mempool_exit(mempool_t *pool)
{
	while (pool->curr_nr)
		pool->free(pool->elements[--pool->curr_nr], pool->pool_data);
	kfree(pool->elements);
	pool->elements = NULL;
}

mempool_t *mempool_create(int min_nr, mempool_alloc_t *alloc,
			  mempool_free_t *free, void *data)
{
	mempool_t *pool = kmalloc(sizeof(*pool), GFP_KERNEL);

	if (pool && mempool_init(pool, min_nr, alloc, free, data)) {
		kfree(pool);
		pool = NULL;
	}
	return pool;
}

void mempool_destroy(mempool_t *pool)
{
	if (pool)
		mempool_exit(pool);
	kfree(pool);
}

static void *from_reserve(mempool_t *pool)
{
	if (!pool->curr_nr)
		return NULL;
	cover.pool_draws++;
	return pool->elements[--pool->curr_nr];
}

void *mempool_alloc(mempool_t *pool, gfp_t gfp)
{
	gfp_t quick = gfp & ~(__GFP_DIRECT_RECLAIM | __GFP_IO | __GFP_FS);
	bool may_wait = gfpflags_allow_blocking(gfp);
	void *element;

	if (may_wait)
		might_sleep();
	sim_point();
	element = pool->alloc(quick, pool->pool_data);
	if (!element)
		element = from_reserve(pool);
	if (!element && may_wait) {
		cover.pool_waits++;
		wait_event(pool->wait, (element = from_reserve(pool)));
	}
	return element;
}

void mempool_free(void *element, mempool_t *pool)
{
	if (!element)
		return;
	sim_point();
	if (pool->curr_nr < pool->min_nr) {
		pool->elements[pool->curr_nr++] = element;
		wake_up(&pool->wait);
		return;
	}
	pool->free(element, pool->pool_data);
}

int mempool_resize(mempool_t *pool, int min_nr)
{
	void **elements;

	while (pool->curr_nr > min_nr)
		pool->free(pool->elements[--pool->curr_nr], pool->pool_data);
	elements = kcalloc(max(min_nr, 1), sizeof(void *), GFP_KERNEL);
	if (!elements)
		return -ENOMEM;
	memcpy(elements, pool->elements, pool->curr_nr * sizeof(void *));
	kfree(pool->elements);
	pool->elements = elements;
	pool->min_nr = min_nr;
	return 0;
}

bool mempool_is_saturated(mempool_t *pool)
{
	sim_point();
	return pool->curr_nr >= pool->min_nr;
}

void *mempool_kmalloc(gfp_t gfp, void *data)
{
	return kmalloc((size_t)data, gfp);
}

void mempool_kfree(void *element, void *data)
{
	kfree(element);
}

void *mempool_alloc_pages(gfp_t gfp, void *data)
{
	return alloc_pages(gfp, (unsigned long)data);
}

void mempool_free_pages(void *element, void *data)
{
	__free_pages(element, (unsigned long)data);
}

void *mempool_alloc_slab(gfp_t gfp, void *data)
{
	return kmem_cache_alloc((struct kmem_cache *)data, gfp);
}

void mempool_free_slab(void *element, void *data)
{
	kmem_cache_free((struct kmem_cache *)data, element);
}
