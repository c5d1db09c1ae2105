/* SPDX-License-Identifier: Apache-2.0 */
/* From the entry of Xen's PVH protocol (32 bits, no paging) to measure_main in 64 bits, everything below 1 GiB mapped as it lies. */
	.section .xen, "a", @note
	.balign 4
	.long 4, 4, 18 /* the entry's physical address */
	.asciz "Xen"
	.long start

	.text
	.code32
	.globl start
start:
	cli
	mov $stack_top, %esp
	mov %ebx, start_info
	mov $0x87, %eax /* large pages of 2 MiB, present, writable, accessible */
	mov $level2, %edi
	mov $512, %ecx
1:	mov %eax, (%edi)
	add $0x200000, %eax
	add $8, %edi
	loop 1b
	movl $level2 + 7, level3
	movl $level3 + 7, level4
	mov %cr4, %eax
	or $0x20, %eax /* PAE */
	mov %eax, %cr4
	mov $level4, %eax
	mov %eax, %cr3
	mov $0xc0000080, %ecx
	rdmsr
	or $0x100, %eax /* EFER.LME */
	wrmsr
	mov %cr0, %eax
	or $0x80000000, %eax
	mov %eax, %cr0
	lgdt gdt_register
	ljmp $0x08, $2f
	.code64
2:	mov $0x10, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	xor %ebp, %ebp
	call guest_main
	ud2

	.data
	.balign 8
gdt:	.quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff
gdt_register:
	.word . - gdt - 1
	.long gdt

	.globl start_info
	.bss
	.balign 8
start_info: .skip 8
	.balign 4096
level4:	.skip 4096
level3:	.skip 4096
level2:	.skip 4096
	.skip 16384
stack_top:
