/* SPDX-License-Identifier: Apache-2.0 */
/* Value types, checks and bit helpers every resident file uses. Holds no state. */
#ifndef TYPES_H
#define TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "hv_hypercall.h"

typedef struct {
	uint64_t v;
} hpa_t; /* host-physical address, bytes */

typedef struct {
	uint64_t v;
} gpa_t; /* guest-physical address, bytes */

#define MUST_CHECK __attribute__((warn_unused_result))
/* on the path of every exit: what the compiler then knows of its neighbours is worth a third of its instructions */
#define ALWAYS_INLINE inline __attribute__((always_inline))
/* a lint knows the function by its name, or its frame is not for the short calls beside it */
#define NO_INLINE    __attribute__((noinline))
#define NO_RETURN    __attribute__((noreturn))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define PAGE_SIZE  4096ull
#define PAGE_MASK  (PAGE_SIZE - 1)
#define LARGE_PAGE (2ull << 20)

/* Bits hi..lo of x. */
#define FIELD_GET(x, hi, lo) (((uint64_t)(x) >> (lo)) & (~0ull >> (63 - (hi) + (lo))))
#define BIT(n)		     (1ull << (n))

/* Our own bug: stop the machine with a report. Never on a value a guest or device can choose. */
NO_RETURN void assert_failed(const char *file, unsigned line, const char *what);
#define ASSERT(c)                                                                                  \
	do {                                                                                       \
		if (!(c))                                                                          \
			assert_failed(__FILE__, __LINE__, #c);                                     \
	} while (0)

/* Freestanding C needs these four; mem.c has them. */
void *memcpy(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
void *memmove(void *dst, const void *src, size_t n);
int memcmp(const void *a, const void *b, size_t n);

#endif
