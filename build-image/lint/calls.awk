# SPDX-License-Identifier: Apache-2.0
# Reads the direct calls of a disassembly (objdump -dw --no-show-raw-insn): no recursion, bounded frames, bounded
# stack. usage: awk -v frame_max=N -v stack_max=N -f calls.awk allow.txt image.dis       exit 1 on a finding
#
# A function is a symbol of the text; the cold part GCC splits off belongs to its function. In assembly use .L
# labels inside a function, otherwise each label looks like one. A frame is every push plus every constant taken
# from %rsp: an upper bound for what GCC emits.
function owner(symbol) {
	sub(/[+-]0x[0-9a-f]+$/, "", symbol)
	sub(/\.cold(\.[0-9]+)?$/, "", symbol)
	return symbol
}
function hex(s, n, i) {
	n = 0
	s = tolower(s)
	for (i = 1; i <= length(s); i++)
		n = n * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
	return n
}
# Depth-first; state 1 = on the current path. Leaves in deepest[f] the stack below and including f.
function visit(f, path, i, n, to, best) {
	state[f] = 1
	best = 0
	n = split(calls[f], to, " ")
	for (i = 1; i <= n; i++) {
		if (to[i] == f || (to[i] in state && state[to[i]] == 1)) {
			print "recursion: " path " > " to[i]
			bad = 1
			continue
		}
		if (!(to[i] in state))
			visit(to[i], path " > " to[i])
		if (deepest[to[i]] > best) {
			best = deepest[to[i]]
			next_of[f] = to[i]
		}
	}
	deepest[f] = frame[f] + 8 + best
	state[f] = 2
}
FILENAME == ARGV[1] {
	if ($1 == "edge")
		dropped[$2, $3] = 1
	next
}
/^[0-9a-f]+ <.*>:$/ {
	fn = owner(substr($2, 2, length($2) - 3))
	if (!(fn in frame)) {
		frame[fn] = 0
		order[++functions] = fn
	}
	next
}
/^ *[0-9a-f]+:\t/ {
	text = $0
	sub(/^[^\t]*\t/, "", text)
	if (text ~ /^push/)
		frame[fn] += 8
	else if (text ~ /^sub[lq]? +\$0x[0-9a-f]+,%rsp/) {
		size = text
		sub(/^[^$]*\$0x/, "", size)
		sub(/,.*/, "", size)
		frame[fn] += hex(size)
	} else if (text ~ /^sub.*%[a-z0-9]+,%rsp$/) {
		print fn ": " text ": a frame of variable size"
		bad = 1
	} else if (text ~ /^((notrack|bnd) )?(call|j[a-z]+)[ \t].*<.*>/) {
		target = text
		sub(/^[^<]*</, "", target)
		sub(/>.*/, "", target)
		offset = target ~ /\+0x/
		target = owner(target)
		iscall = text ~ /call/
		if ((target != fn || (iscall && !offset)) && !((fn, target) in edge) && !((fn, target) in dropped)) {
			edge[fn, target] = 1
			calls[fn] = calls[fn] " " target
			edges++
		}
	}
}
END {
	for (i = 1; i <= functions; i++) {
		f = order[i]
		if (frame[f] > frame_max) {
			printf "%s: frame of %d bytes, at most %d\n", f, frame[f], frame_max
			bad = 1
		}
		if (!(f in state))
			visit(f, f)
		if (deepest[f] > deepest[top])
			top = f
	}
	if (functions < 2 || edges < 1) {
		print "no call graph to read"
		exit 1
	}
	path = top
	for (f = top; f in next_of; f = next_of[f])
		path = path " > " next_of[f]
	printf "FIGURE: deepest stack %d of %d bytes: %s\n", deepest[top], stack_max, path
	if (deepest[top] > stack_max) {
		print "the deepest call path needs more stack than there is"
		bad = 1
	}
	printf "%d functions, %d direct calls\n", functions, edges
	exit bad
}
