# SPDX-License-Identifier: Apache-2.0
# What usbvm adds to the build.

unit-test += codec_urb log_line
unit-codec_urb-src := tests/unit/codec_urb_test.c service-vms/lib/codec_urb.c
unit-log_line-src := tests/unit/log_line_test.c service-vms/lib/log.c

fuzz-target += urb
fuzz-urb-src := tests/fuzz/urb.c service-vms/lib/codec_urb.c
