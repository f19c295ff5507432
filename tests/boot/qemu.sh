# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # run has them
#
# A virtual machine with the stock kernel of the Debian that it boots.

# Where the processor is emulated, a boot takes minutes.
BOOT_SECONDS=1200
ROOT_DEVICE=/dev/disk/by-id/virtio-root
MACHINE_PACKAGES=(linux-image-amd64)

# take_kernel DIR: out of $root
take_kernel()
{
	cp "$root"/boot/vmlinuz-* "$1/bzImage"
	cp "$root"/boot/initrd.img-* "$1/initrd"
	unpack_image "$1/bzImage" "$1/vmlinux"
}

# Its drivers are modules.
add_kernel()
{
	printf '%s\n' virtio_pci virtio_blk virtio_console ext4 \
		>>"$root/etc/initramfs-tools/modules"
}

# qemu_arguments_for_boot: sets $qemu_args
qemu_arguments_for_boot()
{
	local leg image=$system/bzImage
	local cmdline="console=ttyS0 loglevel=5 panic=-1 oops=panic"

	[[ ! -e $system/vmlinux ]] || image=$system/vmlinux
	cmdline+=" mitigations=off tsc=reliable no_timer_check"
	cmdline+=" watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=120"
	cmdline+=" systemd.default_timeout_start_sec=300 $append"
	# shellcheck disable=SC2054 # no lists
	qemu_args=(
		-nodefaults -display none -no-reboot
		-machine q35 -accel "$(accelerator)"
		-cpu "$(cpu_model)" -smp 2 -m 1536
		-kernel "$image" -initrd "$system/initrd" -append "$cmdline"
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

boot_qemu()
{
	local qemu_args

	rm -f "$work"/monitor.{in,out}
	mkfifo "$work"/monitor.{in,out}
	qemu_arguments_for_boot
	exec 4<>"$work/monitor.in" 5<>"$work/monitor.out"
	timeout --kill-after=5 "$BOOT_SECONDS" \
		qemu-system-x86_64 "${qemu_args[@]}" </dev/null >&2 &
	machine_pid=$!
	wait "$machine_pid" || machine_status=$?
	exec 4>&- 5>&-
}
