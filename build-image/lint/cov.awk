# SPDX-License-Identifier: Apache-2.0
# Adds up gcov's annotated sources (gcov -b -c -t): lines run, and branch outcomes that happened at least once.
# usage: awk -v min_lines=N -v min_branches=N -f cov.awk REPORT SOURCE...      exit 1 below the floor
function percent(part, whole) { return whole ? 100 * part / whole : 100 }
BEGIN {
	for (i = 2; i < ARGC; i++) {
		order[++sources] = ARGV[i]
		wanted[ARGV[i]] = 1
		delete ARGV[i]
	}
}
/^ *-: *0:Source:/ {
	file = $0
	sub(/^.*0:Source:/, "", file)
	if (file in wanted)
		seen[file]++
	next
}
/\.gcno:no functions found$/ { # a table and nothing else
	sub(/^out\/cov\/obj\//, "")
	sub(/\.gcno:no functions found$/, ".c")
	tables[$0] = 1
	next
}
!(file in wanted) { next }
/^branch +[0-9]+ / {
	branches[file]++
	if ($3 == "taken" && $4 + 0 > 0)
		taken[file]++
	next
}
/^ *[0-9#=][^:]*: *[1-9][0-9]*:/ {
	lines[file]++
	if ($0 !~ /^ *[#=]/)
		run[file]++
}
END {
	for (i = 1; i <= sources; i++) {
		f = order[i]
		if (seen[f] != 1 && !(f in tables)) {
			printf "%s: gcov says nothing about it\n", f
			bad = 1
		}
		printf "FIGURE: %-36s %4d lines %5.1f %%, %4d branches %5.1f %%\n", f, lines[f],
			percent(run[f], lines[f]), branches[f], percent(taken[f], branches[f])
		L += lines[f]
		R += run[f]
		B += branches[f]
		T += taken[f]
	}
	printf "FIGURE: %-36s %4d lines %5.1f %%, %4d branches %5.1f %% (at least %d and %d)\n", "all of them", L,
		percent(R, L), B, percent(T, B), min_lines, min_branches
	if (!L || percent(R, L) < min_lines || percent(T, B) < min_branches) {
		print "coverage below the floor"
		bad = 1
	}
	exit bad
}
