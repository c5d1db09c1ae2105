/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that wait for room on the way to the focused VM: in order, not many, not for long. Pure. */
#ifndef OUTBOX_H
#define OUTBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "input_event.h"

#define OUTBOX_SLOTS  64u
#define OUTBOX_AGE_MS 2000u /* what the VM has not taken by then it does not get */

struct outbox {
	unsigned first, count;
	struct {
		uint64_t since_ms;
		uint16_t len;
		uint8_t msg[INPUT_MSG_MAX];
	} slot[OUTBOX_SLOTS];
};

/* outbox_put - False: full, or longer than a message can be. */
bool outbox_put(struct outbox *o, const uint8_t *msg, size_t len, uint64_t now_ms);

/* The oldest message, or NULL; outbox_pop takes it away. */
const uint8_t *outbox_head(const struct outbox *o, size_t *len);
void outbox_pop(struct outbox *o);

/* Is the oldest one too old? */
bool outbox_stale(const struct outbox *o, uint64_t now_ms);

void outbox_clear(struct outbox *o);

#endif
