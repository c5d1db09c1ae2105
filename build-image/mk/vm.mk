# SPDX-License-Identifier: Apache-2.0
# VM images from kernel, driver and user space; must name no VM. A folder's module.mk declares one like this:
#
#   vm            += work
#   vm-work-lists := <rootfs lists, see build-image/vm/list.awk>; the common ones come by themselves
#   vm-work-ram   := 64M
#   vm-work-args  := <words for the kernel's command line>
#   vm-work-secret := 4K                       room for a secret file, which comes beside the image
#
# out/vm/work.img is the image, out/vm/work.list what its initramfs holds. An initramfs with a file of unknown
# origin or an ELF file that is not static-pie does not become an image. It is not compressed: that cost a VM some 100 instructions for each byte.

vm-common-list := service-vms/base/rootfs.list
# EARLY=1: kernels speak before the driver is there. Costs 0.3 s of boot for each VM in the emulator.
# A line on the console is an exit: without EARLY=1 the kernel's own (below `notice`) stay in its log until PID 1 has the VM's life begin.
# What PCI functions want done early, by CF8 and CFC in each slot there could be, no function wants that a VM can have.
vm-args        := console=bhcon0 panic=-1 pci=noearly $(if $(EARLY),earlyprintk=ttyS0,loglevel=6)
vm-img         := $(vm:%=$(OUT)/vm/%.img)

# The driver is built from a copy: kbuild writes beside its sources.
driver-dir := $(OUT)/driver
driver-abi := $(wildcard hypervisor/abi/*.h)
$(driver-dir)/bulkhead.ko: $(driver-src) $(driver-abi) $(KERNEL_READY) build-image/mk/vm.mk
	$(call run,KMOD,rm -rf $(driver-dir)/src && mkdir -p $(driver-dir)/src/abi $(driver-dir)/src/include)
	$Qcp $(filter-out service-vms/driver/include/%,$(driver-src)) $(driver-dir)/src/
	$Qcp $(filter service-vms/driver/include/%,$(driver-src)) $(driver-dir)/src/include/
	$Qcp $(driver-abi) $(driver-dir)/src/abi/
	$Q$(MAKE) -C $(KERNEL_BUILD) ARCH=x86 M=$(CURDIR)/$(driver-dir)/src W=1 $(if $(V),V=1,--silent) modules
	$Qstrip --strip-debug -o $@ $(driver-dir)/src/bulkhead.ko

# For tests: the same with the filter of a net edge behind a gate of theirs, which takes the filter's name.
driver-gate := $(OUT)/driver-gate
$(driver-gate)/bulkhead.ko: $(driver-dir)/bulkhead.ko $(wildcard tests/emu/vm/gate/*) build-image/mk/vm.mk
	$(call run,KMOD,rm -rf $(driver-gate) && mkdir -p $(driver-gate) && cp -r $(driver-dir)/src $(driver-gate)/src)
	$Qrm -f $(driver-gate)/src/*.o $(driver-gate)/src/.*.cmd $(driver-gate)/src/*.ko
	$Qcp tests/emu/vm/gate/gate.c $(driver-gate)/src/
	$Qcat tests/emu/vm/gate/Kbuild >>$(driver-gate)/src/Kbuild
	$Qsed -i 's/^bool netgate_pass(/bool filter_pass(/' $(driver-gate)/src/netgate.c
	$Qsed -i '/^bool netgate_pass(/{p;s/netgate_pass/filter_pass/}' $(driver-gate)/src/net.h
	$Q$(MAKE) -C $(KERNEL_BUILD) ARCH=x86 M=$(CURDIR)/$(driver-gate)/src W=1 $(if $(V),V=1,--silent) modules
	$Qstrip --strip-debug -o $@ $(driver-gate)/src/bulkhead.ko

# What the lists name as @OUT@/... or as a file of the tree must be there first; the rest comes with the packages.
vm-sources = $(subst @OUT@,$(OUT),$(shell awk '$$1 == "file" || $$1 == "instead" { print $$4 }' $(vm-common-list) $(vm-$1-lists)))

define vm-one
$(OUT)/vm/$1.list: $(vm-common-list) $(vm-$1-lists) $(BUSYBOX_READY) $(KERNEL_READY) build-image/vm/list.awk
	$$(call run,LIST,awk -v out=$(OUT) -v busybox=$(BUSYBOX_BIN) -v links=$(BUSYBOX_LINKS) \
		-v modules=$(KERNEL_MODULES) -f build-image/vm/list.awk $(vm-common-list) $(vm-$1-lists) >$$@)
$(OUT)/vm/$1.cpio: $(OUT)/vm/$1.list $(call vm-sources,$1) $(OUT)/host/mkcpio $(LINT)/initramfs.sh build-image/mk/vm.mk
	$$(call run,CPIO,$(OUT)/host/mkcpio $$< $$@)
	$$Q$(LINT)/initramfs.sh $1 $$< $$@ build-image/versions.mk >$(OUT)/vm/$1.files || { cat $(OUT)/vm/$1.files; exit 1; }
$(OUT)/vm/$1.args: FORCE
	@mkdir -p $$(@D)
	@printf '%s\n' '--ram $(vm-$1-ram) $(vm-$1-secret) --cmdline $(strip $(vm-args) $(vm-$1-args))' >$$@.new
	@if cmp -s $$@.new $$@; then rm $$@.new; else mv $$@.new $$@; fi
$(OUT)/vm/$1.img: $(OUT)/vm/$1.cpio $(OUT)/vm/$1.args $(KERNEL_READY) $(OUT)/host/mkvm
	$$(call run,VM,$(OUT)/host/mkvm --kernel $(KERNEL_VMLINUX) --initrd $$< --cmdline '$(strip $(vm-args) $(vm-$1-args))' \
		--ram $(vm-$1-ram) $(if $(vm-$1-secret),--secret $(vm-$1-secret)) -o $$@)
endef
$(foreach v,$(vm),$(eval $(call vm-one,$v)))

# In make check: what is built at that moment, file by file. A cold tree has none, and says so.
vm-built := $(wildcard $(vm:%=$(OUT)/vm/%.cpio))
$(foreach v,$(vm-built:$(OUT)/vm/%.cpio=%),$(call check-item,lint/initramfs-$v,exit,,$(LINT)/initramfs.sh \
	$v $(OUT)/vm/$v.list $(OUT)/vm/$v.cpio build-image/versions.mk))

.PHONY: vms
vms: $(vm-img) ## the image of each VM, out/vm/
