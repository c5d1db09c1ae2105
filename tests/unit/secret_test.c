/* SPDX-License-Identifier: Apache-2.0 */
/* Secret files: the digest depends on every byte of salt and secret, and what is no secret file is refused. */
#include "check.h"

#include <stdlib.h>
#include "build-image/tools/secret.h"
#include "sha256.h"

#define HEAD sizeof(struct hv_secret)

static uint8_t salt[32], content[HV_SECRET_MAX];
static struct blob file;

static const char *make(size_t salt_len, size_t content_len)
{
	struct blob s = {salt, salt_len}, c = {content, content_len};

	free(file.data);
	file = (struct blob){NULL, 0};
	return secret_make(&s, &c, &file);
}

static void reset(void)
{
	for (unsigned i = 0; i < sizeof salt; i++)
		salt[i] = (uint8_t)(i * 37 + 5);
	for (unsigned i = 0; i < sizeof content; i++)
		content[i] = (uint8_t)(i * 11 + 1);
}

static void digest(uint8_t out[32])
{
	struct sha256 s;

	sha256_init(&s);
	sha256_update(&s, file.data, file.len);
	sha256_final(&s, out);
}

static void salt_first_then_the_secret(void)
{
	struct hv_secret h;

	reset();
	REQUIRE(make(32, 100) == NULL);
	CHECK_EQ(file.len, HEAD + 100);
	CHECK_MEM(file.data, salt, 32); /* before anything of the secret goes into the hash */
	memcpy(&h, file.data, sizeof h);
	CHECK_EQ(h.magic, HV_SECRET_MAGIC);
	CHECK_EQ(h.version, HV_SECRET_VERSION);
	CHECK_EQ(h.bytes, 100);
	CHECK_MEM(file.data + HEAD, content, 100);
	CHECK_TRUE(secret_check(&file) == NULL);
}

/* One secret under two salts: who has one digest has nothing to compare the other with. */
static void the_salt_is_in_the_digest(void)
{
	uint8_t first[32], other[32];

	reset();
	REQUIRE(make(32, 100) == NULL);
	digest(first);
	for (unsigned i = 0; i < 32; i += 31) {
		reset();
		salt[i] ^= 0x80;
		REQUIRE(make(32, 100) == NULL);
		digest(other);
		CHECK_NE(memcmp(first, other, 32), 0);
	}
	reset();
	REQUIRE(make(32, 100) == NULL);
	digest(other);
	CHECK_MEM(first, other, 32);
}

static void what_makes_no_secret(void)
{
	reset();
	CHECK_TRUE(make(31, 100) != NULL);
	CHECK_TRUE(make(33, 100) != NULL);
	CHECK_TRUE(make(0, 100) != NULL);
	CHECK_TRUE(make(32, 0) != NULL);
	CHECK_TRUE(make(32, HV_SECRET_MAX - HEAD + 1) != NULL);
	CHECK_TRUE(file.data == NULL);
	CHECK_TRUE(make(32, HV_SECRET_MAX - HEAD) == NULL);
	CHECK_TRUE(secret_check(&file) == NULL);
	memset(salt, 0x41, sizeof salt);
	CHECK_TRUE(make(32, 100) != NULL);
	memset(salt, 0, sizeof salt);
	CHECK_TRUE(make(32, 100) != NULL);
}

static void good(void)
{
	reset();
	REQUIRE(make(32, 100) == NULL);
}

static void says(const char *word)
{
	const char *wrong = secret_check(&file);

	CHECK_TRUE(wrong != NULL && strstr(wrong, word) != NULL);
}

static void what_is_no_secret_file(void)
{
	good();
	file.data[32] ^= 1;
	says("this version");
	good();
	file.data[40]++;
	says("this version");
	good();
	file.data[63] = 1;
	says("this version");
	good();
	file.data[44]++;
	says("its header says");
	good();
	file.len--;
	says("its header says");
	good();
	file.len = HEAD;
	says("bytes long");
	file.len = 0;
	says("bytes long");
	file.len = HV_SECRET_MAX + 1;
	says("bytes long");
	good();
	memset(file.data, 0, 32);
	says("no salt");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(salt_first_then_the_secret);
	RUN(the_salt_is_in_the_digest);
	RUN(what_makes_no_secret);
	RUN(what_is_no_secret_file);
	free(file.data);
	return check_end();
}
