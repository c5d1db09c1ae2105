# SPDX-License-Identifier: Apache-2.0
# What service-vms adds to the build; how it is built is in build-image/mk/vm.mk and class-musl.mk.

svlib := $(addprefix service-vms/lib/,chan.c vm.c)

musl-prog += init chantest evdump carry netwatch
musl-init-src := $(addprefix service-vms/init/,main.c child.c config.c system.c) $(svlib)

musl-netwatch-src := service-vms/pvm-demo/netwatch.c $(svlib)
musl-evdump-src := service-vms/pvm-demo/evdump.c $(svlib)
musl-chantest-src := $(addprefix service-vms/pvm-demo/,chantest.c chantest_msg.c) $(svlib)
musl-carry-src := $(addprefix service-vms/pvm-demo/,carry.c carry_msg.c)

unit-test += init-config chantest sandbox carry
unit-carry-src := tests/unit/carry_test.c service-vms/pvm-demo/carry_msg.c
unit-sandbox-src := tests/unit/sandbox_test.c service-vms/lib/sandbox.c
unit-init-config-src := tests/unit/init_config_test.c service-vms/init/config.c
unit-chantest-src := tests/unit/chantest_test.c service-vms/pvm-demo/chantest_msg.c

vm += work personal link-send link-recv
vm-work-lists := service-vms/pvm-demo/rootfs.list
vm-work-ram := 64M
vm-work-args := carry=10.77.0.2
vm-personal-lists := service-vms/pvm-demo/rootfs.list
vm-personal-ram := 64M
vm-personal-args := carry=192.168.77.1
vm-link-send-lists := service-vms/pvm-demo/link/send.list
vm-link-send-ram := 32M
vm-link-recv-lists := service-vms/pvm-demo/link/recv.list
vm-link-recv-ram := 32M
