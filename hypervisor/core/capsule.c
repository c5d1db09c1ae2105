/* SPDX-License-Identifier: Apache-2.0 */
/* What VMs leave to their next lives. Must not give a VM a byte that was not put there by itself, with the image it runs now. */
#include "capsule.h"
#include "guestmem.h"

static uint8_t
	kept_bytes[HV_CAPSULE_TOTAL]; /* one domain's after the other's, as long as each may be */
static struct {
	uint32_t bytes;
	uint8_t digest[SHA256_BYTES]; /* of the image that put it */
} capsules[HV_DOM_MAX];

static uint8_t *place_of(const struct domain *d)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < d->id; i++)
		at += dom_at(i)->sys->capsule_bytes;
	ASSERT(at + d->sys->capsule_bytes <= sizeof kept_bytes); /* system_check */
	return kept_bytes + at;
}

void capsule_drop(const struct domain *d)
{
	capsules[d->id].bytes = 0;
	memset(place_of(d), 0, d->sys->capsule_bytes);
}

enum hv_err capsule_put(struct domain *d, gpa_t from, uint64_t bytes)
{
	if (d->sys->capsule_bytes == 0)
		return HV_EPERM;
	if (bytes > d->sys->capsule_bytes)
		return HV_EMSGSIZE;
	if (guestmem_check(d, from, bytes) != HV_OK)
		return HV_EFAULT;
	capsule_drop(d);
	capsules[d->id].bytes = (uint32_t)bytes;
	memcpy(capsules[d->id].digest, d->digest, sizeof d->digest);
	return guestmem_copy_in(d, from, place_of(d), bytes);
}

enum hv_err capsule_get(const struct domain *d, gpa_t to, uint64_t room, uint64_t *kept)
{
	bool own = memcmp(capsules[d->id].digest, d->digest, sizeof d->digest) == 0;
	uint64_t bytes = own ? capsules[d->id].bytes : 0;
	enum hv_err err;

	if (d->sys->capsule_bytes == 0)
		return HV_EPERM;
	if (bytes > room)
		return HV_EMSGSIZE;
	err = guestmem_copy_out(d, to, place_of(d), bytes);
	if (err == HV_OK)
		*kept = bytes;
	return err;
}
