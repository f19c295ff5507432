#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The demo as it runs in the virtual machine: a tutorial that types its own
# commands. Three disks whose serial numbers are disk0, disk1 and disk2 are
# expected, all zeroes. What the text claims is checked on the way, and the
# first claim that is not true ends the demo with an error.

set -u
# shellcheck source=tutorial.sh
. ./tutorial.sh

disk()
{
	local d

	for d in /sys/block/vd*; do
		[[ $(<"$d/serial") == "$1" ]] && echo "/dev/${d##*/}"
	done
}

# extent FILE: sets $first and $count, where a file without holes or
# fragments lies, from filefrag's output
extent()
{
	local line

	line=$(filefrag -e -b512 "$1" | sed -n 's/^ *0: *//p')
	first=$(sed -E 's/^[^:]*: *([0-9]+)\.\..*/\1/' <<<"$line")
	count=$(sed -E 's/^[^:]*:[^:]*: *([0-9]+):.*/\1/' <<<"$line")
	[[ $first =~ ^[0-9]+$ && $count =~ ^[0-9]+$ ]]
}

# Explain the status line in $f.
explain_status()
{
	local i names=('read errors' 'write errors' 'flush errors'
		mismatches rewrites 'rewrite errors' timeouts)

	printf '\n'
	printf '    %-9s %s\n' \
		"${f[3]}" "two of three legs must agree" \
		"${f[4]}" "number of legs" \
		"${f[5]}" "health of each leg: A votes, D would have failed" \
		"${f[6]}" "regions of 1 MiB in sync, and in all" \
		"${f[7]}" "what is done in the background" \
		"${f[8]}" "differing sectors found by that" \
		"${f[9]}" "requests that failed for lack of agreement" \
		"${f[10]}" "differences that were gone on a second look" \
		"${f[11]}" "that many counters follow each leg; of ${f[20]}:"
	for i in "${!names[@]}"; do
		printf '    %7s   %s\n' "$(counter 1 "$i")" "${names[i]}"
	done
}

# reports_are_right: $output accuses leg 1 of what was overwritten, and
# nobody of anything else
reports_are_right()
{
	local seq kind leg sector sectors error

	[[ $output ]] || return
	while read -r seq kind leg sector sectors error; do
		[[ $kind == mismatch && $leg == 1 && $error == 0 ]] || return
		((seq > 0 && sectors > 0)) || return
		((sector >= text && sector + sectors <= text + text_count ||
		  sector >= code && sector + sectors <= code + code_count)) ||
			return
	done <<<"$output"
}

cd /tmp || exit
a=$(disk disk0) b=$(disk disk1) c=$(disk disk2)
claim "there are three disks" test -b "$a" -a -b "$b" -a -b "$c"
claim_equal "$a" "$b"
claim_equal "$a" "$c"
sectors=$(blockdev --getsz "$a")
mkdir /safe /alone

chapter "1. One device out of three disks" <<END
This is a virtual machine with Debian's kernel $(uname -r). It has
three small disks, all of them empty:
END
run "lsblk -d -o NAME,SIZE,SERIAL $a $b $c"
claim "the disks have serial numbers" grep -q disk2 <<<"$output"

tell <<END
Make a device called "safe" of them. The table says: from sector 0, for
$sectors sectors, target "quorum", two of three legs must agree, and then each
leg: a disk and the sector to start at. The module is loaded by itself.
END
legs="$a 0 $b 0 $c 0"
run "dmsetup create safe --table \\
'0 $sectors quorum 2 3 $legs'"
claim "the device is there" test -b /dev/mapper/safe
run "lsmod | grep quorum"

tell <<END
It is a disk like any other. Give it a file system, and put a text and a
program there, with their checksums kept elsewhere:
END
run "mkfs.ext4 -q /dev/mapper/safe"
run "mount /dev/mapper/safe /safe"
run "cp /usr/share/common-licenses/GPL-2 /bin/bash /safe/"
run "(cd /safe && sha256sum GPL-2 bash | tee /tmp/sums)"
run "sync; dmsetup status safe"
split_status
claim "all legs are in sync" test "${f[5]}" = AAA
for leg in 0 1 2; do
	claim "leg $leg did nothing wrong" innocent $leg
done

chapter "2. One disk starts to lie" <<END
Have somebody wait for bad news. This sleeps until the device has some:
END
run "(dmsetup wait safe && echo 'something is wrong with safe') >alarm &"
waiting=$!

tell <<END
Where on the disks are the files? Counted in sectors of 512 bytes:
END
run "filefrag -e -b512 /safe/GPL-2 /safe/bash"
claim "GPL-2 lies in one piece" extent /safe/GPL-2
text=$first text_count=$count
claim "bash lies in one piece" extent /safe/bash
code=$((first + 256)) code_count=128
claim "bash is large enough" test "$count" -gt 384

tell <<END
Now overwrite the text, and 64 KiB in the middle of the program, on $b:
directly, behind the back of the quorum. No disk error will tell of it.
END
run "umount /safe   # what it had to write is on the disks now"
run "yes 'Trust me, this is what you wrote.' |
dd of=$b bs=512 seek=$text count=$text_count \\
iflag=fullblock oflag=direct status=none"
run "dd if=/dev/urandom of=$b bs=64K count=1 oflag=direct,seek_bytes \\
seek=\$(($code * 512)) status=none"
run "echo 3 >/proc/sys/vm/drop_caches   # no old copies in memory"

tell <<END
This is what that disk returns when it is used by itself. A mirror that
happens to read this disk returns the same: no error, only other data.
END
run "mount -o ro,noload,loop $b /alone"
run "head -n 2 /alone/GPL-2"
claim "the disk lies" grep -q 'Trust me' <<<"$output"
run_failing "(cd /alone && sha256sum -c /tmp/sums)"
claim "both files are damaged" test "$(grep -c ': FAILED' <<<"$output")" = 2
run "umount /alone"

chapter "3. The quorum does not" <<END
The same files, read from all three disks, one of which lies:
END
run "mount /dev/mapper/safe /safe"
claim "nobody has noticed yet" kill -0 "$waiting"
run "head -n 2 /safe/GPL-2"
claim "the text is whole" grep -q 'GNU GENERAL PUBLIC' <<<"$output"
run "(cd /safe && sha256sum -c /tmp/sums)"
claim "both files are whole" test "$(grep -c ': OK' <<<"$output")" = 2

tell <<END
Whoever waited has been woken up:
END
for ((i = 0; i < 100; i++)); do
	kill -0 "$waiting" 2>/dev/null || break
	sleep 0.1
done
run "cat alarm"
claim "dmsetup wait woke up" grep -q 'wrong with safe' <<<"$output"

tell <<END
The status line says which leg is to blame. Legs are numbered from 0, so
$b is leg 1.
END
run "dmsetup status safe"
split_status
explain_status
claim "mismatches of leg 1 were counted" test "$(counter 1 3)" -gt 0
claim "no request failed" test "${f[9]}" = 0
claim "every leg still votes" test "${f[5]}" = AAA
claim "leg 0 is innocent" innocent 0
claim "leg 2 is innocent" innocent 2
mismatches=$(counter 1 3)

tell <<END
The kernel log (here with the number of "safe", $(dmsetup info -c \
--noheadings --separator : -o major,minor safe)) names leg and sectors.
Sectors are those of "safe"; as every leg starts at sector 0, they are also
those of the disks. There was no I/O error, so errno is 0.
END
run "dmesg | grep ' quorum: '"
claim "the log names leg and sector" \
	grep -q "leg 1 (.*): mismatch: sectors $text+[0-9]*, errno 0" \
	<<<"$output"

tell <<END
The last 64 such reports can be had in a form made for scripts: number,
kind, leg, first sector, sectors, errno. Only what was overwritten is there.
END
run "dmsetup message safe 0 reports"
claim "the reports name what was overwritten, and nothing else" \
	reports_are_right
claim "every mismatch that was counted is among the reports" \
	test "$(wc -l <<<"$output")" = "$mismatches"

chapter "4. Repair" <<END
So far $b was outvoted but not corrected:
END
run "dd if=$b bs=512 skip=$text count=1 iflag=direct status=none |
head -n 1"
claim "the disk still lies" grep -q 'Trust me' <<<"$output"
tell <<END
The option "rewrite_corrupted" has losers of a vote rewritten with what won.
A table can be replaced while the device is in use: /safe stays mounted. The
"1" is the number of words that follow.
END
run "dmsetup suspend safe"
run "dmsetup load safe --table \\
'0 $sectors quorum 2 3 $legs 1 rewrite_corrupted'"
run "dmsetup resume safe"
run "dmsetup table safe"
claim "the new table is in use" grep -q 'rewrite_corrupted$' <<<"$output"

tell <<END
Reading is what finds differences, so read all of it once. Reads that do not
go through the page cache are sure to reach the disks.
END
run "dd if=/dev/mapper/safe of=/dev/null bs=1M iflag=direct status=none"
run "dmsetup status safe"
split_status
claim "leg 1 was rewritten" test "$(counter 1 4)" -gt 0
claim "every mismatch was rewritten" test "$(counter 1 3)" = "$(counter 1 4)"
claim "no rewrite failed" test "$(counter 1 5)" = 0
claim "leg 0 is innocent" innocent 0
claim "leg 2 is innocent" innocent 2
lost=$(counter 1 3) rewritten=$(counter 1 4)
tell <<END
A new table counts from zero. Leg 1: mismatches $lost, rewrites $rewritten.
So all that was found to differ was rewritten, and $b should be like the
others again, byte for byte:
END
run "umount /safe"
run "echo 3 >/proc/sys/vm/drop_caches   # read the disks, not memory"
run "cmp $a $b && cmp $a $c && echo equal"
claim "the legs are equal" test "$output" = equal

tell <<END
The disk that lied can stand alone again:
END
run "mount -o ro,noload,loop $b /alone"
run "(cd /alone && sha256sum -c /tmp/sums)"
claim "both files are whole" test "$(grep -c ': OK' <<<"$output")" = 2
run "umount /alone"
run "dmsetup remove safe"
claim "the device is gone" test ! -e /dev/mapper/safe

tell <<END
Each claim above was checked while it was made.

END
