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

# VMs of scenarios that need Linux; they are in no product image.
vm                 += fetch-near fetch-far
vm-fetch-near-lists := tests/emu/vm/fetch.list
vm-fetch-near-ram   := 64M
vm-fetch-near-args  := fetch=http://192.168.77.1/file
vm-fetch-far-lists  := tests/emu/vm/fetch.list
vm-fetch-far-ram    := 64M
vm-fetch-far-args   := fetch=http://10.77.0.2/file
all-extra          += $(addprefix $(OUT)/vm/,fetch-near.img fetch-far.img netvm.img vpnvm.img)
