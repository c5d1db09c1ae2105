/* SPDX-License-Identifier: GPL-2.0-only */
/* The VMMCALL instruction and its registers, as hv_hypercall.h fixes them. The only assembler of the module. */
#ifndef BULKHEAD_HYPERCALL_H
#define BULKHEAD_HYPERCALL_H

#include <linux/io.h>
#include <linux/types.h>
#include <asm/asm.h>

#include "hv_channel.h"
#include "hv_event.h"
#include "hv_hypercall.h"

struct bh_result {
	u64 r0;
	u64 r1;
};

/*
 * Everything a call points to must be direct-mapped RAM (kmalloc, page allocator): bh_gpa() of anything else is not
 * an address the hypervisor accepts. A processor that does not know the instruction leaves RAX as it was, which is no hv_err.
 */
static inline u32 bh_call(u32 call, u64 a0, u64 a1, u64 a2, u64 a3, struct bh_result *res)
{
	u64 rax = HV_CALL_BASE + call;
	u64 rdx = a2;
	register u64 r10 asm("r10") = a3;

	asm volatile("1: vmmcall\n"
		     "2:\n" _ASM_EXTABLE(1b, 2b)
		     : "+a"(rax), "+d"(rdx), "+r"(r10)
		     : "D"(a0), "S"(a1)
		     : "memory");
	if (res) {
		res->r0 = rdx;
		res->r1 = r10;
	}
	return (u32)rax;
}

static inline u64 bh_gpa(const void *p)
{
	return virt_to_phys((volatile void *)p);
}

/* 0 or a negative errno for any value a call can answer. */
int bh_errno(u32 err);

#endif
