/* SPDX-License-Identifier: Apache-2.0 */
/* World switch of AMD-V. Holds no policy: what is loaded and saved is decided by vcpu.c. */

/*
 * void svm_enter(uint64_t gpr[16], uint64_t guest_vmcb_pa, uint64_t host_vmcb_pa)
 * AMD APM vol 2, 15.5.1: VMRUN switches RAX, RSP, RIP, RFLAGS and segments CS SS DS ES; VMLOAD/VMSAVE the rest.
 * Interrupts are closed by GIF from CLGI on, so IF may be set: an interrupt that is already waiting ends VMRUN at once.
 */
	.text
	.globl svm_enter
	.hidden svm_enter
	.type svm_enter, @function
svm_enter:
	push %rbx
	push %rbp
	push %r12
	push %r13
	push %r14
	push %r15
	push %rdx
	push %rdi
	clgi
	sti
	mov %rsi, %rax
	vmload %rax
	mov 1*8(%rdi), %rcx
	mov 2*8(%rdi), %rdx
	mov 3*8(%rdi), %rbx
	mov 5*8(%rdi), %rbp
	mov 6*8(%rdi), %rsi
	mov 8*8(%rdi), %r8
	mov 9*8(%rdi), %r9
	mov 10*8(%rdi), %r10
	mov 11*8(%rdi), %r11
	mov 12*8(%rdi), %r12
	mov 13*8(%rdi), %r13
	mov 14*8(%rdi), %r14
	mov 15*8(%rdi), %r15
	mov 7*8(%rdi), %rdi
	vmrun %rax
	vmsave %rax
	push %rdi
	mov 8(%rsp), %rdi
	mov %rcx, 1*8(%rdi)
	mov %rdx, 2*8(%rdi)
	mov %rbx, 3*8(%rdi)
	mov %rbp, 5*8(%rdi)
	mov %rsi, 6*8(%rdi)
	mov %r8, 8*8(%rdi)
	mov %r9, 9*8(%rdi)
	mov %r10, 10*8(%rdi)
	mov %r11, 11*8(%rdi)
	mov %r12, 12*8(%rdi)
	mov %r13, 13*8(%rdi)
	mov %r14, 14*8(%rdi)
	mov %r15, 15*8(%rdi)
	pop %rcx
	mov %rcx, 7*8(%rdi)
	pop %rdi
	pop %rax
	vmload %rax
	cli
	stgi
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
	ret
	.size svm_enter, . - svm_enter
	.section .note.GNU-stack, "", @progbits
