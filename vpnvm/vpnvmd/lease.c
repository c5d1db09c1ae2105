/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the line of a kept lease. Must take nothing that it has not looked at in full. */
#include "lease.h"

#include <string.h>

/* The cursor stands behind the number; false: none, too large, or with a zero in front. */
static bool number(const char **at, const char *end, uint64_t max, uint64_t *out)
{
	const char *p = *at;
	uint64_t v = 0;

	while (p < end && *p >= '0' && *p <= '9' && p - *at < 12)
		v = v * 10 + (uint64_t)(*p++ - '0');
	if (p == *at || v > max || (**at == '0' && p - *at > 1))
		return false;
	*at = p;
	*out = v;
	return true;
}

static bool literal(const char **at, const char *end, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(end - *at) < n || memcmp(*at, word, n) != 0)
		return false;
	*at += n;
	return true;
}

/* A dotted quad in its one way of writing; the text of it goes to TEXT. */
static bool quad(const char **at, const char *end, uint32_t *out, char text[16])
{
	const char *begin = *at;
	uint32_t v = 0;

	for (unsigned i = 0; i < 4; i++) {
		uint64_t part;

		if ((i > 0 && !literal(at, end, ".")) || !number(at, end, 255, &part))
			return false;
		v = v << 8 | (uint32_t)part;
	}
	memcpy(text, begin, (size_t)(*at - begin)); /* 15 characters at most */
	text[*at - begin] = 0;
	*out = v;
	return true;
}

/* An address that one machine of the net can have. */
static bool is_host(uint32_t address, unsigned mask)
{
	uint32_t host = address & (UINT32_MAX >> mask);

	return address >> 24 != 0 && address >> 24 != 127 && address >> 24 < 224 && host != 0 &&
	       host != UINT32_MAX >> mask;
}

static bool router_fits(uint32_t router, uint32_t address, unsigned mask)
{
	return is_host(router, mask) && router != address &&
	       ((router ^ address) >> (32 - mask)) == 0;
}

bool lease_parse(const char *text, size_t len, uint64_t now, struct lease *out)
{
	const char *at = text, *end = text + len;
	uint32_t address, router = 0;
	uint64_t mask, until;
	struct lease l = {0};

	if (len >= LEASE_TEXT || !literal(&at, end, "lease1 ") ||
	    !quad(&at, end, &address, l.address) || !literal(&at, end, "/") ||
	    !number(&at, end, 30, &mask) || !literal(&at, end, " "))
		return false;
	l.mask = (unsigned)mask;
	if (mask < 8 || !is_host(address, l.mask))
		return false;
	if (!literal(&at, end, "-") &&
	    (!quad(&at, end, &router, l.router) || !router_fits(router, address, l.mask)))
		return false;
	if (!literal(&at, end, " ") || !number(&at, end, UINT32_MAX, &until) ||
	    !literal(&at, end, "\n") || at != end)
		return false;
	if (until < now + LEASE_MIN_S || until > now + LEASE_MAX_S)
		return false;
	l.left_s = (uint32_t)(until - now);
	*out = l;
	return true;
}
