# SPDX-License-Identifier: Apache-2.0
# netvm: the network card and the bridge behind it.

musl-prog += netvmd
musl-netvmd-src := $(addprefix netvm/netvmd/,bridge.c links.c main.c pulse.c) service-vms/lib/sandbox.c $(svlib)

unit-test += netvm-links netvm-pulse
unit-netvm-links-src := tests/unit/netvm_links_test.c netvm/netvmd/links.c
unit-netvm-pulse-src := tests/unit/netvm_pulse_test.c netvm/netvmd/pulse.c

vm += netvm
vm-netvm-lists := netvm/rootfs.list
vm-netvm-ram := 32M
