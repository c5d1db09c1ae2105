/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the firmware's clock, measures TSC and local APIC timer, gathers entropy. Every wait has a bound. */
#include "clock.h"

#include "bytes.h"
#include "hw.h"

#define PM_HZ	       3579545ull
#define PM_10MS	       35795u
#define PM_1MS	       3580u
#define PM_READS_MAX   100000000u /* bound: above 50 s of port reads */
#define ROUNDS	       5u
#define MSR_APIC_BASE  0x1b
#define APIC_X2	       (1ull << 10)
#define APIC_LVT_TIMER 0x320u
#define APIC_INITIAL   0x380u
#define APIC_CURRENT   0x390u
#define APIC_DIVIDE    0x3e0u
#define JITTER_SAMPLES 1024u

static uint16_t pm_port;
static uint32_t pm_mask;
static uint64_t apic_hpa; /* 0 = x2APIC mode, through MSRs */

static uint32_t pm_read(void)
{
	return hw_in32(pm_port);
}

/* Waits until TICKS have passed since START; gives the ticks that have. 0 = the timer stands still. */
static uint32_t pm_wait(uint32_t start, uint32_t ticks)
{
	for (uint32_t i = 0; i < PM_READS_MAX; i++) {
		uint32_t passed = (pm_read() - start) & pm_mask;
		if (passed >= ticks)
			return passed;
	}
	return 0;
}

bool clock_init(const struct acpi_fadt *fadt)
{
	pm_port = fadt->pm_timer;
	pm_mask = fadt->timer_32bit ? ~0u : 0xffffffu;
	if (pm_port == 0)
		return false;
	uint32_t start = pm_read();
	for (unsigned i = 0; i < 100000;
	     i++) /* bound: a tick is 280 ns, a port read at least 20 ns */
		if (pm_read() != start)
			return true;
	return false;
}

void clock_wait_1ms(void)
{
	(void)pm_wait(pm_read(), PM_1MS);
}

static uint32_t apic_read(uint32_t reg)
{
	return apic_hpa ? hw_mmio_read32(apic_hpa + reg) : (uint32_t)hw_rdmsr(0x800 + (reg >> 4));
}

static void apic_write(uint32_t reg, uint32_t value)
{
	if (apic_hpa)
		hw_mmio_write32(apic_hpa + reg, value);
	else
		hw_wrmsr(0x800 + (reg >> 4), value);
}

bool clock_rates(uint64_t lapic_hpa, uint64_t *tsc_khz, uint64_t *lapic_khz)
{
	uint64_t best_tsc = ~0ull, best_apic = ~0ull;

	apic_hpa = hw_rdmsr(MSR_APIC_BASE) & APIC_X2 ? 0 : lapic_hpa;
	apic_write(APIC_LVT_TIMER, 1u << 16 | 0xff); /* masked, one-shot */
	apic_write(APIC_DIVIDE, 0xb);		     /* by 1 */
	for (unsigned i = 0; i < ROUNDS; i++) {
		apic_write(APIC_INITIAL, ~0u);
		uint32_t start = pm_read();
		uint64_t tsc = hw_tsc();
		uint32_t apic = apic_read(APIC_CURRENT);
		uint64_t ticks = pm_wait(start, PM_10MS);
		tsc = hw_tsc() - tsc;
		apic -= apic_read(APIC_CURRENT);
		if (ticks == 0 || apic == 0)
			return false;
		uint64_t t = tsc * PM_HZ / (ticks * 1000), a = apic * PM_HZ / (ticks * 1000);
		best_tsc = t < best_tsc ? t : best_tsc;
		best_apic = a < best_apic ? a : best_apic;
	}
	apic_write(APIC_INITIAL, 0);
	*tsc_khz = best_tsc;
	*lapic_khz = best_apic;
	return best_tsc != 0 && best_apic != 0;
}

static bool date_ok(const struct efi_time *t)
{
	return t->year >= 1970 && t->year <= 9999 && t->month >= 1 && t->month <= 12 &&
	       t->day >= 1 && t->day <= 31 && t->hour < 24 && t->minute < 60 && t->second < 60 &&
	       t->nanosecond < 1000000000u;
}

uint64_t clock_ns(const struct efi_time *t)
{
	if (!date_ok(t))
		return 0;
	/* Years counted from March, so that the leap day comes last: 153 days in each five months. */
	uint64_t month = (t->month + 9u) % 12, year = t->year - (t->month < 3 ? 1u : 0u);
	uint64_t days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 +
			t->day - 1u;
	days -= 719468; /* 1970-01-01 in this count */
	uint64_t minutes = (days * 24 + t->hour) * 60 + t->minute;
	if (t->zone != EFI_ZONE_UNKNOWN && t->zone >= -1440 && t->zone <= 1440)
		minutes += (uint64_t)(int64_t)t->zone; /* UTC = local + zone */
	return (minutes * 60 + t->second) * 1000000000ull + t->nanosecond;
}

static bool from_firmware(struct efi_system_table *st, uint64_t *words, unsigned count)
{
	static const struct efi_guid guid = EFI_GUID_RNG;
	void *p = NULL;

	if (st->boot->locate_protocol(&guid, NULL, &p) != EFI_SUCCESS)
		return false;
	struct efi_rng *rng = p;
	return rng->get(rng, NULL, count * 8ull, (uint8_t *)words) == EFI_SUCCESS;
}

static bool from_processor(uint64_t *words, unsigned count)
{
	uint64_t before = 0;

	if (!(hw_cpuid(1).ecx & 1u << 30))
		return false;
	for (unsigned i = 0; i < count; i++) {
		uint64_t v = 0;
		int ok = 0;
		for (unsigned t = 0; t < 10 && !ok; t++) /* bound: the manuals advise ten tries */
			ok = hw_rdrand(&v);
		if (!ok || v == before || v == ~0ull) /* there are generators that stick */
			return false;
		before = v;
		words[i] ^= v;
	}
	return true;
}

uint32_t clock_entropy(struct efi_system_table *st, uint64_t *words, unsigned count)
{
	uint64_t jitter = hw_tsc();

	memset(words, 0, count * 8ull);
	bool firmware = from_firmware(st, words, count);
	bool processor = from_processor(words, count);
	for (unsigned i = 0; i < JITTER_SAMPLES; i++) {
		(void)pm_read();
		jitter = (jitter ^ hw_tsc()) * 0x9e3779b97f4a7c15ull;
		jitter ^= jitter >> 29;
		words[i % count] ^= jitter;
	}
	return firmware || processor ? 256 : 16;
}
