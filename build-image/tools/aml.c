/* SPDX-License-Identifier: Apache-2.0 */
/* AML encodings by the byte; must not grow terms nobody uses. */
#include "aml.h"

#include <string.h>

enum { /* ACPI 6.4, 20.2: term prefixes */
       OP_ZERO = 0x00,
       OP_ONE = 0x01,
       OP_NAME = 0x08,
       OP_BYTE = 0x0a,
       OP_WORD = 0x0b,
       OP_DWORD = 0x0c,
       OP_SCOPE = 0x10,
       OP_BUFFER = 0x11,
       OP_EXT = 0x5b,
       OP_EXT_DEVICE = 0x82,
};

#define RES_FIXED 0x0c /* both ends fixed, positive decode, produced for children (6.4.3.5) */

void aml_byte(struct aml *a, uint8_t v)
{
	if (a->len < a->max)
		a->buf[a->len++] = v;
	else
		a->full = true;
}

void aml_le(struct aml *a, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		aml_byte(a, (uint8_t)(v >> (8 * i)));
}

static void text(struct aml *a, const char *s)
{
	for (; *s != '\0'; s++)
		aml_byte(a, (uint8_t)*s);
}

static void integer(struct aml *a, uint32_t v)
{
	if (v <= 1) {
		aml_byte(a, v == 0 ? OP_ZERO : OP_ONE);
	} else if (v <= 0xff) {
		aml_byte(a, OP_BYTE);
		aml_le(a, v, 1);
	} else if (v <= 0xffff) {
		aml_byte(a, OP_WORD);
		aml_le(a, v, 2);
	} else {
		aml_byte(a, OP_DWORD);
		aml_le(a, v, 4);
	}
}

/*
 * 20.2.4: a package length counts itself. Up to 63 in one byte; else the first byte has the low 4 bits and, in
 * its top two bits, how many bytes follow with 8 bits each. It is not known before the body ends, so the body moves up.
 */
void aml_close(struct aml *a, size_t opened)
{
	size_t body = a->len - opened, more = 0, total;
	uint8_t enc[4];

	while (more < 3 && body + 1 + more > (more == 0 ? 0x3fu : (1u << (4 + 8 * more)) - 1))
		more++;
	total = body + 1 + more;
	if (more == 0) {
		enc[0] = (uint8_t)total;
	} else {
		enc[0] = (uint8_t)(more << 6 | (total & 0xf));
		for (size_t i = 1; i <= more; i++)
			enc[i] = (uint8_t)(total >> (8 * i - 4));
	}
	if (a->full || more + 1 > a->max - a->len) {
		a->full = true;
		return;
	}
	memmove(a->buf + opened + 1 + more, a->buf + opened, body);
	memcpy(a->buf + opened, enc, 1 + more);
	a->len += 1 + more;
}

size_t aml_open_scope(struct aml *a, const char *name)
{
	size_t body;

	aml_byte(a, OP_SCOPE);
	body = a->len;
	text(a, name);
	return body;
}

size_t aml_open_device(struct aml *a, const char *name)
{
	size_t body;

	aml_byte(a, OP_EXT);
	aml_byte(a, OP_EXT_DEVICE);
	body = a->len;
	text(a, name);
	return body;
}

void aml_name_int(struct aml *a, const char *name, uint32_t v)
{
	aml_byte(a, OP_NAME);
	text(a, name);
	integer(a, v);
}

static uint32_t hex_digit(char c)
{
	return (uint32_t)(c <= '9' ? c - '0' : c - 'A' + 10);
}

/* 19.3.4: three 5-bit letters and 16 bits of hex digits, the bytes of the 32-bit value swapped. */
void aml_name_eisa_id(struct aml *a, const char *name, const char *id)
{
	uint32_t letters = 0, number = 0, v;

	for (unsigned i = 0; i < 3; i++)
		letters = letters << 5 | ((uint32_t)(id[i] - 'A' + 1) & 0x1f);
	for (unsigned i = 3; i < 7; i++)
		number = number << 4 | hex_digit(id[i]);
	v = letters << 16 | number;
	aml_name_int(a, name, v >> 24 | (v >> 8 & 0xff00) | (v << 8 & 0xff0000) | v << 24);
}

void aml_name_resources(struct aml *a, const char *name, const uint8_t *res, size_t len)
{
	size_t body;

	aml_byte(a, OP_NAME);
	text(a, name);
	aml_byte(a, OP_BUFFER);
	body = a->len;
	integer(a, (uint32_t)len);
	for (size_t i = 0; i < len; i++)
		aml_byte(a, res[i]);
	aml_close(a, body);
}

/* 6.4.3.5.3: word address space. TYPE 1 = I/O, 2 = bus numbers. */
static void word_space(struct aml *a, uint8_t type, uint8_t type_flags, uint16_t first,
		       uint16_t last)
{
	aml_byte(a, 0x88);
	aml_le(a, 13, 2);
	aml_byte(a, type);
	aml_byte(a, RES_FIXED);
	aml_byte(a, type_flags);
	aml_le(a, 0, 2); /* granularity */
	aml_le(a, first, 2);
	aml_le(a, last, 2);
	aml_le(a, 0, 2); /* translation */
	aml_le(a, (uint64_t)last - first + 1, 2);
}

void res_bus_range(struct aml *a, uint16_t first, uint16_t last)
{
	word_space(a, 2, 0, first, last);
}

void res_io_window(struct aml *a, uint16_t first, uint16_t last)
{
	word_space(a, 1, 3 /* ISA and other addresses alike */, first, last);
}

void res_io_ports(struct aml *a, uint16_t first, uint8_t count) /* 6.4.2.5 */
{
	aml_byte(a, 0x47);
	aml_byte(a, 1); /* all 16 address bits are decoded */
	aml_le(a, first, 2);
	aml_le(a, first, 2);
	aml_byte(a, 1); /* alignment */
	aml_byte(a, count);
}

void res_memory_window(struct aml *a, uint32_t first, uint32_t last) /* 6.4.3.5.2 */
{
	aml_byte(a, 0x87);
	aml_le(a, 23, 2);
	aml_byte(a, 0); /* memory */
	aml_byte(a, RES_FIXED);
	aml_byte(a, 1);	 /* writable, not cacheable */
	aml_le(a, 0, 4); /* granularity */
	aml_le(a, first, 4);
	aml_le(a, last, 4);
	aml_le(a, 0, 4); /* translation */
	aml_le(a, (uint64_t)last - first + 1, 4);
}

void res_end(struct aml *a)
{
	aml_byte(a, 0x79);
	aml_byte(a, 0); /* no checksum */
}
