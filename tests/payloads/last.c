/* SPDX-License-Identifier: Apache-2.0 */
/* The payload whose one act ends it: the core must say why, and nobody else may notice. */
#include "guest.h"

#define HIGH	(1ull << 47 | 0x100000) /* no address of a 48-bit processor */
#define OUTSIDE 0x40000000ull
#define PTE_RW	3u

enum last {
	TRIPLE,
	DEAF_HALT,
	RESET,
	IDT_HIGH,
	GDT_HIGH,
	NO_STACK,
	TABLE_OUTSIDE,
	ENTRY_OUTSIDE,
	DR7_HIGH,
	NW_ALONE,
	CR4_RESERVED,
	CR3_HIGH
};

/* The scenario writes one of the numbers above over this before it makes the image. */
volatile uint64_t last_kind = 0x2d6d6e697473616cull;

static void table_load(bool idt, uint64_t base)
{
	struct {
		uint16_t pad[3];
		uint16_t limit;
		uint64_t base;
	} r = {.limit = 0xfff, .base = base};

	if (idt)
		__asm__ volatile("lidt (%0)" : : "r"(&r.limit) : "memory");
	else
		__asm__ volatile("lgdt (%0)" : : "r"(&r.limit) : "memory");
}

static uint64_t cr0(void)
{
	uint64_t v;

	__asm__ volatile("mov %%cr0, %0" : "=r"(v));
	return v;
}

static void entry_outside(void)
{
	volatile uint64_t *top;

	__asm__ volatile("mov %%cr3, %0" : "=r"(top));
	top[1] = OUTSIDE | PTE_RW;
	__asm__ volatile("mov %0, %%cr3" : : "r"(top) : "memory");
	(void)*(volatile uint64_t *)(1ull << 39);
}

static void act(uint64_t kind)
{
	switch ((enum last)kind) {
	case TRIPLE:
		table_load(true, 0);
		__asm__ volatile("ud2");
		return;
	case DEAF_HALT:
		__asm__ volatile("cli\n\thlt");
		return;
	case RESET:
		__asm__ volatile("outb %b0, $0x64" : : "a"(0xfe));
		return;
	case IDT_HIGH:
		table_load(true, HIGH);
		__asm__ volatile("int3");
		return;
	case GDT_HIGH:
		table_load(false, HIGH);
		__asm__ volatile("mov %0, %%ds" : : "r"(0x10));
		return;
	case NO_STACK:
		__asm__ volatile("mov %0, %%rsp\n\tint3" : : "r"(HIGH));
		return;
	case TABLE_OUTSIDE:
		__asm__ volatile("mov %0, %%cr3" : : "r"(OUTSIDE) : "memory");
		return;
	case ENTRY_OUTSIDE:
		entry_outside();
		return;
	case DR7_HIGH:
		__asm__ volatile("mov %0, %%dr7" : : "r"(1ull << 40 | 0x400));
		return;
	case NW_ALONE:
		__asm__ volatile("mov %0, %%cr0" : : "r"(cr0() | 1u << 29));
		return;
	case CR4_RESERVED:
		__asm__ volatile("mov %0, %%cr4" : : "r"(1ull << 31 | 0x20));
		return;
	case CR3_HIGH:
		__asm__ volatile("mov %0, %%cr3" : : "r"(1ull << 51 | 0x1000) : "memory");
		return;
	}
}

void payload_main(void)
{
	say("still here");
	act(last_kind);
	(void)hcall(0, 0, 0, 0,
		    0); /* an exit: what the processor refuses, it refuses at the next entry */
	say("came back");
	finish(0);
}
