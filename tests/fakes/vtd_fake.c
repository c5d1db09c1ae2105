/* SPDX-License-Identifier: Apache-2.0 */
/* Registers of the model and the port functions that reach them. Memory and queue: vtd_fake_queue.c; devices: vtd_fake_dma.c. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "hw.h"
#include "log.h"
#include "vtd_fake.h"

#define TE	 BIT(31)
#define SRTP	 BIT(30)
#define EAFL	 BIT(28)
#define QIE	 BIT(26)
#define IRE	 BIT(25)
#define SIRTP	 BIT(24)
#define CFI	 BIT(23)
#define KEPT	 (TE | EAFL | QIE | IRE | CFI)
#define ONE_SHOT (SRTP | SIRTP)
#define EPM	 BIT(31)
#define TSC_MAX	 100000000000ull /* no test needs more: a wait without bound ends here */

struct vtd_fake vtd_fake[FAKE_UNITS];
bool fake_x2apic;
struct handoff fake_handoff;
char fake_log[8][160];
unsigned fake_log_lines;
uint64_t fake_tsc;

static _Alignas(4096) uint8_t window[FAKE_UNITS][4096]; /* only its addresses are used */
static const char *complaint;

void vtd_fake_complain(const char *what)
{
	if (complaint == NULL)
		complaint = what;
}

const char *vtd_fake_complaint(void)
{
	return complaint;
}

void vtd_fake_reset(uint32_t units)
{
	vtd_fake_memory_reset();
	memset(vtd_fake, 0, sizeof vtd_fake);
	memset(fake_log, 0, sizeof fake_log);
	memset(&fake_handoff, 0, sizeof fake_handoff);
	fake_handoff.tsc_khz = FAKE_TSC_KHZ;
	fake_handoff.vtd_count = units;
	fake_handoff.mmio_count = units + 1;
	fake_handoff.mmio[0].kind = MMIO_LAPIC;
	for (uint32_t i = 0; i < units; i++) {
		fake_handoff.mmio[units - i] = (struct handoff_mmio){
			0xfed90000 + i * 4096, (uint64_t)window[i], 4096, MMIO_VTD, i, 0};
		vtd_fake[i].cap = FAKE_CAP;
		vtd_fake[i].ecap = FAKE_ECAP;
		vtd_fake[i].fectl = BIT(31);
	}
	complaint = NULL;
	fake_x2apic = false;
	fake_log_lines = 0;
	fake_tsc = 1;
}

/* --- queue and commands --- */

static void tail_write(struct vtd_fake *f, uint64_t value)
{
	uint64_t used = (f->iqt - f->iqh) % 4096, more = (value - f->iqt) % 4096;

	if ((value & ~0xff0ull) != 0)
		vtd_fake_complain("IQT: reserved bits");
	if ((f->gsts & QIE) && used + more >= 4096)
		vtd_fake_complain("the queue overflows");
	f->iqt = value;
	if ((f->gsts & QIE) && !f->mute)
		vtd_fake_serve(f);
}

static void check_command(const struct vtd_fake *f, uint64_t value)
{
	uint64_t change = (value ^ f->gsts) & KEPT;

	if (f->wait != 0)
		vtd_fake_complain("GCMD: the command before it is not finished");
	if (__builtin_popcountll(change) + __builtin_popcountll(value & ONE_SHOT) > 1)
		vtd_fake_complain("GCMD: more than one thing at a time");
	if (f->gsts & ~value & TE)
		vtd_fake_complain("GCMD: translation is switched off");
	if (change & value & CFI)
		vtd_fake_complain("GCMD: old interrupts are let through");
	if ((change & TE) && (f->root == 0 || f->root_stale || f->iotlb_stale))
		vtd_fake_complain("GCMD: TE before the root is set and flushed");
	if ((change & IRE) && (f->irt == 0 || f->irt_stale))
		vtd_fake_complain("GCMD: IRE before the table is set and flushed");
	if ((change & value & IRE) && (f->gsts & CFI))
		vtd_fake_complain("GCMD: IRE while old interrupts pass");
	if ((change & value & QIE) && (f->iqt != 0 || f->iqa == 0))
		vtd_fake_complain("GCMD: QIE without an empty queue");
	if ((change & ~value & QIE) && f->iqh != f->iqt)
		vtd_fake_complain("GCMD: QIE cleared while the queue is at work");
}

static void command_write(struct vtd_fake *f, uint32_t value)
{
	uint64_t next = f->gsts;

	check_command(f, value);
	if ((value & SRTP) && !(f->refuse & SRTP)) {
		f->root = f->rtaddr;
		f->root_stale = f->iotlb_stale = true;
	}
	if ((value & SIRTP) && !(f->refuse & SIRTP)) {
		f->irt = f->irta;
		f->irt_stale = true;
	}
	if (~value & next & QIE)
		f->iqh = 0;
	next = (next & ~KEPT) | (value & (KEPT | ONE_SHOT));
	if (value & SRTP) /* the status falls while the pointer is taken over */
		f->gsts &= ~(uint32_t)SRTP;
	if (value & SIRTP)
		f->gsts &= ~(uint32_t)SIRTP;
	f->coming = (uint32_t)((next & ~(uint64_t)f->refuse) | (f->gsts & f->refuse));
	f->wait = f->slow + 1;
}

static uint32_t status_read(struct vtd_fake *f)
{
	if (f->wait != 0 && --f->wait == 0)
		f->gsts = f->coming;
	return f->gsts;
}

/* --- registers --- */

static struct vtd_fake *unit_of(const volatile void *reg, uint32_t *offset)
{
	uintptr_t at = (uintptr_t)reg - (uintptr_t)window;

	if (at >= sizeof window) {
		printf("# access to what is no register\n");
		exit(1);
	}
	*offset = (uint32_t)at % 4096;
	return &vtd_fake[at / 4096];
}

static uint64_t *record_half(struct vtd_fake *f, uint32_t offset)
{
	uint32_t at = (uint32_t)FIELD_GET(f->cap, 33, 24) * 16;
	uint32_t n = (uint32_t)FIELD_GET(f->cap, 47, 40) + 1;

	if (offset < at || offset >= at + n * 16 || n > FAKE_FAULTS)
		return NULL;
	return (offset & 8) ? &f->frcd[(offset - at) / 16].high : &f->frcd[(offset - at) / 16].low;
}

static uint32_t faults_read(struct vtd_fake *f)
{
	uint32_t any = 0;

	for (unsigned i = 0; i < FAKE_FAULTS; i++)
		any |= (uint32_t)(f->frcd[i].high >> 63);
	return (f->fsts & ~2u) | any << 1;
}

uint64_t hw_mmio_read64(const volatile void *reg)
{
	uint32_t offset;
	struct vtd_fake *f = unit_of(reg, &offset);
	uint64_t *half = record_half(f, offset);

	if (half != NULL && offset % 8 == 0)
		return *half;
	switch (offset) {
	case 0x08:
		return f->cap;
	case 0x10:
		return f->ecap;
	case 0x20:
		return f->rtaddr;
	}
	vtd_fake_complain("64-bit read of an unknown register");
	return 0;
}

uint32_t hw_mmio_read32(const volatile void *reg)
{
	uint32_t offset;
	struct vtd_fake *f = unit_of(reg, &offset);

	switch (offset) {
	case 0x1c:
		return status_read(f);
	case 0x34:
		return faults_read(f);
	case 0x64:
		return f->pmen;
	case 0x80:
		return (uint32_t)f->iqh;
	case 0x88:
		return (uint32_t)f->iqt;
	}
	vtd_fake_complain("32-bit read of an unknown register");
	return 0;
}

void hw_mmio_write64(volatile void *reg, uint64_t value)
{
	uint32_t offset;
	struct vtd_fake *f = unit_of(reg, &offset);

	switch (offset) {
	case 0x20:
		f->rtaddr = value;
		return;
	case 0x88:
		tail_write(f, value);
		return;
	case 0x90:
		if (f->gsts & QIE)
			vtd_fake_complain("IQA changes while the queue is on");
		f->iqa = value;
		return;
	case 0xb8:
		f->irta = value;
		return;
	}
	vtd_fake_complain("64-bit write of an unknown register");
}

static void event_send(struct vtd_fake *f)
{
	f->event.count++;
	f->event.address = (uint64_t)f->feuaddr << 32 | f->feaddr;
	f->event.data = f->fedata;
	f->fectl &= ~0x40000000u;
}

static void pmen_write(struct vtd_fake *f, uint32_t value)
{
	if (!(f->cap & 0x60))
		vtd_fake_complain("PMEN: this unit has no such regions");
	if (!(f->gsts & TE))
		vtd_fake_complain("PMEN: regions opened before translation is on");
	f->pmen = (f->pmen & ~(uint32_t)EPM) | (value & (uint32_t)EPM);
	if (!(f->refuse & 1))
		f->pmen = value >> 31 | (value & (uint32_t)EPM);
}

void hw_mmio_write32(volatile void *reg, uint32_t value)
{
	uint32_t offset;
	struct vtd_fake *f = unit_of(reg, &offset);
	uint64_t *half = record_half(f, offset & ~7u);

	if (half != NULL && offset % 16 == 12) {
		if (value & BIT(31))
			*half &= ~BIT(63);
		return;
	}
	switch (offset) {
	case 0x18:
		command_write(f, value);
		return;
	case 0x34:
		f->fsts &= ~(value & 0x71u);
		return;
	case 0x38: /* bit 30: an interrupt waits for the mask to go */
		f->fectl = (f->fectl & 0x40000000u) | (value & 0x80000000u);
		if (f->fectl == 0x40000000u)
			event_send(f);
		return;
	case 0x3c:
		f->fedata = value;
		return;
	case 0x40:
		f->feaddr = value;
		return;
	case 0x44:
		f->feuaddr = value;
		return;
	case 0x64:
		pmen_write(f, value);
		return;
	}
	vtd_fake_complain("32-bit write of an unknown register");
}

/* Primary fault logging: a record each until one is still filled; then overflow, and nothing more until that is cleared. */
void vtd_fake_fault(struct vtd_fake *f, uint16_t bdf, uint64_t address, bool write, uint8_t reason)
{
	unsigned n = (unsigned)FIELD_GET(f->cap, 47, 40) + 1;
	bool quiet = (faults_read(f) & 0x73) == 0;

	if (f->fsts & 1)
		return;
	if (f->frcd[f->next_fault].high & BIT(63)) {
		f->fsts |= 1;
		return;
	}
	if (quiet)
		f->fsts = (f->fsts & 0xff) | f->next_fault << 8;
	f->frcd[f->next_fault].low = address & ~PAGE_MASK;
	f->frcd[f->next_fault].high =
		BIT(63) | (write ? 0 : BIT(62)) | (uint64_t)reason << 32 | bdf;
	f->next_fault = (f->next_fault + 1) % n;
	if (!quiet)
		return;
	f->fectl |= 0x40000000u;
	if (f->fectl == 0x40000000u)
		event_send(f);
}

/* --- the rest of the machine --- */

uint64_t hw_tsc(void)
{
	fake_tsc += 1000;
	if (fake_tsc > TSC_MAX) {
		printf("# a wait without bound\n");
		exit(1);
	}
	return fake_tsc;
}

void hw_pause(void)
{
}

bool hw_x2apic(void)
{
	return fake_x2apic;
}

void log_line(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(fake_log[fake_log_lines++ % ARRAY_LEN(fake_log)], sizeof fake_log[0], fmt,
			ap);
	va_end(ap);
}

NO_RETURN void assert_failed(const char *file, unsigned line, const char *what)
{
	printf("# %s:%u: ASSERT(%s)\n", file, line, what);
	exit(1);
}
