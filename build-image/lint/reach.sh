#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Classes of files against the call graph of one image; the rules are in reach.awk.  usage: reach.sh IMAGE.elf
# nm knows no file of hidden functions written in assembly: the line table is asked for those.
set -eu
here=${0%/*} image=${1%.elf}
nm -l "$1" | while read -r address kind name file; do
	case "$kind$file" in
	[tT]) file=$(addr2line -e "$1" "$address") ;;
	esac
	printf '%s %s %s\t%s\n' "$address" "$kind" "$name" "$file"
done >"$image.symbols"
exec awk -f "$here/graph.awk" -f "$here/reach.awk" "$here/classes.txt" "$image.symbols" "$image.dis"
