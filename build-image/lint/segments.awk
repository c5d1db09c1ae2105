# SPDX-License-Identifier: Apache-2.0
# Nothing in a resident image is writable and executable, no page is shared by segments of different rights, and the
# image needs no loader: no interpreter, no library, only relative relocations.
# usage: readelf -lSrdW image.elf | awk -f segments.awk         exit 1 on a finding
function hex(s, n, i) {
	n = 0
	sub(/^0x/, "", s)
	for (i = 1; i <= length(s); i++)
		n = n * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
	return n
}
function complain(text) {
	print text
	bad = 1
}
/^Section Headers:/ { part = "sections" }
/^Program Headers:/ { part = "segments" }
/^Relocation section/ { part = "relocations" }
/^Dynamic section/ { part = "dynamic" }
/Section to Segment mapping/ { part = "" }
part == "sections" && /^ +\[ *[0-9]+\]/ {
	line = $0
	sub(/^ +\[ *[0-9]+\] */, "", line)
	if (split(line, f, " ") == 10 && f[7] ~ /W/ && f[7] ~ /X/)
		complain("section " f[1] " is writable and executable")
	sections++
}
part == "segments" && $1 == "LOAD" {
	rights = ""
	for (i = 7; i < NF; i++)
		rights = rights $i
	if (rights ~ /W/ && rights ~ /E/)
		complain("segment at " $3 " is writable and executable")
	start = int(hex($3) / 4096)
	end = int((hex($3) + hex($6) - 1) / 4096)
	for (i = 1; i <= loads; i++)
		if (right[i] != rights && start <= last[i] && first[i] <= end)
			complain("segment at " $3 " (" rights ") shares a page with one that is " right[i])
	first[++loads] = start
	last[loads] = end
	right[loads] = rights
}
part == "segments" && $1 == "GNU_STACK" && $7 ~ /E/ { complain("the stack is executable") }
part == "segments" && $1 == "INTERP" { complain("an interpreter is asked for") }
part == "dynamic" && /\((NEEDED|TEXTREL)\)/ { complain("dynamic entry: " $0) }
part == "relocations" && /R_X86_64_/ && !/R_X86_64_RELATIVE / { complain("relocation: " $0) }
END {
	if (!loads || sections < 2)
		complain("no ELF headers to read")
	printf "%d sections, %d loaded segments\n", sections, loads
	exit bad
}
