#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the tree in two places of different name and demands equal bytes.
# usage: reproduce.sh WORK_FOLDER FILE...       FILE: what to build and compare, below out/
set -eu
here=${0%/*} work=$1
shift
[ $# -gt 0 ] || { echo "nothing to compare"; exit 1; }
unset MAKEFLAGS MFLAGS MAKELEVEL
rm -rf "$work"
for place in one another-place; do
	mkdir -p "$work/$place"
	"$here/files.sh" . | tr '\n' '\0' | xargs -0 cp -a --parents -t "$work/$place"
	cp -a build-image/lint/samples "$work/$place/build-image/lint/"
	make -s -j2 -C "$work/$place" "$@" >"$work/$place.log" 2>&1 || { tail -n 20 "$work/$place.log"; exit 1; }
	# The clock of the second build is another one.
	sleep 1
done
bad=0
for f do
	cmp "$work/one/$f" "$work/another-place/$f" || bad=1
done
[ $bad = 0 ] && echo "$# files equal in both places"
exit $bad
