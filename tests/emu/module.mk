# SPDX-License-Identifier: Apache-2.0
# The driver of emulated machines: its own tests, the scenarios, make run.
# HEADLESS=1: no window; RUN_ARGS: more arguments of `emu run`, such as --cpus 1.

tap-script     += emu-driver
tap-emu-driver := tests/emu/unit

test-scenarios += tests/emu/scenarios/refusals.py tests/emu/scenarios/payloads.py tests/emu/scenarios/leaks.py
test-scenarios += tests/emu/scenarios/outside.py tests/emu/scenarios/dma.py tests/emu/scenarios/network.py tests/emu/scenarios/product.py
test-scenarios += tests/emu/scenarios/input.py tests/emu/scenarios/spin.py tests/emu/scenarios/admin.py
test-scenarios += tests/emu/scenarios/run.py tests/emu/scenarios/boot.py tests/emu/scenarios/rights.py tests/tools/again.sh

run-needs       = $(PKI_FILES)
run-command    := tests/emu/emu run $(if $(HEADLESS),--headless) $(RUN_ARGS)
