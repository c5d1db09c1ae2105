/* SPDX-License-Identifier: Apache-2.0 */
/* The system call filter of daemons, tried on children of this test: it needs a kernel with seccomp, but no root. */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>

#include "check.h"
#include "sandbox.h"

#define X32_BIT 0x40000000

static const int few[] = {SYS_getpid, SYS_read, SYS_write};

/* Straight to the kernel: the sanitizers do more than end the process in _exit, and before what they know not to return. */
static void leave(int status)
{
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

/* What became of a child that asked for memory behind the filter: 0 it got it. */
static int after_mmap(int protection, int later)
{
	static const int calls[] = {SYS_mmap, SYS_mprotect};
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		long at;

		if (sandbox_calls(calls, 2) != 0)
			leave(99);
		at = syscall(SYS_mmap, NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		leave(at == -1 || syscall(SYS_mprotect, at, 4096, later) != 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void no_memory_becomes_executable(void)
{
	CHECK_EQ(after_mmap(PROT_READ | PROT_WRITE, PROT_READ), 0);
	CHECK_EQ(after_mmap(PROT_READ | PROT_EXEC, PROT_READ), 128 + SIGSYS);
	CHECK_EQ(after_mmap(PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC), 128 + SIGSYS);
}

static int wait_and_call(void *gate)
{
	(void)mtx_lock(gate);
	return (int)syscall(SYS_getppid);
}

/* A thread that was there before the filter is held to it as well. */
static void other_threads_too(void)
{
	static const int calls[] = {SYS_futex, SYS_write};
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		mtx_t gate;
		thrd_t t = 0;

		if (mtx_init(&gate, mtx_plain) != thrd_success || mtx_lock(&gate) != thrd_success ||
		    thrd_create(&t, wait_and_call, &gate) != thrd_success ||
		    sandbox_calls(calls, 2) != 0)
			leave(99);
		(void)mtx_unlock(&gate);
		(void)thrd_join(t, NULL);
		leave(0);
	}
	REQUIRE(pid > 0 && waitpid(pid, &status, 0) == pid);
	CHECK_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(named_calls_work);
	RUN(others_kill);
	RUN(numbers_of_x32_kill);
	RUN(the_longest_list);
	RUN(no_memory_becomes_executable);
	RUN(other_threads_too);
	return check_end();
}
