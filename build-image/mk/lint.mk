# SPDX-License-Identifier: Apache-2.0
# Checks that read the tree and the images and run nothing of ours. Scripts and limits in build-image/lint/.

stack-max := 16384
# The lints' own program text comes first, so that awk gets the table as its first file.
lint-awk = awk -f $(LINT)/$1.awk
flags-of = "$(CC-$1) $(FLAGS-$1)"

$(call check-item,lint/selftest,tap,,$(LINT)/selftest.sh $(OUT)/lint-selftest $(call flags-of,resident))
$(call check-item,lint/format,exit,,$(LINT)/format.sh)
$(call check-item,lint/modules,exit,,$(LINT)/modules.sh $(FOLDERS))
$(call check-item,lint/spdx,exit,,$(LINT)/spdx.sh)
$(call check-item,lint/asm,exit,,$(LINT)/asm.sh)
$(call check-item,lint/headers,exit,,$(LINT)/headers.sh \
	$(call flags-of,resident) $(call flags-of,efi) $(call flags-of,host) $(call flags-of,payload))
$(call check-item,lint/shape,exit,,$(LINT)/on-files.sh '*.c *.h' $(call lint-awk,strip) -f $(LINT)/shape.awk)
$(call check-item,lint/deviations,exit,,$(LINT)/on-files.sh '*.c *.h *.S *.sh *.awk *.mk *.txt' \
	$(call lint-awk,deviations) $(LINT)/deviations.md)
$(call check-item,lint/mutants,exit,,$(LINT)/mutate.sh --rows tests/mutants.txt $(OUT)/mutant-rows)

all-src := $(sort $(hosted-src) $(resident-src) $(prove-src) tests/fuzz/replay_main.c tests/bench/plugin/profile.c tests/bench/plugin/count.c $(foreach p,$(efi-prog),$(efi-$p-src)) \
	$(foreach p,$(payload),$(payload-$p-src)) $(foreach p,$(musl-prog),$(musl-$p-src)) $(xen-src))
$(call check-item,lint/orphans,exit,,$(LINT)/orphans.sh $(all-src))

# The headers each object really reached. Programs of the VMs need the whole user space to be compiled, so
# their inclusions are asked of the preprocessor alone; headers of packages not built yet do not matter here.
musl-deps := $(patsubst %.c,$(OUT)/deps/%.d,$(filter %.c,$(sort $(foreach p,$(musl-prog),$(musl-$p-src)))))
$(OUT)/deps/%.d: %.c
	$(call run,DEPS,gcc -std=c11 $(filter -I%,$(FLAGS-musl)) $(cflags-$*.c) -MM -MG -MT $@ -MF $@ $<)
check-objs := $(sort $(filter-out $(OUT)/musl/% $(OUT)/fuzz/% $(OUT)/cov/%,$(all-objs)))
ifneq ($(check-objs)$(musl-deps),)
$(call check-item,lint/includes,exit,$(check-objs) $(musl-deps),$(call lint-awk,includes) \
	$(LINT)/include-rules.txt $(check-objs:.o=.d) $(musl-deps))
endif

# The resident images, one by one. clang is a second reader of the same sources.
%.dis: %.elf
	$Qobjdump -dw --no-show-raw-insn $< >$@
define resident-lints
$(call check-item,lint/control-$1,exit,$(OUT)/resident/$1.dis,$(call lint-awk,control) $(LINT)/allow.txt $(OUT)/resident/$1.dis)
$(call check-item,lint/vector-$1,exit,$(OUT)/resident/$1.dis,$(call lint-awk,vector) $(LINT)/allow.txt $(OUT)/resident/$1.dis)
$(call check-item,lint/calls-$1,exit,$(OUT)/resident/$1.dis,awk -v frame_max=1024 -v stack_max=$(stack-max) \
	-f $(LINT)/graph.awk -f $(LINT)/calls.awk $(LINT)/allow.txt $(OUT)/resident/$1.dis)
$(call check-item,lint/switch-$1,exit,$(OUT)/resident/$1.dis,awk -v enter=svm_enter -v run=vmrun -f $(LINT)/switch.awk \
	$(OUT)/resident/$1.dis)
$(call check-item,lint/segments-$1,exit,$(OUT)/resident/$1.elf,$(LINT)/segments.sh $(OUT)/resident/$1.elf)
$(call check-item,lint/reach-$1,exit,$(OUT)/resident/$1.dis,$(LINT)/reach.sh $(OUT)/resident/$1.elf)
$(call check-item,lint/lines-$1,exit,$(OUT)/resident/$1.elf,$(LINT)/lines.sh "$(patsubst %.o,%.d,$(call resident-objs,$(resident-$1-src)))" $(resident-$1-src))
endef
$(foreach p,$(resident-prog),$(eval $(call resident-lints,$p)))
second-reader := $(resident-clang) $(hosted-clang)
$(if $(strip $(second-reader)),$(call check-item,lint/clang,exit,$(second-reader),echo "$(words $(second-reader)) objects"))

tidy-hosted := $(filter-out tests/% hypervisor/%,$(filter %.c,$(hosted-src)))
$(call check-item,lint/tidy-core,exit,,$(LINT)/tidy.sh "$(CC-resident-clang) $(FLAGS-resident-clang) -Ihypervisor/x86" \
	$(filter %.c,$(resident-src)))
$(call check-item,lint/tidy-loader,exit,,$(LINT)/tidy.sh "$(CC-efi) $(FLAGS-efi)" \
	$(filter %.c,$(foreach p,$(efi-prog),$(efi-$p-src))))
$(call check-item,lint/tidy-hosted,exit,,$(LINT)/tidy.sh "$(CC-host-clang) $(FLAGS-host-clang)" $(tidy-hosted))
$(call check-item,lint/cppcheck,exit,,$(LINT)/cppcheck.sh $(filter-out tests/%,$(filter %.c,$(all-src))))

variants := resident resident-clang payload efi host san cov model fuzz host-clang musl
$(OUT)/compile_commands.json: $(makefiles)
	$Qmkdir -p $(@D)
	$Q{ $(foreach v,$(variants),echo "flags $v $(CC-$v) $(FLAGS-$v)";) \
	$(foreach s,$(all-src),for o in $(filter %/obj/$(basename $s).o,$(all-objs)); do echo "$s $$o"; done;) \
	} | awk -v folder="$(CURDIR)" -f $(LINT)/compdb.awk >$@

# Every test the documents name. Last, because it asks which items there are.
names-of = $(filter-out check/lint/names,$(check-items))
$(call check-item,lint/names,exit,,$(LINT)/names.sh $(OUT)/test-names "$$(names-of)" hypervisor/THREATS.md tests/ACCEPTANCE.md)

.PHONY: format lint compdb reproduce
compdb: $(OUT)/compile_commands.json ## how each file is compiled, for editors and analysers
repro-files := $(resident-elf) $(resident-elf:.elf=.strip.elf) $(efi-bin) $(host-bin) $(payload-elf)
reproduce: ## build in two places, compare the bytes
	@$(LINT)/reproduce.sh $(OUT)/reproduce $(repro-files)
format: ## let clang-format settle the white space of every C file
	$Q$(LINT)/files.sh '*.c' '*.h' | xargs clang-format -i --style=file:.clang-format
lint: $(filter check/lint/%,$(check-items)) ## the lints alone
	@$(LINT)/summary.sh $(OUT)/check $(words $^)
