/* SPDX-License-Identifier: Apache-2.0 */
/* The HID devices that usbvm tells of: shadow URBs in, events and output requests out. No I/O; usbvm is not trusted to be right. */
#ifndef DEVICES_H
#define DEVICES_H

#include "codec_urb.h"
#include "hid/hid.h"

#define DEVICES_MAX 16u /* devices at once; further ones are not heard */
#define SOURCES_MAX 32u /* their HID interfaces that are of use, all together */

/* Where the results go. The calls must not call back. */
struct devices_sink {
	void (*events)(void *ctx, unsigned source, const struct hid_events *events);
	bool (*request)(void *ctx,
			const struct urb_msg *out); /* an OUT for usbvm; false: not now */
	void (*say)(void *ctx, const char *line);
	void *ctx;
};

/* One HID interface. */
struct source {
	uint32_t device; /* 0 = free */
	uint8_t interface, endpoint;
	bool boot_capable, boot; /* boot: it is to speak the boot protocol */
	uint16_t packet;
	unsigned want;	/* WANT_*: requests still to be made */
	uint32_t asked; /* id of the request under way; 0 = none */
	size_t fill;	/* bytes of the report so far */
	struct hid_desc desc;
	struct hid_state state;
	uint8_t report[HID_REPORT_MAX + 1];
};

struct device {
	uint32_t generation; /* 0 = free */
	uint8_t interfaces, told;
	uint8_t number[URB_INTERFACE_MAX]; /* of the interfaces told so far */
	bool ready;
	uint16_t vendor, product;
};

struct devices {
	bool greeted;
	uint32_t last;	  /* highest generation of this stream */
	uint32_t last_id; /* of requests */
	unsigned leds;
	uint64_t dropped; /* messages that broke the protocol or came out of order */
	struct device device[DEVICES_MAX];
	struct source source[SOURCES_MAX];
	struct hid_events events;
	struct devices_sink sink;
};

void devices_init(struct devices *ds, const struct devices_sink *sink);

/* devices_message - one message of usbvm, LEN bytes, of any content. */
void devices_message(struct devices *ds, const uint8_t *msg, size_t len);

/* devices_reset - usbvm is gone: all its devices are, and it will say hello again. */
void devices_reset(struct devices *ds);

/* devices_unasked - our way to usbvm began anew: nothing asked so far will be answered. */
void devices_unasked(struct devices *ds);

/* devices_ask - there may be room for requests that the sink had refused. */
void devices_ask(struct devices *ds);

/* devices_keyboard - is a keyboard among them? */
bool devices_keyboard(const struct devices *ds);

/* devices_leds - bit n of LEDS = LED_ n of evdev; told to every keyboard that has lamps. */
void devices_leds(struct devices *ds, unsigned leds);

#endif
