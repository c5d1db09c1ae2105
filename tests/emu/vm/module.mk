# SPDX-License-Identifier: Apache-2.0
# VMs of scenarios that need Linux; they are in no product image. tester-*: do what a server of the test network tells them;
# vpnvm-trouble: the product's vpnvm, which can be troubled from inside. rights-*: a service VM and who says what its daemon may do.
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
musl-prog           += trouble
musl-trouble-src    := tests/emu/vm/trouble.c $(svlib)

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
all-extra            += $(addprefix $(OUT)/vm/,$(addsuffix .img,tester-near tester-far netvm vpnvm-trouble $(rights))) $(OUT)/vm/vpnvm.secret
