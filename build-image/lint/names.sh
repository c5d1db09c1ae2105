#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The tests that DOCUMENTS name, against those there are.  usage: names.sh WORK_FILE "CHECK ITEMS" DOCUMENT...
set -eu
here=${0%/*} list=$1 items=$2
shift 2
mkdir -p "$(dirname "$list")"
{
	for item in $items; do echo "${item#check/}"; done
	sed -n 's|.*check-item,\([a-z]*/[a-z-]*-\)\$v,.*|\1each|p' build-image/mk/*.mk # one for each VM that is built
	for source in tests/unit/*_test.c; do
		unit=$(basename "$source" _test.c)
		sed -n "s|^	RUN(\([a-z0-9_]*\));.*|unit/$unit \1|p" "$source"
	done
	for source in tests/model/*.c; do
		sed -n "s|^	RUN(\([a-z0-9_]*\));.*|model/$(basename "$source" .c) \1|p" "$source"
	done
	for source in tests/emu/test_*.py; do echo "driver $(basename "$source" .py)"; done
	tests/emu/run-scenarios --list | sed 's/^\([a-z0-9-]*\).*/scenario \1/'
} | awk '{ print } $1 ~ /^unit\// && $1 ~ /_/ { gsub(/_/, "-", $1); print }' >"$list"
exec awk -f "$here/names.awk" "$list" "$@"
