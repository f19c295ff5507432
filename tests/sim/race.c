// SPDX-License-Identifier: GPL-2.0-only
/*
 * With FLAVOUR=race the compiler announces every access of the module to
 * memory, as it would for ThreadSanitizer: each of them is a point, and none
 * may be to what was freed.  So plain accesses race, too.
 */
#include "sim.h"

#ifdef SIM_RACE
#include <sanitizer/asan_interface.h>

void __tsan_init(void);
void __tsan_func_entry(void *pc);
void __tsan_func_exit(void *pc);
void __tsan_read_range(void *addr, size_t size);
void __tsan_write_range(void *addr, size_t size);

static inline void access_to(void *addr, size_t size)
{
	if (unlikely(__asan_address_is_poisoned(addr) ||
		     __asan_address_is_poisoned((char *)addr + size - 1)))
		sim_fail("%zu bytes at %p are accessed, and not there", size,
			 addr);
	sim_point();
}

void __tsan_init(void)
{
}

void __tsan_func_entry(void *pc)
{
}

void __tsan_func_exit(void *pc)
{
}

void __tsan_read_range(void *addr, size_t size)
{
	if (size)
		access_to(addr, size);
}

void __tsan_write_range(void *addr, size_t size)
{
	if (size)
		access_to(addr, size);
}

#define ACCESS(name, size)						\
void __tsan_##name##size(void *addr);					\
void __tsan_##name##size(void *addr)					\
{									\
	access_to(addr, size);						\
}
#define ACCESSES(name)							\
	ACCESS(name, 1) ACCESS(name, 2) ACCESS(name, 4) ACCESS(name, 8)	\
	ACCESS(name, 16)

ACCESSES(read)
ACCESSES(write)
ACCESSES(unaligned_read)
ACCESSES(unaligned_write)
ACCESSES(volatile_read)
ACCESSES(volatile_write)
#endif
