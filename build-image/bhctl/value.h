/* SPDX-License-Identifier: Apache-2.0 */
/* Values as an administrator writes them. Each function is true and sets its result, or false and sets nothing. */
#ifndef VALUE_H
#define VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct value_word {
	const char *word;
	uint32_t value;
};

/* Ends each table of words. */
#define VALUE_END                                                                                  \
	{                                                                                          \
		NULL, 0                                                                            \
	}

bool value_uint(const char *s, uint64_t max, uint64_t *out); /* decimal digits only */
bool value_bool(const char *s, uint32_t *out);		     /* yes, no */
bool value_bytes(const char *s, uint64_t *out);		     /* 4096, 64K, 32M, 2G */
bool value_us(const char *s, uint64_t *out);		     /* 500us, 20ms, 1s */
bool value_rate(const char *s, uint32_t *n, uint32_t *secs); /* 5/60s: both 1 or more */
bool value_colour(const char *s, uint32_t *out);	     /* #rrggbb */
bool value_match(const char *s, uint32_t *match,
		 uint32_t *v);			   /* class:0200, id:8086:10d3, slot:00:10.0 */
bool value_slot(const char *s, uint32_t *bdf);	   /* 00:10.0 */
bool value_digest(const char *s, uint8_t out[32]); /* 64 hex digits */
bool value_name(const char *s, size_t max);	   /* 1 to MAX characters a-z 0-9 - */

/* One word of a table. */
bool value_word(const char *s, const struct value_word *table, uint32_t *out);
/* Words with commas between them, their values or-ed; "none" alone is 0. */
bool value_words(const char *s, const struct value_word *table, uint32_t *out);
/* The word of a value, "?" when there is none. */
const char *value_name_of(const struct value_word *table, uint32_t value);

#endif
