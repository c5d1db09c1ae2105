# SPDX-License-Identifier: Apache-2.0
# The driver of emulated machines: its own tests, the scenarios, make run.
# HEADLESS=1: no window; RUN_ARGS: more arguments of `emu run`, such as --cpus 1.

tap-script     += emu-driver
tap-emu-driver := tests/emu/unit

scenarios      := refusals broken payloads leaks outside hostile dma devices product input run boot rights residue secret
test-scenarios += $(scenarios:%=tests/emu/scenarios/%.py) tests/tools/again.sh
test-beside    += tests/emu/scenarios/network.py tests/emu/scenarios/admin.py
test-alone     += tests/emu/scenarios/spin.py

run-needs       = $(PKI_FILES)
run-command    := tests/emu/emu run $(if $(HEADLESS),--headless) $(RUN_ARGS)
