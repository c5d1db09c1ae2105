# SPDX-License-Identifier: Apache-2.0
# Writes compile_commands.json: one entry per object. Input: "flags VARIANT COMMAND..." lines, then "SOURCE OBJECT" lines.
# usage: awk -v folder=ROOT -f compdb.awk
$1 == "flags" {
	command[$2] = substr($0, length($1 $2) + 3)
	next
}
{
	split($2, part, "/")
	if (command[part[2]] == "" || $0 ~ /["\\]/)
		exit 1
	printf "%s{ \"directory\": \"%s\", \"file\": \"%s\", \"output\": \"%s\",\n  \"command\": \"%s -c -o %s %s\" }",
		n++ ? ",\n" : "[\n", folder, $1, $2, command[part[2]], $2, $1
}
END { print "\n]" }
