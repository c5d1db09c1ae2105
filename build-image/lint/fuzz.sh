#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs fuzz targets one after the other for some seconds each; new inputs stay in out/fuzz/corpus, an input that breaks
# one in out/fuzz/crash-TARGET-*.  usage: fuzz.sh SECONDS TARGET...
set -eu
seconds=$1
shift
[ $# -gt 0 ] || { echo "no fuzz target"; exit 1; }
bad=0
for t do
	mkdir -p "out/fuzz/corpus/$t"
	seeds=$(find "tests/corpus/$t" -type f ! -name '.*' | wc -l)
	if "out/fuzz/$t" -max_total_time="$seconds" -timeout=10 -artifact_prefix="out/fuzz/crash-$t-" \
		"out/fuzz/corpus/$t" "tests/corpus/$t" >"out/fuzz/$t.log" 2>&1; then
		echo "  ok        $t: $seeds seeds, $(sed -n 's/^Done \([0-9]*\) runs.*/\1 runs/p' "out/fuzz/$t.log")"
	else
		tail -n 30 "out/fuzz/$t.log"
		echo "  FAILED    $t: the input is out/fuzz/crash-$t-*, the whole log out/fuzz/$t.log"
		bad=1
	fi
done
exit $bad
