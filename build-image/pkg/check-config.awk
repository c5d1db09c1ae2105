# SPDX-License-Identifier: Apache-2.0
# Compares a Kconfig result (first file) with what was asked for (second): names each lost line, then fails.
# Must not accept a symbol that is neither asked for value nor, for "is not set", off.

FNR == NR {
	if ($0 ~ /^CONFIG_/) {
		split($0, part, "=")
		got[part[1]] = substr($0, length(part[1]) + 2)
	}
	next
}
/^CONFIG_/ {
	split($0, part, "=")
	compare(part[1], substr($0, length(part[1]) + 2))
}
/^# CONFIG_[A-Za-z0-9_]+ is not set$/ {
	compare($2, "n")
}
function compare(symbol, want, found) {
	found = symbol in got ? got[symbol] : "n"
	if (found != want) {
		print "configuration: " symbol " was asked to be " want " and is " found
		lost++
	}
}
END {
	exit lost > 0
}
