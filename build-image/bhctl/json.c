/* SPDX-License-Identifier: Apache-2.0 */
/* A JSON writer of one page; must never need to know how deep it is. */
#include "json.h"

#include <inttypes.h>

static void quoted(FILE *f, const char *s)
{
	(void)fputc('"', f);
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			(void)fprintf(f, "\\%c", c);
		else if (c < 0x20 || c > 0x7e)
			(void)fprintf(f, "\\u%04x", c);
		else
			(void)fputc(c, f);
	}
	(void)fputc('"', f);
}

static void before(struct json *j, const char *key)
{
	if (j->more)
		(void)fputs(", ", j->f);
	j->more = true;
	if (key == NULL)
		return;
	quoted(j->f, key);
	(void)fputs(": ", j->f);
}

void json_open(struct json *j, const char *key, char bracket)
{
	before(j, key);
	(void)fputc(bracket, j->f);
	j->more = false;
}

void json_close(struct json *j, char bracket)
{
	(void)fputc(bracket, j->f);
	j->more = true;
}

void json_text(struct json *j, const char *key, const char *s)
{
	before(j, key);
	if (s == NULL)
		(void)fputs("null", j->f);
	else
		quoted(j->f, s);
}

void json_uint(struct json *j, const char *key, uint64_t v)
{
	before(j, key);
	(void)fprintf(j->f, "%" PRIu64, v);
}

void json_bool(struct json *j, const char *key, bool v)
{
	before(j, key);
	(void)fputs(v ? "true" : "false", j->f);
}
