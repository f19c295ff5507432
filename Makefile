# SPDX-License-Identifier: GPL-2.0-only
#
#	make [KDIR=...]		build dm_quorum.ko
#	make modules_install	install it for that kernel
#	make demo		see it work, in a virtual machine
#	make check		test it, in virtual machines
#	make clean
#
# README.md says what the other targets are for.

KDIR ?= /lib/modules/$(shell uname -r)/build

modules modules_install clean:
	@test -e $(KDIR)/Makefile || { \
		echo "No kernel to build against in $(KDIR):" \
		     "install its headers, or say KDIR=..." >&2; exit 1; }
	$(MAKE) -C $(KDIR) M=$(CURDIR) $@

demo:
	tests/demo/run

check:
	tests/check-vm

.PHONY: modules modules_install clean demo check
