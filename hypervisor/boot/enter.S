/* SPDX-License-Identifier: Apache-2.0 */
/* The last instructions of the loader, copied to the low page: position-independent, no stack, no memory after CR3. */
	.text
	.globl enter_code, enter_code_end
/* RCX = struct hw_enter; interrupts off, EFER.NXE set, this page mapped at its own address in both tables. */
enter_code:
	movq	0(%rcx), %r8		/* cr3 */
	movq	8(%rcx), %r9		/* stack */
	movq	16(%rcx), %r10		/* entry */
	movq	24(%rcx), %rdi		/* handoff_va */
	movl	32(%rcx), %eax		/* PAT */
	movl	36(%rcx), %edx
	movl	$0x277, %ecx
	wbinvd
	wrmsr
	movl	$0x20, %eax		/* PAE only: PGE off drops global entries */
	movq	%rax, %cr4
	movq	%r8, %cr3
	movl	$0x80010033, %eax	/* PG WP NE ET MP PE */
	movq	%rax, %cr0
	wbinvd
	movq	%r9, %rsp
	xorl	%ebp, %ebp
	jmpq	*%r10
enter_code_end:
