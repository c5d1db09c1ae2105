#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Golden tests of `bhctl bundle`: each folder beside this file is a case laid over base/. Prints TAP; writes only below its work folder.
# usage: tests/site/run.sh BHCTL WORK [CASE...]      run from the root of the tree; REWRITE=1 replaces what is expected (then read it!)
#
# A case holds the files that differ from base/ (an empty file means: not there) and `expected`: the output and exit status of
#   check                                for every case
#   diff --against the base's bundle     for pass-*, with its images where it has some
# A case with a folder `images` is checked together with images: NAME MIB BYTES [MAGIC [ROOM]], one line for each in images/list, and
# with secret files: NAME BYTES [SALT [MAGIC]] in images/secrets.
set -euf
bhctl=$PWD/$1 work=$2 here=$PWD/tests/site
shift 2
rm -rf "$work" && mkdir -p "$work"
n=0 failed=0

le64() { # octal escapes of a number, 8 bytes
	v=$1
	for _ in 1 2 3 4 5 6 7 8; do
		printf '\\%03o' $((v % 256))
		v=$((v / 256))
	done
}

# image FILE MIB BYTES [MAGIC [ROOM]]: a header page that says MIB of memory, BYTES of file and ROOM for a secret, filled up to 4096.
image() {
	{
		printf '%s\0' "${4:-BHVIMG1}"
		printf '\001\0\0\0\0\0\0\0'
		# shellcheck disable=SC2059
		printf "$(le64 "$3")$(le64 $(($2 * 1048576)))"
		head -c 32 /dev/zero
		# shellcheck disable=SC2059
		printf "$(le64 "${5:+131072}")$(le64 "${5:-0}")"
		head -c 4016 /dev/zero
	} >"$1"
}

# secret FILE BYTES [SALT [MAGIC]]: BYTES of secret under 32 bytes of salt, half of them SALT.
secret() {
	{
		yes "${3:-s}" | tr -d '\n' | head -c 16
		seq 100 | head -c 16
		printf '%s\0\001\0\0\0' "${4:-BHSECR1}"
		# shellcheck disable=SC2059
		printf "$(le64 "$2" | head -c 16)"
		head -c 16 /dev/zero
		yes 'this is the secret' | head -c "$2"
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
	[ ! -f "$here/$1/images/list" ] || while read -r name mib bytes magic room; do
		image "$work/images/$name" "$mib" "$bytes" "$magic" "$room"
	done <"$here/$1/images/list"
	[ ! -f "$here/$1/images/secrets" ] || while read -r name bytes salt magic; do
		secret "$work/images/$name" "$bytes" "$salt" "$magic"
	done <"$here/$1/images/secrets"
}

case_output() { # CASE
	if [ -d "$here/$1/images" ]; then
		run bundle check site --vmdir images
	else
		run bundle check site
	fi
	case $1 in pass-*)
		if [ -d "$here/$1/images" ]; then
			run bundle diff site --vmdir images --against base.bin
		else
			run bundle diff site --against base.bin
		fi
		;;
	esac
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
	head -c 8440 /dev/zero >"$work/zero.bin"
	run bundle diff site --against zero.bin
	run bundle list zero.bin
	run bundle list base.bin
	mkdir "$work/images/work.img"
	run bundle check site --vmdir images
} >"$work/actual"
[ -z "${REWRITE:-}" ] || cp "$work/actual" "$here/expected-files"
report files "$work/actual" "$here/expected-files"
# A secret is its digest and nothing else, in every answer; another salt makes another one.
lay pass-secret
{
	run bundle build site --vmdir images -o one.bin
	run bundle build site --vmdir images -o again.bin
	cmp "$work/one.bin" "$work/again.bin" && echo same
	run bundle list one.bin
	run bundle check site --vmdir images --json | sed 's/[[{] *{/&\n/g; s/}, {/},\n{/g' | grep -E 'vpnvm.*ram_mib|^exit'
	secret "$work/images/vpn.secret" 100 t
	run bundle diff site --vmdir images --against one.bin
	run bundle diff site --against one.bin
	grep -a -c 'this is the secret' "$work/images/vpn.secret" "$work/one.bin" | sed 's,^.*/,,'
} >"$work/actual"
[ -z "${REWRITE:-}" ] || cp "$work/actual" "$here/expected-secret"
report secret "$work/actual" "$here/expected-secret"
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
