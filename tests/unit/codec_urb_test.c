/* SPDX-License-Identifier: Apache-2.0 */
/* Shadow URB messages: every limit of usb_xfer.h has a message on each side of it. */
#include <stdlib.h>

#include "check.h"
#include "codec_urb.h"

static uint8_t buf[URB_MSG_MAX + 1];
static uint8_t bytes[URB_MSG_MAX];

static struct urb_msg device(void)
{
	struct urb_msg m = {
		.device = {.head = {.type = URB_DEVICE},
			   .device = 7,
			   .speed = URB_SPEED_FULL,
			   .interfaces = 1,
			   .bus = 1,
			   .ports = 2,
			   .port = {1, 4}},
		.data = bytes,
		.data_len = 34,
	};

	return m;
}

static struct urb_msg interface(void)
{
	struct urb_msg m = {
		.interface = {.head = {.type = URB_INTERFACE},
			      .device = 7,
			      .subclass = 1,
			      .protocol = 1,
			      .endpoint = 0x81,
			      .interval = 10,
			      .packet = 8},
		.data = bytes,
		.data_len = 63,
	};

	return m;
}

static struct urb_msg transfer(void)
{
	struct urb_msg m = {
		.transfer = {.head = {.type = URB_TRANSFER},
			     .device = 7,
			     .endpoint = 0x81,
			     .requested = 8,
			     .time_ns = 1234567890123u},
		.data = bytes,
		.data_len = 8,
	};

	return m;
}

static struct urb_msg note(uint16_t type, uint32_t value)
{
	struct urb_msg m = {
		.note = {.head = {.type = type}, .device = 7, .value = value},
	};

	return m;
}

static struct urb_msg out(uint8_t request, uint16_t value, uint32_t len)
{
	struct urb_msg m = {
		.out = {.head = {.type = URB_OUT},
			.device = 7,
			.id = 99,
			.interface = 2,
			.request = request,
			.value = value},
		.data = bytes,
		.data_len = len,
	};

	return m;
}

static struct urb_msg done(uint32_t status)
{
	struct urb_msg m = {
		.done = {.head = {.type = URB_DONE}, .device = 7, .id = 99, .status = status},
	};

	return m;
}

/* Encodes, decodes, and compares all that was said. */
static bool passes(struct urb_msg m, enum urb_dir dir)
{
	struct urb_msg back;
	size_t len = urb_encode(&m, dir, buf, sizeof buf), again;
	uint8_t copy[URB_MSG_MAX];

	if (len == 0 || urb_decode(buf, len, dir, &back) != URB_OK)
		return false;
	if (back.data_len != m.data_len || back.head.len != len)
		return false;
	if (m.data_len != 0 && memcmp(back.data, m.data, m.data_len) != 0)
		return false;
	again = urb_encode(&back, dir, copy, sizeof copy);
	return again == len && memcmp(copy, buf, len) == 0;
}

/* Bytes that encode refuses to make, made by hand: a good message with SIZE bytes at OFFSET replaced. */
static enum urb_result with(struct urb_msg m, enum urb_dir dir, size_t offset, uint64_t value,
			    size_t size)
{
	struct urb_msg back;
	size_t len = urb_encode(&m, dir, buf, sizeof buf);

	memcpy(buf + offset, &value, size);
	return urb_decode(buf, len, dir, &back);
}

#define REFUSED(m, dir, type, field, value)                                                        \
	CHECK_EQ(with(m, dir, offsetof(struct type, field), value,                                 \
		      sizeof((struct type *)0)->field),                                            \
		 URB_BAD)

static void every_type_goes_through(void)
{
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 7 + 1);
	CHECK_TRUE(passes(urb_hello(), URB_UP));
	CHECK_TRUE(passes(urb_hello(), URB_DOWN));
	CHECK_TRUE(passes(device(), URB_UP));
	CHECK_TRUE(passes(interface(), URB_UP));
	CHECK_TRUE(passes(note(URB_READY, 0), URB_UP));
	CHECK_TRUE(passes(note(URB_OVERRUN, 3), URB_UP));
	CHECK_TRUE(passes(note(URB_GONE, URB_GONE_UNPLUGGED), URB_UP));
	CHECK_TRUE(passes(note(URB_GONE, URB_GONE_ERRORS), URB_UP));
	CHECK_TRUE(passes(transfer(), URB_UP));
	CHECK_TRUE(passes(done(URB_STATUS_REFUSED), URB_UP));
	CHECK_TRUE(passes(out(URB_SET_REPORT, 0x0200, 1), URB_DOWN));
}

static void fields_arrive(void)
{
	struct urb_msg m = interface(), back;
	size_t len = urb_encode(&m, URB_UP, buf, sizeof buf);

	REQUIRE(urb_decode(buf, len, URB_UP, &back) == URB_OK);
	CHECK_EQ(back.interface.device, 7);
	CHECK_EQ(back.interface.endpoint, 0x81);
	CHECK_EQ(back.interface.packet, 8);
	CHECK_EQ(back.interface.report_len, 63);
	CHECK_TRUE(back.data == buf + sizeof(struct urb_interface));
	m = transfer();
	len = urb_encode(&m, URB_UP, buf, sizeof buf);
	REQUIRE(urb_decode(buf, len, URB_UP, &back) == URB_OK);
	CHECK_EQ(back.transfer.time_ns, 1234567890123u);
	CHECK_EQ(back.transfer.requested, 8);
	CHECK_EQ(back.transfer.actual, 8);
}

static void bytes_are_as_documented(void)
{
	static const uint8_t hello[] = {1, 0, 0, 0, 16, 0, 0, 0, 'U', 'R', 'B', '1', 1, 0, 0, 0};
	static const uint8_t leds[] = {33, 0, 0, 0, 29, 0, 0, 0, 7, 0, 0, 0, 99, 0,   0,
				       0,  2, 9, 0, 2,	1, 0, 0, 0, 0, 0, 0, 0,	 0xee};
	struct urb_msg m = urb_hello();

	REQUIRE(urb_encode(&m, URB_UP, buf, sizeof buf) == sizeof hello);
	CHECK_MEM(buf, hello, sizeof hello);
	bytes[0] = 0xee;
	m = out(URB_SET_REPORT, 0x0200, 1);
	REQUIRE(urb_encode(&m, URB_DOWN, buf, sizeof buf) == sizeof leds);
	CHECK_MEM(buf, leds, sizeof leds);
}

/* Decodes from a buffer of exactly LEN bytes, so that a read behind it is seen. */
static enum urb_result exact(uint32_t len)
{
	uint8_t *copy = malloc(len != 0 ? len : 1);
	struct urb_msg back;
	enum urb_result res = URB_OK;

	if (copy != NULL) {
		memcpy(copy, buf, len);
		res = urb_decode(copy, len, URB_UP, &back);
		free(copy);
	}
	return res;
}

static void every_short_length_is_bad(void)
{
	struct urb_msg m = device();
	uint32_t len = (uint32_t)urb_encode(&m, URB_UP, buf, sizeof buf);

	CHECK_EQ(exact(len), URB_OK);
	for (uint32_t i = 0; i < len; i++)
		REQUIRE(exact(i) == URB_BAD);
	/* The same with a length field that goes along. */
	for (uint32_t i = 8; i < len; i++) {
		memcpy(buf + 4, &i, sizeof i);
		REQUIRE(exact(i) == URB_BAD);
	}
}

static void the_length_field_must_agree(void)
{
	struct urb_msg m = transfer();
	size_t len = sizeof(struct urb_transfer) + m.data_len;

	CHECK_EQ(with(m, URB_UP, offsetof(struct urb_head, len), len, 4), URB_OK);
	CHECK_EQ(with(m, URB_UP, offsetof(struct urb_head, len), len - 1, 4), URB_BAD);
	CHECK_EQ(with(m, URB_UP, offsetof(struct urb_head, len), len + 1, 4), URB_BAD);
	CHECK_EQ(with(m, URB_UP, offsetof(struct urb_head, len), 0, 4), URB_BAD);
}

static void nothing_is_longer_than_the_limit(void)
{
	struct urb_msg m = device(), back;
	uint32_t len = URB_MSG_MAX + 1;

	m.data_len = URB_CONFIG_MAX;
	CHECK_EQ(urb_encode(&m, URB_UP, buf, sizeof buf), URB_MSG_MAX);
	CHECK_TRUE(passes(m, URB_UP));
	m.data_len = URB_CONFIG_MAX + 1;
	CHECK_EQ(urb_encode(&m, URB_UP, buf, sizeof buf), 0);
	/* Also when the type is of a later version: nobody reads further than the longest message. */
	memset(buf, 0, sizeof buf);
	buf[0] = 200;
	memcpy(buf + 4, &len, sizeof len);
	CHECK_EQ(urb_decode(buf, len, URB_UP, &back), URB_BAD);
}

static void unknown_types_are_skipped(void)
{
	CHECK_EQ(with(note(URB_READY, 0), URB_UP, 0, 9, 2), URB_UNKNOWN);
	CHECK_EQ(with(note(URB_READY, 0), URB_UP, 0, 0, 2), URB_UNKNOWN);
	CHECK_EQ(with(urb_hello(), URB_DOWN, 0, 34, 2), URB_UNKNOWN);
}

static void directions_are_apart(void)
{
	struct urb_msg m = out(URB_SET_IDLE, 0, 0), back;
	size_t len = urb_encode(&m, URB_DOWN, buf, sizeof buf);

	CHECK_EQ(urb_decode(buf, len, URB_UP, &back), URB_UNKNOWN);
	CHECK_EQ(urb_encode(&m, URB_UP, buf, sizeof buf), 0);
	m = transfer();
	len = urb_encode(&m, URB_UP, buf, sizeof buf);
	CHECK_EQ(urb_decode(buf, len, URB_DOWN, &back), URB_UNKNOWN);
	CHECK_EQ(urb_encode(&m, URB_DOWN, buf, sizeof buf), 0);
}

static void hello_limits(void)
{
	struct urb_msg back;
	struct urb_msg m = urb_hello();
	size_t len;

	REFUSED(m, URB_UP, urb_hello, magic, 0x31425254u);
	REFUSED(m, URB_UP, urb_hello, reserved, 1);
	REFUSED(m, URB_UP, urb_head, reserved, 1);
	/* Another version is the receiver's business. */
	CHECK_EQ(with(m, URB_UP, offsetof(struct urb_hello, version), 2, 2), URB_OK);
	len = urb_encode(&m, URB_UP, buf, sizeof buf);
	buf[4]++;
	CHECK_EQ(urb_decode(buf, len + 1, URB_UP, &back), URB_BAD);
}

static void device_limits(void)
{
	struct urb_msg m = device();

	REFUSED(m, URB_UP, urb_device, device, 0);
	REFUSED(m, URB_UP, urb_device, speed, URB_SPEED_SUPER_PLUS + 1);
	REFUSED(m, URB_UP, urb_device, interfaces, 0);
	REFUSED(m, URB_UP, urb_device, interfaces, URB_INTERFACE_MAX + 1);
	REFUSED(m, URB_UP, urb_device, ports, 0);
	REFUSED(m, URB_UP, urb_device, ports, URB_PORT_MAX + 1);
	REFUSED(m, URB_UP, urb_device, reserved, 1);
	REFUSED(m, URB_UP, urb_device, config_len, 33);
	REFUSED(m, URB_UP, urb_device, config_len, 35);
	REFUSED(m, URB_UP, urb_device, port[2], 1);
	m.device.interfaces = URB_INTERFACE_MAX;
	m.data_len = 9;
	CHECK_TRUE(passes(m, URB_UP));
	m.data_len = 8;
	CHECK_FALSE(passes(m, URB_UP));
}

static void interface_limits(void)
{
	struct urb_msg m = interface();

	REFUSED(m, URB_UP, urb_interface, device, 0);
	REFUSED(m, URB_UP, urb_interface, endpoint, 0x01);
	REFUSED(m, URB_UP, urb_interface, endpoint, 0x80);
	REFUSED(m, URB_UP, urb_interface, endpoint, 0x91);
	REFUSED(m, URB_UP, urb_interface, packet, 0);
	REFUSED(m, URB_UP, urb_interface, packet, URB_DATA_MAX + 1);
	REFUSED(m, URB_UP, urb_interface, report_len, 62);
	REFUSED(m, URB_UP, urb_interface, reserved0, 1);
	REFUSED(m, URB_UP, urb_interface, reserved1, 1);
	m.data_len = 0;
	CHECK_TRUE(passes(m, URB_UP));
	m.data_len = URB_REPORT_MAX;
	CHECK_TRUE(passes(m, URB_UP));
	m.data_len = URB_REPORT_MAX + 1;
	CHECK_FALSE(passes(m, URB_UP));
}

static void transfer_limits(void)
{
	struct urb_msg m = transfer();

	REFUSED(m, URB_UP, urb_transfer, device, 0);
	REFUSED(m, URB_UP, urb_transfer, endpoint, 0);
	REFUSED(m, URB_UP, urb_transfer, status, URB_STATUS_BABBLE + 1);
	REFUSED(m, URB_UP, urb_transfer, reserved, 1);
	REFUSED(m, URB_UP, urb_transfer, requested, 7);
	REFUSED(m, URB_UP, urb_transfer, requested, 0);
	REFUSED(m, URB_UP, urb_transfer, requested, URB_DATA_MAX + 1);
	REFUSED(m, URB_UP, urb_transfer, actual, 7);
	REFUSED(m, URB_UP, urb_transfer, actual, 0xffffffffu);
	m.data_len = 0;
	CHECK_TRUE(passes(m, URB_UP));
	m.transfer.requested = m.data_len = URB_DATA_MAX;
	CHECK_TRUE(passes(m, URB_UP));
}

static void note_limits(void)
{
	struct urb_msg m = note(URB_READY, 0);

	REFUSED(m, URB_UP, urb_note, device, 0);
	REFUSED(m, URB_UP, urb_note, value, 1);
	REFUSED(note(URB_OVERRUN, 1), URB_UP, urb_note, value, 0);
	REFUSED(note(URB_GONE, 0), URB_UP, urb_note, value, URB_GONE_ERRORS + 1);
	m.data = bytes;
	m.data_len = 1;
	CHECK_FALSE(passes(m, URB_UP));
}

static void done_limits(void)
{
	struct urb_msg m = done(URB_STATUS_OK);

	REFUSED(m, URB_UP, urb_done, device, 0);
	REFUSED(m, URB_UP, urb_done, status, URB_STATUS_MAX + 1);
	REFUSED(m, URB_UP, urb_done, reserved, 1);
}

static void only_listed_requests_pass(void)
{
	static const uint8_t allowed[] = {URB_SET_REPORT, URB_SET_IDLE, URB_SET_PROTOCOL};

	for (unsigned request = 0; request < 256; request++) {
		bool in_list = memchr(allowed, (int)request, sizeof allowed) != NULL;
		bool passed = passes(out((uint8_t)request, 0, 0), URB_DOWN) ||
			      passes(out((uint8_t)request, 0x0200, 1), URB_DOWN);

		REQUIRE(passed == in_list);
	}
}

static void request_limits(void)
{
	struct urb_msg m = out(URB_SET_REPORT, 0x0201, 2);

	REFUSED(m, URB_DOWN, urb_out, device, 0);
	REFUSED(m, URB_DOWN, urb_out, data_len, 1);
	REFUSED(m, URB_DOWN, urb_out, reserved0, 1);
	REFUSED(m, URB_DOWN, urb_out, reserved1, 1);
	REFUSED(m, URB_DOWN, urb_out, value, 0x0101); /* an input report is not ours to set */
	REFUSED(m, URB_DOWN, urb_out, value, 0x0401);
	CHECK_TRUE(passes(out(URB_SET_REPORT, 0x0301, URB_OUT_MAX), URB_DOWN));
	CHECK_FALSE(passes(out(URB_SET_REPORT, 0x0301, URB_OUT_MAX + 1), URB_DOWN));
	CHECK_FALSE(passes(out(URB_SET_REPORT, 0x0301, 0), URB_DOWN));
	CHECK_FALSE(passes(out(URB_SET_IDLE, 0, 1), URB_DOWN));
	CHECK_TRUE(passes(out(URB_SET_PROTOCOL, 1, 0), URB_DOWN));
	CHECK_FALSE(passes(out(URB_SET_PROTOCOL, 2, 0), URB_DOWN));
	CHECK_FALSE(passes(out(URB_SET_PROTOCOL, 1, 1), URB_DOWN));
}

static void small_buffers_get_nothing(void)
{
	struct urb_msg m = transfer();

	for (size_t size = 0; size < 40; size++)
		CHECK_EQ(urb_encode(&m, URB_UP, buf, size), 0);
	CHECK_EQ(urb_encode(&m, URB_UP, buf, 40), 40);
	m.data_len = 0xffffffffu;
	CHECK_EQ(urb_encode(&m, URB_UP, buf, sizeof buf), 0);
	m = transfer();
	m.head.reserved = 1;
	CHECK_EQ(urb_encode(&m, URB_UP, buf, sizeof buf), 0);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(every_type_goes_through);
	RUN(fields_arrive);
	RUN(bytes_are_as_documented);
	RUN(every_short_length_is_bad);
	RUN(the_length_field_must_agree);
	RUN(nothing_is_longer_than_the_limit);
	RUN(unknown_types_are_skipped);
	RUN(directions_are_apart);
	RUN(hello_limits);
	RUN(device_limits);
	RUN(interface_limits);
	RUN(transfer_limits);
	RUN(note_limits);
	RUN(done_limits);
	RUN(only_listed_requests_pass);
	RUN(request_limits);
	RUN(small_buffers_get_nothing);
	return check_end();
}
