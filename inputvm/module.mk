# SPDX-License-Identifier: Apache-2.0
# What inputvm adds to the build.

hid-src := $(addprefix inputvm/hid/,boot.c decode.c desc.c fields.c keys.c output.c parse.c pen.c touch.c)

unit-test += codec_input hid hid_vectors
unit-codec_input-src := tests/unit/codec_input_test.c service-vms/lib/codec_input.c
unit-hid-src := tests/unit/hid_test.c service-vms/lib/codec_input.c $(hid-src)
unit-hid_vectors-src := tests/unit/hid_vectors_test.c service-vms/lib/codec_input.c $(hid-src)

fuzz-target += input
fuzz-input-src := tests/fuzz/input.c service-vms/lib/codec_input.c
fuzz-target += hid
fuzz-hid-src := tests/fuzz/hid.c service-vms/lib/codec_input.c $(hid-src)
