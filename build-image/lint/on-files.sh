#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs a command on the files of the tree that fit the patterns, appended to its arguments.
# usage: on-files.sh 'PATTERN PATTERN...' COMMAND [ARGUMENT...]
set -euf
files=$("${0%/*}/files.sh" $1)
shift
[ -n "$files" ] || { echo "no file found"; exit 1; }
exec "$@" $files
