/* SPDX-License-Identifier: Apache-2.0 */
/* Text to numbers; must accept exactly the forms of value.h and nothing that merely begins like one. */
#include "value.h"

#include <string.h>

#include "hv_system.h"

/* Digits from *S on, which moves behind them. */
static bool digits(const char **s, uint64_t max, uint64_t *out)
{
	const char *p = *s;
	uint64_t n = 0;

	for (; *p >= '0' && *p <= '9'; p++) {
		uint64_t d = (uint64_t)(*p - '0');

		if (d > max || n > (max - d) / 10)
			return false;
		n = 10 * n + d;
	}
	if (p == *s)
		return false;
	*s = p;
	*out = n;
	return true;
}

/* Exactly LEN hex digits from *S on. */
static bool hex(const char **s, unsigned len, uint32_t *out)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < len; i++) {
		char c = (*s)[i];

		if (c >= '0' && c <= '9')
			n = n << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			n = n << 4 | (uint32_t)(c - 'a' + 10);
		else
			return false;
	}
	*s += len;
	*out = n;
	return true;
}

bool value_digest(const char *s, uint8_t out[32])
{
	uint8_t digest[32];
	uint32_t byte;

	for (unsigned i = 0; i < sizeof digest; i++) {
		if (!hex(&s, 2, &byte))
			return false;
		digest[i] = (uint8_t)byte;
	}
	if (*s != '\0')
		return false;
	memcpy(out, digest, sizeof digest);
	return true;
}

bool value_uint(const char *s, uint64_t max, uint64_t *out)
{
	uint64_t n;

	if (!digits(&s, max, &n) || *s != '\0')
		return false;
	*out = n;
	return true;
}

bool value_bool(const char *s, uint32_t *out)
{
	static const struct value_word words[] = {
		{"yes", 1},
		    {"no",  0},
		       VALUE_END
	};

	return value_word(s, words, out);
}

bool value_bytes(const char *s, uint64_t *out)
{
	static const char letters[] = "KMG";
	uint64_t n, shift = 0;
	const char *letter;

	if (!digits(&s, UINT32_MAX, &n))
		return false;
	letter = *s != '\0' ? strchr(letters, *s) : NULL;
	if (letter != NULL) {
		shift = 10 * (uint64_t)(letter - letters + 1);
		s++;
	}
	if (*s != '\0')
		return false;
	*out = n << shift;
	return true;
}

bool value_us(const char *s, uint64_t *out)
{
	uint64_t n;

	if (!digits(&s, UINT32_MAX, &n))
		return false;
	if (strcmp(s, "us") == 0)
		*out = n;
	else if (strcmp(s, "ms") == 0)
		*out = n * 1000;
	else if (strcmp(s, "s") == 0)
		*out = n * 1000000;
	else
		return false;
	return true;
}

bool value_rate(const char *s, uint32_t *n, uint32_t *secs)
{
	uint64_t a, b;

	if (!digits(&s, 1000, &a) || *s++ != '/' || !digits(&s, 86400, &b) || strcmp(s, "s") != 0 ||
	    a == 0 || b == 0)
		return false;
	*n = (uint32_t)a;
	*secs = (uint32_t)b;
	return true;
}

bool value_colour(const char *s, uint32_t *out)
{
	uint32_t n;

	if (*s++ != '#' || !hex(&s, 6, &n) || *s != '\0')
		return false;
	*out = n;
	return true;
}

bool value_slot(const char *s, uint32_t *bdf)
{
	uint32_t bus, slot, fn;

	if (!hex(&s, 2, &bus) || *s++ != ':' || !hex(&s, 2, &slot) || *s++ != '.' ||
	    !hex(&s, 1, &fn) || *s != '\0' || slot > 31 || fn > 7)
		return false;
	*bdf = bus << 8 | slot << 3 | fn;
	return true;
}

bool value_match(const char *s, uint32_t *match, uint32_t *v)
{
	uint32_t a, b;

	if (strncmp(s, "class:", 6) == 0) {
		s += 6;
		if (!hex(&s, 4, &a) || *s != '\0')
			return false;
		*match = HV_MATCH_CLASS;
		*v = a;
		return true;
	}
	if (strncmp(s, "id:", 3) == 0) {
		s += 3;
		if (!hex(&s, 4, &a) || *s++ != ':' || !hex(&s, 4, &b) || *s != '\0')
			return false;
		*match = HV_MATCH_ID;
		*v = a << 16 | b;
		return true;
	}
	if (strncmp(s, "slot:", 5) != 0 || !value_slot(s + 5, &a))
		return false;
	*match = HV_MATCH_SLOT;
	*v = a;
	return true;
}

bool value_name(const char *s, size_t max)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n > 0 && n <= max && s[n] == '\0';
}

bool value_word(const char *s, const struct value_word *table, uint32_t *out)
{
	for (; table->word != NULL; table++) {
		if (strcmp(s, table->word) == 0) {
			*out = table->value;
			return true;
		}
	}
	return false;
}

bool value_words(const char *s, const struct value_word *table, uint32_t *out)
{
	uint32_t all = 0;

	if (strcmp(s, "none") == 0) {
		*out = 0;
		return true;
	}
	for (;;) { /* one turn for each comma */
		size_t n = strcspn(s, ",");
		char word[16];
		uint32_t bit;

		if (n >= sizeof word)
			return false;
		memcpy(word, s, n);
		word[n] = '\0';
		if (!value_word(word, table, &bit) || (all & bit) != 0)
			return false;
		all |= bit;
		if (s[n] == '\0')
			break;
		s += n + 1;
	}
	*out = all;
	return true;
}

const char *value_name_of(const struct value_word *table, uint32_t value)
{
	for (; table->word != NULL; table++)
		if (table->value == value)
			return table->word;
	return "?";
}
