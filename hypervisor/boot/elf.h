/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the core's ELF file and lays it out in memory. Takes one shape only (static PIE); must not touch the machine. */
#ifndef BOOT_ELF_H
#define BOOT_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_SEG_MAX  8u
#define ELF_SPAN_MAX (16u << 20)
#define ELF_X	     1u
#define ELF_W	     2u
#define ELF_R	     4u

struct elf_seg {
	uint64_t va, mem_bytes; /* va page-aligned; from the base */
	uint64_t file_off, file_bytes;
	uint32_t rights; /* ELF_R with at most one of ELF_W, ELF_X */
};

struct elf_image {
	uint64_t span; /* bytes from the base to the end, whole pages */
	uint64_t entry;
	uint64_t rela_va, rela_count; /* relocations, inside a loaded segment's file part */
	unsigned segs;
	struct elf_seg seg[ELF_SEG_MAX];
};

/*
 * elf_parse - check the file and find its parts.
 *
 * Takes: ET_DYN for x86-64, PT_LOAD segments ascending without overlap and without a page that two share, none
 * writable and executable, no interpreter, no needed library, relocations only as DT_RELA of 24 bytes each.
 * Returns NULL, or what is wrong in words.
 */
const char *elf_parse(const uint8_t *file, size_t len, struct elf_image *out);

/*
 * elf_load - copy the segments to TO (SPAN bytes), zero the rest, and relocate for address BASE.
 *
 * Only R_X86_64_RELATIVE is applied, with place and target inside the image. Returns NULL, or what is wrong.
 */
const char *elf_load(const uint8_t *file, size_t len, const struct elf_image *image, uint8_t *to,
		     uint64_t base);

#endif
