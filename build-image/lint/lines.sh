#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Code lines of one resident image: its sources, and every header of ours the compiler read for them (.d files).
# usage: lines.sh ".D FILES" SOURCE...
set -eu
here=${0%/*} deps=$1
shift
# shellcheck disable=SC2086
read=$(cat $deps)
headers=$(echo "$read" | tr ' \\' '\n\n' | sed -n 's/^\([^/].*\.h\):*$/\1/p' | sort -u)
exec awk -f "$here/strip.awk" -f "$here/lines.awk" "$here/classes.txt" "$@" $headers
