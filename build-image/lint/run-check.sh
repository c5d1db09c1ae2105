#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs one item of `make check` and writes down how it ended; it must not end the others by failing itself.
# usage: run-check.sh DIR KIND/NAME tap|exit COMMAND [ARGUMENT...]
# DIR/KIND/NAME.log gets the output, DIR/KIND/NAME.result gets "<passed> <failed>", and of one that
# failed DIR/KIND/NAME.why has its name and what its TAP says of that.
# CHECK_CPU: seconds of processor that each process of it may use ("": no limit), so that a busy machine fails nothing.
# CHECK_TIMEOUT: seconds until it counts as asleep for ever.
set -eu
dir=$1 name=$2 format=$3
shift 3
log=$dir/$name.log
mkdir -p "${log%/*}"
rc=0
(
	[ -z "${CHECK_CPU-300}" ] || ulimit -t "${CHECK_CPU-300}"
	exec timeout "${CHECK_TIMEOUT:-1800}" "$@"
) </dev/null >"$log" 2>&1 || rc=$?
case $format in
tap) counts=$(awk -v rc="$rc" -f "${0%/*}/tap.awk" "$log") ;;
exit) if [ "$rc" = 0 ]; then counts="1 0"; else counts="0 1"; fi ;;
*) echo "run-check.sh: $format?" >&2; exit 2 ;;
esac
printf '%s\n' "$counts" | head -n 1 >"$dir/$name.result"
read -r passed failed <"$dir/$name.result"
if [ "$failed" = 0 ]; then
	printf '  ok        %-28s %s\n' "$name" "$passed"
	grep '^FIGURE:' "$log" || :
else
	{
		printf '%s\n' "$counts" | sed '1d; s/^/    | /'
		printf '  FAILED    %-28s %s passed, %s failed, exit status %s\n' "$name" "$passed" "$failed" "$rc"
	} >"$dir/$name.why"
	if [ -n "${CHECK_QUIET:-}" ]; then tail -n 1 "$dir/$name.why"; else sed 's/^/    | /' "$log" | cat - "$dir/$name.why"; fi
fi
