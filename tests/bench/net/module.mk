# SPDX-License-Identifier: Apache-2.0
# What a network path carries (README.md): the program that measures and the VMs that hold it. They are in no product image.
# bench-near, bench-far: do what a server of the test network tells them. netvm-bench: the product's, and answers itself.
# bench-plain: one machine of its own, not under Bulkhead, that does what vpnvm does and measures from there.
musl-prog += netbench
musl-netbench-src := tests/bench/net/netbench.c
bench-net-vm := bench-near bench-far netvm-bench bench-plain
vm += $(bench-net-vm)
vm-bench-near-lists  := tests/emu/vm/tester.list tests/bench/net/netbench.list
vm-bench-near-ram    := 64M
vm-bench-near-args   := tester=192.168.77.1
vm-bench-far-lists   := tests/emu/vm/tester.list tests/bench/net/netbench.list
vm-bench-far-ram     := 64M
vm-bench-far-args    := tester=10.77.0.2
vm-netvm-bench-lists := netvm/rootfs.list tests/bench/net/netbench.list tests/bench/net/netvm.list
vm-netvm-bench-ram   := 32M
vm-bench-plain-lists := vpnvm/rootfs.list tests/bench/net/netbench.list tests/bench/net/plain.list
vm-bench-plain-ram   := 64M
all-extra += $(bench-net-vm:%=$(OUT)/vm/%.img) $(OUT)/bench/count.so
