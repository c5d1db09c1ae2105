/* SPDX-License-Identifier: Apache-2.0 */
/* Key=Value lines by table; must say for each refusal what would be right. */
#include "keys.h"

#include <stdio.h>
#include <string.h>

static bool in_range(const struct key *k, uint64_t v, uint64_t unit, uint32_t *to)
{
	if (v % unit != 0)
		return false;
	v /= unit;
	if (v < k->min || v > k->max || (k->step != 0 && v % k->step != 0))
		return false;
	*to = (uint32_t)v;
	return true;
}

static bool number(const struct key *k, const char *value, uint32_t *to)
{
	uint64_t v;

	if (k->type == KEY_UINT)
		return value_uint(value, UINT32_MAX, &v) && in_range(k, v, 1, to);
	if (k->type == KEY_MIB)
		return value_bytes(value, &v) && in_range(k, v, 1u << 20, to);
	if (k->type == KEY_KIB)
		return value_bytes(value, &v) && v % 1024 == 0 && in_range(k, v, 1, to);
	return value_us(value, &v) && in_range(k, v, k->type == KEY_MS ? 1000 : 1, to);
}

static bool characters(const char *value, const char *allowed, size_t max, char *to)
{
	size_t n = strspn(value, allowed);

	if (n == 0 || n > max || value[n] != '\0')
		return false;
	memcpy(to, value, n + 1);
	return true;
}

bool key_store(const struct key *k, const char *value, void *object)
{
	char *text = (char *)object + k->at;
	uint32_t *field = (uint32_t *)(void *)text;

	switch (k->type) {
	case KEY_UINT:
	case KEY_MIB:
	case KEY_KIB:
	case KEY_US:
	case KEY_MS:
		return number(k, value, field);
	case KEY_BOOL:
		return value_bool(value, field);
	case KEY_COLOUR:
		return value_colour(value, field);
	case KEY_NAME:
		return characters(value, "abcdefghijklmnopqrstuvwxyz0123456789-", k->max, text);
	case KEY_FILE:
		return value[0] != '.' &&
		       characters(value, "abcdefghijklmnopqrstuvwxyz0123456789-._", k->max, text);
	case KEY_WORD:
		return value_word(value, k->words, field);
	case KEY_WORDS:
		return value_words(value, k->words, field);
	case KEY_MATCH:
		return value_match(value, &field[0], &field[1]);
	case KEY_RATE:
		return value_rate(value, &field[0], &field[1]);
	case KEY_SLOT:
		return value_slot(value, field) && *field >= k->min && *field <= k->max &&
		       *field % 8 == 0;
	case KEY_DIGEST:
		return value_digest(value, (uint8_t *)text);
	}
	return false;
}

/* "Role, Memory, ...": the names of a table. */
static const char *names(const struct key *table, unsigned count, char *buf, size_t max)
{
	size_t n = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < count && n < max; i++)
		n += (size_t)snprintf(buf + n, max - n, "%s%s", i == 0 ? "one of " : " ",
				      table[i].name);
	return buf;
}

void key_take(struct diags *d, struct place at, const struct key *table, unsigned count,
	      const char *key, const char *value, void *object, unsigned *lines)
{
	unsigned i = 0;
	char known[200];

	while (i < count && strcmp(table[i].name, key) != 0)
		i++;
	if (i == count)
		diag_error(d, at, names(table, count, known, sizeof known), "unknown key %s", key);
	else if (lines[i] != 0)
		diag_error(d, at, "one line of it", "%s is given twice, first in line %u", key,
			   lines[i]);
	else if (!key_store(&table[i], value, object))
		diag_error(d, at, table[i].right, "%s=%s is not possible", key, value);
	if (i < count && lines[i] == 0)
		lines[i] = at.line;
}
