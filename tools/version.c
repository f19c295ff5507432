// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether the kernel has the target, and if not, why.
 */
#include "act.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#define KNOWN_MAJOR	1

static char found_module[512];

static int is_module(const char *path, const struct stat *st, int type,
		     struct FTW *at)
{
	const char *name = path + at->base;

	(void)st;
	if (type != FTW_F || strncmp(name, "dm", 2) ||
	    (name[2] != '-' && name[2] != '_') ||
	    strncmp(name + 3, "quorum.ko", 9))
		return 0;
	snprintf(found_module, sizeof(found_module), "%s", path);
	return 1;
}

static bool find_module(const char *release)
{
	char *folder = text("/lib/modules/%s", release);
	bool found = nftw(folder, is_module, 16, FTW_PHYS) == 1;

	free(folder);
	return found;
}

/* The variable has four bytes of attributes, then one of value. */
static bool is_secure_boot(void)
{
	unsigned char value[5] = { };
	glob_t found;
	int fd;

	if (glob("/sys/firmware/efi/efivars/SecureBoot-*", 0, NULL, &found))
		return false;
	fd = open(found.gl_pathv[0], O_RDONLY | O_CLOEXEC);
	globfree(&found);
	if (fd < 0)
		return false;
	if (read(fd, value, sizeof(value)) != sizeof(value))
		value[4] = 0;
	close(fd);
	return value[4];
}

static void explain_not_built(const char *release)
{
	hint("there is no module dm_quorum for kernel %s", release);
	if (!access("/var/lib/dkms/dm-quorum", F_OK)) {
		hint("DKMS knows its source: see dkms status");
		hint("try: apt install linux-headers-%s && dkms autoinstall -k %s",
		     release, release);
	} else {
		hint("try: apt install dm-quorum-dkms linux-headers-%s",
		     release);
		hint("or in its source: make && make modules_install");
	}
}

static void explain_not_loaded(void)
{
	hint("there is %s, but it is not loaded", found_module);
	if (is_secure_boot()) {
		hint("with Secure Boot the kernel only takes modules signed with a key it knows (\"Key was rejected by service\")");
		hint("try: mokutil --import /var/lib/dkms/mok.pub, then reboot and enrol it");
	} else {
		hint("try: modprobe dm_quorum, and see dmesg for why it fails");
	}
}

static int explain_missing(void)
{
	struct utsname kernel;
	int code;

	code = fail(END_REFUSED, "The kernel has no target %s.", DM_TARGET);
	uname(&kernel);
	if (find_module(kernel.release))
		explain_not_loaded();
	else
		explain_not_built(kernel.release);
	return code;
}

static int check_control(void)
{
	int fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
	int error = errno;

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (error == EACCES || error == EPERM)
		return fail(END_PERMISSION, geteuid() ?
			    "Only root may do that." :
			    "/dev/mapper/control may not be opened: in a container?");
	/* libdevmapper makes it, if the kernel has dm. */
	if (!geteuid() && !access("/sys/class/misc/device-mapper", F_OK))
		return 0;
	if (geteuid())
		return fail(END_PERMISSION, "Only root may do that.");
	/* modprobe is what opening it may have come to. */
	fail(END_REFUSED, "There is no device-mapper: %s.", strerror(error));
	hint("try: modprobe dm_mod; in a container that is for the host to do");
	return END_REFUSED;
}

/**
 * need_target() - have the kernel know the target
 *
 * Return: 0, or the code to end with, and the user knows what is missing.
 */
int need_target(void)
{
	unsigned int version[3];
	int r = check_control();

	if (r)
		return r;
	dm_setup();
	r = dm_version(version);
	if (r == -EACCES || r == -EPERM)
		return fail(END_PERMISSION, "Only root may do that.");
	if (r)
		return explain_missing();
	debug("target %s %u.%u.%u", DM_TARGET, version[0], version[1],
	      version[2]);
	if (version[0] != KNOWN_MAJOR)
		return fail(END_REFUSED,
			    "The module is version %u.%u.%u, this is made for %u.",
			    version[0], version[1], version[2], KNOWN_MAJOR);
	return 0;
}
