/* SPDX-License-Identifier: Apache-2.0 */
/* Writes JSON: commas, quotes and escapes. Any bytes in a string give valid JSON. KEY is NULL inside a list. */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *f;
	bool more; /* a value stands before the next one in this object or list */
};

void json_open(struct json *j, const char *key, char bracket);	/* { or [ */
void json_close(struct json *j, char bracket);			/* } or ] */
void json_text(struct json *j, const char *key, const char *s); /* NULL = null */
void json_uint(struct json *j, const char *key, uint64_t v);
void json_bool(struct json *j, const char *key, bool v);

#endif
