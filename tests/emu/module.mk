# SPDX-License-Identifier: Apache-2.0
# The driver of emulated machines: its own tests, the scenarios, make run.
# HEADLESS=1: no window; DISK=FILE: a second disk, for adminvm; RUN_ARGS: more arguments of `emu run`, such as --cpus 1.

tap-script     += emu-driver
tap-emu-driver := tests/emu/unit

# the longest first: they run three at a time
scenarios      := network restart reconnect swap run admin input product payloads progress policy secret hostile devices residue
scenarios      += outside refusals rights dma boot broken capsule epochs leaks restore counts exits
test-scenarios += $(scenarios:%=tests/emu/scenarios/%.py)
test-alone     += tests/emu/scenarios/spin.py tests/emu/scenarios/storm.py tests/tools/again.sh

run-needs       = $(PKI_FILES)
run-command    := tests/emu/emu run $(if $(HEADLESS),--headless) $(if $(DISK),--disk $(DISK)) $(RUN_ARGS)
