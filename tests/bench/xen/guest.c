/* SPDX-License-Identifier: Apache-2.0 */
/* What the guests of Xen have in common: interrupts, the local APIC, the table of samples on the console. */
#include "guest.h"
#include "../guest/measure.h"

#define APIC_BASE   0x1bu
#define APIC_X2	    0xc00ull /* enabled, x2APIC */
#define X2APIC_TPR  0x808u
#define X2APIC_SVR  0x80fu
#define X2APIC_LVTT 0x832u
#define X2APIC_TDCR 0x83eu
#define LVT_MASKED  0x10000u
#define XEN_CONSOLE 0xe9u
#define VECTORS	    0x50u
#define PER_LINE    6u /* Xen cuts lines of guests at 80 characters */

struct gate {
	uint16_t low, selector, type, middle;
	uint32_t high, reserved;
};

struct idt_register {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

static struct gate idt[VECTORS];

void guest_wrmsr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr"
			 :
			 : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
			 : "memory");
}

static uint64_t rdmsr(uint32_t msr)
{
	uint32_t lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return (uint64_t)hi << 32 | lo;
}

void guest_gate(unsigned vector, void (*handler)(void))
{
	const uint64_t to = (uint64_t)handler;
	const struct idt_register r = {sizeof idt - 1, (uint64_t)idt};

	idt[vector] = (struct gate){(uint16_t)to,	  8, 0x8e00, (uint16_t)(to >> 16),
				    (uint32_t)(to >> 32), 0};
	__asm__ volatile("lidt %0" : : "m"(r));
}

void guest_apic_on(void)
{
	guest_wrmsr(APIC_BASE, rdmsr(APIC_BASE) | APIC_X2);
	guest_wrmsr(X2APIC_SVR, 0x1ff);
	guest_wrmsr(X2APIC_TPR, 0);
	guest_wrmsr(X2APIC_LVTT, LVT_MASKED);
	guest_wrmsr(X2APIC_TDCR, 0xb);
}

static void say(char c)
{
	__asm__ volatile("outb %0, %1" : : "a"((uint8_t)c), "Nd"((uint16_t)XEN_CONSOLE));
}

void guest_say(const volatile char *text)
{
	while (*text) /* bound: texts of this file, and names with a terminator */
		say(*text++);
}

static void say_hex(uint32_t value)
{
	for (unsigned i = 0; i < 8; i++)
		say("0123456789abcdef"[value >> (28 - 4 * i) & 15]);
}

void guest_tell(void)
{
	for (unsigned r = 0; r < measure_table.rows; r++) {
		const volatile struct measure_row *row = &measure_table.row[r];

		for (unsigned i = 0; i < row->count; i++) {
			if (i % PER_LINE == 0) {
				guest_say(i == 0 ? "M " : "\nM ");
				guest_say(row->name);
			}
			say(' ');
			say_hex(row->sample[i]);
		}
		say('\n');
	}
	guest_say("M end\n");
	for (;;)
		__asm__ volatile("cli\n\thlt" : : : "memory");
}
