#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Code lines of one resident image: its sources, and every header of ours the compiler read for them (.d files).
# usage: lines.sh SOURCE...
set -eu
here=${0%/*}
headers=$(for s do cat "out/resident/obj/${s%.*}.d"; done | tr ' \\' '\n\n' | sed -n 's/^\([^/].*\.h\):*$/\1/p' | sort -u)
exec awk -f "$here/strip.awk" -f "$here/lines.awk" "$here/classes.txt" "$@" $headers
