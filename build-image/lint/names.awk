# SPDX-License-Identifier: Apache-2.0
# Every test that a document names exists.  usage: awk -f names.awk LIST DOCUMENT...       exit 1 on a finding
# LIST has one row for each test: KIND/NAME, KIND/NAME CASE, scenario NAME, or driver FILE (names.sh makes it).
# In a document a test is: unit/NAME and its like; on such a line a word with two underscores, a case of one of the units it names, or test_FILE of the driver;
# between backquotes MODULE-NAME or MODULE-* of a scenario file, or -NAME after one that was named before.
function complain(text) {
	print FILENAME ":" FNR ": " text
	bad = 1
}
FILENAME == ARGV[1] {
	if ($1 == "scenario") {
		scenario[$2] = 1
		module = $2
		sub(/-.*/, "", module)
		modules[module] = 1
	} else if ($1 == "driver") {
		driver[$2] = 1
	} else if (NF == 2) {
		cases[$1, $2] = 1
	} else {
		test[$1] = 1
	}
	next
}
FNR == 1 { files++ }
# One test or, with a star at its end, at least one that begins like it.
function known(set, name, n) {
	if (name !~ /\*$/)
		return name in set
	sub(/\*$/, "", name)
	for (n in set)
		if (index(n, name) == 1)
			return 1
	return 0
}
function is_case(name, u) {
	for (u in units)
		if ((u, name) in cases)
			return 1
	return 0
}
function scenarios_of(line, word, name, previous, n, i) {
	previous = ""
	n = split(line, word, "`")
	for (i = 2; i <= n; i += 2) {
		name = word[i]
		if (name !~ /^[a-z0-9-]+\*?$/)
			continue
		module = name
		sub(/-.*/, "", module)
		if (module == "" && previous != "")
			name = previous name
		else if (module in modules && name != module && name != "run-scenarios")
			previous = module
		else
			continue
		seen++
		if (!known(scenario, name))
			complain("no scenario " name)
	}
}
{
	split("", units)
	line = $0
	while (match(line, /(unit|model|replay|lint|script)\/[a-z0-9_-]+\*?/)) {
		name = substr(line, RSTART, RLENGTH)
		before = RSTART == 1 ? "" : substr(line, RSTART - 1, 1)
		line = substr(line, RSTART + RLENGTH)
		if (before ~ /[a-z\/-]/ || line ~ /^[.\/]/)
			continue # a path
		seen++
		units[name] = 1
		if (!known(test, name))
			complain("no test " name)
	}
	scenarios_of($0)
	line = $0
	for (u in units)
		while (match(line, /(^|[^A-Za-z0-9_\/.-])[a-z][a-z0-9]*_[a-z0-9]+_[a-z0-9_]+/)) {
			name = substr(line, RSTART, RLENGTH)
			line = substr(line, RSTART + RLENGTH)
			sub(/^[^a-z]/, "", name)
			seen++
			if (name ~ /^test_/ ? !(name in driver) : !is_case(name))
				complain("no case " name " in the tests this line names")
		}
}
END {
	if (!files || !seen) {
		print "no document that names a test"
		bad = 1
	}
	printf "%d names\n", seen
	exit bad
}
