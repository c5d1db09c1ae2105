# SPDX-License-Identifier: Apache-2.0
# Replaces the one place of a file where the lines of file `old` stand in a row (white space at the ends ignored)
# by those of file `new`; not exactly one place is an error.
# usage: awk -v old=FILE -v new=FILE -f mutate.awk SOURCE
function trim(s) {
	gsub(/^[ \t]+|[ \t]+$/, "", s)
	return s
}
BEGIN {
	while ((getline line < old) > 0)
		want[++wants] = trim(line)
	while ((getline line < new) > 0)
		put[++puts] = line
}
{ text[NR] = $0 }
END {
	for (i = 1; i + wants - 1 <= NR; i++) {
		for (k = 1; k <= wants && trim(text[i + k - 1]) == want[k]; k++)
			;
		if (k > wants) {
			found++
			at = i
		}
	}
	if (wants == 0 || found != 1) {
		printf "%s: the lines stand in %d places, not one\n", FILENAME, found >"/dev/stderr"
		exit 1
	}
	for (i = 1; i <= NR; i++) {
		if (i == at)
			for (k = 1; k <= puts; k++)
				print put[k]
		if (i < at || i >= at + wants)
			print text[i]
	}
}
