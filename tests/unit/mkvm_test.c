/* SPDX-License-Identifier: Apache-2.0 */
/* What mkvm makes of an ELF file, an initrd and a command line, and what it refuses. Reads the result as the hypervisor would. */
#include "check.h"

#include <elf.h>
#include <stdlib.h>
#include "build-image/tools/acpi.h"
#include "build-image/tools/aml.h"
#include "build-image/tools/elf64.h"
#include "build-image/tools/guest.h"

#define MIB 1048576ull

/* A program with two segments: code at 2 MiB, and data with 8 KiB of bss at 2 MiB + 0x1800, in the page after it. */
struct program {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[3];
	uint8_t code[0x1000];
	uint8_t data[0x200];
};

static struct program prog;
static struct guest guest;
static struct elf64 elf;

static void reset(void)
{
	memset(&prog, 0, sizeof prog);
	memcpy(prog.eh.e_ident, ELFMAG, SELFMAG);
	prog.eh.e_ident[EI_CLASS] = ELFCLASS64;
	prog.eh.e_ident[EI_DATA] = ELFDATA2LSB;
	prog.eh.e_machine = EM_X86_64;
	prog.eh.e_type = ET_EXEC;
	prog.eh.e_phentsize = sizeof(Elf64_Phdr);
	prog.eh.e_phoff = offsetof(struct program, ph);
	prog.eh.e_phnum = 3;
	prog.eh.e_entry = 0x200010;
	prog.ph[0] = (Elf64_Phdr){.p_type = PT_LOAD,
				  .p_flags = PF_R | PF_X,
				  .p_offset = offsetof(struct program, code),
				  .p_vaddr = 0x200000,
				  .p_paddr = 0x200000,
				  .p_filesz = sizeof prog.code,
				  .p_memsz = sizeof prog.code};
	prog.ph[1] = (Elf64_Phdr){.p_type = PT_LOAD,
				  .p_flags = PF_R | PF_W,
				  .p_offset = offsetof(struct program, data),
				  .p_vaddr = 0x201800,
				  .p_paddr = 0x201800,
				  .p_filesz = sizeof prog.data,
				  .p_memsz = 0x2000};
	prog.ph[2] = (Elf64_Phdr){.p_type = PT_NOTE};
	memset(prog.code, 0xc0, sizeof prog.code);
	memset(prog.data, 0xda, sizeof prog.data);
}

static const char *parse(void)
{
	return elf64_parse((const uint8_t *)&prog, sizeof prog, &elf);
}

static void elf_segments_are_found(void)
{
	reset();
	REQUIRE(parse() == NULL);
	CHECK_EQ(elf.count, 2);
	CHECK_EQ(elf.entry, 0x200010);
	CHECK_EQ(elf.seg[1].paddr, 0x201800);
	CHECK_EQ(elf.seg[1].file_bytes, 0x200);
	CHECK_EQ(elf.seg[1].mem_bytes, 0x2000);
	CHECK_TRUE(elf.seg[0].exec && !elf.seg[1].exec);
	CHECK_EQ(elf.seg[1].data[0], 0xda);
}

/* Applies CHANGE to a good file and wants a refusal that has WORD in it. */
#define REFUSED(change, word)                                                                      \
	do {                                                                                       \
		reset();                                                                           \
		change;                                                                            \
		const char *why = parse();                                                         \
		CHECK_TRUE(why != NULL && strstr(why, word) != NULL);                              \
	} while (0)

static void elf_lies_are_refused(void)
{
	REFUSED(prog.eh.e_ident[0] = 'M', "not an ELF");
	REFUSED(prog.eh.e_ident[EI_CLASS] = ELFCLASS32, "64-bit x86");
	REFUSED(prog.eh.e_ident[EI_DATA] = ELFDATA2MSB, "64-bit x86");
	REFUSED(prog.eh.e_machine = EM_AARCH64, "64-bit x86");
	REFUSED(prog.eh.e_type = ET_DYN, "fixed addresses");
	REFUSED(prog.eh.e_phentsize = 32, "unknown size");
	REFUSED(prog.eh.e_phoff = sizeof prog + 1, "headers lie beyond");
	REFUSED(prog.eh.e_phoff = UINT64_MAX, "headers lie beyond");
	REFUSED(prog.eh.e_phoff = sizeof prog - 2 * sizeof(Elf64_Phdr), "headers lie beyond");
	REFUSED(prog.ph[2].p_type = PT_INTERP, "dynamically linked");
	REFUSED(prog.ph[2].p_type = PT_DYNAMIC, "dynamically linked");
	REFUSED(prog.ph[1].p_filesz = 0x2001, "more bytes");
	REFUSED(prog.ph[1].p_offset = sizeof prog - 0x1ff, "segment lies beyond");
	REFUSED(prog.ph[1].p_offset = UINT64_MAX, "segment lies beyond");
	REFUSED(prog.ph[1].p_paddr = UINT64_MAX - 0x1000, "wraps");
	REFUSED(prog.eh.e_phnum = 0, "nothing to load");
	reset();
	CHECK_TRUE(elf64_parse((const uint8_t *)&prog, sizeof(Elf64_Ehdr) - 1, &elf) != NULL);
}

static bool build(struct layout *l, const char *cmdline, size_t initrd_len, struct blob *file)
{
	static uint8_t initrd[3 * HV_PAGE_SIZE];
	struct blob code = {(uint8_t *)&prog, sizeof prog};
	struct blob ird = {initrd, initrd_len};

	memset(initrd, 0x1d, sizeof initrd);
	if (cmdline == NULL)
		return guest_payload(&guest, l, &code) && layout_build(l, file);
	return guest_linux(&guest, l, &code, &ird, cmdline) && layout_build(l, file);
}

/* The guest's byte at GPA as the file gives it; -1 when no range covers it. */
static int byte_at(const struct blob *file, uint64_t gpa)
{
	const struct hv_image *h = (const void *)file->data;
	size_t at = HV_PAGE_SIZE;

	for (unsigned i = 0; i < h->range_count; i++) {
		uint64_t bytes = h->range[i].pages * HV_PAGE_SIZE;

		if (gpa >= h->range[i].gpa && gpa - h->range[i].gpa < bytes)
			return file->data[at + (gpa - h->range[i].gpa)];
		at += bytes;
	}
	return -1;
}

static uint64_t le_at(const struct blob *file, uint64_t gpa, unsigned bytes)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < bytes; i++)
		v |= (uint64_t)(unsigned)byte_at(file, gpa + i) << (8 * i);
	return v;
}

static void payload_image(void)
{
	struct layout l = {.ram_bytes = 4 * MIB};
	struct blob file = {NULL, 0};
	const struct hv_image *h;

	reset();
	REQUIRE(build(&l, NULL, 0, &file));
	h = (const void *)file.data;
	CHECK_EQ(h->magic, HV_IMAGE_MAGIC);
	CHECK_EQ(h->version, HV_IMAGE_VERSION);
	CHECK_EQ(h->ram_min_bytes, 4 * MIB);
	CHECK_EQ(h->rip, 0x200010);
	CHECK_EQ(h->rsi, 0);
	CHECK_EQ(h->rsp, GUEST_STACK_GPA + 16384);
	CHECK_EQ(h->cr3, GUEST_PT_GPA);
	REQUIRE(h->range_count == 2);
	CHECK_EQ(h->range[0].gpa, GUEST_PT_GPA);
	CHECK_EQ(h->range[0].pages, 6);
	CHECK_EQ(h->range[1].gpa, 0x200000); /* both segments; of the bss only what shares a page */
	CHECK_EQ(h->range[1].pages, 2);
	CHECK_EQ(h->file_bytes, 9 * HV_PAGE_SIZE);
	CHECK_EQ(file.len, h->file_bytes);
	CHECK_EQ(byte_at(&file, 0x200fff), 0xc0);
	CHECK_EQ(byte_at(&file, 0x2017ff), 0);
	CHECK_EQ(byte_at(&file, 0x2019ff), 0xda);
	CHECK_EQ(byte_at(&file, 0x201a00), 0);
	free(file.data);
}

/* Walks the tables as the processor does, for one address in each GiB. */
static void page_tables_are_identity(void)
{
	struct layout l = {.ram_bytes = 4 * MIB};
	struct blob file = {NULL, 0};

	reset();
	REQUIRE(build(&l, NULL, 0, &file));
	for (uint64_t a = 0x3fe00000; a < 4ull << 30; a += 1ull << 30) {
		uint64_t e = le_at(&file, GUEST_PT_GPA + 8 * (a >> 39), 8);

		CHECK_EQ(e & 3, 3);
		e = le_at(&file, (e & ~0xfffull) + 8 * (a >> 30 & 511), 8);
		CHECK_EQ(e & 0x83, 3);
		e = le_at(&file, (e & ~0xfffull) + 8 * (a >> 21 & 511), 8);
		CHECK_EQ(e & 0x83, 0x83);
		CHECK_EQ(e & ~0xfffull, a);
	}
	free(file.data);
}

static void linux_image(void)
{
	struct layout l = {.ram_bytes = 8 * MIB};
	struct blob file = {NULL, 0};
	const uint64_t bp = GUEST_BOOT_GPA, ird = 8 * MIB - 2 * HV_PAGE_SIZE;

	reset();
	prog.ph[0].p_vaddr = 0xffffffff80200000; /* as vmlinux: linked high, loaded low */
	REQUIRE(build(&l, "console=hvc0 x=1", HV_PAGE_SIZE + 5, &file));
	CHECK_EQ(l.rsi, bp);
	CHECK_EQ(l.rip, 0x200010);
	CHECK_EQ(le_at(&file, bp + 0x070, 8), ACPI_GPA);
	CHECK_EQ(le_at(&file, bp + 0x1fe, 2), 0xaa55);
	CHECK_EQ(le_at(&file, bp + 0x202, 4), 0x53726448); /* HdrS */
	CHECK_EQ(le_at(&file, bp + 0x206, 2), 0x20f);
	CHECK_EQ(le_at(&file, bp + 0x210, 2), 0x1ff);
	CHECK_EQ(le_at(&file, bp + 0x218, 4), ird);
	CHECK_EQ(le_at(&file, bp + 0x21c, 4), HV_PAGE_SIZE + 5);
	CHECK_EQ(le_at(&file, bp + 0x228, 4), GUEST_CMD_GPA);
	CHECK_EQ(le_at(&file, bp + 0x230, 4), 0x200000);
	CHECK_EQ(le_at(&file, bp + 0x238, 4), 2047);
	CHECK_EQ(le_at(&file, bp + 0x1e8, 1), 3);
	CHECK_EQ(le_at(&file, bp + 0x2d0, 8), 0);
	CHECK_EQ(le_at(&file, bp + 0x2d8, 8), 0xa0000);
	CHECK_EQ(le_at(&file, bp + 0x2e0, 4), 1);
	CHECK_EQ(le_at(&file, bp + 0x2e4, 8), 0xe0000);
	CHECK_EQ(le_at(&file, bp + 0x2ec, 8), 0x10000);
	CHECK_EQ(le_at(&file, bp + 0x2f4, 4), 3);
	CHECK_EQ(le_at(&file, bp + 0x2f8, 8), MIB);
	CHECK_EQ(le_at(&file, bp + 0x300, 8), 7 * MIB);
	CHECK_EQ(le_at(&file, bp + 0x308, 4), 1);
	CHECK_EQ(byte_at(&file, GUEST_CMD_GPA), 'c');
	CHECK_EQ(byte_at(&file, GUEST_CMD_GPA + 16), 0);
	CHECK_EQ(byte_at(&file, ird), 0x1d);
	CHECK_EQ(byte_at(&file, ird + HV_PAGE_SIZE + 4), 0x1d);
	CHECK_EQ(byte_at(&file, ird + HV_PAGE_SIZE + 5), 0);
	CHECK_EQ(byte_at(&file, ACPI_GPA), 'R');
	free(file.data);
}

/* The kernel's map calls the room reserved, and no content of the image lies in it. */
static void room_for_a_secret(void)
{
	static const uint64_t map[5][3] = {
		{0,			 GUEST_SECRET_GPA,	      1},
		{GUEST_SECRET_GPA,	   0x2000,			   2},
		{GUEST_SECRET_GPA + 0x2000, 0x9e000 - GUEST_SECRET_GPA, 1},
		{0xe0000,			  0x10000,			   3},
		{MIB,		       7 * MIB,		       1},
	};
	struct layout l = {.ram_bytes = 8 * MIB};
	struct blob file = {NULL, 0};
	struct hv_image h;

	reset();
	REQUIRE(guest_secret(&l, 0x2000));
	REQUIRE(build(&l, "quiet", 100, &file));
	memcpy(&h, file.data, sizeof h);
	CHECK_EQ(h.secret_gpa, GUEST_SECRET_GPA);
	CHECK_EQ(h.secret_bytes, 0x2000);
	for (unsigned i = 0; i < h.range_count; i++)
		CHECK_TRUE(h.range[i].gpa + h.range[i].pages * HV_PAGE_SIZE <= h.secret_gpa ||
			   h.range[i].gpa >= h.secret_gpa + h.secret_bytes);
	CHECK_EQ(le_at(&file, GUEST_BOOT_GPA + 0x1e8, 1), 5);
	for (unsigned i = 0; i < 5; i++) {
		CHECK_EQ(le_at(&file, GUEST_BOOT_GPA + 0x2d0 + 20 * i, 8), map[i][0]);
		CHECK_EQ(le_at(&file, GUEST_BOOT_GPA + 0x2d8 + 20 * i, 8), map[i][1]);
		CHECK_EQ(le_at(&file, GUEST_BOOT_GPA + 0x2e0 + 20 * i, 4), map[i][2]);
	}
	free(file.data);
	l = (struct layout){.ram_bytes = 8 * MIB};
	CHECK_FALSE(guest_secret(&l, 0));
	CHECK_FALSE(guest_secret(&l, 0x1001));
	CHECK_FALSE(guest_secret(&l, HV_SECRET_MAX + HV_PAGE_SIZE));
	CHECK_EQ(l.secret_bytes, 0);
	REQUIRE(guest_secret(&l, HV_SECRET_MAX));
	reset();
	prog.ph[1].p_paddr = prog.ph[1].p_vaddr = GUEST_SECRET_GPA + HV_SECRET_MAX - 1;
	CHECK_FALSE(build(&l, NULL, 0, &file));
	CHECK_TRUE(strstr(l.error, "overlaps") != NULL);
}

static void same_input_same_file(void)
{
	struct layout a = {.ram_bytes = 8 * MIB}, b = a;
	struct blob fa = {NULL, 0}, fb = {NULL, 0};

	reset();
	REQUIRE(build(&a, "quiet", 100, &fa));
	memset(&guest, 0xff, sizeof guest); /* nothing of the first run may be needed or kept */
	REQUIRE(build(&b, "quiet", 100, &fb));
	REQUIRE(fa.len == fb.len);
	CHECK_MEM(fa.data, fb.data, fa.len);
	free(fa.data);
	free(fb.data);
}

static void unbuildable(uint64_t ram_mib, const char *cmdline, size_t initrd, const char *word)
{
	struct layout l = {.ram_bytes = ram_mib * MIB};
	struct blob file = {NULL, 0};

	CHECK_FALSE(build(&l, cmdline, initrd, &file));
	CHECK_TRUE(file.data == NULL);
	if (strstr(l.error, word) == NULL)
		CHECK_STR(l.error, word);
}

static void what_does_not_fit_is_refused(void)
{
	static char line[GUEST_CMD_MAX + 2];

	reset();
	unbuildable(2, NULL, 0, "4 MiB are needed");
	unbuildable(2, "", 10, "4 MiB are needed (initrd");
	prog.ph[1].p_memsz = 4 * MIB - 0x201800 - 0x1000; /* ends one page below 4 MiB */
	unbuildable(4, "", HV_PAGE_SIZE + 1, "6 MiB are needed");
	reset();
	prog.ph[1].p_paddr = prog.ph[1].p_vaddr = 0x200fff;
	unbuildable(4, NULL, 0, "overlaps");
	prog.ph[1].p_paddr = prog.ph[1].p_vaddr = GUEST_STACK_GPA;
	unbuildable(4, NULL, 0, "overlaps");
	prog.ph[1].p_paddr = prog.ph[1].p_vaddr = GUEST_PT_GPA + 5 * HV_PAGE_SIZE;
	unbuildable(4, NULL, 0, "overlaps");
	reset();
	prog.ph[1].p_vaddr = 0x300000;
	unbuildable(4, NULL, 0, "linked for one address");
	reset();
	prog.eh.e_entry = 0x201800; /* data */
	unbuildable(4, NULL, 0, "entry point");
	prog.eh.e_entry = 0x1fffff;
	unbuildable(4, NULL, 0, "entry point");
	prog.eh.e_entry = 0x201000;
	unbuildable(4, NULL, 0, "entry point");
	reset();
	memset(line, 'x', sizeof line - 1);
	unbuildable(8, line, 0, "2047");
}

/* Range 33 is one too many; pieces without content need none. */
static void too_many_ranges(void)
{
	struct layout l = {.ram_bytes = 4 * MIB};
	struct blob file = {NULL, 0};
	static const uint8_t one = 1;

	for (unsigned i = 0; i < HV_IMAGE_RANGE_MAX; i++)
		CHECK_TRUE(layout_add(&l, (struct layout_piece){"piece", 0x2000 * i, 1, 1, &one}));
	CHECK_TRUE(layout_add(&l, (struct layout_piece){"hole", 0x200000, 4096, 0, NULL}));
	REQUIRE(layout_build(&l, &file));
	CHECK_EQ(file.len, 33 * HV_PAGE_SIZE);
	free(file.data);
	file.data = NULL;
	CHECK_TRUE(layout_add(&l, (struct layout_piece){"last", 0x300000, 1, 1, &one}));
	CHECK_FALSE(layout_build(&l, &file));
	CHECK_TRUE(strstr(l.error, "more than 32") != NULL);
	while (l.count < LAYOUT_PIECE_MAX)
		CHECK_TRUE(layout_add(&l, (struct layout_piece){"x", 0x310000, 1, 0, NULL}));
	CHECK_FALSE(layout_add(&l, (struct layout_piece){"x", 0x310000, 1, 0, NULL}));
	CHECK_FALSE(layout_add(&l, (struct layout_piece){"x", 0x310000, 0, 0, NULL}));
}

static uint8_t sum_of(const uint8_t *p, uint64_t len)
{
	uint8_t sum = 0;

	for (uint64_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + p[i]);
	return sum;
}

/* Every table adds up to 0 and is where its parent says. */
static void acpi_tables_hang_together(void)
{
	static uint8_t t[ACPI_BYTES];
	static const struct {
		const char *signature;
		unsigned
			parent_at; /* offset of the 64-bit pointer in the parent table; 0 = from the RSDP */
	} want[] = {
		{"XSDT", 0  },
		     {"FACP", 36 },
		   {"APIC", 44 },
		 {"DSDT", 140}
	      };
	uint64_t at, xsdt = 0, facp = 0;

	acpi_build(t);
	CHECK_MEM(t, "RSD PTR ", 8);
	CHECK_EQ(sum_of(t, 20), 0); /* the part of revision 0, and all of it */
	CHECK_EQ(sum_of(t, 36), 0);
	for (unsigned i = 0; i < 4; i++) {
		uint64_t ptr = 0, len = 0;
		const uint8_t *p = i == 0 ? t + 24 : t + (i == 3 ? facp : xsdt) + want[i].parent_at;

		for (unsigned k = 0; k < 8; k++)
			ptr |= (uint64_t)p[k] << (8 * k);
		at = ptr - ACPI_GPA;
		REQUIRE(at < sizeof t - 36);
		CHECK_MEM(t + at, want[i].signature, 4);
		for (unsigned k = 0; k < 4; k++)
			len |= (uint64_t)t[at + 4 + k] << (8 * k);
		REQUIRE(len <= sizeof t - at);
		CHECK_EQ(sum_of(t + at, len), 0);
		xsdt = i == 0 ? at : xsdt;
		facp = i == 1 ? at : facp;
	}
}

/* The bytes a disassembler of another make turns back into the source in the comment above dsdt(). */
static void aml_is_as_specified(void)
{
	uint8_t buf[300], small[4];
	struct aml a = {buf, sizeof buf, 0, false}, full = {small, sizeof small, 0, false};
	size_t dev;

	aml_name_eisa_id(&a, "_HID", "PNP0A03");
	CHECK_MEM(buf, "\x08_HID\x0c\x41\xd0\x0a\x03", 10);
	a.len = 0;
	aml_name_int(&a, "_UID", 0);
	aml_name_int(&a, "_UID", 0x80);
	aml_name_int(&a, "_UID", 0x1234);
	CHECK_MEM(buf, "\x08_UID\x00\x08_UID\x0a\x80\x08_UID\x0b\x34\x12", 21);
	a.len = 0;
	dev = aml_open_device(&a, "PCI0");
	while (a.len < dev + 0x3e)
		aml_byte(&a, 0xa3);
	aml_close(&a, dev); /* 62 bytes and the length byte: the longest one-byte length */
	CHECK_MEM(buf, "\x5b\x82\x3fPCI0", 7);
	CHECK_EQ(a.len, 2 + 0x3f);
	a.len = 0;
	dev = aml_open_scope(&a, "\\_SB_");
	while (a.len < dev + 0x3f)
		aml_byte(&a, 0xa3);
	aml_close(&a, dev); /* 63 bytes need two length bytes: 65 = 4 << 4 | 1 */
	CHECK_MEM(buf, "\x10\x41\x04\\_SB_", 8);
	aml_name_int(&full, "_UID", 0);
	CHECK_TRUE(full.full);
	CHECK_EQ(full.len, 4);
	full.full = false;
	aml_close(&full, 0);
	CHECK_TRUE(full.full);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(elf_segments_are_found);
	RUN(elf_lies_are_refused);
	RUN(payload_image);
	RUN(page_tables_are_identity);
	RUN(linux_image);
	RUN(room_for_a_secret);
	RUN(same_input_same_file);
	RUN(what_does_not_fit_is_refused);
	RUN(too_many_ranges);
	RUN(acpi_tables_hang_together);
	RUN(aml_is_as_specified);
	return check_end();
}
