#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every source file says its licence in the first three lines, and the right one for its folder.
# usage: spdx.sh [FILE...], default all sources of the tree
set -eu
[ $# -gt 0 ] || set -- $("${0%/*}/files.sh" '*.c' '*.h' '*.S' '*.lds' '*.mk' '*.sh' '*.awk' '*.py' Makefile '*/Makefile')
[ $# -gt 0 ] || { echo "no file found"; exit 1; }
bad=0
for f do
	want="Apache-2.0"
	case $f in
	hypervisor/abi/*) want="Apache-2.0 OR GPL-2.0-only" ;;
	service-vms/driver/ring.[ch] | service-vms/driver/bulkhead_ioctl.h | \
		service-vms/driver/netcheck.[ch] | service-vms/driver/espfilter.[ch] | \
		service-vms/proto/net_frame.h | service-vms/proto/input_event.h | service-vms/lib/codec_input.[ch]) want="Apache-2.0 OR GPL-2.0-only" ;;
	service-vms/driver/* | tests/emu/vm/gate/*) want="GPL-2.0-only" ;;
	esac
	got=$(sed -n '1,3s/^.*SPDX-License-Identifier: *\([A-Za-z0-9. -]*[a-z0-9]\).*$/\1/p' "$f" | head -n 1)
	[ "$got" = "$want" ] || { echo "$f: licence line says \"$got\", $want is due in the first three lines"; bad=1; }
done
echo "$# files"
exit $bad
