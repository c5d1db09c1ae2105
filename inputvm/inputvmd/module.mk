# SPDX-License-Identifier: Apache-2.0
# The daemon of inputvm: URBs in, events for the focused VM out. Lists of the folder above.

inputvmd-src := $(addprefix inputvm/,devices.c merge.c outbox.c router.c) $(addprefix inputvm/inputvmd/,flow.c listen.c main.c uinput.c)
inputvmd-src += $(hid-src) $(udev-shim) $(input-codec) $(urb-codec) $(addprefix service-vms/lib/,daemon.c logline.c sandbox.c)
cflags-inputvm/inputvmd/listen.c := $(LIBINPUT_CFLAGS) -Iservice-vms/lib/udev_shim

musl-prog += inputvmd
musl-inputvmd-src := $(inputvmd-src) $(svlib)
musl-inputvmd-needs := $(LIBINPUT_READY)
musl-inputvmd-libs := $(LIBINPUT_LIBS)

vm += inputvm
vm-inputvm-lists := inputvm/rootfs.list
vm-inputvm-ram := 32M
