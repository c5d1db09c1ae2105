/* SPDX-License-Identifier: Apache-2.0 */
/* The loadable segments of a static x86-64 ELF file. Reads the program headers only; it must believe no offset unchecked. */
#ifndef ELF64_H
#define ELF64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF64_SEG_MAX 16u

struct elf64_seg {
	uint64_t paddr, vaddr;
	uint64_t mem_bytes;  /* not 0 */
	uint64_t file_bytes; /* at most mem_bytes */
	const uint8_t *data; /* file_bytes of them, inside the file */
	bool exec;
};

struct elf64 {
	uint64_t entry;
	unsigned count; /* of seg[], at least 1 */
	struct elf64_seg seg[ELF64_SEG_MAX];
};

/* Returns NULL and fills OUT, or says in words what is wrong with the LEN bytes at FILE. OUT points into FILE. */
const char *elf64_parse(const uint8_t *file, size_t len, struct elf64 *out);

#endif
