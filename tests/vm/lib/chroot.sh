# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Compilers. A kernel wants its modules built by the compiler it was built by.
# For bookworm's that is the machine's own; for a later suite it lives, with
# the libraries the kernel's build scripts are linked to, in a small chroot.

# kernel_suite DIR: the suite whose compiler that kernel wants
kernel_suite()
{
	if [[ -e $1/suite ]]; then
		cat "$1/suite"
	else
		echo bookworm
	fi
}

# kernel_compiler DIR: as its headers name it, such as gcc-12
kernel_compiler()
{
	local name

	name=$(grep -ohE 'gcc-[0-9]+' "$1/build/.kernelvariables" 2>/dev/null |
		tail -n 1)
	echo "${name:-gcc}"
}

make_chroot()
{
	say "making a chroot with the compiler of $2 (a minute or two)"
	debootstrap_suite "$2" "$1" --variant=apt --include="$3"
	rm -rf "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/*
}

# need_compiler DIR: have what building for the kernel in DIR takes
need_compiler()
{
	local suite gcc packages

	suite=$(kernel_suite "$1")
	gcc=$(kernel_compiler "$1")
	if [[ $suite == bookworm* ]]; then
		need_packages "$gcc" make libelf1
		return
	fi
	need_packages mmdebstrap
	packages=$gcc,make,libelf-dev,pahole,sparse
	cached "$QUORUM_CACHE/chroot/$suite" "$(key "$packages")" \
		make_chroot "$suite" "$packages"
}

# with_compiler DIR COMMAND...: run it where the compiler for the kernel in
# DIR is; the cache is seen at the same place from there
with_compiler()
{
	local suite root

	suite=$(kernel_suite "$1")
	root=$QUORUM_CACHE/chroot/$suite
	shift
	if [[ $suite == bookworm* ]]; then
		"$@"
		return
	fi
	mkdir -p "$root$QUORUM_CACHE"
	# The mounts are private and end with the command.
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare --mount --propagation private sh -ec '
		root=$1 cache=$2
		shift 2
		mount -t proc proc "$root/proc"
		mount --bind /dev "$root/dev"
		mount --bind "$cache" "$root$cache"
		exec chroot "$root" "$@"' sh "$root" "$QUORUM_CACHE" "$@"
}
