/* SPDX-License-Identifier: Apache-2.0 */
/* Lays out guest memory as the 64-bit Linux boot protocol wants it; must leave nothing to be done at run time. */
#include "guest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "elf64.h"

#define MIB	1048576u
#define LOW_RAM 0xa0000u /* end of the memory below the legacy holes */
#define PTE_P	1u
#define PTE_W	2u
#define PTE_A	0x20u /* accessed and dirty set: the processor has nothing to write */
#define PTE_D	0x40u
#define PTE_BIG 0x80u

static bool refuse(struct layout *l, const char *what, const char *why)
{
	(void)snprintf(l->error, sizeof l->error, "%s %s", what, why);
	return false;
}

/* tables[0] = PML4, [1] = PDPT, [2..5] = one directory for each GiB. */
static void identity_tables(uint64_t t[GUEST_PT_PAGES][512])
{
	memset(t, 0, GUEST_PT_PAGES * sizeof t[0]);
	t[0][0] = (GUEST_PT_GPA + HV_PAGE_SIZE) | PTE_P | PTE_W | PTE_A;
	for (uint64_t gib = 0; gib < 4; gib++) {
		t[1][gib] = (GUEST_PT_GPA + (2 + gib) * HV_PAGE_SIZE) | PTE_P | PTE_W | PTE_A;
		for (uint64_t i = 0; i < 512; i++)
			t[2 + gib][i] =
				(gib << 30 | i << 21) | PTE_P | PTE_W | PTE_A | PTE_D | PTE_BIG;
	}
}

static bool add(struct layout *l, const char *what, uint64_t gpa, const void *data, uint64_t bytes)
{
	return layout_add(l, (struct layout_piece){what, gpa, bytes, bytes, data});
}

static bool common(struct guest *g, struct layout *l)
{
	identity_tables(g->tables);
	l->cr3 = GUEST_PT_GPA;
	l->rsp = GUEST_STACK_GPA + GUEST_STACK_BYTES;
	return add(l, "page tables", GUEST_PT_GPA, g->tables, sizeof g->tables) &&
	       layout_add(l, (struct layout_piece){"stack", GUEST_STACK_GPA, GUEST_STACK_BYTES, 0,
						   NULL});
}

/* Adds the segments and finds the entry, a physical address in an executable one. */
static bool add_elf(struct layout *l, const char *what, const struct blob *file, bool identity)
{
	struct elf64 elf;
	const char *wrong = elf64_parse(file->data, file->len, &elf);
	bool entry_found = false;

	if (wrong != NULL)
		return refuse(l, what, wrong);
	for (unsigned i = 0; i < elf.count; i++) {
		const struct elf64_seg *s = &elf.seg[i];

		if (identity && s->vaddr != s->paddr)
			return refuse(l, what,
				      "has a segment linked for one address and loaded at another");
		if (s->exec && elf.entry >= s->paddr && elf.entry - s->paddr < s->file_bytes)
			entry_found = true;
		if (!layout_add(l, (struct layout_piece){what, s->paddr, s->mem_bytes,
							 s->file_bytes, s->data}))
			return false;
	}
	if (!entry_found)
		return refuse(l, what, "has an entry point outside its executable segments");
	l->rip = elf.entry;
	return true;
}

static void put(uint8_t *p, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static void e820(uint8_t *bp, uint64_t from, uint64_t bytes, uint32_t type)
{
	uint8_t *e = bp + 0x2d0 + 20 * bp[0x1e8]++;

	put(e, from, 8);
	put(e + 8, bytes, 8);
	put(e + 16, type, 4);
}

/* Field offsets: Linux Documentation/arch/x86/zero-page and boot. */
static void boot_params(uint8_t *bp, const struct layout *l, uint64_t initrd_gpa,
			uint64_t initrd_bytes)
{
	uint64_t secret_end = l->secret_gpa + l->secret_bytes;

	memset(bp, 0, HV_PAGE_SIZE);
	put(bp + 0x070, ACPI_GPA, 8);	   /* RSDP */
	put(bp + 0x1fe, 0xaa55, 2);	   /* boot_flag */
	memcpy(bp + 0x202, "HdrS", 4);	   /* header */
	put(bp + 0x206, 0x20f, 2);	   /* protocol version */
	bp[0x210] = 0xff;		   /* loader: none of the registered ones */
	bp[0x211] = 1;			   /* loadflags: loaded high */
	put(bp + 0x218, initrd_gpa, 4);	   /* ramdisk_image */
	put(bp + 0x21c, initrd_bytes, 4);  /* ramdisk_size */
	put(bp + 0x228, GUEST_CMD_GPA, 4); /* cmd_line_ptr */
	put(bp + 0x230, 0x200000, 4);	   /* kernel_alignment */
	put(bp + 0x238, GUEST_CMD_MAX, 4); /* cmdline_size */
	if (l->secret_bytes == 0) {
		e820(bp, 0, LOW_RAM, 1); /* RAM */
	} else {
		e820(bp, 0, l->secret_gpa, 1);
		e820(bp, l->secret_gpa, l->secret_bytes, 2); /* reserved */
		e820(bp, secret_end, LOW_RAM - secret_end, 1);
	}
	e820(bp, ACPI_GPA, 0x10000, 3); /* ACPI tables */
	e820(bp, MIB, l->ram_bytes - MIB, 1);
}

bool guest_secret(struct layout *l, uint64_t bytes)
{
	if (bytes == 0 || bytes % HV_PAGE_SIZE != 0 || bytes > HV_SECRET_MAX)
		return refuse(l, "secret", "is not whole pages, 4K to 32K");
	l->secret_gpa = GUEST_SECRET_GPA;
	l->secret_bytes = bytes;
	return layout_add(l, (struct layout_piece){"secret", GUEST_SECRET_GPA, bytes, 0, NULL});
}

bool guest_linux(struct guest *g, struct layout *l, const struct blob *kernel,
		 const struct blob *initrd, const char *cmdline)
{
	size_t cmd_bytes = strlen(cmdline) + 1;
	uint64_t initrd_pages = (initrd->len + HV_PAGE_SIZE - 1) / HV_PAGE_SIZE;
	uint64_t initrd_gpa = 0;

	if (cmd_bytes > GUEST_CMD_MAX + 1)
		return refuse(l, "command line", "is longer than 2047 characters");
	if (!common(g, l) || !add_elf(l, "kernel", kernel, false))
		return false;
	if (initrd->len > 0) {
		uint64_t lowest =
			(layout_end(l) + HV_PAGE_SIZE - 1) & ~(uint64_t)(HV_PAGE_SIZE - 1);

		/* As high as it goes; where it would meet the kernel, above it, so that the size check names the RAM needed. */
		if (initrd_pages * HV_PAGE_SIZE < l->ram_bytes)
			initrd_gpa = l->ram_bytes - initrd_pages * HV_PAGE_SIZE;
		if (initrd_gpa < lowest)
			initrd_gpa = lowest;
		if (!add(l, "initrd", initrd_gpa, initrd->data, initrd->len))
			return false;
	}
	boot_params(g->boot_params, l, initrd_gpa, initrd->len);
	acpi_build(g->acpi);
	l->rsi = GUEST_BOOT_GPA;
	return add(l, "boot_params", GUEST_BOOT_GPA, g->boot_params, sizeof g->boot_params) &&
	       add(l, "command line", GUEST_CMD_GPA, cmdline, cmd_bytes) &&
	       add(l, "ACPI tables", ACPI_GPA, g->acpi, sizeof g->acpi);
}

bool guest_payload(struct guest *g, struct layout *l, const struct blob *payload)
{
	return common(g, l) && add_elf(l, "payload", payload, true);
}
