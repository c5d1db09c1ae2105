/* SPDX-License-Identifier: Apache-2.0 */
/* The two ends of the shadow URB channel against each other: usbvm's stream, inputvm's devices, and a channel that can be full or die. */
#include "check.h"
#include "inputvm/devices.h"
#include "usbvm/usbvmd/stream.h"

static const uint8_t keyboard[] = {
	0x05, 0x01, 0x09, 0x06, 0xa1, 0x01, 0x05, 0x07, 0x19, 0xe0, 0x29, 0xe7, 0x15,
	0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x08, 0x81, 0x02, 0x05, 0x08, 0x19, 0x01,
	0x29, 0x03, 0x95, 0x03, 0x91, 0x02, 0x95, 0x05, 0x91, 0x01, 0x05, 0x07, 0x19,
	0x00, 0x29, 0x65, 0x25, 0x65, 0x75, 0x08, 0x95, 0x06, 0x81, 0x00, 0xc0,
};
static const uint8_t key_a[7] = {0, 4}, no_key[7];

static struct stream s;
static struct devices ds;
static unsigned room;  /* messages the channel still takes */
static unsigned sent;  /* messages that went */
static bool connected; /* they reach inputvm; else only the last one is kept */
static struct urb_msg last;
static uint8_t last_bytes[URB_MSG_MAX];
static unsigned pressed, released, performed;
static struct urb_msg request;
static unsigned place, interface;
static uint64_t now;

static bool send(void *ctx, const uint8_t *msg, size_t len)
{
	CHECK_TRUE(ctx == &room);
	if (room == 0)
		return false;
	room--;
	sent++;
	memcpy(last_bytes, msg, len);
	CHECK_EQ(urb_decode(last_bytes, len, URB_UP, &last), URB_OK);
	if (connected)
		devices_message(&ds, msg, len);
	return true;
}

static void on_events(void *ctx, unsigned source, const struct hid_events *e)
{
	(void)ctx;
	(void)source;
	for (unsigned i = 0; i < e->count; i++) {
		pressed += e->event[i].item.value == 1;
		released += e->event[i].item.value == 0;
	}
}

/* The way back: what inputvm has said and usbvm has not yet read. */
static uint8_t back[16][URB_MSG_MAX];
static size_t back_len[16];
static unsigned back_count;

static bool on_request(void *ctx, const struct urb_msg *m)
{
	(void)ctx;
	if (back_count == 16)
		return false;
	back_len[back_count] = urb_encode(m, URB_DOWN, back[back_count], sizeof back[0]);
	back_count++;
	return true;
}

/* One turn of usbvm: it says what is due and reads what is there. */
static void turn(void)
{
	stream_pump(&s);
	for (unsigned i = 0; i < back_count; i++)
		if (stream_take(&s, back[i], back_len[i], now, &request, &place, &interface))
			performed++;
	back_count = 0;
}

static void on_say(void *ctx, const char *line)
{
	(void)ctx;
	(void)line;
}

static void hello_from_inputvm(uint16_t version)
{
	struct urb_msg m = urb_hello();
	uint8_t buf[URB_MSG_MAX];
	size_t len;

	m.hello.version = version;
	len = urb_encode(&m, URB_DOWN, buf, sizeof buf);
	CHECK_FALSE(stream_take(&s, buf, len, now, &request, &place, &interface));
}

static void start(void)
{
	static const struct devices_sink sink = {on_events, on_request, on_say, NULL};

	room = 1000;
	sent = pressed = released = performed = back_count = 0;
	connected = true;
	now = 100;
	stream_init(&s, send, &room);
	devices_init(&ds, &sink);
	hello_from_inputvm(URB_VERSION);
}

static void plug(unsigned where, unsigned interfaces)
{
	struct stream_device *d = &s.device[where];

	REQUIRE(stream_take_place(&s, where));
	d->bus = 1;
	d->ports = 1;
	d->port[0] = (uint8_t)(where + 1);
	d->speed = URB_SPEED_FULL;
	d->config_len = 9;
	d->interfaces = interfaces;
	for (unsigned i = 0; i < interfaces; i++) {
		d->interface[i].number = (uint8_t)i;
		d->interface[i].endpoint = (uint8_t)(0x81 + i);
		d->interface[i].packet = 8;
		d->interface[i].report_len = sizeof keyboard;
		memcpy(d->interface[i].report, keyboard, sizeof keyboard);
	}
	d->live = true;
}

/* Who fills a place may leave bytes behind the hops that count. */
static void hops_that_do_not_count_are_not_told(void)
{
	start();
	plug(0, 1);
	s.device[0].port[URB_PORT_MAX - 1] = 3;
	turn();
	CHECK_EQ(sent, 4);
	CHECK_EQ(s.unsayable, 0);
	CHECK_EQ(ds.dropped, 0);
}

static void what_the_codec_refuses_is_counted(void)
{
	start();
	plug(0, 1);
	s.device[0].ports = 0;
	turn();
	CHECK_EQ(s.unsayable, 1);
	CHECK_EQ(ds.dropped, 2); /* an interface and a READY of a device that was never offered */
}

static void report(unsigned where, unsigned i, const uint8_t *data, uint32_t len)
{
	struct urb_msg m = {
		.transfer = {.status = URB_STATUS_OK, .requested = 8, .time_ns = 5},
		.data = data,
		.data_len = len,
	};

	stream_transfer(&s, where, i, &m);
}

static void a_key_from_end_to_end(void)
{
	start();
	plug(0, 1);
	report(0, 0, key_a, 7); /* nobody knows the device yet */
	CHECK_EQ(sent, 0);
	turn();
	CHECK_EQ(sent, 4); /* HELLO, DEVICE, INTERFACE, READY */
	report(0, 0, key_a, 7);
	report(0, 0, no_key, 7);
	CHECK_EQ(pressed, 1);
	CHECK_EQ(released, 1);
	CHECK_EQ(ds.dropped, 0);
	turn();
	CHECK_EQ(sent, 6);
}

/* Room for one message at a time: the same messages in the same order. */
static void a_full_channel_delays_the_offer(void)
{
	start();
	plug(0, 3);
	plug(1, 2);
	for (unsigned n = 1; n <= 1 + 5 + 4; n++) {
		room = 1;
		turn();
		CHECK_EQ(sent, n);
	}
	room = 1;
	turn();
	CHECK_EQ(sent, 10);
	CHECK_EQ(ds.dropped, 0);
	room = 2;
	report(0, 2, key_a, 7);
	report(1, 1, key_a, 7);
	CHECK_EQ(pressed, 2);
}

static void what_is_lost_is_said(void)
{
	start();
	plug(0, 1);
	turn();
	report(0, 0, key_a, 7);
	CHECK_EQ(pressed, 1);
	room = 0;
	report(0, 0, no_key, 7);
	report(0, 0, key_a, 7);
	room = 1000;
	report(0, 0, key_a, 7); /* not before the loss is said */
	CHECK_EQ(pressed, 1);
	turn();
	CHECK_EQ(last.head.type, URB_OVERRUN);
	CHECK_EQ(last.note.value, 3);
	CHECK_EQ(released, 1); /* inputvm let go of it */
	report(0, 0, key_a, 7);
	CHECK_EQ(pressed, 2);
}

static void a_device_that_leaves(void)
{
	start();
	plug(0, 1);
	turn();
	report(0, 0, key_a, 7);
	room = 0;
	stream_gone(&s, 0, URB_GONE_ERRORS);
	turn();
	CHECK_FALSE(stream_take_place(&s, 0)); /* inputvm does not know yet */
	room = 1000;
	turn();
	CHECK_EQ(last.head.type, URB_GONE);
	CHECK_EQ(last.note.value, URB_GONE_ERRORS);
	CHECK_EQ(released, 1);
	plug(0, 1);
	turn();
	CHECK_EQ(last.note.device, 2);
	/* One that came and went unsaid leaves no trace. */
	plug(1, 1);
	stream_gone(&s, 1, 0);
	stream_gone(&s, 1, 0);
	sent = 0;
	turn();
	CHECK_EQ(sent, 0);
	CHECK_TRUE(stream_take_place(&s, 1));
	CHECK_EQ(ds.dropped, 0);
}

static void a_new_inputvm_hears_of_everything(void)
{
	static const struct devices_sink sink = {on_events, on_request, on_say, NULL};

	start();
	plug(0, 1);
	plug(1, 1);
	plug(2, 1);
	turn();
	room = 0;
	report(0, 0, key_a, 7);
	stream_gone(&s, 2, 0);
	room = 1000;
	devices_init(&ds, &sink); /* another life */
	pressed = sent = 0;
	stream_restart(&s);
	stream_unheard(&s);
	hello_from_inputvm(URB_VERSION);
	report(0, 0, key_a, 7); /* of the old life: nobody is told, nothing is lost */
	turn();
	CHECK_EQ(
		sent,
		5); /* HELLO and two offers without READY: a request of the old life is under way */
	report(0, 0, key_a, 7);
	CHECK_EQ(sent, 5);
	stream_done(&s, 0, 0, URB_STATUS_OK);
	stream_done(&s, 1, 0, URB_STATUS_OK);
	performed = 0;
	turn();
	CHECK_EQ(sent, 7); /* and not a word about the third device, the loss or those requests */
	CHECK_EQ(performed, 2);
	CHECK_EQ(s.device[0].generation, 4);
	CHECK_EQ(s.device[1].generation, 5);
	CHECK_EQ(ds.dropped, 0);
	CHECK_EQ(pressed, 0);
	report(1, 0, key_a, 7);
	CHECK_EQ(pressed, 1);
}

static void requests_are_performed_and_answered(void)
{
	start();
	plug(0, 1);
	turn();
	/* No boot protocol, but a keyboard: idle, then lamps. */
	CHECK_EQ(performed, 1);
	CHECK_EQ(request.out.request, URB_SET_IDLE);
	CHECK_EQ(place, 0);
	CHECK_EQ(interface, 0);
	stream_done(&s, 0, 0, URB_STATUS_STALL);
	turn();
	CHECK_EQ(performed, 2);
	CHECK_EQ(request.out.request, URB_SET_REPORT);
	CHECK_EQ(request.data_len, 1);
	devices_leds(&ds, 7);
	stream_done(&s, 0, 0, URB_STATUS_OK);
	stream_done(&s, 0, 0, URB_STATUS_OK); /* nothing under way any more */
	turn();
	CHECK_EQ(performed, 3);
	CHECK_EQ(request.data[0], 7);
	CHECK_EQ(ds.dropped, 0);
}

/* A request as inputvm would send it. True: to be performed. */
static bool ask(uint32_t device, uint8_t number, uint32_t id)
{
	struct urb_msg m = {
		.out = {.head = {.type = URB_OUT},
			.device = device,
			.id = id,
			.interface = number,
			.request = URB_SET_IDLE},
	};
	uint8_t buf[URB_MSG_MAX];
	size_t len = urb_encode(&m, URB_DOWN, buf, sizeof buf);

	return stream_take(&s, buf, len, now, &request, &place, &interface);
}

static bool answered(uint32_t id, uint32_t status)
{
	return last.head.type == URB_DONE && last.done.id == id && last.done.status == status;
}

static void alone(void)
{
	start();
	connected = false; /* nobody but the test talks to the stream */
	plug(0, 2);
	turn();
}

static void wrong_requests_are_refused(void)
{
	alone();
	CHECK_FALSE(ask(2, 0, 50)); /* no such device */
	CHECK_TRUE(answered(50, URB_STATUS_REFUSED));
	CHECK_FALSE(ask(1, 2, 51)); /* no such interface */
	CHECK_TRUE(answered(51, URB_STATUS_REFUSED));
	CHECK_TRUE(ask(1, 1, 52));
	CHECK_EQ(interface, 1);
	CHECK_FALSE(ask(1, 1, 53)); /* one at a time */
	CHECK_TRUE(answered(53, URB_STATUS_REFUSED));
	CHECK_TRUE(ask(1, 0, 54)); /* of one interface */
	stream_done(&s, 0, 1, URB_STATUS_OK);
	room = 0;
	turn();
	CHECK_FALSE(ask(1, 1, 55)); /* the answer to 52 is still due */
	room = 1000;
	turn();
	CHECK_TRUE(answered(52, URB_STATUS_OK));
	stream_gone(&s, 0, 0);
	CHECK_FALSE(ask(1, 1, 56));
	CHECK_TRUE(answered(56, URB_STATUS_REFUSED));
}

static void not_too_many_in_a_second(void)
{
	unsigned passed = 0;

	alone();
	for (uint32_t i = 0; i < 2 * STREAM_OUT_RATE; i++) {
		if (ask(1, 0, i + 1)) {
			passed++;
			stream_done(&s, 0, 0, URB_STATUS_OK);
		}
		turn();
		CHECK_TRUE(
			answered(i + 1, i < STREAM_OUT_RATE ? URB_STATUS_OK : URB_STATUS_REFUSED));
	}
	CHECK_EQ(passed, STREAM_OUT_RATE);
	now++;
	CHECK_TRUE(ask(1, 0, 999));
}

static void requests_need_a_hello(void)
{
	alone();
	stream_unheard(&s);
	CHECK_FALSE(ask(1, 0, 1));
	hello_from_inputvm(URB_VERSION + 1);
	CHECK_FALSE(ask(1, 0, 2));
	hello_from_inputvm(URB_VERSION);
	CHECK_TRUE(ask(1, 0, 3));
}

/* A request that was under way when inputvm died: its end is nobody's business, and the interface is free again after it. */
static void answers_do_not_cross_a_death(void)
{
	alone();
	CHECK_TRUE(ask(1, 0, 70));
	stream_restart(&s);
	turn();
	CHECK_FALSE(ask(2, 0, 71)); /* the device is still at it, and not ready */
	stream_done(&s, 0, 0, URB_STATUS_OK);
	turn();
	CHECK_EQ(last.head.type, URB_READY);
	CHECK_TRUE(ask(2, 0, 72));
}

static void bad_messages_are_nothing(void)
{
	static const uint8_t junk[40] = {URB_TRANSFER};

	alone();
	sent = 0;
	CHECK_FALSE(stream_take(&s, junk, sizeof junk, now, &request, &place, &interface));
	CHECK_FALSE(stream_take(&s, junk, 0, now, &request, &place, &interface));
	report(0, 2, key_a, 7); /* no such interface */
	report(5, 0, key_a, 7); /* nobody there */
	CHECK_EQ(sent, 0);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(a_key_from_end_to_end);
	RUN(hops_that_do_not_count_are_not_told);
	RUN(what_the_codec_refuses_is_counted);
	RUN(a_full_channel_delays_the_offer);
	RUN(what_is_lost_is_said);
	RUN(a_device_that_leaves);
	RUN(a_new_inputvm_hears_of_everything);
	RUN(requests_are_performed_and_answered);
	RUN(wrong_requests_are_refused);
	RUN(not_too_many_in_a_second);
	RUN(requests_need_a_hello);
	RUN(answers_do_not_cross_a_death);
	RUN(bad_messages_are_nothing);
	return check_end();
}
