# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # run has them
#
# The tests: each boots the machine once or more with some of the legs there, and
# has it do something. They build on each other, in the order of their names in
# the list at the end of this file.

# with_legs LEG...: sets $legs; makes those that are not there
with_legs()
{
	local leg

	legs=()
	for leg; do
		[[ -e $legs_dir/$leg ]] || truncate -s 128M "$legs_dir/$leg"
		legs+=("$legs_dir/$leg")
	done
}

# guest SCRIPT: boot from the disk, and run that one of guest/
guest()
{
	local append="root=$ROOT_DEVICE rw"

	boot "./$1"
}

# guest_root SCRIPT: the same with the root file system on the set of that name
guest_root()
{
	local disk='' append='root=/dev/mapper/root rw'

	boot "./$1"
}

# From a bare disk to a file system that is mounted at boot.
test_first_use()
{
	with_legs leg0 leg1 leg2
	guest first_use
}

# Nothing is asked, nothing is resynced: it was shut down cleanly.
test_reboot()
{
	with_legs leg0 leg1 leg2
	guest reboot
}

# Changes of what is there are no reason to open anything again, or anything
# that has been closed.
test_change_events()
{
	with_legs leg0 leg1 leg2
	guest change_events
}

# A leg is away: it is waited for, then done without; when it comes it is taken
# back, and rebuilt where it missed something.
test_degraded()
{
	with_legs leg0 leg2
	[[ -e $legs_dir/leg1 ]]
	guest degraded
}

# Two of three are away: it must not be opened, and somebody says why.
test_too_few()
{
	with_legs leg1
	guest too_few
}

# The monitor calls its program, and says what happened.
test_monitor()
{
	with_legs leg0 leg1 leg2
	guest monitor
}

# The unit that checks a set each month.
test_scrub_unit()
{
	with_legs leg0 leg1 leg2
	guest scrub_unit
}

# The test that the source package brings along.
test_round_trip()
{
	with_legs leg0 leg1 leg2
	guest round_trip
}

# lay_root: legs that hold what the disk does, as a set that has them equal
lay_root()
{
	local leg

	for leg in root0 root1 root2; do
		rm -f "$legs_dir/$leg"
		truncate -s 3200M "$legs_dir/$leg"
		dd if="$system/root.img" of="$legs_dir/$leg" bs=1M \
			oflag=seek_bytes seek=4M conv=sparse,notrunc \
			status=none
	done
	with_legs root0 root1 root2
	guest lay_root
}

# The root file system is on a set; also without one of its legs.
test_root()
{
	lay_root
	with_legs root0 root1 root2
	guest_root root
	with_legs root1 root2
	guest_root root_degraded
}

# A new version while a set is in use, then none.
test_packages()
{
	with_legs leg0 leg1 leg2
	guest packages
}

# As if there had been nothing before.
test_new_user()
{
	with_legs leg0 leg1 leg2
	guest new_user
}

# Not a test: see the script of that name.
test_pictures()
{
	with_legs leg0 leg1 leg2
	guest pictures
}

# They go on from each other, so in this order.
TESTS=(
	first_use reboot change_events degraded too_few monitor scrub_unit
	round_trip root packages new_user
)
