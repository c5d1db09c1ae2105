/* SPDX-License-Identifier: Apache-2.0 */
/* Shadow URBs to events: the order of messages, what a death leaves behind, reports in several packets, output requests. */
#include <linux/input-event-codes.h>

#include "check.h"
#include "inputvm/devices.h"

static const uint8_t keyboard[] = {
	0x05, 0x01, 0x09, 0x06, 0xa1, 0x01, 0x75, 0x01, 0x95, 0x08, 0x05, 0x07, 0x19,
	0xe0, 0x29, 0xe7, 0x15, 0x00, 0x25, 0x01, 0x81, 0x02, 0x95, 0x01, 0x75, 0x08,
	0x81, 0x01, 0x95, 0x05, 0x75, 0x01, 0x05, 0x08, 0x19, 0x01, 0x29, 0x05, 0x91,
	0x02, 0x95, 0x01, 0x75, 0x03, 0x91, 0x01, 0x95, 0x06, 0x75, 0x08, 0x15, 0x00,
	0x25, 0xff, 0x05, 0x07, 0x19, 0x00, 0x29, 0xff, 0x81, 0x00, 0xc0,
};
static const uint8_t mouse[] = {
	0x05, 0x01, 0x09, 0x02, 0xa1, 0x01, 0x05, 0x09, 0x19, 0x01, 0x29, 0x05,
	0x15, 0x00, 0x25, 0x01, 0x95, 0x05, 0x75, 0x01, 0x81, 0x02, 0x95, 0x01,
	0x75, 0x03, 0x81, 0x01, 0x05, 0x01, 0x09, 0x30, 0x09, 0x31, 0x09, 0x38,
	0x15, 0x81, 0x25, 0x7f, 0x75, 0x08, 0x95, 0x03, 0x81, 0x06, 0xc0,
};
static const uint8_t vendor[] = {0x06, 0x00, 0xff, 0x09, 0x01, 0xa1, 0x01, 0xc0};
static const uint8_t broken[] = {0x05, 0x01, 0x09, 0x06, 0xa1, 0x01};
static const uint8_t key_a[] = {0, 0, 4, 0, 0, 0, 0, 0}, no_key[8];

static struct devices ds;
static unsigned events, requests, lines;
static struct hid_event last;
static struct urb_msg asked;
static uint8_t asked_data[URB_OUT_MAX];
static unsigned last_source;
static bool channel_full;
static char line[256];

static void on_events(void *ctx, unsigned source, const struct hid_events *e)
{
	CHECK_TRUE(ctx == &ds);
	events += e->count;
	last = e->event[e->count - 1];
	last_source = source;
}

static bool on_request(void *ctx, const struct urb_msg *m)
{
	uint8_t buf[URB_MSG_MAX];

	CHECK_TRUE(ctx == &ds);
	if (channel_full)
		return false;
	requests++;
	asked = *m;
	if (m->data_len != 0)
		memcpy(asked_data, m->data, m->data_len);
	CHECK_TRUE(urb_encode(m, URB_DOWN, buf, sizeof buf) != 0); /* nothing usbvm would refuse */
	return true;
}

static void on_say(void *ctx, const char *text)
{
	CHECK_TRUE(ctx == &ds);
	lines++;
	(void)snprintf(line, sizeof line, "%s", text);
}

static void send(struct urb_msg m)
{
	uint8_t buf[URB_MSG_MAX];
	size_t len = urb_encode(&m, URB_UP, buf, sizeof buf);

	REQUIRE(len != 0);
	events = requests = lines = 0;
	devices_message(&ds, buf, len);
}

static void start(void)
{
	static const struct devices_sink sink = {on_events, on_request, on_say, &ds};

	channel_full = false;
	devices_init(&ds, &sink);
	send(urb_hello());
}

static void device(uint32_t generation, uint8_t interfaces)
{
	static const uint8_t config[9];
	struct urb_msg m = {
		.device = {.head = {.type = URB_DEVICE},
			   .device = generation,
			   .interfaces = interfaces,
			   .ports = 1,
			   .port = {1}},
		.data = config,
		.data_len = sizeof config,
	};

	m.device.descriptor[8] = 0x27;
	m.device.descriptor[9] = 0x06;
	send(m);
}

static void interface(uint32_t generation, uint8_t number, const uint8_t *desc, size_t len)
{
	struct urb_msg m = {
		.interface = {.head = {.type = URB_INTERFACE},
			      .device = generation,
			      .interface = number,
			      .subclass = 1,
			      .protocol = 1,
			      .endpoint = (uint8_t)(0x81 + number),
			      .packet = 8},
		.data = desc,
		.data_len = (uint32_t)len,
	};

	send(m);
}

static void note(uint16_t type, uint32_t generation, uint32_t value)
{
	struct urb_msg m = {
		.note = {.head = {.type = type}, .device = generation, .value = value},
	};

	send(m);
}

static struct urb_msg transfer_of(uint32_t generation, uint8_t number, const uint8_t *data,
				  size_t len)
{
	struct urb_msg m = {
		.transfer = {.head = {.type = URB_TRANSFER},
			     .device = generation,
			     .interface = number,
			     .endpoint = (uint8_t)(0x81 + number),
			     .requested = len != 0 ? (uint32_t)len : 8},
		.data = data,
		.data_len = (uint32_t)len,
	};

	return m;
}

static void transfer(uint32_t generation, uint8_t number, const uint8_t *data, size_t len)
{
	send(transfer_of(generation, number, data, len));
}

static void done(uint32_t status)
{
	struct urb_msg m = {
		.done = {.head = {.type = URB_DONE},
			 .device = asked.out.device,
			 .id = asked.out.id,
			 .status = status},
	};

	send(m);
}

static void plug_keyboard(uint32_t generation)
{
	device(generation, 1);
	interface(generation, 0, keyboard, sizeof keyboard);
	note(URB_READY, generation, 0);
}

static void a_key_comes_through(void)
{
	start();
	plug_keyboard(1);
	CHECK_STR(line, "device 1 (0627:0000): keyboard");
	transfer(1, 0, key_a, 8);
	REQUIRE(events == 1);
	CHECK_EQ(last.kind, INPUT_KEYBOARD);
	CHECK_EQ(last.item.code, KEY_A);
	CHECK_EQ(last.item.value, 1);
	CHECK_EQ(ds.dropped, 0);
}

static void nothing_before_hello(void)
{
	static const struct devices_sink sink = {on_events, on_request, on_say, &ds};
	struct urb_msg m = urb_hello();

	devices_init(&ds, &sink);
	plug_keyboard(1);
	transfer(1, 0, key_a, 8);
	CHECK_EQ(events, 0);
	CHECK_EQ(ds.dropped, 4);
	m.hello.version = URB_VERSION + 1;
	send(m);
	CHECK_EQ(lines, 1);
	plug_keyboard(1);
	CHECK_EQ(ds.dropped, 7);
	send(urb_hello());
	plug_keyboard(1);
	CHECK_EQ(ds.dropped, 7);
}

static void another_hello_is_another_stream(void)
{
	start();
	plug_keyboard(5);
	transfer(5, 0, key_a, 8);
	send(urb_hello());
	CHECK_EQ(events, 1); /* the key comes up */
	CHECK_EQ(last.item.value, 0);
	transfer(5, 0, key_a, 8);
	CHECK_EQ(events, 0);
	plug_keyboard(1); /* and generations start anew */
	transfer(1, 0, key_a, 8);
	CHECK_EQ(events, 1);
}

static void the_order_is_kept(void)
{
	start();
	interface(1, 0, keyboard, sizeof keyboard);
	CHECK_EQ(ds.dropped, 1);
	note(URB_READY, 1, 0);
	CHECK_EQ(ds.dropped, 2);
	device(1, 2);
	note(URB_READY, 1, 0); /* two interfaces are missing */
	CHECK_EQ(ds.dropped, 3);
	interface(1, 0, keyboard, sizeof keyboard);
	interface(1, 0, keyboard, sizeof keyboard); /* twice */
	CHECK_EQ(ds.dropped, 4);
	transfer(1, 0, key_a, 8); /* not ready */
	CHECK_EQ(ds.dropped, 5);
	CHECK_EQ(events, 0);
	interface(1, 1, mouse, sizeof mouse);
	interface(1, 2, mouse, sizeof mouse); /* one too many */
	CHECK_EQ(ds.dropped, 6);
	note(URB_READY, 1, 0);
	note(URB_READY, 1, 0);
	CHECK_EQ(ds.dropped, 7);
	device(1, 1); /* a generation is used once */
	CHECK_EQ(ds.dropped, 8);
	transfer(1, 7, key_a, 8); /* no such interface */
	CHECK_EQ(ds.dropped, 9);
	transfer(2, 0, key_a, 8); /* no such device */
	CHECK_EQ(ds.dropped, 10);
	transfer(1, 0, key_a, 8);
	CHECK_EQ(events, 1);
	CHECK_EQ(ds.dropped, 10);
}

static void the_endpoint_must_be_the_interfaces(void)
{
	struct urb_msg m = transfer_of(1, 0, key_a, 8);

	start();
	plug_keyboard(1);
	m.transfer.endpoint = 0x82;
	send(m);
	CHECK_EQ(events, 0);
	CHECK_EQ(ds.dropped, 1);
}

static void bad_and_unknown_messages(void)
{
	uint8_t msg[16] = {99, 0, 0, 0, 16};

	start();
	devices_message(&ds, msg, 16); /* a later version's: skipped */
	CHECK_EQ(ds.dropped, 0);
	devices_message(&ds, msg, 15);
	CHECK_EQ(ds.dropped, 1);
	devices_message(&ds, NULL, 0);
	CHECK_EQ(ds.dropped, 2);
	/* What only inputvm may say. */
	msg[0] = URB_OUT;
	devices_message(&ds, msg, 16);
	CHECK_EQ(ds.dropped, 2);
}

/* usbvm must not fill the log of inputvm, and with it the serial line that all VMs share. */
static void a_flood_of_junk_is_counted_and_hardly_said(void)
{
	static const uint8_t junk[] = {0xff, 0xff, 0xff, 0xff};

	start();
	lines = 0;
	for (unsigned i = 0; i < 10000; i++)
		devices_message(&ds, junk, 1 + i % sizeof junk);
	CHECK_EQ(ds.dropped, 10000);
	CHECK_EQ(lines, 14); /* the first, and each that doubles the count */
	CHECK_STR(line, "messages of usbvm that broke the protocol and were dropped: 8192");
	plug_keyboard(1);
	transfer(1, 0, key_a, 8);
	CHECK_EQ(events, 1);
}

/* Each way in which a held key comes up without the device saying so. */
static void what_was_held_comes_up(void)
{
	for (unsigned way = 0; way < 4; way++) {
		struct urb_msg m = transfer_of(1, 0, key_a, 0);

		start();
		plug_keyboard(1);
		transfer(1, 0, key_a, 8);
		events = 0;
		m.transfer.status = URB_STATUS_STALL;
		if (way == 0)
			note(URB_GONE, 1, URB_GONE_UNPLUGGED);
		if (way == 1)
			note(URB_OVERRUN, 1, 9);
		if (way == 2)
			send(m);
		if (way == 3)
			devices_reset(&ds);
		CHECK_EQ(events, 1);
		CHECK_EQ(last.item.code, KEY_A);
		CHECK_EQ(last.item.value, 0);
		transfer(1, 0, key_a, 8);
		CHECK_EQ(events, way == 1 || way == 2 ? 1 : 0);
		CHECK_EQ(ds.dropped, way == 1 || way == 2 ? 0 : 1);
	}
}

static void the_dead_are_not_mourned_twice(void)
{
	start();
	plug_keyboard(1);
	note(URB_GONE, 1, 0);
	note(URB_GONE, 1, 0);
	note(URB_OVERRUN, 1, 1);
	CHECK_EQ(ds.dropped, 0);
	note(URB_GONE, 2, 0); /* never heard of */
	CHECK_EQ(ds.dropped, 1);
}

static void devices_have_their_own_keys(void)
{
	unsigned first;

	start();
	plug_keyboard(1);
	plug_keyboard(2);
	transfer(1, 0, key_a, 8);
	first = last_source;
	transfer(2, 0, key_a, 8);
	CHECK_EQ(events, 1);
	CHECK_NE(first, last_source);
	note(URB_GONE, 1, 0);
	CHECK_EQ(events, 1);
	CHECK_EQ(last_source, first);
	transfer(2, 0, no_key, 8);
	CHECK_EQ(events, 1);
}

static void reports_in_several_packets(void)
{
	static const uint8_t report[] = {2, 0, 4, 5, 6, 7, 8, 9};

	start();
	device(1, 1);
	send((struct urb_msg){
		.interface = {.head = {.type = URB_INTERFACE},
			      .device = 1,
			      .endpoint = 0x81,
			      .packet = 3},
		.data = keyboard,
		.data_len = sizeof keyboard,
	});
	note(URB_READY, 1, 0);
	transfer(1, 0, report, 3);
	transfer(1, 0, report + 3, 3);
	CHECK_EQ(events, 0);
	transfer(1, 0, report + 6, 2);
	CHECK_EQ(events, 7);
	/* A packet that is not full ends a report early; an empty one too. */
	transfer(1, 0, report, 3);
	transfer(1, 0, NULL, 0);
	CHECK_EQ(events, 5);
	/* Nothing begins with an empty packet. */
	transfer(1, 0, NULL, 0);
	CHECK_EQ(events, 0);
	transfer(1, 0, no_key, 2);
	CHECK_EQ(events, 2);
	/* An overrun in the middle: the rest is not the beginning. */
	transfer(1, 0, report, 3);
	note(URB_OVERRUN, 1, 1);
	transfer(1, 0, report, 3);
	transfer(1, 0, report + 3, 3);
	transfer(1, 0, report + 6, 2);
	CHECK_EQ(events, 7);
}

static void a_report_that_never_ends(void)
{
	static const uint8_t desc[] = {0x05, 0x01, 0x09, 0x06, 0xa1, 0x01, 0x05, 0x07, 0x09,
				       0x04, 0x25, 0x01, 0x75, 0x01, 0x95, 0x01, 0x81, 0x02,
				       0x75, 0x08, 0x96, 0xf0, 0x0f, 0x81, 0x03, 0xc0};
	static uint8_t data[URB_DATA_MAX];

	start();
	device(1, 1);
	send((struct urb_msg){
		.interface = {.head = {.type = URB_INTERFACE},
			      .device = 1,
			      .endpoint = 0x81,
			      .packet = URB_DATA_MAX},
		.data = desc,
		.data_len = sizeof desc,
	});
	note(URB_READY, 1, 0);
	data[0] = 1;
	transfer(1, 0, data, URB_DATA_MAX);
	CHECK_EQ(events, 0);
	transfer(1, 0, data, URB_DATA_MAX); /* more than fits: forgotten */
	CHECK_EQ(events, 0);
	transfer(1, 0, data, 1);
	CHECK_EQ(events, 1);
}

static void the_boot_protocol_is_the_fallback(void)
{
	start();
	device(1, 1);
	interface(1, 0, broken, sizeof broken);
	note(URB_READY, 1, 0);
	CHECK_EQ(requests, 1);
	CHECK_EQ(asked.out.request, URB_SET_PROTOCOL);
	CHECK_EQ(asked.out.value, 0);
	transfer(1, 0, key_a, 8);
	CHECK_EQ(events, 1);
	CHECK_EQ(last.item.code, KEY_A);
	/* A device that would not give its descriptor at all. */
	device(2, 1);
	interface(2, 0, NULL, 0);
	note(URB_READY, 2, 0);
	transfer(2, 0, key_a, 8);
	CHECK_EQ(events, 1);
}

static void what_is_not_for_us_is_not_used(void)
{
	struct urb_msg m = {
		.interface = {.head = {.type = URB_INTERFACE},
			      .device = 2,
			      .endpoint = 0x81,
			      .packet = 8},
		.data = broken,
		.data_len = sizeof broken,
	};

	start();
	device(1, 1);
	interface(1, 0, vendor, sizeof vendor);
	CHECK_STR(line, "device 1 (0627:0000) interface 0 not used: nothing in it is for us");
	note(URB_READY, 1, 0);
	CHECK_STR(line, "device 1 (0627:0000): nothing");
	CHECK_EQ(requests, 0);
	transfer(1, 0, key_a, 8);
	CHECK_EQ(events, 0);
	CHECK_EQ(ds.dropped, 0);
	device(2, 1);
	send(m); /* broken, and no boot protocol */
	CHECK_STR(line, "device 2 (0627:0000) interface 0 not used: a collection without end");
}

static void more_than_there_is_room_for(void)
{
	start();
	for (uint32_t g = 1; g <= DEVICES_MAX; g++)
		plug_keyboard(g);
	device(DEVICES_MAX + 1, 1);
	CHECK_EQ(lines, 1);
	interface(DEVICES_MAX + 1, 0, keyboard, sizeof keyboard);
	note(URB_READY, DEVICES_MAX + 1, 0);
	CHECK_EQ(ds.dropped, 0);
	transfer(DEVICES_MAX + 1, 0, key_a, 8);
	CHECK_EQ(events, 0);
	transfer(DEVICES_MAX, 0, key_a, 8);
	CHECK_EQ(events, 1);
	note(URB_GONE, 3, 0);
	plug_keyboard(DEVICES_MAX + 2); /* in the place of the third */
	transfer(DEVICES_MAX + 2, 0, key_a, 8);
	CHECK_EQ(events, 1);

	start();
	for (uint32_t g = 1; g <= 5; g++) {
		device(g, URB_INTERFACE_MAX);
		for (uint8_t i = 0; i < URB_INTERFACE_MAX; i++)
			interface(g, i, keyboard, sizeof keyboard);
		note(URB_READY, g, 0);
	}
	CHECK_EQ(ds.dropped, 0);
	transfer(4, 7, key_a, 8); /* the 32nd */
	CHECK_EQ(events, 1);
	transfer(5, 0, key_a, 8);
	CHECK_EQ(events, 0);
}

static void requests_come_one_after_the_other(void)
{
	start();
	plug_keyboard(1);
	REQUIRE(requests == 1);
	CHECK_EQ(asked.out.request, URB_SET_PROTOCOL);
	CHECK_EQ(asked.out.value, 1);
	done(URB_STATUS_OK);
	REQUIRE(requests == 1);
	CHECK_EQ(asked.out.request, URB_SET_IDLE);
	done(URB_STATUS_STALL); /* many keyboards refuse it */
	REQUIRE(requests == 1);
	CHECK_EQ(asked.out.request, URB_SET_REPORT);
	CHECK_EQ(asked.out.value, 0x0200);
	CHECK_EQ(asked.data_len, 1);
	CHECK_EQ(asked_data[0], 0);
	requests = 0;
	devices_leds(&ds, 2); /* the lamps have to wait */
	devices_leds(&ds, 3);
	CHECK_EQ(requests, 0);
	done(URB_STATUS_OK);
	CHECK_EQ(requests, 1);
	CHECK_EQ(asked_data[0], 3);
	done(URB_STATUS_OK);
	CHECK_EQ(requests, 0);
	done(URB_STATUS_OK); /* answered already */
	CHECK_EQ(ds.dropped, 1);
}

static void a_full_channel_delays_requests(void)
{
	start();
	channel_full = true;
	plug_keyboard(1);
	CHECK_EQ(requests, 0);
	channel_full = false;
	devices_ask(&ds);
	CHECK_EQ(requests, 1);
	CHECK_EQ(asked.out.request, URB_SET_PROTOCOL);
	/* usbvm forgot: what was under way is not asked again, the rest is. */
	devices_unasked(&ds);
	devices_ask(&ds);
	CHECK_EQ(requests, 2);
	CHECK_EQ(asked.out.request, URB_SET_IDLE);
}

static void lamps_go_to_those_that_have_some(void)
{
	start();
	device(1, 1);
	interface(1, 0, mouse, sizeof mouse);
	note(URB_READY, 1, 0);
	done(URB_STATUS_OK);
	requests = 0;
	devices_leds(&ds, 1);
	CHECK_EQ(requests, 0);
	device(2, 1);
	interface(2, 0, keyboard, sizeof keyboard);
	requests = 0;
	devices_leds(&ds, 3); /* not ready: it hears of them when it is */
	CHECK_EQ(requests, 0);
	note(URB_READY, 2, 0);
	done(URB_STATUS_OK);
	done(URB_STATUS_OK);
	CHECK_EQ(asked.out.request, URB_SET_REPORT);
	CHECK_EQ(asked_data[0], 3);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(a_key_comes_through);
	RUN(nothing_before_hello);
	RUN(another_hello_is_another_stream);
	RUN(the_order_is_kept);
	RUN(the_endpoint_must_be_the_interfaces);
	RUN(bad_and_unknown_messages);
	RUN(what_was_held_comes_up);
	RUN(the_dead_are_not_mourned_twice);
	RUN(devices_have_their_own_keys);
	RUN(reports_in_several_packets);
	RUN(a_report_that_never_ends);
	RUN(the_boot_protocol_is_the_fallback);
	RUN(what_is_not_for_us_is_not_used);
	RUN(more_than_there_is_room_for);
	RUN(a_flood_of_junk_is_counted_and_hardly_said);
	RUN(requests_come_one_after_the_other);
	RUN(a_full_channel_delays_requests);
	RUN(lamps_go_to_those_that_have_some);
	return check_end();
}
