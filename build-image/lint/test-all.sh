#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The whole of `make test`: set-up, build, make check, then the scenarios in the emulator; the last line adds up
# every part, and a part that did not get to its end counts as a failure.
# usage: test-all.sh "FIRST TARGETS" "ALONE" SCENARIO...
# FIRST TARGETS: slow ones that the build starts with. ALONE: scenarios that measure time, run after all others, which run three at a
# time, for most of them wait: the longest should stand first.
set -u
first=$1 alone=$2
shift 2
unset MAKEFLAGS MFLAGS MAKELEVEL
out=out/test lint=build-image/lint
rm -rf $out out/check && mkdir -p $out || exit 1
passed=0 failed=0
took() { echo "== $1: $(($(date +%s) - since)) s"; }
add() { # FILE: the last line of a summary
	line=$(tail -n 1 "$1" 2>/dev/null)
	case $line in
	*" passed, "*" failed")
		passed=$((passed + ${line%% *}))
		line=${line#* passed, }
		failed=$((failed + ${line%% *})) ;;
	*) failed=$((failed + 1)) ;;
	esac
}
finish() {
	# What failed and why, once more: of a long log often nothing but the end is kept. Where make did not begin there is no out/check.
	find $out out/check -name '*.why' -exec cat {} + 2>/dev/null
	echo "$passed passed, $failed failed" >$out/summary
	cat $out/summary
	[ $failed = 0 ] && [ $passed != 0 ]
	exit
}

since=$(date +%s)
if ! { build-image/setup build && build-image/setup test; } </dev/null; then
	echo "not set up: see the line above"
	failed=1
	finish
fi
took "set-up"
since=$(date +%s)
# One graph: the first targets start at once and the rest is built beside them.
make -j2 $first all check </dev/null || failed=$((failed + 1))
add out/check/summary
# A failing check item was counted by its summary already; what else stops make was not.
if [ $failed -gt 1 ] && [ -s out/check/summary ]; then failed=$((failed - 1)); fi
took "build and check"
since=$(date +%s)
# Each scenario has a deadline of its own; this one is for a file of them whose driver does not come back at all.
export CHECK_TIMEOUT="${SCENARIO_TIMEOUT:-1800}" CHECK_CPU=
one=$lint/run-check.sh
if [ $# -gt 0 ]; then
	# In the foreground: what the shell puts into the background ignores SIGINT, and a scenario of Ctrl-C is among them.
	printf '%s\n' "$@" | xargs -P 3 -I SCENARIO sh -c '"$1" "$2" "scenario/${3##*/}" tap "$3"' - $one $out SCENARIO
	for s in $alone; do $one $out "scenario/${s##*/}" tap "$s"; done
	# shellcheck disable=SC2086
	set -- "$@" $alone
	$lint/summary.sh $out $# >$out/scenarios
	cat $out/scenarios
	add $out/scenarios
	took "scenarios"
fi
finish
