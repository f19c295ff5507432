# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the benchmarks have in common as they run in the virtual machine. $status
# is what they exit with: 1 if anything could not be set up or an I/O failed.

status=0

# complain TEXT: go on, but fail in the end
complain()
{
	printf ' %s\n' "$*"
	status=1
}

# quietly COMMAND...: show what it says only if it fails
quietly()
{
	local output

	output=$("$@" 2>&1 </dev/null) && return
	printf '\n%s: %s\n' "$*" "$output"
	return 1
}

# thousands N: as a decimal with three or four digits that matter
thousands()
{
	if (($1 >= 100000)); then
		echo $((($1 + 500) / 1000))
	else
		printf '%d.%02d\n' $((($1 + 5) / 1000)) \
			$((($1 + 5) % 1000 / 10))
	fi
}

# heading TITLE COLUMN...
heading()
{
	printf '\n%-28s' "$1"
	printf '%9s' "${@:2}"
	echo
}

# skip DEVICE REASON...
skip()
{
	printf '%-28s skipped: %s\n' "$1" "${*:2}"
}

#
# Legs and devices
#

create()
{
	quietly dmsetup create "$1" --table "$2" || {
		complain "$1 could not be made"
		return 1
	}
}

remove()
{
	quietly dmsetup remove --retry "$@" || status=1
}

# quorum_table SECTORS LEGS-AND-OFFSETS [OPTION-WORD]...: for most of them
quorum_table()
{
	local words

	read -ra words <<<"$2"
	echo "0 $1 quorum $((${#words[@]} / 4 + 1)) $((${#words[@]} / 2))" \
		"$2 $(($# - 2)) ${*:3}"
}

#
# QEMU's quorum
#

# qemu_start LEG LEG LEG
qemu_start()
{
	local i legs=()

	for ((i = 0; i < $#; i++)); do
		legs+=(--blockdev "driver=host_device,node-name=leg$i,$(:
			)filename=${*:i + 1:1},aio=native,cache.direct=on")
	done
	rm -f /run/nbd
	# With its own libraries: they are those of another machine.
	qemu/ld.so --library-path qemu qemu/qemu-storage-daemon "${legs[@]}" \
		--blockdev '{ "driver": "quorum", "node-name": "quorum",
			"vote-threshold": 2,
			"children": [ "leg0", "leg1", "leg2" ] }' \
		--nbd-server addr.type=unix,addr.path=/run/nbd \
		--export type=nbd,id=quorum,node-name=quorum,writable=on \
		>/tmp/qemu.log 2>&1 &
	qemu_pid=$!
	for ((i = 0; i < 100; i++)); do
		[[ -S /run/nbd ]] && break
		sleep 0.1
	done
	modprobe nbd &&
		quietly nbd-client -unix /run/nbd /dev/nbd0 -N quorum -b 4096
}

qemu_stop()
{
	nbd-client -d /dev/nbd0 >/dev/null 2>&1
	kill "$qemu_pid"
	wait "$qemu_pid"
}

# with_qemu COMMAND...: run it while /dev/nbd0 is there, of $qemu_legs
with_qemu()
{
	# shellcheck disable=SC2086 # words
	if qemu_start $qemu_legs; then
		"$@"
	else
		complain "QEMU's quorum did not start: $(</tmp/qemu.log)"
	fi
	qemu_stop
}
