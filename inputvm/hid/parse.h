/* SPDX-License-Identifier: Apache-2.0 */
/* State of the descriptor parser, shared by its two files. Not for others. */
#ifndef HID_PARSE_H
#define HID_PARSE_H

#include "hid.h"

#define LOCAL_RANGES 256u

struct global {
	uint32_t page;
	int64_t min;
	uint32_t max; /* signed or not is known when a main item asks */
	uint8_t max_size;
	uint32_t size, count;
	uint8_t report;
};

struct local_range {
	struct hid_range r;
	bool extended; /* the item itself named the page */
};

struct local {
	unsigned ranges;
	struct local_range range[LOCAL_RANGES];
	bool has_min, has_max, min_extended, max_extended;
	uint32_t min, max;
	bool delimited, delimited_taken;
};

struct parser {
	struct global global, stack[HID_STACK];
	unsigned stacked, depth;
	struct local local;
	/* of each open collection: the application and finger before it */
	struct {
		uint8_t app, finger;
	} outer[HID_DEPTH];
	uint8_t app;	 /* HID_APPS = outside of every application */
	uint8_t finger;	 /* 0 = outside of every finger */
	uint8_t fingers; /* of the present application so far */
	struct hid_desc *out;
};

/* The low BYTES bytes of DATA as a signed number. */
int64_t hid_sign(uint32_t data, unsigned bytes);

/* An input, output or feature item: counts its bits, keeps it if it matters. NULL, or what is wrong. */
const char *hid_take_field(struct parser *p, enum hid_type type, uint32_t flags);

#endif
