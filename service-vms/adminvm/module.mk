# SPDX-License-Identifier: Apache-2.0
# adminvm: bhctl and the daemon that runs it for commands on COM1.

musl-prog += admind bhctl
musl-admind-src := $(addprefix service-vms/adminvm/,admind.c admin_line.c) $(svlib)
musl-admind-src += $(addprefix service-vms/lib/,daemon.c logline.c sandbox.c)
musl-bhctl-src := $(host-bhctl-src)

unit-test += admin-line
unit-admin-line-src := tests/unit/admin_line_test.c service-vms/adminvm/admin_line.c

vm += adminvm
vm-adminvm-lists := service-vms/adminvm/rootfs.list
vm-adminvm-ram := 32M
