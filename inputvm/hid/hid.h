/* SPDX-License-Identifier: Apache-2.0 */
/* HID: what a report descriptor says, and what reports then mean as events of canonical devices. Pure: no I/O, no clock, no allocation. */
#ifndef HID_H
#define HID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "input_event.h"

#define HID_DESC_MAX   4096u /* bytes of a descriptor */
#define HID_REPORT_MAX 4096u /* bytes of a report, its id not counted */
#define HID_FIELDS     256u  /* fields worth keeping, of one interface */
#define HID_RANGES     512u  /* runs of usages of all fields together */
#define HID_APPS       32u   /* application collections */
#define HID_DEPTH      32u   /* collections within collections */
#define HID_STACK      8u    /* Push without Pop */
#define HID_DOWN                                                                                   \
	64u /* keys and buttons of one interface held at once; further ones are not heard */
#define HID_FINGERS 16u /* contacts of one report */

/* A usage is page << 16 | id. */
#define HID_USAGE(page, id) ((uint32_t)(page) << 16 | (id))

enum hid_type { HID_INPUT, HID_OUTPUT, HID_FEATURE, HID_TYPES };

/* Bits of an input, output or feature item. */
#define HID_CONSTANT 1u
#define HID_VARIABLE 2u
#define HID_RELATIVE 4u
#define HID_NULL     64u /* a value outside the logical range says nothing */

/* A run of usages: first, first + 1, ... */
struct hid_range {
	uint32_t first, count;
};

/* One main item: `count` values of `size` bits each. */
struct hid_field {
	uint8_t type;	/* enum hid_type */
	uint8_t report; /* report id; 0 = the device has none */
	uint8_t size;	/* 1 .. 32 */
	uint8_t app;	/* index of its application */
	uint8_t finger; /* number of its finger collection within the application; 0 = in none */
	uint16_t flags;
	uint16_t count; /* not 0 */
	uint16_t range; /* its usages: ranges of them from this one on, not 0 */
	uint16_t ranges;
	uint32_t offset;  /* bits from the start of the report, behind the id */
	int64_t min, max; /* logical; min <= max */
};

struct hid_app {
	uint32_t usage;
	bool absolute; /* it has an X or Y that is a position */
};

struct hid_desc {
	unsigned fields, ranges, apps;
	unsigned kinds; /* bit n: it can produce events of kind INPUT_ n */
	unsigned
		touch_kind; /* INPUT_TOUCHPAD or INPUT_TOUCHSCREEN; INPUT_KINDS = it has no contacts */
	bool ids;	    /* reports start with an id */
	uint16_t bits[HID_TYPES][256]; /* of each report, its id not counted */
	struct hid_app app[HID_APPS];
	struct hid_field field[HID_FIELDS];
	struct hid_range range[HID_RANGES];
};

/*
 * hid_parse - read a report descriptor of LEN bytes.
 *
 * NULL and OUT filled, or what is wrong with it and OUT undefined. Every offset and index in OUT lies within its report and
 * its table. What cannot become an event (vendor pages, joysticks, sensors) is counted but not kept.
 */
const char *hid_parse(const uint8_t *desc, size_t len, struct hid_desc *out);

/* hid_boot - the description of the boot protocol: 1 keyboard, 2 mouse. False when there is none. */
bool hid_boot(unsigned protocol, struct hid_desc *out);

/* Bytes of an input report with that id, the id itself counted; 0 = no such report. */
size_t hid_input_len(const struct hid_desc *d, unsigned id);

/* hid_value - SIZE bits (1 .. 32) at bit OFFSET; sign-extended when wanted. False when they are not all there. */
bool hid_value(const uint8_t *data, size_t len, uint32_t offset, unsigned size, bool is_signed,
	       int64_t *out);

/* The n-th usage of a field; beyond its list the last one if REPEAT, else 0. */
uint32_t hid_usage(const struct hid_desc *d, const struct hid_field *f, uint32_t n, bool repeat);

/* The INPUT_ kind that events of an application belong to; INPUT_KINDS = none. */
unsigned hid_app_kind(const struct hid_app *app);

/* Evdev code of a usage of the keyboard, consumer and system control pages; 0 = none. */
unsigned hid_key(uint32_t usage);

struct hid_event {
	uint8_t kind; /* INPUT_ */
	struct input_item item;
};

#define HID_EVENTS 256u

/* What one report meant. Events of one kind stand in a row, without SYN_REPORT. */
struct hid_events {
	unsigned count;
	struct hid_event event[HID_EVENTS];
};

/* What is held down: by which report, as which code of which kind. */
struct hid_held {
	uint16_t code;
	uint8_t kind, report;
};

struct hid_contact {
	bool used, seen; /* seen: in the present frame */
	uint32_t id;	 /* the device's name for it */
	int32_t x, y;
};

struct hid_pen {
	bool near, rubber, touch, barrel, barrel2;
	int32_t x, y, pressure, tilt_x, tilt_y;
};

/* Memory of one interface between reports. All zero is the start. */
struct hid_state {
	unsigned held_count;
	struct hid_held held[HID_DOWN];
	struct hid_contact contact[INPUT_CONTACTS];
	unsigned due; /* contacts of the present frame that further reports will bring */
	uint16_t tracking;
	unsigned fingers; /* that BTN_TOUCH and BTN_TOOL_* last spoke of */
	int32_t touch_x, touch_y;
	struct hid_pen pen;
};

/* hid_decode - one input report of LEN bytes, its id included if there are ids. OUT says what changed. */
void hid_decode(const struct hid_desc *d, struct hid_state *s, const uint8_t *report, size_t len,
		struct hid_events *out);

/* hid_release - everything held by this interface is let go: OUT says so, the state is as at the start. */
void hid_release(const struct hid_desc *d, struct hid_state *s, struct hid_events *out);

/* A report for the device: SET_REPORT's wValue is type << 8 | id, the bytes start with the id if there are ids. */
struct hid_report {
	uint8_t type; /* as in SET_REPORT: 2 output, 3 feature */
	uint8_t id;
	uint16_t len;
	uint8_t bytes[64];
};

/* Bit n of LEDS = LED_ n of evdev (num, caps, scroll, compose, kana). False: no such lamp. */
bool hid_leds(const struct hid_desc *d, unsigned leds, struct hid_report *out);

/* Tells a touchpad or touch screen to report contacts instead of playing a mouse. False: it has no such switch. */
bool hid_touch_mode(const struct hid_desc *d, struct hid_report *out);

#endif
