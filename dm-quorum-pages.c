// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages for payloads: used ones, fresh ones, and a reserve.
 *
 * A fresh page costs as much as comparing it, so pages that come back are kept:
 * in a short stack for each CPU, and, when that is full, on a shelf that all
 * CPUs have in common.  A stack has a lock, which next to nobody but its own
 * CPU ever takes; so whoever wants pages back gets them from any CPU, also from
 * one that went offline.
 *
 * They are given back after some seconds without use, each stack's by itself;
 * when the target is suspended; and when memory is short.  The timer for the
 * first is started by whoever keeps a page, once a jiffy at most, and starts
 * itself again until all is given back.
 *
 * Who cannot do without pages gets them from the reserve, which is filled up
 * before anything is kept.
 */
#include "dm-quorum-pages.h"

#include "dm-quorum-compat.h"

#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/shrinker.h>

#define STACK_PAGES	64
#define TRADE_PAGES	(STACK_PAGES / 2)

#define IDLE_JIFFIES	(2 * HZ)

/**
 * struct quorum_stack - used pages of one CPU
 * @nr: how many there are
 * @kept: when one was last put here, in jiffies
 * @page: the latest is the last
 */
struct quorum_stack {
	/** @lock: protects the rest; pages->shelf_lock nests in it */
	spinlock_t lock;
	unsigned int nr;
	unsigned long kept;
	struct page *page[STACK_PAGES];
};

/**
 * struct trim - giving pages back
 * @unused: only what was not used for so many jiffies
 * @max: no more than these
 * @nr: how many there were
 * @spared: something was left because it had been used
 * @list: the pages
 */
struct trim {
	unsigned long unused;
	unsigned long max;
	unsigned long nr;
	bool spared;
	struct list_head list;
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
	pages->traded = jiffies;
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
	pages->traded = jiffies;
	spin_unlock(&pages->shelf_lock);
}

/*
 * Put used pages into the first of @bvecs.  Returns how many there were.  Any
 * stack will do, should this CPU be another one by the time it is locked.
 */
static unsigned int take_used(struct quorum_pages *pages,
			      struct bio_vec *bvecs, unsigned int nr)
{
	struct quorum_stack *stack = raw_cpu_ptr(pages->stacks);
	unsigned long flags;
	unsigned int i;

	spin_lock_irqsave(&stack->lock, flags);
	for (i = 0; i < nr; i++) {
		if (unlikely(!stack->nr))
			__refill(pages, stack);
		if (unlikely(!stack->nr))
			break;
		bvecs[i].bv_page = stack->page[--stack->nr];
	}
	spin_unlock_irqrestore(&stack->lock, flags);
	return i;
}

static void keep_used(struct quorum_pages *pages, struct bio_vec *bvecs,
		      unsigned int nr)
{
	struct quorum_stack *stack = raw_cpu_ptr(pages->stacks);
	unsigned long flags, now, before;
	LIST_HEAD(surplus);
	unsigned int i;

	spin_lock_irqsave(&stack->lock, flags);
	for (i = 0; i < nr; i++) {
		if (unlikely(stack->nr == STACK_PAGES))
			__spill(pages, stack, &surplus);
		stack->page[stack->nr++] = bvecs[i].bv_page;
	}
	now = jiffies;
	before = stack->kept;
	stack->kept = now;
	spin_unlock_irqrestore(&stack->lock, flags);

	/* Else whoever kept a page in this jiffy sees to it. */
	if (unlikely(before != now))
		schedule_delayed_work(&pages->idle_work, IDLE_JIFFIES);
	free_list(&surplus);
}

/*
 * Giving them back.
 */

static void trim_shelf(struct quorum_pages *pages, struct trim *trim)
{
	unsigned long flags;

	spin_lock_irqsave(&pages->shelf_lock, flags);
	if (jiffies - pages->traded < trim->unused)
		trim->spared = true;
	else
		for (; pages->nr_shelf && trim->nr < trim->max; trim->nr++) {
			list_move(pages->shelf.next, &trim->list);
			pages->nr_shelf--;
		}
	spin_unlock_irqrestore(&pages->shelf_lock, flags);
}

static void trim_stack(struct quorum_stack *stack, struct trim *trim)
{
	unsigned long flags;

	spin_lock_irqsave(&stack->lock, flags);
	if (jiffies - stack->kept < trim->unused)
		trim->spared = true;
	else
		for (; stack->nr && trim->nr < trim->max; trim->nr++)
			list_add(&stack->page[--stack->nr]->lru, &trim->list);
	spin_unlock_irqrestore(&stack->lock, flags);
}

/*
 * The shelf comes first: whatever leaves it meanwhile is then found in a stack,
 * and whatever is put there is news to the timer.
 */
static void trim_pages(struct quorum_pages *pages, struct trim *trim)
{
	int cpu;

	INIT_LIST_HEAD(&trim->list);
	trim_shelf(pages, trim);
	for_each_possible_cpu(cpu) {
		if (trim->nr == trim->max)
			break;
		trim_stack(per_cpu_ptr(pages->stacks, cpu), trim);
	}
	free_list(&trim->list);
}

static void idle_work(struct work_struct *work)
{
	struct quorum_pages *pages = container_of(to_delayed_work(work),
						  struct quorum_pages,
						  idle_work);
	struct trim trim = { .unused = IDLE_JIFFIES, .max = ULONG_MAX };

	trim_pages(pages, &trim);
	if (trim.spared)
		schedule_delayed_work(&pages->idle_work, IDLE_JIFFIES);
}

static unsigned long shrink_count(struct shrinker *shrinker,
				  struct shrink_control *sc)
{
	struct quorum_pages *pages = quorum_shrinker_owner(shrinker);
	unsigned long nr;
	int cpu;

	/* An estimate will do. */
	nr = data_race(pages->nr_shelf);
	for_each_possible_cpu(cpu) {
		struct quorum_stack *stack = per_cpu_ptr(pages->stacks, cpu);

		/* Likewise. */
		nr += data_race(stack->nr);
	}
	return nr ?: SHRINK_EMPTY;
}

static unsigned long shrink_scan(struct shrinker *shrinker,
				 struct shrink_control *sc)
{
	struct trim trim = { .max = sc->nr_to_scan };

	trim_pages(quorum_shrinker_owner(shrinker), &trim);
	return trim.nr;
}

/**
 * quorum_pages_trim() - give back all pages that are not in use
 * @pages: the pages
 *
 * Those of the reserve stay.
 *
 * Context: Process; takes spinlocks only.
 */
void quorum_pages_trim(struct quorum_pages *pages)
{
	struct trim trim = { .max = ULONG_MAX };

	trim_pages(pages, &trim);
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

/**
 * quorum_pages_refill() - set aside anew what was taken of the reserve
 * @pages: the pages
 * @gfp: how to get them
 *
 * For when those who took it may keep it for long.
 *
 * Context: Process, or as @gfp says.
 * Return: Whether the reserve is full.
 */
bool quorum_pages_refill(struct quorum_pages *pages, gfp_t gfp)
{
	struct page *page;

	while (quorum_pages_short(pages)) {
		page = alloc_page(gfp);
		if (!page)
			return false;
		mempool_free(page, &pages->reserve);
	}
	return true;
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
		spin_lock_init(&per_cpu_ptr(pages->stacks, cpu)->lock);
	return 0;
}

/* They need no I/O to come back, so they go before anything that does. */
static int shrinker_init(struct quorum_pages *pages)
{
	struct shrinker *shrinker = quorum_shrinker_alloc(pages);

	if (!shrinker)
		return -ENOMEM;
	shrinker->count_objects = shrink_count;
	shrinker->scan_objects = shrink_scan;
	shrinker->seeks = 0;
	shrinker->batch = TRADE_PAGES;
	pages->shrinker = shrinker;
	return quorum_shrinker_register(shrinker);
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
	INIT_DELAYED_WORK(&pages->idle_work, idle_work);
	if (stacks_init(pages) ||
	    mempool_init_page_pool(&pages->reserve, nr, 0) ||
	    shrinker_init(pages))
		return -ENOMEM;
	return 0;
}

/* Also takes apart what quorum_pages_init() did not finish or begin. */
void quorum_pages_exit(struct quorum_pages *pages)
{
	if (!pages->stacks)
		return;
	if (pages->shrinker)
		quorum_shrinker_free(pages->shrinker);
	cancel_delayed_work_sync(&pages->idle_work);
	quorum_pages_trim(pages);
	free_percpu(pages->stacks);
	mempool_exit(&pages->reserve);
	mutex_destroy(&pages->reserve_mutex);
}
