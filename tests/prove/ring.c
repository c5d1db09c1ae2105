/* SPDX-License-Identifier: Apache-2.0 */
/* For the model checker: one send of a message into a ring in any state. Whatever tail, head, sizes and segments are, what is written lies in
 * the free part of the ring, and the tail does not pass the head. The real channel.c; guest memory is what the checker likes. */
#include "hypervisor/include/guestmem.h"
static void judged_copy(void *to, const void *from, uint64_t bytes);
#define memcpy judged_copy
#include "hypervisor/core/channel.c"

/* With the command come SHIFT, a ring of 1 << SHIFT bytes; SEGS, the segments at most; PIECES: not 0 = windows have an end, which does
 * not matter to where bytes go and costs the checker much. */

extern uint32_t nondet_u32(void);
extern uint64_t nondet_u64(void);
extern enum hv_err nondet_err(void);
void __CPROVER_assume(_Bool condition);
void __CPROVER_assert(_Bool condition, const char *what);

static struct hv_sys_channel sys;
static struct domain sender, receiver;
static uint32_t head_seen, tail_before, len_sent;

/* What the windows show: pointers into these stand for guest memory, whose bytes nobody looks at. */
static _Alignas(16) uint8_t ring_data[1u << 20], payload[1u << 20];
static struct hv_ring header;
static uint64_t data_shown, payload_shown;

/* The receiver's head is anything, each time anew; everything else of the ring is not looked at. */
uint32_t hw_word_read(const uint32_t *at)
{
	__CPROVER_assert(at == &header.head, "only the head of the receiver's ring is read");
	head_seen = nondet_u32();
	return head_seen;
}

void hw_word_write(uint32_t *at, uint32_t value)
{
	uint32_t used = tail_before - head_seen;

	__CPROVER_assert(at == &header.tail || at == &header.want,
			 "of the header only tail and want are written");
	if (at != &header.tail)
		return;
	__CPROVER_assert(value - tail_before >= 16 + len_sent &&
				 value - tail_before < 32 + len_sent && value % 16 == 0,
			 "the tail moves by the message");
	__CPROVER_assert(used <= sys.ring_bytes && value - head_seen <= sys.ring_bytes,
			 "the tail does not pass the head");
}

/* Bytes [OFFSET, OFFSET + BYTES) of the ring's data are free, as far as the last look at head says, and part of this message. */
static void judge_data(uint64_t offset, uint64_t bytes)
{
	uint32_t size = sys.ring_bytes, from = ((uint32_t)offset - tail_before) & (size - 1);
	uint32_t used = tail_before - head_seen;

	__CPROVER_assert(offset < size && bytes <= size - offset, "a write ends inside the ring");
	__CPROVER_assert(used <= size && from < size - used && bytes <= size - used - from,
			 "a write touches nothing unread");
	__CPROVER_assert(from + bytes <= 16 + (uint64_t)len_sent, "a write is part of the message");
}

void *guestmem_map(const struct domain *d, gpa_t at, uint64_t *bytes, enum win_slot slot)
{
	uint64_t room = LARGE_PAGE - (at.v & (LARGE_PAGE - 1));
	bool fails = nondet_u32() & 1;

	__CPROVER_assert(*bytes != 0, "a window shows something");
	if (PIECES && *bytes > room)
		*bytes = room;
	if (slot == WIN_SRC) {
		__CPROVER_assert(d == &sender, "the sender's memory is read");
		payload_shown = *bytes;
		return fails ? NULL : payload;
	}
	__CPROVER_assert(d == &receiver && slot == WIN_DST &&
				 at.v >= channels[0].ring.v + HV_RING_DATA,
			 "the receiver's ring is written, behind the header");
	judge_data(at.v - channels[0].ring.v - HV_RING_DATA, *bytes);
	data_shown = *bytes;
	return fails ? NULL : ring_data;
}

static void judged_copy(void *to, const void *from, uint64_t bytes)
{
	uint64_t at = (uint64_t)((uint8_t *)to - ring_data);

	__CPROVER_assert(at <= data_shown && bytes <= data_shown - at,
			 "a write ends in its window");
	__CPROVER_assert(from == payload && bytes <= payload_shown, "a read ends in its window");
}

int main(void)
{
	struct channel *c = &channels[0];
	struct hv_seg seg[SEGS], *after;
	uint32_t len = 0;
	enum hv_err err = HV_OK;

	sys.ring_bytes = 1u << SHIFT;
	sys.msg_max = nondet_u32();
	sys.credit_kib = nondet_u32();
	__CPROVER_assume(sys.msg_max >= 1 && sys.msg_max <= HV_CHAN_MSG_MAX &&
			 sys.msg_max <= sys.ring_bytes - 16);
	c->sys = &sys;
	c->tx = (struct side){.dom = &sender, .attached = 1};
	c->rx = (struct side){.dom = &receiver, .attached = 1};
	c->ring.v = nondet_u64();
	__CPROVER_assume((c->ring.v & PAGE_MASK) == 0 && c->ring.v < BIT(47));
	c->tail = nondet_u32();
	__CPROVER_assume(c->tail % HV_MSG_ALIGN == 0);
	c->credit_left = nondet_u64();
	for (unsigned i = 0; i < SEGS; i++)
		seg[i] = (struct hv_seg){
			.gpa = nondet_u64(), .len = nondet_u32(), .flags = nondet_u32()};
	tail_before = c->tail;
	after = message_end(c, seg, seg + SEGS, &len, &err);
	if (after == NULL)
		return 0;
	__CPROVER_assert(after > seg && after <= seg + SEGS && len >= 1 && len <= sys.msg_max,
			 "a message is allowed");
	len_sent = len;
	err = put_message(c, &header, seg, len);
	__CPROVER_assert(err == HV_OK || c->tail == tail_before, "a failed send leaves the tail");
	__CPROVER_assert(c->tail % HV_MSG_ALIGN == 0, "the tail is between two messages");
	return 0;
}
