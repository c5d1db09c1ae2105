# SPDX-License-Identifier: Apache-2.0
# Bare-metal guests of the tests: those that use no channel, and those that have one.

payload-lib    := tests/payloads/start.S tests/payloads/guest.c
payload-single := hello stay status msr port cpuid address count asker polite asks instr last calls victim naps
payload-single += marked reaper keeper leaver pulse swapper
payload-ended  := typist listener mortal heir boss deaf storm sink
payload-edu    := dma implant hasty
payload        += $(payload-single) $(payload-ended) $(payload-edu)
$(foreach p,$(payload-edu),$(eval payload-$p-src := $(payload-lib) tests/payloads/edu.c tests/payloads/$p.c))
$(foreach p,$(payload-single),$(eval payload-$p-src := $(payload-lib) tests/payloads/$p.c))
$(foreach p,$(payload-ended),$(eval payload-$p-src := $(payload-lib) tests/payloads/chan.c tests/payloads/$p.c))
