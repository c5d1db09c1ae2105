/* SPDX-License-Identifier: Apache-2.0 */
/* Text from outside, line by line: commands on COM1 for admind, and what charon's updown script says to vpnvmd. */
#include <stdlib.h>
#include <string.h>

#include "service-vms/adminvm/admin_line.h"
#include "vpnvm/vpnvmd/lease.h"
#include "vpnvm/vpnvmd/vpnvmd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(int condition)
{
	if (!condition)
		abort();
}

static bool inside(const struct admin_line *line, const char *word)
{
	return word >= line->text && word < line->text + sizeof line->text &&
	       memchr(word, 0, (size_t)(line->text + sizeof line->text - word)) != NULL;
}

static void commands(const uint8_t *data, size_t len)
{
	static struct admin_line line;

	memset(&line, 0, sizeof line);
	for (size_t i = 0; i < len; i++) {
		unsigned n = 1;

		if (!admin_line_add(&line, data[i]))
			continue;
		require(memchr(line.id, 0, sizeof line.id) != NULL && line.id[0] != 0);
		for (; line.argv[n] != NULL; n++)
			require(n <= ADMIN_WORDS && inside(&line, line.argv[n]) &&
				line.argv[n][0] != 0);
		require(n > 1);
	}
}

/* Only digits and dots are handed to programs as an address. */
static void events(const char *data, size_t len, size_t piece)
{
	struct event_lines lines = {.used = 0};

	while (len > 0) { /* bound: each turn takes a byte or more */
		size_t n = piece != 0 && piece < len ? piece : len, left = n;
		const char *at = data;

		while (event_next(&lines, &at, &left)) {
			char address[16] = "-";
			bool up = false;

			require(memchr(lines.text, 0, sizeof lines.text) != NULL);
			if (event_parse(lines.text, &up, address) && up)
				require(strlen(address) >= 7 &&
					strspn(address, "0123456789.") == strlen(address));
		}
		require(left == 0 && at == data + n);
		data += n;
		len -= n;
	}
}

/* What is handed to a script is digits and dots, and bounded. */
static void leases(const char *data, size_t len)
{
	struct lease l;

	if (!lease_parse(data, len, 1000000000, &l))
		return;
	require(strlen(l.address) >= 7 && strspn(l.address, "0123456789.") == strlen(l.address));
	require(strspn(l.router, "0123456789.") == strlen(l.router));
	require(l.mask >= 8 && l.mask <= 30 && l.left_s <= LEASE_MAX_S);
}

/* Input, also taken for a kept lease: first byte even: commands; odd: events, read in pieces of half of it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len == 0)
		return 0;
	leases((const char *)data, len);
	if (data[0] & 1)
		events((const char *)data + 1, len - 1, data[0] >> 1);
	else
		commands(data + 1, len - 1);
	return 0;
}
