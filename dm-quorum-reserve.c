// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is set aside for when memory is short.  A leg that hangs may keep that
 * for days: then as much is set aside anew, as soon as there is memory.
 */
#include "dm-quorum.h"
#include "dm-quorum-reserve.h"

#define AGAIN		HZ

/* Nobody waits for it. */
#define REFILL_GFP	(GFP_NOIO | __GFP_NORETRY | __GFP_NOWARN |	\
			 __GFP_NOMEMALLOC)

static bool is_short(mempool_t *pool)
{
	return READ_ONCE(pool->curr_nr) < pool->min_nr;
}

/* Returns whether it is full. */
static bool refill(mempool_t *pool)
{
	void *element;

	while (is_short(pool)) {
		element = pool->alloc(REFILL_GFP, pool->pool_data);
		if (!element)
			return false;
		mempool_free(element, pool);
	}
	return true;
}

static void refill_work(struct work_struct *work)
{
	struct quorum *q = container_of(to_delayed_work(work), struct quorum,
					refill);
	bool full = refill(&q->detached);

	full &= refill(&q->rechecks);
	full &= refill(&q->flushes);
	full &= quorum_pages_refill(&q->pages, REFILL_GFP);
	if (!full)
		schedule_delayed_work(&q->refill, AGAIN);
}

/**
 * quorum_reserves_owed() - something goes on without some legs
 * @flights: those of the target
 *
 * What these have of it stays with them.
 *
 * Context: Any; does not sleep.
 */
void quorum_reserves_owed(struct quorum_flights *flights)
{
	struct quorum *q = container_of(flights, struct quorum, flights);

	if (unlikely(is_short(&q->detached) || is_short(&q->rechecks) ||
		     is_short(&q->flushes) || quorum_pages_short(&q->pages)))
		schedule_delayed_work(&q->refill, 0);
}

/* Context: Any. */
void quorum_reserves_init(struct quorum *q)
{
	INIT_DELAYED_WORK(&q->refill, refill_work);
	q->flights.owed = quorum_reserves_owed;
}

/* Nothing is under way any more.  Context: May sleep. */
void quorum_reserves_exit(struct quorum *q)
{
	if (q->flights.owed)
		cancel_delayed_work_sync(&q->refill);
}
