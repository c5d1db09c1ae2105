# SPDX-License-Identifier: Apache-2.0
# What inputvm adds to the build.

hid-src := $(addprefix inputvm/hid/,boot.c decode.c desc.c fields.c keys.c output.c parse.c pen.c touch.c)
udev-shim := $(addprefix service-vms/lib/udev_shim/,classify.c device.c)
input-codec := service-vms/lib/codec_input.c
urb-codec := service-vms/lib/codec_urb.c

unit-test += codec_input devices hid hid_vectors merge outbox router stream udev_shim
unit-codec_input-src := tests/unit/codec_input_test.c $(input-codec)
unit-devices-src := tests/unit/devices_test.c inputvm/devices.c $(urb-codec) $(hid-src)
unit-hid-src := tests/unit/hid_test.c $(input-codec) $(hid-src)
unit-hid_vectors-src := tests/unit/hid_vectors_test.c $(input-codec) $(hid-src)
unit-merge-src := tests/unit/merge_test.c inputvm/merge.c
unit-outbox-src := tests/unit/outbox_test.c inputvm/outbox.c
unit-udev_shim-src := tests/unit/udev_shim_test.c $(udev-shim) $(input-codec)
unit-router-src := tests/unit/router_test.c inputvm/router.c $(input-codec)
# Both ends of the shadow URB channel.
unit-stream-src := tests/unit/stream_test.c usbvm/usbvmd/stream.c inputvm/devices.c $(urb-codec) $(hid-src)

fuzz-target += input hid devices
fuzz-input-src := tests/fuzz/input.c $(input-codec)
fuzz-hid-src := tests/fuzz/hid.c $(input-codec) $(hid-src)
fuzz-devices-src := $(addprefix inputvm/,devices.c merge.c router.c) $(hid-src) $(input-codec) $(urb-codec)
fuzz-devices-src += tests/fuzz/devices.c
