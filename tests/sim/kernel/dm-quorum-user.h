/* SPDX-License-Identifier: GPL-2.0-only */
/* In place of the stand-ins of tools/include. */
#include "kernel.h"
