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
stub_common:
	cmpq $0, guest_resume_rsp(%rip)
	jne resume
	ud2 /* nobody waits for it: a fault inside the handler ends in a triple fault */

	.section .rodata
	.balign 8
	.word 0, 0, 0
gdt_register: /* 6 bytes before the base keep it aligned */
	.word 23
	.quad gdt
	.balign 8
gdt:
	.quad 0
	.quad 0x00af9b000000ffff
	.quad 0x00cf93000000ffff
	.section .note.GNU-stack, "", @progbits
