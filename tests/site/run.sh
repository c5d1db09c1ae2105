#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Golden tests of `bhctl bundle`: each folder beside this file is a case laid over base/. Prints TAP; writes only below its work folder.
# usage: tests/site/run.sh BHCTL WORK [CASE...]      run from the root of the tree; REWRITE=1 replaces what is expected (then read it!)
#
# A case holds the files that differ from base/ (an empty file means: not there) and `expected`: the output and exit status of
#   check                                for every case
#   diff --against the base's bundle     for pass-*
# A case with a folder `images` is checked together with images: NAME MIB BYTES [MAGIC], one line for each in images/list.
set -euf
bhctl=$PWD/$1 work=$2 here=$PWD/tests/site
shift 2
rm -rf "$work" && mkdir -p "$work"
n=0 failed=0

# image FILE MIB BYTES [MAGIC]: a header page that says MIB of memory and BYTES of file, filled up to 4096.
image() {
	le64() { # octal escapes of a number, 8 bytes
		v=$1
		for _ in 1 2 3 4 5 6 7 8; do
			printf '\\%03o' $((v % 256))
			v=$((v / 256))
		done
	}
	{
		printf '%s\0' "${4:-BHVIMG1}"
		printf '\001\0\0\0\0\0\0\0'
		# shellcheck disable=SC2059
		printf "$(le64 "$3")$(le64 $(($2 * 1048576)))"
		head -c 4064 /dev/zero
	} >"$1"
}

report() { # NAME ACTUAL EXPECTED
	n=$((n + 1))
	if cmp -s "$2" "$3"; then
		echo "ok $n - $1"
	else
		failed=$((failed + 1))
		echo "not ok $n - $1"
		# The verdict is the line above; this only shows the difference, and diff says 1 when there is one.
		diff "$3" "$2" | sed 's/^/# /' || :
	fi
}

# run WORD...: output and exit status of bhctl, from inside the work folder so that paths are the same everywhere.
run() {
	rc=0
	(cd "$work" && "$bhctl" "$@" 2>&1) || rc=$?
	echo "exit $rc"
}

lay() { # CASE: base and case into $work/site, images into $work/images
	rm -rf "$work/site" "$work/images" && mkdir -p "$work/site" "$work/images"
	cp "$here"/base/bundle.conf "$here"/base/edges "$work/site"
	set +f
	cp "$here"/base/*.vm "$work/site"
	for f in "$here/$1"/*; do
		case ${f##*/} in expected | images) continue ;; esac
		if [ -d "$f" ]; then
			mkdir -p "$work/site/${f##*/}"
		elif [ -s "$f" ]; then
			cp "$f" "$work/site/"
		else
			rm -f "$work/site/${f##*/}"
		fi
	done
	set -f
	[ ! -f "$here/$1/images/list" ] || while read -r name mib bytes magic; do
		image "$work/images/$name" "$mib" "$bytes" "$magic"
	done <"$here/$1/images/list"
}

case_output() { # CASE
	if [ -d "$here/$1/images" ]; then
		run bundle check site --vmdir images
	else
		run bundle check site
	fi
	case $1 in pass-*) run bundle diff site --against base.bin ;; esac
}

# The description the passing cases are compared with: base, with an image for each VM.
lay base
set +f
for f in "$here"/base/*.vm; do
	v=${f##*/}
	image "$work/images/${v%.vm}.img" 2 4096
done
cases=${*:-$(cd "$here" && ls -d pass-* fail-*)}
set -f
run bundle build site --vmdir images -o base.bin >"$work/actual"
[ -z "${REWRITE:-}" ] || cp "$work/actual" "$here/expected-base"
report base "$work/actual" "$here/expected-base"

for c in $cases; do
	lay "$c"
	case_output "$c" >"$work/actual"
	[ -z "${REWRITE:-}" ] || cp "$work/actual" "$here/$c/expected"
	report "$c" "$work/actual" "$here/$c/expected"
done

# What is no matter of a site: usage, files, JSON, bytes.
lay base
{
	for words in "" "bundle" "bundle burn site" "bundle check" "bundle check site --jason" "bundle check site other" \
		"bundle check site -o x" "bundle build site -o x" "bundle build site --vmdir images" "bundle diff site" \
		"bundle check site --vmdir" "bundle list" "bundle list base.bin --vmdir x" "unbundle"; do
		# shellcheck disable=SC2086
		run $words | grep '^bhctl:\|^exit'
	done
} >"$work/actual"
[ -z "${REWRITE:-}" ] || cp "$work/actual" "$here/expected-usage"
report usage "$work/actual" "$here/expected-usage"
{
	run bundle check nowhere
	run bundle check nowhere --json
	run bundle build site --vmdir images -o nowhere/x
	run bundle diff site --against nowhere
	run bundle diff site --against site/edges
	head -c 7928 /dev/zero >"$work/zero.bin"
	run bundle diff site --against zero.bin
	run bundle list zero.bin
	run bundle list base.bin
	mkdir "$work/images/work.img"
	run bundle check site --vmdir images
} >"$work/actual"
[ -z "${REWRITE:-}" ] || cp "$work/actual" "$here/expected-files"
report files "$work/actual" "$here/expected-files"
lay fail-clear-path
{
	run bundle check site --json
	lay base
	run bundle check site --json
	echo 'raw work personal' >>"$work/site/edges"
	run bundle diff site --against base.bin --json
} | sed 's/[[{] *{/&\n/g; s/}, {/},\n{/g' >"$work/actual"
[ -z "${REWRITE:-}" ] || cp "$work/actual" "$here/expected-json"
report json "$work/actual" "$here/expected-json"
# The site that ships is valid. Notes on what is switched off go to the other stream.
rc=0
"$bhctl" bundle check build-image/site 2>/dev/null >"$work/actual" || rc=$?
{ cat "$work/actual"; echo "exit $rc"; } | sed '1s/: .*//' >"$work/actual.short"
echo "$(sed -n 's/^Name=//p' build-image/site/bundle.conf) serial $(sed -n 's/^Serial=//p' build-image/site/bundle.conf)" >"$work/wanted"
echo "exit 0" >>"$work/wanted"
report build-image/site "$work/actual.short" "$work/wanted"
echo "1..$n"
[ $failed = 0 ]
