#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `make image` when nothing or one line changed, and what it says while something slow is built. Prints TAP; part of make test,
# because it runs make. Writes only below out/again.
# usage: tests/tools/again.sh      run from the root of the tree, once `make all` is done
set -uf
unset MAKEFLAGS MFLAGS MAKELEVEL
work=out/again
rm -rf $work
mkdir -p $work/cache
cp -R build-image/site $work/site
n=0 failed=0
echo 1..7

is() { # NAME WANTED FOUND
	n=$((n + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $n - $1"
	else
		failed=$((failed + 1))
		printf 'not ok %s - %s\n# wanted: %s\n# found:  %s\n' "$n" "$1" "$2" "$(echo "$3" | tr '\n' ' ')"
	fi
}
image() {
	make SITE=$work/site IMAGE=$work/x.img image 2>&1
	echo "status $?"
}
# The first word of each line make prints for a command it runs, and make's exit status.
commands() {
	awk '/^  [A-Z]+ / { print $1 } /^status/ { print $2 }' | tr '\n' ' '
}

is "a site of its own needs a description and an image, and nothing built before is built again" "BUNDLE IMAGE 0 " "$(image | commands)"
before=$(stat -c '%i %Y' $work/x.img)
begin=$(date +%s%N)
said=$(image)
took_ms=$((($(date +%s%N) - begin) / 1000000))
is "nothing changed: no command runs" "$work/x.img status 0 " "$(echo "$said" | tr '\n' ' ')"
is "nothing changed: the image is the same file" "$before" "$(stat -c '%i %Y' $work/x.img)"
echo "# FIGURE: make image with nothing changed: $took_ms ms"
is "nothing changed: less than 5 s" yes "$([ $took_ms -lt 5000 ] && echo yes || echo "$took_ms ms")"
sed -i '/^net *personal *netvm/d' $work/site/edges
is "one line of the site changed: description and image, no VM" "BUNDLE IMAGE 0 " "$(image | commands)"
# Kept going, because the kernel's own makefiles are not there to be asked.
make -k -n OUT=$work/none all >$work/plan 2>&1
is "in a tree where nothing is built every file has a rule" "0 yes" \
	"$(grep -c 'No rule to make' $work/plan) $(grep -q "$work/none/musl/inputvmd" $work/plan && echo yes)"

# An empty cache but for the downloads.
ln -s "${BULKHEAD_CACHE:-$HOME/.cache/bulkhead}/download" $work/cache/download
said=$(BULKHEAD_CACHE=$PWD/$work/cache build-image/pkg/build linux-headers 2>&1 | head -n 1)
is "what is slow to build says first which step it is and how long it takes" yes \
	"$(echo "$said" | grep -Eq '^packages: step [0-9]+ of [0-9]+: linux-headers [^ ]+ \(usually [0-9]+ (s|min)\)$' && echo yes || echo "$said")"
rm -rf $work/cache
[ $failed = 0 ]
