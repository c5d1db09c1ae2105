/* SPDX-License-Identifier: Apache-2.0 */
/* The four memory functions a freestanding compiler may call. Word loops: `rep movsb` is slow on the emulator and fine nowhere else. */
#include "types.h"

/* unaligned access is allowed on x86-64 */
typedef uint64_t __attribute__((may_alias, aligned(1))) word_t;
typedef uint32_t __attribute__((may_alias, aligned(1))) half_t;

void *memcpy(void *dst, const void *src, size_t n)
{
	uint8_t *d = dst;
	const uint8_t *s = src;

	for (; n >= 32; n -= 32, d += 32, s += 32) {
		uint64_t a = ((const word_t *)s)[0];
		uint64_t b = ((const word_t *)s)[1];
		uint64_t c = ((const word_t *)s)[2];
		uint64_t e = ((const word_t *)s)[3];

		((word_t *)d)[0] = a;
		((word_t *)d)[1] = b;
		((word_t *)d)[2] = c;
		((word_t *)d)[3] = e;
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
	uint64_t word = 0x0101010101010101ull * (uint8_t)c;

	for (; n >= 32; n -= 32, d += 32) {
		((word_t *)d)[0] = word;
		((word_t *)d)[1] = word;
		((word_t *)d)[2] = word;
		((word_t *)d)[3] = word;
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
