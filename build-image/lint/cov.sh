#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Line and branch coverage of some sources by their unit tests; a source no test links counts as not covered.
# usage: cov.sh MIN_LINES% MIN_BRANCHES% "TEST_PROGRAM..." SOURCE...    objects in out/cov/obj
set -eu
here=${0%/*} min_lines=$1 min_branches=$2 programs=$3
shift 3
find out/cov/obj -name '*.gcda' -exec rm -f {} +
bad=0
for p in $programs; do
	"$p" >"$p.log" 2>&1 || { echo "$p: failed in the coverage build"; tail -n 5 "$p.log"; bad=1; }
done
for s do
	gcov -b -c -t "out/cov/obj/${s%.c}.gcno" 2>&1 || { echo "$s: gcov failed"; bad=1; }
done >out/cov/report
awk -v min_lines="$min_lines" -v min_branches="$min_branches" -f "$here/cov.awk" out/cov/report "$@" || bad=1
exit $bad
