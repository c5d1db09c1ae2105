/* SPDX-License-Identifier: Apache-2.0 */
/* Shadow URBs to events. Must take any bytes for a message. */
#include "devices.h"

#include <stdio.h>
#include <string.h>

/* Requests in the order in which they are made. */
#define WANT_PROTOCOL 1u
#define WANT_IDLE     2u
#define WANT_MODE     4u
#define WANT_LEDS     8u

void devices_init(struct devices *ds, const struct devices_sink *sink)
{
	memset(ds, 0, sizeof *ds);
	ds->sink = *sink;
}

static struct device *find_device(struct devices *ds, uint32_t generation)
{
	for (unsigned i = 0; i < DEVICES_MAX; i++)
		if (ds->device[i].generation == generation)
			return &ds->device[i];
	return NULL;
}

static struct source *find_source(struct devices *ds, uint32_t device, uint8_t interface)
{
	for (unsigned i = 0; i < SOURCES_MAX; i++)
		if (ds->source[i].device == device && ds->source[i].interface == interface)
			return &ds->source[i];
	return NULL;
}

static struct source *free_source(struct devices *ds)
{
	for (unsigned i = 0; i < SOURCES_MAX; i++)
		if (ds->source[i].device == 0)
			return &ds->source[i];
	return NULL;
}

static unsigned index_of(const struct devices *ds, const struct source *s)
{
	return (unsigned)(s - ds->source);
}

static void put_events(struct devices *ds, const struct source *s)
{
	if (ds->events.count != 0)
		ds->sink.events(ds->sink.ctx, index_of(ds, s), &ds->events);
}

/* What is held comes up; a report that is half there is forgotten. */
static void release_source(struct devices *ds, struct source *s)
{
	s->fill = 0;
	hid_release(&s->desc, &s->state, &ds->events);
	put_events(ds, s);
}

static void release_device(struct devices *ds, uint32_t generation)
{
	for (unsigned i = 0; i < SOURCES_MAX; i++)
		if (ds->source[i].device == generation)
			release_source(ds, &ds->source[i]);
}

static void remove_device(struct devices *ds, struct device *d)
{
	release_device(ds, d->generation);
	for (unsigned i = 0; i < SOURCES_MAX; i++)
		if (ds->source[i].device == d->generation)
			ds->source[i].device = 0;
	memset(d, 0, sizeof *d);
}

void devices_reset(struct devices *ds)
{
	for (unsigned i = 0; i < DEVICES_MAX; i++)
		if (ds->device[i].generation != 0)
			remove_device(ds, &ds->device[i]);
	ds->greeted = false;
	ds->last = 0;
}

void devices_unasked(struct devices *ds)
{
	for (unsigned i = 0; i < SOURCES_MAX; i++)
		ds->source[i].asked = 0;
}

static bool request(struct devices *ds, struct source *s, uint8_t what, unsigned value,
		    const struct hid_report *r)
{
	struct urb_msg m = {
		.out = {.head = {.type = URB_OUT},
			.device = s->device,
			.interface = s->interface,
			.request = what,
			.value = (uint16_t)value},
	};

	if (r != NULL) {
		m.data = r->bytes;
		m.data_len = r->len;
	}
	ds->last_id = ds->last_id == UINT32_MAX ? 1 : ds->last_id + 1;
	m.out.id = ds->last_id;
	if (!ds->sink.request(ds->sink.ctx, &m))
		return false;
	s->asked = m.out.id;
	return true;
}

static bool make_request(struct devices *ds, struct source *s, unsigned what)
{
	struct hid_report r;
	bool there;

	if (what == WANT_PROTOCOL)
		return request(ds, s, URB_SET_PROTOCOL, s->boot ? 0 : 1, NULL);
	if (what == WANT_IDLE)
		return request(ds, s, URB_SET_IDLE, 0, NULL);
	there = what == WANT_MODE ? hid_touch_mode(&s->desc, &r) : hid_leds(&s->desc, ds->leds, &r);
	return !there || request(ds, s, URB_SET_REPORT, (unsigned)r.type << 8 | r.id, &r);
}

/* The next request of a source that has none under way: usbvm takes one at a time. */
static void ask_next(struct devices *ds, struct source *s)
{
	unsigned next = s->want & (0 - s->want); /* the lowest bit */

	if (s->asked == 0 && next != 0 && make_request(ds, s, next))
		s->want &= ~next;
}

void devices_ask(struct devices *ds)
{
	for (unsigned i = 0; i < SOURCES_MAX; i++)
		if (ds->source[i].device != 0)
			ask_next(ds, &ds->source[i]);
}

void devices_leds(struct devices *ds, unsigned leds)
{
	struct hid_report r;

	ds->leds = leds;
	for (unsigned i = 0; i < SOURCES_MAX; i++) {
		struct source *s = &ds->source[i];
		const struct device *d = s->device != 0 ? find_device(ds, s->device) : NULL;

		if (d == NULL || !d->ready || !hid_leds(&s->desc, leds, &r))
			continue;
		s->want |= WANT_LEDS;
		ask_next(ds, s);
	}
}

static void take_hello(struct devices *ds, const struct urb_hello *h)
{
	char line[64];

	if (ds->greeted)
		devices_reset(ds); /* a stream has one hello: this is a new one */
	ds->greeted = h->version == URB_VERSION;
	if (ds->greeted)
		return;
	(void)snprintf(line, sizeof line, "usbvm speaks version %u, we speak %u", h->version,
		       URB_VERSION);
	ds->sink.say(ds->sink.ctx, line);
}

static bool take_device(struct devices *ds, const struct urb_device *u)
{
	struct device *d = find_device(ds, 0);

	if (u->device <= ds->last)
		return false;
	ds->last = u->device;
	if (d == NULL) {
		ds->sink.say(ds->sink.ctx, "too many devices: one is not heard");
		return true;
	}
	*d = (struct device){
		.generation = u->device,
		.interfaces = u->interfaces,
		.vendor = (uint16_t)(u->descriptor[8] | u->descriptor[9] << 8),
		.product = (uint16_t)(u->descriptor[10] | u->descriptor[11] << 8),
	};
	return true;
}

/* The descriptor, or the boot protocol where it is of no use; NULL or why the interface is of none. */
static const char *understand(struct source *s, const struct urb_interface *u, const uint8_t *desc)
{
	const char *why = hid_parse(desc, u->report_len, &s->desc);

	s->boot_capable = u->subclass == 1;
	s->boot = why != NULL && s->boot_capable && hid_boot(u->protocol, &s->desc);
	if (s->boot)
		return NULL;
	return why != NULL || s->desc.kinds != 0 ? why : "nothing in it is for us";
}

static void add_source(struct devices *ds, const struct device *d, const struct urb_interface *u,
		       const uint8_t *desc)
{
	struct source *s = free_source(ds);
	const char *why = "too many interfaces";
	char line[128];

	if (s != NULL) {
		memset(s, 0, sizeof *s);
		why = understand(s, u, desc);
	}
	if (why != NULL) {
		(void)snprintf(line, sizeof line, "device %u (%04x:%04x) interface %u not used: %s",
			       d->generation, d->vendor, d->product, u->interface, why);
		ds->sink.say(ds->sink.ctx, line);
		return;
	}
	s->device = u->device;
	s->interface = u->interface;
	s->endpoint = u->endpoint;
	s->packet = u->packet;
}

static bool take_interface(struct devices *ds, const struct urb_interface *u, const uint8_t *desc)
{
	struct device *d = find_device(ds, u->device);

	if (d == NULL)
		return u->device <= ds->last; /* of a device there was no room for */
	if (d->ready || d->told == d->interfaces ||
	    memchr(d->number, u->interface, d->told) != NULL)
		return false;
	d->number[d->told++] = u->interface;
	add_source(ds, d, u, desc);
	return true;
}

static void say_kinds(struct devices *ds, const struct device *d)
{
	static const char *const names[INPUT_KINDS] = {"keyboard", "pointer",	  "absolute",
						       "touchpad", "touchscreen", "pen"};
	unsigned kinds = 0;
	char line[160];
	size_t used;

	for (unsigned i = 0; i < SOURCES_MAX; i++)
		if (ds->source[i].device == d->generation)
			kinds |= ds->source[i].desc.kinds;
	used = (size_t)snprintf(line, sizeof line, "device %u (%04x:%04x):", d->generation,
				d->vendor, d->product);
	for (unsigned i = 0; i < INPUT_KINDS; i++)
		if (kinds >> i & 1)
			used += (size_t)snprintf(line + used, sizeof line - used, " %s", names[i]);
	if (kinds == 0)
		(void)snprintf(line + used, sizeof line - used, " nothing");
	ds->sink.say(ds->sink.ctx, line);
}

bool devices_keyboard(const struct devices *ds)
{
	bool any = false;

	for (unsigned i = 0; i < SOURCES_MAX; i++)
		any |= ds->source[i].device != 0 &&
		       (ds->source[i].desc.kinds >> INPUT_KEYBOARD & 1) != 0;
	return any;
}

static bool take_ready(struct devices *ds, uint32_t generation)
{
	struct device *d = find_device(ds, generation);
	struct hid_report r;

	if (d == NULL)
		return generation <= ds->last;
	if (d->ready || d->told != d->interfaces)
		return false;
	d->ready = true;
	say_kinds(ds, d);
	for (unsigned i = 0; i < SOURCES_MAX; i++) {
		struct source *s = &ds->source[i];

		if (s->device != generation)
			continue;
		s->want = s->boot_capable ? WANT_PROTOCOL : 0;
		s->want |= s->desc.kinds & 1u << INPUT_KEYBOARD ? WANT_IDLE : 0;
		s->want |= hid_touch_mode(&s->desc, &r) ? WANT_MODE : 0;
		s->want |= hid_leds(&s->desc, 0, &r) ? WANT_LEDS : 0;
		ask_next(ds, s);
	}
	return true;
}

static void finish_report(struct devices *ds, struct source *s)
{
	hid_decode(&s->desc, &s->state, s->report, s->fill, &ds->events);
	s->fill = 0;
	put_events(ds, s);
}

/* A report ends with a packet that is not full, or when all its bytes are there. */
static void take_data(struct devices *ds, struct source *s, const uint8_t *data, size_t len)
{
	size_t whole;

	if (len > sizeof s->report - s->fill) {
		s->fill = 0; /* longer than any report we know: nothing to make of it */
		return;
	}
	memcpy(s->report + s->fill, data, len);
	s->fill += len;
	if (s->fill == 0)
		return;
	whole = hid_input_len(&s->desc, s->desc.ids ? s->report[0] : 0);
	if (len < s->packet || s->fill >= whole)
		finish_report(ds, s);
}

static bool take_transfer(struct devices *ds, const struct urb_transfer *t, const uint8_t *data)
{
	struct device *d = find_device(ds, t->device);
	struct source *s;

	if (d == NULL || !d->ready || memchr(d->number, t->interface, d->told) == NULL)
		return false;
	s = find_source(ds, t->device, t->interface);
	if (s == NULL)
		return true; /* an interface we do not use */
	if (s->endpoint != t->endpoint)
		return false;
	if (t->status == URB_STATUS_OK)
		take_data(ds, s, data, t->actual);
	else
		release_source(ds, s); /* what it would have said is not known */
	return true;
}

static bool take_done(struct devices *ds, const struct urb_done *u)
{
	for (unsigned i = 0; i < SOURCES_MAX; i++) {
		struct source *s = &ds->source[i];

		if (s->device != u->device || s->asked == 0 || s->asked != u->id)
			continue;
		s->asked = 0;
		ask_next(ds, s);
		return true;
	}
	return false;
}

static bool take_note(struct devices *ds, const struct urb_note *n)
{
	struct device *d = find_device(ds, n->device);

	if (n->head.type == URB_READY)
		return take_ready(ds, n->device);
	if (d == NULL)
		return n->device <= ds->last;
	if (n->head.type == URB_OVERRUN)
		release_device(ds, n->device);
	else
		remove_device(ds, d);
	return true;
}

static bool take(struct devices *ds, const struct urb_msg *m)
{
	switch (m->head.type) {
	case URB_DEVICE:
		return take_device(ds, &m->device);
	case URB_INTERFACE:
		return take_interface(ds, &m->interface, m->data);
	case URB_TRANSFER:
		return take_transfer(ds, &m->transfer, m->data);
	case URB_DONE:
		return take_done(ds, &m->done);
	default:
		return take_note(ds, &m->note);
	}
}

static void drop(struct devices *ds)
{
	char line[96];
	uint64_t n = ++ds->dropped;

	if ((n & (n - 1)) != 0)
		return; /* usbvm must not fill the log */
	(void)snprintf(line, sizeof line,
		       "messages of usbvm that broke the protocol and were dropped: %llu",
		       (unsigned long long)n);
	ds->sink.say(ds->sink.ctx, line);
}

void devices_message(struct devices *ds, const uint8_t *msg, size_t len)
{
	struct urb_msg m;

	switch (urb_decode(msg, len, URB_UP, &m)) {
	case URB_OK:
		if (m.head.type == URB_HELLO)
			take_hello(ds, &m.hello);
		else if (!ds->greeted || !take(ds, &m))
			drop(ds);
		return;
	case URB_UNKNOWN:
		return;
	case URB_BAD:
		drop(ds);
		return;
	}
}
