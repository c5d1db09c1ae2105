/* SPDX-License-Identifier: Apache-2.0 */
/* For the model checker: one send of a message into a ring in any state. Whatever tail, head, sizes and segments are, what is written lies in
 * the free part of the ring, and the tail does not pass the head. The real channel.c; guest memory is what the checker likes. */
#include "hypervisor/core/channel.c"

#define SEGS 2u /* and SHIFT comes with the command: a ring of 1 << SHIFT bytes */

extern uint32_t nondet_u32(void);
extern uint64_t nondet_u64(void);
extern enum hv_err nondet_err(void);
void __CPROVER_assume(_Bool condition);
void __CPROVER_assert(_Bool condition, const char *what);

static struct hv_sys_channel sys;
static struct domain sender, receiver;
static uint32_t head_seen, tail_before, len_sent;

/* The receiver's head is anything, each time anew; everything else of the ring is not looked at. */
enum hv_err guestmem_copy_in(const struct domain *d, gpa_t from, void *to, uint64_t bytes)
{
	__CPROVER_assert(d == &receiver && from.v == channels[0].ring.v && bytes == 4,
			 "only the head of the receiver's ring is read");
	head_seen = nondet_u32();
	*(uint32_t *)to = head_seen;
	return nondet_err();
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

enum hv_err guestmem_copy_out(const struct domain *d, gpa_t to, const void *from, uint64_t bytes)
{
	uint64_t at = to.v - channels[0].ring.v;
	uint32_t used = tail_before - head_seen;

	__CPROVER_assert(d == &receiver && to.v >= channels[0].ring.v, "the receiver's ring");
	if (at >= HV_RING_DATA) {
		judge_data(at - HV_RING_DATA, bytes);
	} else if (at == offsetof(struct hv_ring, tail)) {
		uint32_t next = *(const uint32_t *)from;

		__CPROVER_assert(bytes == 4 && next - tail_before >= 16 + len_sent &&
					 next - tail_before < 32 + len_sent && next % 16 == 0,
				 "the tail moves by the message");
		__CPROVER_assert(used <= sys.ring_bytes && next - head_seen <= sys.ring_bytes,
				 "the tail does not pass the head");
	} else {
		__CPROVER_assert(at == offsetof(struct hv_ring, want) && bytes == 4,
				 "of the header only tail and want are written");
	}
	return nondet_err();
}

enum hv_err guestmem_check(const struct domain *d, gpa_t at, uint64_t bytes)
{
	(void)d;
	(void)at;
	(void)bytes;
	return nondet_err();
}

enum hv_err guestmem_move(const struct domain *from, gpa_t src, const struct domain *to, gpa_t dst,
			  uint64_t bytes)
{
	(void)src;
	__CPROVER_assert(from == &sender && to == &receiver, "from the sender to the receiver");
	__CPROVER_assert(dst.v >= channels[0].ring.v + HV_RING_DATA,
			 "payload lies behind the header");
	if (bytes != 0)
		judge_data(dst.v - channels[0].ring.v - HV_RING_DATA, bytes);
	return nondet_err();
}

int main(void)
{
	struct channel *c = &channels[0];
	struct hv_seg seg[SEGS];
	uint32_t len = 0;
	enum hv_err err = HV_OK;
	unsigned span;

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
	span = message_span(c, seg, SEGS, &len, &err);
	if (span == 0)
		return 0;
	__CPROVER_assert(span <= SEGS && len >= 1 && len <= sys.msg_max, "a message is allowed");
	len_sent = len;
	err = put_message(c, seg, span, len);
	__CPROVER_assert(err == HV_OK || c->tail == tail_before, "a failed send leaves the tail");
	__CPROVER_assert(c->tail % HV_MSG_ALIGN == 0, "the tail is between two messages");
	return 0;
}
