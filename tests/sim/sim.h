/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the simulator offer each other. */
#ifndef SIM_H
#define SIM_H

#include <stdlib.h>

#include "kernel.h"
#include <linux/list.h>

/*
 * say.c: one seed, from which every choice comes; what is said of it.
 */

void sim_seed_set(u64 seed);
void sim_seed_salt(u64 salt);
u64 rnd(void);
u64 rnd_below(u64 n);
u64 rnd_range(u64 least, u64 most);
bool rnd_chance(unsigned int percent);
bool rnd_permille(unsigned int permille);

extern u64 sim_seed;
extern bool sim_tracing;
/* Bear with what is known to be wrong. */
extern bool sim_lenient;
extern void (*sim_about)(FILE *to);
/* What was wrong; a text of SIM_WORDS characters at most. */
#define SIM_WORDS	200
extern char *sim_words;
void sim_trace(const char *fmt, ...) __printf(1, 2);
#define trace(...)							\
	do {								\
		if (unlikely(sim_tracing))				\
			sim_trace(__VA_ARGS__);				\
	} while (0)

/* What a seed went through, for the progress line and the last check. */
struct sim_cover {
#define COUNTER(name) u64 name
#include "cover.h"
#undef COUNTER
};

extern struct sim_cover cover;

/*
 * shrink.c: bounds on what happens in a run, and what did.  A seed that fails
 * is run again with lower ones.  The salt stirs what comes after the table.
 */
struct sim_caps {
	u64 crashes;
	u64 hotplug;
	u64 pressure;
	u64 scribbles;
	u64 faults;
	u64 phases;
	u64 callers;
	u64 requests;
	u64 sectors;
	u64 acts;
	u64 salt;
};

extern struct sim_caps caps, *had;

static inline bool cap_reached(u64 *count, u64 cap)
{
	if (*count >= cap)
		return true;
	++*count;
	return false;
}

/*
 * sched.c: tasks on processors, interrupts, events, virtual time.
 */

enum sim_context {
	SIM_TASK,
	SIM_SOFTIRQ,
	SIM_HARDIRQ,
};

enum sim_task_state {
	SIM_FREE,
	SIM_READY,
	SIM_RUNNING,
	SIM_SPINNING,
	SIM_SLEEPING,
};

#define SIM_MAX_HELD		12

struct task {
	struct list_head node;
	char name[24];
	unsigned int id;
	enum sim_task_state state;
	enum sim_context context;
	int cpu;
	struct task *below;
	unsigned int preempt;
	unsigned int migrate;
	bool irqs_off;
	unsigned int weight;
	void (*fn)(void *arg);
	void *arg;
	const char *why;
	const void *what;
	struct task *holder;
	void *held[SIM_MAX_HELD];
	unsigned int held_class[SIM_MAX_HELD];
	unsigned int nr_held;
	struct task_struct cur;
	bool killable;
	/* coro.c */
	void *stack;
	void *sp;
	void *fake;
};

extern struct task *sim_me;
extern unsigned int sim_pace;
extern u64 *sim_steps;

void sched_init(void);
void sched_run(void);
void sched_stop(void);
void sched_unlocked(void);
void sched_report(FILE *to);
struct task *task_start(const char *name, void (*fn)(void *arg), void *arg);
void irq_raise(const char *name, bool hard, void (*fn)(void *arg), void *arg);
void task_sleep(const char *why, const void *what);
void task_wake(struct task *t);
void task_spin(const char *why, const void *what, struct task *holder);
void task_unspin(const void *what);
void sched_yield_sim(void);
bool sched_idle(void);
void sched_crash_within(unsigned int steps);
bool sched_crashed(void);
bool crash_bearable(void);
void sched_plug(unsigned int cpu, bool online);

extern bool sim_hasty;
void event_add(struct sim_event *e, u64 delay);
void event_del(struct sim_event *e);

/* coro.c */
void coro_init(void);
void coro_make(struct task *t, void (*entry)(void));
void coro_switch(struct task *from, struct task *to);
void coro_entered(void);
extern struct task coro_main;

/* lock.c: what a context may do, and in which order */
void locks_reset(void);
void lock_acquired(void *lock, unsigned int class, const char *name,
		   bool sleeps, bool nested);
void lock_released(void *lock, const char *name);
unsigned int lock_class(const char *name);
void context_clean(const char *what);

/* work.c */
void work_init(void);
void work_exit(void);
extern bool work_pressure;
bool work_idle(void);
void work_relax(void);

/* mem.c */
struct mem_plan {
	unsigned int nowait_fails;	/* permille */
	unsigned int ctr_fails;		/* permille */
};

extern struct mem_plan mem_plan;
void mem_init(void);
void mem_reset(void);
void mem_crash(void);
void mem_check_leaks(const char *when);
extern unsigned long mem_pages_out, mem_chunks_out;
bool mem_shrink(void);

/* bio.c */
void bio_finish(struct bio *bio, blk_status_t status);

#endif /* SIM_H */
