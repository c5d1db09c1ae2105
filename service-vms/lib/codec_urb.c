/* SPDX-License-Identifier: Apache-2.0 */
/* Shadow URB messages. Must not do I/O, allocate, or read outside the message. */
#include "codec_urb.h"

#include <stdbool.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "messages are copied as they are");

/* Bytes of the struct of a type; 0 = no such type in that direction. */
static size_t fixed_size(uint16_t type, enum urb_dir dir)
{
	if (type == URB_HELLO)
		return sizeof(struct urb_hello);
	if (dir == URB_DOWN)
		return type == URB_OUT ? sizeof(struct urb_out) : 0;
	switch (type) {
	case URB_DEVICE:
		return sizeof(struct urb_device);
	case URB_INTERFACE:
		return sizeof(struct urb_interface);
	case URB_READY:
	case URB_OVERRUN:
	case URB_GONE:
		return sizeof(struct urb_note);
	case URB_TRANSFER:
		return sizeof(struct urb_transfer);
	case URB_DONE:
		return sizeof(struct urb_done);
	default:
		return 0;
	}
}

static bool device_good(const struct urb_device *d, uint32_t data_len)
{
	if (d->device == 0 || d->reserved != 0 || d->speed > URB_SPEED_SUPER_PLUS)
		return false;
	if (d->interfaces == 0 || d->interfaces > URB_INTERFACE_MAX)
		return false;
	if (d->ports == 0 || d->ports > URB_PORT_MAX)
		return false;
	for (unsigned i = d->ports; i < sizeof d->port; i++)
		if (d->port[i] != 0)
			return false;
	return d->config_len >= 9 && d->config_len <= URB_CONFIG_MAX && d->config_len == data_len;
}

/* Interrupt IN endpoint addresses: direction bit and a number, never the control endpoint. */
static bool endpoint_good(uint8_t endpoint)
{
	return (endpoint & 0xf0u) == 0x80u && endpoint != 0x80u;
}

static bool interface_good(const struct urb_interface *i, uint32_t data_len)
{
	if (i->device == 0 || i->reserved0 != 0 || i->reserved1 != 0)
		return false;
	if (!endpoint_good(i->endpoint) || i->packet == 0 || i->packet > URB_DATA_MAX)
		return false;
	return i->report_len <= URB_REPORT_MAX && i->report_len == data_len;
}

static bool note_good(const struct urb_note *n, uint32_t data_len)
{
	if (n->device == 0 || data_len != 0)
		return false;
	switch (n->head.type) {
	case URB_READY:
		return n->value == 0;
	case URB_OVERRUN:
		return n->value != 0;
	default:
		return n->value <= URB_GONE_ERRORS;
	}
}

static bool transfer_good(const struct urb_transfer *t, uint32_t data_len)
{
	if (t->device == 0 || t->reserved != 0 || !endpoint_good(t->endpoint))
		return false;
	if (t->status > URB_STATUS_BABBLE)
		return false;
	if (t->requested == 0 || t->requested > URB_DATA_MAX || t->actual > t->requested)
		return false;
	return t->actual == data_len;
}

/* The allow-list. Nothing else reaches a device, whatever inputvm wants. */
static bool out_good(const struct urb_out *o, uint32_t data_len)
{
	unsigned high = o->value >> 8;

	if (o->device == 0 || o->reserved0 != 0 || o->reserved1 != 0 || o->data_len != data_len)
		return false;
	switch (o->request) {
	case URB_SET_REPORT:
		return (high == URB_REPORT_OUTPUT || high == URB_REPORT_FEATURE) && data_len >= 1 &&
		       data_len <= URB_OUT_MAX;
	case URB_SET_IDLE:
		return data_len == 0;
	case URB_SET_PROTOCOL:
		return o->value <= 1 && data_len == 0;
	default:
		return false;
	}
}

static bool good(const struct urb_msg *m)
{
	switch (m->head.type) {
	case URB_HELLO: /* the version is for the receiver to judge */
		return m->hello.magic == URB_MAGIC && m->hello.reserved == 0 && m->data_len == 0;
	case URB_DEVICE:
		return device_good(&m->device, m->data_len);
	case URB_INTERFACE:
		return interface_good(&m->interface, m->data_len);
	case URB_TRANSFER:
		return transfer_good(&m->transfer, m->data_len);
	case URB_DONE:
		return m->done.device != 0 && m->done.reserved == 0 && m->data_len == 0 &&
		       m->done.status <= URB_STATUS_MAX;
	case URB_OUT:
		return out_good(&m->out, m->data_len);
	default:
		return note_good(&m->note, m->data_len);
	}
}

enum urb_result urb_decode(const uint8_t *msg, size_t len, enum urb_dir dir, struct urb_msg *out)
{
	struct urb_msg m;
	struct urb_head head;
	size_t fixed;

	if (len < sizeof head || len > URB_MSG_MAX)
		return URB_BAD;
	memcpy(&head, msg, sizeof head);
	if (head.len != len || head.reserved != 0)
		return URB_BAD;
	fixed = fixed_size(head.type, dir);
	if (fixed == 0)
		return URB_UNKNOWN;
	if (len < fixed)
		return URB_BAD;
	memset(&m, 0, sizeof m);
	memcpy(&m, msg, fixed);
	m.data = msg + fixed;
	m.data_len = (uint32_t)(len - fixed);
	if (!good(&m))
		return URB_BAD;
	*out = m;
	return URB_OK;
}

/* The struct says how long its data is; one writer for that number, so that the two cannot disagree. */
static void set_lengths(struct urb_msg *m, size_t len)
{
	m->head.len = (uint32_t)len;
	switch (m->head.type) {
	case URB_DEVICE:
		m->device.config_len = (uint16_t)m->data_len;
		break;
	case URB_INTERFACE:
		m->interface.report_len = (uint16_t)m->data_len;
		break;
	case URB_TRANSFER:
		m->transfer.actual = m->data_len;
		break;
	case URB_OUT:
		m->out.data_len = (uint16_t)m->data_len;
		break;
	default:
		break;
	}
}

size_t urb_encode(const struct urb_msg *in, enum urb_dir dir, uint8_t *buf, size_t size)
{
	struct urb_msg m = *in;
	size_t fixed = fixed_size(m.head.type, dir), len;

	if (fixed == 0 || m.head.reserved != 0 || m.data_len > URB_MSG_MAX - fixed)
		return 0;
	len = fixed + m.data_len;
	set_lengths(&m, len);
	if (len > size || !good(&m))
		return 0;
	memcpy(buf, &m, fixed);
	if (m.data_len != 0)
		memcpy(buf + fixed, m.data, m.data_len);
	return len;
}

struct urb_msg urb_hello(void)
{
	struct urb_msg m = {
		.hello = {.head = {.type = URB_HELLO}, .magic = URB_MAGIC, .version = URB_VERSION},
	};

	return m;
}
