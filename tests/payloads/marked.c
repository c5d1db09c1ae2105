/* SPDX-License-Identifier: Apache-2.0 */
/* The payload that leaves its mark, 16 random bytes of the core, in everything a VM can write; then it spins, a line half written. */
#include "guest.h"

#define FROM 0x400000ull /* above the payload itself */
#define BAR3                                                                                       \
	0x80040000ull /* of the e1000e, by the description: the page of its MSI-X table is a stand-in */
#define HALF	 32u
#define CR4_MORE 0x40600ull /* OSFXSR OSXMMEXCPT OSXSAVE */

static uint64_t mark[2];
static struct hv_info info;
static struct hv_fb_info fb;

/* Through the complement, so that what the driver is told is not what it looks for. */
static void tell(void)
{
	(void)hcall(HV_CALL_ENTROPY, (uint64_t)mark, sizeof mark, 0, 0);
	say_number("low", ~mark[0]);
	say_number("high", ~mark[1]);
}

static void fill(uint64_t from, uint64_t bytes)
{
	for (uint64_t at = from; at < from + bytes; at += 16) {
		((volatile uint64_t *)at)[0] = mark[0];
		((volatile uint64_t *)at)[1] = mark[1];
	}
}

static void write_register(uint64_t msr)
{
	__asm__ volatile("wrmsr"
			 :
			 : "c"((uint32_t)msr), "a"((uint32_t)mark[0]),
			   "d"((uint32_t)(mark[0] >> 32)));
}

/* STAR, LSTAR, CSTAR, kernel GS base, SYSENTER's: one that wants a canonical address refuses, as a processor may. */
static void fill_registers(void)
{
	static const uint32_t numbers[] = {0xc0000081, 0xc0000082, 0xc0000083,
					   0xc0000102, 0x175,	   0x176};

	for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		(void)caught(write_register, numbers[i]);
	__asm__ volatile("mov %0, %%dr0; mov %1, %%dr1; mov %0, %%dr2; mov %1, %%dr3; mov %0, %%cr2"
			 :
			 : "r"(mark[0]), "r"(mark[1]));
}

static void fill_vectors(uint64_t unused)
{
	uint64_t cr4;

	(void)unused;
	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
	__asm__ volatile("mov %0, %%cr4" : : "r"(cr4 | CR4_MORE));
	__asm__ volatile("xsetbv" : : "c"(0), "a"(7), "d"(0));
	__asm__ volatile("fninit; movq %0, %%mm0; movq %1, %%mm7" : : "m"(mark[0]), "m"(mark[1]));
	__asm__ volatile(
		"vbroadcastf128 %0, %%ymm0; vmovdqa %%ymm0, %%ymm1; vmovdqa %%ymm0, %%ymm7;"
		"vmovdqa %%ymm0, %%ymm8; vmovdqa %%ymm0, %%ymm15"
		:
		: "m"(mark));
}

/* Every general register but the stack pointer; a call of nobody leaves them on the core's stack, too. */
static _Noreturn void spin(void)
{
	__asm__ volatile("mov %0, %%rax; mov %1, %%rcx; mov %%rax, %%rdx; mov %%rcx, %%rbx; mov "
			 "%%rcx, %%rbp;"
			 "mov %%rax, %%rsi; mov %%rcx, %%rdi; mov %%rax, %%r8; mov %%rcx, %%r9; "
			 "mov %%rax, %%r10;"
			 "mov %%rcx, %%r11; mov %%rax, %%r12; mov %%rcx, %%r13; mov %%rax, %%r14; "
			 "mov %%rcx, %%r15;"
			 "1: vmmcall; mov %%rsi, %%rax; mov $1000, %%r11; 2: pause; dec %%r11; jnz "
			 "2b; mov %%rcx, %%r11;"
			 "jmp 1b"
			 :
			 : "m"(mark[0]), "m"(mark[1]));
	for (;;)
		;
}

void payload_main(void)
{
	(void)hcall(HV_CALL_INFO, (uint64_t)&info, 0, 0, 0);
	tell();
	if (info.life == 1) {
		fill(FROM, info.ram_bytes - FROM);
		if (hcall(HV_CALL_FB_INFO, (uint64_t)&fb, 0, 0, 0).err == HV_OK)
			fill(fb.gpa, (uint64_t)fb.height * fb.pitch);
		fill(BAR3, 4096);
		fill_registers();
		say_number("vectors", caught(fill_vectors, 0));
		(void)hcall(HV_CALL_CONSOLE, (uint64_t)mark, sizeof mark, 0, 0);
	}
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	spin();
}
