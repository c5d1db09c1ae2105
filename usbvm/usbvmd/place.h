/* SPDX-License-Identifier: Apache-2.0 */
/* A USB device in its place, shared by usb.c (comes and goes) and transfer.c (what moves while it is there). Not for others. */
#ifndef PLACE_H
#define PLACE_H

#include "stream.h"

/* libusb's, so that this header needs none of its own */
struct libusb_device;
struct libusb_device_handle;
struct libusb_transfer;

#define IN_FLIGHT                                                                                  \
	2u /* interrupt transfers of one endpoint: while one is told, the next waits at the device */

struct endpoint {
	struct libusb_transfer *in[IN_FLIGHT], *control;
	uint8_t in_data[IN_FLIGHT][URB_DATA_MAX];
	uint8_t control_data[8 + URB_REPORT_MAX]; /* set-up packet, data */
	unsigned place, index;			  /* of its device, of itself in it */
	unsigned errors;			  /* failed transfers in a row */
};

enum use { FREE, ASKING, LIVE, CLOSING };

/* A device in its place. ASKING: report descriptors are being read. CLOSING: waits for its transfers to come back. */
struct usb_device {
	enum use use;
	struct libusb_device *device;
	struct libusb_device_handle *handle;
	unsigned under_way; /* transfers the library has */
	unsigned asked;	    /* interfaces whose report descriptor was read */
	unsigned interfaces;
	struct endpoint endpoint[URB_INTERFACE_MAX];
};

extern struct usb_device places[STREAM_DEVICES];
extern struct stream *place_stream; /* who hears of them */

/* place_transfers - memory for the transfers of all its interfaces; place_free gives it back. False: not enough. */
bool place_transfers(struct usb_device *d);
void place_free(struct usb_device *d);

/* place_begin - reads its report descriptors one by one; then it is live. */
void place_begin(struct usb_device *d);

/* place_close - it is no more for inputvm; place_finish makes the place free once all transfers have come back. */
void place_close(struct usb_device *d, uint32_t reason);
void place_finish(struct usb_device *d);

#endif
