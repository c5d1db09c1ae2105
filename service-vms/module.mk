# SPDX-License-Identifier: Apache-2.0
# What service-vms adds to the build. The kernel module itself is built by build-image/mk/vm.mk.

unit-test += ring
unit-ring-src := tests/unit/ring_test.c service-vms/driver/ring.c
