# SPDX-License-Identifier: Apache-2.0
# Shell functions shared by fetch and pkg: the pins and the cache's place. Sourced; must not fetch or build anything.

fetch_dir=$(cd "$(dirname "$0")/../fetch" && pwd)
top=$(cd "$fetch_dir/../.." && pwd)
pins=${BULKHEAD_PINS:-$top/build-image/versions.mk}
cache=${BULKHEAD_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/bulkhead}

# pin NAME FIELD - print the value of NAME_FIELD, or of the variable NAME where FIELD is empty.
pin() {
	awk -v want="$1${2:+_$2}" '
		{ sub(/[ \t]*#.*/, "") }
		more { more = sub(/\\$/, ""); value = value " " $0; if (!more) exit; next }
		$1 == want && $2 == ":=" {
			more = sub(/\\$/, "")
			sub(/^[^=]*=/, "")
			value = $0
			if (!more) exit
		}
		END { gsub(/[ \t]+/, " ", value); sub(/^ /, "", value); sub(/ $/, "", value); print value }
	' "$pins"
}

# sha256_of FILE
sha256_of() {
	sha256sum <"$1" | cut -d' ' -f1
}
