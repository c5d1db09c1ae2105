# SPDX-License-Identifier: Apache-2.0
# What runs under Xen in the same emulator (README.md): two bare-metal guests, dom0 and a guest with Linux. Nothing of it is in an image of ours.
xen-common-src  := $(addprefix tests/bench/,xen/start.S xen/guest.c guest/table.c)
xen-measure-src := $(xen-common-src) tests/bench/xen/port_xen.c tests/bench/guest/measure.c
xen-pair-src    := $(xen-common-src) tests/bench/xen/pair.c
xen-tiny-src    := tests/bench/xen/tiny.S
xen-pins        := xen xen_lzma xen_yajl xen_uuid xen_zlib xen_zstd xen_libc xen_gcc
xen-ready       := $(OUT)/xen/dom0.cpio $(OUT)/pkg/linux-xen.key
xen-src         := $(filter %.c %.S,$(xen-measure-src) $(xen-pair-src) $(xen-tiny-src))
all-extra       += $(addprefix $(OUT)/xen/,measure.elf pair.elf tiny.elf)
