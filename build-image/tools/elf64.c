/* SPDX-License-Identifier: Apache-2.0 */
/* Checks and lists what an ELF file wants loaded; it must not read outside the bytes it was given. */
#include "elf64.h"

#include <elf.h>
#include <string.h>

static const char *take_segment(const uint8_t *file, size_t len, const Elf64_Phdr *ph,
				struct elf64 *out)
{
	if (ph->p_type == PT_INTERP || ph->p_type == PT_DYNAMIC)
		return "is dynamically linked; a static ET_EXEC file is needed";
	if (ph->p_type != PT_LOAD || ph->p_memsz == 0)
		return NULL;
	if (out->count == ELF64_SEG_MAX)
		return "has more than 16 loadable segments";
	if (ph->p_filesz > ph->p_memsz)
		return "has a segment with more bytes in the file than in memory";
	if (ph->p_offset > len || ph->p_filesz > len - ph->p_offset)
		return "is cut off: a segment lies beyond its end";
	if (ph->p_memsz > UINT64_MAX - ph->p_paddr)
		return "has a segment that wraps around the address space";
	out->seg[out->count++] = (struct elf64_seg){
		.paddr = ph->p_paddr,
		.vaddr = ph->p_vaddr,
		.mem_bytes = ph->p_memsz,
		.file_bytes = ph->p_filesz,
		.data = file + ph->p_offset,
		.exec = (ph->p_flags & PF_X) != 0,
	};
	return NULL;
}

const char *elf64_parse(const uint8_t *file, size_t len, struct elf64 *out)
{
	Elf64_Ehdr eh;
	struct elf64 e = {0};

	if (len < sizeof eh)
		return "is too short for an ELF file";
	memcpy(&eh, file, sizeof eh);
	if (memcmp(eh.e_ident, ELFMAG, SELFMAG) != 0)
		return "is not an ELF file (for a kernel: vmlinux is needed, not bzImage)";
	if (eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_ident[EI_DATA] != ELFDATA2LSB ||
	    eh.e_machine != EM_X86_64)
		return "is not a 64-bit x86 ELF file";
	if (eh.e_type != ET_EXEC)
		return "is not an executable with fixed addresses (ET_EXEC)";
	if (eh.e_phentsize != sizeof(Elf64_Phdr))
		return "has program headers of an unknown size";
	if (eh.e_phoff > len || eh.e_phnum > (len - eh.e_phoff) / sizeof(Elf64_Phdr))
		return "is cut off: the program headers lie beyond its end";
	e.entry = eh.e_entry;
	for (unsigned i = 0; i < eh.e_phnum; i++) {
		Elf64_Phdr ph;
		const char *wrong;

		memcpy(&ph, file + eh.e_phoff + i * sizeof ph, sizeof ph);
		wrong = take_segment(file, len, &ph, &e);
		if (wrong != NULL)
			return wrong;
	}
	if (e.count == 0)
		return "has nothing to load";
	*out = e;
	return NULL;
}
