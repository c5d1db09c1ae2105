/* SPDX-License-Identifier: Apache-2.0 */
/* First instruction, interrupt stubs, start-up code of further processors. No policy. */

	.text
	.globl core_entry
	.hidden core_entry
	.type core_entry, @function
/* From the loader: RDI = hand-off, RSP = top of the first stack, interrupts closed. */
core_entry:
	cld
	xor %ebp, %ebp
	call x86_start
	ud2
	.size core_entry, . - core_entry

/*
 * One stub of 16 bytes for each vector: pushes a zero where the processor pushes no error code, then the vector.
 * The stubs are found by address arithmetic (x86_stubs + 16 * vector), so .org keeps each at its place.
 */
	.balign 16
	.globl x86_stubs
	.hidden x86_stubs
x86_stubs:
	.set vector, 0
	.altmacro
	.macro stub n
	.type stub_\n, @function
stub_\n:
	.if (\n == 8) || (\n >= 10 && \n <= 14) || (\n == 17) || (\n == 21) || (\n == 29) || (\n == 30)
	.else
	push $0
	.endif
	push $\n
	jmp trap_common
	.size stub_\n, . - stub_\n
	.endm
	.set vector, 0
	.rept 256
	stub %vector
	.set vector, vector + 1
	.org x86_stubs + 16 * vector
	.endr
	.noaltmacro

	.type trap_common, @function
trap_common:
	push %rax
	push %rcx
	push %rdx
	push %rbx
	push %rbp
	push %rsi
	push %rdi
	push %r8
	push %r9
	push %r10
	push %r11
	push %r12
	push %r13
	push %r14
	push %r15
	cld
	mov %rsp, %rdi
	mov %rsp, %rbp
	and $-16, %rsp
	call x86_trap
	mov %rbp, %rsp
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %r11
	pop %r10
	pop %r9
	pop %r8
	pop %rdi
	pop %rsi
	pop %rbp
	pop %rbx
	pop %rdx
	pop %rcx
	pop %rax
	add $16, %rsp
	iretq
	.size trap_common, . - trap_common

/* void x86_load_gdt(const void *gdtr): loads it, the task register (0x18) and fresh CS (0x08) and data (0x10) selectors. */
	.globl x86_load_gdt
	.hidden x86_load_gdt
	.type x86_load_gdt, @function
x86_load_gdt:
	lgdt (%rdi)
	mov $0x10, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	xor %eax, %eax
	mov %eax, %fs
	mov %eax, %gs
	mov $0x18, %eax
	ltr %ax
	pop %rax
	push $0x08
	push %rax
	lretq
	.size x86_load_gdt, . - x86_load_gdt

/*
 * Copied to the low page for SIPI. Real mode, CS:IP = page:0. The last bytes of the page are data, filled in by start.c:
 * 0xfe0 CR3, 0xfe8 stack, 0xff0 entry, 0xff8 processor number.
 */
	.section .rodata
	.balign 16
	.globl x86_ap_start, x86_ap_start_end
	.hidden x86_ap_start, x86_ap_start_end
	.code16
x86_ap_start:
	cli
	cld
	mov %cs, %ax
	mov %ax, %ds
	xor %ebx, %ebx
	mov %ax, %bx
	shl $4, %ebx /* physical address of the page */
	lea (.Lap_gdt - x86_ap_start)(%ebx), %eax
	mov %eax, (.Lap_gdtr - x86_ap_start + 2)
	lea (.Lap_long - x86_ap_start)(%ebx), %eax
	mov %eax, (.Lap_target - x86_ap_start)
	lgdtl (.Lap_gdtr - x86_ap_start)
	mov $0x20, %eax /* PAE */
	mov %eax, %cr4
	mov 0xfe0, %eax
	mov %eax, %cr3
	mov $0xc0000080, %ecx
	rdmsr
	or $0x900, %eax /* LME, NXE */
	wrmsr
	mov $0x80010033, %eax /* PG WP NE ET MP PE: straight into long mode */
	mov %eax, %cr0
	ljmpl *(.Lap_target - x86_ap_start)
	.balign 8
.Lap_gdtr:
	.word 23
	.long 0
.Lap_target:
	.long 0
	.word 8
	.balign 8
.Lap_gdt:
	.quad 0
	.quad 0x00af9b000000ffff
	.quad 0x00cf93000000ffff
	.code64
.Lap_long:
	mov $0x10, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	mov %ebx, %ebx
	mov 0xfe8(%rbx), %rsp
	mov 0xff8(%rbx), %rdi
	xor %ebp, %ebp
	push $0
	push 0xff0(%rbx)
	ret
x86_ap_start_end:
	.section .note.GNU-stack, "", @progbits
