/* SPDX-License-Identifier: Apache-2.0 */
/* The payload that tries instructions and registers a guest does not get: each must end in the exception that is written beside it. */
#include "guest.h"

#define UD	   6u
#define GP	   13u
#define NOTHING	   256u
#define EFER	   0xc0000080u
#define MSR_ICR	   0x830u
#define LOGICAL	   0x800u
#define IPI_VECTOR 0xe1u
#define TSS	   0x28u
#define TIMES	   64u /* of what answers nothing */
#define PTE_RW	   0x3ull
#define PTE_USER   0x4ull
#define PTE_BIG	   0x80ull
#define HIGH	   0xfffffffffffff000ull /* of what physical addresses can be: bits 51 to 12 */

static uint64_t wrong;
static _Alignas(4096) uint8_t page[4096];

#define PLAIN(name, text)                                                                          \
	static void name(uint64_t a)                                                               \
	{                                                                                          \
		__asm__ volatile(text : : "a"(a), "c"(a), "d"(0) : "memory");                      \
	}
PLAIN(do_vmrun, "vmrun %%rax")
PLAIN(do_vmload, "vmload %%rax")
PLAIN(do_vmsave, "vmsave %%rax")
PLAIN(do_stgi, "stgi")
PLAIN(do_clgi, "clgi")
PLAIN(do_skinit, "skinit %%eax")
PLAIN(do_invlpga, "invlpga %%rax, %%ecx")
PLAIN(do_monitor, "monitor %%rax, %%ecx, %%edx")
PLAIN(do_mwait, "mwait %%eax, %%ecx")
PLAIN(do_rdpmc, "rdpmc")
PLAIN(do_rdpru, ".byte 0x0f, 0x01, 0xfd")
PLAIN(do_vmcall, "vmcall")
PLAIN(do_rsm, "rsm")
PLAIN(do_wbinvd, "wbinvd")
PLAIN(do_invd, "invd")
PLAIN(do_cr3, "mov %%rax, %%cr3")
PLAIN(do_lmsw, "lmsw %%ax")
PLAIN(do_ltr, "ltr %%ax")
PLAIN(do_lldt, "lldt %%ax")
PLAIN(do_jmp_task, "push %%rax\n\tpushq $0\n\trex.w ljmp *(%%rsp)")
PLAIN(do_call_task, "push %%rax\n\tpushq $0\n\trex.w lcall *(%%rsp)")
PLAIN(do_nested_iret, "pushfq\n\torq $0x4000, (%%rsp)\n\tpopfq\n\tiretq")
PLAIN(do_int_task, "int $0x40")
PLAIN(do_jump_high, "jmp *%%rax")

static void do_xsetbv(uint64_t value)
{
	__asm__ volatile("xsetbv" : : "a"((uint32_t)value), "d"(0), "c"((uint32_t)(value >> 32)));
}

static void do_efer(uint64_t bits)
{
	wrmsr(EFER, rdmsr(EFER) ^ bits);
}

/* In ring 3, at AT. What raises an exception there comes back by the stack of ring 0 in the task state. */
static void do_ring3(uint64_t at)
{
	static _Alignas(16) uint8_t stack[512];

	__asm__ volatile("pushq $0x1b\n\t"
			 "push %0\n\t"
			 "pushfq\n\t"
			 "pushq $0x23\n\t"
			 "push %1\n\t"
			 "iretq"
			 :
			 : "r"(stack + sizeof stack), "r"(at)
			 : "memory");
}

void instr_user(void); /* a call of ours; where it is answered, HLT is #GP */
__asm__("instr_user:\n\t"
	"mov $0x42480003, %eax\n\t"
	"vmmcall\n\t"
	"hlt\n");

struct act {
	const char *name;
	void (*try)(uint64_t argument);
	uint64_t argument;
	unsigned expected;
};

/* The first ten leave by an exit of their own: the core counts them. */
static const struct act acts[] = {
	{"vmrun",		    do_vmrun,	    0x1000,		    UD},
	{"vmload",		   do_vmload,      0x1000,		      UD},
	{"vmsave",		   do_vmsave,      0x1000,		      UD},
	{"stgi",		     do_stgi,	  0,		     UD},
	{"clgi",		     do_clgi,	  0,		     UD},
	{"skinit",		   do_skinit,      0x1000,		      UD},
	{"invlpga",		    do_invlpga,	0,			   UD},
	{"monitor",		    do_monitor,	0,			   UD},
	{"mwait",		    do_mwait,	    0,		       UD},
	{"rdpmc",		    do_rdpmc,	    0,		       UD},
	{"rdpru",		    do_rdpru,	    0,		       UD},
	{"vmcall",		   do_vmcall,      0,			 UD},
	{"rsm",		      do_rsm,		0,			   UD},
	{"vmmcall of ring 3",	      do_ring3,	(uint64_t)instr_user, UD},
	{"xsetbv without x87",       do_xsetbv,	  6,		     GP},
	{"xsetbv avx without sse",   do_xsetbv,      5,			 GP},
	{"xsetbv bit 62",		  do_xsetbv,	     1ull << 30 | 7,	     GP},
	{"xsetbv of register 1",	 do_xsetbv,	    1ull << 32 | 7,	    GP},
	{"efer svme",		      do_efer,	       1ull << 12,	   GP},
	{"efer lme",		     do_efer,	      1ull << 8,		 GP},
	{"efer lma",		     do_efer,	      1ull << 10,		  GP},
	{"efer lmsle",	       do_efer,	1ull << 13,	    GP},
	{"efer ffxsr",	       do_efer,	1ull << 14,	    GP},
	{"efer bit 63",		do_efer,	 1ull << 63,	     GP},
	{"lldt of a task state",	 do_lldt,	  TSS,		       GP},
	{"ltr of a busy task",       do_ltr,	       TSS,		    GP},
	{"ltr of code",		do_ltr,		0x08,		      GP},
	{"jump to a task",	   do_jmp_task,	TSS,		     GP},
	{"call of a task",	   do_call_task,	 TSS,		      GP},
	{"return to a nested task",  do_nested_iret, 0,		       GP},
	{"interrupt by a task gate", do_int_task,	  0,		     GP},
	{"jump to no address",       do_jump_high,   1ull << 47,		 GP},
};

/* What has no answer: it must do nothing, however often. */
static const struct act silent[] = {
	{"wbinvd", do_wbinvd, 0, NOTHING},
	{"invd",	 do_invd,	  0, NOTHING},
	{"lmsw 1", do_lmsw,   1, NOTHING},
};

static void ipi(uint64_t icr)
{
	wrmsr(MSR_ICR, icr + IPI_VECTOR + (icr >> 8 & 7)); /* a vector for each mode */
	guest_progress++;
}

static void run(const struct act *a)
{
	unsigned got = caught(a->try, a->argument);

	guest_progress++;
	if (got == a->expected)
		return;
	wrong++;
	say_number(a->name, got);
}

/* Its own page tables: an entry that names every address in turn, of no use because it is not walked, and one that is walked. */
static void own_tables(void)
{
	uint64_t cr3;
	volatile uint64_t *top, *alias;

	__asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
	top = (volatile uint64_t *)cr3;
	for (unsigned bit = 12; bit < 52; bit++) {
		top[511] = 1ull << bit | PTE_RW;
		do_cr3(cr3);
		guest_progress++;
	}
	top[511] = 0;
	/* 5 GiB, by a third table of ours, is the page of this payload's own: another address, the same memory */
	alias = (volatile uint64_t *)((top[0] & HIGH) + 8 * 5);
	*alias = (uint64_t)page | PTE_RW;
	((volatile uint64_t *)page)[0] = PTE_BIG | PTE_RW;
	do_cr3(cr3);
	if (*(volatile uint64_t *)(5ull << 30 | cr3) != *top)
		wrong++;
	guest_progress++;
}

/* Every delivery mode to every processor there could be, to groups of them, and by each shorthand. */
static void ipis(void)
{
	static const uint64_t groups[] = {0, 1, 3, 0xffff, 0x10001, 0xffffffff};

	for (uint64_t mode = 0; mode < 8; mode++) {
		for (uint64_t id = 0; id < 256; id++)
			ipi(id << 32 | mode << 8);
		for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
			ipi(groups[i] << 32 | LOGICAL | mode << 8);
		for (uint64_t shorthand = 1; shorthand < 4; shorthand++)
			ipi(shorthand << 18 | mode << 8);
	}
}

/* Ring 3 may reach the 2 MiB of this payload. */
static void open_to_ring3(void)
{
	uint64_t cr3;
	volatile uint64_t *top, *next;

	__asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
	top = (volatile uint64_t *)cr3;
	next = (volatile uint64_t *)(top[0] & HIGH);
	top[0] |= PTE_USER;
	((volatile uint64_t *)(next[0] & HIGH))[1] |= PTE_USER;
	next[0] |= PTE_USER;
	do_cr3(cr3);
}

void payload_main(void)
{
	open_to_ring3();
	guest_gate_kind(0x40, TSS, 0x8500); /* a task gate */
	__asm__ volatile("mov %%cr4, %%rax\n\tor $0x40000, %%rax\n\tmov %%rax, %%cr4"
			 :
			 :
			 : "rax"); /* XSAVE */
	for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
		run(&acts[i]);
	for (unsigned n = 0; n < TIMES; n++) {
		for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++)
			run(&silent[i]);
	}
	own_tables();
	apic_on();
	ipis(); /* interrupts are off: what comes to itself waits, and is taken in rest */
	say_number("acts", guest_progress);
	say_number("wrong", wrong);
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	rest();
}
