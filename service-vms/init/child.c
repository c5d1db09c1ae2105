/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that PID 1 starts and what became of them. Must not know which program is which. */
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "vm.h"

/* The first virtual terminal is what the frame buffer shows; without a frame buffer nobody would see it. */
static void take_terminal(enum terminal terminal)
{
	int fd = -1;

	if (terminal == TERMINAL_NONE)
		return;
	if (terminal == TERMINAL_SCREEN && access("/dev/fb0", F_OK) == 0)
		fd = open("/dev/tty1", O_RDWR);
	for (int to = 0; fd >= 0 && to <= 2; to++)
		(void)dup2(fd, to);
	if (fd > 2)
		(void)close(fd);
	(void)ioctl(0, TIOCSCTTY, 0);
}

static void become(char *const argv[], enum terminal terminal)
{
	static char *const env[] = {"PATH=/bin:/sbin", "HOME=/tmp", "TERM=linux", NULL};
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)setsid();
	take_terminal(terminal);
	(void)execve(argv[0], argv, env);
	say("%s: %s", argv[0], strerror(errno));
	_exit(VM_EXIT_MISCONFIGURED);
}

pid_t start_child(char *const argv[], enum terminal terminal)
{
	pid_t pid = fork();

	if (pid == 0)
		become(argv, terminal);
	if (pid < 0)
		say("fork for %s: %s", argv[0], strerror(errno));
	return pid;
}

unsigned child_status(int wait_status)
{
	if (WIFEXITED(wait_status))
		return (unsigned)WEXITSTATUS(wait_status);
	return VM_EXIT_SIGNAL + (unsigned)WTERMSIG(wait_status);
}

/* Reaps everybody until PID is among them; false when it takes longer. SIGCHLD is blocked in PID 1. */
bool wait_child(pid_t pid, unsigned timeout_s, unsigned *status)
{
	struct timespec now, end, step = {.tv_nsec = 100000000};
	sigset_t child;
	int raw;

	(void)sigemptyset(&child);
	(void)sigaddset(&child, SIGCHLD);
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += timeout_s;
	do { /* bound: timeout_s, in steps that only matter when a signal was merged into another */
		pid_t got;

		while ((got = waitpid(-1, &raw, WNOHANG)) > 0) {
			if (got != pid)
				continue;
			*status = child_status(raw);
			return true;
		}
		(void)sigtimedwait(&child, NULL, &step);
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec < end.tv_sec);
	return false;
}
