/* SPDX-License-Identifier: Apache-2.0 */
/* The numbered messages that chantest sends. Must not send or print. */
#include "chantest.h"

#include <string.h>

#define MAGIC 0x7473657463626862ull

struct fields {
	uint64_t magic, number;
	uint32_t len, sum; /* sum of everything behind the fields and of the number */
};

static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 31)) * 0x9fb21c651e98df25u;
	return x ^ (x >> 28);
}

/* FNV-1a, 32 bits: every bit of every byte and its place count. */
static uint32_t sum_of(const uint8_t *data, size_t len, uint64_t number)
{
	uint32_t sum = 2166136261u ^ (uint32_t)number;

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ data[i]) * 16777619u;
	return sum;
}

void chantest_make(uint8_t *out, size_t len, uint64_t number)
{
	struct fields f = {.magic = MAGIC, .number = number, .len = (uint32_t)len};
	uint64_t state = mix(number + 1);

	for (size_t i = sizeof f; i < len; i++) {
		if (i % 8 == 0)
			state = mix(state + i);
		out[i] = (uint8_t)(state >> (8 * (i % 8)));
	}
	f.sum = sum_of(out + sizeof f, len - sizeof f, number);
	memcpy(out, &f, sizeof f);
}

enum chantest_verdict chantest_check(const uint8_t *msg, size_t len, uint64_t due)
{
	struct fields f;

	if (len < sizeof f)
		return CHANTEST_SHORT;
	memcpy(&f, msg, sizeof f);
	if (f.magic != MAGIC)
		return CHANTEST_FOREIGN;
	if (f.len != len)
		return CHANTEST_LENGTH;
	if (f.sum != sum_of(msg + sizeof f, len - sizeof f, f.number))
		return CHANTEST_SUM;
	return f.number == due ? CHANTEST_GOOD : CHANTEST_ORDER;
}

const char *chantest_word(enum chantest_verdict v)
{
	switch (v) {
	case CHANTEST_GOOD:
		return "good";
	case CHANTEST_SHORT:
		return "too short";
	case CHANTEST_FOREIGN:
		return "foreign";
	case CHANTEST_LENGTH:
		return "wrong length";
	case CHANTEST_SUM:
		return "wrong sum";
	case CHANTEST_ORDER:
		return "out of order";
	}
	return "?";
}

size_t chantest_length(uint64_t number, size_t max)
{
	return CHANTEST_MIN + (size_t)(mix(number * 2 + 1) % (max - CHANTEST_MIN + 1));
}
