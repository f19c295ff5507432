# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154,SC2054 # variables of callers; and commas are of words
#
# A kernel that is a program (User Mode Linux), as seen from outside. It has the
# same disks as the virtual machine, and serial lines where that has ports.

# uml_machine WORK-DIR INITRAMFS: sets $uml_args, but for the disks. Takes
# $memory, $cpus, and $append from the caller. Some characters of a path would
# have a meaning, so all files are in the folder it runs in, or linked there.
uml_machine()
{
	local word

	ln -sfn "$2" "$1/initramfs"
	# Two processors are threads of it; that takes seccomp. And KASAN would
	# speak only once, though the test to blame may be another.
	uml_args=(
		seccomp=on "mem=${memory}M" "ncpus=$cpus" initrd=initramfs
		"uml_dir=$1/" umid=uml
		con=null con0=fd:0,fd:1 ssl=null ssl0=fd:3,fd:4 ssl1=fd:5,fd:6
		quiet loglevel=5 panic=-1 oops=panic kasan_multi_shot
	)
	read -ra word <<<"$append"
	uml_args+=("${word[@]}")
}

# uml_arguments KERNEL-DIR WORK-DIR: the same with the disks of run
uml_arguments()
{
	local work=$2 boot

	boot=$(boot_dir "$1")
	ln -s "$QUORUM_CACHE/root.squashfs" "$work/root"
	ln -s "$boot/modules.squashfs" "$work/modules"
	uml_machine "$work" "$boot/initramfs"
	uml_args+=(
		ubd0r=root,,root ubd1r=modules,,modules
		ubd2r=inputs.tar,,inputs ubd3=results.tar,,results
	)
}

# start_uml KERNEL-DIR WORK-DIR CONSOLE-LOG: with $uml_args. What it reads or
# writes has to be pipes; $drains are those that empty them, and nothing ever
# comes in. It may not listen to signals, and its processes are not of our process
# group: each dies with its parent, by whatever that dies of.
start_uml()
{
	local die=(setpriv --pdeathsig KILL) log state

	mkfifo "$2/nothing"
	exec {log}> >(exec cat >"$3")
	drains+=("$!")
	exec {state}> >(exec cat >"$2/status")
	drains+=("$!")
	"${die[@]}" timeout -s KILL "$seconds" \
		"${die[@]}" env -C "$2" "$1/linux" "${uml_args[@]}" \
		<>"$2/nothing" >&"$log" 2>&1 3<>"$2/nothing" 4>"$2/output" \
		5<>"$2/nothing" 6>&"$state" &
	machine_pid=$! machine_signal=KILL
	exec {log}>&- {state}>&-
}

# tell_uml SOCKET COMMAND: to its management console; prints what it answers,
# fails as that does. A request and an answer are three numbers and some text.
tell_uml()
{
	# shellcheck disable=SC2016 # of perl
	perl -MSocket -e '
		my ($path, $command) = @ARGV;
		socket(my $console, PF_UNIX, SOCK_DGRAM, 0) or die "$!\n";
		bind($console, pack("S", AF_UNIX)) or die "$!\n";
		send($console, pack("L3a512", 0xcafebabe, 2, length $command,
			$command), 0, pack_sockaddr_un($path)) or
			die "$path: $!\n";
		alarm 30;
		recv($console, my $answer, 4096, 0);
		my ($error, $more, $length, $text) = unpack("L3a*", $answer);
		print substr($text, 0, $length), "\n" if $length;
		exit($error ? 1 : 0);' "$1" "$2"
}
