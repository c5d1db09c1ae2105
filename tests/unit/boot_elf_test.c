/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the loader's ELF reader: one good core built by hand, then each rule broken. */
#include "check.h"

#include "boot/elf.h"

#define DYN_AT	   0x2000u /* file offset and address of the dynamic section, in the second segment */
#define RELA_AT	   0x2100u
#define FILE_BYTES 0x3010u

static uint8_t file[FILE_BYTES];
static struct elf_image image;

static void put(size_t off, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		file[off + i] = (uint8_t)(v >> 8 * i);
}

static void phdr(unsigned i, uint32_t type, uint32_t flags, uint64_t at, uint64_t bytes,
		 uint64_t mem)
{
	size_t p = 64 + 56 * i;

	put(p, type, 4);
	put(p + 4, flags, 4);
	put(p + 8, at, 8);
	put(p + 16, at, 8);
	put(p + 32, bytes, 8);
	put(p + 40, mem, 8);
}

/* Code at 0x1000, read-only data with the dynamic section at 0x2000, data with a zeroed tail at 0x3000. */
static void good(void)
{
	memset(file, 0, sizeof file);
	memcpy(file, "\177ELF\2\1\1", 7);
	put(16, 3, 2);
	put(18, 62, 2);
	put(24, 0x1010, 8);
	put(32, 64, 8);
	put(54, 56, 2);
	put(56, 4, 2);
	phdr(0, 1, ELF_R | ELF_X, 0x1000, 0x100, 0x100);
	phdr(1, 1, ELF_R, 0x2000, 0x200, 0x200);
	phdr(2, 1, ELF_R | ELF_W, 0x3000, 0x10, 0x1800);
	phdr(3, 2, ELF_R, DYN_AT, 0x50, 0x50);
	put(DYN_AT, 7, 8); /* DT_RELA */
	put(DYN_AT + 8, RELA_AT, 8);
	put(DYN_AT + 16, 8, 8); /* DT_RELASZ */
	put(DYN_AT + 24, 48, 8);
	put(DYN_AT + 32, 9, 8); /* DT_RELAENT */
	put(DYN_AT + 40, 24, 8);
	put(RELA_AT, 0x3000, 8);
	put(RELA_AT + 8, 8, 8);
	put(RELA_AT + 16, 0x2050, 8);
	put(RELA_AT + 24, 0x1020, 8);
	put(RELA_AT + 32, 8, 8);
	put(RELA_AT + 40, 0x3008, 8);
	memset(file + 0x1000, 0xcc, 0x100);
	memset(file + 0x3000, 0xdd, 0x10);
}

static const char *parse(void)
{
	return elf_parse(file, sizeof file, &image);
}

static const char *load(uint64_t base, uint8_t *to)
{
	return elf_load(file, sizeof file, &image, to, base);
}

static void takes_a_static_pie(void)
{
	good();
	CHECK_TRUE(parse() == NULL);
	CHECK_EQ(image.span, 0x5000);
	CHECK_EQ(image.entry, 0x1010);
	CHECK_EQ(image.segs, 3);
	CHECK_EQ(image.rela_count, 2);
	CHECK_EQ(image.seg[2].rights, ELF_R | ELF_W);
}

static void loads_zeroes_and_relocates(void)
{
	static uint8_t to[0x5000];
	uint64_t v;

	good();
	REQUIRE(parse() == NULL);
	memset(to, 0x55, sizeof to);
	CHECK_TRUE(load(0xffffff8000000000ull, to) == NULL);
	memcpy(&v, to + 0x3000, 8);
	CHECK_EQ(v, 0xffffff8000002050ull);
	memcpy(&v, to + 0x1020, 8);
	CHECK_EQ(v, 0xffffff8000003008ull);
	CHECK_EQ(to[0x1000], 0xcc);
	CHECK_EQ(to[0x300f], 0xdd);
	for (size_t i = 0; i < 0x1000; i++)
		CHECK_EQ(to[i], 0);
	for (size_t i = 0x3010; i < sizeof to; i++)
		CHECK_EQ(to[i], 0);
}

static void refuses_other_files(void)
{
	good();
	put(16, 2, 2);
	CHECK_STR(parse(), "not position-independent x86-64 code");
	good();
	put(18, 3, 2);
	CHECK_STR(parse(), "not position-independent x86-64 code");
	good();
	file[4] = 1;
	CHECK_STR(parse(), "not a 64-bit little-endian ELF file");
	good();
	CHECK_STR(elf_parse(file, 63, &image), "not a 64-bit little-endian ELF file");
	CHECK_STR(elf_parse(file, 0, &image), "not a 64-bit little-endian ELF file");
	put(32, sizeof file - 4 * 56 + 1, 8);
	CHECK_STR(parse(), "program headers outside the file");
	put(32, ~0ull, 8);
	CHECK_STR(parse(), "program headers outside the file");
	good();
	put(56, 17, 2);
	CHECK_STR(parse(), "program headers outside the file");
	good();
	phdr(3, 3, ELF_R, DYN_AT, 0x10, 0x10);
	CHECK_STR(parse(), "an interpreter");
}

static void refuses_segments_outside_file_or_range(void)
{
	good();
	phdr(2, 1, ELF_R | ELF_W, 0x3000, 0x11, 0x1800);
	CHECK_STR(parse(), "a segment outside the file");
	good();
	phdr(2, 1, ELF_R | ELF_W, 0x3000, 0x10, 8);
	CHECK_STR(parse(), "a segment outside the file");
	good();
	put(64 + 56 * 2 + 8, ~0ull, 8);
	CHECK_STR(parse(), "a segment outside the file");
	good();
	phdr(2, 1, ELF_R | ELF_W, 0x3000, 0x10, ELF_SPAN_MAX - 0x2fff);
	CHECK_STR(parse(), "a segment outside the address range");
	good();
	put(64 + 56 * 2 + 16, 0x3008, 8);
	CHECK_STR(parse(), "a segment outside the address range");
	good();
	phdr(2, 1, ELF_R | ELF_W, 0x3000, 0, 0);
	CHECK_STR(parse(), "a segment outside the address range");
}

static void refuses_segments_that_share_a_page(void)
{
	good();
	phdr(1, 1, ELF_R, 0x2000, 0x200, 0x1001);
	CHECK_STR(parse(), "segments that overlap or share a page");
	good();
	phdr(1, 1, ELF_R, 0x2000, 0x200, 0x1000);
	CHECK_TRUE(parse() == NULL);
}

static void refuses_writable_code(void)
{
	good();
	put(64 + 56 * 2 + 4, ELF_R | ELF_W | ELF_X, 4);
	CHECK_STR(parse(), "a segment writable and executable, or not readable");
	put(64 + 56 * 2 + 4, ELF_W, 4);
	CHECK_STR(parse(), "a segment writable and executable, or not readable");
}

static void refuses_more_than_relative_relocations(void)
{
	const uint64_t tags[] = {1, 17, 23, 36};

	for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
		good();
		put(DYN_AT + 48, tags[i], 8);
		CHECK_STR(parse(), "a dynamic section that needs more than DT_RELA");
	}
	good();
	put(DYN_AT + 40, 16, 8);
	CHECK_STR(parse(), "relocations of another size");
	good();
	put(DYN_AT + 24, 47, 8);
	CHECK_STR(parse(), "relocations of another size");
	good();
	phdr(3, 4, ELF_R, DYN_AT, 0x50, 0x50);
	CHECK_STR(parse(), "no dynamic section");
}

static void refuses_relocations_outside(void)
{
	static uint8_t to[0x5000];

	good();
	put(DYN_AT + 8, 0x21d1, 8); /* the last one would end behind the file's part */
	CHECK_STR(parse(), "relocations outside the file");
	good();
	put(DYN_AT + 24, ~0ull / 24 * 24, 8);
	CHECK_STR(parse(), "relocations outside the file");
	good();
	put(RELA_AT, 0x4ff9, 8);
	CHECK_TRUE(parse() == NULL);
	CHECK_STR(load(0, to), "a relocation outside the image");
	good();
	put(RELA_AT + 16, 0x5001, 8);
	CHECK_TRUE(parse() == NULL);
	CHECK_STR(load(0, to), "a relocation outside the image");
	good();
	put(RELA_AT + 8, 1, 8);
	CHECK_TRUE(parse() == NULL);
	CHECK_STR(load(0, to), "a relocation that is not R_X86_64_RELATIVE");
}

static void refuses_an_entry_outside_the_code(void)
{
	const uint64_t bad[] = {0, 0xfff, 0x1100, 0x2000, 0x3000, ~0ull};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		good();
		put(24, bad[i], 8);
		CHECK_STR(parse(), "an entry point outside its code");
	}
}

/* Any byte of the headers may be anything: nothing but a verdict comes out. */
static void survives_every_changed_byte(void)
{
	static uint8_t to[ELF_SPAN_MAX];
	unsigned good_ones = 0;

	for (size_t at = 0; at < RELA_AT + 48; at++) {
		if (at == 64 + 4 * 56)
			at = DYN_AT;
		for (unsigned bit = 0; bit < 8; bit++) {
			good();
			file[at] = (uint8_t)(file[at] ^ 1u << bit);
			if (parse() != NULL)
				continue;
			CHECK_TRUE(image.span <= ELF_SPAN_MAX);
			good_ones += load(0, to) == NULL;
		}
	}
	CHECK_TRUE(good_ones > 0);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(takes_a_static_pie);
	RUN(loads_zeroes_and_relocates);
	RUN(refuses_other_files);
	RUN(refuses_segments_outside_file_or_range);
	RUN(refuses_segments_that_share_a_page);
	RUN(refuses_writable_code);
	RUN(refuses_more_than_relative_relocations);
	RUN(refuses_relocations_outside);
	RUN(refuses_an_entry_outside_the_code);
	RUN(survives_every_changed_byte);
	return check_end();
}
