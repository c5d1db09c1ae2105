#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every lint fails on a sample made for it, for the reason the sample has, and passes on a good one. Prints TAP.
# usage: selftest.sh WORK_FOLDER "RESIDENT CC"     run from the root of the tree
set -u
work=$1 cc=$2
lint=build-image/lint samples=build-image/lint/samples
rm -rf "$work" && mkdir -p "$work" || exit 1
n=0

verdict() { # ok|not NAME
	n=$((n + 1))
	if [ "$1" = ok ]; then echo "ok $n - $2"; else sed 's/^/# /' "$work/out"; echo "not ok $n - $2"; fi
}
fails() { # NAME PATTERN COMMAND...: it must exit 1 and say PATTERN
	name=$1 pattern=$2 rc=0
	shift 2
	"$@" >"$work/out" 2>&1 || rc=$?
	if [ $rc = 1 ] && grep -qE "$pattern" "$work/out"; then verdict ok "$name"; else verdict not "$name"; fi
}
passes() { # NAME COMMAND...
	name=$1 rc=0
	shift
	"$@" >"$work/out" 2>&1 || rc=$?
	if [ $rc = 0 ]; then verdict ok "$name"; else verdict not "$name"; fi
}
# Compiles sample $1.c with extra flags into $work/$1.dis; the class' own flags come first.
disassemble() {
	sample=$1
	shift
	$cc "$@" -Wno-error -w -c -o "$work/$sample.o" "$samples/$sample.c" &&
		ld -pie --no-dynamic-linker -z noexecstack -e sample_entry -o "$work/$sample.elf" "$work/$sample.o" &&
		objdump -dw --no-show-raw-insn "$work/$sample.elf" >"$work/$sample.dis"
}
calls() { awk -v frame_max=1024 -v stack_max="${2:-4096}" -f $lint/graph.awk -f $lint/calls.awk $lint/allow.txt "$1"; }
segments() { readelf -lSrdW "$1" | awk -f $lint/segments.awk; }

for s in good indirect recursion frame reach; do disassemble $s -fno-stack-protector || exit 1; done
disassemble table -fjump-tables || exit 1
(cc="gcc -O1 -ffreestanding -fPIE -fno-stack-protector" && disassemble vector) || exit 1

passes "control: direct calls" awk -f $lint/control.awk $lint/allow.txt "$work/good.dis"
fails "control: call through a pointer" 'sample_indirect: 1 indirect' awk -f $lint/control.awk $lint/allow.txt "$work/indirect.dis"
fails "control: jump table" 'sample_table: 1 indirect' awk -f $lint/control.awk $lint/allow.txt "$work/table.dis"
passes "control: allowed by name and count" awk -f $lint/control.awk $samples/allow.txt "$work/indirect.dis"
fails "control: nothing to read" 'no disassembly' awk -f $lint/control.awk $lint/allow.txt /dev/null
passes "vector: none" awk -f $lint/vector.awk $lint/allow.txt "$work/good.dis"
fails "vector: SSE register" 'sample_vector: [1-9]' awk -f $lint/vector.awk $lint/allow.txt "$work/vector.dis"
fails "vector: x87 load" 'sample_x87: 1 ' awk -f $lint/vector.awk $lint/allow.txt "$work/vector.dis"
passes "calls: a tree" calls "$work/good.dis"
fails "calls: two functions in a circle" 'recursion: .*sample_even > sample_odd' calls "$work/recursion.dis"
fails "calls: large frame" 'sample_frame: frame of 15' calls "$work/frame.dis"
fails "calls: frame of variable size" 'sample_vla: .*variable size' calls "$work/frame.dis"
fails "calls: stack too small for the deepest path" 'needs more stack' calls "$work/good.dis" 8

switch() { # SED SCRIPT: the world switch, changed by it
	sed "$1" hypervisor/svm/run.S >"$work/switch.S" && gcc -Ihypervisor/svm -c -o "$work/switch.o" "$work/switch.S" &&
		objdump -dw --no-show-raw-insn "$work/switch.o" >"$work/switch.dis" &&
		awk -v enter=svm_enter -v run=vmrun -f $lint/switch.awk "$work/switch.dis"
}
passes "switch: as it is" switch ''
fails "switch: buffers not cleared" "before vmrun stands 'mov .*', not verw" switch '/verw/d'
fails "switch: something between" "before vmrun stands 'mov .*', not verw" switch 's/^\tvmrun %rax/\tmov (%rsp), %rdi\n&/'
fails "switch: return stack not filled" '^svm_enter: 31 calls' switch 's/rept 32/rept 31/'
fails "switch: a register of the core goes in" '^svm_enter: rbp goes into the guest' switch '/mov 5\*8(%rdi), %rbp/d'
fails "switch: a register of the guest stays" '^svm_enter: r9 comes out' switch 's/r8d, r9d,/r8d,/'
fails "switch: rcx stays" '^svm_enter: rcx comes out' switch 's/irp r, ecx,/irp r,/'
fails "switch: cr2 stays" '^svm_enter: cr2 comes out' switch '/%cr2/d'
fails "switch: no such function" 'found 0 such functions' awk -v enter=svm_leave -v run=vmrun -f $lint/switch.awk "$work/switch.dis"

nm -l "$work/reach.elf" >"$work/reach.symbols"
reach() { awk -f $lint/graph.awk -f $lint/reach.awk $samples/reach-$1.txt "$work/reach.symbols" "$work/reach.dis"; }
passes "reach: classes that fit" reach good
fails "reach: a guest reaches a boot file" 'class boot, yet a guest reaches sample_exit > early > sample_low' reach guest
fails "reach: a guest reaches an image file" 'class image, yet a guest reaches sample_exit > early > sample_low' reach guest-image
fails "reach: a device reaches a boot file" 'class boot, yet a device reaches sample_irq' reach device
fails "reach: a device reaches an image file" 'class image, yet a device reaches sample_irq' reach device-image
fails "reach: loading reaches a boot file" 'class boot, yet loading reaches sample_irq' reach image
fails "reach: no root" 'no guest root' reach noroot
fails "reach: no root of loading" 'or no image root' reach noimage

link() { ld -pie --no-dynamic-linker -z noexecstack -T "$samples/$2" -o "$work/$1" "$3" 2>"$work/ld.err"; }
link good.seg good.lds "$work/good.o"
link wx.seg wx.lds "$work/good.o"
link page.seg sharedpage.lds "$work/good.o"
gcc -c -o "$work/wxs.o" $samples/wxsection.S
link wxs.seg good.lds "$work/wxs.o"
ld -pie -z execstack --no-dynamic-linker -T $samples/good.lds -o "$work/stack.seg" "$work/good.o" 2>"$work/ld.err"
ld -z execstack -e sample_entry -o "$work/stack.seg" "$work/good.o" 2>"$work/ld.err"
passes "segments: apart" segments "$work/good.seg"
fails "segments: writable and executable" 'segment at .* writable and executable' segments "$work/wx.seg"
fails "segments: two rights on one page" 'shares a page' segments "$work/page.seg"
fails "segments: section with both rights" 'section .sample is writable and executable' segments "$work/wxs.seg"
fails "segments: executable stack" 'stack is executable' segments "$work/stack.seg"
fails "segments: a program of the build machine" 'interpreter is asked for' segments "$(command -v env)"

incl() { awk -f $lint/includes.awk $lint/include-rules.txt "$samples/includes-$1.dep"; }
passes "includes: core and abi" incl good
fails "includes: core reaches svm" 'core may not include svm' incl core
fails "includes: one VM reaches another" 'netvm may not include usbvm' incl vms
fails "includes: loader reaches resident headers" 'boot may not include include' incl boot
fails "includes: product reaches tests" 'usbvm may not include tests' incl tests
fails "includes: unknown folder" 'is in no zone' incl nowhere

count() { awk -f $lint/strip.awk -f $lint/lines.awk $samples/classes-$1.txt $samples/lines.c; }
passes "lines: six count, at the ceiling" count fit
fails "lines: class image counts in the resident total, not in guest-reachable" 'resident: over' count image
fails "lines: over the ceiling" 'guest-reachable: over' count over
fails "lines: devices reach more" 'device-reachable: over' count device
fails "lines: more runs once" 'boot-only: over' count boot
fails "lines: file without a class" 'without a class' count none
shape() { awk -f $lint/strip.awk -f $lint/shape.awk "$@"; }
awk 'BEGIN { print "int f(void)\n{"; for (i = 0; i < 97; i++) print "\tf();"; print "}" }' >"$work/fits.c"
awk 'BEGIN { print "int f(void)\n{"; for (i = 0; i < 98; i++) print "\tf();"; print "}" }' >"$work/long.c"
awk 'BEGIN { for (i = 0; i < 801; i++) print "int a" i ";" }' >"$work/file.c"
passes "shape: function of 100 lines" shape "$work/fits.c"
fails "shape: function of 101 lines" 'function of 101 lines' shape "$work/long.c"
fails "shape: file of 801 lines" '801 lines, at most 800' shape "$work/file.c"
fails "shape: #ifdef in a .c file" 'conditional compilation' shape $samples/ifdef.c
passes "shape: the same with a deviation" shape $samples/excused.c
fails "deviations: not on record" 'D-99 is not in' awk -f $lint/deviations.awk $lint/deviations.md $samples/excused.c
fails "deviations: nobody uses it" 'D-98: nothing' awk -f $lint/deviations.awk $samples/deviations.md $samples/good.c

fails "format: white space" 'code should be clang-formatted' $lint/format.sh $samples/format.c
fails "headers: needs another first" 'does not compile alone' $lint/headers.sh "$cc" "$cc" "$cc" "$cc" $samples/header.h
fails "asm: in a portable file" 'inline assembly belongs' $lint/asm.sh $samples/asm.c
fails "spdx: no licence line" 'licence line says' $lint/spdx.sh $samples/licence.c

passes "tidy: a good file" $lint/tidy.sh "clang -std=c11" $samples/good.c
fails "tidy: a condition that says nothing" 'misc-redundant-expression' $lint/tidy.sh "clang -std=c11" $samples/tidy.c
fails "tidy: a file that does not compile" 'clang-diagnostic-error' $lint/tidy.sh "clang -std=c11" $samples/header.h
passes "cppcheck: a good file" $lint/cppcheck.sh $samples/good.c
fails "cppcheck: behind the end of an array" 'arrayIndexOutOfBounds' $lint/cppcheck.sh $samples/cppcheck.c
rows() { $lint/mutate.sh --rows $samples/mutants-$1.txt "$work/rows"; }
passes "mutants: the lines stand" rows good
fails "mutants: the lines are gone" 'gone: .* stand in 0 places' rows stale
fails "mutants: no such case" 'caseless: no test unit/lock' rows stale

names() { printf '%s\n' "$1" >"$work/names.md" && awk -f $lint/names.awk $samples/names.txt "$work/names.md"; }
passes "names: all there" names '| x | unit/lock a_rule_that_holds, `payloads-one`, `-two` and `payloads-*`; lint/good, test_audit in unit/lock |'
fails "names: no such test" 'no test unit/key' names '| x | unit/key |'
fails "names: no such case" 'no case a_rule_that_broke' names '| x | unit/lock a_rule_that_broke |'
fails "names: a case of another test" 'no case a_rule_that_holds' names '| x | unit/bar a_rule_that_holds |'
fails "names: no such scenario" 'no scenario payloads-three' names '| x | `payloads-three` |'
fails "names: nor by its end" 'no scenario payloads-three' names '| x | `payloads-one`, `-three` |'
fails "names: nothing named" 'no document' names '| x | by reading |'

mkdir -p "$work/tree/$lint" "$work/tree/stray" && cp $lint/modules.sh $lint/files.sh $lint/orphans.sh "$work/tree/$lint/"
: >"$work/tree/Makefile" && echo 'host-prog += x' >"$work/tree/stray/module.mk" && git -C "$work/tree" init -q
passes "modules: in the build" sh -c "cd $work/tree && $lint/modules.sh stray"
fails "modules: folder forgotten" 'not in FOLDERS' sh -c "cd $work/tree && $lint/modules.sh other"
printf 'all:\n\ttouch x\n' >"$work/tree/stray/module.mk"
fails "modules: a recipe" 'a recipe' sh -c "cd $work/tree && $lint/modules.sh stray"

echo 'int f;' >"$work/tree/stray/a.c" && git -C "$work/tree" add stray/a.c
passes "orphans: named" sh -c "cd $work/tree && $lint/orphans.sh stray/a.c"
fails "orphans: built by nothing" 'stray/a.c: no program' sh -c "cd $work/tree && $lint/orphans.sh stray/b.c"
echo 'obj-m := a.o' >"$work/tree/stray/Kbuild"
passes "orphans: named in Kbuild" sh -c "cd $work/tree && $lint/orphans.sh stray/b.c"

tap() { printf '%b' "$1" | awk -v rc="$2" -f $lint/tap.awk; }
counted() { # NAME STREAM EXIT_STATUS EXPECTED_FIRST_LINE
	got=$(tap "$2" "$3" | head -n 1)
	echo "counted $got" >"$work/out"
	if [ "$got" = "$4" ]; then verdict ok "$1"; else verdict not "$1"; fi
}
counted "tap: two pass" 'ok 1 - a\nok 2 - b\n1..2\n' 0 '2 0'
counted "tap: one fails" 'ok 1 - a\nnot ok 2 - b\n1..2\n' 1 '1 1'
again=$(tap '1..2\nnot ok 1 - a\n# why\nok 2 - b\n# of b\n' 1 | tr '\n' '|')
if [ "$again" = '1 1|not ok 1 - a|# why|' ]; then verdict ok "tap: a failure's reason"; else echo "$again" >"$work/out"; verdict not "tap: a failure's reason"; fi
counted "tap: no plan" 'ok 1 - a\n' 0 '1 1'
counted "tap: fewer than planned" '1..3\nok 1\nok 2\n' 0 '2 1'
counted "tap: more than planned" '1..1\nok 1\nok 2\n' 0 '2 1'
counted "tap: silence" '' 0 '0 1'
counted "tap: planned nothing" '1..0\n' 0 '0 1'
counted "tap: skipped" 'ok 1 - a # SKIP no card\n1..1\n' 0 '0 1'
counted "tap: died after the plan" 'ok 1\n1..1\n' 139 '1 1'
counted "tap: a number twice" 'ok 1\nok 1\n1..2\n' 0 '2 1'
mkdir -p "$work/results" && echo "3 0" >"$work/results/a.result"
passes "summary: all there" $lint/summary.sh "$work/results" 1
fails "summary: a result missing" '3 passed, 1 failed' $lint/summary.sh "$work/results" 2
echo "2 1" >"$work/results/b.result"
fails "summary: a failure" '5 passed, 1 failed' $lint/summary.sh "$work/results" 2
rm "$work/results"/* && echo "0 0" >"$work/results/a.result"
fails "summary: nothing ran" '0 passed, 0 failed' $lint/summary.sh "$work/results" 1
cov() { awk -v min_lines="$1" -v min_branches="$2" -f $lint/cov.awk $samples/report.txt $3; }
passes "coverage: 3 of 4 lines, 1 of 2 branches" cov 75 50 sample/a.c
fails "coverage: too few lines" 'below the floor' cov 76 50 sample/a.c
fails "coverage: too few branches" 'below the floor' cov 75 51 sample/a.c
fails "coverage: a source gcov does not know" 'sample/b.c: gcov says nothing' cov 0 0 "sample/a.c sample/b.c"

mutant() { # OLD LINES: replaced by one line in lines.c
	printf "$1" >"$work/old"
	echo 'int z;' >"$work/new"
	awk -v old="$work/old" -v new="$work/new" -f $lint/mutate.awk $samples/lines.c
}
passes "mutate: one place" mutant 'int b; /* 2, and a comment that\n goes on */ int c; /* 3 */\n'
fails "mutate: no place" 'in 0 places' mutant 'int nothing;\n'
fails "mutate: two places" 'in 2 places' mutant '\n'
cat >"$work/tests.c" <<'END'
#include "check.h"
#include "sample.h"
static void seven_is_odd(void) { CHECK_EQ(odd(7), 1); }
int main(int argc, char **argv) { check_begin(argc, argv); RUN(seven_is_odd); return check_end(); }
END
mkdir -p "$work/mtree/$lint" "$work/mtree/out" && cp $lint/mutate.* $lint/files.sh "$work/mtree/$lint/"
cp tests/check.h "$work/tests.c" "$work/mtree/" && echo out/ >"$work/mtree/.gitignore" && git -C "$work/mtree" init -q
printf 'static inline int odd(int x)\n{\n\tif (x < 0)\n\t\treturn 0;\n\treturn x %% 2;\n}\n' >"$work/mtree/sample.h"
printf 'out/san/unit/t: tests.c sample.h check.h\n\t@mkdir -p $(@D) && gcc -o $@ $<\n' >"$work/mtree/Makefile"
printf 'mutant parity sample.h unit/t seven_is_odd\n-return x %% 2;\n+return 0;\n' >"$work/mtree/killed.txt"
printf 'mutant sign sample.h unit/t\n-if (x < 0)\n-return 0;\n' >"$work/mtree/survives.txt"
printf 'mutant case sample.h unit/t no_such_case\n-return x %% 2;\n+return 0;\n' >"$work/mtree/nocase.txt"
mutate() { (cd "$work/mtree" && $lint/mutate.sh "$1.txt" out/mutate); }
passes "mutate: killed" mutate killed
fails "mutate: a check no test needs" 'SURVIVED sign' mutate survives
fails "mutate: a test that fails anyway" 'broken *case' mutate nocase

echo 'int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n); int LLVMFuzzerTestOneInput(
	const unsigned char *d, unsigned long n) { return n > 3 && d[3] == 7 ? d[n] : 0; }' >"$work/target.c"
gcc -g -fsanitize=address -o "$work/replay" tests/fuzz/replay_main.c "$work/target.c" || exit 1
replay() { # FOLDER: through the same counting as make check
	"$work/replay" "$1" >"$work/replay.tap" 2>"$work/replay.err"
	awk -v rc=$? -f $lint/tap.awk "$work/replay.tap" >"$work/replay.count"
	cat "$work/replay.tap" "$work/replay.err" "$work/replay.count"
	[ "$(head -n 1 "$work/replay.count")" = "1 0" ]
}
mkdir "$work/corpus" "$work/empty" "$work/crash" && echo ok >"$work/corpus/a" && printf 'abc\007' >"$work/crash/b"
passes "replay: one input" replay "$work/corpus"
fails "replay: no input" ' 0 inputs' replay "$work/empty"
fails "replay: no folder" ' 0 inputs' replay "$work/absent"
fails "replay: an input that reads too far" 'heap-buffer-overflow' replay "$work/crash"
# An initramfs of two files, one of them an ELF file made with the flags in $2; the list is $work/NAME.list.
printf 'busybox_VERSION := 1\n' >"$work/versions.mk"
echo 'int main(void) { return 0; }' >"$work/main.c"
initramfs() { # NAME "COMPILER FLAGS" PACKAGE [FILE THE LIST DOES NOT HAVE]
	rm -rf "$work/$1" && mkdir -p "$work/$1/bin"
	gcc $2 -o "$work/$1/bin/main" "$work/main.c" && echo text >"$work/$1/bin/text" || return 2
	printf 'file /bin/main 0755 x %s\nfile /bin/text 0644 x bulkhead\n' "$3" >"$work/$1.list"
	[ -z "${4-}" ] || touch "$work/$1/$4"
	(cd "$work/$1" && find . | cpio -o -H newc --quiet) >"$work/$1.cpio"
	$lint/initramfs.sh vm "$work/$1.list" "$work/$1.cpio" "$work/versions.mk"
}
passes "initramfs: good" initramfs rd-good -static-pie busybox
fails "initramfs: an interpreter" 'main: asks for an interpreter' initramfs rd-interp -pie busybox
fails "initramfs: not position-independent" 'main: not position-independent' initramfs rd-fixed '-static -no-pie' busybox
fails "initramfs: a library" 'main: needs a library' initramfs rd-needed '-shared -fPIC -Wl,--no-as-needed -lm' busybox
fails "initramfs: an executable stack" 'main: executable stack' initramfs rd-stack '-static-pie -z execstack' busybox
fails "initramfs: a package nobody pinned" 'package stray is not in' initramfs rd-stray -static-pie stray
fails "initramfs: a file nobody listed" 'archive and list differ' initramfs rd-more -static-pie busybox bin/more
echo "1..$n"
