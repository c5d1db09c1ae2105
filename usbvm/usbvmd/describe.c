/* SPDX-License-Identifier: Apache-2.0 */
/* Device and configuration descriptors. Must take any bytes: the device made them. */
#include "describe.h"

#include <string.h>

#define DESC_CONFIG    2u
#define DESC_INTERFACE 4u
#define DESC_ENDPOINT  5u
#define DESC_HID       0x21u
#define DESC_REPORT    0x22u
#define DESC_COMPANION 0x30u /* of a SuperSpeed endpoint */
#define CLASS_HID      3u
#define INTERRUPT      3u

static unsigned get16(const uint8_t *p)
{
	return p[0] | (unsigned)p[1] << 8;
}

/* The configuration with that value; NULL = none that is whole. */
static const uint8_t *find_config(const uint8_t *bytes, size_t len, uint8_t active,
				  size_t *config_len)
{
	while (len >= 9) { /* bound: each configuration has at least 9 bytes */
		size_t whole = get16(bytes + 2);

		if (bytes[0] < 9 || bytes[1] != DESC_CONFIG || whole < 9 || whole > len)
			return NULL;
		if (bytes[5] == active) {
			*config_len = whole;
			return bytes;
		}
		bytes += whole;
		len -= whole;
	}
	return NULL;
}

/* 6 bytes and 3 for each class descriptor it lists; the length of the report descriptor is in one of these. */
static void take_hid(struct stream_interface *i, const uint8_t *d)
{
	unsigned listed = d[5];

	if (d[0] < 9 || d[0] != 6 + 3 * listed)
		return;
	for (unsigned n = 0; n < listed; n++) {
		const uint8_t *entry = d + 6 + 3 * n;

		if (entry[0] == DESC_REPORT && get16(entry + 1) <= URB_REPORT_MAX) {
			i->report_len = (uint16_t)get16(entry + 1);
			return;
		}
	}
}

/* The first interrupt IN endpoint; true: this is it. High-bandwidth endpoints move two or three packets in one interval. */
static bool take_endpoint(struct stream_interface *i, const uint8_t *d)
{
	unsigned max = get16(d + 4), packet = (max & 0x7ff) * (1 + (max >> 11 & 3));

	if (i->packet != 0 || (d[2] & 0xf0) != 0x80 || (d[2] & 0x0f) == 0 ||
	    (d[3] & 3) != INTERRUPT)
		return false;
	if (packet == 0 || packet > URB_DATA_MAX)
		return false;
	i->endpoint = d[2];
	i->packet = (uint16_t)packet;
	i->interval = d[6];
	return true;
}

/* Bytes per interval, which a SuperSpeed endpoint says apart. */
static void take_companion(struct stream_interface *i, const uint8_t *d)
{
	unsigned bytes = get16(d + 4);

	if (bytes > i->packet && bytes <= URB_DATA_MAX)
		i->packet = (uint16_t)bytes;
}

/* An interface counts once it has its endpoint. */
static void keep(struct stream_device *d, const struct stream_interface *i)
{
	for (unsigned n = 0; n < d->interfaces; n++)
		if (d->interface[n].number == i->number)
			return;
	if (i->packet != 0 && d->interfaces < URB_INTERFACE_MAX)
		d->interface[d->interfaces++] = *i;
}

static bool take_interfaces(struct stream_device *d, const uint8_t *p, size_t len)
{
	static struct stream_interface now; /* large; one thread */
	bool hid = false, chosen = false;   /* chosen: the endpoint just read is the interface's */

	memset(&now, 0, sizeof now);
	while (len != 0) { /* bound: each descriptor has at least 2 bytes */
		if (len < 2 || p[0] < 2 || p[0] > len)
			return false;
		if (p[1] == DESC_INTERFACE && p[0] >= 9) {
			if (hid)
				keep(d, &now);
			memset(&now, 0, sizeof now);
			hid = p[5] == CLASS_HID && p[3] == 0;
			chosen = false;
			now.number = p[2];
			now.subclass = p[6];
			now.protocol = p[7];
		} else if (hid && p[1] == DESC_HID && p[0] >= 6) {
			take_hid(&now, p);
		} else if (hid && p[1] == DESC_ENDPOINT && p[0] >= 7) {
			chosen = take_endpoint(&now, p);
		} else if (chosen && p[1] == DESC_COMPANION && p[0] >= 6) {
			take_companion(&now, p);
		}
		len -= p[0];
		p += p[0];
	}
	if (hid)
		keep(d, &now);
	return d->interfaces != 0;
}

bool describe(const uint8_t *bytes, size_t len, uint8_t active, struct stream_device *d)
{
	const uint8_t *config;
	size_t config_len = 0;

	if (len < sizeof d->descriptor || bytes[0] != sizeof d->descriptor)
		return false;
	config = find_config(bytes + sizeof d->descriptor, len - sizeof d->descriptor, active,
			     &config_len);
	if (config == NULL || config_len > URB_CONFIG_MAX)
		return false;
	memcpy(d->descriptor, bytes, sizeof d->descriptor);
	memcpy(d->config, config, config_len);
	d->config_len = (uint16_t)config_len;
	d->interfaces = 0;
	return take_interfaces(d, config, config_len);
}
