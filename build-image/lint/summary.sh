#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Adds up the results below DIR and prints the last line of `make check`, also into DIR/summary; a missing result
# is a failure.
# usage: summary.sh DIR NUMBER_OF_ITEMS
set -eu
dir=$1 rc=0
find "$dir" -name '*.result' -exec cat {} + | awk -v items="$2" '
	NF != 2 || $1 !~ /^[0-9]+$/ || $2 !~ /^[0-9]+$/ { failed++; next }
	{ passed += $1; failed += $2; n++ }
	END {
		if (n != items) {
			printf "%d results where %d were due\n", n, items
			failed++
		}
		printf "%d passed, %d failed\n", passed, failed
		exit failed > 0 || passed == 0
	}' >"$dir/summary" || rc=$?
cat "$dir/summary"
exit $rc
