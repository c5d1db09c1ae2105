# SPDX-License-Identifier: Apache-2.0
# What every class of build shares; it must name no source file. Included before the module.mk files.
#
# A folder joins the build by a module.mk of at most 30 lines that only adds names to these lists
# (and by its line in FOLDERS of the Makefile). Sources are paths from the root, .c or .S, listed one
# by one; the same source may be in many lists and is compiled once per variant.
#
#   resident-prog += core-svm      resident-core-svm-src := ...   out/resident/core-svm.elf (+ .strip.elf)
#                                  resident-core-svm-lds := ...   default hypervisor/core.lds
#   efi-prog      += bulkhead      efi-bulkhead-src := ...        out/efi/bulkhead.efi
#   host-prog     += bhctl         host-bhctl-src := ...          out/host/bhctl, out/san/bhctl (sanitizers)
#                                  host-bhctl-libs := -lz         libraries of the build machine
#   musl-prog     += usbvmd        musl-usbvmd-src := ...         out/musl/usbvmd (static-pie)
#                                  musl-usbvmd-libs := -lusb-1.0  after the objects
#                                  musl-usbvmd-needs := <files>   packages that must be built before
#   payload       += hello         payload-hello-src := ...       out/payload/hello.elf, linked at 2 MiB
#   unit-test     += frames        unit-frames-src := ...         out/san/unit/frames, run by make check
#   model-test    += channel       model-channel-src := ...       out/model/channel, -O2, run by make check
#   fuzz-target   += chan_send     fuzz-chan_send-src := ...      replays tests/corpus/chan_send in make check
#   tap-script    += bhctl-cli     tap-bhctl-cli := x.sh [args]   prints TAP, run by make check
#                                  tap-bhctl-cli-needs := <files built before it runs>
#   test-scenarios += tests/emu/x  run three at a time by make test, the longest first; prints TAP
#   test-alone    += tests/emu/x   the same, one at a time after all others: they measure time
#   test-first    += <targets>     slow things that make test starts with
#   all-extra     += <files>       more files that make all builds
#   image-file    := out/x.img     what make image builds (its rule stands in build-image/mk/image.mk)
#   run-command   := x.sh [args]   what make run starts; run-needs += <files> built before it
#
# For one source file:  cflags-<path> := -Ifoo   extra flags, in every variant
#                       needs-<path> := <files>  built before it (a generated header, an .incbin)
# For one host-like program: host-NAME-libs, unit-NAME-libs, model-NAME-libs, fuzz-NAME-libs.

SHELL        := /bin/sh
.SHELLFLAGS  := -eu -c
MAKEFLAGS    += --no-builtin-rules --no-builtin-variables
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDEXPANSION:
.SECONDARY:
export LC_ALL := C
export TZ := UTC
# One fixed moment for everything that insists on a date: the output depends on the sources alone.
export SOURCE_DATE_EPOCH ?= 1735689600

OUT := out
Q   := $(if $(V),,@)
# $(call run,WORD,command): one short line, or the command itself with V=1.
run = $(if $(V),,@printf '  %-9s %s\n' '$1' '$@';) mkdir -p $(@D); $2

WARN := -Wall -Wextra -Wconversion -Wshadow -Wvla -Wundef -Wswitch-enum -Wimplicit-fallthrough \
	-Wstrict-prototypes -Wmissing-prototypes -Werror
DEPFLAGS = -MMD -MP -MF $(@:.o=.d) -MT $@
SAMEPATH := -ffile-prefix-map=$(CURDIR)=.
HYP_INC  := -Ihypervisor/include -Ihypervisor/abi
# tests/fakes/insn comes before what a file of svm/ asks for: the same header name, functions instead of instructions.
HOST_INC := -Itests/fakes/insn $(HYP_INC) -Ihypervisor -Iservice-vms/proto -Iservice-vms/lib -Iservice-vms/driver -Itests -I.

.PHONY: FORCE
FORCE:

# $(call objs,variant,sources)
objs = $(patsubst %,$(OUT)/$1/obj/%.o,$(basename $2))
# Every object of the tree, filled by the class files; its .d files are included at the end of test.mk.
all-objs :=

# $(eval $(call variant,NAME)): how CC-NAME and FLAGS-NAME compile. The stamp makes objects depend on
# the flags themselves, so that an edit of one folder's module.mk does not rebuild all the others.
define variant
$(OUT)/$1/flags: FORCE
	@mkdir -p $$(@D)
	@printf '%s\n' '$$(CC-$1) $$(FLAGS-$1) $$(foreach v,$$(sort $$(filter cflags-%,$$(.VARIABLES))),$$v=$$($$v))' >$$@.new
	@if cmp -s $$@.new $$@; then rm $$@.new; else mv $$@.new $$@; fi
$(OUT)/$1/obj/%.o: %.c $(OUT)/$1/flags build-image/mk/rules.mk $$$$(needs-$$$$*.c)
	$$(call run,CC,$$(CC-$1) $$(FLAGS-$1) $$(cflags-$$*.c) $$(DEPFLAGS) -c -o $$@ $$*.c)
$(OUT)/$1/obj/%.o: %.S $(OUT)/$1/flags build-image/mk/rules.mk $$$$(needs-$$$$*.S)
	$$(call run,AS,$$(CC-$1) $$(FLAGS-$1) $$(cflags-$$*.S) $$(DEPFLAGS) -c -o $$@ $$*.S)
endef

# $(call hosted,VARIANT,PREFIX,LIST,SUBFOLDER,EXTRA SOURCES): one hosted program per name in LIST.
define hosted-one
all-objs += $(call objs,$1,$($2-$3-src) $5)
$(OUT)/$1/$4$3: $(call objs,$1,$($2-$3-src) $5) $(makefiles)
	$$(call run,LD,$$(CC-$1) $$(FLAGS-$1) -o $$@ $$(filter %.o,$$^) $$($2-$3-libs))
endef
hosted = $(foreach p,$3,$(if $($2-$p-src),,$(error $2-$p-src is empty))$(eval $(call hosted-one,$1,$2,$p,$4,$5)))

LINT := build-image/lint
# $(call check-item,KIND/NAME,tap|exit,prerequisites,command)
define check-item-rule
.PHONY: check/$1
check-items += check/$1
check/$1: $3 | check-start
	@$(LINT)/run-check.sh $(OUT)/check $1 $2 $4
endef
check-item = $(eval $(call check-item-rule,$1,$2,$3,$4))
check-items :=

.PHONY: check-start
check-start:
	@rm -rf $(OUT)/check && mkdir -p $(OUT)/check
