# SPDX-License-Identifier: Apache-2.0
# What usbvm adds to the build.

unit-test += arrivals codec_urb describe logline
unit-arrivals-src := tests/unit/arrivals_test.c usbvm/usbvmd/arrivals.c
unit-codec_urb-src := tests/unit/codec_urb_test.c service-vms/lib/codec_urb.c
unit-describe-src := tests/unit/describe_test.c usbvm/usbvmd/describe.c
unit-logline-src := tests/unit/logline_test.c service-vms/lib/logline.c

fuzz-target += urb describe
fuzz-urb-src := tests/fuzz/urb.c service-vms/lib/codec_urb.c
fuzz-describe-src := tests/fuzz/describe.c $(addprefix usbvm/usbvmd/,describe.c stream.c) service-vms/lib/codec_urb.c

usbvmd-src := $(addprefix usbvm/usbvmd/,arrivals.c describe.c main.c stream.c transfer.c usb.c)
usbvmd-src += $(addprefix service-vms/lib/,codec_urb.c daemon.c logline.c sandbox.c)
cflags-usbvm/usbvmd/transfer.c := $(LIBUSB_CFLAGS)
cflags-usbvm/usbvmd/usb.c := $(LIBUSB_CFLAGS)

musl-prog += usbvmd
musl-usbvmd-src := $(usbvmd-src) $(svlib)
musl-usbvmd-needs := $(LIBUSB_READY)
musl-usbvmd-libs := $(LIBUSB_LIBS)

vm += usbvm
vm-usbvm-lists := usbvm/rootfs.list
vm-usbvm-ram := 32M
