# SPDX-License-Identifier: Apache-2.0
# VMs of scenarios that need Linux; they are in no product image. tester-*: do what a server of the test network tells them;
# vpnvm-trouble: the product's vpnvm, which can be troubled from inside. *-layers: as that, with a driver whose filter can be held
# open. inputvm-mortal: the product's, and a second keyboard is its death. rights-*: a service VM and who says what its daemon may do.
vm                  += tester-near tester-far vpnvm-trouble
vm-tester-near-lists := tests/emu/vm/tester.list
vm-tester-near-ram  := 64M
vm-tester-near-args := tester=192.168.77.1
vm-tester-far-lists := tests/emu/vm/tester.list
vm-tester-far-ram   := 64M
vm-tester-far-args  := tester=10.77.0.2
vm-vpnvm-trouble-lists := vpnvm/rootfs.list tests/emu/vm/trouble.list
vm-vpnvm-trouble-ram := 48M
vm-vpnvm-trouble-secret := 4K
vm                  += inputvm-mortal
vm-inputvm-mortal-lists := inputvm/rootfs.list tests/emu/vm/mortal.list
vm-inputvm-mortal-ram := 32M
vm                  += vpnvm-layers netvm-layers
vm-vpnvm-layers-lists := vpnvm/rootfs.list tests/emu/vm/trouble.list tests/emu/vm/gate.list
vm-vpnvm-layers-ram := 48M
vm-vpnvm-layers-secret := 4K
vm-netvm-layers-lists := netvm/rootfs.list tests/emu/vm/trouble-netvm.list tests/emu/vm/gate.list
vm-netvm-layers-ram := 32M
musl-prog           += trouble mortal
musl-mortal-src     := tests/emu/vm/mortal.c
musl-trouble-src    := tests/emu/vm/trouble.c $(svlib)

# The product's driver, its filter behind a gate of the test's (gate.c) that takes the filter's name.
gate-dir := $(OUT)/driver-gate
$(gate-dir)/bulkhead.ko: $(OUT)/driver/bulkhead.ko tests/emu/vm/gate.c tests/emu/vm/module.mk
	$(call run,KMOD,rm -rf $(gate-dir) && mkdir -p $(gate-dir) && cp -r $(OUT)/driver/src $(gate-dir)/src)
	$Qrm -f $(gate-dir)/src/*.o $(gate-dir)/src/.*.cmd $(gate-dir)/src/*.ko
	$Qcp tests/emu/vm/gate.c $(gate-dir)/src/
	$Qsed -i 's/^bool netgate_pass(/bool filter_pass(/' $(gate-dir)/src/netgate.c
	$Qsed -i '/^bool netgate_pass(/{p;s/netgate_pass/filter_pass/}' $(gate-dir)/src/net.h
	$Qecho 'bulkhead-y += gate.o' >>$(gate-dir)/src/Kbuild
	$Q$(MAKE) -C $(KERNEL_BUILD) ARCH=x86 M=$(CURDIR)/$(gate-dir)/src W=1 $(if $(V),V=1,--silent) modules
	$Qstrip --strip-debug -o $@ $(gate-dir)/src/bulkhead.ko

rights               := $(addprefix rights-,adminvm inputvm netvm usbvm vpnvm)
vm                   += $(rights)
vm-rights-adminvm-lists := service-vms/adminvm/rootfs.list tests/emu/vm/rights.list
vm-rights-adminvm-ram := 32M
vm-rights-inputvm-lists := inputvm/rootfs.list tests/emu/vm/rights.list
vm-rights-inputvm-ram := 32M
vm-rights-netvm-lists := netvm/rootfs.list tests/emu/vm/rights.list
vm-rights-netvm-ram  := 32M
vm-rights-usbvm-lists := usbvm/rootfs.list tests/emu/vm/rights.list
vm-rights-usbvm-ram  := 32M
vm-rights-vpnvm-lists := vpnvm/rootfs.list tests/emu/vm/rights-vpnvm.list
vm-rights-vpnvm-ram  := 48M
vm-rights-vpnvm-secret := 4K
all-extra            += $(addprefix $(OUT)/vm/,$(addsuffix .img,tester-near tester-far netvm vpnvm-trouble vpnvm-layers netvm-layers inputvm-mortal $(rights))) $(OUT)/vm/vpnvm.secret
