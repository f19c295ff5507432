/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stand-ins for what the module includes of the kernel.  Every generated
 * linux/x.h includes this file; what is missing is added to the facility it
 * belongs to, here and in the .c file of the same name one level up.
 */
#ifndef SIM_KERNEL_H
#define SIM_KERNEL_H

#include "base.h"
#include "sync.h"
#include "bits.h"
#include "clock.h"
#include "work.h"
#include "mem.h"
#include "block.h"
#include "dm.h"
#include "misc.h"

#endif /* SIM_KERNEL_H */
