# SPDX-License-Identifier: GPL-2.0-only
#
#	make [KDIR=...]		build dm_quorum.ko
#	make modules_install	install it for that kernel
#	make tools		build quorumsetup, the user's tool
#	make install-tools	install that
#	make demo		see it work, in a virtual machine
#	make demo-network	see a leg hang, and come back
#	make check		test it, in virtual machines
#	make install-dkms	have dkms build the module for each kernel
#	make deb		packages for Debian; make dist: a release
#	make clean
#
# README.md says what the other targets are for, and how long they take.

KDIR ?= /lib/modules/$(shell uname -r)/build
KBUILD = $(MAKE) -C $(KDIR) M=$(CURDIR)

modules: kdir
	$(KBUILD) modules

# Debian's headers come without a key to sign with, and without the map that
# kbuild wants to see before it runs depmod.
modules_install: kdir
	$(KBUILD) CONFIG_MODULE_SIG_ALL= modules_install
	depmod -a $(shell $(MAKE) -s -C $(KDIR) kernelrelease)

clean:
	@test ! -e $(KDIR)/Makefile || $(KBUILD) clean

kdir:
	@test -e $(KDIR)/Makefile || { \
		echo "No kernel to build against in $(KDIR):" \
		     "install its headers, or say KDIR=..." >&2; exit 1; }

VERSION = $(shell cat VERSION)

# What is around the tool: manual pages, and what opens sets at boot.
tools: man
man:
	@$(MAKE) -C tools -f boot.mk man

install-tools: install-boot
install-boot:
	@$(MAKE) -C tools -f boot.mk install

clean-tools:
	@$(MAKE) -C tools clean
	@$(MAKE) -C tools -f boot.mk clean

# Then: dkms install dm-quorum/VERSION
DKMS_DIR = $(DESTDIR)/usr/src/dm-quorum-$(VERSION)
install-dkms:
	install -d $(DKMS_DIR)
	install -m 644 Makefile Kbuild $(DKMS_DIR)
	install -m 644 $(filter-out %.mod.c,$(wildcard dm-quorum*.[ch])) \
		$(DKMS_DIR)
	sed 's/#MODULE_VERSION#/$(VERSION)/' dkms.conf >$(DKMS_DIR)/dkms.conf

dist deb:
	@tools/package $@

# Real boots of a Debian on which the packages are installed.
check-boot:
	@tests/boot/run $(BOOT_TESTS)

.PHONY: man install-boot clean-tools install-dkms dist deb check-boot

demo:
	@tests/demo/run

demo-network:
	@tests/demo/run network

# All tests on each of these; "all" are those that Debian has.
KERNELS ?=
check:
	@tests/check-vm $(KERNELS)

check-unit:
	@tests/unit/run

sim:
	@tests/sim/run

sim-coverage:
	@tests/sim/run coverage

sim-mutants:
	@tests/sim/mutants

unit-mutants:
	@tests/unit/mutants

model:
	@tests/model/run

check-uml:
	@tests/check-uml

check-debug:
	@tests/check-debug

check-kcsan:
	@tests/check-kcsan

check-pressure:
	@tests/soak/pressure

check-powercut:
	@tests/soak/powercut

check-mutants:
	@tests/mutants/run

check-all:
	@tests/check-all

MINUTES ?= 5
soak:
	@tests/soak/run $(MINUTES)

fuzz:
	@tests/fuzz/run $(MINUTES)

bench:
	@tests/bench/run

lint:
	@tests/lint/run

tools:
	@$(MAKE) -C tools

install-tools:
	@$(MAKE) -C tools install

tools-check:
	@tools/tests/run

.PHONY: tools install-tools tools-check
.PHONY: modules modules_install clean kdir demo demo-network check check-unit \
	sim sim-coverage sim-mutants unit-mutants model check-uml check-debug \
	check-kcsan check-pressure check-powercut check-mutants check-all \
	soak fuzz bench lint
