# SPDX-License-Identifier: Apache-2.0
# Counts one TAP stream: first line out "<passed> <failed>", then why. Doubt counts as failure, never as a pass.
# -v rc=EXIT_STATUS of the program that printed it.
function bad(why) { failed++; reasons = reasons why "\n" }
# What the program says of a failure, at most 12 lines: said again at the end, for of a long log often nothing but the end is kept.
/^#/ && more > 0 { more--; reasons = reasons $0 "\n" }
!/^#/ { more = 0 }
/^1\.\.[0-9]+/ {
	if (planned++)
		bad("two plans")
	plan = substr($1, 4) + 0
	next
}
/^(not )?ok([ \t]|$)/ {
	isok = $1 == "ok"
	number = isok ? $2 : $3
	seen++
	if (number != seen)
		bad("test number " number " where " seen " was due")
	if (!isok) {
		bad($0)
		more = 12
	} else if (toupper($0) ~ /# *(SKIP|TODO)/)
		bad("skipped: " $0)
	else
		passed++
	next
}
/^Bail out!/ { bad($0) }
END {
	if (!planned)
		bad("no plan: the program died or is no test")
	else if (plan != seen)
		bad("planned " plan ", saw " seen + 0)
	else if (plan == 0)
		bad("not one test")
	if (rc != 0 && !failed)
		bad("exit status " rc)
	printf "%d %d\n%s", passed, failed, reasons
}
