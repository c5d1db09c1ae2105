/* SPDX-License-Identifier: Apache-2.0 */
/* The header of a secret file. The salt is the only thing that keeps a digest from being tried against guesses: none, no file. */
#include "secret.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* No check can see whether bytes are random; these are certainly not. */
static bool salt_is_none(const uint8_t *salt, size_t len)
{
	bool same = true;

	for (size_t i = 1; i < len; i++)
		same = same && salt[i] == salt[0];
	return same;
}

const char *secret_make(const struct blob *salt, const struct blob *content, struct blob *out)
{
	struct hv_secret h = {.magic = HV_SECRET_MAGIC, .version = HV_SECRET_VERSION};
	uint8_t *data;

	if (salt->len != sizeof h.salt || salt_is_none(salt->data, salt->len))
		return "the salt is not 32 random bytes";
	if (content->len == 0 || content->len > HV_SECRET_MAX - sizeof h)
		return "the secret is not 1 to 32704 bytes";
	data = malloc(sizeof h + content->len + 1);
	if (data == NULL)
		return "out of memory";
	memcpy(h.salt, salt->data, sizeof h.salt);
	h.bytes = (uint32_t)content->len;
	memcpy(data, &h, sizeof h);
	memcpy(data + sizeof h, content->data, content->len + 1);
	out->data = data;
	out->len = sizeof h + content->len;
	return NULL;
}

const char *secret_check(const struct blob *file)
{
	static const uint8_t zero[sizeof((struct hv_secret *)0)->reserved];
	struct hv_secret h;

	if (file->len <= sizeof h || file->len > HV_SECRET_MAX)
		return "is not 65 to 32768 bytes long";
	memcpy(&h, file->data, sizeof h);
	if (h.magic != HV_SECRET_MAGIC || h.version != HV_SECRET_VERSION ||
	    memcmp(h.reserved, zero, sizeof zero) != 0)
		return "is not a secret file of this version";
	if (h.bytes != file->len - sizeof h)
		return "is not as long as its header says";
	if (salt_is_none(h.salt, sizeof h.salt))
		return "has no salt";
	return NULL;
}
