/* SPDX-License-Identifier: Apache-2.0 */
/* The resident core as built, inside the loader's read-only data. The path is from the root of the tree. */
	.section .rdata,"dr"
	.globl core_elf, core_elf_end
	.balign 16
core_elf:
	.incbin CORE_ELF
core_elf_end:
	.byte 0
