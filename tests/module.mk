# SPDX-License-Identifier: Apache-2.0
# Host tests of code that has no module.mk of its own yet.

unit-test       += sha256
unit-sha256-src := tests/unit/sha256_test.c hypervisor/core/sha256.c

unit-test       += system
unit-system-src := tests/unit/system_test.c tests/fakes/good_system.c hypervisor/core/system.c
fuzz-target     += system
fuzz-system-src := tests/fuzz/system.c tests/fakes/good_system.c hypervisor/core/system.c

# The VT-d driver against a model of the unit.
vtd-model := tests/fakes/vtd_fake.c tests/fakes/vtd_fake_queue.c tests/fakes/vtd_fake_dma.c
vtd-real  := hypervisor/iommu/vtd.c hypervisor/iommu/vtd_init.c hypervisor/core/ptab.c hypervisor/core/frames.c
unit-test         += vtd vtd-init
unit-vtd-src      := tests/unit/vtd_test.c $(vtd-model) $(vtd-real)
unit-vtd-init-src := tests/unit/vtd_init_test.c $(vtd-model) $(vtd-real)
