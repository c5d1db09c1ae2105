#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fails on a C file that clang-format would change.  usage: format.sh [FILE...], default all of the tree
set -eu
here=${0%/*}
[ $# -gt 0 ] || set -- $("$here/files.sh" '*.c' '*.h')
[ $# -gt 0 ] || { echo "no C file found"; exit 1; }
clang-format --dry-run --Werror --style=file:.clang-format "$@"
echo "$# files formatted as .clang-format says"
