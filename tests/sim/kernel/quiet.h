/* SPDX-License-Identifier: GPL-2.0-only */
/* No points inside of the kernel's own headers: trees differ in shape. */
#pragma push_macro("READ_ONCE")
#pragma push_macro("WRITE_ONCE")
#undef READ_ONCE
#undef WRITE_ONCE
#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, val)	(*(volatile __typeof__(x) *)&(x) = (val))
