# SPDX-License-Identifier: Apache-2.0
# The world switch in a disassembly (objdump -dw --no-show-raw-insn): what no run of it can show, because the emulator does not speculate.
# usage: awk -v enter=svm_enter -v run=vmrun -f switch.awk image.dis        exit 1 on a finding
#   - VERW stands directly before the instruction that enters the guest
#   - every general register is loaded before it: none of the core's goes in
#   - 32 calls that come back nowhere stand after it, before the first RET
#   - every general register, and CR2, is cleared or loaded again after it: none of the guest's stays
function complain(text) {
	print enter ": " text
	bad = 1
}
function whole(r) {
	if (r ~ /^r[0-9]+d$/)
		sub(/d$/, "", r)
	else
		sub(/^e/, "r", r)
	return r
}
BEGIN { registers = split("rbx rcx rdx rsi rdi rbp r8 r9 r10 r11 r12 r13 r14 r15", name, " ") }
/^[0-9a-f]+ <.*>:$/ {
	inside = $2 == "<" enter ">:"
	found = found || inside
	next
}
!inside || !/^ *[0-9a-f]+:\t/ { next }
{
	text = $0
	sub(/^[^\t]*\t/, "", text)
	sub(/[ \t]+$/, "", text)
}
text ~ "^" run "( |$)" {
	if (before !~ /^verw[ \t]/)
		complain("before " run " stands '" before "', not verw")
	entered++
	next
}
{ before = text }
entered && /\tret/ { left = 1 }
left { next }
!entered && text ~ /^mov +0x[0-9a-f]+\(%rdi\),%r[a-z0-9]+$/ {
	sub(/.*%/, "", text)
	loaded[text] = 1
}
entered && text ~ /^call +[0-9a-f]+ <.*\+0x[0-9a-f]+>$/ { calls++ }
entered && (text ~ /^xor +%[a-z0-9]+,%[a-z0-9]+$/ || text ~ /^pop +%[a-z0-9]+$/) {
	r = text
	sub(/.*%/, "", r)
	if (text ~ /^pop/ || text ~ "%" r ",%" r "$")
		cleared[whole(r)] = 1
}
entered && text ~ /^mov +%r[a-z0-9]+,%cr2$/ { cleared["cr2"] = 1 }
END {
	if (!found || entered != 1 || !left)
		complain("found " found + 0 " such functions, " entered + 0 " entries, " left + 0 " ways out")
	for (i = 1; i <= registers; i++) {
		if (!(name[i] in loaded))
			complain(name[i] " goes into the guest with a value of the core")
		if (!(name[i] in cleared))
			complain(name[i] " comes out of the guest and stays")
	}
	if (!("cr2" in cleared))
		complain("cr2 comes out of the guest and stays")
	if (calls < 32)
		complain(calls + 0 " calls fill the return stack, 32 are needed")
	printf "%d registers, %d calls\n", registers, calls
	exit bad
}
