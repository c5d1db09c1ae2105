/* SPDX-License-Identifier: Apache-2.0 */
/* Start, console and exception catching of the bare-metal test guests. */
#include "guest.h"

struct gate {
	uint16_t low, selector, flags, mid;
	uint32_t high, reserved;
};

#define VECTORS 32

static struct gate idt[VECTORS];
extern const uint8_t guest_stubs[]; /* 16 bytes each */
static char line[HV_CONSOLE_MAX];

/* Where guest_caught resumes: stack pointer and the flag that a try is under way. */
uint64_t guest_resume_rsp;

struct hcall_result hcall(uint32_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	struct hcall_result r;
	register uint64_t r10 __asm__("r10") = d;
	uint64_t rax = HV_CALL_BASE | number, rdx = c;

	__asm__ volatile("vmmcall" : "+a"(rax), "+d"(rdx), "+r"(r10) : "D"(a), "S"(b) : "memory");
	r.err = rax;
	r.value = rdx;
	r.second = r10;
	return r;
}

static size_t append(size_t at, const char *text)
{
	while (*text != 0 && at < sizeof line - 1)
		line[at++] = *text++;
	return at;
}

static void send_line(size_t length)
{
	line[length] = '\n';
	(void)hcall(HV_CALL_CONSOLE, (uint64_t)line, length + 1, 0, 0);
}

void say(const char *text)
{
	send_line(append(0, text));
}

void say_number(const char *text, uint64_t value)
{
	char digits[18] = " ";
	unsigned n = 1;

	for (int shift = 60; shift >= 0; shift -= 4) {
		if (value >> shift != 0 || shift == 0)
			digits[n++] = "0123456789abcdef"[value >> shift & 15];
	}
	digits[n] = 0;
	send_line(append(append(0, text), digits));
}

void finish(uint64_t cause)
{
	for (;;)
		(void)hcall(HV_CALL_EXIT, cause, 0, 0, 0);
}

static void idt_load(void)
{
	struct {
		uint16_t pad[3];
		uint16_t limit;
		uint64_t base;
	} r = {.limit = sizeof idt - 1, .base = (uint64_t)idt};
	uint16_t cs;

	__asm__ volatile("mov %%cs, %0" : "=r"(cs));
	for (unsigned v = 0; v < VECTORS; v++) {
		uint64_t at = (uint64_t)guest_stubs + 16ull * v;

		idt[v] = (struct gate){(uint16_t)at,	     cs, 0x8e00, (uint16_t)(at >> 16),
				       (uint32_t)(at >> 32), 0};
	}
	__asm__ volatile("lidt (%0)" : : "r"(&r.limit) : "memory");
}

/* From the entry code. */
_Noreturn void guest_start(void);
_Noreturn void guest_start(void)
{
	idt_load();
	payload_main();
}
