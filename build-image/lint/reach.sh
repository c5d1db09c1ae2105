#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Classes of files against the call graph of one image; the rules are in reach.awk.  usage: reach.sh IMAGE.elf
set -eu
here=${0%/*} image=${1%.elf}
nm -l "$1" >"$image.symbols"
exec awk -f "$here/graph.awk" -f "$here/reach.awk" "$here/classes.txt" "$image.symbols" "$image.dis"
