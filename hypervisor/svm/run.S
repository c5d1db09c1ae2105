/* SPDX-License-Identifier: Apache-2.0 */
/* World switch of AMD-V. Holds no policy: what is loaded and saved is decided by vcpu.c. */

/*
 * void svm_enter(struct vcpu *v); the offsets of its registers and of the two blocks' addresses: svm.h asserts them
 * AMD APM vol 2, 15.5.1: VMRUN switches RAX, RSP, RIP, RFLAGS and segments CS SS DS ES; VMLOAD/VMSAVE the rest.
 * Interrupts are closed by GIF from CLGI on, so IF may be set: an interrupt that is already waiting ends VMRUN at once.
 */
#include "svm_offsets.h"
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
	push %rdi
	clgi
	sti
	mov SVM_VCPU_GUEST(%rdi), %rax
	vmload %rax
	mov 1*8(%rdi), %rcx
	mov 2*8(%rdi), %rdx
	mov 3*8(%rdi), %rbx
	mov 5*8(%rdi), %rbp
	mov 6*8(%rdi), %rsi
	.irp n, 8, 9, 10, 11, 12, 13, 14, 15
	mov \n*8(%rdi), %r\n
	.endr
	mov 7*8(%rdi), %rdi
	/* Buffers of the core that speculation of the guest could read. Needs a writable segment; elsewhere it only sets a flag. */
	verw data_selector(%rip)
	vmrun %rax
	vmsave %rax
	/* 32 entries: no RET of the core is predicted by what the guest left in the return stack. */
	.rept 32
	call 1f
	int3
1:
	.endr
	add $32*8, %rsp
	pop %rax
	mov %rcx, 1*8(%rax)
	mov %rdx, 2*8(%rax)
	mov %rbx, 3*8(%rax)
	mov %rbp, 5*8(%rax)
	mov %rsi, 6*8(%rax)
	mov %rdi, 7*8(%rax)
	.irp n, 8, 9, 10, 11, 12, 13, 14, 15
	mov %r\n, \n*8(%rax)
	.endr
	mov SVM_VCPU_HOST(%rax), %rax
	/* No value of the guest stays where the core's code, run ahead of itself, could use it as an address. */
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
	.irp r, ecx, edx, esi, edi, r8d, r9d, r10d, r11d
	xor %\r, %\r
	.endr
	mov %rcx, %cr2
	vmload %rax
	cli
	stgi
	ret
	.size svm_enter, . - svm_enter
	.section .rodata
	.balign 2
data_selector:
	.word 0x10
	.section .note.GNU-stack, "", @progbits
