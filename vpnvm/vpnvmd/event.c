/* SPDX-License-Identifier: Apache-2.0 */
/* The lines that charon's updown script writes. Pure: no I/O. */
#include "vpnvmd.h"

#include <arpa/inet.h>
#include <string.h>

bool event_next(struct event_lines *lines, const char **at, size_t *left)
{
	for (; *left != 0; (*left)--) {
		char byte = *(*at)++;

		if (byte != '\n') {
			if (lines->used < sizeof lines->text - 1)
				lines->text[lines->used++] = byte;
			else
				lines->overlong = true;
			continue;
		}
		lines->text[lines->used] = 0;
		lines->used = 0;
		if (!lines->overlong) {
			(*left)--;
			return true;
		}
		lines->overlong = false;
	}
	return false;
}

bool event_parse(const char *line, bool *up, char address[16])
{
	struct in_addr a;
	size_t n = strcspn(line, "\n");

	if (n == 4 && memcmp(line, "down", 4) == 0) {
		*up = false;
		return true;
	}
	if (n < 4 + 6 || n > 3 + 15 || memcmp(line, "up ", 3) != 0)
		return false;
	memcpy(address, line + 3, n - 3);
	address[n - 3] = 0;
	*up = true;
	return inet_pton(AF_INET, address, &a) == 1 && a.s_addr != 0;
}
