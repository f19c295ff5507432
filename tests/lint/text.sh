# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Checks of scripts and prose.

# Not for us to edit, or data.
LICENCE_TEXT=':(exclude)LICENSE'
EXPECTED_OUTPUT=':(exclude)*.out'
# Those who read these take no comments.
NO_COMMENTS=(
	':(exclude)VERSION' ':(exclude)debian/changelog'
	':(exclude)debian/copyright' ':(exclude)debian/source/format'
	':(exclude)debian/*.dkms' ':(exclude)debian/*.docs' ':(exclude)*.patch'
)

check_spdx()
{
	local file

	while read -r file; do
		head -n 5 "$file" | grep -q 'SPDX-License-Identifier: ' ||
			echo "$file:1: no licence in the first 5 lines"
	done < <(list_files "$LICENCE_TEXT" "$EXPECTED_OUTPUT" "${NO_COMMENTS[@]}")
}

# is_script FILE: it says so in its first line, or a directive for shellcheck
# says what it is, or its name does
is_script()
{
	[[ $1 == *.sh ]] ||
		head -n 1 "$1" | grep -qE '^#! ?/(usr/)?bin/(env )?(ba)?sh' ||
		head -n 5 "$1" | grep -q '^# shellcheck shell='
}

list_scripts()
{
	local file

	while read -r file; do
		! is_script "$file" || echo "$file"
	done < <(list_files "$LICENCE_TEXT" "$EXPECTED_OUTPUT")
}

# SC2119, as in blktests: functions may have optional arguments. And what a test
# says about itself is for the program that runs it.
check_shellcheck()
{
	local scripts

	mapfile -t scripts < <(list_scripts)
	shellcheck -f gcc -x -P SCRIPTDIR -P tests/lib -e SC2119 \
		"${scripts[@]}" |
		grep -vE ' (DESCRIPTION|LIMIT|QUICK) appears unused\.' || true
}

# What tests call and their runners define, those of blktests included.
RUNNER_HELPERS=_register_test_cleanup

# sourced FILE: it, and all that it sources; the rc files of src/ take it for
# granted that rc has been
sourced()
{
	local file

	echo "$1"
	[[ $1 != tests/quorum/src/* ]] || sourced tests/quorum/rc
	while read -r file; do
		[[ $file != common/* ]] || file=tests/lib/$file
		sourced "$file"
	done < <(sed -n 's/^\. //p' "$1")
}

# helpers_called FILE, names_known FILE...: of the form _group_something. What is
# used as a variable anywhere is one, and is not called.
helpers_called()
{
	sed -E 's/(^|[[:space:]])#.*//' "$1" |
		grep -oP '(?<![\w$.{!#\/-])_[a-z]+_\w+(?![\w=[]|\+=)' | sort -u
}

names_known()
{
	cat "$@" | grep -oP '^\s*\K_\w+(?=\(\))|[$]\{?[!#]?\K_\w+|\b_\w+(?=\+?=|\[)'
	echo "$RUNNER_HELPERS"
}

# The shell finds out in the middle of a test, and shellcheck never does.
check_helpers()
{
	local files file visible

	mapfile -t files < <(list_files 'tests/quorum/[0-9][0-9][0-9]' \
		'tests/quorum/rc' 'tests/quorum/src/*rc')
	((${#files[@]})) || return "$SKIP"
	for file in "${files[@]}"; do
		mapfile -t visible < <(sourced "$file" | sort -u)
		comm -23 <(helpers_called "$file") \
			<(names_known "${visible[@]}" | sort -u) |
			sed "s|^|$file: not defined: |"
	done
}

# In code \thow is no word, nor is DAA, the health of three legs; "inflight" and
# "parm" are names the kernel chose.
check_spelling()
{
	local files

	mapfile -t files < <(list_files "$LICENCE_TEXT")
	codespell --check-hidden --ignore-words-list tread,inflight,parm \
		--ignore-regex '\\[nt]|\b[AD]+\b' "${files[@]}" || true
}

# Links within the tree, from the folder a page is in.
check_links()
{
	local pages page target

	mapfile -t pages < <(list_files '*.md')
	((${#pages[@]})) || return "$SKIP"
	for page in "${pages[@]}"; do
		while read -r target; do
			[[ -e $(dirname "$page")/$target ]] ||
				echo "$page: link to $target, which is not there"
		done < <(grep -oE '\]\([^)# ]+' "$page" | sed 's/^](//' |
			 grep -vE '^[a-z]+:')
	done
}

check_rst()
{
	local pages page

	mapfile -t pages < <(list_files '*.rst')
	((${#pages[@]})) || return "$SKIP"
	for page in "${pages[@]}"; do
		rst2html --strict --report=1 --no-raw "$page" >/dev/null
	done
}
