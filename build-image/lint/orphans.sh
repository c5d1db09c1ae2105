#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every source file committed is built by something: named in a module.mk, or in the Kbuild file beside it.
# usage: orphans.sh SOURCE...       the sources the makefiles know
set -eu
bad=0 n=0
for f in $("${0%/*}/files.sh" '*.c' '*.S'); do
	# What is new and not committed yet may wait for its module.mk.
	if [ -e .git ] && ! git -c safe.directory="$PWD" ls-files --error-unmatch "$f" >/dev/null 2>&1; then continue; fi
	n=$((n + 1))
	case " $* " in *" $f "*) continue ;; esac
	base=${f##*/}
	if grep -qw "${base%.*}\.o" "${f%/*}/Kbuild" 2>/dev/null; then continue; fi
	echo "$f: no program is built from it"
	bad=1
done
echo "$n sources committed"
exit $bad
