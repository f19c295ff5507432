// SPDX-License-Identifier: GPL-2.0-only
/*
 * With FLAVOUR=race the compiler announces every access of the module to
 * memory, as it would for ThreadSanitizer: each of them is a point, and none
 * may be to what was freed.  So plain accesses race, too.
 */
#include "sim.h"

#ifdef SIM_RACE
#include <sanitizer/asan_interface.h>

#include "hooks.h"

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
void __tsan_##name##size(void *addr)					\
{									\
	access_to(addr, size);						\
}

ACCESS(read, 1)
ACCESS(read, 2)
ACCESS(read, 4)
ACCESS(read, 8)
ACCESS(read, 16)
ACCESS(write, 1)
ACCESS(write, 2)
ACCESS(write, 4)
ACCESS(write, 8)
ACCESS(write, 16)
ACCESS(unaligned_read, 1)
ACCESS(unaligned_read, 2)
ACCESS(unaligned_read, 4)
ACCESS(unaligned_read, 8)
ACCESS(unaligned_read, 16)
ACCESS(unaligned_write, 1)
ACCESS(unaligned_write, 2)
ACCESS(unaligned_write, 4)
ACCESS(unaligned_write, 8)
ACCESS(unaligned_write, 16)
ACCESS(volatile_read, 1)
ACCESS(volatile_read, 2)
ACCESS(volatile_read, 4)
ACCESS(volatile_read, 8)
ACCESS(volatile_read, 16)
ACCESS(volatile_write, 1)
ACCESS(volatile_write, 2)
ACCESS(volatile_write, 4)
ACCESS(volatile_write, 8)
ACCESS(volatile_write, 16)
#endif
