#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cppcheck over FILE...: wrong indexes, uninitialised values, leaks, undefined behaviour; headers of packages are not needed.
# A file it cannot parse is a finding too.  usage: cppcheck.sh FILE...
set -eu
found=$(cppcheck -j 2 --quiet --std=c11 --platform=unix64 --enable=warning,performance,portability --inline-suppr \
	-Ihypervisor/abi -Ihypervisor/include -Ihypervisor -Iservice-vms/proto -Iservice-vms/lib -Iservice-vms/driver \
	--suppress=missingIncludeSystem "$@" 2>&1)
[ -z "$found" ] || { echo "$found"; exit 1; }
echo "$# files"
