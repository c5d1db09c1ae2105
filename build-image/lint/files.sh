#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Lists the files of the tree that fit the patterns: tracked ones and new ones not ignored, without samples
# that are broken on purpose.  usage: files.sh PATTERN...   (git pathspecs such as '*.c')
set -euf
list() {
	# The checkout may belong to somebody else than the user who tests it.
	if [ -e .git ]; then
		git -c safe.directory="$PWD" ls-files --cached --others --exclude-standard -- "$@"
		return
	fi
	# An unpacked archive: the patterns mean the same to find, a plain name is a file or folder.
	for pattern do
		case $pattern in
		.) find . -name out -prune -o -type f -print ;;
		*\**) find . -path ./out -prune -o -type f -path "./$pattern" -print ;;
		*) find "./$pattern" -type f -print 2>/dev/null || : ;;
		esac
	done | sed 's|^\./||'
}
files=$(list "$@") || exit 1
printf '%s\n' "$files" | sort -u | while IFS= read -r f; do
	case $f in build-image/lint/samples/*) continue ;; esac
	if [ -f "$f" ]; then printf '%s\n' "$f"; fi
done
