/* SPDX-License-Identifier: Apache-2.0 */
/* What devices do behind the model: DMA and message interrupts, through caches that keep what nobody flushes. */
#include "vtd_fake.h"

#define TE		 BIT(31)
#define IRE		 BIT(25)
#define CFI		 BIT(23)
#define ADDRESS		 0x000ffffffffff000ull
#define CACHES_ABSENT(f) (((f)->cap & BIT(7)) != 0) /* caching mode */

enum {
	FAULT_ROOT = 1,
	FAULT_CONTEXT = 2,
	FAULT_CONTEXT_BAD = 3,
	FAULT_WRITE = 5,
	FAULT_READ = 6,
	FAULT_RESERVED_ROOT = 10,
	FAULT_RESERVED_CONTEXT = 11,
	FAULT_IRTE_INDEX = 0x21,
	FAULT_IRTE_ABSENT = 0x22,
	FAULT_IRTE_RESERVED = 0x24,
	FAULT_IRQ_OLD = 0x25,
	FAULT_IRQ_SOURCE = 0x26
};

static bool refuse(struct vtd_fake *f, uint16_t bdf, uint64_t address, bool write, uint8_t reason)
{
	vtd_fake_fault(f, bdf, address, write, reason);
	return false;
}

static void cache_context(struct vtd_fake *f, uint16_t bdf, const struct fake_entry *e)
{
	for (unsigned i = 0; i < ARRAY_LEN(f->context); i++) {
		if (f->context[i].valid)
			continue;
		f->context[i] = *e;
		f->context_bdf[i] = bdf;
		return;
	}
	vtd_fake_complain("the model's context cache is too small");
}

/* Reason, or 0 and the entry. */
static uint8_t context_get(struct vtd_fake *f, uint16_t bdf, struct fake_entry *e)
{
	uint64_t root, at;

	for (unsigned i = 0; i < ARRAY_LEN(f->context); i++) {
		if (f->context[i].valid && f->context_bdf[i] == bdf) {
			*e = f->context[i];
			return (e->low & 1) ? 0 : FAULT_CONTEXT;
		}
	}
	at = (f->root & ADDRESS) + (bdf >> 8) * 16ull;
	root = vtd_fake_read(f, at);
	*e = (struct fake_entry){true, 0, 0};
	if (!(root & 1)) {
		if (CACHES_ABSENT(f))
			cache_context(f, bdf, e);
		return FAULT_ROOT;
	}
	if ((root & 0xffe) != 0 || vtd_fake_read(f, at + 8) != 0)
		return FAULT_RESERVED_ROOT;
	at = (root & ADDRESS) + (bdf & 0xff) * 16ull;
	e->low = vtd_fake_read(f, at);
	e->high = vtd_fake_read(f, at + 8);
	if ((e->low & 1) || CACHES_ABSENT(f))
		cache_context(f, bdf, e);
	return (e->low & 1) ? 0 : FAULT_CONTEXT;
}

static uint8_t context_fault(const struct vtd_fake *f, const struct fake_entry *e)
{
	uint64_t ids = 16ull << 2 * (f->cap & 7);

	if ((e->low & 0xff0) != 0 || (e->high & ~0xffff07ull) != 0)
		return FAULT_RESERVED_CONTEXT;
	if ((e->high & 7) != 2 || FIELD_GET(e->high, 23, 8) >= ids)
		return FAULT_CONTEXT_BAD;
	if (CACHES_ABSENT(f) && FIELD_GET(e->high, 23, 8) == 0)
		vtd_fake_complain("domain id 0 belongs to absent entries in caching mode");
	if (e->low & 0xe)
		vtd_fake_complain("a context that passes everything, or hides faults");
	return 0;
}

static bool tlb_get(const struct vtd_fake *f, uint32_t did, uint64_t page, struct fake_tlb *t)
{
	for (unsigned i = 0; i < ARRAY_LEN(f->tlb); i++) {
		if (f->tlb[i].valid && f->tlb[i].did == did && f->tlb[i].page == page) {
			*t = f->tlb[i];
			return true;
		}
	}
	return false;
}

static bool walk(struct vtd_fake *f, uint64_t table, uint64_t address, struct fake_tlb *t)
{
	bool write = true;

	for (int level = 3; level >= 0; level--) {
		unsigned shift = 12 + 9 * (unsigned)level;
		uint64_t e = vtd_fake_read(f, table + (address >> shift & 511) * 8);

		if (!(e & 3))
			return false;
		write = write && (e & 2);
		if (level == 0 || (e & BIT(7))) {
			uint64_t inside = address & (BIT(shift) - 1) & ~PAGE_MASK;

			t->hpa = (e & ADDRESS & ~(BIT(shift) - 1)) | inside;
			t->write = write;
			return true;
		}
		table = e & ADDRESS;
	}
	return false;
}

static void cache_tlb(struct vtd_fake *f, const struct fake_tlb *t)
{
	for (unsigned i = 0; i < ARRAY_LEN(f->tlb); i++) {
		if (!f->tlb[i].valid) {
			f->tlb[i] = *t;
			return;
		}
	}
	vtd_fake_complain("the model's IOTLB is too small");
}

bool vtd_fake_dma(struct vtd_fake *f, uint16_t bdf, uint64_t address, bool write, uint64_t *hpa)
{
	struct fake_entry context;
	struct fake_tlb t = {.valid = true, .page = address & ~PAGE_MASK};
	uint8_t reason;

	if (!(f->gsts & TE)) {
		*hpa = address;
		return !(f->pmen & 1);
	}
	reason = context_get(f, bdf, &context);
	if (reason == 0)
		reason = context_fault(f, &context);
	if (reason != 0)
		return refuse(f, bdf, address, write, reason);
	t.did = (uint32_t)FIELD_GET(context.high, 23, 8);
	if (!tlb_get(f, t.did, t.page, &t)) {
		if (!walk(f, context.low & ADDRESS, address, &t))
			return refuse(f, bdf, address, write, write ? FAULT_WRITE : FAULT_READ);
		cache_tlb(f, &t);
	}
	if (write && !t.write)
		return refuse(f, bdf, address, write, FAULT_WRITE);
	*hpa = t.hpa | (address & PAGE_MASK);
	return true;
}

/* 9.10: reserved bits of an entry that is remapped, not posted. */
static bool irte_reserved(const struct vtd_fake *f, const struct fake_entry *e)
{
	uint64_t dest = f->irt & BIT(11) ? ~0ull << 32 : 0xff0000000000ull;

	return (e->low & ~(dest | 0xff0fffull)) != 0 || (e->high & ~0xfffffull) != 0;
}

static bool source_ok(const struct fake_entry *e, uint16_t bdf)
{
	unsigned ignored[] = {0, 4, 6, 7}; /* SQ: function bits that do not count */
	uint16_t mask = (uint16_t)~ignored[FIELD_GET(e->high, 17, 16)];

	if (FIELD_GET(e->high, 19, 18) != 1)
		return FIELD_GET(e->high, 19, 18) == 0; /* 0: nothing is verified */
	return ((bdf ^ e->high) & mask) == 0;
}

static void irte_get(struct vtd_fake *f, unsigned index, struct fake_entry *e)
{
	if (f->iec[index].valid) {
		*e = f->iec[index];
		return;
	}
	e->valid = true;
	e->low = vtd_fake_read(f, (f->irt & ADDRESS) + index * 16ull);
	e->high = vtd_fake_read(f, (f->irt & ADDRESS) + index * 16ull + 8);
	if ((e->low & 1) || CACHES_ABSENT(f))
		f->iec[index] = *e;
}

bool vtd_fake_msi(struct vtd_fake *f, uint16_t bdf, uint64_t address, uint32_t data,
		  struct fake_irq *out)
{
	unsigned index = (unsigned)FIELD_GET(address, 19, 5) | (address & 4 ? 0x8000u : 0);
	uint64_t info;
	struct fake_entry e;

	if (!(f->gsts & IRE) || (!(address & 0x10) && (f->gsts & CFI))) {
		*out = (struct fake_irq){data & 0xff, (uint32_t)FIELD_GET(address, 19, 12), false,
					 true};
		return true;
	}
	if (!(address & 0x10))
		return refuse(f, bdf, 0, true, FAULT_IRQ_OLD);
	index += address & 8 ? data & 0xffff : 0;
	info = (uint64_t)index << 48;
	if (index >= 2u << (f->irt & 15) || index >= ARRAY_LEN(f->iec))
		return refuse(f, bdf, info, true, FAULT_IRTE_INDEX);
	irte_get(f, index, &e);
	if (!(e.low & 1)) /* 9.10: FPD counts although the entry is absent */
		return (e.low & 2) ? false : refuse(f, bdf, info, true, FAULT_IRTE_ABSENT);
	if (irte_reserved(f, &e))
		return refuse(f, bdf, info, true, FAULT_IRTE_RESERVED);
	if (!source_ok(&e, bdf))
		return refuse(f, bdf, info, true, FAULT_IRQ_SOURCE);
	*out = (struct fake_irq){
		.vector = (uint32_t)FIELD_GET(e.low, 23, 16),
		.apic_id = (uint32_t)(f->irt & BIT(11) ? e.low >> 32 : FIELD_GET(e.low, 47, 40)),
		.remapped = true,
		.plain = (e.low & 0xfffeull) == 0,
	};
	return true;
}
