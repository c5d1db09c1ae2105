/* SPDX-License-Identifier: Apache-2.0 */
/* Entry and exception stubs of the bare-metal test guests. */
	.text
	.globl payload_entry
payload_entry:
	lgdt gdt_register(%rip)
	mov $0x10, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	push $0x08
	lea 1f(%rip), %rax
	push %rax
	lretq
1:	xor %ebp, %ebp
	call guest_start
	ud2

/* unsigned caught(void (*try)(uint64_t), uint64_t): an exception unwinds to here with its vector in EAX. */
	.globl caught
caught:
	push %rbx
	push %rbp
	push %r12
	push %r13
	push %r14
	push %r15
	push guest_resume_rsp(%rip)
	mov %rsp, guest_resume_rsp(%rip)
	mov %rdi, %rax
	mov %rsi, %rdi
	sub $8, %rsp
	call *%rax
	mov $256, %eax
resume:
	mov guest_resume_rsp(%rip), %rsp
	pop guest_resume_rsp(%rip)
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
	ret

	.balign 16
	.globl guest_stubs
guest_stubs:
	.set vector, 0
	.rept 32
	mov $vector, %eax
	jmp stub_common
	.set vector, vector + 1
	.balign 16
	.endr
	.rept 224 /* interrupts: counted, acknowledged, back to what was interrupted */
	push %rax
	mov $vector, %eax
	jmp stub_interrupt
	.set vector, vector + 1
	.balign 16
	.endr
stub_interrupt:
	incq guest_vectors(,%rax,8)
	push %rcx
	push %rdx
	mov $0x80b, %ecx /* EOI of the x2APIC */
	xor %eax, %eax
	xor %edx, %edx
	wrmsr
	pop %rdx
	pop %rcx
	pop %rax
	iretq
stub_common:
	incq guest_vectors(,%rax,8)
	cmpq $0, guest_resume_rsp(%rip)
	jne resume
	ud2 /* nobody waits for it: a fault inside the handler ends in a triple fault */

	.data
	.balign 8
	.word 0, 0, 0
gdt_register: /* 6 bytes before the base keep it aligned */
	.word 55
	.quad guest_gdt
	.balign 8
	.globl guest_gdt
guest_gdt: /* 08 code, 10 data, 18 data and 20 code of ring 3, 28 a task state that guest.c fills in */
	.quad 0
	.quad 0x00af9b000000ffff
	.quad 0x00cf93000000ffff
	.quad 0x00cff3000000ffff
	.quad 0x00affb000000ffff
	.quad 0, 0
	.section .note.GNU-stack, "", @progbits
