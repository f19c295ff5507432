# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What a demo is told with: text, commands that are shown and run, and claims
# that are checked. The first that is not true ends it with an error.

# chapter TITLE, then its text on stdin
chapter()
{
	printf '\n\n%s\n%s\n\n' "$1" "${1//?/-}"
	cat
}

# A paragraph on stdin.
tell()
{
	echo
	cat
}

# Show a command as a user would type it, run it, show what it says. Sets
# $status and $output.
type_in()
{
	echo
	sed -e '1s/^/    # /' -e '2,$s/^/    > /' <<<"$1"
	eval "$1" >/tmp/output 2>&1
	status=$?
	output=$(</tmp/output)
	sed -e 's/^/    /' /tmp/output
}

run()
{
	type_in "$1"
	((status == 0)) || not_true "the last command should succeed"
}

run_failing()
{
	type_in "$1"
	((status != 0)) || not_true "the last command should fail"
}

not_true()
{
	printf '\ndemo: %s, but it is not so\n' "$*" >&2
	dmsetup status >&2
	dmesg | tail -n 20 >&2
	exit 1
}

# claim TEXT COMMAND...
claim()
{
	"${@:2}" || not_true "$1"
}

# Sets $f: the fields of the status line in $output, target type at 2
split_status()
{
	read -ra f <<<"$output"
}

# counter LEG N: from $f; the first one of each leg is number 0
counter()
{
	echo "${f[13 + $1 * (f[11] + 1) + $2]}"
}

# innocent LEG: no counter of it was raised
innocent()
{
	[[ ${f[*]:13 + $1 * (f[11] + 1):f[11]} != *[1-9]* ]]
}

# Same as cmp, said aloud.
claim_equal()
{
	claim "$1 and $2 hold the same" cmp -s "$1" "$2"
}
