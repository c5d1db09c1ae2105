/* SPDX-License-Identifier: Apache-2.0 */
/* See function.h. */
#include "function.h"

#define CF8	   0xcf8u
#define CFC	   0xcfcu
#define X2APIC_TPR 0x808u
#define X2APIC_SVR 0x80fu
#define CAPS	   0x34u
#define CAPS_MAX   48u

struct gate {
	uint16_t low, selector, flags, mid;
	uint32_t high, reserved;
};

static struct gate idt[256];
extern const uint8_t function_stubs[]; /* 16 bytes each */

uint32_t pci_read(uint32_t bus, uint32_t devfn, uint32_t reg)
{
	uint32_t value;

	out32(CF8, 0x80000000u | bus << 16 | devfn << 8 | reg);
	__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"((uint16_t)CFC));
	return value;
}

void pci_write(uint32_t bus, uint32_t devfn, uint32_t reg, uint32_t value)
{
	out32(CF8, 0x80000000u | bus << 16 | devfn << 8 | reg);
	out32(CFC, value);
}

uint32_t pci_capability(uint32_t id)
{
	uint32_t at = pci_read(0, FUNCTION_DEVFN, CAPS) & 0xfc;

	for (unsigned i = 0; i < CAPS_MAX && at != 0; i++) {
		uint32_t header = pci_read(0, FUNCTION_DEVFN, at);

		if ((header & 0xff) == id)
			return at;
		at = header >> 8 & 0xfc;
	}
	return 0;
}

void interrupts_start(void)
{
	struct {
		uint16_t pad[3];
		uint16_t limit;
		uint64_t base;
	} r = {.limit = sizeof idt - 1, .base = (uint64_t)idt};
	uint16_t cs;

	__asm__ volatile("mov %%cs, %0" : "=r"(cs));
	for (unsigned v = 0; v < 256; v++) {
		uint64_t at = (uint64_t)function_stubs + 16ull * v;

		idt[v] = (struct gate){(uint16_t)at,	     cs, 0x8e00, (uint16_t)(at >> 16),
				       (uint32_t)(at >> 32), 0};
	}
	__asm__ volatile("lidt (%0)" : : "r"(&r.limit) : "memory");
	wrmsr(X2APIC_SVR, 0x1ff);
	wrmsr(X2APIC_TPR, 0);
	__asm__ volatile("sti" : : : "memory");
}
