/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of keys: how a value is written, where it goes, what it may be. Knows no section. */
#ifndef KEYS_H
#define KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "diag.h"
#include "value.h"

enum key_type {
	KEY_UINT,
	KEY_BOOL,
	KEY_MIB, /* bytes, whole MiB */
	KEY_KIB, /* bytes, whole KiB; kept as bytes */
	KEY_US,	 /* a time, in microseconds */
	KEY_MS,	 /* the same, in milliseconds */
	KEY_COLOUR,
	KEY_NAME, /* a-z 0-9 -, MAX characters and a NUL */
	KEY_FILE, /* the same and . and _ */
	KEY_WORD,
	KEY_WORDS,
	KEY_MATCH, /* two 32-bit fields: kind and value */
	KEY_RATE,  /* two: number and seconds */
	KEY_SLOT,
	KEY_DIGEST, /* 32 bytes */
};

struct key {
	const char *name;
	enum key_type type;
	size_t at;		 /* of the 32-bit field, or of the characters */
	uint64_t min, max, step; /* step 0 = 1 */
	const struct value_word *words;
	const char *right; /* what would be right, in words */
};

/* Stores VALUE in OBJECT; false = not a value of this key, nothing stored. */
bool key_store(const struct key *k, const char *value, void *object);

/*
 * One Key=Value line of a section: finds KEY in TABLE (COUNT entries), refuses it unknown, twice or with a bad value, stores it and its
 * line in LINES.
 */
void key_take(struct diags *d, struct place at, const struct key *table, unsigned count,
	      const char *key, const char *value, void *object, unsigned *lines);

#endif
