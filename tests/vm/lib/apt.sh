# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Debian packages: those of this machine, and those of other suites, which are
# only downloaded. No mirror is named here; it is the one the machine uses.

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

is_installed()
{
	local status

	status=$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) &&
		[[ $status == installed ]]
}

# Another program may be installing something: wait for it.
apt_install()
{
	DEBIAN_FRONTEND=noninteractive \
		apt-get -qq install -y --no-install-recommends \
		-o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 "$@" \
		</dev/null >/dev/null
}

# which_missing PACKAGE...: sets $missing
which_missing()
{
	local p

	missing=()
	for p; do
		is_installed "$p" || missing+=("$p")
	done
	((${#missing[@]}))
}

# install_missing PACKAGE...
install_missing()
{
	which_missing "$@" || return 0
	say "installing packages: ${missing[*]}"
	# Fails with lists that are absent or old: fetch them, then try again.
	apt_install "${missing[@]}" 2>/dev/null && return
	say "updating the package lists"
	apt-get -qq -o Acquire::Retries=3 update >&2
	apt_install "${missing[@]}" >&2
}

# need_packages PACKAGE...: install those that are missing on this machine, one
# process at a time: apt does not wait for the lock on its lists
need_packages()
{
	local missing lock

	which_missing "$@" || return 0
	((EUID == 0)) || die "run as root, or install: ${missing[*]}"
	mkdir -p "$QUORUM_CACHE"
	exec {lock}>"$QUORUM_CACHE/packages.lock"
	flock "$lock"
	install_missing "$@"
	exec {lock}>&-
}

__mirror()
{
	# shellcheck disable=SC2016 # for apt to expand
	apt-get indextargets --format '$(REPO_URI)' \
		'Created-By: Packages' 'Component: main' "$@" 2>/dev/null |
		awk '/^http/ && !n++'
}

# mirror: where this machine gets Debian's main archive from
mirror()
{
	local uri=${QUORUM_MIRROR:-}

	[[ $uri ]] || uri=$(__mirror 'Codename: bookworm')
	[[ $uri ]] || uri=$(__mirror --no-release-info)
	[[ $uri ]] || die "no Debian mirror in apt's sources; set QUORUM_MIRROR"
	echo "$uri"
}

# apt_source SUITE: a line for a sources.list
apt_source()
{
	local uri

	uri=$(mirror) || exit
	echo "deb [signed-by=$KEYRING] $uri $1 main"
}

# in_suite SUITE APT-TOOL [ARG...]: run an apt tool that sees only that suite,
# and an empty machine. A clock that is behind must not make it fail.
in_suite()
{
	local suite=$1 dir=$QUORUM_CACHE/apt/$1

	shift
	"$1" -o Dir::Etc::SourceList="$dir/sources.list" \
		-o Dir::Etc::SourceParts=/nonexistent \
		-o Dir::State="$dir" \
		-o Dir::State::Lists="$dir/lists" \
		-o Dir::State::status=/dev/null \
		-o Dir::Cache="$dir/cache" \
		-o APT::Architecture=amd64 \
		-o APT::Sandbox::User=root \
		-o Acquire::Languages=none \
		-o Acquire::Check-Valid-Until=false \
		"${@:2}"
}

# update_suite SUITE: fetch the package list of a suite
update_suite()
{
	local dir=$QUORUM_CACHE/apt/$1

	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	apt_source "$1" >"$dir/sources.list"
	say "fetching the package list of $1"
	in_suite "$1" apt-get -qq -o Acquire::Retries=3 update >&2
}

# suite_version SUITE PACKAGE: its version in that suite, or nothing
suite_version()
{
	in_suite "$1" apt-cache -q=2 show "$2" 2>/dev/null |
		awk '/^Version:/ && !n++ { print $2 }'
}

# suite_megabytes SUITE PACKAGE...: how much there is to download
suite_megabytes()
{
	in_suite "$1" apt-cache show --no-all-versions "${@:2}" |
		awk '/^Size:/ { n += $2 } END { printf "%d\n", n / 1e6 + 1 }'
}

# unpack_packages SUITE DIR PACKAGE...: download and unpack, not install
unpack_packages()
{
	local suite=$1 dir=$2 deb

	shift 2
	mkdir -p "$dir/debs"
	(cd "$dir/debs" && in_suite "$suite" apt-get -qq \
		-o Acquire::Retries=3 download "$@" >&2)
	for deb in "$dir"/debs/*.deb; do
		dpkg-deb --extract "$deb" "$dir"
	done
	rm -r "$dir/debs"
}

# debootstrap_suite SUITE TARGET [OPTION...]: make a root file system; TARGET
# is a folder, or a tar archive if its name ends so, or - for a tar on stdout
debootstrap_suite()
{
	local suite=$1 target=$2 source proxy opt=()

	shift 2
	source=$(apt_source "$suite") || exit
	proxy=$(apt-config dump --format '%v' Acquire::http::Proxy)
	[[ $proxy ]] && opt+=(--aptopt="Acquire::http::Proxy \"$proxy\"")
	mmdebstrap --quiet --architectures=amd64 \
		--aptopt='Acquire::Check-Valid-Until "false"' \
		--aptopt='Acquire::Languages "none"' \
		--aptopt='APT::Install-Recommends "false"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/info/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		"${opt[@]}" "$@" "$suite" "$target" "$source"
}
