# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # run has them
#
# The machine: real boots of one disk after another, until it has switched
# itself off. Legs are files, named as they are called in the guest (serial=).

# machine_arguments: sets $qemu_args. Takes $kernel_image, $initrd, $cmdline,
# $disk, $legs and $work from the caller.
machine_arguments()
{
	local leg cmdline="console=ttyS0 loglevel=5 panic=-1 oops=panic"

	cmdline+=" mitigations=off tsc=reliable no_timer_check"
	cmdline+=" watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=120"
	cmdline+=" systemd.default_timeout_start_sec=300 $append"
	# shellcheck disable=SC2054 # no lists
	qemu_args=(
		-nodefaults -display none -no-reboot
		-machine q35 -accel "$(accelerator)"
		-cpu "${QUORUM_CPU:-max}" -smp 2 -m 1536
		-kernel "$kernel_image" -initrd "$initrd" -append "$cmdline"
		-chardev "file,id=console,path=$console" -serial chardev:console
		-chardev "pipe,id=monitor,path=$work/monitor" -mon monitor
		-device virtio-serial-pci
		-device pcie-root-port,id=late,slot=9,chassis=9
	)
	qemu_port output "$work/output"
	qemu_port status "$work/status"
	[[ ! $disk ]] || qemu_disk root "$disk"
	qemu_disk inputs "$work/inputs.tar" readonly=on
	for leg in "${legs[@]}"; do
		qemu_disk "${leg##*/}" "$leg"
	done
}

# plug LEG: a disk that comes late
plug()
{
	printf 'drive_add 0 if=none,id=%s,format=raw,file=%s\n' "${1##*/}" "$1"
	printf 'device_add virtio-blk-pci,drive=%s,serial=%s,bus=late\n' \
		"${1##*/}" "${1##*/}"
} >"$work/monitor.in"

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

# boot SECONDS COMMAND: exits as the command did
boot()
{
	local status=0 found

	rm -f "$work"/{status,output,monitor.in,monitor.out}
	mkfifo "$work"/{output,monitor.in,monitor.out}
	touch "$work/status"
	write_command "$work/.command" "$2"
	pack_inputs "$work/inputs.tar" "$work/.command" "$BOOT_DIR"/guest/*
	console=$work/console-$((boots += 1)).log
	machine_arguments
	exec 3<>"$work/output" 4<>"$work/monitor.in" 5<>"$work/monitor.out"
	watch_output <"$work/output" 3>&- &
	watcher=$!
	timeout --kill-after=5 "$1" qemu-system-x86_64 "${qemu_args[@]}" \
		</dev/null >&2 3>&- &
	qemu_pid=$!
	wait "$qemu_pid" || status=$?
	qemu_pid=
	exec 3>&- 4>&- 5>&-
	wait "$watcher" || true
	found=$(splats "$console") || true
	if [[ $found ]]; then
		printf 'kernel: %s\n' "$found" >&2
		return 126
	elif [[ ! -s $work/status ]]; then
		say "the guest said nothing ($status); its last words:"
		tail -n 30 "$console" >&2
		return 125
	fi
	return "$(<"$work/status")"
}
