/* SPDX-License-Identifier: Apache-2.0 */
/* The system call filter of daemons, tried on children of this test: it needs a kernel with seccomp, but no root. */
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "sandbox.h"

#define X32_BIT 0x40000000

static const int few[] = {SYS_getpid, SYS_read, SYS_write};

/* Straight to the kernel: the sanitizers do more than end the process in _exit. */
_Noreturn static void leave(int status)
{
	for (;;)
		(void)syscall(SYS_exit_group, status);
}

/* What became of a child that made CALL behind the filter: its exit status, or 128 + the signal. */
static int after_call(long call, const int *calls, size_t count)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (sandbox_calls(calls, count) != 0)
			leave(99);
		leave(syscall(call, -1, NULL, 0) == -1 && errno == ENOSYS ? 98 : 7);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void named_calls_work(void)
{
	CHECK_EQ(after_call(SYS_getpid, few, 3), 7);
	CHECK_EQ(after_call(SYS_read, few, 3), 7);
	CHECK_EQ(after_call(SYS_write, few, 3), 7);
	CHECK_EQ(after_call(SYS_getpid, few, 1), 7);
}

static void others_kill(void)
{
	CHECK_EQ(after_call(SYS_getppid, few, 3), 128 + SIGSYS);
	CHECK_EQ(after_call(SYS_socket, few, 3), 128 + SIGSYS);
	CHECK_EQ(after_call(SYS_read, few, 1), 128 + SIGSYS);
	CHECK_EQ(after_call(SYS_getpid, few, 0), 128 + SIGSYS);
	CHECK_EQ(after_call(100000, few, 3), 128 + SIGSYS);
}

/* The numbers of the x32 ABI name the same calls once more. */
static void numbers_of_x32_kill(void)
{
	static const int x32[] = {X32_BIT | SYS_getpid};

	CHECK_EQ(after_call(X32_BIT | SYS_getpid, few, 3), 128 + SIGSYS);
	CHECK_EQ(after_call(X32_BIT | SYS_getpid, x32, 1), 128 + SIGSYS);
}

static void the_longest_list(void)
{
	int calls[SANDBOX_CALLS];

	for (unsigned i = 0; i < SANDBOX_CALLS; i++)
		calls[i] = (int)(1000 + i);
	calls[0] = SYS_getpid;
	CHECK_EQ(after_call(SYS_getpid, calls, SANDBOX_CALLS), 7);
	CHECK_EQ(after_call(SYS_getppid, calls, SANDBOX_CALLS), 128 + SIGSYS);
	CHECK_EQ(sandbox_calls(calls, SANDBOX_CALLS + 1), -1);
	CHECK_EQ(errno, E2BIG);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(named_calls_work);
	RUN(others_kill);
	RUN(numbers_of_x32_kill);
	RUN(the_longest_list);
	return check_end();
}
