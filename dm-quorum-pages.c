// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages for payloads: used ones, fresh ones, and a reserve.
 *
 * A fresh page costs as much as comparing it, so pages that come back are kept:
 * in a short stack for each CPU, and, when that is full, on a shelf that all
 * CPUs have in common.
 *
 * Who cannot do without pages gets them from the reserve, which is filled up
 * before anything is kept.
 */
#include "dm-quorum.h"

#include <linux/local_lock.h>
#include <linux/mm.h>
#include <linux/percpu.h>

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

static void free_list(struct list_head *list)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, list, lru)
		__free_page(page);
}

/*
 * Using pages again.
 */

/* Take pages off the shelf.  Holds stack->lock. */
static void __refill(struct quorum_pages *pages, struct quorum_stack *stack)
{
	struct page *page;

	spin_lock(&pages->shelf_lock);
	while (stack->nr < TRADE_PAGES && pages->nr_shelf) {
		page = list_first_entry(&pages->shelf, struct page, lru);
		list_del(&page->lru);
		pages->nr_shelf--;
		stack->page[stack->nr++] = page;
	}
	spin_unlock(&pages->shelf_lock);
}

/* Put pages on the shelf, or what has no room there in @surplus.  Likewise. */
static void __spill(struct quorum_pages *pages, struct quorum_stack *stack,
		    struct list_head *surplus)
{
	struct page *page;

	spin_lock(&pages->shelf_lock);
	while (stack->nr > TRADE_PAGES) {
		page = stack->page[--stack->nr];
		if (pages->nr_shelf < pages->max_shelf) {
			list_add(&page->lru, &pages->shelf);
			pages->nr_shelf++;
		} else {
			list_add(&page->lru, surplus);
		}
	}
	spin_unlock(&pages->shelf_lock);
}

/* Put used pages into the first of @bvecs.  Returns how many there were. */
static unsigned int take_used(struct quorum_pages *pages,
			      struct bio_vec *bvecs, unsigned int nr)
{
	struct quorum_stack *stack;
	unsigned long flags;
	unsigned int i;

	local_lock_irqsave(&pages->stacks->lock, flags);
	stack = this_cpu_ptr(pages->stacks);
	for (i = 0; i < nr; i++) {
		if (unlikely(!stack->nr))
			__refill(pages, stack);
		if (unlikely(!stack->nr))
			break;
		bvecs[i].bv_page = stack->page[--stack->nr];
	}
	local_unlock_irqrestore(&pages->stacks->lock, flags);
	return i;
}

static void keep_used(struct quorum_pages *pages, struct bio_vec *bvecs,
		      unsigned int nr)
{
	struct quorum_stack *stack;
	unsigned long flags;
	LIST_HEAD(surplus);
	unsigned int i;

	local_lock_irqsave(&pages->stacks->lock, flags);
	stack = this_cpu_ptr(pages->stacks);
	for (i = 0; i < nr; i++) {
		if (unlikely(stack->nr == STACK_PAGES))
			__spill(pages, stack, &surplus);
		stack->page[stack->nr++] = bvecs[i].bv_page;
	}
	local_unlock_irqrestore(&pages->stacks->lock, flags);
	free_list(&surplus);
}

/*
 * Getting and putting.
 */

/**
 * quorum_pages_get() - get pages
 * @pages: where from
 * @bvecs: what they are put into
 * @nr: how many
 * @gfp: whether to wait for them, in the reserve
 *
 * Context: Any, or may sleep if @gfp says so.
 * Return: How many there are now; @nr, if @gfp allows to wait.
 */
unsigned int quorum_pages_get(struct quorum_pages *pages,
			      struct bio_vec *bvecs, unsigned int nr, gfp_t gfp)
{
	bool may_wait = gfpflags_allow_blocking(gfp);
	unsigned int i = take_used(pages, bvecs, nr);

	for (; unlikely(i < nr); i++) {
		bvecs[i].bv_page = may_wait ?
				   mempool_alloc(&pages->reserve, gfp) :
				   alloc_page(gfp);
		if (!bvecs[i].bv_page)
			break;
	}
	return i;
}

/**
 * quorum_pages_put() - put pages back
 * @pages: where they are from
 * @bvecs: what they are in
 * @nr: how many
 *
 * Whoever waits in the reserve comes first.
 *
 * Context: Any.
 */
void quorum_pages_put(struct quorum_pages *pages, struct bio_vec *bvecs,
		      unsigned int nr)
{
	mempool_t *reserve = &pages->reserve;

	/* As in mempool_free(): see that the pool was drawn on for them. */
	smp_rmb();
	for (; nr && unlikely(READ_ONCE(reserve->curr_nr) < reserve->min_nr);
	     nr--)
		mempool_free(bvecs[nr - 1].bv_page, reserve);
	keep_used(pages, bvecs, nr);
}

/*
 * Construction.
 */

static int stacks_init(struct quorum_pages *pages)
{
	int cpu;

	pages->stacks = alloc_percpu(struct quorum_stack);
	if (!pages->stacks)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		local_lock_init(&per_cpu_ptr(pages->stacks, cpu)->lock);
	return 0;
}

static void stacks_exit(struct quorum_pages *pages)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct quorum_stack *stack = per_cpu_ptr(pages->stacks, cpu);

		while (stack->nr)
			__free_page(stack->page[--stack->nr]);
	}
	free_percpu(pages->stacks);
	free_list(&pages->shelf);
}

/**
 * quorum_pages_init() - set the reserve aside
 * @pages: zeroed
 * @nr: how many pages are in it, and how many may be on the shelf
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM; quorum_pages_exit() is due in any case.
 */
int quorum_pages_init(struct quorum_pages *pages, unsigned int nr)
{
	mutex_init(&pages->reserve_mutex);
	spin_lock_init(&pages->shelf_lock);
	INIT_LIST_HEAD(&pages->shelf);
	pages->max_shelf = nr;
	if (stacks_init(pages))
		return -ENOMEM;
	return mempool_init_page_pool(&pages->reserve, nr, 0);
}

/* Also takes apart what quorum_pages_init() did not finish or begin. */
void quorum_pages_exit(struct quorum_pages *pages)
{
	if (!pages->stacks)
		return;
	stacks_exit(pages);
	mempool_exit(&pages->reserve);
	mutex_destroy(&pages->reserve_mutex);
}
