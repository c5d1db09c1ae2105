/* SPDX-License-Identifier: Apache-2.0 */
/* Sample: a section with every right. */
	.section .sample, "awx", @progbits
	.globl sample_entry
sample_entry:
	ret
	.section .note.GNU-stack, "", @progbits
