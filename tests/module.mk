# SPDX-License-Identifier: Apache-2.0
# Host tests of code that has no module.mk of its own yet.

unit-test       += sha256
unit-sha256-src := tests/unit/sha256_test.c hypervisor/core/sha256.c
