# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Kernels to boot and to build for. A kernel is a folder with
#
#	bzImage
#	vmlinux			optional: the same, uncompressed; needs CONFIG_PVH
#	linux			instead of both: a program (User Mode Linux)
#	lib/modules/RELEASE/	its modules, uncompressed, depmod has run; what
#				the guest needs may as well be built in
#	build			(link to) the tree to build modules against
#	suite			optional: the Debian suite whose compiler it
#				wants; bookworm if absent
#
# It needs, beside what udev does: BLK_DEV_INITRD, DEVTMPFS, TMPFS_XATTR,
# SERIAL_8250_CONSOLE, DEBUG_FS, CGROUPS, SQUASHFS_ZSTD, OVERLAY_FS, VIRTIO_PCI,
# VIRTIO_BLK and VIRTIO_CONSOLE; or BLK_DEV_UBD and SSL if it is a program.
#
# Debian's own are fetched here; any other folder of that shape can be put
# at $QUORUM_CACHE/kernels/NAME or be named by its path.

STOCK_KERNELS=(6.1 6.12 7.2)

# To be raised when make_kernel starts to make something else.
KERNEL_LAYOUT=2

# kernel_suites KERNEL: where to look for it, in this order
kernel_suites()
{
	case $1 in
	6.1)	echo bookworm ;;
	6.12)	echo bookworm-backports trixie ;;
	7.2)	echo sid ;;
	esac
}

is_stock()
{
	[[ $(kernel_suites "$1") ]]
}

# What tests of a block device may want. The rest (graphics, sound, network
# cards, host adapters) is nine tenths of a kernel package.
KEEP_MODULES='^kernel/(
	(block|crypto|lib|mm|arch/x86/crypto)/.*|
	drivers/(dax|md|nvdimm|virtio)/.*|
	drivers/block/((brd|loop|nbd|ublk_drv|virtio_blk)\.|(null_blk|zram)/).*|
	drivers/char/(virtio_console|hw_random/virtio-rng)\..*|
	drivers/nvme/(common/.*|host/nvme(-core|-tcp)?\..*|target/nvmet-tcp\..*)|
	drivers/scsi/(scsi_|sd_mod|sg|ses|virtio_scsi|device_handler/).*|
	fs/(btrfs|configfs|ext4|f2fs|fat|fuse|overlayfs|squashfs|xfs)/.*
)$'
KEEP_MODULES=${KEEP_MODULES//[[:space:]]/}

# kernel_packages SUITE: image, modules, headers and build scripts of the
# current kernel, whatever its version is and however it is cut into packages
kernel_packages()
{
	in_suite "$1" apt-cache depends --recurse --no-recommends \
		--no-suggests --no-conflicts --no-breaks --no-replaces \
		--no-enhances linux-image-amd64 linux-headers-amd64 |
		grep -E '^linux-(image|binary|modules|base|headers|kbuild)-[0-9]' |
		grep -v -e '-unsigned$'
}

# choose_suite KERNEL: the first of its suites that has that version; the
# last one is taken whatever it has. Sets $chosen_suite.
choose_suite()
{
	local version

	# shellcheck disable=SC2046 # a list of words
	set -- "$1" $(kernel_suites "$1")
	for chosen_suite in "${@:2}"; do
		update_suite "$chosen_suite"
		version=$(suite_version "$chosen_suite" linux-image-amd64)
		[[ $version == "$1".* ]] && return
	done
	[[ $version ]] || die "no kernel in $chosen_suite"
	say "$chosen_suite has moved on to kernel $version: taking that as $1"
}

# modules_closure DEP-FILE: the wanted modules and all that they depend on
modules_closure()
{
	awk -v keep="$KEEP_MODULES" '
		function want(m,	d, i, n) {
			if (m in wanted)
				return
			wanted[m]
			n = split(deps[m], d, " ")
			for (i = 1; i <= n; i++)
				want(d[i])
		}
		{
			sub(":", "", $1)
			m = $1
			$1 = ""
			deps[m] = $0
		}
		END {
			for (m in deps)
				if (m ~ keep)
					want(m)
			for (m in wanted)
				print m
		}' "$1" | sort
}

# trim_modules DIR RELEASE: keep the wanted ones, uncompressed: the guest's
# initramfs cannot unpack them, and under emulation it would be slow
trim_modules()
{
	local dir=$1/lib/modules/$2

	depmod -b "$1" "$2"
	(
		cd "$dir" || exit
		modules_closure modules.dep >keep
		find kernel -name '*.ko*' | sort | comm -23 - keep |
			xargs -d '\n' -r rm
		rm keep
		find kernel -name '*.ko.xz' -print0 | xargs -0 -r xz -d
		find kernel -name '*.ko.zst' -print0 |
			xargs -0 -r zstd -q -d --rm
		find kernel -type d -empty -delete
	)
	depmod -b "$1" "$2"
}

# fix_sparse SCRIPTS: the packages leave out a script without which C=1 of
# later kernels does nothing. It tells whether the checker is good enough; that
# of the same suite is.
fix_sparse()
{
	local script=$1/checker-valid.sh

	[[ -e $script ]] && return
	# shellcheck disable=SC2016 # for the script to expand
	printf '#!/bin/sh\ncommand -v "$1" >/dev/null && echo 1\n' >"$script"
	chmod 755 "$script"
}

# arrange_kernel DIR RELEASE TARGET: bring what the packages hold into the
# shape told above; header packages refer to each other by absolute path
arrange_kernel()
{
	local dir=$1 release=$2 target=$3
	local build=usr/src/linux-headers-$release

	if [[ -d $dir/usr/lib/modules ]]; then
		mkdir -p "$dir/lib"
		mv "$dir/usr/lib/modules" "$dir/lib/modules"
	fi
	if [[ -e $dir/boot/vmlinuz-$release ]]; then
		mv "$dir/boot/vmlinuz-$release" "$dir/bzImage"
	else
		mv "$dir/lib/modules/$release/vmlinuz" "$dir/bzImage"
	fi
	rm -rf "${dir:?}/boot" "${dir:?}/usr/share"
	rm -f "$dir/lib/modules/$release/"{build,source}
	sed -i "s,/usr/src/,$target/usr/src/,g" "$dir/$build/Makefile"
	ln -s "$build" "$dir/build"
	fix_sparse "$dir"/usr/lib/linux-kbuild-*/scripts
}

# number FILE OFFSET BYTES: a little-endian integer in it
number()
{
	od -An -v -j "$2" -N "$3" -t "u$3" "$1" | tr -d ' '
}

# unpack_image BZIMAGE VMLINUX: under emulation a kernel takes 1 to 3 seconds
# to unpack itself. Offsets are those of the x86 boot protocol; the packed
# kernel is followed by 4 bytes that are not part of it.
unpack_image()
{
	local start length unpack

	start=$(((1 + $(number "$1" $((0x1f1)) 1)) * 512))
	start=$((start + $(number "$1" $((0x248)) 4)))
	length=$(($(number "$1" $((0x24c)) 4) - 4))
	for unpack in xz zstd; do
		if dd if="$1" bs=1M iflag=skip_bytes,count_bytes \
			skip="$start" count="$length" status=none |
			"$unpack" -q -d -c >"$2" 2>/dev/null; then
			return
		fi
	done
	rm "$2"
}

# make_kernel TMP KERNEL TARGET
make_kernel()
{
	local tmp=$1 kernel=$2 target=$3 packages release size

	choose_suite "$kernel"
	mapfile -t packages < <(kernel_packages "$chosen_suite")
	size=$(suite_megabytes "$chosen_suite" "${packages[@]}")
	say "fetching kernel $kernel from $chosen_suite ($size MB)"
	unpack_packages "$chosen_suite" "$tmp" "${packages[@]}"
	echo "$chosen_suite" >"$tmp/suite"
	release=$(sed -n 's/^override KERNELRELEASE = //p' \
		"$tmp"/usr/src/linux-headers-*-amd64/.kernelvariables)
	say "unpacking kernel $release"
	arrange_kernel "$tmp" "$release" "$target"
	unpack_image "$tmp/bzImage" "$tmp/vmlinux"
	trim_modules "$tmp" "$release"
}

# kernel_dir KERNEL: the folder of a kernel given by name or path
kernel_dir()
{
	if [[ $1 == */* ]]; then
		realpath "$1"
	else
		echo "$QUORUM_CACHE/kernels/$1"
	fi
}

kernel_release()
{
	local dir=("$1"/lib/modules/*)

	echo "${dir[0]##*/}"
}

# is_uml DIR: whether that kernel is a program
is_uml()
{
	[[ -e $1/linux ]]
}

# need_kernel KERNEL: have it, or say why not
need_kernel()
{
	local dir

	dir=$(kernel_dir "$1")
	if is_stock "$1"; then
		need_packages kmod xz-utils zstd
		cached "$dir" "$(key "$KERNEL_LAYOUT" "$KEEP_MODULES" "$dir")" \
			make_kernel "$1" "$dir"
	fi
	[[ (-e $dir/bzImage || -e $dir/linux) && -d $dir/lib/modules ]] ||
		die "no kernel in $dir (known: ${STOCK_KERNELS[*]})"
}
