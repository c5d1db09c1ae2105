/* SPDX-License-Identifier: Apache-2.0 */
/* Channels for bare-metal test guests, written from abi/hv_channel.h alone. */
#include "chan.h"

#define TRIES 2000000u /* far more than a screen or a peer takes */

static _Alignas(4096) uint8_t memory[HV_RING_DATA + CHAN_RING];
static struct hv_chan_info info;
volatile struct hv_ring *const chan_ring = (volatile struct hv_ring *)memory;

uint64_t chan_attach(bool receiver)
{
	struct hcall_result r =
		hcall(HV_CALL_CHAN_ATTACH, 0, receiver ? (uint64_t)memory : 0, 0, 0);

	if (r.err != HV_OK)
		say_number("attach", r.err);
	return r.value;
}

struct hv_chan_info chan_look(void)
{
	if (hcall(HV_CALL_CHAN_INFO, 0, (uint64_t)&info, 0, 0).err != HV_OK)
		say("no channel");
	return info;
}

uint64_t chan_say(const char *text, uint64_t generation)
{
	struct hv_seg seg = {(uint64_t)text, CHAN_TEXT, HV_SEG_END};

	return hcall(HV_CALL_CHAN_SEND, 0, (uint64_t)&seg, 1, generation).err;
}

uint64_t chan_say_until(const char *text, uint64_t generation, uint64_t unless)
{
	uint64_t err = unless;

	for (unsigned i = 0; i < TRIES && err == unless; i++)
		err = chan_say(text, generation);
	return err;
}

bool chan_hear(char text[CHAN_TEXT])
{
	uint32_t head = chan_ring->head, tail = chan_ring->tail;
	const uint8_t *data = memory + HV_RING_DATA;

	__asm__ volatile("" : : : "memory"); /* tail before data; loads keep their order */
	if (head == tail)
		return false;
	for (unsigned i = 0; i < CHAN_TEXT; i++)
		text[i] = (char)data[(head + sizeof(struct hv_msg) + i) % CHAN_RING];
	text[CHAN_TEXT - 1] = 0;
	chan_ring->head = head + (uint32_t)sizeof(struct hv_msg) + CHAN_TEXT;
	return true;
}
