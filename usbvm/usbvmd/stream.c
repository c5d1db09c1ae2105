/* SPDX-License-Identifier: Apache-2.0 */
/* The shadow URB stream. What must not be lost is state here, not a queue: it is said when there is room. */
#include "stream.h"

#include <string.h>

void stream_init(struct stream *s, stream_send *send, void *ctx)
{
	memset(s, 0, sizeof *s);
	s->send = send;
	s->ctx = ctx;
	s->hello_due = true;
}

static void forget(struct stream_device *d)
{
	d->generation = 0;
	d->said = 0;
	d->lost = 0;
	d->gone_due = false;
	for (unsigned i = 0; i < d->interfaces; i++) {
		d->interface[i].answer_due = false;
		d->interface[i].out_id = 0;
	}
}

void stream_restart(struct stream *s)
{
	s->hello_due = true;
	for (unsigned i = 0; i < STREAM_DEVICES; i++)
		forget(&s->device[i]);
}

void stream_unheard(struct stream *s)
{
	s->greeted = false;
}

bool stream_take_place(struct stream *s, unsigned place)
{
	struct stream_device *d = &s->device[place];

	if (d->live || d->gone_due)
		return false;
	memset(d, 0, sizeof *d);
	return true;
}

static bool say(struct stream *s, const struct urb_msg *m)
{
	size_t len = urb_encode(m, URB_UP, s->msg, sizeof s->msg);

	/* What the codec refuses would be refused by inputvm as well: it counts as said. */
	s->unsayable += len == 0;
	return len == 0 || s->send(s->ctx, s->msg, len);
}

static bool say_note(struct stream *s, uint16_t type, uint32_t generation, uint32_t value)
{
	struct urb_msg m = {
		.note = {.head = {.type = type}, .device = generation, .value = value},
	};

	return say(s, &m);
}

static bool say_device(struct stream *s, const struct stream_device *d)
{
	struct urb_msg m = {
		.device = {.head = {.type = URB_DEVICE},
			   .device = d->generation,
			   .speed = d->speed,
			   .interfaces = (uint8_t)d->interfaces,
			   .bus = d->bus,
			   .ports = d->ports},
		.data = d->config,
		.data_len = d->config_len,
	};

	for (unsigned i = 0; i < d->ports && i < URB_PORT_MAX; i++)
		m.device.port[i] = d->port[i];
	memcpy(m.device.descriptor, d->descriptor, sizeof d->descriptor);
	return say(s, &m);
}

static bool say_interface(struct stream *s, const struct stream_device *d,
			  const struct stream_interface *i)
{
	struct urb_msg m = {
		.interface = {.head = {.type = URB_INTERFACE},
			      .device = d->generation,
			      .interface = i->number,
			      .alternate = i->alternate,
			      .subclass = i->subclass,
			      .protocol = i->protocol,
			      .endpoint = i->endpoint,
			      .interval = i->interval,
			      .packet = i->packet},
		.data = i->report,
		.data_len = i->report_len,
	};

	return say(s, &m);
}

static bool offered(const struct stream_device *d)
{
	return d->generation != 0 && d->said == d->interfaces + 2;
}

/* The next message of an offer. */
static bool say_next(struct stream *s, const struct stream_device *d)
{
	if (d->said == 0)
		return say_device(s, d);
	if (d->said <= d->interfaces)
		return say_interface(s, d, &d->interface[d->said - 1]);
	return say_note(s, URB_READY, d->generation, 0);
}

/* A request of inputvm's last life is still under way: a new one could not be taken, so the device is not ready. */
static bool busy(const struct stream_device *d)
{
	for (unsigned i = 0; i < d->interfaces; i++)
		if (d->interface[i].busy)
			return true;
	return false;
}

static bool pump_offer(struct stream *s, struct stream_device *d)
{
	if (d->generation == 0)
		d->generation = ++s->last_generation;
	while (!offered(d)) { /* bound: interfaces + 2 */
		if (d->said == d->interfaces + 1 && busy(d))
			return true;
		if (!say_next(s, d))
			return false;
		d->said++;
	}
	return true;
}

static bool pump_lost(struct stream *s, struct stream_device *d)
{
	if (d->lost != 0 && !say_note(s, URB_OVERRUN, d->generation, d->lost))
		return false;
	d->lost = 0;
	return true;
}

static bool say_done(struct stream *s, uint32_t generation, uint32_t id, uint32_t status)
{
	struct urb_msg m = {
		.done = {.head = {.type = URB_DONE},
			 .device = generation,
			 .id = id,
			 .status = status},
	};

	return say(s, &m);
}

static bool pump_answers(struct stream *s, struct stream_device *d)
{
	for (unsigned n = 0; n < d->interfaces; n++) {
		struct stream_interface *i = &d->interface[n];

		if (i->answer_due && !say_done(s, d->generation, i->out_id, i->out_status))
			return false;
		i->answer_due = false;
	}
	return true;
}

static bool pump_gone(struct stream *s, struct stream_device *d)
{
	if (d->gone_due && !say_note(s, URB_GONE, d->generation, d->gone_reason))
		return false;
	d->gone_due = false;
	return true;
}

/* False: no room. */
static bool pump_device(struct stream *s, struct stream_device *d)
{
	if (!d->live)
		return pump_gone(s, d);
	return pump_offer(s, d) && pump_lost(s, d) && pump_answers(s, d);
}

void stream_pump(struct stream *s)
{
	struct urb_msg hello = urb_hello();

	if (s->hello_due && !say(s, &hello))
		return;
	s->hello_due = false;
	for (unsigned i = 0; i < STREAM_DEVICES; i++)
		if (!pump_device(s, &s->device[i]))
			return;
}

void stream_transfer(struct stream *s, unsigned place, unsigned interface,
		     const struct urb_msg *transfer)
{
	struct stream_device *d = &s->device[place];
	struct urb_msg m = *transfer;

	if (!d->live || interface >= d->interfaces)
		return;
	m.head.type = URB_TRANSFER;
	m.transfer.device = d->generation;
	m.transfer.interface = d->interface[interface].number;
	m.transfer.endpoint = d->interface[interface].endpoint;
	/* Before the offer is complete nobody waits for it: nothing is lost. */
	if (s->hello_due || !offered(d))
		return;
	if (d->lost != 0 || !say(s, &m))
		d->lost += d->lost < UINT32_MAX ? 1 : 0;
}

void stream_gone(struct stream *s, unsigned place, uint32_t reason)
{
	struct stream_device *d = &s->device[place];

	if (!d->live)
		return;
	d->live = false;
	d->gone_due = d->generation != 0;
	d->gone_reason = reason;
}

static struct stream_device *find(struct stream *s, uint32_t generation)
{
	for (unsigned i = 0; i < STREAM_DEVICES; i++)
		if (s->device[i].live && s->device[i].generation == generation &&
		    offered(&s->device[i]))
			return &s->device[i];
	return NULL;
}

static struct stream_interface *find_interface(struct stream_device *d, uint8_t number)
{
	for (unsigned i = 0; d != NULL && i < d->interfaces; i++)
		if (d->interface[i].number == number)
			return &d->interface[i];
	return NULL;
}

/* At most STREAM_OUT_RATE in a second: lamps do not wear out, but some devices write settings into flash. */
static bool too_fast(struct stream_device *d, uint64_t now)
{
	if (d->out_second != now) {
		d->out_second = now;
		d->out_count = 0;
	}
	return d->out_count++ >= STREAM_OUT_RATE;
}

static void refuse(struct stream *s, struct stream_interface *i, const struct urb_out *out)
{
	/* No interface to keep the answer with, or one that owes another: said now or never. */
	if (i == NULL || i->busy || i->answer_due) {
		(void)say_done(s, out->device, out->id, URB_STATUS_REFUSED);
		return;
	}
	i->out_id = out->id;
	i->out_status = URB_STATUS_REFUSED;
	i->answer_due = true;
}

bool stream_take(struct stream *s, const uint8_t *msg, size_t len, uint64_t now,
		 struct urb_msg *out, unsigned *place, unsigned *interface)
{
	struct stream_device *d;
	struct stream_interface *i;
	struct urb_msg m;

	if (urb_decode(msg, len, URB_DOWN, &m) != URB_OK)
		return false;
	if (m.head.type == URB_HELLO) {
		s->greeted = m.hello.version == URB_VERSION;
		return false;
	}
	if (!s->greeted)
		return false;
	d = find(s, m.out.device);
	i = find_interface(d, m.out.interface);
	if (i == NULL || i->busy || i->answer_due || too_fast(d, now)) {
		refuse(s, i, &m.out);
		return false;
	}
	i->busy = true;
	i->out_id = m.out.id;
	*out = m;
	*place = (unsigned)(d - s->device);
	*interface = (unsigned)(i - d->interface);
	return true;
}

void stream_done(struct stream *s, unsigned place, unsigned interface, uint32_t status)
{
	struct stream_interface *i = &s->device[place].interface[interface];

	if (!i->busy)
		return;
	i->busy = false;
	i->out_status = status;
	i->answer_due = i->out_id != 0;
}
