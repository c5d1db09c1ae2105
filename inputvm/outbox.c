/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that wait. Must not change their order. */
#include "outbox.h"

#include <string.h>

bool outbox_put(struct outbox *o, const uint8_t *msg, size_t len, uint64_t now_ms)
{
	unsigned at = (o->first + o->count) % OUTBOX_SLOTS;

	if (o->count == OUTBOX_SLOTS || len > sizeof o->slot[at].msg)
		return false;
	memcpy(o->slot[at].msg, msg, len);
	o->slot[at].len = (uint16_t)len;
	o->slot[at].since_ms = now_ms;
	o->count++;
	return true;
}

const uint8_t *outbox_head(const struct outbox *o, size_t *len)
{
	if (o->count == 0)
		return NULL;
	*len = o->slot[o->first].len;
	return o->slot[o->first].msg;
}

void outbox_pop(struct outbox *o)
{
	if (o->count == 0)
		return;
	o->first = (o->first + 1) % OUTBOX_SLOTS;
	o->count--;
}

bool outbox_stale(const struct outbox *o, uint64_t now_ms)
{
	return o->count != 0 && now_ms - o->slot[o->first].since_ms > OUTBOX_AGE_MS;
}

void outbox_clear(struct outbox *o)
{
	o->count = 0;
}
