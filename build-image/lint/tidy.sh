#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# clang-tidy over FILE..., compiled with FLAGS; its checks are in clang-tidy.yml.  usage: tidy.sh "CC FLAGS" FILE...
# The name of the compiler in front of the flags is dropped: clang-tidy is one itself.
set -euf
here=${0%/*} flags=${1#* }
shift
[ $# -gt 0 ] || { echo "no file to look at"; exit 1; }
found=$(printf '%s\n' "$@" | xargs -P 2 -n 8 sh -c \
	'config=$0 flags=$1; shift; clang-tidy --quiet --config-file="$config" "$@" -- $flags 2>/dev/null || :' \
	"$here/clang-tidy.yml" "$flags" | sed "s|^$PWD/||")
[ -z "$found" ] || { echo "$found"; exit 1; }
echo "$# files"
