/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest domain of Xen: says that it runs and sleeps. Port 0xe9 is Xen's console of guests; a line is shown at its end. */
	.section .xen, "a", @note
	.balign 4
	.long 4, 4, 18 /* the entry's physical address */
	.asciz "Xen"
	.long tiny_entry

	.text
	.code32
	.globl tiny_entry
tiny_entry:
	mov $'!', %al
	out %al, $0xe9
	mov $'\n', %al
	out %al, $0xe9
1:	sti
	hlt
	jmp 1b
