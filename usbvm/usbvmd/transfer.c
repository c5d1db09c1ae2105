/* SPDX-License-Identifier: Apache-2.0 */
/* Transfers of the devices that are there, by libusb. Must not look into a report. */
#include <libusb.h>
#include <string.h>
#include <time.h>

#include "logline.h"
#include "place.h"
#include "usb.h"

#define ERRORS_MAX	10u   /* failed transfers in a row before a device is given up */
#define CONTROL_TIMEOUT 1000u /* milliseconds for one request */
#define GET_DESCRIPTOR	6u
#define DESC_REPORT	0x22u
#define TO_INTERFACE	0x21u /* bmRequestType: class request, out */
#define FROM_INTERFACE	0x81u /* standard request, in */

_Static_assert(LIBUSB_CONTROL_SETUP_SIZE == 8, "control_data has room for it");

struct usb_device places[STREAM_DEVICES];
struct stream *place_stream;

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static bool submit(struct usb_device *d, struct libusb_transfer *t)
{
	if (d->use == CLOSING || libusb_submit_transfer(t) != 0)
		return false;
	d->under_way++;
	return true;
}

void place_free(struct usb_device *d)
{
	for (unsigned i = 0; i < d->interfaces; i++) {
		struct endpoint *e = &d->endpoint[i];

		for (unsigned n = 0; n < IN_FLIGHT; n++)
			libusb_free_transfer(e->in[n]);
		libusb_free_transfer(e->control);
		memset(e->in, 0, sizeof e->in);
		e->control = NULL;
	}
}

/* The last transfer has come back. */
void place_finish(struct usb_device *d)
{
	if (d->use != CLOSING || d->under_way != 0)
		return;
	place_free(d);
	libusb_close(d->handle);
	libusb_unref_device(d->device);
	d->use = FREE;
}

void place_close(struct usb_device *d, uint32_t reason)
{
	if (d->use == CLOSING || d->use == FREE)
		return;
	log_line("bus %u device %u %s", libusb_get_bus_number(d->device),
		 libusb_get_device_address(d->device),
		 reason == URB_GONE_UNPLUGGED ? "is gone" : "does not answer and is not used");
	stream_gone(place_stream, (unsigned)(d - places), reason);
	d->use = CLOSING;
	for (unsigned i = 0; i < d->interfaces; i++) {
		for (unsigned n = 0; n < IN_FLIGHT; n++)
			(void)libusb_cancel_transfer(d->endpoint[i].in[n]);
		(void)libusb_cancel_transfer(d->endpoint[i].control);
	}
}

static uint8_t status_of(enum libusb_transfer_status s)
{
	switch (s) {
	case LIBUSB_TRANSFER_COMPLETED:
		return URB_STATUS_OK;
	case LIBUSB_TRANSFER_STALL:
		return URB_STATUS_STALL;
	case LIBUSB_TRANSFER_OVERFLOW:
		return URB_STATUS_BABBLE;
	case LIBUSB_TRANSFER_ERROR:
	case LIBUSB_TRANSFER_TIMED_OUT:
	case LIBUSB_TRANSFER_CANCELLED:
	case LIBUSB_TRANSFER_NO_DEVICE:
		break;
	}
	return URB_STATUS_ERROR;
}

static void tell(const struct endpoint *e, const struct libusb_transfer *t)
{
	struct urb_msg m = {
		.transfer = {.status = status_of(t->status),
			     .requested = (uint32_t)t->length,
			     .time_ns = now_ns()},
		.data = t->buffer,
		.data_len = t->actual_length > 0 ? (uint32_t)t->actual_length : 0,
	};

	stream_transfer(place_stream, e->place, e->index, &m);
}

/* One interrupt transfer came back: told, and sent off again. */
static void in_done(struct libusb_transfer *t)
{
	struct endpoint *e = t->user_data;
	struct usb_device *d = &places[e->place];

	d->under_way--;
	if (t->status == LIBUSB_TRANSFER_NO_DEVICE)
		place_close(d, URB_GONE_UNPLUGGED);
	if (d->use != LIVE)
		return;
	tell(e, t);
	e->errors = t->status == LIBUSB_TRANSFER_COMPLETED ? 0 : e->errors + 1;
	if (t->status == LIBUSB_TRANSFER_STALL)
		(void)libusb_clear_halt(d->handle, t->endpoint);
	if (e->errors > ERRORS_MAX || !submit(d, t))
		place_close(d, URB_GONE_ERRORS);
}

static bool start_endpoint(struct usb_device *d, struct endpoint *e)
{
	const struct stream_interface *i = &place_stream->device[e->place].interface[e->index];

	for (unsigned n = 0; n < IN_FLIGHT; n++) {
		libusb_fill_interrupt_transfer(e->in[n], d->handle, i->endpoint, e->in_data[n],
					       i->packet, in_done, e, 0);
		if (!submit(d, e->in[n]))
			return false;
	}
	return true;
}

/* All is known of it: inputvm may know, and its reports flow. */
static void go_live(struct usb_device *d)
{
	unsigned place = (unsigned)(d - places);

	d->use = LIVE;
	place_stream->device[place].live = true;
	log_line("bus %u device %u: %u HID interfaces", place_stream->device[place].bus,
		 libusb_get_device_address(d->device), d->interfaces);
	for (unsigned i = 0; i < d->interfaces; i++) {
		if (!start_endpoint(d, &d->endpoint[i])) {
			place_close(d, URB_GONE_ERRORS);
			return;
		}
	}
}

static void ask_report(struct usb_device *d);

static void report_done(struct libusb_transfer *t)
{
	struct endpoint *e = t->user_data;
	struct usb_device *d = &places[e->place];
	struct stream_interface *i = &place_stream->device[e->place].interface[e->index];

	d->under_way--;
	if (t->status == LIBUSB_TRANSFER_NO_DEVICE)
		place_close(d, URB_GONE_UNPLUGGED);
	if (d->use != ASKING)
		return;
	if (t->status == LIBUSB_TRANSFER_COMPLETED && t->actual_length > 0 &&
	    t->actual_length <= i->report_len)
		i->report_len = (uint16_t)t->actual_length;
	else
		i->report_len = 0; /* inputvm may know what to do without */
	memcpy(i->report, libusb_control_transfer_get_data(t), i->report_len);
	d->asked++;
	ask_report(d);
}

/* The next report descriptor that is to be read; none left: go live. */
static void ask_report(struct usb_device *d)
{
	unsigned place = (unsigned)(d - places);

	for (; d->asked < d->interfaces; d->asked++) { /* bound: URB_INTERFACE_MAX */
		struct stream_interface *i = &place_stream->device[place].interface[d->asked];
		struct endpoint *e = &d->endpoint[d->asked];

		if (i->report_len == 0)
			continue;
		memset(e->control_data, 0, sizeof e->control_data);
		libusb_fill_control_setup(e->control_data, FROM_INTERFACE, GET_DESCRIPTOR,
					  DESC_REPORT << 8, i->number, i->report_len);
		libusb_fill_control_transfer(e->control, d->handle, e->control_data, report_done, e,
					     CONTROL_TIMEOUT);
		if (submit(d, e->control))
			return;
		i->report_len = 0;
	}
	go_live(d);
}

static void request_done(struct libusb_transfer *t)
{
	struct endpoint *e = t->user_data;
	struct usb_device *d = &places[e->place];

	d->under_way--;
	if (t->status == LIBUSB_TRANSFER_NO_DEVICE)
		place_close(d, URB_GONE_UNPLUGGED);
	if (d->use == LIVE)
		stream_done(place_stream, e->place, e->index, status_of(t->status));
}

void usb_request(unsigned place, unsigned interface, const struct urb_msg *out)
{
	struct usb_device *d = &places[place];
	struct endpoint *e = &d->endpoint[interface];

	libusb_fill_control_setup(e->control_data, TO_INTERFACE, out->out.request, out->out.value,
				  out->out.interface, (uint16_t)out->data_len);
	if (out->data_len != 0)
		memcpy(e->control_data + LIBUSB_CONTROL_SETUP_SIZE, out->data, out->data_len);
	libusb_fill_control_transfer(e->control, d->handle, e->control_data, request_done, e,
				     CONTROL_TIMEOUT);
	if (!submit(d, e->control))
		stream_done(place_stream, place, interface, URB_STATUS_ERROR);
}

bool place_transfers(struct usb_device *d)
{
	bool all = true;

	for (unsigned i = 0; i < d->interfaces; i++) {
		struct endpoint *e = &d->endpoint[i];

		e->place = (unsigned)(d - places);
		e->index = i;
		e->errors = 0;
		for (unsigned n = 0; n < IN_FLIGHT; n++) {
			e->in[n] = libusb_alloc_transfer(0);
			all = all && e->in[n] != NULL;
		}
		e->control = libusb_alloc_transfer(0);
		all = all && e->control != NULL;
	}
	return all;
}

void place_begin(struct usb_device *d)
{
	d->use = ASKING;
	ask_report(d);
}
