# SPDX-License-Identifier: Apache-2.0
# The items of `make check`, one target each: check/KIND/NAME. Each leaves a result file; summary.sh adds them up.

$(foreach t,$(unit-test),$(call check-item,unit/$t,tap,$(OUT)/san/unit/$t,$(OUT)/san/unit/$t))
$(foreach t,$(model-test),$(call check-item,model/$t,tap,$(OUT)/model/$t,$(OUT)/model/$t))
$(foreach t,$(fuzz-target),$(call check-item,replay/$t,tap,$(OUT)/san/fuzz/$t,$(OUT)/san/fuzz/$t tests/corpus/$t))
$(foreach t,$(tap-script),$(call check-item,script/$t,tap,$(tap-$t-needs),$(tap-$t)))

# Every source of the core and of the IOMMU driver counts, tested or not.
core-src := $(filter hypervisor/core/%.c hypervisor/iommu/%.c,$(resident-src))
$(if $(core-src),$(call check-item,coverage/core,exit,$(cov-bin) $(call objs,cov,$(core-src)),\
	$(LINT)/cov.sh 90 80 "$(cov-bin)" $(core-src)))
all-objs += $(call objs,cov,$(core-src))
# The parser of what devices say about themselves. After the core, because both empty and fill the same counters.
hid-cov := $(filter %/hid %/hid_vectors,$(cov-bin))
$(call check-item,coverage/hid,exit,$(hid-cov) $(if $(core-src),check/coverage/core),\
	$(LINT)/cov.sh 95 80 "$(hid-cov)" $(hid-src))

.PHONY: test unit mutate fuzz prove
test: ## set-up, build, check and all scenarios in the emulator: what CI runs
	@$(LINT)/test-all.sh "$(test-first)" "$(test-alone)" $(test-scenarios)
unit: $(filter check/unit/% check/model/% check/replay/%,$(check-items)) ## unit, model and corpus tests alone
	@$(LINT)/summary.sh $(OUT)/check $(words $^)
mutate: ## remove each security check in turn; its test must fail (M=ID for one)
	@$(LINT)/mutate.sh tests/mutants.txt $(OUT)/mutate $(M)
T ?= 60
fuzz: $(fuzz-bin) ## run every fuzz target for T=60 seconds
	@$(LINT)/fuzz.sh $(T) $(fuzz-target)
prove: ## prove ring arithmetic and change of ownership with a model checker (40 s; make test does it too)
	@tests/prove/proofs $(OUT)/prove

# Killing VMs of the machine that works. N: how often each kind, ONLY: which kinds (tests/emu/soak --help).
.PHONY: soak restarts demo-restart
demo-restart: $(image-file) $(run-needs) ## what a death costs: downloads, typing, four VMs killed in turn, a table
	@tests/emu/demo-restart
soak: N ?= 40
soak: ONLY ?= mixed
soak: $(image-file) $(run-needs) ## kill VMs N=40 times while the workstation works, ONLY=mixed or VMs; table, out/restart.json
	@tests/emu/soak -n $(N) --only $(ONLY) --json $(OUT)/restart.json
restarts: N ?= 20
restarts: $(image-file) $(run-needs) ## outage of each service VM's restart, N=20 times from the checkpoint and as often cold: table, out/restarts.json
	@tests/emu/soak -n $(N) --only netvm,vpnvm,usbvm,inputvm --starts restored,cold --json $(OUT)/restarts.json

# What things cost. PEER=0: the peer's last figures instead of new ones; ONLY: which groups (tests/bench/bench --help).
.PHONY: bench profile
bench: PEER ?= 1
bench: all $(run-needs) $(OUT)/bench/profile.so $(OUT)/bench/count.so $(if $(filter 0,$(PEER)),,$(xen-ready)) ## figures beside Xen's: table, out/bench.json; PEER=0: Xen's last ones, ONLY=counts: one group
	@tests/bench/bench $(if $(filter-out 0,$(PEER)),--peer) $(if $(ONLY),--only $(ONLY))
profile: all $(OUT)/bench/profile.so ## where the core's instructions go, by exit and function
	@tests/bench/profile
$(OUT)/bench/profile.so $(OUT)/bench/count.so: $(OUT)/bench/%.so: tests/bench/plugin/%.c tests/bench/plugin/plugin_api.h $(makefiles)
	$(call run,PLUGIN,mkdir -p $(@D) && gcc -std=c11 -D_DEFAULT_SOURCE -O2 $(WARN) -fPIC -shared -fvisibility=hidden -o $@ $<)

-include $(sort $(all-objs:.o=.d))
