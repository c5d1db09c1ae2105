/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of reports: where they lie, and which of them are kept. Must not keep what lies outside of its report. */
#include "parse.h"

#include "usages.h"

int64_t hid_sign(uint32_t data, unsigned bytes)
{
	unsigned shift = 32 - 8 * bytes;

	return bytes == 0 ? 0 : (int64_t)((int32_t)(data << shift) >> shift);
}

static bool has_usage(const struct parser *p, uint32_t usage)
{
	for (unsigned i = 0; i < p->local.ranges; i++) {
		const struct hid_range *r = &p->local.range[i].r;

		if (r->first <= usage && usage - r->first < r->count)
			return true;
	}
	return false;
}

/* Could a field of these usages ever matter to hid_decode or to a report we send? */
static bool worth_keeping(const struct parser *p, enum hid_type type, uint32_t flags)
{
	if ((flags & HID_CONSTANT) != 0 || p->local.ranges == 0 || p->app == HID_APPS)
		return false;
	if (p->global.size == 0 || p->global.size > 32 || p->global.count == 0)
		return false;
	if (type == HID_INPUT)
		return hid_app_kind(&p->out->app[p->app]) != INPUT_KINDS;
	if (type == HID_FEATURE)
		return has_usage(p, USAGE_INPUT_MODE);
	for (unsigned i = 0; i < p->local.ranges; i++)
		if (p->local.range[i].r.first >> 16 == PAGE_LED)
			return true;
	return false;
}

static const char *keep_field(struct parser *p, enum hid_type type, uint32_t flags, uint32_t offset)
{
	const struct global *g = &p->global;
	struct hid_desc *d = p->out;
	int64_t max = g->min < 0 ? hid_sign(g->max, g->max_size) : (int64_t)g->max;

	if (max < g->min)
		return NULL; /* no value it could have */
	if (d->fields == HID_FIELDS)
		return "too many fields";
	if (p->local.ranges > HID_RANGES - d->ranges)
		return "too many usages";
	d->field[d->fields++] = (struct hid_field){
		.type = (uint8_t)type,
		.report = g->report,
		.size = (uint8_t)g->size,
		.app = p->app,
		.finger = p->finger,
		.flags = (uint16_t)flags,
		.count = (uint16_t)g->count,
		.range = (uint16_t)d->ranges,
		.ranges = (uint16_t)p->local.ranges,
		.offset = offset,
		.min = g->min,
		.max = max,
	};
	for (unsigned i = 0; i < p->local.ranges; i++)
		d->range[d->ranges++] = p->local.range[i].r;
	if (type == HID_INPUT && (flags & HID_RELATIVE) == 0 &&
	    (has_usage(p, USAGE_X) || has_usage(p, USAGE_Y)))
		d->app[p->app].absolute = true;
	return NULL;
}

const char *hid_take_field(struct parser *p, enum hid_type type, uint32_t flags)
{
	const struct global *g = &p->global;
	uint16_t *bits = &p->out->bits[type][g->report];
	uint32_t offset = *bits, more = g->size * g->count;

	if (more > HID_REPORT_MAX * 8 - offset)
		return "report too large";
	*bits = (uint16_t)(offset + more);
	return worth_keeping(p, type, flags) ? keep_field(p, type, flags, offset) : NULL;
}
