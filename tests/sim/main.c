// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs seeds, on all processors, and says what came of it.
 *
 * usage: sim [-n SEEDS] [-f FIRST] [-j JOBS] [-m MOST] [-C N:T] [-kq]
 *	  sim -s SEED [-c CAPS] [-C N:T] [-tk]
 *
 * -m: give up after so many failures; -k: bear with what is known to be wrong;
 * -q: do not make smaller what failed; -c: as that would have it; -t: trace;
 * -C: crash sets: of N legs of which T have to agree, with metadata.
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hooks.h"
#include "run.h"

#define MAX_JOBS	64
/* Whatever takes longer than this will never end. */
#define SEED_SECONDS	60

/* What the processes share. */
struct shared {
	u64 seed[MAX_JOBS];
	u64 next;
	u64 end;
	u64 passed;
	u64 failed;
	struct sim_cover cover;
	struct sim_end scratch;
};

/* Status of a process that is to be replaced by another. */
#define LITTERED	3
#define MAX_LITTER	96

/* How many of the seeds that fail are made smaller. */
#define MAX_SHRUNK	3

bool sim_lenient;
static struct shared *shared;
static u64 to_shrink[MAX_SHRUNK];
static unsigned int nr_shrunk;
static const char *self;
static bool quiet;
/* A crash leaves things in this process that nobody cleans up. */
static unsigned int litter;

/*
 * One seed.
 */

static void load_cap(void)
{
	load.callers = min_t(u64, load.callers, caps.callers);
	load.requests = min_t(u64, load.requests, caps.requests);
	load.phases = min_t(u64, load.phases, caps.phases);
	load.max_sectors = min_t(u64, load.max_sectors, caps.sectors);
	had->crashes = 0;
	had->callers = load.callers;
	had->requests = load.requests;
	had->phases = load.phases;
	had->sectors = load.max_sectors;
	if (!caps.pressure)
		mem_plan.nowait_fails = 0;
}

struct sim_crashes sim_crashes;

static void load_choose(void)
{
	memset(&load, 0, sizeof(load));
	load.callers = rnd_range(1, 6);
	load.requests = rnd_range(5, 40);
	load.phases = rnd_range(1, 3);
	load.admin = rnd_chance(60);
	load.gentle = rnd_chance(50);
	load.scribble = rnd_chance(30);
	load.pressure = rnd_chance(40);
	load.crash = rnd_chance(15);
	load.hotplug = rnd_chance(20);
	load.max_sectors = 1 << rnd_range(0, 9);
	if (sim_crashes.legs) {
		load.crash = true;
		load.callers = rnd_range(1, 3);
		load.requests = rnd_range(2, 12);
		load.phases = rnd_range(2, 5);
		load.hotplug = false;
	}
	if (load.pressure)
		mem_plan.nowait_fails = rnd_chance(50) ? 0 :
					rnd_chance(50) ? 30 : 700;
}

static void about(FILE *to)
{
	fprintf(to, "  plan: %s, %u legs, threshold %u\n", fault_plan.name,
		set.nr_legs, set.threshold);
}

void one_seed(u64 seed)
{
	sim_seed_set(seed);
	locks_reset();
	mem_reset();
	sched_init();
	sim_module_init();
	fault_choose();
	past_init();
	table_choose();
	load_choose();
	load_cap();
	sim_seed_salt(caps.salt);
	task_start("workload", workload_main, NULL);
	sched_run();
	while (sched_crashed()) {
		litter++;
		crash_happens();
		task_start("workload", workload_again, NULL);
		sched_run();
	}
}

/*
 * Many of them.
 */

static void add_cover(void)
{
	u64 *to = (u64 *)&shared->cover, *from = (u64 *)&cover;
	unsigned int i;

	for (i = 0; i < sizeof(cover) / sizeof(u64); i++)
		__atomic_fetch_add(&to[i], from[i], __ATOMIC_RELAXED);
	memset(&cover, 0, sizeof(cover));
}

static void runner(unsigned int job)
{
	u64 seed;

	while ((seed = __atomic_fetch_add(&shared->next, 1,
					  __ATOMIC_RELAXED)) < shared->end) {
		shared->seed[job] = seed;
		alarm(SEED_SECONDS);
		one_seed(seed);
		__atomic_fetch_add(&shared->passed, 1, __ATOMIC_RELAXED);
		add_cover();
		if (litter >= MAX_LITTER)
			break;
	}
	if (!litter)
		sim_module_exit();
	fflush(NULL);
	exit(litter >= MAX_LITTER ? LITTERED : 0);
}

static pid_t start_runner(unsigned int job)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid)
		runner(job);
	return pid;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static void print_cover(void)
{
	unsigned int n = 0;

#define COUNTER(name)							\
	printf("%s%s %llu", n++ % 7 ? ", " : "\n# ", #name,		\
	       shared->cover.name)
#include "cover.h"
#undef COUNTER
	putchar('\n');
}

/* What there is none of in a set of which crashes are tried. */
static bool left_out(const char *what)
{
	static const char * const of_spare[] = {
		"failed_legs", "rebuilt", "set_back", "garbled", "swaps",
		"hangs", "timeouts",
	};
	unsigned int i;

	if (!sim_crashes.legs)
		return false;
	for (i = 0; i < ARRAY_SIZE(of_spare); i++)
		if (sim_crashes.legs == sim_crashes.threshold &&
		    !strcmp(what, of_spare[i]))
			return true;
	return !strcmp(what, "hotplugs");
}

static unsigned int unmet(u64 count, const char *what)
{
	if (left_out(what))
		return 0;
	if (!count)
		printf("not ok - %s were not met\n", what);
	return !count;
}

/* A run that never met these proves little. */
static unsigned int missed(void)
{
	unsigned int n = 0;

#define COUNTER(name) (n += unmet(shared->cover.name, #name))
#include "cover.h"
#undef COUNTER
	return n;
}

static void report(double began)
{
	u64 done = shared->passed + shared->failed;

	printf("# %llu seeds, %.0f a second: %llu failed, ", done,
	       done / (seconds() - began), shared->failed);
	printf("%llu requests, %llu second looks\n", shared->cover.requests,
	       shared->cover.second_looks);
	fflush(stdout);
}

static void print_command(u64 seed, struct sim_caps *c)
{
	printf("make sim SEED=%llu FLAVOUR=%s%s", seed, SIM_FLAVOUR,
	       sim_lenient ? " KNOWN=1" : "");
	if (sim_crashes.legs)
		printf(" CRASHES=%u:%u", sim_crashes.legs,
		       sim_crashes.threshold);
	if (c) {
		printf(" SHRUNK=");
		caps_print(c);
	}
	printf(" TRACE=1\n");
}

/* The seeds that failed, with less in them. */
static void shrink_all(void)
{
	struct shrinking s = { .scratch = &shared->scratch };
	unsigned int i;

	for (i = 0; i < nr_shrunk; i++) {
		shrink(&s, to_shrink[i]);
		if (s.end.steps >= s.before) {
			printf("# seed %llu is as small as can be\n", s.seed);
			continue;
		}
		printf("# seed %llu, %llu steps, fails as well in %llu: ",
		       s.seed, s.before, s.end.steps);
		print_command(s.seed, &s.caps);
		if (s.end.words[0])
			printf("#   %s\n", s.end.words);
	}
}

static void failed(u64 seed, int status, u64 most)
{
	if (WIFSIGNALED(status))
		printf("# seed %llu: %s\n", seed,
		       WTERMSIG(status) == SIGALRM ? "does not end" :
		       strsignal(WTERMSIG(status)));
	printf("not ok - seed %llu; to see it again: ", seed);
	print_command(seed, NULL);
	if (nr_shrunk < MAX_SHRUNK)
		to_shrink[nr_shrunk++] = seed;
	if (++shared->failed >= most)
		shared->next = shared->end;
}

/* Wait for a process to end; another one goes on in its place if it failed. */
static bool reap(pid_t *pids, unsigned int jobs, u64 most)
{
	unsigned int job;
	int status;
	pid_t pid = waitpid(-1, &status, WNOHANG);

	if (pid <= 0)
		return false;
	for (job = 0; job < jobs && pids[job] != pid; job++)
		;
	pids[job] = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == LITTERED) {
		pids[job] = start_runner(job);
	} else if (status) {
		failed(shared->seed[job], status, most);
		pids[job] = start_runner(job);
	}
	return true;
}

static bool any_running(pid_t *pids, unsigned int jobs)
{
	while (jobs--)
		if (pids[jobs])
			return true;
	return false;
}

static int many(u64 first, u64 seeds, unsigned int jobs, u64 most)
{
	double began = seconds(), last = began;
	pid_t pids[MAX_JOBS];
	unsigned int short_of = 0, job;

	printf("# seeds %llu to %llu with FLAVOUR=%s\n", first,
	       first + seeds - 1, SIM_FLAVOUR);
	shared->next = first;
	shared->end = first + seeds;
	for (job = 0; job < jobs; job++)
		pids[job] = start_runner(job);
	while (any_running(pids, jobs)) {
		if (reap(pids, jobs, most))
			continue;
		usleep(20000);
		if (seconds() - last < 10)
			continue;
		last = seconds();
		report(began);
	}
	report(began);
	print_cover();
	if (!quiet)
		shrink_all();
	if (seeds >= 2000 && !shared->failed)
		short_of = missed();
	printf("%llu passed, %llu failed\n", shared->passed,
	       shared->failed + short_of);
	return shared->failed || short_of;
}

static int usage(void)
{
	fprintf(stderr,
		"usage: %s [-n SEEDS] [-f FIRST] [-j JOBS] [-m MOST] [-C N:T] [-kq]\n"
		"       %s -s SEED [-c CAPS] [-C N:T] [-tk]\n",
		self, self);
	return 2;
}

static int single(u64 seed)
{
	one_seed(seed);
	printf("seed %llu passed\n", seed);
	return 0;
}

/* What the command line asks for. */
struct order {
	u64 first;
	u64 seeds;
	u64 seed;
	unsigned int jobs;
	unsigned int most;
};

static bool take_option(struct order *order, int opt)
{
	switch (opt) {
	case 'n':
		order->seeds = strtoull(optarg, NULL, 0);
		return true;
	case 'f':
		order->first = strtoull(optarg, NULL, 0);
		return true;
	case 'j':
		order->jobs = strtoul(optarg, NULL, 0);
		return true;
	case 'm':
		order->most = strtoul(optarg, NULL, 0);
		return true;
	case 's':
		order->seed = strtoull(optarg, NULL, 0);
		return true;
	case 'c':
		return caps_read(&caps, optarg);
	case 'C':
		return sscanf(optarg, "%u:%u", &sim_crashes.legs,
			      &sim_crashes.threshold) == 2;
	case 'q':
		quiet = true;
		return true;
	case 't':
		sim_tracing = true;
		return true;
	case 'k':
		sim_lenient = true;
		return true;
	default:
		return false;
	}
}

int main(int argc, char **argv)
{
	struct order order = { .first = 1, .seeds = 20000, .most = 20 };
	int opt, r;

	self = argv[0];
	caps_none(&caps);
	order.jobs = sysconf(_SC_NPROCESSORS_ONLN);
	while ((opt = getopt(argc, argv, "n:f:j:m:s:c:C:tkq")) != -1)
		if (!take_option(&order, opt))
			return usage();
	sim_about = about;
	coro_init();
	sim_left = INT_MAX;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	mem_init();
	legs_init();
	sim_module_init();
	r = order.seed ? single(order.seed) :
	    many(order.first, order.seeds,
		 clamp(order.jobs, 1U, (unsigned int)MAX_JOBS), order.most);
	sim_module_exit();
	return r;
}
