/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 against published vectors and against itself cut in pieces; it must not know how the sums are made. */
#include "check.h"
#include "sha256.h"

/* LEN bytes of DATA, COUNT times, against 64 hex digits. */
static void hash_is(const void *data, size_t len, unsigned count, const char *want)
{
	struct sha256 s;
	uint8_t digest[SHA256_BYTES];
	char hex[2 * SHA256_BYTES + 1];

	sha256_init(&s);
	for (unsigned i = 0; i < count; i++)
		sha256_update(&s, data, len);
	sha256_final(&s, digest);
	for (unsigned i = 0; i < SHA256_BYTES; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	CHECK_STR(hex, want);
}

/* NIST "Secure Hashing" examples for FIPS 180, and the vectors its validation suite calls ShortMsg. */
static void published_vectors(void)
{
	static const char two[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	static const char four[] = "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
				   "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";

	hash_is("", 0, 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	hash_is("abc", 3, 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	hash_is(two, sizeof two - 1, 1,
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	hash_is(four, sizeof four - 1, 1,
		"cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
	hash_is("\xbd", 1, 1, "68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b");
	hash_is("\xc9\x8c\x8e\x55", 4, 1,
		"7abc22c0ae5af26ce93dbb94433a0e0b2e119d014f8e7f65bd56c61ccccd9504");
}

static void million_a(void)
{
	hash_is("a", 1, 1000000,
		"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Lengths around the padding boundary. */
static void zero_bytes(void)
{
	static const uint8_t zero[1024];

	hash_is(zero, 55, 1, "02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7");
	hash_is(zero, 56, 1, "d4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb");
	hash_is(zero, 57, 1, "65a16cb7861335d5ace3c60718b5052e44660726da4cd13bb745381b235a1785");
	hash_is(zero, 64, 1, "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b");
	hash_is(zero, 1000, 1, "541b3e9daa09b20bf85fa273e5cbd3e80185aa4ec298e765db87742b70138a53");
	hash_is(zero, 1000, 1000,
		"d29751f2649b32ff572b5e0a9f541ea660a50f94ff0beedfb0b692b924cc8025");
}

/* Every cut of a 200-byte message into three pieces gives the same sum. */
static void cuts_do_not_matter(void)
{
	uint8_t data[200], whole[SHA256_BYTES], cut[SHA256_BYTES];
	struct sha256 s;

	for (unsigned i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(i * 7 + 3);
	sha256_init(&s);
	sha256_update(&s, data, sizeof data);
	sha256_final(&s, whole);
	for (unsigned a = 0; a <= sizeof data; a++) {
		for (unsigned b = a; b <= sizeof data; b++) {
			sha256_init(&s);
			sha256_update(&s, data, a);
			sha256_update(&s, data + a, b - a);
			sha256_update(&s, data + b, sizeof data - b);
			sha256_final(&s, cut);
			if (memcmp(cut, whole, sizeof cut) != 0) {
				printf("# cuts at %u and %u\n", a, b);
				REQUIRE(false);
			}
		}
	}
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(published_vectors);
	RUN(million_a);
	RUN(zero_bytes);
	RUN(cuts_do_not_matter);
	return check_end();
}
