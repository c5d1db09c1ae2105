#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# No inline assembly where code must run on the build machine too.  usage: asm.sh [FILE...]
set -eu
[ $# -gt 0 ] || set -- $("${0%/*}/files.sh" hypervisor/abi hypervisor/core hypervisor/include hypervisor/iommu)
[ $# -gt 0 ] || { echo "no file found"; exit 1; }
if grep -nE '(^|[^a-z_])(__asm__|__asm|asm)[ 	]*(volatile|__volatile__|goto)?[ 	]*\(' "$@" /dev/null; then
	echo "inline assembly belongs to hypervisor/x86, svm or vmx"
	exit 1
fi
echo "$# files without assembly"
