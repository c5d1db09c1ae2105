# SPDX-License-Identifier: Apache-2.0
# Host tests of code that has no module.mk of its own yet.

unit-test       += sha256
unit-sha256-src := tests/unit/sha256_test.c hypervisor/core/sha256.c

unit-test       += system
unit-system-src := tests/unit/system_test.c tests/fakes/good_system.c hypervisor/core/system.c
fuzz-target     += system
fuzz-system-src := tests/fuzz/system.c tests/fakes/good_system.c hypervisor/core/system.c
