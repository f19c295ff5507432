/* SPDX-License-Identifier: GPL-2.0-only */
/* What compilers and sanitizers call, and declare nowhere. */
#ifndef SIM_HOOKS_H
#define SIM_HOOKS_H

#include <stddef.h>

const char *__asan_default_options(void);

void __tsan_init(void);
void __tsan_func_entry(void *pc);
void __tsan_func_exit(void *pc);
void __tsan_read_range(void *addr, size_t size);
void __tsan_write_range(void *addr, size_t size);

#define SIM_ACCESSES(name)						\
	void __tsan_##name##1(void *addr);				\
	void __tsan_##name##2(void *addr);				\
	void __tsan_##name##4(void *addr);				\
	void __tsan_##name##8(void *addr);				\
	void __tsan_##name##16(void *addr)

SIM_ACCESSES(read);
SIM_ACCESSES(write);
SIM_ACCESSES(unaligned_read);
SIM_ACCESSES(unaligned_write);
SIM_ACCESSES(volatile_read);
SIM_ACCESSES(volatile_write);

#endif /* SIM_HOOKS_H */
