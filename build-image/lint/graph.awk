# SPDX-License-Identifier: Apache-2.0
# The direct calls of a disassembly (objdump -dw --no-show-raw-insn), for the awk program that comes after it.
# A function is a symbol of the text, known by its address, since two files may have static functions of one name;
# the cold part GCC splits off belongs to its function. In assembly use .L labels inside a function, otherwise each
# label looks like one. After graph_done(): order[1..functions] addresses, label[a], calls[a] = " a1 a2 ...".
function hex(s, n, i) {
	n = 0
	s = tolower(s)
	sub(/^0x/, "", s)
	for (i = 1; i <= length(s); i++)
		n = n * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
	return n
}
function symbol(text) {
	sub(/^[^<]*</, "", text)
	sub(/>.*/, "", text)
	return text
}
# Call for each line of the disassembly; leaves in `text` the instruction, or nothing.
function graph_line(name, target, offset) {
	text = ""
	if ($0 ~ /^[0-9a-f]+ <.*>:$/) {
		here = hex($1)
		name = symbol($0)
		label[here] = name
		if (name in first)
			first[name] = -1 # two of the name: a cold part cannot be told
		else
			first[name] = here
		order[++functions] = here
		frame[here] = 0
	}
	if ($0 !~ /^ *[0-9a-f]+:\t/)
		return
	text = $0
	sub(/^[^\t]*\t/, "", text)
	if (text ~ /^((notrack|bnd) )?(call|j[a-z]+)[ \t].*<.*>/) {
		target = text
		sub(/^[^ \t]+[ \t]+/, "", target)
		sub(/^(call|jmp)[ \t]+/, "", target)
		sub(/[ \t].*/, "", target)
		offset = 0
		if (symbol(text) ~ /\+0x[0-9a-f]+$/) {
			offset = symbol(text)
			sub(/^.*\+0x/, "", offset)
			offset = hex(offset)
		}
		from_list[++transfers] = here
		to_list[transfers] = hex(target) - offset
		# A jump inside a function is no edge; a call is, even to itself.
		keep[transfers] = (text ~ /call/ && offset == 0) || to_list[transfers] != here
	}
}
function whole(a, name) {
	name = label[a]
	if (sub(/\.cold(\.[0-9]+)?$/, "", name) && name in first && first[name] >= 0)
		return first[name]
	return a
}
function graph_done(i, f, t, n, kept) {
	for (i = 1; i <= transfers; i++) {
		f = whole(from_list[i])
		t = whole(to_list[i])
		if (!keep[i] || (f != from_list[i] && f == t) || (t != to_list[i] && f == t) ||
		    ((f, t) in edge) || ((label[f], label[t]) in dropped))
			continue
		edge[f, t] = 1
		calls[f] = calls[f] " " t
		edges++
	}
	n = functions
	functions = 0
	for (i = 1; i <= n; i++) {
		f = whole(order[i])
		if (f != order[i])
			frame[f] += frame[order[i]]
		else
			order[++functions] = f
	}
}
