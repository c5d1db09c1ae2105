/* SPDX-License-Identifier: Apache-2.0 */
/* Memory as units see it, and what the invalidation queue does to their caches. */
#include "hw.h"
#include "ptab.h"
#include "vtd_fake.h"

static _Alignas(4096) uint8_t pool[FAKE_POOL_PAGES][4096];
static uint8_t memory[FAKE_POOL_PAGES][4096]; /* what has left the cache */

void vtd_fake_memory_reset(void)
{
	memset(pool, 0xee, sizeof pool); /* a page that is used without being wiped shows */
	memset(memory, 0xdd, sizeof memory);
	ptab_pool_init(pool, (hpa_t){FAKE_POOL_HPA}, FAKE_POOL_PAGES);
}

uint64_t vtd_fake_read(const struct vtd_fake *f, uint64_t hpa)
{
	uint64_t value = 0, at = hpa - FAKE_POOL_HPA;

	if (at >= sizeof pool) {
		vtd_fake_complain("the unit reads a table outside the pool");
		return 0;
	}
	memcpy(&value, ((f->ecap & FAKE_COHERENT) ? pool[0] : memory[0]) + at, sizeof value);
	return value;
}

/* One 16-byte entry goes from what the unit saw to what it will see. Second-level pages are not made of such entries. */
static void check_entry(size_t at)
{
	uint64_t was[2], now[2];

	memcpy(was, memory[0] + at, 16);
	memcpy(now, pool[0] + at, 16);
	if (!(was[0] & 1) && (now[0] & 1) && was[1] != now[1])
		vtd_fake_complain("an entry becomes present before its upper half is there");
	if ((was[0] & 1) && (now[0] & 1) && was[0] != now[0])
		vtd_fake_complain("a present entry is changed in place");
	if ((was[0] & 1) && was[1] != now[1])
		vtd_fake_complain("the upper half changes under a present entry");
}

void hw_cache_flush(const void *at, size_t bytes)
{
	size_t first = (size_t)((uintptr_t)at - (uintptr_t)pool) & ~63ull;
	size_t end = (size_t)((uintptr_t)at - (uintptr_t)pool) + bytes;

	if (end > sizeof pool || bytes == 0) {
		vtd_fake_complain("flush of something that is no table");
		return;
	}
	for (size_t line = first; line < end; line += 64) {
		for (size_t e = line; bytes < 4096 && e < line + 64; e += 16) {
			if (e / 4096 < FAKE_ENTRY_PAGES)
				check_entry(e);
		}
		memcpy(memory[0] + line, pool[0] + line, 64);
	}
}

/* --- queue --- */

static void contexts_drop(struct vtd_fake *f, unsigned kind, uint16_t did, uint16_t bdf)
{
	for (unsigned i = 0; i < ARRAY_LEN(f->context); i++) {
		bool same_did = FIELD_GET(f->context[i].high, 23, 8) == did ||
				(!(f->context[i].low & 1) && did == 0);

		if (kind == 1 || (same_did && (kind == 2 || f->context_bdf[i] == bdf)))
			f->context[i].valid = false;
	}
	if (kind == 1)
		f->root_stale = false;
}

static void tlb_drop(struct vtd_fake *f, unsigned kind, uint32_t did)
{
	for (unsigned i = 0; i < ARRAY_LEN(f->tlb); i++) {
		if (kind == 1 || f->tlb[i].did == did)
			f->tlb[i].valid = false;
	}
	if (kind == 1 && !f->root_stale)
		f->iotlb_stale = false;
}

static void iec_drop(struct vtd_fake *f, bool one, unsigned index)
{
	for (unsigned i = 0; i < ARRAY_LEN(f->iec); i++) {
		if (!one || i == index)
			f->iec[i].valid = false;
	}
	if (!one)
		f->irt_stale = false;
}

static void write_status(uint64_t hpa, uint32_t value)
{
	uint64_t at = hpa - FAKE_POOL_HPA;

	if (at >= sizeof pool || at % 4 != 0) {
		vtd_fake_complain("a wait descriptor names memory outside the pool");
		return;
	}
	memcpy(pool[0] + at, &value,
	       sizeof value); /* the queue and its status are always coherent */
}

/* False: the unit stops here, as with IQE. Reserved bits of what it knows must be 0. */
static bool descriptor_take(struct vtd_fake *f, uint64_t low, uint64_t high)
{
	unsigned kind = (unsigned)FIELD_GET(low, 5, 4);

	f->descriptors++;
	switch (low & 15) {
	case 1:
		if (kind == 0 || (low & ~0x3ffffffff003full) != 0 || high != 0)
			return false;
		contexts_drop(f, kind, (uint16_t)(low >> 16), (uint16_t)(low >> 32));
		return true;
	case 2:
		if (kind == 0 || kind == 3 || (low & ~0xffff00ffull) != 0 || high != 0)
			return false;
		if ((low & 0xc0) != 0xc0)
			vtd_fake_complain("an IOTLB flush that does not drain reads and writes");
		tlb_drop(f, kind, (uint32_t)FIELD_GET(low, 31, 16));
		return true;
	case 4:
		if ((low & ~0xffff00000014ull) != 0 || high != 0)
			return false;
		iec_drop(f, (low & 0x10) != 0, (unsigned)(low >> 32));
		return true;
	case 5:
		if ((low & 0xffffff90) != 0 || (low & 0x20) == 0 || (high & 3) != 0)
			return false;
		f->waits++;
		write_status(high, (uint32_t)(low >> 32));
		return true;
	default:
		return false;
	}
}

void vtd_fake_serve(struct vtd_fake *f)
{
	for (unsigned i = 0; f->iqh != f->iqt && i < 256; i++) {
		uint64_t d[2];

		if (f->iqa - FAKE_POOL_HPA >= sizeof pool) {
			vtd_fake_complain("the queue is outside the pool");
			return;
		}
		memcpy(d, pool[0] + (f->iqa - FAKE_POOL_HPA) + f->iqh, sizeof d);
		if (!descriptor_take(f, d[0], d[1])) {
			vtd_fake_complain("a descriptor the unit does not accept");
			f->fsts |= 0x10; /* IQE */
			return;
		}
		f->iqh = (f->iqh + 16) % 4096;
	}
}
