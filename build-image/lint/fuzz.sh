#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs fuzz targets one after the other for some seconds each and prints a table: executions, and edges covered of those compiled in
# (the whole core for most targets, of which some cannot be reached). New inputs stay in out/fuzz/corpus, an input that breaks a target
# in out/fuzz/crash-TARGET-*.  usage: fuzz.sh SECONDS TARGET...
set -eu
seconds=$1
shift
[ $# -gt 0 ] || { echo "no fuzz target"; exit 1; }
bad=0 all=0
row() { printf '  %-10s %6s %10s %9s %7s %7s %5s  %s\n' "$@"; }
row target seeds executions each/s edges of cover result
for t do
	log=out/fuzz/$t.log
	mkdir -p "out/fuzz/corpus/$t"
	seeds=$(find "tests/corpus/$t" -type f ! -name '.*' | wc -l)
	result=ok
	"out/fuzz/$t" -max_total_time="$seconds" -timeout=30 -len_control=20 -max_len=1024 -print_final_stats=1 \
		-artifact_prefix="out/fuzz/crash-$t-" "out/fuzz/corpus/$t" "tests/corpus/$t" >"$log" 2>&1 || result=FAILED
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	of=$(sed -n 's/^INFO: Loaded 1 modules  *(\([0-9]*\) inline.*/\1/p' "$log")
	edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
	# Silence is no success: a target that did nothing has no figures.
	[ -n "$runs" ] && [ -n "$of" ] && [ -n "$edges" ] && [ "$runs" -gt "$seeds" ] || result=FAILED
	row "$t" "$seeds" "${runs:-0}" $((${runs:-0} / seconds)) "${edges:-0}" "${of:-0}" \
		"$((100 * ${edges:-0} / ${of:-1}))%" $result
	all=$((all + ${runs:-0}))
	[ $result = ok ] && continue
	bad=1
	grep -a '^# ' "$log" || :
	tail -n 30 "$log"
	echo "  the input is out/fuzz/crash-$t-*, the whole log $log"
done
echo "  $# targets, $all executions"
exit $bad
