#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compiles each header alone and twice in a row, with the compiler of its class: it needs no other header first.
# Headers guests and VMs share may use <stdint.h> and <stddef.h> only.
# usage: headers.sh "RESIDENT CC" "EFI CC" "HOST CC" "PAYLOAD CC" [HEADER...], default all of the tree
set -eu
resident=$1 efi=$2 host=$3 payload=$4
shift 4
[ $# -gt 0 ] || set -- $("${0%/*}/files.sh" '*.h')
[ $# -gt 0 ] || { echo "no header found"; exit 1; }
bad=0 n=0
for h do
	case $h in
	hypervisor/boot/*) cc=$efi ;;
	hypervisor/*) cc=$resident ;;
	tests/payloads/*) cc=$payload ;;
	service-vms/driver/*) continue ;; # kernel headers: built by the kernel's own makefiles
	*) cc=$host ;;
	esac
	printf '#include "%s"\n#include "%s"\nextern int a_unit_is_never_empty;\n' "$h" "$h" |
		$cc -I. -fsyntax-only -x c - || { echo "$h: does not compile alone"; bad=1; }
	case $h in
	*/abi/* | */proto/*)
		if grep -nE '^[ 	]*#[ 	]*include[ 	]*<' "$h" | grep -vE '<(stdint|stddef)\.h>'; then
			echo "$h: a shared layout may include <stdint.h> and <stddef.h> only"
			bad=1
		fi ;;
	esac
	n=$((n + 1))
done
echo "$n headers compiled alone"
exit $bad
