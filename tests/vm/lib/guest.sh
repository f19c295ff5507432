# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What a guest boots from: a root file system shared by all kernels, the
# modules of its kernel, and an initramfs that puts one on top of the other.

GUEST_PACKAGES=(
	acl attr bash bc coreutils dmsetup e2fsprogs file fio gawk iproute2
	jq kmod lvm2 mdadm mount nbd-client nbd-server procps psmisc
	python3-minimal sg3-utils strace thin-provisioning-tools udev
	util-linux xfsprogs xxd
)

# In the initramfs: what it takes to reach the root.
BOOT_MODULES=(virtio_pci virtio_blk squashfs overlay)

# squash SOURCE... TARGET is quick to make, and quick to read when emulated
squash()
{
	mksquashfs "$@" -comp zstd -Xcompression-level 3 -noappend \
		-no-progress -quiet >&2
}

# make_root TMP
make_root()
{
	say "making the guest's root file system (a minute or two)"
	(
		set -o pipefail
		IFS=,
		debootstrap_suite bookworm - --variant=essential \
			--include="${GUEST_PACKAGES[*]}" |
			squash - "$1" -tar 2> >(sed '/^Empty tar/d' >&2)
	)
}

make_busybox()
{
	say "fetching busybox for the initramfs"
	update_suite bookworm
	# Not installed: that would replace the machine's own busybox.
	unpack_packages bookworm "$1.d" busybox-static
	mv "$1.d/bin/busybox" "$1"
	rm -r "$1.d"
}

# make_modules TMP KERNEL-DIR: a layer to lie over the root
make_modules()
{
	local dir=$1.d release

	say "packing the modules of $2"
	release=$(kernel_release "$2")
	mkdir -p "$dir/usr/lib/modules"
	cp -r "$2/lib/modules/$release" "$dir/usr/lib/modules/"
	rm -f "$dir/usr/lib/modules/$release/"{build,source}
	squash "$dir" "$1"
	rm -r "$dir"
}

# boot_modules KERNEL-DIR: files to insert, in that order
boot_modules()
{
	local m release

	is_uml "$1" && return
	release=$(kernel_release "$1")
	for m in "${BOOT_MODULES[@]}"; do
		modprobe -d "$1" -S "$release" --show-depends "$m" || exit
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

# make_initramfs TMP KERNEL-DIR
make_initramfs()
{
	local dir=$1.d module modules

	modules=$(boot_modules "$2")
	mkdir -p "$dir"/{bin,dev,mnt,modules,proc,sys}
	cp "$QUORUM_CACHE/busybox" "$dir/bin/busybox"
	install -m 755 "$VM_DIR/guest/initramfs" "$dir/init"
	install -m 755 "$VM_DIR/guest/init" "$dir/guest-init"
	for module in $modules; do
		cp "$module" "$dir/modules/"
		echo "${module##*/}" >>"$dir/modules/order"
	done
	# Not compressed: it is small, and the guest is slower than the disk.
	(cd "$dir" && find . -print0 | cpio --quiet -0 -o -H newc -R 0:0) >"$1"
	rm -r "$dir"
}

# boot_dir KERNEL-DIR: what is made from a kernel, for the guest
boot_dir()
{
	echo "$QUORUM_CACHE/boot/${1##*/}-$(key "$1")"
}

# need_guest KERNEL-DIR: have all that the guest boots from
need_guest()
{
	local boot modules_key init_key

	need_packages cpio kmod mmdebstrap squashfs-tools
	boot=$(boot_dir "$1")
	modules_key=$(key "$(cd "$1/lib/modules" &&
		find . -type f -printf '%P %s %T@\n' | sort)")
	init_key=$(key "${BOOT_MODULES[@]}" \
		"$(sha256sum "$VM_DIR"/guest/*)" "$modules_key")
	cached "$QUORUM_CACHE/root.squashfs" \
		"$(key bookworm "${GUEST_PACKAGES[@]}")" make_root
	cached "$QUORUM_CACHE/busybox" bookworm make_busybox
	cached "$boot/modules.squashfs" "$modules_key" make_modules "$1"
	cached "$boot/initramfs" "$init_key" make_initramfs "$1"
}
