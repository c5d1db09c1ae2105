# SPDX-License-Identifier: Apache-2.0
# Every deviation used in the tree is explained, every one explained is used, no id is given twice.
# usage: awk -f deviations.awk deviations.md FILE...          exit 1 on a finding
function complain(text) {
	print text
	bad = 1
}
FILENAME == ARGV[1] {
	if ($0 ~ /^## Closed/)
		closed = 1
	if ($0 ~ /^\| *D-[0-9]+ *\|/) {
		if ($2 in row)
			complain($2 ": given twice")
		row[$2] = closed ? "closed" : "open"
	}
	next
}
# The shape to look for is put together here, so that this file does not use one.
{
	line = $0
	while (match(line, /D-[0-9]+/)) {
		id = substr(line, RSTART, RLENGTH)
		before = substr(line, 1, RSTART - 1)
		line = substr(line, RSTART + RLENGTH)
		if (before !~ /deviation: $/ && !(FILENAME ~ /allow\.txt$/ && $1 == "edge"))
			continue
		used[id] = 1
		if (!(id in row))
			complain(FILENAME ":" FNR ": " id " is not in deviations.md")
		else if (row[id] != "open")
			complain(FILENAME ":" FNR ": " id " is closed")
	}
}
END {
	for (id in row) {
		if (row[id] == "open" && !(id in used))
			complain(id ": nothing in the tree uses it: close it")
		rows++
	}
	printf "%d deviations on record\n", rows
	exit bad
}
