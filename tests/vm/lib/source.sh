# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154,SC2164 # variables of callers; they have set -e
#
# Kernels built here, from what a Debian package of sources holds. What to set
# on top of allnoconfig is in files whose paths are in $configs.

SOURCE_PACKAGES=(
	bc bison cpio flex gcc kmod libc6-dev libelf-dev libssl-dev lz4 make
	xz-utils
)

# Kconfig wants all of its own files; of the code, most is of no use here.
UNWANTED_SOURCE=(
	'*/Documentation/*/*' '*/tools/'{perf,testing} '*/sound/*.c'
	'*/drivers/'{gpu,infiniband,media,net,staging}'/*/*.c'
	'*/drivers/gpu/*.h'
)

progress()
{
	say "$(printf '%4d s: %s' "$SECONDS" "$*")"
}

# wanted CONFIG...: all as one; the last line about a symbol is what counts
wanted()
{
	awk '
		/^CONFIG_[A-Za-z0-9_]+=/ {
			symbol = substr($0, 1, index($0, "=") - 1)
		}
		/^# CONFIG_[A-Za-z0-9_]+ is not set$/ {
			symbol = $2
		}
		symbol != "" {
			if (!(symbol in line))
				order[++n] = symbol
			line[symbol] = $0
			symbol = ""
		}
		END {
			for (i = 1; i <= n; i++)
				print line[order[i]]
		}' "$@"
}

# source_key RECIPE VERSION: for a kernel made of these, and of $configs
source_key()
{
	key "$1" "$(wanted "${configs[@]}")" "$2" \
		"$(gcc --version 2>/dev/null | head -n 1)"
}

# unpack_tar TAR DIR: the sources that are of use, right in there
unpack_tar()
{
	rm -rf --one-file-system "$2"
	mkdir -p "$2"
	tar -xf "$1" -C "$2" --strip-components=1 \
		"${UNWANTED_SOURCE[@]/#/--exclude=}"
}

# check_config CONFIG: Kconfig drops in silence what it cannot set
check_config()
{
	local line symbol have bad=0

	while read -r line; do
		symbol=${line#\# }
		symbol=${symbol%%[= ]*}
		have=$(grep -E "^(# )?${symbol}[= ]" "$1" || true)
		[[ $have == "$line" ]] && continue
		[[ $line == '#'* && ! $have ]] && continue
		printf 'wanted: %s, got: %s\n' "$line" "${have:-nothing}" >&2
		bad=1
	done < <(wanted "${configs[@]}")
	((!bad)) || die "Kconfig did not take all of the configuration"
}

# configure SOURCE OBJECTS MAKE-ARGUMENT...: sets $make, for all else
configure()
{
	mkdir -p "$2"
	# What is not set, allnoconfig does not set.
	wanted "${configs[@]}" | grep -v "^#" >"$2/wanted"
	# Nothing of this machine goes into the image.
	make=(
		make -C "$1" O="$2" "${@:3}"
		KBUILD_BUILD_USER=quorum KBUILD_BUILD_HOST=debug
		KBUILD_BUILD_TIMESTAMP=1970-01-01
	)
	"${make[@]}" -s KCONFIG_ALLCONFIG="$2/wanted" allnoconfig >&2
	check_config "$2/.config"
}

# compile LOG MAKE...: with a sign of life
compile()
{
	local log=$1 next

	"${@:2}" -j"$(nproc)" >"$log" 2>&1 &
	make_pid=$!
	# An interrupt does not reach what runs in the background.
	trap 'kill "$make_pid" 2>/dev/null' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	next=$((SECONDS + 30))
	while kill -0 "$make_pid" 2>/dev/null; do
		sleep 1
		((SECONDS >= next)) || continue
		next=$((SECONDS + 30))
		progress "$(grep -c '^  CC' "$log") files compiled"
	done
	trap - EXIT INT TERM HUP
	if ! wait "$make_pid"; then
		grep -E -A 10 'error:|\*\*\*' "$log" | head -n 60 >&2
		die "the kernel did not compile, see $log"
	fi
	progress "compiled $(grep -c '^  CC' "$log") files"
}

# link_build MODULES: what they were built from is in "build", beside "lib"
link_build()
{
	rm -f "$1"/{build,source}
	ln -s ../../../build "$1/build"
}

# install_build SOURCE OBJECTS TARGET ARCH...: what compiling a module against
# the kernel takes; the lists are those of the kernel's scripts/package/builddeb
install_build()
{
	local arch=("${@:4}")

	mkdir -p "$3"
	(
		cd "$1"
		arch=("${arch[@]/#/arch/}")
		find . "${arch[@]}" -maxdepth 1 -name 'Makefile*'
		find include scripts -type f -o -type l
		find "${arch[@]}" -name Kbuild.platforms -o -name Platform
		find "${arch[@]}" \
			\( -path '*/include/*' -o -path '*/scripts/*' \
			   -o -name '*.h' \) -type f
	) | tar -C "$1" -T - -c | tar -C "$3" -x
	(
		cd "$2"
		echo .config
		[[ ! -e tools/objtool/objtool ]] || echo tools/objtool/objtool
		for arch in "${arch[@]}"; do
			[[ ! -e arch/$arch/include ]] ||
				find "arch/$arch/include" -type f
		done
		find Module.symvers include scripts -type f
	) | tar -C "$2" -T - -c | tar -C "$3" -x
}
