/* SPDX-License-Identifier: Apache-2.0 */
/* A command line of admind: collects bytes, cuts a whole line into words. Pure: no I/O. */
#ifndef ADMIN_LINE_H
#define ADMIN_LINE_H

#include <stdbool.h>
#include <stdint.h>

#define ADMIN_LINE_BYTES 256u
#define ADMIN_ID_MAX	 16u
#define ADMIN_WORDS	 8u

struct admin_line {
	char text[ADMIN_LINE_BYTES];
	unsigned used;
	bool overlong;
	char id[ADMIN_ID_MAX + 1];
	char *argv[ADMIN_WORDS + 2]; /* argv[0] is left for the program's name; ends with NULL */
};

/* True: this byte ended a good line; id and argv hold until the next byte is added. Other lines are dropped whole. */
bool admin_line_add(struct admin_line *line, uint8_t byte);

#endif
