/* SPDX-License-Identifier: Apache-2.0 */
/* The payload that tries every port: what abi/GUEST.md does not name reads as ones, and no write reaches the machine. */
#include "guest.h"

#define CONFIG	  0xcf8u
#define KEYBOARD  0x64u /* fe to it is a reset; other bytes are nothing */
#define CONSOLE	  0x3f8u
#define INDEX	  0x70u
#define DATA	  0x71u
#define CMOS_BYTE 0x50u /* of no meaning to the machine; the scenario looks at it */
#define RESET                                                                                      \
	0x06u /* to cf9: reset the machine; to b2: call its firmware; to 21: mask interrupts */
#define POWER_OFF 0x2000u /* to its power management port */

static uint64_t wrong;

static uint8_t in8(uint16_t port)
{
	uint8_t v;

	__asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static uint16_t in16(uint16_t port)
{
	uint16_t v;

	__asm__ volatile("inw %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static uint32_t in32(uint16_t port)
{
	uint32_t v;

	__asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static void out8(uint16_t port, uint8_t v)
{
	__asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port));
}

static void out16(uint16_t port, uint16_t v)
{
	__asm__ volatile("outw %0, %1" : : "a"(v), "Nd"(port));
}

static void out32(uint16_t port, uint32_t v)
{
	__asm__ volatile("outl %0, %1" : : "a"(v), "Nd"(port));
}

/* A byte from this port, by the document. */
static uint8_t promised(uint32_t port)
{
	if (port == 0x3fd)
		return 0x60;
	if ((port >= 0x40 && port <= 0x43) || port == 0x61 || port == KEYBOARD || port == INDEX ||
	    port == DATA || port == CONSOLE)
		return 0;
	return 0xff;
}

static bool is_config(uint32_t port)
{
	return port >= CONFIG && port < CONFIG + 8;
}

static void miss(uint32_t port)
{
	if (wrong++ == 0)
		say_number("answers", port);
}

/* At each width; a wide access is answered by the rule of its first port, in each byte. */
static void read_all(void)
{
	uint64_t count = 0;

	wrong = 0;
	for (uint32_t port = 0; port < 0x10000; port++) {
		uint32_t byte = promised(port);

		if (is_config(port))
			continue;
		count += 3;
		if (in8((uint16_t)port) != byte || in16((uint16_t)port) != byte * 0x0101 ||
		    in32((uint16_t)port) != byte * 0x01010101)
			miss(port);
	}
	say_number("read", count);
	say_number("wrong", wrong);
}

/* At each width. Many would end or change the machine if they got there. */
static void write_all(void)
{
	uint64_t count = 0;

	for (uint32_t port = 0; port < 0x10000; port++) {
		if (is_config(port) || port == CONSOLE)
			continue;
		out8((uint16_t)port, RESET);
		out16((uint16_t)port, POWER_OFF);
		out32((uint16_t)port, POWER_OFF);
		count += 3;
	}
	out8(INDEX, CMOS_BYTE);
	out8(DATA, 0xa5);
	say_number("written", count);
	say_number("cmos", in8(DATA));
}

static void string_in(uint64_t port)
{
	uint8_t byte = 0, *at = &byte;

	__asm__ volatile("insb" : "+D"(at) : "d"((uint16_t)port) : "memory");
}

static void string_out(uint64_t port)
{
	const char *at = "x";

	__asm__ volatile("outsb" : "+S"(at) : "d"((uint16_t)port) : "memory");
}

static void string_in_many(uint64_t port)
{
	static uint8_t bytes[64];
	uint8_t *at = bytes;
	uint64_t count = sizeof bytes / 4;

	__asm__ volatile("rep insl" : "+D"(at), "+c"(count) : "d"((uint16_t)port) : "memory");
}

static void string_out_many(uint64_t port)
{
	static const uint8_t bytes[64] = "forty bytes and more to a port that is not there";
	const uint8_t *at = bytes;
	uint64_t count = sizeof bytes / 2;

	__asm__ volatile("rep outsw" : "+S"(at), "+c"(count) : "d"((uint16_t)port) : "memory");
}

void payload_main(void)
{
	read_all();
	write_all();
	say_number("ins", caught(string_in, 0x3fd));
	say_number("outs", caught(string_out, CONSOLE));
	say_number("rep ins", caught(string_in_many, 0x1f0));
	say_number("rep outs", caught(string_out_many, 0x1f0));
	out32(CONFIG, 0x80000000); /* the host bridge of the machine is another one */
	say_number("bridge", in32(CONFIG + 4));
	out32(CONFIG, 0x80000000 | 0x1f << 11);
	say_number("slot 1f", in32(CONFIG + 4));
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	finish(0);
}
