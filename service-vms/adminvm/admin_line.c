/* SPDX-License-Identifier: Apache-2.0 */
/* `@ID WORD...`: ID of letters, digits and -, words of printable characters without blanks. */
#include "admin_line.h"

#include <stddef.h>
#include <string.h>

static bool id_ok(const char *id)
{
	size_t n = strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

	return n > 0 && n <= ADMIN_ID_MAX && id[n] == 0;
}

static bool cut(struct admin_line *line)
{
	char *save = NULL, *word = strtok_r(line->text, " ", &save);
	unsigned n = 1;

	if (word == NULL || word[0] != '@' || !id_ok(word + 1))
		return false;
	(void)memcpy(line->id, word + 1, strlen(word));
	for (word = strtok_r(NULL, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
		if (n > ADMIN_WORDS)
			return false;
		line->argv[n++] = word;
	}
	line->argv[n] = NULL;
	return n > 1;
}

bool admin_line_add(struct admin_line *line, uint8_t byte)
{
	bool good;

	if (byte != '\n' && byte != '\r') {
		if (line->used == ADMIN_LINE_BYTES - 1 || byte < 0x20 || byte > 0x7e)
			line->overlong = true;
		else
			line->text[line->used++] = (char)byte;
		return false;
	}
	line->text[line->used] = 0;
	good = !line->overlong && line->used != 0 && cut(line);
	line->used = 0;
	line->overlong = false;
	return good;
}
