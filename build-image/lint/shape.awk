# SPDX-License-Identifier: Apache-2.0
# The shape of C files: at most 800 lines a file and 100 a function, and no #if in a .c file. A longer flat dispatch or
# an unavoidable #if carries "deviation: D-NN" in a comment on the line before it (or on its line).
# usage: awk -f strip.awk -f shape.awk FILE...        exit 1 on a finding
# Relies on the tree's format: a function body starts with { and ends with } in the first column.
function complain(line, text) {
	printf "%s:%d: %s\n", file, line, text
	bad = 1
}
function end_of_file() {
	if (file != "" && lines > 800)
		complain(lines, lines " lines, at most 800 in a file")
}
FNR == 1 {
	end_of_file()
	fresh()
	file = FILENAME
	files++
	head = 0
	body = 0
	marked = 0
}
{
	lines = FNR
	text = code($0)
	if (comment ~ /deviation: D-[0-9]+/)
		marked = FNR
	if (text ~ /^#[ \t]*(if|ifdef|ifndef|elif|elifdef|else)/ && FILENAME ~ /\.c$/ && marked < FNR - 1)
		complain(FNR, "conditional compilation in a .c file")
	if (text == "" || text ~ /^[#}]/) {
		if (!body)
			head = 0
	} else if (!head && !body)
		head = FNR
	if (text == "{") {
		body = FNR
		excused = marked && marked >= head - 1
	}
	if (text ~ /^}/ && body) {
		if (FNR - head + 1 > longest)
			longest = FNR - head + 1
		if (FNR - head + 1 > 100 && !excused)
			complain(head, "a function of " FNR - head + 1 " lines, at most 100")
		functions++
		body = 0
		head = 0
	}
}
END {
	end_of_file()
	if (!files)
		print "no file read"
	printf "FIGURE: %d files, %d functions, the longest %d lines\n", files, functions, longest
	exit bad || !files
}
