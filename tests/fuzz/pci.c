/* SPDX-License-Identifier: Apache-2.0 */
/* The loader against functions that answer anything and a DMAR table that says anything: it ends, it lists what can be, every register
 * that it sized is written back, and what it makes quiet is quiet. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot/bytes.h"
#include "boot/hw.h"
#include "boot/pci.h"
#include "bytes.h"
#include "fakes/good_system.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define FUNCTIONS_MAX 70u
#define USB_AT	      0xfeb00000u
#define USB_BYTES     0x10000u
#define ENDLESS                                                                                    \
	2000000u /* accesses of one scan; an honest full machine needs some hundred thousand */

struct function {
	uint16_t bdf;
	bool there, lies;
	uint32_t reg[1024];
	uint32_t bar_first[6], bar_last[6], command_last;
	bool sized[6];
};

static struct function functions[FUNCTIONS_MAX];
static unsigned function_count, accesses;
static struct bytes input;
static struct pci_list list;
static struct handoff handoff;

#define require(condition)                                                                         \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			printf("# not so: %s\n", #condition);                                      \
			(void)fflush(stdout);                                                      \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

static struct function *at_bdf(uint16_t bdf)
{
	for (unsigned i = 0; i < function_count; i++)
		if (functions[i].bdf == bdf)
			return &functions[i];
	return NULL;
}

static uint32_t answer(uint32_t kept)
{
	uint8_t how;

	if (input.left == 0)
		return kept;
	how = take8(&input);
	return how < 0xa0   ? kept
	       : how < 0xc0 ? kept ^ 1u << (how & 31)
	       : how < 0xd0 ? (how & 1 ? ~0u : 0)
			    : (uint32_t)take64(&input);
}

uint32_t hw_pci_read(uint16_t bdf, unsigned off)
{
	struct function *f = at_bdf(bdf);
	uint32_t value;

	require(off % 4 == 0 && off < 4096 && ++accesses < ENDLESS);
	if (f == NULL)
		return ~0u;
	value = f->lies ? answer(f->reg[off / 4]) : f->reg[off / 4];
	if (off >= 0x10 && off < 0x28 && !f->sized[off / 4 - 4])
		f->bar_first[off / 4 - 4] = value;
	return value;
}

void hw_pci_write(uint16_t bdf, unsigned off, uint32_t value)
{
	struct function *f = at_bdf(bdf);

	require(f != NULL && off % 4 == 0 && off < 4096 && ++accesses < ENDLESS);
	if (off >= 0x10 && off < 0x28) {
		f->sized[off / 4 - 4] = true;
		f->bar_last[off / 4 - 4] = value;
	}
	if (off == 4)
		f->command_last = value;
	f->reg[off / 4] = value;
}

uint32_t hw_mmio_read32(uint64_t hpa)
{
	require(hpa % 4 == 0 && hpa >= USB_AT && hpa - USB_AT <= USB_BYTES - 4 &&
		++accesses < ENDLESS);
	return answer(0x100);
}

void hw_mmio_write32(uint64_t hpa, uint32_t value)
{
	(void)value;
	require(hpa % 4 == 0 && hpa >= USB_AT && hpa - USB_AT <= USB_BYTES - 4);
}

static void wait_1ms(void)
{
}

/* A function with a few registers that lead somewhere; the rest is as the input says. */
static void one_function(struct bytes *b)
{
	struct function *f = &functions[function_count];
	uint8_t how = take8(b), where = take8(b), cap = take8(b) & 0xfc;

	f->bdf = (uint16_t)((how & 3) << 8 | where);
	if (function_count == FUNCTIONS_MAX || at_bdf(f->bdf) != NULL)
		return;
	function_count++;
	f->lies = how & 4;
	f->reg[0] = 0x12348086u + where;
	f->reg[1] = 0x00100007;
	f->reg[2] = how & 8 ? 0x06040000 : how & 0x10 ? 0x0c033000 : 0x02000000;
	f->reg[3] = (how & 8 ? 0x10000u : 0) | (how & 0x20 ? 0x800000u : 0);
	f->reg[4] = how & 0x10 ? USB_AT : 0xfea00000u + where * 0x1000u;
	f->reg[6] = (how & 8) ? (uint32_t)(take8(b) & 7) << 8 : 4;
	f->reg[13] = cap;
	for (unsigned i = 0; i < 4 && cap >= 0x40; i++) {
		uint8_t id = take8(b), next = take8(b) & 0xfc;

		f->reg[cap / 4] =
			(uint32_t)take8(b) << 16 | (uint32_t)next << 8 |
			(id & 0x80 ? id : (const uint8_t[]){1, 5, 0x10, 0x11, 0x13}[id % 5]);
		cap = next;
	}
	if (how & 0x40)
		f->reg[64] = (uint32_t)(take8(b) & 0xf) << 20 | take8(b);
}

static void list_is_sane(void)
{
	require(list.count <= HANDOFF_PCI_MAX);
	for (unsigned i = 0; i < list.count; i++) {
		const struct handoff_pci *f = &list.f[i];
		const uint8_t caps[] = {f->msi_cap, f->msix_cap, f->pcie_cap, f->pm_cap, f->af_cap};

		require(i == 0 || f->bdf > list.f[i - 1].bdf);
		require(at_bdf(f->bdf) != NULL && f->group < list.count);
		require(f->bridge_bdf == PCI_NO_BRIDGE || f->bridge_bdf >> 8 < f->bdf >> 8);
		for (unsigned k = 0; k < sizeof caps; k++)
			require(caps[k] == 0 || (caps[k] >= 0x40 && caps[k] % 4 == 0));
		if (f->msix_flags & 1) {
			const struct handoff_bar *b = &f->bar[f->msix_bir];

			require(f->msix_bir < HANDOFF_BAR_MAX && b->hpa % 4096 == 0 &&
				f->msix_offset + f->msix_entries * 16ull <= b->bytes);
		}
		for (unsigned j = 0; j < i; j++)
			require(list.f[j].bdf >> 3 != f->bdf >> 3 || list.f[j].group == f->group);
	}
}

/* Each address register holds at last what it held at first. */
static void registers_are_back(void)
{
	for (unsigned i = 0; i < function_count; i++)
		for (unsigned k = 0; k < 6; k++)
			require(!functions[i].sized[k] ||
				functions[i].bar_last[k] == functions[i].bar_first[k]);
}

static void everything_is_quiet(void)
{
	for (unsigned i = 0; i < list.count; i++) {
		const struct function *f = at_bdf(list.f[i].bdf);
		bool bridge = list.f[i].header_type == PCI_BRIDGE_TYPE;

		require((f->command_last & 0x500) == 0x400 && f->command_last >> 16 == 0);
		require(bridge || (f->command_last & 4) == 0);
	}
}

static void units_are_there(void)
{
	require(handoff.vtd_count <= HANDOFF_VTD_MAX && handoff.rmrr_count <= HANDOFF_RMRR_MAX);
	for (unsigned i = 0; i < list.count; i++)
		require(list.f[i].vtd == HANDOFF_VTD_NONE || list.f[i].vtd < handoff.vtd_count);
	for (unsigned i = 0; i < handoff.rmrr_count; i++)
		require(handoff.rmrr[i].bytes % 4096 == 0);
}

/* The rest of the input as the table: its own length, in a buffer of exactly that. */
static void translate(struct bytes *b)
{
	static struct acpi_dmar dmar;
	size_t len = 36 + b->left;
	uint8_t *p = calloc(1, len), sum = 0;

	require(p != NULL);
	memcpy(p, "DMAR", 4);
	memcpy(p + 36, b->at, b->left);
	for (unsigned i = 0; i < 4; i++)
		p[4 + i] = (uint8_t)(len >> 8 * i);
	for (size_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + p[i]);
	p[9] = (uint8_t)-sum;
	memset(&handoff, 0, sizeof handoff);
	if (acpi_dmar(p, len, &dmar) && pci_iommu(&list, &dmar, &handoff) == NULL)
		units_are_there();
	free(p);
}

/* Input: functions up to a byte of ones, answers of those that lie, length first, then a DMAR table from its flags on. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct hv_system description;
	struct bytes b = {data, len};

	memset(functions, 0, sizeof functions);
	function_count = accesses = 0;
	while (b.left > 0 && b.at[0] != 0xff) /* bound: the input */
		one_function(&b);
	(void)take8(&b);
	input.left = take8(&b);
	input.left = input.left < b.left ? input.left : b.left;
	input.at = b.at;
	b.at += input.left;
	b.left -= input.left;
	if (!pci_scan(&list))
		return 0;
	list_is_sane();
	registers_are_back();
	good_system(&description);
	for (unsigned i = 0; i < list.count; i++)
		(void)pci_named(&description, &list.f[i]);
	for (unsigned i = 0; i < list.count; i++)
		if (list.f[i].bar[0].hpa == USB_AT && list.f[i].bar[0].bytes == USB_BYTES)
			(void)pci_usb_take(&list.f[i], wait_1ms);
	pci_quiet(&list);
	everything_is_quiet();
	translate(&b);
	return 0;
}
