# SPDX-License-Identifier: Apache-2.0
# The driver of emulated machines: its own tests, the scenarios, make run.
# HEADLESS=1: no window; RUN_ARGS: more arguments of `emu run`, such as --cpus 1.

tap-script     += emu-driver
tap-emu-driver := tests/emu/unit

test-scenarios += tests/emu/scenarios/refusals.py tests/emu/scenarios/payloads.py tests/emu/scenarios/leaks.py
test-scenarios += tests/emu/scenarios/outside.py tests/emu/scenarios/dma.py tests/emu/scenarios/network.py tests/emu/scenarios/product.py
test-scenarios += tests/emu/scenarios/input.py tests/emu/scenarios/spin.py tests/emu/scenarios/admin.py
test-scenarios += tests/emu/scenarios/run.py tests/emu/scenarios/boot.py tests/tools/again.sh

run-needs       = $(PKI_FILES)
run-command    := tests/emu/emu run $(if $(HEADLESS),--headless) $(RUN_ARGS)

# VMs of scenarios that need Linux; they are in no product image. tester-*: do what a server of the test network tells them;
# vpnvm-trouble: the product's vpnvm, which can be troubled from inside.
vm                  += tester-near tester-far vpnvm-trouble
vm-tester-near-lists := tests/emu/vm/tester.list
vm-tester-near-ram  := 64M
vm-tester-near-args := tester=192.168.77.1
vm-tester-far-lists := tests/emu/vm/tester.list
vm-tester-far-ram   := 64M
vm-tester-far-args  := tester=10.77.0.2
vm-vpnvm-trouble-lists := vpnvm/rootfs.list tests/emu/vm/trouble.list
vm-vpnvm-trouble-ram := 48M
musl-prog           += trouble
musl-trouble-src    := tests/emu/vm/trouble.c $(svlib)
all-extra           += $(addprefix $(OUT)/vm/,$(addsuffix .img,tester-near tester-far netvm vpnvm-trouble))
