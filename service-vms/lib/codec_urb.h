/* SPDX-License-Identifier: Apache-2.0 */
/* Shadow URB messages: checks and bytes. Pure and bounded; must not know how messages travel. */
#ifndef CODEC_URB_H
#define CODEC_URB_H

#include "usb_xfer.h"

/* One message: the struct that belongs to head.type, and what follows it. */
struct urb_msg {
	union {
		struct urb_head head;
		struct urb_hello hello;
		struct urb_device device;
		struct urb_interface interface;
		struct urb_note note; /* READY, OVERRUN, GONE */
		struct urb_transfer transfer;
		struct urb_out out;
		struct urb_done done;
	};
	const uint8_t *data; /* not owned; urb_decode points it into the message */
	uint32_t data_len;
};

enum urb_dir {
	URB_UP,	  /* usbvm to inputvm */
	URB_DOWN, /* inputvm to usbvm */
};

enum urb_result {
	URB_OK,
	URB_UNKNOWN, /* well formed, of a type this version does not know: to be skipped */
	URB_BAD,     /* the peer breaks the protocol */
};

/*
 * urb_decode - check a message of LEN bytes that goes in direction DIR.
 *
 * out     filled for URB_OK only; its data lies in MSG. Every limit and reserved field of usb_xfer.h holds then, an OUT
 *         is one of the requests of the allow-list, and data_len is what the struct says.
 */
enum urb_result urb_decode(const uint8_t *msg, size_t len, enum urb_dir dir, struct urb_msg *out);

/*
 * urb_encode - write IN with its data to BUF.
 *
 * head.type says which struct counts; head.len and the length field of the data are set here. Returns the bytes of the
 * message, or 0 when urb_decode would refuse it or SIZE is too small.
 */
size_t urb_encode(const struct urb_msg *in, enum urb_dir dir, uint8_t *buf, size_t size);

/* The hello of this version. */
struct urb_msg urb_hello(void);

#endif
