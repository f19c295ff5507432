// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory: pages from an arena, in which free ones are poisoned; slabs from
 * malloc(); both counted, and both failing as often as the plan says.
 */
#include "sim.h"

#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__) || defined(SIM_ASAN_RUNTIME)
#define HAVE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_ASAN 1
#endif
#endif

#ifdef HAVE_ASAN
#include <sanitizer/asan_interface.h>
#define poison(p, n)	__asan_poison_memory_region(p, n)
#define unpoison(p, n)	__asan_unpoison_memory_region(p, n)
#else
#define poison(p, n)	((void)(p), (void)(n))
#define unpoison(p, n)	((void)(p), (void)(n))
#endif

#define ARENA_PAGES	32768

struct page *sim_pages;
u8 *sim_arena;
struct page *sim_zero_page;
struct mem_plan mem_plan;
unsigned long mem_pages_out, mem_chunks_out;
static unsigned int first_free;
/* No page from here on was ever used. */
static unsigned int end_used = 1;
static LIST_HEAD(shrinkers);
static struct mutex shrink_mutex;

void mem_init(void)
{
	sim_arena = mmap(NULL, ARENA_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (sim_arena == MAP_FAILED)
		sim_fail("no memory for pages");
	sim_pages = calloc(ARENA_PAGES, sizeof(*sim_pages));
	sim_zero_page = sim_pages;
	sim_zero_page->used = true;
	poison(sim_arena + PAGE_SIZE, (ARENA_PAGES - 1) * PAGE_SIZE);
	mem_reset();
}

void mem_reset(void)
{
	first_free = 1;
	mem_pages_out = 0;
	mem_chunks_out = 0;
	memset(&mem_plan, 0, sizeof(mem_plan));
	INIT_LIST_HEAD(&shrinkers);
	mutex_init(&shrink_mutex);
}

/* Whatever is in use is lost. */
void mem_crash(void)
{
	struct mem_plan plan = mem_plan;
	unsigned int i;

	for (i = 1; i < end_used; i++)
		sim_pages[i].used = false;
	poison(sim_arena + PAGE_SIZE, (end_used - 1) * PAGE_SIZE);
	mem_reset();
	mem_plan = plan;
	mem_plan.ctr_fails = 0;
}

void mem_check_leaks(const char *when)
{
	if (mem_pages_out)
		sim_fail("%s: %lu pages leaked", when, mem_pages_out);
	if (mem_chunks_out)
		sim_fail("%s: %lu allocations leaked", when, mem_chunks_out);
	if (!list_empty(&shrinkers))
		sim_fail("%s: a shrinker is left over", when);
}

static bool fails(gfp_t gfp)
{
	if (gfp & __GFP_NOFAIL)
		return false;
	if ((gfp & GFP_KERNEL) == GFP_KERNEL && !(gfp & __GFP_NORETRY)) {
		might_sleep();
		if (!rnd_permille(mem_plan.ctr_fails))
			return false;
		cover.oom_ctr++;
		return true;
	}
	if (gfp & __GFP_DIRECT_RECLAIM)
		might_sleep();
	if (!rnd_permille(mem_plan.nowait_fails))
		return false;
	cover.oom_nowait++;
	return true;
}

/*
 * Pages.
 */

static unsigned int find_free(unsigned int nr)
{
	unsigned int i, run = 0;

	for (i = first_free; i < ARENA_PAGES; i++) {
		run = sim_pages[i].used ? 0 : run + 1;
		if (run == nr)
			return i + 1 - nr;
	}
	sim_fail("the arena is too small");
}

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	unsigned int nr = 1 << order, at, i;

	sim_point();
	if (fails(gfp))
		return NULL;
	at = find_free(nr);
	if (nr == 1)
		first_free = at + 1;
	end_used = max(end_used, at + nr);
	for (i = at; i < at + nr; i++) {
		sim_pages[i].used = true;
		sim_pages[i].lru.next = LIST_POISON1;
		sim_pages[i].lru.prev = LIST_POISON2;
	}
	sim_pages[at].order = order;
	unpoison(sim_arena + at * PAGE_SIZE, nr * PAGE_SIZE);
	memset(sim_arena + at * PAGE_SIZE, gfp & __GFP_ZERO ? 0 : 0xa5,
	       nr * PAGE_SIZE);
	mem_pages_out += nr;
	return &sim_pages[at];
}

void __free_pages(struct page *page, unsigned int order)
{
	unsigned int at = page - sim_pages, nr = 1 << order, i;

	sim_point();
	if (!at || at >= ARENA_PAGES || page->order != order)
		sim_fail("what is freed is no page");
	for (i = at; i < at + nr; i++) {
		if (!sim_pages[i].used)
			sim_fail("a page is freed twice");
		sim_pages[i].used = false;
	}
	poison(sim_arena + at * PAGE_SIZE, nr * PAGE_SIZE);
	first_free = min(first_free, at);
	mem_pages_out -= nr;
}

struct page *virt_to_page(const void *addr)
{
	size_t off = (const u8 *)addr - sim_arena;

	if (off >= ARENA_PAGES * PAGE_SIZE)
		sim_fail("virt_to_page() of what is no page");
	return &sim_pages[off / PAGE_SIZE];
}

void *sim_get_free_page(gfp_t gfp)
{
	struct page *page = alloc_page(gfp);

	return page ? page_address(page) : NULL;
}

void free_page(unsigned long addr)
{
	if (addr)
		__free_page(virt_to_page((void *)addr));
}

/*
 * Slabs.
 */

void *sim_kmalloc(size_t size, gfp_t gfp)
{
	void *p;

	sim_point();
	if (fails(gfp))
		return NULL;
	p = malloc(size ? size : 1);
	memset(p, gfp & __GFP_ZERO ? 0 : 0xa5, size);
	mem_chunks_out++;
	return p;
}

void kfree(const void *p)
{
	sim_point();
	if (!p)
		return;
	mem_chunks_out--;
	free((void *)p);
}

char *kstrdup(const char *s, gfp_t gfp)
{
	return kmemdup(s, strlen(s) + 1, gfp);
}

void *kmemdup(const void *src, size_t len, gfp_t gfp)
{
	void *p = kmalloc(len, gfp);

	if (p)
		memcpy(p, src, len);
	return p;
}

char *kasprintf(gfp_t gfp, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return kstrdup(text, gfp);
}

struct kmem_cache *sim_cache_create(size_t size)
{
	struct kmem_cache *cache = kmalloc(sizeof(*cache), GFP_KERNEL);

	if (cache)
		cache->size = size;
	return cache;
}

void kmem_cache_destroy(struct kmem_cache *cache)
{
	kfree(cache);
}

/*
 * Data of each processor.
 */

void *sim_alloc_percpu(size_t size)
{
	u8 *base;
	int cpu;

	if (size > SIM_PERCPU_STRIDE)
		sim_fail("per-cpu data is too large");
	base = kzalloc(num_possible_cpus() * SIM_PERCPU_STRIDE, GFP_KERNEL);
	if (!base)
		return NULL;
	for_each_possible_cpu(cpu)
		poison(base + cpu * SIM_PERCPU_STRIDE + size,
		       SIM_PERCPU_STRIDE - size);
	return base;
}

void free_percpu(void *base)
{
	if (base)
		unpoison(base, num_possible_cpus() * SIM_PERCPU_STRIDE);
	kfree(base);
}

/*
 * Shrinkers.
 */

struct shrinker *shrinker_alloc(unsigned int flags, const char *fmt, ...)
{
	struct shrinker *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (s)
		s->sim_allocated = true;
	return s;
}

void shrinker_register(struct shrinker *s)
{
	sim_point();
	list_add(&s->sim_node, &shrinkers);
}

int register_shrinker(struct shrinker *s, const char *fmt, ...)
{
	if (rnd_permille(mem_plan.ctr_fails))
		return -ENOMEM;
	shrinker_register(s);
	return 0;
}

/* Nobody is in it any more when this returns. */
void unregister_shrinker(struct shrinker *s)
{
	might_sleep();
	if (!s->sim_node.next)
		return;
	mutex_lock(&shrink_mutex);
	list_del(&s->sim_node);
	s->sim_node.next = NULL;
	mutex_unlock(&shrink_mutex);
}

void shrinker_free(struct shrinker *s)
{
	if (!s)
		return;
	unregister_shrinker(s);
	kfree(s);
}

static void shrink(struct shrinker *s)
{
	struct shrink_control sc = {
		.gfp_mask = rnd_chance(50) ? GFP_KERNEL : GFP_NOIO,
	};
	unsigned long n = s->count_objects(s, &sc);

	if (!n || n == SHRINK_EMPTY)
		return;
	sc.nr_to_scan = rnd_range(1, n);
	sc.nr_scanned = sc.nr_to_scan;
	s->scan_objects(s, &sc);
	cover.shrinks++;
}

/* As kswapd would.  From a task. */
bool mem_shrink(void)
{
	struct shrinker *s;
	bool any = false;

	mutex_lock(&shrink_mutex);
	list_for_each_entry(s, &shrinkers, sim_node) {
		shrink(s);
		any = true;
	}
	mutex_unlock(&shrink_mutex);
	return any;
}
