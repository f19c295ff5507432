# SPDX-License-Identifier: GPL-2.0-only
#
# What is installed around quorumsetup: rules, units, scripts of the initramfs,
# manual pages, examples.
#
#	make -f boot.mk man			make the manual pages
#	make -f boot.mk install [DESTDIR=...]	install all of it
#
# What the files here say of /usr/sbin and of the release is made true when they
# are installed.

VERSION := $(shell cat ../VERSION)

prefix ?= /usr
sbindir ?= $(prefix)/sbin
datadir ?= $(prefix)/share
mandir ?= $(datadir)/man
docdir ?= $(datadir)/doc/quorumsetup
# Where systemd, udev and initramfs-tools look; the last only there.
unitdir ?= $(prefix)/lib/systemd/system
rulesdir ?= $(prefix)/lib/udev/rules.d
initramfsdir ?= /usr/share/initramfs-tools

INSTALL ?= install
RST2MAN ?= rst2man
MAN = man/quorumsetup.8 man/quorumtab.5

# Reads from stdin: those of the system stay where they are.
IN_PLACE = sed 's|/usr/sbin/quorumsetup|$(sbindir)/quorumsetup|g'

man: $(MAN)

# A date would make each build differ.
man/%: man/%.rst ../VERSION
	sed 's/@VERSION@/$(VERSION)/' $< | \
		$(RST2MAN) --strict --no-generator --no-datestamp - $@

# $(call put,MODE,SOURCE,TARGET): the source with its paths set right
put = $(IN_PLACE) $(2) >$(3) && chmod $(1) $(3)

install: man
	$(INSTALL) -d $(DESTDIR)$(rulesdir) $(DESTDIR)$(unitdir)
	$(call put,644,udev/64-quorumsetup.rules,\
		$(DESTDIR)$(rulesdir)/64-quorumsetup.rules)
	set -e; for unit in systemd/*; do \
		$(call put,644,$$unit,$(DESTDIR)$(unitdir)/$${unit##*/}); \
	done
	$(INSTALL) -d $(DESTDIR)$(initramfsdir)/hooks \
		$(DESTDIR)$(initramfsdir)/scripts/local-block
	$(call put,755,initramfs/hook,\
		$(DESTDIR)$(initramfsdir)/hooks/quorumsetup)
	$(call put,755,initramfs/local-block,\
		$(DESTDIR)$(initramfsdir)/scripts/local-block/quorumsetup)
	$(INSTALL) -d $(DESTDIR)$(mandir)/man8 $(DESTDIR)$(mandir)/man5
	$(INSTALL) -m 644 man/quorumsetup.8 $(DESTDIR)$(mandir)/man8
	$(INSTALL) -m 644 man/quorumtab.5 $(DESTDIR)$(mandir)/man5
	$(INSTALL) -d $(DESTDIR)$(docdir)/examples
	$(INSTALL) -m 644 examples/quorumtab examples/quorumsetup.default \
		$(DESTDIR)$(docdir)/examples
	$(INSTALL) -m 755 examples/quorumsetup-mail $(DESTDIR)$(docdir)/examples

clean:
	rm -f $(MAN)

.PHONY: man install clean
