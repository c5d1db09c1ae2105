# SPDX-License-Identifier: Apache-2.0
# Guests that drive a device against everybody else.

device-payloads := msixpage irqstorm irqbursts faultstorm forge inflight confspace turns ringhead pusher owner throttle
device-lib      := tests/payloads/device/stubs.S tests/payloads/device/function.c
payload         += $(device-payloads)
$(foreach p,$(device-payloads),$(eval payload-$p-src := $(payload-lib) $(device-lib) tests/payloads/device/$p.c))
