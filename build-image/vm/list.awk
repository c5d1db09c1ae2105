# SPDX-License-Identifier: Apache-2.0
# Turns the rootfs lists of a VM into one list for mkcpio. Must not invent anything that no list names.
# usage: awk -v out=DIR -v busybox=FILE -v links=FILE -v modules=DIR -f list.awk LIST...
#   dir, file, slink   as mkcpio reads them; @OUT@ in a source becomes the build's folder
#   busybox            /bin/busybox and a link for each of its commands
#   module NAME        /lib/modules/NAME.ko of the kernel
#   instead            as file, in the place of a file that an earlier line names
function fail(why) {
	printf "%s:%d: %s\n", FILENAME, FNR, why > "/dev/stderr"
	bad = 1
	exit 1
}
function put(line) {
	lines[++count] = line
}
function put_instead(path, i, word) {
	for (i = 1; i <= count; i++) {
		split(lines[i], word)
		if (word[1] != "file" || word[2] != path)
			continue
		sub(/^instead/, "file")
		lines[i] = $0
		return
	}
	fail("no file " path " to put another in the place of")
}
function put_busybox(path, n) {
	put("file /bin/busybox 0755 " busybox " busybox")
	while ((getline path < links) > 0) {
		put("slink " path " /bin/busybox")
		n++
	}
	if (!n)
		fail("no command in " links)
}
function put_module(name, find, path, more) {
	find = "find " modules "/ -name " name ".ko"
	if ((find | getline path) <= 0 || (find | getline more) > 0)
		fail("not one module " name)
	close(find)
	put("file /lib/modules/" name ".ko 0644 " path " linux")
}
{
	sub(/#.*/, "")
}
$1 == "busybox" {
	put_busybox()
	next
}
$1 == "module" {
	put_module($2)
	next
}
{
	gsub(/@OUT@/, out)
}
$1 == "instead" {
	put_instead($2)
	next
}
NF {
	put($0)
}
END {
	for (i = 1; i <= count && !bad; i++)
		print lines[i]
	exit bad
}
