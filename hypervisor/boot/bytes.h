/* SPDX-License-Identifier: Apache-2.0 */
/* Little-endian reads from byte arrays, rounding, and the three memory functions. Callers check bounds; nothing here may. */
#ifndef BOOT_BYTES_H
#define BOOT_BYTES_H

#include <stddef.h>
#include <stdint.h>

/* The firmware has no library: hw.c has these for the loader, the C library for host builds. */
void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memset(void *to, int value, size_t n);
int memcmp(const void *a, const void *b, size_t n);

#define PAGE	   4096ull
#define MIB	   0x100000ull
#define LARGE_PAGE (2 * MIB)

static inline uint16_t le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t le32(const uint8_t *p)
{
	return (uint32_t)le16(p) | (uint32_t)le16(p + 2) << 16;
}

static inline uint64_t le64(const uint8_t *p)
{
	return (uint64_t)le32(p) | (uint64_t)le32(p + 4) << 32;
}

/* ALIGN is a power of two; V is at most 2^64 - ALIGN. */
static inline uint64_t round_up(uint64_t v, uint64_t align)
{
	return (v + align - 1) & ~(align - 1);
}

#endif
