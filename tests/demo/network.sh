#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The demo of a leg that hangs, as it runs in the virtual machine: three legs
# over the network, the server of one of which is frozen. What the text claims
# is checked on the way, and the first claim that is not true ends the demo with
# an error.

set -u
# shellcheck source=tutorial.sh
. ./tutorial.sh

# Seconds, where a command is timed.
TIMEFORMAT='took %1R s'

# took_less SECONDS, took_more SECONDS: the last command, which was timed
took_less()
{
	[[ $output =~ took\ ([0-9]+)\.[0-9]\ s ]] && ((BASH_REMATCH[1] < $1))
}

took_more()
{
	[[ $output =~ took\ ([0-9]+)\.[0-9]\ s ]] && ((BASH_REMATCH[1] >= $1))
}

# poll SECONDS COMMAND...: until it succeeds
poll()
{
	local deadline=$((SECONDS + $1))

	until "${@:2}" >/dev/null 2>&1; do
		((SECONDS < deadline)) || not_true "in vain: ${*:2}"
		sleep 0.1
	done
}

is_idle()
{
	[[ $(dmsetup status safe) == *" idle "* ]]
}

# serve NUMBER: a server of its own for a disk of its own
serve()
{
	truncate -s 128M "/srv/disk$1"
	cat >"/etc/disk$1.conf" <<-END
		[generic]
		listenaddr = 127.0.0.1
		port = $((10801 + $1))
		[disk]
		exportname = /srv/disk$1
		flush = true
		fua = true
	END
	nbd-server -C "/etc/disk$1.conf" -p "/run/disk$1.pid"
}

cd /tmp || exit
mkdir -p /srv /safe
ip link set lo up
modprobe nbd nbds_max=3
for i in 0 1 2; do
	claim "server $i runs" serve "$i"
done

chapter "1. Three disks that are elsewhere" <<END
Three NBD servers, each with a disk of its own, as if they were three machines
in the network:
END
for i in 0 1 2; do
	run "nbd-client 127.0.0.1 $((10801 + i)) /dev/nbd$i -N disk -b 4096"
done
run "ps -o pid,stat,args -C nbd-server"

tell <<END
A device of them, two of which have to agree. The beginning of each is kept for
what the legs know of the set. A leg that has not answered after ten seconds
is gone on without:
END
size=$((262144 - 8192))
legs='/dev/nbd0 8192 /dev/nbd1 8192 /dev/nbd2 8192'
run "dmsetup create safe --table \\
'0 $size quorum 2 3 $legs 4 metadata - leg_timeout 10000'"
run "mkfs.ext4 -q /dev/mapper/safe"
run "mount /dev/mapper/safe /safe"
run "time cp /usr/share/common-licenses/GPL-3 /bin/bash /safe/"
run "time sync -f /safe"
run "dmsetup status safe"
split_status
claim "all legs are in sync" test "${f[5]}" = AAA
for leg in 0 1 2; do
	claim "leg $leg did nothing wrong" innocent $leg
done

chapter "2. One server freezes" <<END
It does not end, and no connection breaks: it does not answer any more. A
mirror would wait for it, for ever.
END
run "pkill -STOP -f /etc/disk1.conf"
run "ps -o pid,stat,args -C nbd-server"
tell <<END
Write something, and wait until it is stored. The first who is not answered
waits for ten seconds:
END
run "time dd if=/dev/urandom of=/safe/new bs=64K count=64 \\
conv=fsync status=none"
claim "somebody waited" took_more 8
claim "it was not for long" took_less 60
tell <<END
After that the leg has failed, and nobody waits for it any more:
END
run "time dd if=/dev/urandom of=/safe/more bs=64K count=64 \\
conv=fsync status=none"
claim "nobody waited" took_less 30
run "(cd /safe && sha256sum GPL-3 bash new more | tee /tmp/sums)"
run "echo 3 >/proc/sys/vm/drop_caches   # no copies in memory"
run "time (cd /safe && sha256sum -c /tmp/sums)"
claim "all files are whole" test "$(grep -c ': OK' <<<"$output")" = 4
run "dmsetup status safe"
split_status
claim "leg 1 has failed" test "${f[5]}" = ADA
claim "leg 1 is the one that did not answer" test "$(counter 1 6)" -gt 0
claim "no request failed" test "${f[9]}" = 0
claim "leg 0 is innocent" innocent 0
claim "leg 2 is innocent" innocent 2
tell <<END
"D" is a leg that has failed; the last of the ${f[11]} numbers behind each device are
the timeouts. The log names the leg, and errno 110, which is "timed out":
END
run "dmesg | grep ' quorum: '"
claim "the log names the leg" grep -q 'leg 1 (.*errno 110' <<<"$output"
tell <<END
What it misses is remembered, on the other legs, too. Of $((size / 2048)) regions of 1 MiB
each leg lacks so many:
END
run "dmsetup message safe 0 map 1"
missed=$(sed -n 's/^1 //p' <<<"$output")
claim "leg 1 lacks some" test "$missed" -gt 0
tell <<END
As long as it has something to answer it cannot be taken back: what it still
writes is old by now.
END
run_failing "dmsetup message safe 0 reinstate 1"

chapter "3. It is back" <<END
The server goes on where it was, and answers all it was asked:
END
run "pkill -CONT -f /etc/disk1.conf"
tell <<END
Once it has, it is taken back. That is for somebody to say, a script maybe:
END
run "until dmsetup message safe 0 reinstate 1; do sleep 0.2; done"
began=${EPOCHREALTIME/./}
poll 120 is_idle
took=$(((${EPOCHREALTIME/./} - began) / 100000))
tell <<END
It takes part in writes at once, and gets what it missed, $missed MiB of $((size / 2048)). After
another $((took / 10)).$((took % 10)) s it votes everywhere again.
END
run "dmsetup status safe"
split_status
claim "all legs are in sync" test "${f[5]}" = AAA
run "dmsetup message safe 0 map 1"
claim "leg 1 lacks nothing" grep -q '^1 0$' <<<"$output"
run "dmsetup message safe 0 check"
poll 120 is_idle
run "dmsetup status safe"
split_status
claim "no sector differs" test "${f[8]}" = 0
claim "leg 0 is innocent" innocent 0
claim "leg 2 is innocent" innocent 2
run "umount /safe"
run "dmsetup remove safe"
for i in 0 1 2; do
	nbd-client -d "/dev/nbd$i" >/dev/null 2>&1
done
run "for i in 1 2; do
cmp -i 4194304 -n $((size * 512)) /srv/disk0 /srv/disk\$i && echo equal; done"
claim "the legs are equal" test "$(grep -c '^equal$' <<<"$output")" = 2

tell <<END
Each claim above was checked while it was made.

END
