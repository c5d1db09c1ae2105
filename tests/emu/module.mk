# SPDX-License-Identifier: Apache-2.0
# The driver of emulated machines: its own tests, the scenarios, make run.
# HEADLESS=1: no window; RUN_ARGS: more arguments of `emu run`, such as --cpus 1.

tap-script     += emu-driver
tap-emu-driver := tests/emu/unit

test-scenarios += tests/emu/scenarios/refusals.py tests/emu/scenarios/payloads.py tests/emu/scenarios/leaks.py
test-scenarios += tests/emu/scenarios/dma.py

run-needs       = $(PKI_FILES)
run-command    := tests/emu/emu run $(if $(HEADLESS),--headless) $(RUN_ARGS)
