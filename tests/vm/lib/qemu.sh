# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of callers
#
# The virtual machine as seen from outside.

# Kernel messages that make a run a failure, whatever its command says.
SPLATS=(
	'BUG:' 'kernel BUG at' 'WARNING:' 'Oops' 'Kernel panic'
	'general protection fault' 'Call Trace' 'KASAN' 'BUG: KCSAN' 'UBSAN' 'ODEBUG'
	'kmemleak: [0-9]+ new suspected' 'unreferenced object'
	'possible circular locking' 'possible recursive locking'
	'possible irq lock inversion' 'inconsistent lock state'
	'bad unlock balance' 'held lock freed' 'lock held when returning'
	'Invalid wait context' 'DEBUG_LOCKS_WARN_ON' 'suspicious RCU'
	'INFO: task .* blocked' 'soft lockup' 'hard LOCKUP'
	'rcu.*detected.* stall' 'sleeping function called'
	'refcount_t:' 'list_(add|del) corruption'
)

# splats CONSOLE-LOG: print those lines; fail if there is none
splats()
{
	local IFS='|'

	grep -aE "${SPLATS[*]}" "$1"
}

# A /dev/kvm that opens proves nothing: where the processor does not have
# virtualisation, a guest may hang in its first instruction.
kvm_works()
{
	grep -qwE 'svm|vmx' /proc/cpuinfo && [[ -r /dev/kvm && -w /dev/kvm ]] &&
		timeout 10 qemu-system-x86_64 -accel kvm -machine none \
			-nodefaults -display none -monitor stdio \
			<<<quit >/dev/null 2>&1
}

accelerator()
{
	if [[ ${QUORUM_ACCEL:-} ]]; then
		echo "$QUORUM_ACCEL"
	elif kvm_works; then
		echo kvm
	else
		echo tcg,thread=multi
	fi
}

# cpu_model: all that can be had; when emulated, without what is slower then than
# what programs do in its absence: a byte of rep movsb takes as long as a word of
# rep movsq, and wide vectors are calls of functions
cpu_model()
{
	if [[ ${QUORUM_CPU:-} ]]; then
		echo "$QUORUM_CPU"
	elif [[ $(accelerator) == kvm ]]; then
		echo max
	else
		echo max,-erms,-fsrm,-avx,-avx2
	fi
}

# pack_inputs TAR COMMAND-FILE PATH...
pack_inputs()
{
	local tar=$1 command=$2 path

	shift 2
	tar -C "${command%/*}" --owner=0 --group=0 -cf "$tar" "${command##*/}"
	for path; do
		path=$(realpath "$path")
		tar -C "${path%/*}" --owner=0 --group=0 -rf "$tar" "${path##*/}"
	done
	# The guest looks for a partition table; let there be room for one.
	truncate -s %1M "$tar"
}

# write_command FILE WORD...: one word is a line of shell, more are a command
# and its arguments
write_command()
{
	local file=$1

	shift
	if (($# == 1)); then
		printf '%s\n' "$1" >"$file"
	else
		printf '%q ' "$@" >"$file"
	fi
}

# qemu_disk SERIAL FILE [DRIVE-OPTION]
qemu_disk()
{
	qemu_args+=(
		-drive "if=none,id=$1,format=raw,file=$2${3:+,$3}"
		-device "virtio-blk-pci,drive=$1,serial=$1"
	)
}

# qemu_port NAME FILE
qemu_port()
{
	qemu_args+=(
		-chardev "file,id=$1,path=$2"
		-device "virtserialport,chardev=$1,name=$1"
	)
}

# qemu_arguments KERNEL-DIR WORK-DIR CONSOLE-LOG: sets $qemu_args. Takes
# $memory, $cpus, $append and $extra from the caller.
qemu_arguments()
{
	local kernel=$1 work=$2 console=$3 boot cmdline image=$1/bzImage

	boot=$(boot_dir "$kernel")
	cmdline="console=ttyS0 quiet loglevel=5 panic=-1 oops=panic"
	cmdline+=" mitigations=off tsc=reliable log_buf_len=4M"
	# The host may leave the machine without a processor for a while.
	cmdline+=" no_timer_check watchdog_thresh=60"
	cmdline+=" rcupdate.rcu_cpu_stall_timeout=120"
	[[ -e $kernel/vmlinux ]] && image=$kernel/vmlinux
	qemu_args=(
		-nodefaults -display none -no-reboot
		-machine q35 -accel "$(accelerator)"
		-cpu "$(cpu_model)" -smp "$cpus" -m "$memory"
		-kernel "$image" -initrd "$boot/initramfs"
		-append "$cmdline $append"
		-chardev "file,id=console,path=$console" -serial chardev:console
		-device virtio-serial-pci
	)
	qemu_port output "$work/output"
	qemu_port status "$work/status"
	qemu_disk root "$QUORUM_CACHE/root.squashfs" readonly=on
	qemu_disk modules "$boot/modules.squashfs" readonly=on
	qemu_disk inputs "$work/inputs.tar" readonly=on
	qemu_disk results "$work/results.tar"
	qemu_args+=("${extra[@]}")
}

# start_qemu KERNEL-DIR WORK-DIR CONSOLE-LOG
start_qemu()
{
	local qemu_args

	qemu_arguments "$@"
	timeout --kill-after=5 "$seconds" qemu-system-x86_64 "${qemu_args[@]}" \
		</dev/null >&2 &
	machine_pid=$!
}
