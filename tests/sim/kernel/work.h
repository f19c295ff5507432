/* SPDX-License-Identifier: GPL-2.0-only */
/* Work queues, delayed work, timers. */
#ifndef SIM_WORK_H
#define SIM_WORK_H

struct work_struct;
struct workqueue_struct;
typedef void (*work_func_t)(struct work_struct *work);

/* Something that happens at a time; lives in what waits for it. */
struct sim_event {
	struct list_head node;
	u64 when;
	void (*fire)(struct sim_event *event);
};

#define SIM_WORK_MAGIC		0x3099u

struct work_struct {
	work_func_t func;
	struct list_head entry;
	struct workqueue_struct *wq;
	u64 seq;
	unsigned int magic;
	bool pending;
};

struct delayed_work {
	struct work_struct work;
	struct sim_event timer;
	struct workqueue_struct *wq;
	bool timing;
};

struct timer_list {
	struct sim_event event;
	void (*function)(struct timer_list *timer);
	bool pending;
};

#define to_delayed_work(w)	container_of(w, struct delayed_work, work)

enum {
	WQ_UNBOUND		= 1 << 1,
	WQ_FREEZABLE		= 1 << 2,
	WQ_MEM_RECLAIM		= 1 << 3,
	WQ_HIGHPRI		= 1 << 4,
	WQ_CPU_INTENSIVE	= 1 << 5,
	WQ_SYSFS		= 1 << 6,
	WQ_PERCPU		= 1 << 8,
	WQ_ORDERED		= 1 << 17,
};

#define WQ_DFL_ACTIVE		256
#define WQ_MAX_ACTIVE		512
#define WQ_UNBOUND_MAX_ACTIVE	512
#define WORK_CPU_UNBOUND	NR_CPUS

extern struct workqueue_struct *system_wq;
#define system_unbound_wq	system_wq
#define system_long_wq		system_wq
#define system_highpri_wq	system_wq
#define system_percpu_wq	system_wq
#define system_dfl_wq		system_wq

void sim_init_work(struct work_struct *work, work_func_t func);
void sim_init_delayed_work(struct delayed_work *dw, work_func_t func);
#define INIT_WORK(w, f)		sim_init_work(w, f)
#define INIT_WORK_ONSTACK(w, f)	sim_init_work(w, f)
#define destroy_work_on_stack(w) ((void)(w))
#define INIT_DELAYED_WORK(w, f)	sim_init_delayed_work(w, f)
#define INIT_DEFERRABLE_WORK(w, f) sim_init_delayed_work(w, f)

struct workqueue_struct *alloc_workqueue(const char *fmt, unsigned int flags,
					 int max_active, ...) __printf(1, 4);
#define alloc_ordered_workqueue(fmt, flags, args...)			\
	alloc_workqueue(fmt, WQ_UNBOUND | WQ_ORDERED | (flags), 1, ##args)
void destroy_workqueue(struct workqueue_struct *wq);
void flush_workqueue(struct workqueue_struct *wq);
void drain_workqueue(struct workqueue_struct *wq);
bool queue_work(struct workqueue_struct *wq, struct work_struct *work);
bool queue_delayed_work(struct workqueue_struct *wq, struct delayed_work *dw,
			unsigned long delay);
bool mod_delayed_work(struct workqueue_struct *wq, struct delayed_work *dw,
		      unsigned long delay);
bool flush_work(struct work_struct *work);
bool flush_delayed_work(struct delayed_work *dw);
bool cancel_work_sync(struct work_struct *work);
bool cancel_work(struct work_struct *work);
bool cancel_delayed_work(struct delayed_work *dw);
bool cancel_delayed_work_sync(struct delayed_work *dw);
#define work_pending(w)		((w)->pending)
#define delayed_work_pending(d)	((d)->timing || (d)->work.pending)
#define queue_work_on(cpu, wq, w) queue_work(wq, w)
#define queue_delayed_work_on(cpu, wq, w, d) queue_delayed_work(wq, w, d)
#define schedule_work(w)	queue_work(system_wq, w)
#define schedule_delayed_work(w, d) queue_delayed_work(system_wq, w, d)
#define schedule_work_on(cpu, w) queue_work(system_wq, w)
#define schedule_delayed_work_on(cpu, w, d) queue_delayed_work(system_wq, w, d)
#define flush_scheduled_work()	flush_workqueue(system_wq)
#define mod_delayed_work_on(cpu, wq, w, d) mod_delayed_work(wq, w, d)
long sim_work_on_cpu(int cpu, long (*fn)(void *arg), void *arg);
#define work_on_cpu(c, f, a)	sim_work_on_cpu(c, f, a)
int schedule_on_each_cpu(work_func_t func);

void timer_setup(struct timer_list *t, void (*f)(struct timer_list *t),
		 unsigned int flags);
int mod_timer(struct timer_list *t, unsigned long expires);
int del_timer_sync(struct timer_list *t);
#define timer_delete_sync(t)	del_timer_sync(t)
#define timer_shutdown_sync(t)	del_timer_sync(t)
#define timer_pending(t)	((t)->pending)
#define from_timer(var, t, field) container_of(t, __typeof__(*var), field)
#define timer_container_of(var, t, field) from_timer(var, t, field)

/* Processors come and go. */
enum cpuhp_state {
	CPUHP_MM_SIM_DEAD,
	CPUHP_AP_ONLINE_DYN,
	CPUHP_BP_PREPARE_DYN,
};

struct hlist_node;
int cpuhp_setup_state_multi(enum cpuhp_state state, const char *name,
			    int (*startup)(unsigned int cpu,
					   struct hlist_node *node),
			    int (*teardown)(unsigned int cpu,
					    struct hlist_node *node));
void cpuhp_remove_multi_state(enum cpuhp_state state);
int cpuhp_state_add_instance_nocalls(enum cpuhp_state state,
				     struct hlist_node *node);
int cpuhp_state_remove_instance_nocalls(enum cpuhp_state state,
					struct hlist_node *node);
#define cpuhp_state_add_instance(s, n) cpuhp_state_add_instance_nocalls(s, n)
#define cpuhp_state_remove_instance(s, n) cpuhp_state_remove_instance_nocalls(s, n)

#endif /* SIM_WORK_H */
