# SPDX-License-Identifier: Apache-2.0
# Finds x87, MMX and vector instructions in a disassembly (objdump -dw --no-show-raw-insn) of the resident image.
# usage: awk -f vector.awk allow.txt image.dis         exit 1 on a finding
FILENAME == ARGV[1] {
	if ($1 == "vector")
		allow[$2] = $3
	next
}
/^[0-9a-f]+ <.*>:$/ {
	fn = substr($2, 2, length($2) - 3)
	functions++
	next
}
/^ *[0-9a-f]+:\t/ {
	text = $0
	sub(/^[^\t]*\t/, "", text)
	sub(/[ \t]*[#<].*/, "", text)
	if (text ~ /%([xyz]?mm[0-9]|st([^a-z]|$)|k[0-7]|bnd[0-3]|tmm)/ ||
	    text ~ /^(f[a-z0-9]+|emms|(ld|st)mxcsr|v(ld|st)mxcsr|(f?x(save|rstor)[a-z0-9]*))([ \t]|$)/) {
		found[fn]++
		where[fn] = where[fn] fn ":" $0 "\n"
	}
}
END {
	for (f in found)
		if (found[f] != allow[f]) {
			printf "%s%s: %d floating-point or vector instructions, %d allowed\n", where[f], f, found[f], allow[f]
			bad = 1
		}
	if (functions < 2) {
		print "no disassembly to read"
		bad = 1
	}
	printf "%d functions read\n", functions
	exit bad
}
