/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two guests that wake each other by event channel: `s` sleeps and answers, `w` counts each round. Who the other is follows on the
 * command line: s3, w2. Two that hand the processor to each other: `y` does nothing else, `m` counts; `a` is `m` without the other.
 */
#include <stdbool.h>

#include "guest.h"
#include "../guest/measure.h"

#define VECTOR	       0x41u
#define VIA_VECTOR     (2ull << 56)
#define SELF	       0x7ff0u
#define MEMORY_OP      12u
#define SCHED_OP       29u
#define YIELD	       0u
#define EVENT_OP       32u
#define HVM_OP	       34u
#define ADD_TO_PHYSMAP 7u
#define BIND	       0u
#define SEND	       4u
#define UNBOUND	       6u
#define SET_PARAM      0u
#define PORTS	       16u
#define TRIES	       100000000u

struct info {
	uint32_t magic, version, flags, modules;
	uint64_t module_list, cmdline;
};

/* The part of Xen's shared page that is used: of processor 0, and of the first 64 ports. */
struct shared {
	uint8_t upcall, upcall_mask, reserved[6];
	uint64_t selected;
	uint8_t others[2048 - 16];
	uint64_t pending[64];
	uint64_t mask[64];
};

struct add_to_physmap {
	uint16_t domain, size;
	uint32_t space;
	uint64_t index, frame;
};

struct param {
	uint16_t domain, reserved;
	uint32_t index;
	uint64_t value;
};

struct unbound {
	uint16_t domain, remote;
	uint32_t port;
};

struct bind {
	uint16_t remote, reserved;
	uint32_t remote_port, port;
};

static _Alignas(4096) uint8_t page[4096];
static volatile struct shared *const shared = (volatile struct shared *)page;
static volatile uint64_t woken_tsc;
static volatile uint8_t woken;

/* Called by vector: the TSC first of all. Where it came between STI and HLT it steps over the HLT: nothing else would wake this guest. */
void pair_handler(void);
__asm__(".text\n"
	"pair_handler:\n"
	"	push %rax\n"
	"	push %rdx\n"
	"	rdtsc\n"
	"	shl $32, %rdx\n"
	"	or %rdx, %rax\n"
	"	mov %rax, woken_tsc(%rip)\n"
	"	movb $0, page(%rip)\n" /* the call is level: it would come again at once */
	"	movb $1, woken(%rip)\n"
	"	lea pair_hlt(%rip), %rax\n"
	"	cmp %rax, 16(%rsp)\n"
	"	jne 1f\n"
	"	incq 16(%rsp)\n"
	"1:	pop %rdx\n"
	"	pop %rax\n"
	"	iretq\n");

static int64_t call(uint64_t number, uint64_t command, volatile void *argument)
{
	int64_t rax = (int64_t)number;

	__asm__ volatile("vmmcall" : "+a"(rax), "+D"(command), "+S"(argument) : : "memory");
	return rax;
}

static void need(bool good, const char *what)
{
	if (good)
		return;
	guest_say(what);
	guest_say(" refused\n");
	for (;;)
		__asm__ volatile("cli\n\thlt");
}

static void events_on(void)
{
	struct add_to_physmap add = {SELF, 0, 0, 0, (uint64_t)page >> 12};
	struct param via = {SELF, 0, 0, VIA_VECTOR | VECTOR};

	guest_apic_on();
	guest_gate(VECTOR, pair_handler);
	need(call(MEMORY_OP, ADD_TO_PHYSMAP, &add) == 0, "shared page");
	need(call(HVM_OP, SET_PARAM, &via) == 0, "vector");
	for (unsigned i = 0; i < 64; i++)
		shared->mask[i] = 0;
}

static void nothing_pending(void)
{
	shared->upcall = 0;
	shared->selected = 0;
	shared->pending[0] = 0;
}

/* Sleeps until an event is there, and takes it. */
__attribute__((noinline)) static void wait(void)
{
	while (!woken) /* bound: the other's life */
		__asm__ volatile("sti\n"
				 "pair_hlt: hlt\n\tcli"
				 :
				 :
				 : "memory");
	woken = 0;
	nothing_pending();
}

static _Noreturn void sleeper(uint16_t remote)
{
	struct unbound u = {SELF, remote, 0};

	need(call(EVENT_OP, UNBOUND, &u) == 0, "port");
	nothing_pending();
	for (;;) {
		wait();
		(void)call(EVENT_OP, SEND, &u.port);
	}
}

static _Noreturn void waker(uint16_t remote)
{
	volatile struct measure_row *row;
	struct bind b = {remote, 0, 0, 0};
	int64_t refused = -1;

	for (unsigned i = 0; i < TRIES && refused != 0;
	     i++) { /* the other may not have made its port yet */
		b.remote_port = i % PORTS;
		refused = call(EVENT_OP, BIND, &b);
	}
	need(refused == 0, "binding");
	measure_empty();
	row = measure_row("event-round");
	nothing_pending(); /* binding is an event of its own */
	for (unsigned i = 0; i < MEASURE_SAMPLES; i++) {
		uint64_t from = measure_tsc();

		(void)call(EVENT_OP, SEND, &b.port);
		wait();
		measure_put(row, woken_tsc - from);
	}
	guest_tell();
}

/* Each call gives the processor away; with somebody who does the same on it, it is back after two switches. */
static _Noreturn void yields(const char *name)
{
	volatile struct measure_row *row;

	measure_empty();
	row = measure_row(name);
	for (unsigned i = 0; i < MEASURE_SAMPLES; i++) {
		uint64_t from = measure_tsc();

		(void)call(SCHED_OP, YIELD, NULL);
		measure_put(row, measure_tsc() - from);
	}
	guest_tell();
}

static _Noreturn void yielder(void)
{
	need(call(SCHED_OP, YIELD, NULL) == 0, "yield");
	guest_say("yields\n"); /* dom0 waits for it */
	for (;;)	       /* bound: until dom0 ends it */
		(void)call(SCHED_OP, YIELD, NULL);
}

void guest_main(void)
{
	const struct info *info = (const struct info *)start_info;
	const char *words = (const char *)info->cmdline;

	if (words[0] == 'y')
		yielder();
	if (words[0] == 'm' || words[0] == 'a')
		yields(words[0] == 'm' ? "yield-round" : "yield-alone");
	events_on();
	if (words[0] == 's')
		sleeper((uint16_t)(words[1] - '0'));
	waker((uint16_t)(words[1] - '0'));
}
