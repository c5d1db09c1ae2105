/* SPDX-License-Identifier: Apache-2.0 */
/* Giving up root, capabilities and system calls. Must not leave a process half-way that goes on. */
#include "sandbox.h"

#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define X32_BIT 0x40000000u

static struct sock_filter load(size_t offset)
{
	return (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset);
}

/* Jumps over YES or NO instructions. */
static struct sock_filter jump(uint16_t test, uint32_t value, uint8_t yes, uint8_t no)
{
	return (struct sock_filter)BPF_JUMP((uint16_t)(BPF_JMP | test | BPF_K), value, yes, no);
}

static struct sock_filter answer(uint32_t what)
{
	return (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, what);
}

/* A list of comparisons, each of which jumps to the last instruction, "allow", or goes on; who falls out of it meets "kill". */
int sandbox_calls(const int *calls, size_t count)
{
	struct sock_filter code[SANDBOX_CALLS + 8];
	struct sock_fprog prog = {.filter = code};
	size_t n = 0, all = count + 2;

	if (count > SANDBOX_CALLS) {
		errno = E2BIG;
		return -1;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	code[n++] = load(offsetof(struct seccomp_data, arch));
	code[n++] = jump(BPF_JEQ, AUDIT_ARCH_X86_64, 0, (uint8_t)(all + 2));
	code[n++] = load(offsetof(struct seccomp_data, nr));
	code[n++] = jump(BPF_JGE, X32_BIT, (uint8_t)all, 0);
	for (size_t i = 0; i < all; i++) {
		int call = i < count ? calls[i] : i == count ? SYS_exit_group : SYS_rt_sigreturn;

		code[n++] = jump(BPF_JEQ, (uint32_t)call, (uint8_t)(all - i), 0);
	}
	code[n++] = answer(SECCOMP_RET_KILL_PROCESS);
	code[n++] = answer(SECCOMP_RET_ALLOW);
	prog.len = (uint16_t)n;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog);
}

int sandbox_enter(const int *calls, size_t count)
{
	if (setgroups(0, NULL) != 0 || setresgid(SANDBOX_ID, SANDBOX_ID, SANDBOX_ID) != 0 ||
	    setresuid(SANDBOX_ID, SANDBOX_ID, SANDBOX_ID) != 0)
		return -1;
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return -1;
	return sandbox_calls(calls, count);
}
