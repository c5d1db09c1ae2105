/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about a parsed descriptor and the bits of a report. Must not change either. */
#include "hid.h"

#include "usages.h"

size_t hid_input_len(const struct hid_desc *d, unsigned id)
{
	unsigned bits = id < 256 ? d->bits[HID_INPUT][id] : 0;

	return bits == 0 ? 0 : (bits + 7) / 8 + (d->ids ? 1 : 0);
}

bool hid_value(const uint8_t *data, size_t len, uint32_t offset, unsigned size, bool is_signed,
	       int64_t *out)
{
	uint64_t bits = 0;
	size_t first = offset / 8, bytes = (offset % 8 + size + 7) / 8;

	if (size == 0 || size > 32 || first > len || bytes > len - first)
		return false;
	for (size_t i = 0; i < bytes; i++) /* bound: 5 */
		bits |= (uint64_t)data[first + i] << 8 * i;
	bits = bits >> offset % 8 & ((1ull << size) - 1);
	if (is_signed && bits >> (size - 1) != 0)
		*out = (int64_t)bits - (int64_t)(1ull << size);
	else
		*out = (int64_t)bits;
	return true;
}

uint32_t hid_usage(const struct hid_desc *d, const struct hid_field *f, uint32_t n, bool repeat)
{
	const struct hid_range *r = &d->range[f->range];

	for (unsigned i = 0; i < f->ranges; i++, r++) {
		if (n < r->count)
			return r->first + n;
		n -= r->count;
	}
	r--;
	return repeat ? r->first + r->count - 1 : 0;
}

unsigned hid_app_kind(const struct hid_app *app)
{
	switch (app->usage) {
	case USAGE_KEYBOARD:
	case USAGE_KEYPAD:
	case USAGE_SYSTEM_CONTROL:
	case USAGE_CONSUMER_CONTROL:
		return INPUT_KEYBOARD;
	case USAGE_POINTER:
	case USAGE_MOUSE:
		return app->absolute ? INPUT_ABSOLUTE : INPUT_POINTER;
	case USAGE_DIGITIZER:
	case USAGE_PEN:
		return INPUT_PEN;
	case USAGE_TOUCH_SCREEN:
		return INPUT_TOUCHSCREEN;
	case USAGE_TOUCH_PAD:
		return INPUT_TOUCHPAD;
	default:
		return INPUT_KINDS;
	}
}
