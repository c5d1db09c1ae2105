# SPDX-License-Identifier: Apache-2.0
# The one counting rule: a line counts if something is left of it when comments are gone. Knows strings and
# character constants, so "//" inside one is no comment. Included before another awk program, which calls code(line)
# for each line and fresh() at the start of each file; what a comment held is in `comment`.
function fresh() { in_comment = 0 }
function code(line, out, i, c, two, quote) {
	out = ""
	comment = ""
	for (i = 1; i <= length(line); i++) {
		c = substr(line, i, 1)
		two = substr(line, i, 2)
		if (in_comment) {
			comment = comment c
			if (two == "*/") { in_comment = 0; i++ }
		} else if (quote != "") {
			out = out c
			if (c == "\\") { out = out substr(line, ++i, 1) }
			else if (c == quote) quote = ""
		} else if (two == "/*") { in_comment = 1; i++ }
		else if (two == "//") { comment = comment substr(line, i + 2); break }
		else {
			out = out c
			if (c == "\"" || c == "'") quote = c
		}
	}
	sub(/[ \t]+$/, "", out)
	return out
}
