/* SPDX-License-Identifier: Apache-2.0 */
/* Giving up root, capabilities and system calls. Must not leave a process half-way that goes on. */
#include "sandbox.h"

#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define X32_BIT	 0x40000000u
#define IN_FRONT 16u /* instructions before the list of calls */

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

/* A call whose third argument is a memory protection: not with PROT_EXEC. Five instructions. */
static size_t no_exec(struct sock_filter *code, uint32_t call)
{
	code[0] = jump(BPF_JEQ, call, 0, 4);
	code[1] = load(offsetof(struct seccomp_data, args[2]));
	code[2] = jump(BPF_JSET, PROT_EXEC, 0, 1);
	code[3] = answer(SECCOMP_RET_KILL_PROCESS);
	code[4] = load(offsetof(struct seccomp_data, nr));
	return 5;
}

/* A list of comparisons, each of which jumps to the last instruction, "allow", or goes on; who falls out of it meets "kill". */
int sandbox_calls(const int *calls, size_t count)
{
	struct sock_filter code[IN_FRONT + SANDBOX_CALLS + 4];
	struct sock_fprog prog = {.filter = code};
	size_t n = 0, all = count + 2;

	if (count > SANDBOX_CALLS) {
		errno = E2BIG;
		return -1;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	code[n++] = load(offsetof(struct seccomp_data, arch));
	code[n++] = jump(BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0);
	code[n++] = answer(SECCOMP_RET_KILL_PROCESS);
	code[n++] = load(offsetof(struct seccomp_data, nr));
	code[n++] = jump(BPF_JGE, X32_BIT, 0, 1);
	code[n++] = answer(SECCOMP_RET_KILL_PROCESS);
	n += no_exec(&code[n], SYS_mmap);
	n += no_exec(&code[n], SYS_mprotect);
	for (size_t i = 0; i < all; i++) {
		int call = i < count ? calls[i] : i == count ? SYS_exit_group : SYS_rt_sigreturn;

		code[n++] = jump(BPF_JEQ, (uint32_t)call, (uint8_t)(all - i), 0);
	}
	code[n++] = answer(SECCOMP_RET_KILL_PROCESS);
	code[n++] = answer(SECCOMP_RET_ALLOW);
	prog.len = (uint16_t)n;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &prog);
}

/* INHERITED: whether programs that this one starts have them as well. */
static int set_caps(uint64_t caps, bool inherited)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	for (unsigned i = 0; i < 2; i++) {
		data[i].effective = data[i].permitted = (uint32_t)(caps >> 32 * i);
		data[i].inheritable = inherited ? data[i].permitted : 0;
	}
	if (syscall(SYS_capset, &head, data) != 0)
		return -1;
	for (unsigned long cap = 0; inherited && cap < 64; cap++)
		if ((caps >> cap & 1) != 0 &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) != 0)
			return -1;
	return 0;
}

/* What is not in the bounding set cannot come back. The kernel says EINVAL behind the last capability it knows. */
static int bound_caps(uint64_t caps)
{
	for (unsigned long cap = 0; cap < 64; cap++)
		if ((caps >> cap & 1) == 0 && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0)
			return cap != 0 && errno == EINVAL ? 0 : -1;
	return 0;
}

static int become(unsigned id, uint64_t caps, bool inherited)
{
	if (bound_caps(caps) != 0 || prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0)
		return -1;
	if (setgroups(0, NULL) != 0 || setresgid(id, id, id) != 0 || setresuid(id, id, id) != 0)
		return -1;
	if (set_caps(caps, inherited) != 0 || prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) != 0)
		return -1;
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int sandbox_drop(const char *root, uint64_t caps)
{
	if (root != NULL && (chdir(root) != 0 || chroot(".") != 0))
		return -1;
	return become(SANDBOX_ID, caps, false);
}

int sandbox_user(unsigned id, uint64_t caps)
{
	return become(id, caps, true);
}

int sandbox_bound(uint64_t caps)
{
	if (bound_caps(caps) != 0 || set_caps(caps, false) != 0)
		return -1;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

int sandbox_enter(const int *calls, size_t count)
{
	return sandbox_drop(NULL, 0) != 0 ? -1 : sandbox_calls(calls, count);
}
