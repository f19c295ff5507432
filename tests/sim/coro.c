// SPDX-License-Identifier: GPL-2.0-only
/*
 * Coroutines.  ASan is told which stack is in use.
 */
#include "sim.h"

#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAVE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_ASAN 1
#endif
#endif

#ifdef HAVE_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

#define STACK_BYTES	(256 << 10)

struct task coro_main = { .name = "main" };
#ifdef HAVE_ASAN
static const void *main_stack;
static size_t main_size;
static struct task *came_from;
#endif

#ifdef __x86_64__

void coro_swap(void **from, void *to);
__asm__(".text\n.globl coro_swap\n.type coro_swap, @function\n"
	"coro_swap:\n"
	"push %rbp\npush %rbx\npush %r12\npush %r13\npush %r14\npush %r15\n"
	"mov %rsp, (%rdi)\nmov %rsi, %rsp\n"
	"pop %r15\npop %r14\npop %r13\npop %r12\npop %rbx\npop %rbp\nret\n"
	".size coro_swap, .-coro_swap\n");

static void prepare(struct task *t, void (*entry)(void))
{
	void **sp = (void **)((char *)t->stack + STACK_BYTES);

	*--sp = NULL;			/* where entry would return to */
	*--sp = (void *)entry;
	sp -= 6;			/* what coro_swap() pops */
	memset(sp, 0, 6 * sizeof(*sp));
	t->sp = sp;
}

static void swap_to(struct task *from, struct task *to)
{
	coro_swap(&from->sp, to->sp);
}

#else

#include <ucontext.h>

static void prepare(struct task *t, void (*entry)(void))
{
	ucontext_t *uc = malloc(sizeof(*uc));

	getcontext(uc);
	uc->uc_stack.ss_sp = t->stack;
	uc->uc_stack.ss_size = STACK_BYTES;
	uc->uc_link = NULL;
	makecontext(uc, entry, 0);
	t->sp = uc;
}

static void swap_to(struct task *from, struct task *to)
{
	if (!from->sp)
		from->sp = malloc(sizeof(ucontext_t));
	swapcontext(from->sp, to->sp);
}

#endif

void coro_init(void)
{
	sim_me = &coro_main;
}

void coro_make(struct task *t, void (*entry)(void))
{
	char *area = mmap(NULL, STACK_BYTES + 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED || mprotect(area, 4096, PROT_NONE))
		sim_fail("no memory for stacks");
	t->stack = area + 4096;
	prepare(t, entry);
}

/* First thing on a stack that was switched to. */
void coro_entered(void)
{
#ifdef HAVE_ASAN
	const void *stack;
	size_t size;

	__sanitizer_finish_switch_fiber(sim_me->fake, &stack, &size);
	if (came_from == &coro_main) {
		main_stack = stack;
		main_size = size;
	}
#endif
}

void coro_switch(struct task *from, struct task *to)
{
	sim_me = to;
#ifdef HAVE_ASAN
	came_from = from;
	__sanitizer_start_switch_fiber(&from->fake,
				       to == &coro_main ? main_stack :
				       to->stack,
				       to == &coro_main ? main_size :
				       STACK_BYTES);
#endif
	swap_to(from, to);
	coro_entered();
}
