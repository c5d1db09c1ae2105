# SPDX-License-Identifier: Apache-2.0
# Finds control transfers through data in a disassembly (objdump -dw --no-show-raw-insn) of the resident image.
# usage: awk -f control.awk allow.txt image.dis        exit 1 on a finding
FILENAME == ARGV[1] {
	if ($1 == "control")
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
	if (text ~ /(call|jmp)[a-z]*[ \t]+\*/ || text ~ /(^|[ \t])(lret|iret|sysret|sysexit|syscall|sysenter)[a-z]*([ \t]|$)/) {
		found[fn]++
		where[fn] = where[fn] fn ":" $0 "\n"
	}
	if (text ~ /\(bad\)/) {
		printf "%s:%s: not understood by the disassembler\n", fn, $0
		bad = 1
	}
}
END {
	for (f in found)
		if (found[f] != allow[f]) {
			printf "%s%s: %d indirect transfers, %d allowed\n", where[f], f, found[f], allow[f]
			bad = 1
		}
	if (functions < 2) {
		print "no disassembly to read"
		bad = 1
	}
	printf "%d functions read\n", functions
	exit bad
}
