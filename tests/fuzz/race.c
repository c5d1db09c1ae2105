/* SPDX-License-Identifier: Apache-2.0 */
/* Sends to a receiver that rewrites head, tail and want, by a sender that rewrites list and payload, at each look of the core at guest
 * memory. The core's tail passes no head that it looked at, unread bytes stay, and nothing outside the ring is touched. */
#include "bytes.h"
#include "exit.h"
#include "tests/fakes/machine.h"
#include "tests/fakes/witness.h"
#include "hv_channel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define STEPS_MAX 100u
#define RING	  4096u
#define RING_AT	  0x100000ull
#define LIST_AT	  0x20000ull
#define INFO_AT	  0x40000ull
#define TX	  0u
#define RX	  1u

static struct bytes input, hooks; /* steps, and what others do between two looks */
static const struct domain *caller;
static bool sending;	     /* else the tail may start anew */
static struct hv_ring *ring; /* the header, as everybody sees it */
static uint32_t tail;	     /* the core's, before the present message */
static uint32_t first_tail;  /* before the present call */
static uint32_t head_seen;   /* when it last looked */
static uint32_t unread; /* bytes behind the first tail of this call that every look found unread */
static uint8_t kept[RING];

static void promise(bool ok, const char *what)
{
	if (!ok)
		fake_broken(what);
}

/* The core's tail has moved: by what it knew there was room, and by whole messages. */
static void judge_tail(void)
{
	uint32_t now = witness_tail(0);

	if (now == tail)
		return;
	promise(tail - head_seen <= RING, "a message behind a head that cannot be");
	promise(now - head_seen <= RING, "the tail passes the head");
	promise((now - tail) % HV_MSG_ALIGN == 0 && now - tail <= RING, "part of a message");
	tail = now;
}

static void receiver_writes(uint8_t what)
{
	static const int32_t near[] = {0, 16, -16, 32, -32, 4096, -4096, 4112, 8, 1, -4080, 64};

	if (what < ARRAY_LEN(near))
		ring->head = tail + (uint32_t)near[what];
	else if (what < 0x20)
		ring->head = (uint32_t)take64(&hooks);
	else if (what < 0x28)
		ring->tail = (uint32_t)take64(&hooks);
	else if (what < 0x30)
		ring->want = take8(&hooks);
}

static void sender_writes(uint8_t what)
{
	if (what >= 0x30 && what < 0x60)
		*machine_ram(TX, LIST_AT + take8(&hooks)) = take8(&hooks);
	else if (what >= 0x60 && what < 0x70)
		*machine_ram(TX, (take64(&hooks) & 0xffff) + LIST_AT) = what;
}

static void others_write(void)
{
	uint8_t what;

	if (sending)
		judge_tail();
	if (hooks.left == 0)
		return;
	what = take8(&hooks);
	receiver_writes(what);
	sender_writes(what);
}

static void on_window(enum win_slot slot, hpa_t page, bool writable)
{
	(void)slot;
	(void)writable;
	if (caller == NULL)
		return;
	promise(witness_may_touch(caller, page), "a send touches memory that is none of its own");
	others_write();
}

static void on_word(const uint32_t *at)
{
	if (caller == NULL)
		return;
	others_write();
	if (((uintptr_t)at & PAGE_MASK) != offsetof(struct hv_ring, head))
		return;
	head_seen = ring->head;
	if (tail - head_seen <= RING && (int32_t)(first_tail - head_seen) < (int32_t)unread)
		unread = first_tail - head_seen > RING ? 0 : first_tail - head_seen;
}

/* The lock is let go between two messages: another processor looks at nothing, but the sender's next message may be to a new tail. */
static void call(unsigned who, uint32_t number, uint64_t a0, uint64_t a1, uint64_t a2)
{
	struct domain *d = dom_at(who);
	const uint8_t *data = machine_ram(RX, RING_AT + HV_RING_DATA);

	tail = first_tail = witness_tail(0);
	unread = RING;
	memcpy(kept, data, RING);
	caller = d;
	sending = number == HV_CALL_CHAN_SEND || number == HV_CALL_CHAN_SEND_ONE;
	(void)machine_call(d, number, a0, a1, a2, 0);
	if (sending) {
		judge_tail();
		promise(number != HV_CALL_CHAN_SEND || d->vcpu.gpr[RDX] <= HV_SEG_MAX,
			"more messages than were sent");
		for (uint32_t at = first_tail - unread; at != first_tail; at++)
			promise(data[at % RING] == kept[at % RING],
				"bytes that nobody has read are gone");
	}
	caller = NULL;
}

/* What the end was told last, be it a death or who is there. */
static void acknowledge(unsigned who)
{
	struct hv_chan_info info;

	call(who, HV_CALL_CHAN_INFO, 0, INFO_AT, 0);
	memcpy(&info, machine_ram(who, INFO_AT), sizeof info);
	call(who, HV_CALL_CHAN_ACK, 0, info.peer_epoch, 0);
}

static void make(void)
{
	machine_make(2);
	witness_begin();
	(void)machine_channel(TX, RX, RING, 2000);
	fake.plain_windows = true;
	machine_boot();
	(void)machine_settle(TX);
	(void)machine_settle(RX);
	fake.plain_windows = false;
	fake.window_ask = on_window;
	fake.word_ask = on_word;
	ring = (struct hv_ring *)(void *)machine_ram(RX, RING_AT);
}

static void write_list(struct bytes *b, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct hv_seg s = {.gpa = 0x30000 + take8(b) * 255ull};

		s.len = take8(b) * (1u + take8(b) % 8);
		s.flags = s.len & 2 ? HV_SEG_END : take8(b) & 1;
		memcpy(machine_ram(TX, LIST_AT + i * sizeof s), &s, sizeof s);
	}
}

/* The machine is made once; each input begins with two new ends. Its first half are the steps. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (ring == NULL)
		make();
	hooks = (struct bytes){NULL, 0};
	memset(machine_ram(TX, LIST_AT), 0, 0x10000);
	call(TX, HV_CALL_CHAN_ATTACH, 0, 0, 0);
	call(RX, HV_CALL_CHAN_ATTACH, 0, RING_AT, 0);
	acknowledge(RX);
	acknowledge(TX);
	promise(dom_at(TX)->vcpu.gpr[RAX] == HV_OK && dom_at(RX)->vcpu.gpr[RAX] == HV_OK,
		"two new ends do not come together");
	input = (struct bytes){data, len - len / 2};
	hooks = (struct bytes){data + len - len / 2, len / 2};
	for (unsigned i = 0; i < STEPS_MAX && input.left > 0; i++) {
		uint8_t what = take8(&input), n = take8(&input) % (HV_SEG_MAX + 1);

		if (what < 0x10) {
			call(TX, HV_CALL_CHAN_SEND_ONE, 0, LIST_AT, n * 200u);
		} else if (what < 0x80) {
			write_list(&input, n);
			call(TX, HV_CALL_CHAN_SEND, 0, LIST_AT, n);
		} else if (what < 0xc0) {
			ring->head = witness_tail(0) - n * 16u;
		} else {
			acknowledge(RX);
		}
		witness_core();
	}
	return 0;
}
