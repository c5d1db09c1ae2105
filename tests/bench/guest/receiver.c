/* SPDX-License-Identifier: Apache-2.0 */
/* Sleeps until its doorbell rings, takes what came, sleeps again; keeps when it was woken and when it went to sleep. */
#include "bench_chan.h"
#include "guest.h"
#include "measure.h"

#define CF8 0xcf8u
#define CFC 0xcfcu
#define MSI (0x80000000u | HV_DOORBELL_DEVFN << 8 | 0x40u)

static _Alignas(4096) uint8_t memory[HV_RING_DATA + BENCH_RING];

static void config(uint32_t reg, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(MSI + reg), "Nd"((uint16_t)CF8));
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"((uint16_t)CFC));
}

static void bell_on(void)
{
	guest_gate(BENCH_BELL, measure_handler_open, false);
	config(4, 0xfee00000u);
	config(12, BENCH_BELL);
	config(0, 1u << 16);
}

static _Noreturn void serve(void)
{
	volatile struct hv_ring *ring = (volatile struct hv_ring *)memory;
	volatile struct measure_row *woken = measure_row("woken"), *bell = measure_row("doorbell"),
				    *asleep = measure_row("asleep");
	bool came = false;

	for (;;) {
		uint64_t taken;

		if (came)
			measure_put(asleep, measure_tsc());
		__asm__ volatile("sti\n\thlt\n\tcli" : : : "memory");
		(void)hcall(HV_CALL_EVENT_TAKE, HV_EVENT_TAKE_EOI, 0, 0, 0);
		taken = measure_tsc();
		came = ring->head != ring->tail;
		if (!came)
			continue;
		measure_put(woken, measure_handler_tsc);
		measure_put(bell, taken - measure_handler_tsc);
		ring->head = ring->tail;
		guest_progress++;
	}
}

void payload_main(void)
{
	apic_on();
	bell_on();
	(void)hcall(HV_CALL_CHAN_ATTACH, BENCH_END, (uint64_t)memory, 0, 0);
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	serve();
}
