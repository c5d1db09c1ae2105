# SPDX-License-Identifier: Apache-2.0
# Shell functions shared by fetch and pkg: the pins and the cache's place. Sourced; must not fetch or build anything.

fetch_dir=$(cd "$(dirname "$0")/../fetch" && pwd)
top=$(cd "$fetch_dir/../.." && pwd)
pins=${BULKHEAD_PINS:-$top/build-image/versions.mk}
cache=${BULKHEAD_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/bulkhead}

# The pins as shell variables: musl_FILES of versions.mk is $pin_musl_FILES.
eval "$(awk '
	{ sub(/[ \t]*#.*/, "") }
	more || ($2 == ":=" && $1 ~ /^[A-Za-z0-9_]+$/) {
		if (!more) { name = $1; value = ""; sub(/^[^=]*=/, "") }
		more = sub(/\\$/, "")
		value = value " " $0
		if (!more) {
			gsub(/[ \t]+/, " ", value)
			sub(/^ /, "", value)
			sub(/ $/, "", value)
			gsub(/\047/, "", value)
			print "pin_" name "=\047" value "\047"
		}
	}' "$pins")"

# pin NAME FIELD - print the value of NAME_FIELD.
pin() {
	eval "echo \"\${pin_$1_$2-}\""
}

# sha256_of FILE
sha256_of() {
	sha256sum <"$1" | cut -d' ' -f1
}
