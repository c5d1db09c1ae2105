/* SPDX-License-Identifier: Apache-2.0 */
/* A DNS query (RFC 1035, 4.1) and an ICMP echo request (RFC 792) around a marker. */
#include "carry_msg.h"

#include <string.h>

#define DNS_HEAD  12u
#define ECHO_HEAD 8u

bool carry_marker_ok(const char *marker)
{
	size_t n = strspn(marker, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

	return n > 0 && n <= CARRY_MARKER_MAX && marker[n] == 0;
}

static void put16(uint8_t *at, unsigned v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static size_t put_label(uint8_t *at, const char *text, size_t len)
{
	at[0] = (uint8_t)len;
	memcpy(at + 1, text, len);
	return len + 1;
}

size_t carry_dns(uint8_t out[CARRY_BYTES], uint16_t id, const char *marker)
{
	size_t n = DNS_HEAD, dot = strcspn(CARRY_DOMAIN, ".");

	memset(out, 0, CARRY_BYTES);
	put16(out, id);
	out[2] = 1; /* recursion desired */
	put16(out + 4, 1);
	n += put_label(out + n, marker, strlen(marker));
	n += put_label(out + n, CARRY_DOMAIN, dot);
	n += put_label(out + n, &CARRY_DOMAIN[dot + 1], strlen(CARRY_DOMAIN) - dot - 1) + 1;
	put16(out + n, 1);     /* A */
	put16(out + n + 2, 1); /* IN */
	return n + 4;
}

/* The Internet's checksum, RFC 1071; an odd byte counts as the upper half of a word. */
static unsigned checksum(const uint8_t *at, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? at[i] : (uint32_t)at[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

size_t carry_echo(uint8_t out[CARRY_BYTES], uint16_t id, uint16_t number, const char *marker)
{
	size_t len = ECHO_HEAD + strlen(marker);

	memset(out, 0, CARRY_BYTES);
	out[0] = 8;
	put16(out + 4, id);
	put16(out + 6, number);
	memcpy(out + ECHO_HEAD, marker, len - ECHO_HEAD);
	put16(out + 2, checksum(out, len));
	return len;
}
