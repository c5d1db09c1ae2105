#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Lists the files of the tree that fit the patterns: tracked ones and new ones not ignored, without samples
# that are broken on purpose.  usage: files.sh PATTERN...   (git pathspecs such as '*.c')
set -eu
git ls-files --cached --others --exclude-standard -- "$@" | sort -u | while IFS= read -r f; do
	case $f in build-image/lint/samples/*) continue ;; esac
	if [ -f "$f" ]; then printf '%s\n' "$f"; fi
done
