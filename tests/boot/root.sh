# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # run has them
#
# The disk that the machine boots from: a Debian with systemd, the headers of
# its kernel and the kernel of the machine, on which the packages are installed
# as a user would, with apt. That is done in a chroot, since a compiler is slow
# where a processor is emulated; DKMS builds the module there for the kernels
# that it finds.

BOOT_PACKAGES=(
	apt busybox ca-certificates dbus dkms dmsetup e2fsprogs gcc
	initramfs-tools jq kmod libblkid1 libdevmapper1.02.1 libjson-c5
	linux-headers-amd64 make procps psmisc strace systemd systemd-sysv
	udev util-linux uuid-runtime "${MACHINE_PACKAGES[@]}"
)

# make_boot_root TMP
make_boot_root()
{
	# Only what the machine has: it is made anew several times.
	# shellcheck disable=SC2016 # for the hook to expand
	local small_initramfs='mkdir -p "$1/etc/initramfs-tools/conf.d"
		echo MODULES=list >"$1/etc/initramfs-tools/conf.d/small"'

	say "making a Debian with systemd (some minutes)"
	(
		IFS=,
		debootstrap_suite bookworm - --variant=apt --format=tar \
			--essential-hook="$small_initramfs" \
			--include="${BOOT_PACKAGES[*]}"
	) >"$1"
}

# in_root COMMAND...: in the root that is being made; nothing is started there
in_root()
{
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare --mount --pid --fork --propagation private sh -ec '
		root=$1
		shift
		mount -t proc proc "$root/proc"
		mount -t sysfs -o ro sysfs "$root/sys"
		mount -t tmpfs tmpfs "$root/run"
		mount --bind /dev "$root/dev"
		exec chroot "$root" "$@"' sh "$root" env -i \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root \
		DEBIAN_FRONTEND=noninteractive "$@"
}

# configure_root: what a test needs of it, apart from the packages
configure_root()
{
	echo guest >"$root/etc/hostname"
	: >"$root/etc/fstab"
	: >"$root/etc/machine-id"
	ln -sf /dev/null "$root/etc/systemd/system/apt-daily.timer"
	ln -sf /dev/null "$root/etc/systemd/system/apt-daily-upgrade.timer"
	ln -sf /dev/null "$root/etc/systemd/system/e2scrub_reap.service"
	ln -sf /dev/null "$root/etc/systemd/system/getty.target"
	install -m 755 "$BOOT_DIR/guest/agent" "$root/usr/local/sbin/test-agent"
	install -m 644 "$BOOT_DIR/guest/test-agent.service" \
		"$root/etc/systemd/system/"
	mkdir -p "$root/etc/systemd/system/multi-user.target.wants" \
		"$root/etc/systemd/journald.conf.d"
	ln -sf ../test-agent.service \
		"$root/etc/systemd/system/multi-user.target.wants/"
	printf '[Journal]\nStorage=persistent\n' \
		>"$root/etc/systemd/journald.conf.d/test.conf"
	rm -rf "$root"/var/{log/journal,lib/apt/lists,cache/apt}/*
}

# install_debs DEB...: first without a compiler, which must not stop apt; then
# once more, which is what an upgrade does. Then the module has to be there, or
# to be made, for each kernel.
install_debs()
{
	local module dir

	module=dm-quorum/$(<"$TOP_DIR/VERSION")
	mkdir -p "$root/debs"
	cp "$@" "$root/debs/"
	mv "$root/usr/bin/gcc-12" "$root/usr/bin/gcc-away"
	# What they depend on is there; no mirror is asked.
	in_root sh -c 'apt-get install -y /debs/*.deb' ||
		die "the packages cannot be installed without a compiler"
	mv "$root/usr/bin/gcc-away" "$root/usr/bin/gcc-12"
	in_root dkms status | grep installed &&
		die "the module was built without a compiler"
	in_root sh -c 'apt-get install -y --reinstall /debs/*.deb' ||
		die "the packages cannot be installed again"
	in_root dkms status | grep installed ||
		die "the package has not had the module built"
	for dir in "$root"/lib/modules/*; do
		in_root dkms install "$module" -k "${dir##*/}" ||
			die "DKMS does not build it for ${dir##*/}"
	done
}

# disk_image IMAGE MIB: an ext4 with all of $root on it
disk_image()
{
	rm -f "$1"
	truncate -s "$2M" "$1"
	mke2fs -q -t ext4 -E root_owner=0:0 -O ^metadata_csum_seed \
		-L root -d "$root" "$1"
}
