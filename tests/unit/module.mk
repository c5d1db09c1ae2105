# SPDX-License-Identifier: Apache-2.0
# Host tests of the resident core: each links the whole core, so that what a rule rests on is real too.

machine-src := $(core-files:%=hypervisor/core/%.c)
machine-src += tests/fakes/device_fake.c tests/fakes/hw_fake.c tests/fakes/leaves.c tests/fakes/machine.c
machine-src += tests/fakes/machine_device.c tests/fakes/vcpu_fake.c

core-tests := bar channel channel_focus checkpoint device device_config device_init device_reset domain entropy exit focus frames guest_md guestmem
core-tests += hcall life life_request life_secret lock log main policy progress ptab reach restart sched swap vlapic vpci
unit-test  += $(core-tests)
$(foreach t,$(core-tests),$(eval unit-$t-src := tests/unit/$t_test.c $(machine-src)))

unit-checkpoint-src += tests/fakes/witness.c
unit-test           += capsule
unit-capsule-src    := tests/unit/capsule_test.c $(filter-out hypervisor/core/capsule.c,$(machine-src))

# The core's memory functions, which this test includes under other names.
unit-test    += mem
unit-mem-src := tests/unit/mem_test.c

# AMD-V on a processor of the tests: hypervisor/svm/ takes its instructions from tests/fakes/insn/.
unit-test     += vcpu
unit-vcpu-src := tests/unit/vcpu_test.c hypervisor/svm/vcpu.c hypervisor/svm/vcpu_boot.c tests/fakes/insn_fake.c
unit-vcpu-src += hypervisor/core/vlapic.c hypervisor/core/msr_policy.c tests/fakes/hw_fake.c
