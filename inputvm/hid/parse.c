/* SPDX-License-Identifier: Apache-2.0 */
/* Report descriptors. Must believe no number in them: all that is kept is bounded by hid.h. */
#include "hid.h"

#include <string.h>

#include "parse.h"
#include "usages.h"

/* Item prefix: size code in bits 0 and 1, type in bits 2 and 3, tag in bits 4 to 7. */
enum { TYPE_MAIN, TYPE_GLOBAL, TYPE_LOCAL, TYPE_RESERVED };

#define LONG_ITEM	0xfeu
#define MAIN_INPUT	8u
#define MAIN_OUTPUT	9u
#define MAIN_COLLECTION 10u
#define MAIN_FEATURE	11u
#define MAIN_END	12u

/* 3 to 6 are physical range, exponent and unit: positions are scaled by their logical range alone. */
#define GLOBAL_USAGE_PAGE   0u
#define GLOBAL_LOGICAL_MIN  1u
#define GLOBAL_LOGICAL_MAX  2u
#define GLOBAL_UNIT	    6u
#define GLOBAL_REPORT_SIZE  7u
#define GLOBAL_REPORT_ID    8u
#define GLOBAL_REPORT_COUNT 9u
#define GLOBAL_PUSH	    10u
#define GLOBAL_POP	    11u

#define LOCAL_USAGE	0u
#define LOCAL_USAGE_MIN 1u
#define LOCAL_USAGE_MAX 2u
#define LOCAL_DELIMITER 10u

#define COLLECTION_APPLICATION 1u

#define SIZE_MAX_BITS 256u   /* of one value, as other systems limit it */
#define COUNT_MAX     12288u /* values of one item, likewise */

struct item {
	uint8_t type, tag, size;
	uint32_t data;
};

static const char *add_range(struct local *l, uint32_t first, uint32_t last, bool extended)
{
	if (l->delimited) {
		/* Names of one control in order of preference: the first is enough. */
		if (l->delimited_taken)
			return NULL;
		l->delimited_taken = true;
	}
	if (last < first || first >> 16 != last >> 16)
		return NULL; /* names nothing */
	if (l->ranges == LOCAL_RANGES)
		return "too many usages in one item";
	l->range[l->ranges].r = (struct hid_range){first, last - first + 1};
	l->range[l->ranges].extended = extended;
	l->ranges++;
	return NULL;
}

static const char *finish_range(struct parser *p)
{
	struct local *l = &p->local;

	if (!l->has_min || !l->has_max)
		return NULL;
	l->has_min = l->has_max = false;
	if (l->min_extended != l->max_extended)
		return NULL;
	return add_range(l, l->min, l->max, l->min_extended);
}

static const char *take_delimiter(struct local *l, uint32_t data)
{
	if (data > 1 || l->delimited == (data == 1))
		return "delimiters do not match";
	l->delimited = data == 1;
	l->delimited_taken = false;
	return NULL;
}

static const char *take_local(struct parser *p, const struct item *it)
{
	struct local *l = &p->local;
	bool extended = it->size > 2;
	uint32_t usage = extended ? it->data : HID_USAGE(p->global.page, it->data);

	switch (it->tag) {
	case LOCAL_USAGE:
		return add_range(l, usage, usage, extended);
	case LOCAL_USAGE_MIN:
		l->min = usage;
		l->min_extended = extended;
		l->has_min = true;
		return finish_range(p);
	case LOCAL_USAGE_MAX:
		l->max = usage;
		l->max_extended = extended;
		l->has_max = true;
		return finish_range(p);
	case LOCAL_DELIMITER:
		return take_delimiter(l, it->data);
	default:
		return NULL; /* designators and strings */
	}
}

static const char *take_global(struct parser *p, const struct item *it)
{
	struct global *g = &p->global;

	switch (it->tag) {
	case GLOBAL_USAGE_PAGE:
		if (it->data > 0xffff)
			return "usage page too large";
		g->page = it->data;
		return NULL;
	case GLOBAL_LOGICAL_MIN:
		g->min = hid_sign(it->data, it->size);
		return NULL;
	case GLOBAL_LOGICAL_MAX:
		g->max = it->data;
		g->max_size = it->size;
		return NULL;
	case GLOBAL_REPORT_SIZE:
		g->size = it->data;
		return it->data > SIZE_MAX_BITS ? "report size too large" : NULL;
	case GLOBAL_REPORT_COUNT:
		g->count = it->data;
		return it->data > COUNT_MAX ? "report count too large" : NULL;
	case GLOBAL_REPORT_ID:
		g->report = (uint8_t)it->data;
		p->out->ids = true;
		return it->data == 0 || it->data > 255 ? "report id out of range" : NULL;
	case GLOBAL_PUSH:
		if (p->stacked == HID_STACK)
			return "too many pushes";
		p->stack[p->stacked++] = *g;
		return NULL;
	case GLOBAL_POP:
		if (p->stacked == 0)
			return "pop without push";
		*g = p->stack[--p->stacked];
		return NULL;
	default:
		return it->tag <= GLOBAL_UNIT ? NULL : "unknown global item";
	}
}

/* The last usage page counts for the short usages before it, back to one that already has it. */
static void settle_pages(struct parser *p)
{
	for (unsigned i = p->local.ranges; i-- > 0;) {
		struct local_range *l = &p->local.range[i];

		if (l->extended)
			continue;
		if (l->r.first >> 16 == p->global.page)
			return;
		l->r.first = HID_USAGE(p->global.page, l->r.first & 0xffff);
	}
}

static const char *open_collection(struct parser *p, uint32_t type)
{
	uint32_t usage = p->local.ranges != 0 ? p->local.range[0].r.first : 0;

	if (p->depth == HID_DEPTH)
		return "collections too deep";
	p->outer[p->depth].app = p->app;
	p->outer[p->depth].finger = p->finger;
	p->depth++;
	if (type == COLLECTION_APPLICATION) {
		if (p->out->apps == HID_APPS)
			return "too many applications";
		p->app = (uint8_t)p->out->apps++;
		p->out->app[p->app] = (struct hid_app){.usage = usage};
		p->finger = p->fingers = 0;
	} else if (usage == USAGE_FINGER) {
		p->fingers = p->fingers < 255 ? p->fingers + 1 : 255;
		p->finger = p->fingers;
	}
	return NULL;
}

static const char *close_collection(struct parser *p)
{
	if (p->depth == 0)
		return "end of a collection that is not open";
	p->depth--;
	p->app = p->outer[p->depth].app;
	p->finger = p->outer[p->depth].finger;
	return NULL;
}

static const char *take_main(struct parser *p, const struct item *it)
{
	const char *wrong = NULL;

	if (p->local.delimited)
		return "delimiter still open";
	settle_pages(p);
	switch (it->tag) {
	case MAIN_INPUT:
		wrong = hid_take_field(p, HID_INPUT, it->data);
		break;
	case MAIN_OUTPUT:
		wrong = hid_take_field(p, HID_OUTPUT, it->data);
		break;
	case MAIN_FEATURE:
		wrong = hid_take_field(p, HID_FEATURE, it->data);
		break;
	case MAIN_COLLECTION:
		wrong = open_collection(p, it->data);
		break;
	case MAIN_END:
		wrong = close_collection(p);
		break;
	default:
		break; /* zero bytes behind the last collection are common */
	}
	memset(&p->local, 0, sizeof p->local);
	return wrong;
}

/* Takes the item at *desc and moves behind it. False: it is cut off. */
static bool next_item(const uint8_t **desc, const uint8_t *end, struct item *it)
{
	const uint8_t *at = *desc;
	unsigned prefix = *at++;
	size_t left = (size_t)(end - at);

	it->size = (uint8_t)((prefix & 3) == 3 ? 4 : prefix & 3);
	it->type = (prefix >> 2) & 3;
	it->tag = (uint8_t)(prefix >> 4);
	it->data = 0;
	if (prefix == LONG_ITEM) { /* nothing uses them: length and tag, then data */
		if (left < 2 || left - 2 < at[0])
			return false;
		it->type = TYPE_RESERVED;
		*desc = at + 2 + at[0];
		return true;
	}
	if (left < it->size)
		return false;
	for (unsigned i = 0; i < it->size; i++)
		it->data |= (uint32_t)at[i] << 8 * i;
	*desc = at + it->size;
	return true;
}

static const char *take_item(struct parser *p, const struct item *it)
{
	switch (it->type) {
	case TYPE_MAIN:
		return take_main(p, it);
	case TYPE_GLOBAL:
		return take_global(p, it);
	case TYPE_LOCAL:
		return take_local(p, it);
	default:
		return NULL;
	}
}

static void note_kinds(struct hid_desc *d)
{
	d->touch_kind = INPUT_KINDS;
	for (unsigned i = 0; i < d->fields; i++) {
		unsigned kind = hid_app_kind(&d->app[d->field[i].app]);

		if (d->field[i].type != HID_INPUT)
			continue;
		d->kinds |= 1u << kind;
		if (d->touch_kind == INPUT_KINDS &&
		    (kind == INPUT_TOUCHPAD || kind == INPUT_TOUCHSCREEN))
			d->touch_kind = kind;
	}
}

const char *hid_parse(const uint8_t *desc, size_t len, struct hid_desc *out)
{
	const uint8_t *end = desc + len;
	struct parser p;
	struct item it;

	if (len == 0 || len > HID_DESC_MAX)
		return "length out of range";
	memset(out, 0, sizeof *out);
	memset(&p, 0, sizeof p);
	p.app = HID_APPS;
	p.out = out;
	while (desc < end) { /* bound: an item is at least one byte */
		const char *wrong;

		if (!next_item(&desc, end, &it))
			return "cut off";
		wrong = take_item(&p, &it);
		if (wrong != NULL)
			return wrong;
	}
	if (p.depth != 0)
		return "a collection without end";
	note_kinds(out);
	return NULL;
}
