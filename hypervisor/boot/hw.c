/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions and registers for the loader, one per function, and the three memory functions. Must decide nothing. */
#include "hw.h"

#include "bytes.h"

typedef uint64_t any_word __attribute__((aligned(1), may_alias)); /* eight bytes of whatever */

static uint64_t ecam_hpa;
static uint8_t ecam_first, ecam_last;

struct hw_cpuid hw_cpuid(uint32_t leaf)
{
	struct hw_cpuid r;

	__asm__ volatile("cpuid"
			 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
			 : "a"(leaf), "c"(0));
	return r;
}

uint64_t hw_rdmsr(uint32_t msr)
{
	uint32_t lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return (uint64_t)hi << 32 | lo;
}

void hw_wrmsr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

uint64_t hw_cr4(void)
{
	uint64_t v;

	__asm__ volatile("mov %%cr4, %0" : "=r"(v));
	return v;
}

uint64_t hw_tsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

int hw_rdrand(uint64_t *value)
{
	uint8_t ok;

	__asm__ volatile("rdrand %0; setc %1" : "=r"(*value), "=qm"(ok) : : "cc");
	return ok;
}

uint8_t hw_in8(uint16_t port)
{
	uint8_t v;

	__asm__ volatile("inb %1, %0" : "=a"(v) : "d"(port));
	return v;
}

void hw_out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "d"(port));
}

uint32_t hw_in32(uint16_t port)
{
	uint32_t v;

	__asm__ volatile("inl %1, %0" : "=a"(v) : "d"(port));
	return v;
}

void hw_out32(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "d"(port));
}

uint32_t hw_mmio_read32(uint64_t hpa)
{
	return *(volatile const uint32_t *)hpa;
}

uint64_t hw_mmio_read64(uint64_t hpa)
{
	return hw_mmio_read32(hpa) | (uint64_t)hw_mmio_read32(hpa + 4) << 32;
}

void hw_mmio_write32(uint64_t hpa, uint32_t value)
{
	*(volatile uint32_t *)hpa = value;
}

void hw_interrupts_off(void)
{
	__asm__ volatile("cli" : : : "memory");
}

_Noreturn void hw_stop(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

void hw_pci_ecam(uint64_t hpa, uint8_t bus_first, uint8_t bus_last)
{
	ecam_hpa = hpa;
	ecam_first = bus_first;
	ecam_last = bus_last;
}

/* Address of an extended register, 0 = not reachable. The table's address is that of bus 0, whatever the first bus is. */
static uint64_t ecam_at(uint16_t bdf, unsigned off)
{
	if (ecam_hpa == 0 || bdf >> 8 < ecam_first || bdf >> 8 > ecam_last || off > 0xfff)
		return 0;
	return ecam_hpa + ((uint64_t)bdf << 12) + off;
}

uint32_t hw_pci_read(uint16_t bdf, unsigned off)
{
	if (off > 255)
		return ecam_at(bdf, off) ? hw_mmio_read32(ecam_at(bdf, off)) : ~0u;
	hw_out32(0xcf8, 1u << 31 | (uint32_t)bdf << 8 | (off & 0xfc));
	return hw_in32(0xcfc);
}

void hw_pci_write(uint16_t bdf, unsigned off, uint32_t value)
{
	if (off > 255) {
		if (ecam_at(bdf, off))
			hw_mmio_write32(ecam_at(bdf, off), value);
		return;
	}
	hw_out32(0xcf8, 1u << 31 | (uint32_t)bdf << 8 | (off & 0xfc));
	hw_out32(0xcfc, value);
}

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	uint8_t *t = to;
	const uint8_t *f = from;

	for (; n >= 8; n -= 8, t += 8, f += 8)
		*(any_word *)t = *(const any_word *)f;
	for (; n > 0; n--)
		*t++ = *f++;
	return to;
}

void *memset(void *to, int value, size_t n)
{
	uint8_t *t = to;
	uint64_t word = 0x0101010101010101ull * (uint8_t)value;

	for (; n >= 8; n -= 8, t += 8)
		*(any_word *)t = word;
	for (; n > 0; n--)
		*t++ = (uint8_t)value;
	return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a, *y = b;

	for (size_t i = 0; i < n; i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}
