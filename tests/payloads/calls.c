/* SPDX-License-Identifier: Apache-2.0 */
/* The payload that makes every hypercall with every argument that could hurt: first each bad address where an address belongs, then at random. */
#include "guest.h"

#define ARENA	    0x20000u
#define RING	    (HV_RING_DATA + 8192u) /* as the scenario's description says */
#define IN	    0u			   /* its ends: it hears on one, sends on the other */
#define OUT	    1u
#define RANDOM	    12000u
#define NUMBERS	    80u
#define CALL_VMWARE 0x564d5868u
#define DEVFN	    0x80u
#define CAP_POINTER 0x34u
#define CAP_MSIX    0x11u
#define BAR0	    0x10u
#define PATIENCE    100000000u

/* The scenario writes a seed over this before it makes the image. */
volatile uint64_t calls_seed = 0x2d646565736c6c63ull;

/* For the scenario: how often each answer came; answers that must not be, the first with its number; where it is. */
volatile uint64_t calls_answers[16], calls_wrong, calls_first, calls_done;

static _Alignas(4096) uint8_t arena[ARENA], ring[RING];
static struct hv_info info;
static struct hv_fb_info screen;
static uint64_t bad[48], bads, state;

static uint64_t next(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dull;
}

static uint64_t below(uint64_t n)
{
	return next() % n;
}

/* RAX as it is given, and registers that no call of ours uses filled. */
static uint64_t raw(uint64_t rax, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	register uint64_t r10 __asm__("r10") = d;
	uint64_t rcx = next(), rbx = next();

	__asm__ volatile("vmmcall"
			 : "+a"(rax), "+d"(c), "+r"(r10), "+b"(rbx), "+c"(rcx)
			 : "D"(a), "S"(b)
			 : "memory");
	guest_progress++;
	calls_answers[rax < 15 ? rax : 15]++;
	return rax;
}

static uint64_t call(uint32_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	return raw(next() << 32 | HV_CALL_BASE | number, a, b, c, d);
}

static void wrong(uint32_t number)
{
	if (calls_wrong++ == 0)
		calls_first = number;
}

static void refused(uint32_t number, uint64_t a, uint64_t b, uint64_t c)
{
	if (call(number, a, b, c, 0) == HV_OK)
		wrong(number);
}

static uint32_t config(uint32_t reg)
{
	uint32_t value = 0x80000000u | DEVFN << 8 | reg;

	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"((uint16_t)0xcf8));
	__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"((uint16_t)0xcfc));
	return value;
}

static void add_bad(uint64_t at)
{
	if (bads < sizeof bad / sizeof bad[0])
		bad[bads++] = at;
}

/* The page that stands for the device's table of MSI-X vectors. */
static void add_stand_in(void)
{
	uint32_t at = config(CAP_POINTER) & 0xfc;

	for (unsigned i = 0; i < 48 && at != 0; i++) {
		uint32_t head = config(at), table = config(at + 4);

		if ((head & 0xff) == CAP_MSIX)
			add_bad((config(BAR0 + 4 * (table & 7)) & ~0xfull) + (table & ~7ull));
		at = head >> 8 & 0xfc;
	}
}

static void find_bad(void)
{
	static const uint64_t places[] = {
		0xfee00000,   0xfee00010,  0xfec00000,	       0xfed90000,    0xc0000000,
		0xe0000000,   0xffff0000,  0x100000000,	       1ull << 39,    1ull << 40,
		1ull << 47,   1ull << 52,  1ull << 63,	       ~0ull,	      ~0ull - 15,
		~0ull - 4095, ~0ull << 12, 0xffff800000000000, 0x200000000000};

	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
		add_bad(places[i]);
	add_bad(info.ram_bytes);
	add_bad(info.ram_bytes - 1);
	add_bad(info.ram_bytes + 4096);
	add_bad(info.ram_bytes | 1ull << 63);
	for (uint32_t bar = 0; bar < 6; bar++) {
		if (config(BAR0 + 4 * bar) > 0xfff)
			add_bad(config(BAR0 + 4 * bar) & ~0xfull);
	}
	add_stand_in();
	if (hcall(HV_CALL_FB_INFO, (uint64_t)&screen, 0, 0, 0).err == HV_OK) {
		add_bad(screen.gpa);
		add_bad(screen.gpa + screen.bytes - 4096);
	}
}

/* Each bad address in each place where an address belongs. */
static void each_address(uint64_t at)
{
	struct hv_seg *seg = (struct hv_seg *)arena;

	refused(HV_CALL_INFO, at, 0, 0);
	refused(HV_CALL_CONSOLE, at, 64, 0);
	refused(HV_CALL_ENTROPY, at, 64, 0);
	refused(HV_CALL_FB_INFO, at, 0, 0);
	refused(HV_CALL_CHAN_INFO, IN, at, 0);
	refused(HV_CALL_CHAN_INFO, OUT, at, 0);
	refused(HV_CALL_CHAN_ATTACH, IN, at, 0);
	refused(HV_CALL_CHAN_ATTACH, IN, at & ~0xfffull, 0);
	refused(HV_CALL_CHAN_ATTACH, IN, (at & ~0xfffull) - 4096, 0);
	refused(HV_CALL_CHAN_SEND, OUT, at, 1);
	refused(HV_CALL_CHAN_SEND, OUT, at, HV_SEG_MAX);
	refused(HV_CALL_CHAN_SEND_ONE, OUT, at, 64);
	refused(HV_CALL_CHAN_SEND_ONE, OUT, at - 32, 64);
	seg[0] = (struct hv_seg){at, 64, HV_SEG_END};
	refused(HV_CALL_CHAN_SEND, OUT, (uint64_t)seg, 1);
	seg[0] = (struct hv_seg){at - 32, 64,
				 HV_SEG_END}; /* begins in good memory, where that is so */
	refused(HV_CALL_CHAN_SEND, OUT, (uint64_t)seg, 1);
	seg[0] = (struct hv_seg){(uint64_t)arena + 4096, 64, 0};
	seg[1] = (struct hv_seg){at, 4096, HV_SEG_END};
	refused(HV_CALL_CHAN_SEND, OUT, (uint64_t)seg, 2);
}

/* No right to any of these, whatever the arguments. */
static void each_right(void)
{
	static const uint32_t numbers[] = {
		HV_CALL_STATUS,	     HV_CALL_FOCUS_SET,	   HV_CALL_FOCUS_GET,	  HV_CALL_VM_STATUS,
		HV_CALL_VM_KILL,     HV_CALL_VM_RESTART,   HV_CALL_VM_ON,	  HV_CALL_VM_OFF,
		HV_CALL_MACHINE,     HV_CALL_CONSOLE_READ, HV_CALL_DEVICE_STATUS, HV_CALL_HW_STATUS,
		HV_CALL_IMAGE_WRITE, HV_CALL_IMAGE_SEAL,   HV_CALL_VM_SWAP};

	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		for (uint64_t n = 0; n < 20; n++) {
			if (call(numbers[i], n, (uint64_t)arena, 0, 0) != HV_EPERM)
				wrong(numbers[i]);
		}
	}
	for (uint64_t end = 2; end < 70; end++) { /* ends it does not have */
		if (call(HV_CALL_CHAN_ATTACH, end, (uint64_t)ring, 0, 0) != HV_EPERM ||
		    call(HV_CALL_CHAN_SEND, end, (uint64_t)arena, 1, 0) != HV_EPERM ||
		    call(HV_CALL_CHAN_ACK, end, 0, 0, 0) != HV_EPERM)
			wrong(HV_CALL_CHAN_ATTACH);
	}
	if (call(HV_CALL_CHAN_SEND, IN, (uint64_t)arena, 1, 0) != HV_EPERM)
		wrong(HV_CALL_CHAN_SEND);
	if (call(HV_CALL_CHAN_SEND_ONE, IN, (uint64_t)arena, 1, 0) != HV_EPERM)
		wrong(HV_CALL_CHAN_SEND_ONE);
}

static uint64_t some_address(void)
{
	switch (below(4)) {
	case 0:
		return (uint64_t)arena + below(ARENA / 2);
	case 1:
		return (uint64_t)arena + 4096 * (1 + below(8)) - below(32);
	case 2:
		return (uint64_t)ring + below(RING);
	}
	return bad[below(bads)] + below(3) * 16 - 16;
}

static uint64_t some_number(void)
{
	static const uint64_t often[] = {0,	     1,		  2,	      4095,
					 4096,	     4097,	  0x7fff,     0x80000000,
					 0xffffffff, 0x100000000, 1ull << 63, ~0ull};

	return below(3) == 0 ? next() : below(2) ? below(24) : often[below(12)];
}

static void some_segments(struct hv_seg *seg)
{
	static const uint32_t lengths[] = {0,	 1,    15,   16,	 4080,
					   4096, 4097, 8192, 0x7fffffff, 0xffffffff};

	for (unsigned i = 0; i < HV_SEG_MAX; i++) {
		seg[i].gpa = some_address();
		seg[i].len = below(3) ? (uint32_t)below(300) : lengths[below(10)];
		seg[i].flags = below(8) == 0 ? (uint32_t)next() : (uint32_t)below(2);
	}
}

static uint32_t some_call(void)
{
	uint32_t number = below(2) ? (uint32_t)below(16) : (uint32_t)below(NUMBERS);

	return number == HV_CALL_EXIT ? HV_CALL_CHAN_SEND : number;
}

static void at_random(void)
{
	uint32_t number = some_call();

	if (number == HV_CALL_CHAN_SEND) {
		uint64_t list = (uint64_t)arena + ARENA / 2 + 4096 - below(40);

		some_segments((struct hv_seg *)list);
		(void)call(number, below(3), below(8) ? list : some_address(),
			   below(HV_SEG_MAX + 3), some_number());
	} else if (below(2)) {
		(void)call(number, some_address(), some_number(), some_number(), some_number());
	} else {
		(void)call(number, below(3), some_address(), some_number(), some_number());
	}
}

/* Numbers without our base are nobody's, or the three calls that stock kernels make. */
static void other_bases(void)
{
	for (uint64_t n = 0; n < NUMBERS; n++) {
		(void)raw(n, (uint64_t)arena, 64, 0, 0);
		(void)raw((HV_CALL_BASE ^ 0x10000) | n, (uint64_t)arena, 64, 0, 0);
		(void)raw(n << 32 | CALL_VMWARE, n, n, n, n);
		if (raw(HV_CALL_BASE | 0x8000 | n, 0, 0, 0, 0) != HV_ENOSYS)
			wrong(0x8000);
	}
}

void payload_main(void)
{
	if (hcall(HV_CALL_INFO, (uint64_t)&info, 0, 0, 0).err != HV_OK)
		finish(1);
	state = calls_seed | 1;
	find_bad();
	(void)hcall(HV_CALL_CHAN_ATTACH, IN, (uint64_t)ring, 0, 0);
	(void)hcall(HV_CALL_CHAN_ATTACH, OUT, 0, 0, 0);
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	while (((volatile struct hv_ring *)ring)->epoch ==
	       0) /* bound: the scenario's; until the boss attaches */
		__asm__ volatile("pause");
	for (uint64_t i = 0; i < bads; i++)
		each_address(bad[i]);
	each_right();
	other_bases();
	for (unsigned i = 0; i < RANDOM; i++)
		at_random();
	calls_done = bads;
	rest();
}
