# SPDX-License-Identifier: Apache-2.0
# What inputvm adds to the build.

unit-test += codec_input
unit-codec_input-src := tests/unit/codec_input_test.c service-vms/lib/codec_input.c

fuzz-target += input
fuzz-input-src := tests/fuzz/input.c service-vms/lib/codec_input.c
