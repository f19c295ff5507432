# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034,SC2054 # run has them; commas are of words
#
# A kernel that is a program (User Mode Linux, tests/uml). Nothing is emulated,
# so a boot takes seconds; one test has a compiler run.

BOOT_SECONDS=900
ROOT_DEVICE=/dev/ubda
MACHINE_PACKAGES=()

# add_kernel: as a package of a kernel and one of its headers would. DKMS calls
# no name of an architecture, so make has to know it.
add_kernel()
{
	local kernel=$QUORUM_CACHE/kernels/uml-boot release headers

	release=$(kernel_release "$kernel")
	headers=$root/usr/src/linux-headers-$release
	cp -r "$kernel/lib/modules/$release" "$root/lib/modules/"
	cp -r "$kernel/build" "$headers"
	sed -i '1i override ARCH := um' "$headers/Makefile"
	ln -sfn "/usr/src/linux-headers-$release" \
		"$root/lib/modules/$release/build"
	cp "$kernel/linux" "$root/boot/vmlinuz-$release"
	cp "$kernel/config" "$root/boot/config-$release"
	cp "$kernel/System.map" "$root/boot/System.map-$release"
	in_root update-initramfs -c -k "$release"
}

# take_kernel DIR: out of $root. The headers of Debian's own have served to see
# that the module is built for it, and go: the disk is copied several times.
take_kernel()
{
	local stock=("$root"/lib/modules/*-amd64)

	zcat "$root"/boot/initrd.img-*-quorum-* >"$1/initrd"
	in_root dkms remove dm-quorum/"$(<"$TOP_DIR/VERSION")" \
		-k "${stock[0]##*/}"
	rm -rf "${stock[@]}" "$root"/usr/src/linux-headers-*{-amd64,-common}
}

# plug LEG: a disk that comes late
plug()
{
	local n=$((${#legs[@]} + 2))

	tell_uml "$work/uml/mconsole" \
		"config ubd$n=legs/${1##*/},,${1##*/}"
}

boot_uml()
{
	local uml_args memory=1024 cpus=2 n=2 leg drains=()
	local seconds=$BOOT_SECONDS

	rm -f "$work/nothing"
	uml_machine "$work" "$system/initrd"
	[[ ! $disk ]] || uml_args+=("ubd0=${disk##*/},,root")
	uml_args+=(
		ubd1r=inputs.tar,,inputs
		systemd.default_timeout_start_sec=300
	)
	for leg in "${legs[@]}"; do
		uml_args+=("ubd$((n++))=legs/${leg##*/},,${leg##*/}")
	done
	start_uml "$QUORUM_CACHE/kernels/uml-boot" "$work" "$console"
	wait "$machine_pid" || machine_status=$?
	wait "${drains[@]}" || true
}
