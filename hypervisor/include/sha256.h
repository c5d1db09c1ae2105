/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (FIPS 180-4) of a byte stream, for the core and the build tools. Uses no library and keeps no secrets: state is not wiped. */
#ifndef SHA256_H
#define SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES 32u
#define SHA256_BLOCK 64u

struct sha256 {
	uint32_t h[8];
	uint64_t bytes;		     /* taken so far; the message may have 2^61 - 1 */
	uint8_t block[SHA256_BLOCK]; /* its first bytes % SHA256_BLOCK bytes wait for the rest */
};

void sha256_init(struct sha256 *s);

/* Any number of calls with any lengths, 0 included; only the concatenation counts. */
void sha256_update(struct sha256 *s, const void *data, size_t len);

/* Ends the message. S needs sha256_init before it is used again. */
void sha256_final(struct sha256 *s, uint8_t digest[SHA256_BYTES]);

#endif
