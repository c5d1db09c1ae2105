# SPDX-License-Identifier: Apache-2.0
# vpnvm: charon, and the daemon that keeps it and the inner side.

musl-prog += vpnvmd confine kept-lease
musl-vpnvmd-src := $(addprefix vpnvm/vpnvmd/,event.c inner.c lease.c main.c outer.c vici.c xfrm.c) $(svlib)
musl-vpnvmd-src += $(addprefix service-vms/lib/,daemon.c logline.c sandbox.c)
musl-confine-src := vpnvm/vpnvmd/confine.c service-vms/lib/sandbox.c

musl-kept-lease-src := $(addprefix vpnvm/vpnvmd/,kept.c lease.c) $(svlib)

unit-test += lease vici vpn-event
unit-lease-src := tests/unit/lease_test.c vpnvm/vpnvmd/lease.c
unit-vpn-event-src := tests/unit/vpn_event_test.c vpnvm/vpnvmd/event.c
unit-vici-src := tests/unit/vici_test.c vpnvm/vpnvmd/vici.c

vm += vpnvm
vm-vpnvm-lists := vpnvm/rootfs.list vpnvm/daemon.list
vm-vpnvm-ram := 48M
vm-vpnvm-secret := 4K
