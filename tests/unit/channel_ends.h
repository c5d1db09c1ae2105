/* SPDX-License-Identifier: Apache-2.0 */
/* Two ends of a channel for its tests: attach, send from vm0, look at the ring in vm1. */
#ifndef CHANNEL_ENDS_H
#define CHANNEL_ENDS_H

#include "check.h"
#include "channel.h"
#include "focus.h"
#include "hv_event.h"
#include "life.h"
#include "lock.h"
#include "sched.h"
#include "tests/fakes/machine.h"

#define RING	32768u
#define MSG_MAX 20000u
#define RING_AT 0x40000ull /* in the receiver */
#define SEGS_AT 0x20000ull /* in the sender */
#define DATA_AT 0x21000ull

static struct domain *tx, *rx; /* vm0 sends to vm1; vm2 looks on */
static uint64_t result;

static inline enum hv_err call(struct domain *d, uint32_t number, uint64_t a0, uint64_t a1,
			       uint64_t a2, uint64_t a3)
{
	enum hv_err err = machine_call(d, number, a0, a1, a2, a3);

	result = d->vcpu.gpr[RDX];
	return err;
}

static inline enum hv_err attach(struct domain *d, uint64_t ring)
{
	return call(d, HV_CALL_CHAN_ATTACH, 0, ring, 0, 0);
}

static inline struct hv_chan_info info(struct domain *d)
{
	struct hv_chan_info i;

	CHECK_EQ(call(d, HV_CALL_CHAN_INFO, 0, 0x30000, 0, 0), HV_OK);
	memcpy(&i, machine_ram(d->id, 0x30000), sizeof i);
	return i;
}

static inline uint32_t events(struct domain *d)
{
	CHECK_EQ(call(d, HV_CALL_EVENT_TAKE, 0, 0, 0, 0), HV_OK);
	return (uint32_t)result;
}

static inline struct hv_ring *ring(void)
{
	return (struct hv_ring *)(void *)machine_ram(1, RING_AT);
}

static inline uint8_t *ring_data(void)
{
	return machine_ram(1, RING_AT + HV_RING_DATA);
}

static inline void boot(void)
{
	machine_boot();
	for (unsigned i = 0; i < machine_system->dom_count; i++)
		(void)machine_settle(i);
	fake.cpu = 0;
	tx = dom_at(0);
	rx = dom_at(1);
	fake_serial_clear();
}

static inline void fresh_unattached(void)
{
	machine_make(3);
	machine_channel(0, 1, RING, MSG_MAX);
	boot();
}

static inline void fresh(void)
{
	fresh_unattached();
	memset(ring(), 0xee, sizeof *ring());
	CHECK_EQ(attach(rx, RING_AT), HV_OK);
	CHECK_EQ(attach(tx, 0), HV_OK);
	(void)events(tx);
	(void)events(rx);
}

static inline void seg(unsigned i, uint64_t gpa, uint32_t len, uint32_t flags)
{
	struct hv_seg s = {.gpa = gpa, .len = len, .flags = flags};

	memcpy(machine_ram(0, SEGS_AT + i * sizeof s), &s, sizeof s);
}

static inline enum hv_err send(uint64_t count)
{
	return call(tx, HV_CALL_CHAN_SEND, 0, SEGS_AT, count, 0);
}

static inline enum hv_err send_one(uint32_t len)
{
	seg(0, DATA_AT, len, HV_SEG_END);
	return send(1);
}

static inline uint8_t nth(uint32_t seed, uint32_t i)
{
	return (uint8_t)(seed * 37 + i * 11 + (i >> 8));
}

static inline void fill(uint32_t seed, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		*machine_ram(0, DATA_AT + i) = nth(seed, i);
}

/* What the receiver does: takes the message at its head, if there is one, and says its length. */
static inline bool take(uint32_t seed, uint32_t len)
{
	uint32_t head = ring()->head, got;

	if (head == ring()->tail)
		return false;
	memcpy(&got, ring_data() + (head & (RING - 1)), sizeof got);
	if (got != len)
		return false;
	for (uint32_t i = 0; i < len; i++)
		if (ring_data()[(head + 16 + i) & (RING - 1)] != nth(seed, i))
			return false;
	ring()->head = head + 16 + ((len + 15) & ~15u);
	return true;
}

static inline void restart(struct domain *d)
{
	machine_request(d, (enum life_request)(LIFE_RESTART | LIFE_NOW));
	life_serve(d);
	(void)machine_settle(d->id);
}

#endif
