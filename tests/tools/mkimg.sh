#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# mkvm and mkimg from the command line, read back with other tools (sfdisk, fsck.fat, mtools). Prints TAP; writes only below WORK.
# usage: tests/tools/mkimg.sh MKVM BHCTL PAYLOAD WORK      run from the root of the tree
set -uf
mkvm=$PWD/$1 bhctl=$PWD/$2 payload=$PWD/$3 work=$4 mkimg=$PWD/build-image/tools/mkimg
export LC_ALL=C TZ=UTC MTOOLS_SKIP_CHECK=1 MTOOLSRC=/dev/null BHCTL="$bhctl" PATH="$PATH:/usr/sbin:/sbin"
rm -rf "$work"
mkdir -p "$work/site" "$work/vm"
cd "$work" || exit 1
n=0 failed=0

ok() { # NAME COMMAND...: passes when the command succeeds; its output is then in `log`
	name=$1
	shift
	n=$((n + 1))
	rc=0
	"$@" >log.now 2>&1 || rc=$?
	mv log.now log
	if [ $rc = 0 ]; then
		echo "ok $n - $name"
	else
		failed=$((failed + 1))
		echo "not ok $n - $name"
		sed 's/^/# /' log
	fi
}
# refused STATUS TEXT COMMAND...: ends with that status and says that
refused() {
	want=$1 text=$2
	shift 2
	status=0
	"$@" >out 2>&1 || status=$?
	cat out
	[ "$status" = "$want" ] && grep -qF -e "$text" out
}
equal() {
	[ "$1" = "$2" ] || { echo "got $1, want $2"; return 1; }
}

ok 'mkvm lays out a payload' "$mkvm" --payload "$payload" --ram 4M -o vm/one.img
ok 'it says the digest of the file' grep -q "^sha256 $(sha256sum <vm/one.img | cut -c1-64)$" log
cp vm/one.img one.first
ok 'the same again gives the same bytes' "$mkvm" --payload "$payload" --ram 4M -o vm/one.img
ok '... the same bytes' cmp vm/one.img one.first
ok 'another size gives others' "$mkvm" --payload "$payload" --ram 6M -o vm/two.img
ok 'too little RAM: says how much' refused 1 '4 MiB are needed' "$mkvm" --payload "$payload" --ram 2M -o no.img
ok 'an odd size' refused 2 'even number of MiB' "$mkvm" --payload "$payload" --ram 3M -o no.img
ok 'no size at all' refused 2 'even number of MiB' "$mkvm" --payload "$payload" --ram 4 -o no.img
ok 'a size over 2G' refused 2 'even number of MiB' "$mkvm" --payload "$payload" --ram 4G -o no.img
ok 'no output' refused 2 '--ram and -o' "$mkvm" --payload "$payload" --ram 4M
ok 'two programs' refused 2 'one of --kernel' "$mkvm" --payload "$payload" --kernel x --ram 4M -o no.img
ok 'an initrd for a payload' refused 2 'go with --kernel' "$mkvm" --payload "$payload" --initrd x --ram 4M -o no.img
ok 'an option twice' refused 2 'given twice' "$mkvm" --ram 4M --ram 4M -o no.img
ok 'an option without value' refused 2 'no value' "$mkvm" --payload "$payload" --ram
ok 'a file that is not there' refused 3 'nowhere: No such file' "$mkvm" --payload nowhere --ram 4M -o no.img
ok 'a folder that is not there' refused 3 'nowhere/no.img: No such' "$mkvm" --payload "$payload" --ram 4M -o nowhere/no.img
ok 'not an ELF file' refused 1 'is not an ELF file' "$mkvm" --payload one.first --ram 4M -o no.img
ok 'nothing was written for those' test ! -e no.img

printf '[Bundle]\nName=image\nSerial=1\n' >site/bundle.conf
for v in one two same; do printf '[VM]\nRole=test\nMemory=6M\n' >site/$v.vm; done
echo Image=one.img >>site/same.vm
printf '[VM]\nRole=test\nMemory=4M\nEnabled=no\n' >site/off.vm
head -c 100000 /dev/zero | tr '\0' 'x' >loader.efi
cp loader.efi vm/other.img
ok 'a description' "$bhctl" bundle build site --vmdir vm -o system.bin
make_image() { "$mkimg" -o "$1" --efi loader.efi --system system.bin --vm vm/one.img vm/two.img vm/other.img vm/one.img; }
ok 'an image' make_image a.img
touch -d 2001-01-01 vm/*.img loader.efi system.bin
ok 'an image once more' make_image b.img
ok 'the same bytes' cmp a.img b.img
ok 'GPT' sfdisk -V a.img
sfdisk -d a.img >dump
ok 'one partition' equal "$(grep -c 'start=' dump)" 1
ok 'an EFI system partition' grep -q 'start= *2048,.*type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B' dump
sectors=$(sed -n 's/.*size= *\([0-9]*\),.*/\1/p' dump)
dd if=a.img of=esp.img bs=1M skip=1 count=$((sectors / 2048)) 2>/dev/null
ok 'a clean file system' fsck.fat -n esp.img
ok 'FAT32 by its number of clusters' test "$(sed -n 's|.* \([0-9]*\)/\([0-9]*\) clusters|\2|p' log)" -ge 65525
back() { rm -f back && mcopy -n -i esp.img "::/$1" back && cmp back "$2"; }
ok 'the loader' back EFI/BOOT/BOOTX64.EFI loader.efi
ok 'the description' back bulkhead/system.bin system.bin
ok 'the first VM' back "bulkhead/vm/$(sha256sum <vm/one.img | cut -c1-64)" vm/one.img
ok 'the second VM' back "bulkhead/vm/$(sha256sum <vm/two.img | cut -c1-64)" vm/two.img
mdir -i esp.img ::/bulkhead ::/EFI/BOOT >dates
ok 'dates are not those of the day' equal "$(grep -c '2025-01-01   0:00' dates)/$(grep -c ' 20[0-9][0-9]-' dates)" 7/7
mdir -b -i esp.img ::/bulkhead/vm >listing
ok 'each once, and no file that is not named' equal "$(grep -c . listing)" 2

"$bhctl" bundle list system.bin >wanted
ok 'a missing file: which VM' refused 1 'image of two' "$mkimg" -o no.img --efi loader.efi --system system.bin --vm vm/one.img
ok 'no description' refused 3 'nowhere' "$mkimg" -o no.img --efi loader.efi --system nowhere --vm vm/one.img
ok 'a description that is none' refused 1 'not a description' "$mkimg" -o no.img --efi loader.efi --system loader.efi
ok 'a VM file that is not there' refused 3 'nowhere' "$mkimg" -o no.img --efi loader.efi --system system.bin --vm nowhere
ok 'an unknown option' refused 2 'unknown word --burn' "$mkimg" --burn
ok 'too few options' refused 2 'are needed' "$mkimg" -o no.img
ok 'no image and no parts were left' test ! -e no.img -a ! -e no.img.new -a ! -e no.img.parts -a ! -e a.img.parts
rm -f a.img b.img esp.img
echo "1..$n"
[ $failed = 0 ]
