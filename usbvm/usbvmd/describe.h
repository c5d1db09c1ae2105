/* SPDX-License-Identifier: Apache-2.0 */
/* What a device's own descriptors say, as far as usbvmd needs it: which interfaces are HID, where they talk. Pure. */
#ifndef DESCRIBE_H
#define DESCRIBE_H

#include "stream.h"

/*
 * describe - from the descriptors as the kernel keeps them (device descriptor, then configurations one behind the other)
 * fill D: descriptor, config (the one with value ACTIVE), and each HID interface with an interrupt IN endpoint, its
 * first setting only; report_len is what the device says its report descriptor has, 0 when that cannot be.
 *
 * False: there is no such configuration or no such interface, or the bytes contradict themselves.
 */
bool describe(const uint8_t *bytes, size_t len, uint8_t active, struct stream_device *d);

#endif
