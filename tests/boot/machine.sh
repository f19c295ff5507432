# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # run has them
#
# The machine: real boots of one disk after another, until it has switched
# itself off. Legs are files, named as they are called in the guest (serial=).
# How to boot and to plug in a disk is told by qemu.sh or by uml.sh.

# watch_output: prints what the guest does; at a line "PLUG leg" that leg comes
watch_output()
{
	local line

	while IFS= read -r line; do
		if [[ $line == "PLUG "* ]]; then
			plug "$legs_dir/${line#PLUG }"
		else
			printf '%s\n' "$line"
		fi
	done
}

# boot COMMAND: exits as the command did
boot()
{
	local machine_status=0 machine_pid found watcher

	rm -f "$work"/{status,output}
	mkfifo "$work/output"
	touch "$work/status"
	write_command "$work/.command" "$1"
	pack_inputs "$work/inputs.tar" "$work/.command" "$BOOT_DIR"/guest/* \
		"$TOP_DIR/debian/tests/round-trip"
	console=$work/$test_name-console$((boots += 1)).log
	# Held open here, so that neither side waits for the other to come.
	exec 3<>"$work/output"
	watch_output <"$work/output" 3>&- &
	watcher=$!
	"boot_$machine" 3>&-
	exec 3>&-
	wait "$watcher" || true
	found=$(splats "$console") || true
	if [[ $found ]]; then
		printf 'kernel: %s\n' "$found" >&2
		return 126
	elif [[ ! -s $work/status ]]; then
		say "the guest said nothing ($machine_status); its last words:"
		tail -n 30 "$console" >&2
		return 125
	fi
	return "$(<"$work/status")"
}
