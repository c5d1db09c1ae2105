# SPDX-License-Identifier: Apache-2.0
# Holds the classes in classes.txt against the call graph: what a guest root reaches is class guest, what a device
# root reaches is class guest or device, what an image root reaches is not class boot.
# usage: awk -f graph.awk -f reach.awk classes.txt SYMBOLS image.dis      SYMBOLS: nm -l image.elf; exit 1 on a finding
function complain(text) {
	print text
	bad = 1
}
# Not recursive: a list that grows while it is read.
function reach(root, by, list, n, i, k, m, to) {
	n = 1
	list[1] = root
	came[by, root] = "root"
	for (i = 1; i <= n; i++) {
		m = split(calls[list[i]], to, " ")
		for (k = 1; k <= m; k++)
			if (!((by, to[k]) in came)) {
				came[by, to[k]] = list[i]
				list[++n] = to[k]
			}
	}
}
function path(f, by, p) {
	p = label[f]
	while (came[by, f] != "root") {
		f = came[by, f]
		p = label[f] " > " p
	}
	return p
}
FILENAME == ARGV[1] {
	if ($1 == "root")
		root_class[$3] = $2
	else if ($1 ~ /^(guest|device|image|boot)$/)
		class[$2] = $1
	next
}
FILENAME == ARGV[2] {
	if ($2 ~ /^[tT]$/ && NF >= 4) {
		sub(/^\.\//, "", $4)
		sub(/:[0-9?]+$/, "", $4)
		file[hex($1)] = $4
	}
	next
}
{ graph_line() }
END {
	graph_done()
	for (i = 1; i <= functions; i++)
		if (label[order[i]] in root_class) {
			reach(order[i], root_class[label[order[i]]])
			have[label[order[i]]] = 1
			roots[root_class[label[order[i]]]]++
		}
	for (r in root_class)
		if (!(r in have))
			complain(r ": a root in classes.txt, not in the image")
	if (!roots["guest"] || !roots["device"] || !roots["image"])
		complain("classes.txt names no guest root, no device root or no image root of this image")
	for (i = 1; i <= functions; i++) {
		f = order[i]
		if (!(f in file))
			complain(label[f] ": the symbols do not say its file")
		else if (("guest", f) in came) {
			reached++
			if (class[file[f]] != "guest")
				complain(file[f] " is class " class[file[f]] ", yet a guest reaches " path(f, "guest"))
		} else if (("device", f) in came && class[file[f]] !~ /^(guest|device)$/)
			complain(file[f] " is class " class[file[f]] ", yet a device reaches " path(f, "device"))
		else if (("image", f) in came && class[file[f]] !~ /^(guest|device|image)$/)
			complain(file[f] " is class " class[file[f]] ", yet loading reaches " path(f, "image"))
	}
	printf "FIGURE: a guest reaches %d of %d functions\n", reached, functions
	exit bad
}
