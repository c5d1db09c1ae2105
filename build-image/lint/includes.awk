# SPDX-License-Identifier: Apache-2.0
# Holds the headers each source really reached (the compiler's .d files) against include-rules.txt.
# usage: awk -f includes.awk include-rules.txt FILE.d...         exit 1 on a finding
function complain(text) {
	print text
	bad = 1
}
function normal(path, n, part, i, m, kept, out) {
	n = split(path, part, "/")
	m = 0
	for (i = 1; i <= n; i++) {
		if (part[i] == "." || part[i] == "")
			continue
		if (part[i] == ".." && m > 0 && kept[m] != "..")
			m--
		else
			kept[++m] = part[i]
	}
	out = kept[1]
	for (i = 2; i <= m; i++)
		out = out "/" kept[i]
	return out
}
function zone(path, i) {
	for (i = 1; i <= zones; i++)
		if (index(path, prefix[i]) == 1)
			return name[i]
	return ""
}
# Asked of the preprocessor alone (out/deps), a header of a package not built yet is a bare name.
function absent(path, line, got) {
	got = (getline line < path)
	close(path)
	return got < 0
}
function judge(source, header, from, to) {
	from = zone(source)
	to = zone(header)
	pairs++
	if (from == "" || to == "")
		complain(source " -> " header ": " (from == "" ? source : header) " is in no zone of include-rules.txt")
	else if (from != to && !((from, to) in may) && !((from, header) in may) && !((from, "*") in may))
		complain(source " -> " header ": " from " may not include " to)
}
FILENAME == ARGV[1] {
	if ($1 == "zone") {
		prefix[++zones] = $2
		name[zones] = $3
	}
	if ($1 == "may")
		for (i = 3; i <= NF; i++)
			may[$2, $i] = 1
	next
}
# Only the first rule of a .d file counts; the others are there for headers that vanish.
FNR == 1 {
	rule = 1
	source = ""
	files++
}
rule {
	line = $0
	more = sub(/\\$/, "", line)
	n = split(line, word, " ")
	for (i = 1; i <= n; i++) {
		if (word[i] ~ /:$/)
			continue
		if (source == "")
			source = normal(word[i])
		else if (word[i] !~ /^\// && !(FILENAME ~ /^out\/deps\// && absent(word[i])))
			judge(source, normal(word[i]))
	}
	if (!more)
		rule = 0
}
END {
	if (!files)
		complain("no .d file to read")
	printf "%d objects, %d inclusions\n", files, pairs
	exit bad
}
