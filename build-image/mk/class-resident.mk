# SPDX-License-Identifier: Apache-2.0
# The resident class: freestanding, no vector registers, no indirect jumps; it must use no library.

CC-resident    := gcc
FLAGS-resident := -std=c11 -ffreestanding -nostdinc -isystem $(shell gcc -print-file-name=include) \
	$(HYP_INC) -O2 -g $(SAMEPATH) $(WARN) -Wframe-larger-than=1024 \
	-mgeneral-regs-only -mno-red-zone -fno-jump-tables -fno-common -fPIE -fvisibility=hidden \
	-fstack-protector-strong -mstack-protector-guard=global -fno-asynchronous-unwind-tables \
	-fno-tree-loop-distribute-patterns -fcf-protection=none -fno-strict-aliasing
LDFLAGS-resident := -pie --no-dynamic-linker -z text -z noexecstack -z separate-code -z max-page-size=4096 \
	--build-id=none --no-undefined --fatal-warnings -nostdlib
$(eval $(call variant,resident))

# What an exit of a guest may run is compiled as one: a call from one of its files to another costs no more than one inside a file. Only these
# files, so that no function of another class hides in one of theirs from the lints, which read the image.
CC-resident-guest    := gcc
FLAGS-resident-guest := $(FLAGS-resident) -flto -fno-fat-lto-objects
$(eval $(call variant,resident-guest))
guest-class := $(shell awk '$$1 == "guest" && $$2 ~ /\.c$$/ { print $$2 }' build-image/lint/classes.txt)

# $(call resident-objs,SOURCES), by where each is compiled
resident-objs = $(call objs,resident-guest,$(filter $(guest-class),$1)) $(call objs,resident,$(filter-out $(guest-class),$1))

# The second reader: the same sources through clang, compiled and thrown away.
CC-resident-clang    := clang
FLAGS-resident-clang := -target x86_64-unknown-none-elf -std=c11 -ffreestanding -nostdinc \
	-isystem $(shell clang -print-resource-dir)/include $(HYP_INC) -O2 $(WARN) -Wframe-larger-than=1024 \
	-mgeneral-regs-only -mno-red-zone -fno-jump-tables -fno-common -fPIE -fvisibility=hidden \
	-fstack-protector-strong -mstack-protector-guard=global -fno-asynchronous-unwind-tables
$(eval $(call variant,resident-clang))

resident-src  := $(sort $(foreach p,$(resident-prog),$(resident-$p-src)))
resident-elf  := $(resident-prog:%=$(OUT)/resident/%.elf)
resident-clang := $(call objs,resident-clang,$(filter %.c,$(resident-src)))
all-objs      += $(call resident-objs,$(resident-src)) $(resident-clang)

define resident-one
$(OUT)/resident/$1.guest.o: $(call objs,resident-guest,$(filter $(guest-class),$(resident-$1-src))) build-image/lint/classes.txt $(makefiles)
	$$(call run,LD,$$(CC-resident-guest) $$(FLAGS-resident-guest) -flto-partition=one -r -flinker-output=nolto-rel -nostdlib \
		-o $$@ $$(filter %.o,$$^))
$(OUT)/resident/$1.elf: $(OUT)/resident/$1.guest.o $(call objs,resident,$(filter-out $(guest-class),$(resident-$1-src))) $(or $(resident-$1-lds),hypervisor/core.lds) $(makefiles)
	$$(call run,LD,ld $$(LDFLAGS-resident) -Map $$(@:.elf=.map) -T $$(filter %.lds,$$^) -o $$@ $$(filter %.o,$$^))
$(OUT)/resident/$1.strip.elf: $(OUT)/resident/$1.elf
	$$(call run,STRIP,objcopy --strip-all $$< $$@)
endef
$(foreach p,$(resident-prog),$(eval $(call resident-one,$p)))

# Bare-metal guests of the tests: position-dependent, at 2 MiB, no more library than the core has.
CC-payload    := gcc
FLAGS-payload := -std=c11 -ffreestanding -nostdinc -isystem $(shell gcc -print-file-name=include) \
	-Ihypervisor/abi -Itests/payloads -O2 -g $(SAMEPATH) $(WARN) -mgeneral-regs-only -mno-red-zone \
	-fno-common -fno-pic -fno-stack-protector -fno-asynchronous-unwind-tables \
	-fno-tree-loop-distribute-patterns -fcf-protection=none
$(eval $(call variant,payload))
payload-elf := $(payload:%=$(OUT)/payload/%.elf)
all-objs    += $(call objs,payload,$(foreach p,$(payload),$(payload-$p-src)))

define payload-one
$(OUT)/payload/$1.elf: $(call objs,payload,$(payload-$1-src)) tests/payloads/payload.lds $(makefiles)
	$$(call run,LD,ld -no-pie -static -z noexecstack --build-id=none --no-undefined -nostdlib \
		-T tests/payloads/payload.lds -o $$@ $$(filter %.o,$$^))
endef
$(foreach p,$(payload),$(eval $(call payload-one,$p)))
