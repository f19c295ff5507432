# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Checks of the C code.

# Where checkpatch, kernel-doc and the semantic patches are taken from.
SOURCE=linux-source-6.1

# What is right in the kernel but not in programs: its names for types and
# attributes, its ARRAY_SIZE and its view of volatile are not there; cmocka and
# C11 have capitals in names; "usage" may be both a function and a word.
NOT_IN_PROGRAMS=PREFER_KERNEL_TYPES,PREFER_DEFINED_ATTRIBUTE_MACRO,ARRAY_SIZE
NOT_IN_PROGRAMS+=,VOLATILE,CAMELCASE,EMBEDDED_FUNCTION_NAME

# What the tool says is found by searching for it; errnos of the system's are
# positive.
NOT_IN_TOOLS=LONG_LINE_STRING,USE_NEGATIVE_ERRNO

# sparse objects to arrays of what holds a struct bio, for that ends in a
# flexible array (bi_inline_vecs) on older kernels. Nobody uses it in a bio
# that was initialised in place.
SPARSE_FLAGS='-D__CHECK_ENDIAN__ -Wno-flexible-array-array'

# gcc 16 takes the head of a list on the stack, as list_for_each_entry() looks
# at it, for one of the entries.
GCC_FLAGS='-fanalyzer -Wno-analyzer-out-of-bounds'

# The one left out wants memcpy_s() instead of memcpy().
CLANG_CHECKS='-*,clang-analyzer-*'
CLANG_CHECKS+=,-clang-analyzer-security.insecureAPI
CLANG_CHECKS+=.DeprecatedOrUnsafeBufferHandling

make_scripts()
{
	need_packages "$SOURCE" xz-utils
	say "unpacking the scripts of $SOURCE"
	# checkpatch looks in include for names with capitals.
	mkdir -p "$1/include"
	tar -xf "/usr/src/$SOURCE.tar.xz" -C "$1" --strip-components=1 \
		"$SOURCE/scripts"
}

need_scripts()
{
	SCRIPTS=$LINT_OUT/source/scripts
	cached "$LINT_OUT/source" "$(key "$SOURCE")" make_scripts
}

module_sources()
{
	list_files ':(glob)*.c' ':(glob)*.h'
}

# But for headers that pose as the kernel's own, which would fail too.
test_sources()
{
	list_files 'tests/*.c' 'tests/*.h' |
		grep -v -e '/shim/' -e '/sim/kernel/'
}

tool_sources()
{
	list_files 'tools/*.c' 'tools/*.h' | grep -v '/include/'
}

# 80 columns, as of old; texts for the user may be longer. Nothing is ignored in
# the module.
check_checkpatch()
{
	local files ignore=()

	if [[ $1 == module ]]; then
		mapfile -t files < <(module_sources)
	elif [[ $1 == tools ]]; then
		mapfile -t files < <(tool_sources)
		ignore=(--ignore "$NOT_IN_PROGRAMS,$NOT_IN_TOOLS")
	else
		mapfile -t files < <(test_sources)
		ignore=(--ignore "$NOT_IN_PROGRAMS")
	fi
	((${#files[@]})) || return "$SKIP"
	# It drops files where it runs.
	cd "$LINT_OUT/source" || return
	"$SCRIPTS/checkpatch.pl" --strict --no-tree --root=. --terse \
		--show-types --no-summary --max-line-length=80 "${ignore[@]}" \
		-f "${files[@]/#/$TOP_DIR/}" || true
}

check_kerneldoc()
{
	local files

	mapfile -t files < <(module_sources)
	"$SCRIPTS/kernel-doc" -none "${files[@]}"
}

# need_headers KERNEL: have what build_module takes. A second name for the
# kernel, for a folder of its own to build in: with other flags.
need_headers()
{
	local dir

	need_kernel "$1"
	dir=$(kernel_dir "$1")
	need_compiler "$dir"
	ln -sfn "$dir" "$LINT_OUT/lint-$1"
}

# build_module KERNEL [MAKE-ARGUMENT]...
build_module()
{
	"$VM_DIR/build" "$LINT_OUT/lint-$1" W=1 KCFLAGS="$GCC_FLAGS" "${@:2}"
}

# complaints LOG: what compilers, sparse and modpost say, without the rest
complaints()
{
	grep -E '(warning|error|ERROR|modpost):|\*\*\*' "$1" || true
}

check_build()
{
	local log=$LINT_OUT/build-$1.make status=0

	# What compiled with a warning is not compiled again.
	rm -rf "$QUORUM_CACHE/build/lint-$1"
	build_module "$1" >"$log" 2>&1 || status=$?
	complaints "$log"
	return "$status"
}

# KBUILD_CHECKSRC, because the headers of 7.2 come without the script that
# tests whether sparse is there.
check_sparse()
{
	local log=$LINT_OUT/sparse-$1.make status=0 checked

	build_module "$1" C=2 KBUILD_CHECKSRC=2 CF="$SPARSE_FLAGS" \
		>"$log" 2>&1 || status=$?
	complaints "$log"
	checked=$(grep -c '^  CHECK ' "$log" || true)
	((checked == $(list_files ':(glob)*.c' | wc -l))) ||
		echo "sparse looked at $checked files, see $log"
	return "$status"
}

# clang_flags CMD-FILE: of what kbuild noted there, the part that makes sense
# to another compiler; sets $flags
clang_flags()
{
	local word

	flags=()
	while read -r word; do
		case $word in
		-include)
			read -r word
			flags+=(-include "$word") ;;
		-I* | -D* | -U* | -std=* | -nostdinc)
			flags+=("$word") ;;
		esac
	done < <(sed -n '1s/^[^=]*:= *//p' "$1" | xargs -n 1 printf '%s\n')
}

# ours: of what clang-tidy reports, that which is not of the kernel's headers: in
# paravirt.h, for one, variables are initialised with themselves
ours()
{
	awk '
		/^\/.*: (warning|error): / { shown = $0 ~ /^[^:]*\/dm-quorum[^\/]*:/ }
		/^[0-9]+ warnings? generated\.$/ { next }
		shown || /^Error /'
}

# clang_tidy KERNEL CMD-FILE
clang_tidy()
{
	local file=${2##*/.} output flags

	clang_flags "$2"
	cd "$LINT_OUT/lint-$1/build" || return
	output=$(clang-tidy-14 --quiet --checks="$CLANG_CHECKS" \
		--header-filter='/dm-quorum[^/]*\.h$' \
		"${2%/*}/${file%.o.cmd}.c" -- "${flags[@]}" -w 2>&1 | ours)
	[[ ! $output ]] || printf '%s\n' "$output"
}

# For one kernel only: clang 14 cannot parse the headers of 7.2, and with those
# of 6.1 hardly a line differs. scan-build would run the same analyzer.
check_clang()
{
	local log=$LINT_OUT/clang-$1.make

	if ! build_module "$1" >"$log" 2>&1; then
		complaints "$log"
		return 1
	fi
	each clang_tidy "$1" < <(
		printf '%s\n' "$QUORUM_CACHE/build/lint-$1"/.dm-quorum*.o.cmd)
}

# each FUNCTION [ARG...]: call it for each line of the input, on all processors
each()
{
	export LINT_OUT SCRIPTS CLANG_CHECKS
	# shellcheck disable=SC2163 # its name is what it holds
	export -f "$1" clang_flags ours
	xargs -d '\n' -P "$(nproc)" -I '{}' bash -c '"$@"' each "$@" '{}'
}

# semantic_patches: those that report, less some that take an OCaml compiler
semantic_patches()
{
	grep -rlE --include='*.cocci' '^virtual.*report' "$SCRIPTS/coccinelle" |
		xargs -d '\n' grep -L '^@.*script:ocaml' | sort
}

# coccinelle FILES SEMANTIC-PATCH
coccinelle()
{
	local files options output log=$LINT_OUT/${2##*/}.log status=0

	mapfile -t files <<<"$1"
	read -ra options < <(sed -n 's,^// Options: ,,p' "$2")
	output=$(spatch -D report --very-quiet --no-show-diff --cocci-file "$2" \
		"${options[@]}" -I . "${files[@]}" 2>"$log") || status=$?
	[[ ! $output ]] || printf '%s\n' "$output"
	((!status)) || cat "$log"
	rm "$log"
	return "$status"
}

check_coccicheck()
{
	semantic_patches | each coccinelle "$(module_sources)"
}

# own_headers FILE: those of the module that it includes, also through others. One
# for programs is elsewhere.
own_headers()
{
	local header

	while read -r header; do
		[[ -e $header ]] || continue
		echo "$header"
		own_headers "$header"
	done < <(sed -n 's/^#include "\(dm-quorum.*\)"$/\1/p' "$1")
}

# No room includes what is above it: a ground room nothing of the target.
check_layers()
{
	local -A rank=()
	local file room header above
	local nr=0

	# dm-quorum is the target, dm-quorum.h the border to the ground rooms.
	while read -r file; do
		rank[$file]=$((nr += 1))
	done < <(sed -n 's/^ \*\t\(dm-quorum[a-z-]*\.[ch]\)\t.*/\1/p' dm-quorum.h)
	while read -r file; do
		room=${file%.h}
		room=${room%.c}
		above=${rank[$file]-${rank[$room.c]-}}
		if [[ -z $above ]]; then
			echo "$file:1: not in the picture in dm-quorum.h"
			continue
		fi
		while read -r header; do
			room=${rank[$header]-${rank[${header%.h}.c]-0}}
			((room >= above)) ||
				echo "$file:1: includes $header, which is above it"
		done < <(own_headers "$file" | sort -u)
	done < <(list_files 'dm-quorum*.[ch]')
	for file in "${!rank[@]}"; do
		[[ -f $file ]] || echo "dm-quorum.h:1: there is no $file"
		grep -q "^| \`$file\`" README.md ||
			echo "README.md:1: no $file in the table of sources"
	done
}
