# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What every script here needs: where things are, how progress is told, and a
# cache whose entries are either complete or not there.

VM_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
TOP_DIR=$(cd "$VM_DIR/../.." && pwd)
QUORUM_CACHE=$(realpath -m "${QUORUM_CACHE:-$TOP_DIR/.cache}")

# Tools in sbin are wanted, and messages are parsed.
export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C

say()
{
	printf '==> %s\n' "$*" >&2
}

die()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# key WORD...: a short name for a list of words, to notice that it changed
key()
{
	printf '%s\n' "$@" | sha256sum | cut -c1-16
}

# is_cached TARGET KEY
is_cached()
{
	[[ -e $1 && -e $1.key && $(<"$1.key") == "$2" ]]
}

# publish TMP TARGET KEY: at no moment does a key stand beside something partial
publish()
{
	rm -f "$2.key"
	rm -rf --one-file-system "$2"
	mv "$1" "$2"
	echo "$3" >"$2.key"
}

# cached TARGET KEY MAKER [ARG...]
# Unless TARGET is there and was made for KEY, run MAKER TMP ARG..., which
# must leave the new content in TMP. One maker runs at a time; a second
# process waits and takes what the first one made.
cached()
{
	local target=$1 key=$2 tmp=$1.tmp lock

	shift 2
	is_cached "$target" "$key" && return
	mkdir -p "${target%/*}"
	exec {lock}>"$target.lock"
	if ! flock --nonblock "$lock"; then
		say "waiting for another process to make ${target##*/}"
		flock "$lock"
	fi
	if ! is_cached "$target" "$key"; then
		rm -rf --one-file-system "$tmp"
		"$1" "$tmp" "${@:2}"
		publish "$tmp" "$target" "$key"
	fi
	exec {lock}>&-
}
