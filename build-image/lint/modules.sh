#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every module.mk of the tree is in the build, is short, and only names things.
# usage: modules.sh FOLDER...   (the Makefile's FOLDERS)
set -eu
bad=0
for m in $("${0%/*}/files.sh" 'module.mk' '*/module.mk'); do
	case " $* " in
	*" ${m%/module.mk} "*) ;;
	*) echo "$m: its folder is not in FOLDERS of the Makefile"; bad=1 ;;
	esac
	lines=$(wc -l <"$m")
	[ "$lines" -le 30 ] || { echo "$m: $lines lines, at most 30"; bad=1; }
	if grep -nE '^	|\$\((wildcard|shell)' "$m"; then
		echo "$m: a recipe, wildcard or shell call; it may only add names to lists"
		bad=1
	fi
done
lines=$(wc -l <Makefile)
[ "$lines" -lt 80 ] || { echo "Makefile: $lines lines, less than 80"; bad=1; }
exit $bad
