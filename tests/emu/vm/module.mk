# SPDX-License-Identifier: Apache-2.0
# VMs of scenarios that need Linux; they are in no product image. tester-*: do what a server of the test network tells them;
# vpnvm-trouble: the product's vpnvm, which can be troubled from inside. *-layers: as that, with a driver whose filter can be held
# open. inputvm-mortal: the product's, and a second keyboard is its first life's death. drawer: says in each life what it draws. sleeper-*: sleep. rights-*: a service VM and who says what its daemon may do.
musl-prog       += trouble mortal frame
musl-trouble-src := tests/emu/vm/trouble.c $(svlib)
musl-mortal-src := tests/emu/vm/mortal.c $(svlib)
musl-frame-src  := tests/emu/vm/frame.c
rights          := $(addprefix rights-,adminvm inputvm netvm usbvm vpnvm)
emu-vm          := drawer sleeper-few sleeper-many tester-near tester-far vpnvm-trouble vpnvm-layers netvm-layers inputvm-mortal $(rights)
vm              += $(emu-vm)
$(foreach v,$(emu-vm),$(eval vm-$v-ram := $(if $(findstring tester,$v),64M,$(if $(findstring vpnvm,$v),48M,32M))))
$(foreach v,vpnvm-trouble vpnvm-layers rights-vpnvm,$(eval vm-$v-secret := 4K))
vm-drawer-lists      := tests/emu/vm/drawer.list
vm-sleeper-few-lists := tests/emu/vm/sleeper.list
vm-sleeper-few-args  := sleeps=20
vm-sleeper-many-lists := tests/emu/vm/sleeper.list
vm-sleeper-many-args := sleeps=220
vm-tester-near-lists := tests/emu/vm/tester.list
vm-tester-near-args  := tester=192.168.77.1
vm-tester-far-lists  := tests/emu/vm/tester.list
vm-tester-far-args   := tester=10.77.0.2
vm-vpnvm-trouble-lists := vpnvm/rootfs.list tests/emu/vm/trouble.list
vm-vpnvm-layers-lists  := vpnvm/rootfs.list tests/emu/vm/trouble.list tests/emu/vm/gate.list
vm-netvm-layers-lists  := netvm/rootfs.list tests/emu/vm/trouble-netvm.list tests/emu/vm/gate.list
vm-inputvm-mortal-lists := inputvm/rootfs.list tests/emu/vm/mortal.list
vm-rights-adminvm-lists := service-vms/adminvm/rootfs.list tests/emu/vm/rights.list
$(foreach v,inputvm netvm usbvm,$(eval vm-rights-$v-lists := $v/rootfs.list tests/emu/vm/rights.list))
vm-rights-vpnvm-lists := vpnvm/rootfs.list tests/emu/vm/rights-vpnvm.list
all-extra       += $(addprefix $(OUT)/vm/,$(addsuffix .img,netvm $(emu-vm))) $(OUT)/vm/vpnvm.secret
