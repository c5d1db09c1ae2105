/* SPDX-License-Identifier: Apache-2.0 */
/* Many devices become six: one of each kind, however many are plugged in. Pure; must not know what a key means. */
#ifndef MERGE_H
#define MERGE_H

#include "codec_input.h"
#include "hid/hid.h"

#define MERGE_CODES 768u /* evdev key codes */

struct merge {
	uint8_t pressed[INPUT_KINDS][MERGE_CODES]; /* by how many sources */
	uint16_t owner[INPUT_KINDS]; /* whose contacts or pen it is, plus one; 0 = nobody's */
};

typedef void merge_sink(void *ctx, const struct input_frame *frame);

/*
 * merge_events - what SOURCE (0 .. 65534) says now, as frames of the canonical devices.
 *
 * A key is down from the first source that presses it to the last that lets go. Contacts of a touchpad or screen, and the
 * pen, belong to the source that came first until it has lifted all of them; another one is not heard until then, and
 * then from its next touch on.
 */
void merge_events(struct merge *m, unsigned source, const struct hid_events *events,
		  merge_sink *sink, void *ctx);

#endif
