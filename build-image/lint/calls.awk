# SPDX-License-Identifier: Apache-2.0
# No recursion, bounded frames, and enough stack for the deepest path of direct calls.
# usage: awk -v frame_max=N -v stack_max=N -f graph.awk -f calls.awk allow.txt image.dis       exit 1 on a finding
# A frame is every push plus every constant taken from %rsp: an upper bound for what GCC emits.

# Depth-first; state 1 = on the current path. Leaves in deepest[f] the stack below and including f.
function visit(f, path, i, n, to, best) {
	state[f] = 1
	best = 0
	n = split(calls[f], to, " ")
	for (i = 1; i <= n; i++) {
		if (to[i] == f || (to[i] in state && state[to[i]] == 1)) {
			print "recursion: " path " > " label[to[i]]
			bad = 1
			continue
		}
		if (!(to[i] in state))
			visit(to[i], path " > " label[to[i]])
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
{ graph_line() }
text ~ /^push/ { frame[here] += 8 }
text ~ /^sub[lq]? +\$0x[0-9a-f]+,%rsp/ {
	size = text
	sub(/^[^$]*\$0x/, "", size)
	sub(/,.*/, "", size)
	frame[here] += hex(size)
}
text ~ /^sub.*%[a-z0-9]+,%rsp$/ {
	print label[here] ": " text ": a frame of variable size"
	bad = 1
}
END {
	graph_done()
	for (i = 1; i <= functions; i++) {
		f = order[i]
		if (frame[f] > frame_max) {
			printf "%s: frame of %d bytes, at most %d\n", label[f], frame[f], frame_max
			bad = 1
		}
		if (!(f in state))
			visit(f, label[f])
		if (i == 1 || deepest[f] > deepest[top])
			top = f
	}
	if (functions < 2 || edges < 1) {
		print "no call graph to read"
		exit 1
	}
	path = label[top]
	for (f = top; f in next_of; f = next_of[f])
		path = path " > " label[next_of[f]]
	printf "FIGURE: deepest stack %d of %d bytes: %s\n", deepest[top], stack_max, path
	if (deepest[top] > stack_max) {
		print "the deepest call path needs more stack than there is"
		bad = 1
	}
	printf "%d functions, %d direct calls\n", functions, edges
	exit bad
}
