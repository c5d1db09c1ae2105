/* SPDX-License-Identifier: Apache-2.0 */
/* One thread of each core runs, the rest is parked: threads of a core share caches and buffers that no switch can clear. */
#include "cpus.h"

#include "hw.h"

#define MSR_APIC_BASE	0x1bu
#define MSR_X2APIC_ICR	0x830u
#define APIC_X2		(1ull << 10)
#define APIC_ICR	0x300u
#define ICR_PENDING	(1u << 12)
#define ICR_INIT_OTHERS 0xc4500u /* all excluding self, level, assert, INIT */
#define ICR_READS_MAX	1000000u /* bound: above 50 ms of register reads */
#define LEVEL_THREAD	1u

uint32_t cpus_boot_id(void)
{
	if (hw_cpuid(0).eax >= 0xb && hw_cpuid(0xb).ebx != 0)
		return hw_cpuid(0xb).edx;
	return hw_cpuid(1).ebx >> 24;
}

/* Source: AMD APM vol 3, E.3.7 and E.4.17 (Fn0000_000B sub-leaf 0, Fn8000_001E); both describe the processor that asks. */
unsigned cpus_thread_bits(void)
{
	unsigned bits = 0;

	if (hw_cpuid(0).eax >= 0xb && hw_cpuid(0xb).ebx != 0) {
		struct hw_cpuid r = hw_cpuid(0xb);
		return (r.ecx >> 8 & 0xff) == LEVEL_THREAD ? r.eax & 31 : 0;
	}
	if (hw_cpuid(0x80000000).eax < 0x8000001e || !(hw_cpuid(0x80000001).ecx & 1u << 22))
		return 0;
	for (unsigned last = hw_cpuid(0x8000001e).ebx >> 8 & 0xff; last != 0; last >>= 1)
		bits++;
	return bits;
}

static bool core_taken(const struct cpus *c, uint32_t id, unsigned thread_bits)
{
	for (unsigned i = 0; i < c->count; i++)
		if (c->apic_id[i] >> thread_bits == id >> thread_bits)
			return true;
	return false;
}

void cpus_choose(const struct acpi_madt *m, uint32_t boot, unsigned thread_bits, struct cpus *out)
{
	*out = (struct cpus){.count = 1, .apic_id = {boot}};
	for (unsigned i = 0; i < m->cpus; i++) {
		uint32_t id = m->apic_id[i];
		if (id == boot)
			continue;
		if (core_taken(out, id, thread_bits))
			out->siblings++;
		else if (out->count < CPU_MAX)
			out->apic_id[out->count++] = id;
	}
}

bool cpus_park(uint64_t lapic_hpa)
{
	if (hw_rdmsr(MSR_APIC_BASE) & APIC_X2) {
		hw_wrmsr(MSR_X2APIC_ICR, ICR_INIT_OTHERS);
		return true;
	}
	hw_mmio_write32(lapic_hpa + APIC_ICR, ICR_INIT_OTHERS);
	for (unsigned i = 0; i < ICR_READS_MAX; i++)
		if (!(hw_mmio_read32(lapic_hpa + APIC_ICR) & ICR_PENDING))
			return true;
	return false;
}
