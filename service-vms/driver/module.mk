# SPDX-License-Identifier: GPL-2.0-only
# The guest driver: what the kernel's makefiles get a copy of (build-image/mk/vm.mk), and host tests of its pure parts.

driver-src := $(addprefix service-vms/driver/,Kbuild bulkhead.h bulkhead_ioctl.h capsule.c chan.c chaos.c chandev.c checkpoint.c compat.h \
  console.c control.c doorbell.c espfilter.c espfilter.h fb.c hypercall.h idle.c input.c include/stdbool.h include/stddef.h \
  include/stdint.h main.c net.c net.h netcheck.c netcheck.h netgate.c netrx.c nettx.c netwatch.c ring.c ring.h secret.c) service-vms/proto/net_frame.h
driver-src += service-vms/proto/input_event.h service-vms/lib/codec_input.c service-vms/lib/codec_input.h

unit-test += ring netcheck espfilter
unit-ring-src := tests/unit/ring_test.c service-vms/driver/ring.c
unit-netcheck-src := tests/unit/netcheck_test.c service-vms/driver/netcheck.c
unit-espfilter-src := tests/unit/espfilter_test.c service-vms/driver/espfilter.c
fuzz-target += netframe
fuzz-netframe-src := tests/fuzz/netframe.c service-vms/driver/netcheck.c service-vms/driver/espfilter.c
