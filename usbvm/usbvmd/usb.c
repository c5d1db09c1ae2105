/* SPDX-License-Identifier: Apache-2.0 */
/* Devices that come and go, by libusb. Must not use one that is not HID, and must survive every device. */
#include "usb.h"

#include <fcntl.h>
#include <libusb.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "arrivals.h"
#include "describe.h"
#include "logline.h"
#include "place.h"

#define DESCRIPTORS_MAX (18u + 4u * URB_CONFIG_MAX)

static libusb_context *context;
static struct arrivals arrivals; /* each device with a reference */
static const char too_early[] = "not configured";

/* What the kernel read when the device came: it cannot change between two looks. 0: none that is of use, -1: not to be had. */
static ssize_t read_descriptors(libusb_device *device, uint8_t *buf, size_t size)
{
	uint8_t port[URB_PORT_MAX];
	int ports = libusb_get_port_numbers(device, port, sizeof port), fd;
	char path[128] = "";
	size_t used;
	ssize_t len;

	if (ports <= 0)
		return 0; /* the controller itself */
	used = (size_t)snprintf(path, sizeof path, "/sys/bus/usb/devices/%u-%u",
				libusb_get_bus_number(device), port[0]);
	for (int i = 1; i < ports; i++)
		used += (size_t)snprintf(path + used, sizeof path - used, ".%u", port[i]);
	(void)snprintf(path + used, sizeof path - used, "/descriptors");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	len = read(fd, buf, size);
	(void)close(fd);
	return len;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void place_on_bus(libusb_device *device, struct stream_device *d)
{
	int ports = libusb_get_port_numbers(device, d->port, sizeof d->port);

	d->ports = ports > 0 ? (uint8_t)ports : 0;
	d->bus = libusb_get_bus_number(device);
	d->speed = (uint8_t)libusb_get_device_speed(device);
	if (d->speed > URB_SPEED_SUPER_PLUS)
		d->speed = URB_SPEED_UNKNOWN;
}

static bool claim(struct usb_device *d, const struct stream_device *sd)
{
	for (unsigned i = 0; i < sd->interfaces; i++) {
		int err = libusb_claim_interface(d->handle, sd->interface[i].number);

		if (err != 0) {
			log_line("interface %u: %s", sd->interface[i].number,
				 libusb_error_name(err));
			return false;
		}
	}
	return true;
}

/* NULL, or why the device is not used. */
static const char *open_device(struct usb_device *d, struct stream_device *sd,
			       libusb_device *device)
{
	static uint8_t bytes[DESCRIPTORS_MAX];
	ssize_t len = read_descriptors(device, bytes, sizeof bytes);
	int active = 0, err;
	bool known;

	if (len <= 0)
		return len == 0 ? "" : "no descriptors";
	err = libusb_open(device, &d->handle);
	if (err != 0)
		return libusb_error_name(err);
	known = libusb_get_configuration(d->handle, &active) == 0 && active > 0 && active <= 255;
	if (!known || !describe(bytes, (size_t)len, (uint8_t)active, sd)) {
		libusb_close(d->handle);
		return known ? "" : too_early; /* not HID: nothing to say about it */
	}
	d->interfaces = sd->interfaces;
	if (!claim(d, sd) || !place_transfers(d)) {
		place_free(d);
		libusb_close(d->handle);
		return "cannot be claimed";
	}
	return NULL;
}

static unsigned free_place(void)
{
	unsigned place = 0;

	while (place < STREAM_DEVICES &&
	       (places[place].use != FREE || !stream_take_place(place_stream, place)))
		place++;
	return place;
}

/* False: it is too early to look at it. */
static bool add(libusb_device *device)
{
	unsigned place = free_place();
	struct usb_device *d = &places[place];
	const char *why;

	if (place == STREAM_DEVICES) {
		log_line("too many devices: one is not used");
		return true;
	}
	d->under_way = d->asked = d->interfaces = 0;
	why = open_device(d, &place_stream->device[place], device);
	if (why != NULL) {
		if (*why != '\0' && why != too_early)
			log_line("bus %u device %u not used: %s", libusb_get_bus_number(device),
				 libusb_get_device_address(device), why);
		return why != too_early;
	}
	place_on_bus(device, &place_stream->device[place]);
	d->device = libusb_ref_device(device);
	place_begin(d);
	return true;
}

static void drop(const libusb_device *device)
{
	for (unsigned i = 0; i < STREAM_DEVICES; i++)
		if (places[i].use != FREE && places[i].device == device)
			place_close(&places[i], URB_GONE_UNPLUGGED);
}

/* The library forbids to open devices here; a later turn does. */
static int on_hotplug(libusb_context *ctx, libusb_device *device, libusb_hotplug_event event,
		      void *user)
{
	(void)ctx;
	(void)user;
	libusb_ref_device(device);
	if (!arrivals_add(&arrivals, device, event == LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT, now_ms())) {
		log_line("too many arrivals at once: one is missed");
		libusb_unref_device(device);
	}
	return 0;
}

static void take_arrivals(void)
{
	struct arrival one;

	for (unsigned i = 0; i < ARRIVALS && arrivals_next(&arrivals, now_ms(), &one); i++) {
		libusb_device *device = one.device;

		if (one.left) {
			drop(device);
		} else if (!add(device)) {
			if (arrivals_again(&arrivals, &one, now_ms()))
				continue; /* with its reference */
			log_line("bus %u device %u not used: %s", libusb_get_bus_number(device),
				 libusb_get_device_address(device), too_early);
		}
		libusb_unref_device(device);
	}
}

bool usb_start(struct stream *s)
{
	int err = libusb_init(&context);

	place_stream = s;
	if (err == 0)
		err = libusb_hotplug_register_callback(
			context,
			LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT,
			LIBUSB_HOTPLUG_ENUMERATE, LIBUSB_HOTPLUG_MATCH_ANY,
			LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY, on_hotplug, NULL, NULL);
	if (err != 0)
		log_line("USB: %s", libusb_error_name(err));
	return err == 0;
}

unsigned usb_poll(struct pollfd fds[USB_POLL_MAX], int *timeout_ms)
{
	const struct libusb_pollfd **list = libusb_get_pollfds(context);
	struct timeval next;
	unsigned n = 0;
	int wait;

	for (; list != NULL && list[n] != NULL && n < USB_POLL_MAX; n++)
		fds[n] = (struct pollfd){.fd = list[n]->fd, .events = list[n]->events};
	libusb_free_pollfds(list);
	wait = arrivals_wait_ms(&arrivals, now_ms());
	if (wait >= 0 && (*timeout_ms < 0 || wait < *timeout_ms))
		*timeout_ms = wait;
	if (libusb_get_next_timeout(context, &next) == 1 && next.tv_sec == 0 &&
	    (*timeout_ms < 0 || next.tv_usec / 1000 < *timeout_ms))
		*timeout_ms = (int)(next.tv_usec / 1000);
	return n;
}

bool usb_turn(void)
{
	struct timeval none = {0};
	int err = libusb_handle_events_timeout_completed(context, &none, NULL);

	take_arrivals();
	for (unsigned i = 0; i < STREAM_DEVICES; i++)
		place_finish(&places[i]);
	return err == 0;
}
