/* SPDX-License-Identifier: Apache-2.0 */
/* Sends to a ring that is empty and whose receiver sleeps, and times each call alone. */
#include "bench_chan.h"
#include "guest.h"
#include "measure.h"

#define NAP   1000000u /* ticks: the receiver has read and sleeps again */
#define LONG  65536u
#define BATCH 32u
#define FRAME 1500u

static _Alignas(4096) uint8_t data[LONG];
static struct hv_chan_info info;
static struct hv_seg list[HV_SEG_MAX];
_Static_assert(BATCH <= HV_SEG_MAX, "a batch is one call");
/* The driver changes it in the image: "SENDER-STAMPS!!" sends with stamps only. */
static const volatile char work[] = "SENDER-DOES-ALL";
volatile uint64_t sender_refused; /* calls that were not taken whole: the driver wants 0 */

/* Each is passed before a call of one kind and nowhere else: a plugin of the emulator knows the calls by it. */
void phase_64(void);
void phase_1k(void);
void phase_2112(void);
void phase_64k(void);
void phase_batch(void);
__asm__(".text\n"
	".irp n, 64, 1k, 2112, 64k, batch\n"
	".globl phase_\\n\n"
	"phase_\\n: ret\n"
	".endr\n");

static void peer_wait(void)
{
	do {
		nap(NAP);
		(void)hcall(HV_CALL_CHAN_INFO, BENCH_END, (uint64_t)&info, 0, 0);
	} while (!(info.state & HV_CHAN_STATE_PEER));
}

static void send(unsigned messages)
{
	struct hcall_result r = hcall(HV_CALL_CHAN_SEND, BENCH_END, (uint64_t)list, messages, 0);

	if (r.err != HV_OK || r.value != messages)
		sender_refused++;
}

/* One message of LEN bytes in each call. */
static void lengths(const char *name, uint32_t len, void (*phase)(void))
{
	volatile struct measure_row *row = measure_row(name);

	for (unsigned i = 0; i < MEASURE_SAMPLES; i++) {
		uint64_t from;

		nap(NAP);
		phase();
		from = measure_tsc();
		if (hcall(HV_CALL_CHAN_SEND_ONE, BENCH_END, (uint64_t)data, len, 0).err != HV_OK)
			sender_refused++;
		measure_put(row, measure_tsc() - from);
	}
}

/* The same, and when: for a driver who compares with what the receiver saw. */
static void stamps(void)
{
	volatile struct measure_row *before = measure_row("before"), *after = measure_row("after");

	list[0] = (struct hv_seg){(uint64_t)data, 64, HV_SEG_END};
	for (unsigned i = 0; i < MEASURE_SAMPLES; i++) {
		nap(NAP);
		measure_put(before, measure_tsc());
		send(1);
		measure_put(after, measure_tsc());
	}
}

static void batches(void)
{
	volatile struct measure_row *row = measure_row("batch-32x1500");

	for (unsigned i = 0; i < BATCH; i++)
		list[i] = (struct hv_seg){(uint64_t)data + 2048 * i, FRAME, HV_SEG_END};
	for (unsigned i = 0; i < MEASURE_SAMPLES; i++) {
		uint64_t from;

		nap(NAP);
		phase_batch();
		from = measure_tsc();
		send(BATCH);
		measure_put(row, measure_tsc() - from);
	}
}

static void all(void)
{
	lengths("send-64", 64, phase_64);
	lengths("send-1k", 1024, phase_1k);
	lengths("send-2112", 2112, phase_2112);
	lengths("send-64k", LONG, phase_64k);
	batches();
}

void payload_main(void)
{
	apic_on();
	(void)hcall(HV_CALL_CHAN_ATTACH, BENCH_END, 0, 0, 0);
	peer_wait();
	stamps(); /* first: the receiver keeps the first samples only */
	measure_empty();
	if (work[7] == 'D')
		all();
	measure_done();
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	rest();
}
