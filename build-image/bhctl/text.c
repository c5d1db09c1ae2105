/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts text into lines, sections, pairs and words; must accept any bytes. */
#include "text.h"

#include <string.h>

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static char *trim(char *s)
{
	size_t n;

	while (blank(*s))
		s++;
	n = strlen(s);
	while (n > 0 && blank(s[n - 1]))
		s[--n] = '\0';
	return s;
}

/* Copies one line into BUF. False at the end; *WHY says why a line is none. */
static bool next_line(struct text *t, char buf[TEXT_LINE_MAX], const char **why)
{
	const char *end;
	size_t len;

	*why = NULL;
	if (t->at == t->end)
		return false;
	end = memchr(t->at, '\n', (size_t)(t->end - t->at));
	if (end == NULL)
		end = t->end;
	len = (size_t)(end - t->at);
	t->line++;
	if (len >= TEXT_LINE_MAX)
		*why = "the line is longer than 255 characters";
	else if (memchr(t->at, '\0', len) != NULL)
		*why = "the line holds a zero byte";
	else
		memcpy(buf, t->at, len);
	buf[*why == NULL ? len : 0] = '\0';
	t->at = end == t->end ? end : end + 1;
	return true;
}

static enum text_kind bad(struct text_line *out, const char *why)
{
	(void)strcpy(out->buf, why);
	out->key = out->buf;
	return TEXT_BAD;
}

enum text_kind text_next_pair(struct text *t, struct text_line *out)
{
	const char *why;

	while (next_line(t, out->buf, &why)) {
		char *s, *eq;

		if (why != NULL)
			return bad(out, why);
		s = trim(out->buf);
		if (*s == '\0' || *s == '#' || *s == ';')
			continue;
		if (*s == '[') {
			size_t n = strlen(s);

			if (s[n - 1] != ']')
				return bad(out, "a section name has no ]");
			s[n - 1] = '\0';
			out->key = trim(s + 1);
			out->value = s + n - 1;
			return TEXT_SECTION;
		}
		eq = strchr(s, '=');
		if (eq == NULL)
			return bad(out, "the line is neither [Section] nor Key=Value");
		*eq = '\0';
		out->key = trim(s);
		out->value = trim(eq + 1);
		return TEXT_PAIR;
	}
	return TEXT_END;
}

int text_next_words(struct text *t, struct text_line *out, char *word[TEXT_WORD_MAX])
{
	const char *why;

	while (next_line(t, out->buf, &why)) {
		char *save = NULL;
		unsigned n = 0;

		if (why != NULL) {
			(void)bad(out, why);
			return -1;
		}
		for (char *s = strtok_r(out->buf, " \t\r", &save); s != NULL && *s != '#';
		     s = strtok_r(NULL, " \t\r", &save)) {
			if (n == TEXT_WORD_MAX) {
				(void)bad(out, "the line has more than 16 words");
				return -1;
			}
			word[n++] = s;
		}
		if (n > 0)
			return (int)n;
	}
	return 0;
}
