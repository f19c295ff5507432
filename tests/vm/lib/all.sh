# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR

__lib=$(dirname "${BASH_SOURCE[0]}")

. "$__lib/common.sh"
. "$__lib/apt.sh"
. "$__lib/kernel.sh"
. "$__lib/source.sh"
. "$__lib/chroot.sh"
. "$__lib/guest.sh"
. "$__lib/qemu.sh"
. "$__lib/uml.sh"
