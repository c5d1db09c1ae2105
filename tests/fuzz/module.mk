# SPDX-License-Identifier: Apache-2.0
# Fuzz targets; most drive the whole core on the machine of the unit tests (machine-src of tests/unit).

# witness_core.c holds channel.c.
witness-src := tests/fakes/witness.c tests/fakes/witness_core.c $(filter-out hypervisor/core/channel.c,$(machine-src))

fuzz-target    += boot config exit hcall lines race ring
fuzz-lines-src := tests/fuzz/lines.c service-vms/adminvm/admin_line.c vpnvm/vpnvmd/event.c vpnvm/vpnvmd/lease.c
fuzz-race-src := tests/fuzz/race.c $(witness-src)
fuzz-ring-src := tests/fuzz/ring.c service-vms/driver/ring.c
fuzz-config-src := tests/fuzz/config.c $(witness-src)
fuzz-boot-src  := tests/fuzz/boot.c $(witness-src)
fuzz-exit-src  := tests/fuzz/exit.c tests/fakes/witness.c $(machine-src)
fuzz-hcall-src := tests/fuzz/hcall.c $(witness-src)
