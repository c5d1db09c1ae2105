/* SPDX-License-Identifier: Apache-2.0 */
/* What inputvm has been told and what it has still to be told about each device. Pure; must not read what a HID device says. */
#ifndef STREAM_H
#define STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "codec_urb.h"

#define STREAM_DEVICES	16u
#define STREAM_OUT_RATE 32u /* output requests of one device in a second */

struct stream_interface {
	uint8_t number, alternate, subclass, protocol, endpoint, interval;
	uint16_t packet, report_len;
	uint8_t report[URB_REPORT_MAX]; /* report descriptor */
	bool busy;			/* an output request is under way */
	bool answer_due;
	uint32_t out_id, out_status; /* id 0: nobody waits for the answer any more */
};

/* A device in its place; the place's number is how the USB side knows it. */
struct stream_device {
	bool live;	     /* there and described */
	uint32_t generation; /* 0 = nothing said about it in this life of the channel */
	unsigned said; /* messages of the offer that went out: DEVICE, each INTERFACE, READY */
	uint32_t lost; /* transfers not told */
	bool gone_due;
	uint32_t gone_reason;
	uint64_t out_second; /* of the requests counted in out_count */
	unsigned out_count;
	uint8_t speed, bus, ports, port[URB_PORT_MAX];
	uint8_t descriptor[18];
	uint16_t config_len;
	uint8_t config[URB_CONFIG_MAX];
	unsigned interfaces;
	struct stream_interface interface[URB_INTERFACE_MAX];
};

/* One message to inputvm. False: no room now. */
typedef bool stream_send(void *ctx, const uint8_t *msg, size_t len);

struct stream {
	bool hello_due, greeted; /* greeted: inputvm has said a hello that we understand */
	uint32_t last_generation;
	unsigned unsayable; /* messages that the codec refused: a fault of ours */
	struct stream_device device[STREAM_DEVICES];
	stream_send *send;
	void *ctx;
	uint8_t msg[URB_MSG_MAX];
};

void stream_init(struct stream *s, stream_send *send, void *ctx);

/* stream_restart - the far end of our way to inputvm is a new one: hello, and every device anew with a new generation. */
void stream_restart(struct stream *s);

/* stream_unheard - the far end of inputvm's way to us is a new one: it must say hello before anything else counts. */
void stream_unheard(struct stream *s);

/* stream_take_place - true: nobody is in this place and nothing is due about it; it is empty now, to be filled and set live. */
bool stream_take_place(struct stream *s, unsigned place);

/* stream_pump - say what is due, as far as there is room. */
void stream_pump(struct stream *s);

/* stream_transfer - one completed transfer of an interface that is live; counted as lost if it cannot be told now. */
void stream_transfer(struct stream *s, unsigned place, unsigned interface,
		     const struct urb_msg *transfer);

/* stream_gone - the device is no more; its place becomes free when inputvm knows. */
void stream_gone(struct stream *s, unsigned place, uint32_t reason);

/*
 * stream_take - one message of inputvm.
 *
 * True: OUT is a request that the caller is to perform on interface number *interface (an index) of device *place, and to
 * report by stream_done. NOW is a time in seconds.
 */
bool stream_take(struct stream *s, const uint8_t *msg, size_t len, uint64_t now,
		 struct urb_msg *out, unsigned *place, unsigned *interface);

/* stream_done - that request ended so. */
void stream_done(struct stream *s, unsigned place, unsigned interface, uint32_t status);

#endif
