/* SPDX-License-Identifier: Apache-2.0 */
/* confine: starts one of vpnvm's programs that parse what comes from outside, as a user of its own with the capabilities it
 * needs. Must not start anything that is not in the table. */
#include "confine.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox.h"
#include "vm.h"
#include "vpnvmd.h"

#define CAP(name) (1ull << CAP_##name)

static const char usage_text[] = "usage: confine charon | dhcp-server | dhcp-client\n"
				 "Becomes that program, without root. Exit: its own, 100 wrong "
				 "usage, 111 it cannot be started\n";

/* Charon, the C library's threads, and the shell with the updown script that charon starts. Not in it: mounting, tracing, other
 * users, modules, keys, namespaces, changing of files' rights. */
static const int charon_calls[] = {
	SYS_accept,
	SYS_accept4,
	SYS_access,
	SYS_arch_prctl,
	SYS_bind,
	SYS_brk,
	SYS_capget,
	SYS_capset,
	SYS_chown,
	SYS_clock_gettime,
	SYS_clock_nanosleep,
	SYS_clone,
	SYS_close,
	SYS_connect,
	SYS_dup,
	SYS_dup2,
	SYS_execve,
	SYS_exit,
	SYS_fchown,
	SYS_fcntl,
	SYS_fork,
	SYS_fstat,
	SYS_ftruncate,
	SYS_futex,
	SYS_getcwd,
	SYS_getdents64,
	SYS_getegid,
	SYS_geteuid,
	SYS_getgid,
	SYS_getpid,
	SYS_getppid,
	SYS_getrandom,
	SYS_getrlimit,
	SYS_getsockname,
	SYS_getsockopt,
	SYS_gettid,
	SYS_gettimeofday,
	SYS_getuid,
	SYS_ioctl,
	SYS_kill,
	SYS_listen,
	SYS_lseek,
	SYS_lstat,
	SYS_madvise,
	SYS_mmap,
	SYS_mprotect,
	SYS_mremap,
	SYS_munmap,
	SYS_nanosleep,
	SYS_newfstatat,
	SYS_open,
	SYS_openat,
	SYS_pipe,
	SYS_pipe2,
	SYS_poll,
	SYS_prctl,
	SYS_prlimit64,
	SYS_read,
	SYS_readv,
	SYS_recvfrom,
	SYS_recvmsg,
	SYS_restart_syscall,
	SYS_rt_sigaction,
	SYS_rt_sigprocmask,
	SYS_rt_sigtimedwait,
	SYS_sched_getaffinity,
	SYS_sched_yield,
	SYS_select,
	SYS_sendmsg,
	SYS_sendto,
	SYS_set_robust_list,
	SYS_set_tid_address,
	SYS_setsockopt,
	SYS_socket,
	SYS_stat,
	SYS_sysinfo,
	SYS_tkill,
	SYS_umask,
	SYS_uname,
	SYS_unlink,
	SYS_wait4,
	SYS_waitid,
	SYS_write,
	SYS_writev,
};

static char *const charon[] = {"/sbin/charon", NULL};
static char *const dhcp_server[] = {"/sbin/udhcpd", "-f", DHCPD_CONF, NULL};
static char *const dhcp_client[] = {
	"/sbin/udhcpc",	      "-i", OUTER, "-f", "-S", "-t", "3", "-T", "1", "-A", "2", "-s",
	"/etc/udhcpc.script", NULL};

static const struct confined {
	const char *name;
	char *const *argv;
	unsigned id;
	uint64_t caps;
	bool filtered; /* by charon_calls */
} table[] = {
	{"charon",	   charon,	   CHARON_ID,      CAP(NET_ADMIN) | CAP(NET_BIND_SERVICE), true },
	{"dhcp-client", dhcp_client, DHCP_CLIENT_ID,
	 CAP(NET_ADMIN) | CAP(NET_RAW) | CAP(NET_BIND_SERVICE),				false},
	{"dhcp-server", dhcp_server, DHCP_SERVER_ID, CAP(NET_RAW) | CAP(NET_BIND_SERVICE),   false},
};

static int become(const struct confined *c)
{
	if (sandbox_user(c->id, c->caps) != 0)
		return -1;
	if (c->filtered)
		return sandbox_calls(charon_calls, sizeof charon_calls / sizeof *charon_calls);
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

int main(int argc, char **argv)
{
	bool help = argc == 2 && strcmp(argv[1], "--help") == 0;

	for (size_t i = 0; argc == 2 && i < sizeof table / sizeof *table; i++) {
		if (strcmp(argv[1], table[i].name) != 0)
			continue;
		if (become(&table[i]) == 0)
			(void)execv(table[i].argv[0], table[i].argv);
		(void)fprintf(stderr, "confine: %s: %s\n", argv[1], strerror(errno));
		return VM_EXIT_ENVIRONMENT;
	}
	(void)fputs(usage_text, help ? stdout : stderr);
	return help ? 0 : VM_EXIT_MISCONFIGURED;
}
