/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 as in FIPS 180-4, plain C. Must stay free of libraries and of state outside struct sha256. */
#include "sha256.h"

/* FIPS 180-4, 4.2.2: first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t K[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

static uint32_t ror(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

/* FIPS 180-4, 6.2.2 step 1, in place: W[t] takes the slot of W[t - 16]. */
static uint32_t schedule(uint32_t w[16], unsigned t)
{
	uint32_t far = w[(t + 1) & 15], near = w[(t + 14) & 15];

	w[t] += w[(t + 9) & 15] + (ror(far, 7) ^ ror(far, 18) ^ far >> 3) +
		(ror(near, 17) ^ ror(near, 19) ^ near >> 10);
	return w[t];
}

/* Step 3. Instead of moving eight variables, each use below names them one place further round. */
#define ROUND(a, b, c, d, e, f, g, h, t, word)                                                     \
	do {                                                                                       \
		uint32_t t1 = (h) + (ror(e, 6) ^ ror(e, 11) ^ ror(e, 25)) +                        \
			      ((g) ^ ((e) & ((f) ^ (g)))) + K[t] + (word);                         \
		(d) += t1;                                                                         \
		(h) = t1 + (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22)) +                                 \
		      (((a) & (b)) | ((c) & ((a) | (b))));                                         \
	} while (0)

#define EIGHT(t, i, WORD)                                                                          \
	do {                                                                                       \
		ROUND(a, b, c, d, e, f, g, h, (t) + (i), WORD(i));                                 \
		ROUND(h, a, b, c, d, e, f, g, (t) + (i) + 1, WORD((i) + 1));                       \
		ROUND(g, h, a, b, c, d, e, f, (t) + (i) + 2, WORD((i) + 2));                       \
		ROUND(f, g, h, a, b, c, d, e, (t) + (i) + 3, WORD((i) + 3));                       \
		ROUND(e, f, g, h, a, b, c, d, (t) + (i) + 4, WORD((i) + 4));                       \
		ROUND(d, e, f, g, h, a, b, c, (t) + (i) + 5, WORD((i) + 5));                       \
		ROUND(c, d, e, f, g, h, a, b, (t) + (i) + 6, WORD((i) + 6));                       \
		ROUND(b, c, d, e, f, g, h, a, (t) + (i) + 7, WORD((i) + 7));                       \
	} while (0)

#define WORD_READY(i)	 w[i]
#define WORD_SCHEDULE(i) schedule(w, i)

static void compress(uint32_t state[8], const uint8_t block[SHA256_BLOCK])
{
	uint32_t w[16];
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
	uint32_t e = state[4], f = state[5], g = state[6], h = state[7];

	for (unsigned i = 0; i < 16; i++)
		w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
		       (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
	EIGHT(0u, 0u, WORD_READY);
	EIGHT(0u, 8u, WORD_READY);
	for (unsigned t = 16; t < 64; t += 16) {
		EIGHT(t, 0u, WORD_SCHEDULE);
		EIGHT(t, 8u, WORD_SCHEDULE);
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
	state[5] += f;
	state[6] += g;
	state[7] += h;
}

void sha256_init(struct sha256 *s)
{
	/* FIPS 180-4, 5.3.3: the same of the square roots of the first eight primes. */
	static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
					  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

	for (unsigned i = 0; i < 8; i++)
		s->h[i] = start[i];
	s->bytes = 0;
}

void sha256_update(struct sha256 *s, const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t fill = s->bytes % SHA256_BLOCK;

	s->bytes += len;
	if (fill != 0) {
		for (; fill < SHA256_BLOCK && len > 0; len--)
			s->block[fill++] = *p++;
		if (fill < SHA256_BLOCK)
			return;
		compress(s->h, s->block);
	}
	for (; len >= SHA256_BLOCK; len -= SHA256_BLOCK, p += SHA256_BLOCK)
		compress(s->h, p);
	for (size_t i = 0; i < len; i++)
		s->block[i] = p[i];
}

void sha256_final(struct sha256 *s, uint8_t digest[SHA256_BYTES])
{
	uint64_t bits = s->bytes * 8;
	size_t fill = s->bytes % SHA256_BLOCK;

	s->block[fill++] = 0x80;
	if (fill > SHA256_BLOCK - 8) { /* no room for the length: one block more */
		for (; fill < SHA256_BLOCK; fill++)
			s->block[fill] = 0;
		compress(s->h, s->block);
		fill = 0;
	}
	for (; fill < SHA256_BLOCK - 8; fill++)
		s->block[fill] = 0;
	for (unsigned i = 0; i < 8; i++)
		s->block[SHA256_BLOCK - 1 - i] = (uint8_t)(bits >> (8 * i));
	compress(s->h, s->block);
	for (unsigned i = 0; i < SHA256_BYTES; i++)
		digest[i] = (uint8_t)(s->h[i / 4] >> (24 - 8 * (i % 4)));
}
