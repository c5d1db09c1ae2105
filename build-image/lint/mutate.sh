#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Removes one security check at a time and demands that the test named for it fails: a check nothing tests survives.
# usage: mutate.sh LIST WORK_FOLDER [MUTANT...]       run from the root of the tree; two mutants at a time
#        mutate.sh --rows LIST WORK_FOLDER           builds nothing: do the lines of each row still stand, is its test there?
# Exit 1 if a mutant survives, does not apply or does not build, or its test fails without it. Format: tests/README.md.
set -euf
here=${0%/*} only_rows=
if [ "$1" = --rows ]; then only_rows=yes && shift; fi
list=$1 work=$2
shift 2
only=" $* "
mkdir -p "$work"
unset MAKEFLAGS MFLAGS MAKELEVEL

# One file per mutant: NUMBER.head holds "id file test [case]", NUMBER.old and NUMBER.new the lines.
rm -rf "$work/rows" && mkdir "$work/rows"
awk -v dir="$work/rows" -v only="$only" '
	function complain(text) { print FILENAME ":" NR ": " text; bad = 1 }
	/^(#|[ \t]*$)/ { next }
	/^mutant / {
		use = only ~ /^ *$/ || index(only, " " $2 " ")
		if (NF < 4 || NF > 5) complain("mutant ID FILE KIND/TEST [CASE]")
		if ($2 in ids) complain($2 " is there twice")
		ids[$2] = 1
		if (!use) next
		row = sprintf("%s/%03d", dir, ++rows)
		print $2, $3, $4, $5 >(row ".head"); printf "" >(row ".old"); printf "" >(row ".new")
		next
	}
	/^[-+]/ && (row != "" || !use) {
		if (use) print substr($0, 2) >(row ($0 ~ /^-/ ? ".old" : ".new"))
		next
	}
	{ complain("neither a mutant nor a - or + line") }
	END { if (!rows) complain("no mutant"); exit bad }' "$list"
rows=$(ls "$work/rows" | sed -n 's/\.head$//p')

row_stands() { # ROW: says what is wrong with it
	read -r id file test name <"$work/rows/$1.head"
	if ! awk -v old="$work/rows/$1.old" -v new="$work/rows/$1.new" -f "$here/mutate.awk" "$file" >"$work/mutated" 2>"$work/why"; then
		echo "$id: $(tail -n 1 "$work/why")" && return 1
	fi
	case $test in
	unit/*) source=tests/unit/$(echo "${test#unit/}" | tr - _)_test.c ;;
	model/*) source=tests/$test.c ;;
	*) source=tests/fuzz/${test#replay/}.c ;;
	esac
	if [ ! -f "$source" ] || ! grep -qF "${name:+RUN($name)}" "$source"; then
		echo "$id: no test $test $name" && return 1
	fi
}
if [ "$only_rows" ]; then
	rc=0
	for r in $rows; do row_stands "$r" || rc=1; done
	echo "$(echo "$rows" | wc -l) rows looked at"
	exit $rc
fi

# Two copies of the tree, each with an out/ of its own that stays, so that a mutant costs one object and one link.
for slot in 0 1; do
	mkdir -p "$work/tree$slot"
	"$here/files.sh" . >"$work/files"
	(cd "$work/tree$slot" && find . -path ./out -prune -o -type f -print | sed 's|^\./||' | sort) |
		comm -23 - "$work/files" | (cd "$work/tree$slot" && tr '\n' '\0' | xargs -0 rm -f)
	while IFS= read -r f; do
		if ! cmp -s "$f" "$work/tree$slot/$f"; then
			mkdir -p "$work/tree$slot/$(dirname "$f")" && cp "$f" "$work/tree$slot/$f"
		fi
	done <"$work/files"
done

program() { # KIND/TEST -> what to build and run
	case $1 in
	unit/*) echo "out/san/$1" ;;
	model/*) echo "out/$1" ;;
	replay/*) echo "out/san/fuzz/${1#replay/}" ;;
	*) return 1 ;;
	esac
}
try() { # TREE KIND/TEST [CASE]: build (exit 2 if not possible), run
	bin=$(program "$2") || { echo "no such kind of test: $2"; return 2; }
	make -s -C "$1" WARN=-w "$bin" || return 2
	arg=${3:-}
	case $2 in replay/*) arg=tests/corpus/${2#replay/} ;; esac
	(cd "$1" && ulimit -t 200 && exec timeout 1200 "$bin" $arg) && return 0
	return 1
}

worker() { # SLOT: every second row
	tree=$work/tree$1 turn=0
	for r in $rows; do
		turn=$((1 - turn))
		[ $turn = "$1" ] || continue
		read -r id file test name <"$work/rows/$r.head"
		log=$work/rows/$r.log rc=0
		if [ ! -f "$tree/$file" ] || ! awk -v old="$work/rows/$r.old" -v new="$work/rows/$r.new" -f "$here/mutate.awk" \
			"$file" >"$work/mutated$1" 2>"$log"; then
			echo "broken   $id: $(tail -n 1 "$log")" >"$work/rows/$r.verdict"
			continue
		fi
		try "$tree" "$test" "$name" >"$log" 2>&1 || rc=$?
		if [ $rc != 0 ]; then
			echo "broken   $id: $test $name fails or does not build without the mutant" >"$work/rows/$r.verdict"
			continue
		fi
		cp "$work/mutated$1" "$tree/$file"
		try "$tree" "$test" "$name" >"$log" 2>&1 || rc=$?
		cp "$file" "$tree/$file"
		case $rc in
		0) verdict="SURVIVED $id: $test $name does not notice" ;;
		1) verdict="killed   $id by $test $name" ;;
		*) verdict="broken   $id: does not build" ;;
		esac
		echo "$verdict" >"$work/rows/$r.verdict"
		echo "  $verdict"
	done
}
worker 0 & first=$!
worker 1 & second=$!
wait $first && wait $second

for r in $rows; do
	cat "$work/rows/$r.verdict" 2>/dev/null || echo "broken   row $r: no verdict"
done >"$work/verdicts"
grep -v '^killed' "$work/verdicts" || :
awk '{ n[$1]++ } END {
	printf "%d mutants: %d killed, %d survived, %d broken\n", NR, n["killed"], n["SURVIVED"], n["broken"]
	exit n["killed"] != NR || !NR
}' "$work/verdicts"
