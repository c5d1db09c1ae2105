/* SPDX-License-Identifier: Apache-2.0 */
/* Device and configuration descriptors: which interfaces usbvmd takes, and what it makes of wrong ones. */
#include <stdlib.h>

#include "check.h"
#include "usbvm/usbvmd/describe.h"

static uint8_t text[4 * 4200];
static size_t text_len, config_at;
static struct stream_device d;

static void put(const uint8_t *bytes, size_t len)
{
	memcpy(text + text_len, bytes, len);
	text_len += len;
}

#define PUT(...)                                                                                   \
	do {                                                                                       \
		const uint8_t bytes_[] = {__VA_ARGS__};                                            \
		put(bytes_, sizeof bytes_);                                                        \
	} while (0)

static void begin(void)
{
	text_len = 0;
	PUT(18, 1, 0, 2, 0, 0, 0, 8, 0x27, 0x06, 1, 0, 0, 0, 1, 4, 5, 1);
}

static void config(uint8_t value)
{
	config_at = text_len;
	PUT(9, 2, 0, 0, 1, value, 8, 0xa0, 50);
}

static void config_end(void)
{
	size_t len = text_len - config_at;

	text[config_at + 2] = (uint8_t)len;
	text[config_at + 3] = (uint8_t)(len >> 8);
}

static void interface(uint8_t number, uint8_t class, uint8_t subclass, uint8_t protocol)
{
	PUT(9, 4, number, 0, 1, class, subclass, protocol, 0);
}

static void hid(uint16_t report_len)
{
	PUT(9, 0x21, 0x11, 1, 0, 1, 0x22, (uint8_t)report_len, (uint8_t)(report_len >> 8));
}

static void endpoint(uint8_t address, uint8_t attributes, uint16_t packet)
{
	PUT(7, 5, address, attributes, (uint8_t)packet, (uint8_t)(packet >> 8), 10);
}

/* From a buffer of exactly that size, so that ASan sees a read behind it. */
static bool look(size_t len, uint8_t active)
{
	uint8_t *copy = malloc(len != 0 ? len : 1);
	bool ok;

	if (copy == NULL)
		return false;
	memcpy(copy, text, len);
	memset(&d, 0, sizeof d);
	ok = describe(copy, len, active, &d);
	free(copy);
	return ok;
}

static void keyboard(void)
{
	begin();
	config(1);
	interface(0, 3, 1, 1);
	hid(63);
	endpoint(0x81, 3, 8);
	config_end();
}

static void a_keyboard(void)
{
	keyboard();
	REQUIRE(look(text_len, 1));
	CHECK_EQ(d.interfaces, 1);
	CHECK_EQ(d.config_len, 34);
	CHECK_EQ(d.descriptor[8], 0x27);
	CHECK_EQ(d.interface[0].number, 0);
	CHECK_EQ(d.interface[0].subclass, 1);
	CHECK_EQ(d.interface[0].protocol, 1);
	CHECK_EQ(d.interface[0].endpoint, 0x81);
	CHECK_EQ(d.interface[0].packet, 8);
	CHECK_EQ(d.interface[0].interval, 10);
	CHECK_EQ(d.interface[0].report_len, 63);
}

static void only_hid_and_only_its_first_setting(void)
{
	begin();
	config(1);
	interface(0, 8, 6, 80); /* storage */
	endpoint(0x82, 2, 512);
	interface(1, 3, 0, 0);
	endpoint(0x01, 3, 8);  /* out */
	endpoint(0x83, 2, 64); /* bulk */
	hid(100);	       /* behind its endpoint: allowed */
	endpoint(0x84, 3, 16);
	endpoint(0x85, 3, 64);		/* a second one is not used */
	PUT(9, 4, 1, 1, 1, 3, 0, 0, 0); /* the same interface, setting 1 */
	endpoint(0x86, 3, 32);
	interface(2, 3, 0, 0); /* HID without an endpoint */
	hid(10);
	PUT(9, 4, 2, 1, 1, 3, 0, 0, 0); /* but in setting 1, which nobody chose */
	endpoint(0x88, 3, 8);
	interface(3, 3, 1, 2);
	hid(50);
	endpoint(0x87, 3, 4);
	config_end();
	REQUIRE(look(text_len, 1));
	REQUIRE(d.interfaces == 2);
	CHECK_EQ(d.interface[0].number, 1);
	CHECK_EQ(d.interface[0].endpoint, 0x84);
	CHECK_EQ(d.interface[0].packet, 16);
	CHECK_EQ(d.interface[0].report_len, 100);
	CHECK_EQ(d.interface[1].number, 3);
	CHECK_EQ(d.interface[1].protocol, 2);
}

static void the_active_configuration(void)
{
	begin();
	config(7);
	interface(0, 8, 6, 80);
	config_end();
	config(2);
	interface(0, 3, 0, 0);
	hid(20);
	endpoint(0x81, 3, 8);
	config_end();
	CHECK_FALSE(look(text_len, 7)); /* nothing for us in it */
	CHECK_FALSE(look(text_len, 1)); /* not there */
	REQUIRE(look(text_len, 2));
	CHECK_EQ(d.config[5], 2);
}

static void packets_of_fast_endpoints(void)
{
	static const struct {
		uint16_t max, companion, packet;
	} t[] = {
		{64,	     0,	64  },
		{0x0c00 | 0x400, 0,    2048},
		{0x1000 | 0x400, 0,    3072},
		{0x1800 | 0x400, 0,    0   }, /* four packets: there is no such thing */
		{0,		    0,    0	},
		{1024,	       3072, 3072},
		{1024,	       3073, 1024}, /* more than any endpoint moves */
		{1024,	       8,	  1024},
	};

	for (unsigned i = 0; i < sizeof t / sizeof *t; i++) {
		begin();
		config(1);
		interface(0, 3, 0, 0);
		endpoint(0x81, 3, t[i].max);
		if (t[i].companion != 0)
			PUT(6, 0x30, 0, 0, (uint8_t)t[i].companion, (uint8_t)(t[i].companion >> 8));
		endpoint(0x02, 3, 64);
		PUT(6, 0x30, 0, 0, 0, 0x0c); /* of another endpoint */
		config_end();
		CHECK_EQ(look(text_len, 1), t[i].packet != 0);
		if (t[i].packet != 0)
			CHECK_EQ(d.interface[0].packet, t[i].packet);
	}
}

#define WRONG_HID 5u

static void put_wrong_hid(unsigned i)
{
	switch (i) {
	case 0: /* says two, has one */
		PUT(9, 0x21, 0x11, 1, 0, 2, 0x22, 63, 0);
		break;
	case 1: /* no report descriptor */
		PUT(9, 0x21, 0x11, 1, 0, 1, 0x23, 63, 0);
		break;
	case 2: /* 4097 bytes */
		PUT(9, 0x21, 0x11, 1, 0, 1, 0x22, 1, 0x10);
		break;
	case 3: /* lists nothing */
		PUT(6, 0x21, 0x11, 1, 0, 0);
		break;
	default: /* says one, has two */
		PUT(12, 0x21, 0x11, 1, 0, 1, 0x22, 63, 0, 0x23, 1, 0);
		break;
	}
}

/* Where the HID descriptor contradicts itself the report descriptor is not asked for. */
static void wrong_hid_descriptors(void)
{
	for (unsigned i = 0; i < WRONG_HID; i++) {
		begin();
		config(1);
		interface(0, 3, 1, 1);
		put_wrong_hid(i);
		endpoint(0x81, 3, 8);
		config_end();
		REQUIRE(look(text_len, 1));
		CHECK_EQ(d.interface[0].report_len, 0);
	}
}

static void more_interfaces_than_there_is_room_for(void)
{
	begin();
	config(1);
	for (uint8_t i = 0; i < 12; i++) {
		interface(i, 3, 0, 0);
		endpoint((uint8_t)(0x81 + i), 3, 8);
	}
	interface(0, 3, 0, 0); /* and one that is there already */
	endpoint(0x8f, 3, 8);
	config_end();
	REQUIRE(look(text_len, 1));
	CHECK_EQ(d.interfaces, URB_INTERFACE_MAX);
	CHECK_EQ(d.interface[0].endpoint, 0x81);
	CHECK_EQ(d.interface[7].number, 7);
}

static void lengths_that_lie(void)
{
	keyboard();
	for (size_t len = 0; len < text_len; len++)
		CHECK_FALSE(look(len, 1));
	CHECK_TRUE(look(text_len, 1));
	for (size_t at = 18; at < text_len; at += text[at]) {
		uint8_t was = text[at];

		text[at] = 0;
		CHECK_FALSE(look(text_len, 1));
		text[at] = 1;
		CHECK_FALSE(look(text_len, 1));
		text[at] = 200;
		CHECK_FALSE(look(text_len, 1));
		text[at] = was;
	}
	text[0] = 17;
	CHECK_FALSE(look(text_len, 1));
	/* A configuration of more than 4096 bytes is not ours to carry. */
	begin();
	config(1);
	interface(0, 3, 0, 0);
	endpoint(0x81, 3, 8);
	while (text_len - config_at <= URB_CONFIG_MAX)
		PUT(2, 0xff);
	config_end();
	CHECK_FALSE(look(text_len, 1));
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(a_keyboard);
	RUN(only_hid_and_only_its_first_setting);
	RUN(the_active_configuration);
	RUN(packets_of_fast_endpoints);
	RUN(wrong_hid_descriptors);
	RUN(more_interfaces_than_there_is_room_for);
	RUN(lengths_that_lie);
	return check_end();
}
