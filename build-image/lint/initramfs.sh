#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a VM's initramfs really holds: every ELF file static-pie without interpreter (or a kernel module), and
# every file of the archive, and no other, from a known package.
# Prints VM -> file -> package -> version.  usage: initramfs.sh VM LIST ARCHIVE VERSIONS
set -eu
vm=$1 list=$2 archive=$3 versions=$4
bad=0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
(cd "$dir" && cpio -i --quiet --no-absolute-filenames --no-preserve-owner) <"$archive"

awk '$1 == "file" { print substr($2, 2), ($5 == "" ? "-" : $5) }' "$list" | LC_ALL=C sort >"$dir.want"
(cd "$dir" && find . -type f | sed 's,^\./,,') | LC_ALL=C sort >"$dir.have"
trap 'rm -rf "$dir" "$dir.want" "$dir.have"' EXIT
cut -d' ' -f1 "$dir.want" | diff - "$dir.have" || { echo "$vm: archive and list differ"; bad=1; }

while read -r file package; do
	version=$(sed -n "s/^${package}_VERSION := *//p" "$versions")
	case $package in
	bulkhead) version=this-tree ;;
	site) version=this-site ;; # configuration and keys of one site
	*) [ -n "$version" ] || { echo "$vm: /$file: package $package is not in $versions"; bad=1; } ;;
	esac
	printf '%-10s /%-34s %-10s %s\n' "$vm" "$file" "$package" "$version"
	# An ELF file begins with 7f 45 4c 46.
	[ "$(od -An -tx1 -N4 "$dir/$file" | tr -d ' ')" = 7f454c46 ] || continue
	head=$(readelf -hlW "$dir/$file")
	case $file in
	lib/modules/*.ko)
		echo "$head" | grep -q 'Type:.*REL ' || { echo "$vm: /$file: not a relocatable object"; bad=1; }
		continue ;;
	esac
	echo "$head" | grep -q 'Type:.*DYN ' || { echo "$vm: /$file: not position-independent"; bad=1; }
	if echo "$head" | grep -q 'INTERP'; then echo "$vm: /$file: asks for an interpreter"; bad=1; fi
	if readelf -dW "$dir/$file" | grep -q '(NEEDED)'; then echo "$vm: /$file: needs a library"; bad=1; fi
	echo "$head" | grep -q 'GNU_STACK.*RW ' || { echo "$vm: /$file: executable stack"; bad=1; }
done <"$dir.want"
[ -s "$dir.want" ] || { echo "$vm: no file in $list"; bad=1; }
exit $bad
