/* SPDX-License-Identifier: Apache-2.0 */
/* The four memory functions a freestanding compiler may call. `rep` over words: over bytes it is slow on the emulator and fine nowhere else. */
#include "types.h"

#define REP_MIN 64u /* what is shorter is done before a `rep` has begun */

/* unaligned access is allowed on x86-64 */
typedef uint64_t __attribute__((may_alias, aligned(1))) word_t;
typedef uint32_t __attribute__((may_alias, aligned(1))) half_t;

void *memcpy(void *dst, const void *src, size_t n)
{
	uint8_t *d = dst;
	const uint8_t *s = src;

	if (n >= REP_MIN) {
		size_t words = n / 8;

		__asm__ volatile("rep movsq" : "+D"(d), "+S"(s), "+c"(words) : : "memory");
		n %= 8;
	}
	for (; n >= 8; n -= 8, d += 8, s += 8)
		*(word_t *)d = *(const word_t *)s;
	/* one access: a ring's head, tail and want rely on it */
	for (; n >= 4; n -= 4, d += 4, s += 4)
		*(half_t *)d = *(const half_t *)s;
	for (; n > 0; n--)
		*d++ = *s++;
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	uint8_t *d = dst;

	if (n >= REP_MIN) {
		uint64_t word = 0x0101010101010101ull * (uint8_t)c;
		size_t words = n / 8;

		__asm__ volatile("rep stosq" : "+D"(d), "+c"(words) : "a"(word) : "memory");
		n %= 8;
	}
	for (; n > 0; n--)
		*d++ = (uint8_t)c;
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	uint8_t *d = dst;
	const uint8_t *s = src;

	if (d <= s || d >= s + n)
		return memcpy(dst, src, n); /* forwards: each block is read before it is written */
	while (n-- > 0)
		d[n] = s[n];
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a, *y = b;

	for (size_t i = 0; i < n; i++) {
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	}
	return 0;
}
