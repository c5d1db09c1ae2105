/* SPDX-License-Identifier: Apache-2.0 */
/* Reports for the device: lamps, and the switch between mouse and contacts. Must not send them. */
#include "hid.h"

#include <string.h>

#include "usages.h"

/* Values of the usage Input Mode: contacts instead of mouse motion. */
#define MODE_SCREEN 2u
#define MODE_PAD    3u
#define LAMPS	    5u

/* The empty report a field is in. False: longer than anything we would send. */
static bool begin(const struct hid_desc *d, const struct hid_field *f, struct hid_report *out)
{
	unsigned head = d->ids ? 1 : 0, bytes = (d->bits[f->type][f->report] + 7u) / 8;

	memset(out, 0, sizeof *out);
	if (bytes + head > sizeof out->bytes)
		return false;
	out->type = f->type == HID_OUTPUT ? 2 : 3;
	out->id = f->report;
	out->len = (uint16_t)(bytes + head);
	if (d->ids)
		out->bytes[0] = f->report;
	return true;
}

/* The n-th value of the field. It lies within the report: the parser has counted its bits. */
static void put(const struct hid_desc *d, const struct hid_field *f, uint32_t n, uint32_t value,
		struct hid_report *out)
{
	uint32_t at = f->offset + n * f->size + (d->ids ? 8 : 0);

	for (unsigned i = 0; i < f->size; i++, at++)
		if (value >> i & 1)
			out->bytes[at / 8] |= (uint8_t)(1u << at % 8);
}

/* Lamp 0 to 4 of a usage; LAMPS = none of ours. */
static unsigned lamp(uint32_t usage)
{
	uint32_t id = usage & 0xffff;

	return usage >> 16 == PAGE_LED && id >= 1 && id <= LAMPS ? id - 1 : LAMPS;
}

static void light(const struct hid_desc *d, const struct hid_field *f, unsigned leds,
		  struct hid_report *out)
{
	uint32_t element = 0;

	for (uint32_t n = 0; n < f->count; n++) { /* bound: at most 512 bits, see begin() */
		unsigned l = lamp(hid_usage(d, f, n, false));

		if ((f->flags & HID_VARIABLE) != 0 && l != LAMPS && leds >> l & 1)
			put(d, f, n, 1, out);
	}
	if ((f->flags & HID_VARIABLE) != 0)
		return;
	for (unsigned n = 0; n < 64 && element < f->count;
	     n++) { /* an array names the lamps that are lit */
		unsigned l = lamp(hid_usage(d, f, n, false));

		if (l != LAMPS && leds >> l & 1)
			put(d, f, element++, (uint32_t)(f->min + n), out);
	}
}

bool hid_leds(const struct hid_desc *d, unsigned leds, struct hid_report *out)
{
	bool found = false;

	for (unsigned i = 0; i < d->fields; i++) {
		const struct hid_field *f = &d->field[i];

		if (f->type != HID_OUTPUT)
			continue;
		if (!found && !begin(d, f, out))
			return false;
		found = true;
		if (f->report == out->id)
			light(d, f, leds, out);
	}
	return found;
}

bool hid_touch_mode(const struct hid_desc *d, struct hid_report *out)
{
	uint32_t mode = d->touch_kind == INPUT_TOUCHPAD ? MODE_PAD : MODE_SCREEN;

	for (unsigned i = 0; i < d->fields; i++) {
		const struct hid_field *f = &d->field[i];

		if (f->type != HID_FEATURE)
			continue;
		for (uint32_t n = 0; n < f->count; n++) {
			if (hid_usage(d, f, n, false) != USAGE_INPUT_MODE)
				continue;
			if (!begin(d, f, out))
				return false;
			put(d, f, n, mode, out);
			return true;
		}
	}
	return false;
}
