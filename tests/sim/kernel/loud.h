/* SPDX-License-Identifier: GPL-2.0-only */
#pragma pop_macro("WRITE_ONCE")
#pragma pop_macro("READ_ONCE")
