/* SPDX-License-Identifier: Apache-2.0 */
/* The USB side of usbvmd: claims HID interfaces, keeps transfers in flight, performs requests. Must not look into a report. */
#ifndef USB_H
#define USB_H

#include <poll.h>
#include <stdbool.h>

#include "stream.h"

#define USB_POLL_MAX 40u

/* usb_start - opens the bus; may start a thread of the library's. False: it said why. STREAM learns of the devices. */
bool usb_start(struct stream *stream);

/* usb_poll - what to wait for: fills FDS, returns how many. *timeout_ms becomes smaller if the library needs a turn earlier. */
unsigned usb_poll(struct pollfd fds[USB_POLL_MAX], int *timeout_ms);

/* usb_turn - whatever is due without waiting. False: the library could not look. */
bool usb_turn(void);

/* usb_request - perform what stream_take let through; stream_done follows sooner or later. */
void usb_request(unsigned place, unsigned interface, const struct urb_msg *out);

#endif
