# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the tests say in the guest. Legs are named as the disks' serial numbers.

# wait_for SECONDS COMMAND...
wait_for()
{
	local end=$((SECONDS + $1))

	until "${@:2}"; do
		((SECONDS < end)) || return
		sleep 0.5
	done
} 2>/dev/null

# not COMMAND...: unlike "! COMMAND", which fails nothing
not()
{
	! "$@"
}

# health NAME: as the kernel has it
health()
{
	dmsetup status "$1" | awk '{ print $6 }'
}

has_health()
{
	[[ $(health "$1") == "$2" ]]
}

# is_open NAME
is_open()
{
	dmsetup info "$1" >/dev/null 2>&1
}

# in_sync NAME: all regions
in_sync()
{
	dmsetup status "$1" | awk '{
		split($7, n, "/")
		exit n[1] != n[2] || $8 != "idle"
	}'
}

# epoch NAME: how often the set was put into use
epoch()
{
	dmsetup status "$1" | sed -E 's/.* ([0-9]+)\.[0-9]+ [0-9]+$/\1/'
}

# said UNIT PATTERN: in the log of this boot
said()
{
	journalctl --no-pager -b -o cat -u "$1" | grep -E "$2"
}

# nothing_queued: systemd has nothing to do about sets
nothing_queued()
{
	not grep -q quorum <(systemctl list-jobs --no-legend)
}

# legs NAME...: their paths
legs()
{
	local - name

	set +x
	for name; do
		disk "$name"
	done
}
