# SPDX-License-Identifier: GPL-2.0-only
#
# What the module includes of the kernel, in user space: for the simulator, and
# for unit tests of single rooms. To be included by a Makefile that has set
#
#	SRC		folder of the module's sources
#	INCLUDE		where headers are made
#
# It sets HEADERS, KERNEL_CPPFLAGS, ROOM_CFLAGS, what the module's code is compiled
# with, and forget.

STAND_INS := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
KHEADERS ?= $(lastword $(shell ls -dv /usr/src/linux-headers-*-common \
	/lib/modules/$(shell uname -r)/source 2>/dev/null))

# The kernel's own headers; whatever else is included is a stand-in.
KERNEL := linux/list
SYSTEM := linux/errno linux/limits
INCLUDED := $(shell sed -n \
	's/^\#[ ]*include <\(\(linux\|crypto\|asm\)[^>]*\)\.h>.*/\1/p' \
	$(wildcard $(SRC)/dm-quorum*.[ch]) \
	$(KERNEL:%=$(KHEADERS)/include/%.h))
STUBS := $(filter-out $(KERNEL) $(SYSTEM),$(sort $(INCLUDED)))
HEADERS := $(patsubst %,$(INCLUDE)/%.h,$(KERNEL) $(STUBS))

KERNEL_CPPFLAGS := -isystem $(INCLUDE) -I$(STAND_INS)
ROOM_CFLAGS := -std=gnu11 -g -fno-omit-frame-pointer -fno-strict-aliasing \
	-fwrapv -Wall -Wno-unused-parameter -Wno-sign-compare \
	-Wno-unused-function -Wno-address-of-packed-member -Werror

# $(call forget,FOLDER): drop the objects in there if they were made elsewhere, or
# from other sources: what they depend on they know by absolute paths.
forget = $(shell if test "$$(cat $1/place 2>/dev/null)" != '$1 $(TOP) $(SRC)'; \
	then mkdir -p $1 && find $1 -name '*.[od]' -delete -o \
		-name '*.gc[dn]*' -delete && \
		echo '$1 $(TOP) $(SRC)' >$1/place; fi)

$(KERNEL:%=$(INCLUDE)/%.h): $(INCLUDE)/%.h:
	@test -e $(KHEADERS)/include/$*.h || \
		{ echo "no $*.h of a kernel: set KHEADERS" >&2; exit 1; }
	@mkdir -p $(@D)
	@printf '#include "kernel.h"\n#include "quiet.h"\n#include "%s"\n#include "loud.h"\n' \
		"$(KHEADERS)/include/$*.h" >$@

$(STUBS:%=$(INCLUDE)/%.h):
	@mkdir -p $(@D)
	@echo '#include "kernel.h"' >$@
