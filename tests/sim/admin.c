// SPDX-License-Identifier: GPL-2.0-only
/*
 * The administrator: messages, suspending, other tables, at any time; and the
 * machine, which is short of memory now and then.
 */
#include "oracle.h"

static bool running, stop;
static wait_queue_head_t stopped;

/* Returns what the target says; its answer is not looked at. */
int message(const char *fmt, ...)
{
	char text[128], result[4096];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return md_message(&sim_md, text, result, sizeof(result));
}

static struct sim_leg *leg_of(unsigned int slot)
{
	return set.dev[slot] < 0 ? NULL : &sim_legs[set.dev[slot]];
}

static void leg_message(void)
{
	unsigned int slot = rnd_below(set.nr_legs);
	struct sim_leg *leg = leg_of(slot);
	int r;

	switch (rnd_below(3)) {
	case 0:
		if (leg && fault_suspect(leg))
			audit_fail(slot);
		break;
	case 1:
		audit_reinstate(slot);
		break;
	case 2:
		if (leg && fault_suspect(leg))
			message("rebuild %u", slot);
		break;
	}
	if (leg)
		return;
	r = message("fail %u", slot);
	if (r != -EINVAL)
		sim_fail("a missing leg is failed: %d", r);
}

static void nonsense(void)
{
	static const char * const words[] = {
		"repair now", "fail", "fail 99", "fail -1", "reinstate x",
		"rebuild 0 0", "idle idle", "unknown", "fail 0x0",
		"queue_if_no_quorum", "queue_if_no_quorum x",
		"fail_if_no_quorum 1", "map", "map 0", "map 513", "map 1 1",
		"map x",
	};
	int r = message("%s", words[rnd_below(ARRAY_SIZE(words))]);

	if (r != -EINVAL)
		sim_fail("a message that makes no sense is answered %d", r);
}

static void sync_message(void)
{
	static const char * const words[] = {
		"check", "repair", "check", "repair", "idle", "frozen",
		"idle", "reports", "progress", "map 1", "map 3", "map 512",
	};
	const char *word = words[rnd_below(ARRAY_SIZE(words))];
	bool killable = sim_me->killable;
	int r;

	sim_me->killable = rnd_chance(20);
	r = message("%s", word);
	sim_me->killable = killable;
	if (!r && (!strcmp(word, "check") || !strcmp(word, "repair")))
		cover.scrubs++;
}

/* Whether requests that fail are held. */
static void queue_message(void)
{
	int seconds = rnd_chance(50) ? rnd_range(1, 20) : -1;
	int r = seconds < 0 ? message("fail_if_no_quorum") :
			      message("queue_if_no_quorum %d", seconds);

	if (r)
		sim_fail("the option queue_if_no_quorum: %d", r);
	set.queue = seconds;
	set.queued |= seconds >= 0;
}

/* Ranges that are and that are not. */
static void range_message(void)
{
	u64 sector = rnd_below(set.len + set.len / 8);
	u64 sectors = rnd_below(set.len + set.len / 8);
	bool is_one = sectors && sector + sectors <= set.len;
	int r = message("%s %llu %llu", rnd_chance(50) ? "check" : "repair",
			set.begin + sector, sectors);

	if (is_one == (r == -EINVAL))
		sim_fail("range %llu+%llu of %llu: %d", sector, sectors,
			 (u64)set.len, r);
	cover.scrubs += !r;
}

static void clear_errors(void)
{
	message("clear_errors");
	audit_new_epoch();
}

static void bad_table(void)
{
	char text[1024], *error = NULL;
	int r;

	if (rnd_chance(50)) {
		refuse_one();
		return;
	}
	table_text(text, sizeof(text));
	if (rnd_chance(50)) {
		mem_plan.ctr_fails = rnd_range(100, 1000);
	} else {
		text[rnd_below(strlen(text))] = "x 9-"[rnd_below(4)];
		if (rnd_chance(30))
			text[rnd_below(strlen(text))] = '\0';
	}
	r = md_load(&sim_md, text, set.begin, set.len,
		    BLK_OPEN_READ | BLK_OPEN_WRITE, &error);
	mem_plan.ctr_fails = 0;
	if (r)
		cover.refused++;
	md_unload(&sim_md);
}

/* All legs are gone for a while: what noflush is for. */
static void outage(bool begins)
{
	unsigned int i;

	trace("all legs are %s", begins ? "gone" : "back");
	for (i = 0; i < SIM_MAX_DEVS; i++) {
		if (!(set.members & BIT(i)))
			continue;
		if (begins)
			fault_force(&sim_legs[i]);
		sim_legs[i].dead = begins;
	}
}

/* Old errors count half after an hour; and what else is counted in time. */
static void let_time_pass(void)
{
	msleep(rnd_range(1, 3 * 3600) * MSEC_PER_SEC);
}

static void pause_device(void)
{
	/* What is held for ever then may need a leg that nobody takes back. */
	bool out = !load.gentle && !set.minority && rnd_chance(10) &&
		   set.queue;
	bool reload = rnd_chance(50), noflush = rnd_chance(40);

	if (reload) {
		table_reload(noflush);
		return;
	}
	if (out)
		outage(true);
	if (md_suspend(&sim_md, noflush || out, rnd_chance(20) && !out))
		return;
	if (out)
		outage(false);
	if (rnd_chance(50))
		usleep_range(1, 5000);
	else if (rnd_chance(10))
		let_time_pass();
	if (rnd_chance(20))
		leg_message();
	table_resume();
}

/* What was under way when it began ends before the pressure does. */
static void wait_for_requests(void)
{
	u64 began = oracle_tick;
	unsigned int i;

	for (i = 0; oracle_busy() && oracle_oldest() <= began; i++) {
		if (i == 400)
			sim_fail("promise 11: requests hang without memory");
		msleep(i < 10 ? 1 : i * 10);
	}
}

/* A processor goes away, and what is kept for it stays behind. */
static void unplug(void)
{
	if (cap_reached(&had->hotplug, caps.hotplug))
		return;
	cover.hotplugs++;
	sched_plug(rnd_below(num_possible_cpus()), false);
	if (rnd_chance(50))
		mem_shrink();
}

static void plug_all(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		sched_plug(cpu, true);
}

static bool any_hangs(void)
{
	unsigned int i;

	for (i = 0; i < SIM_MAX_DEVS; i++)
		if (sim_legs[i].hung)
			return true;
	return false;
}

static void press(void)
{
	unsigned int was = mem_plan.nowait_fails;

	/* What it keeps for itself may be all that memory had left. */
	if (any_hangs())
		return;
	cover.pressure++;
	work_pressure = rnd_chance(60);
	mem_plan.nowait_fails = rnd_chance(50) ? 1000 : 800;
	trace("pressure: %s", work_pressure ? "no workers, no memory" :
	      "no memory");
	usleep_range(100, 200000);
	if (rnd_chance(50))
		wait_for_requests();
	mem_plan.nowait_fails = was;
	work_relax();
	trace("pressure ends");
}

static void plug(void)
{
	if (!load.hotplug)
		return;
	if (rnd_chance(50))
		unplug();
	else
		plug_all();
}

static void act(void)
{
	struct o_status st;
	unsigned int dice = rnd_below(100);

	if (dice < 30)
		audit_status(&st);
	else if (dice < 47)
		sync_message();
	else if (dice < 50)
		range_message();
	else if (dice < 65)
		leg_message();
	else if (dice < 67)
		queue_message();
	else if (dice < 70)
		nonsense();
	else if (dice < 74)
		clear_errors();
	else if (dice < 78)
		bad_table();
	else if (dice < 90)
		pause_device();
	else if (dice < 93)
		mem_shrink();
	else if (dice < 97)
		plug();
	else if (dice < 98)
		let_time_pass();
	else if (load.pressure && !cap_reached(&had->pressure, caps.pressure))
		press();
}

static void admin(void *arg)
{
	while (!stop && !cap_reached(&had->acts, caps.acts)) {
		if (rnd_chance(70))
			usleep_range(1, rnd_chance(50) ? 1000 : 20000);
		act();
	}
	running = false;
	wake_up(&stopped);
}

void admin_start(void)
{
	init_waitqueue_head(&stopped);
	running = true;
	stop = false;
	task_start("admin", admin, NULL);
}

void admin_stop(void)
{
	stop = true;
	wait_event(stopped, !running);
}
