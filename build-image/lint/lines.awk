# SPDX-License-Identifier: Apache-2.0
# Counts the code lines of the resident image by class (a line counts when something besides brackets is left without comments) and holds them against the ceilings in classes.txt.
# usage: awk -f strip.awk -f lines.awk classes.txt FILE...       exit 1 on a finding
FILENAME == ARGV[1] {
	if ($1 == "ceiling")
		ceiling[$2] = $3
	else if ($1 ~ /^(guest|device|image|boot|decl|abi)$/) {
		if ($2 in class) {
			print $2 ": in classes.txt twice"
			bad = 1
		}
		class[$2] = $1
	} else if ($1 !~ /^(#|root$|$)/) {
		print "classes.txt: " $0 "?"
		bad = 1
	}
	next
}
FNR == 1 {
	fresh()
	seen[FILENAME] = 1
	files++
	if (!(FILENAME in class)) {
		print FILENAME ": without a class in classes.txt"
		bad = 1
	}
}
{
	text = code($0)
	if (text !~ /[^ \t{}();]/)
		next # blank, comment, or nothing but brackets
	count[class[FILENAME]]++
	if (class[FILENAME] == "decl" && text ~ /^static.*inline/) {
		print FILENAME ":" FNR ": a function body in a file of declarations: give it another class"
		bad = 1
	}
}
function hold(name, have) {
	printf "FIGURE: %-16s %5d of at most %5d lines\n", name, have, ceiling[name]
	if (!(name in ceiling) || have > ceiling[name]) {
		print name ": over its ceiling"
		bad = 1
	}
}
END {
	for (f in class)
		if (!(f in seen)) {
			print f ": in classes.txt, not in the image"
			bad = 1
		}
	if (!files) {
		print "no file counted"
		bad = 1
	}
	hold("resident", count["guest"] + count["device"] + count["image"] + count["decl"])
	hold("guest-reachable", count["guest"])
	hold("device-reachable", count["device"])
	hold("boot-only", count["boot"])
	printf "FIGURE: images %d, declarations %d, not in the total: boot-only (unmapped), abi %d\n", count["image"], count["decl"], count["abi"]
	exit bad
}
