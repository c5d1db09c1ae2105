/* SPDX-License-Identifier: Apache-2.0 */
/* admind: runs the commands that come on COM1, one line each, and says what came of them on the console.
 * A line is `@ID WORDS`; the answer is lines `@ID| output` (`@ID+ ` where the line goes on) and at last `@ID= STATUS`. WORDS are given to bhctl. */
#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "admin_line.h"
#include "daemon.h"
#include "hv_event.h"
#include "logline.h"
#include "sandbox.h"
#include "vm.h"

#define POLL_MS	  50   /* COM1, while somebody is there; also while a command runs */
#define IDLE_MS	  2000 /* and when nobody was (a line keeps 16 bytes, 2 s of typing) for: */
#define IDLE_S	  5
#define BHCTL	  "/bin/bhctl"
#define OUT_BYTES 160
#define CONTROL	  "/dev/bulkhead/control"

static const char usage_text[] = "usage: admind\n"
				 "Runs bhctl for each line @ID WORDS on COM1.\n"
				 "Exit: 0 asked to stop, 100 wrong usage, 111 no control device\n";

/* What admind, a C library's fork and exec, and bhctl call. */
static const int calls[] = {
	SYS_arch_prctl,
	SYS_brk,
	SYS_clock_gettime,
	SYS_clock_nanosleep,
	SYS_clone,
	SYS_close,
	SYS_dup2,
	SYS_execve,
	SYS_exit,
	SYS_fcntl,
	SYS_fork,
	SYS_fstat,
	SYS_gettid,
	SYS_ioctl,
	SYS_kill,
	SYS_lseek,
	SYS_madvise,
	SYS_mmap,
	SYS_mount,
	SYS_mprotect,
	SYS_mremap,
	SYS_munmap,
	SYS_nanosleep,
	SYS_newfstatat,
	SYS_open,
	SYS_pipe,
	SYS_poll,
	SYS_read,
	SYS_readv,
	SYS_rt_sigaction,
	SYS_rt_sigprocmask,
	SYS_rt_sigreturn,
	SYS_set_tid_address,
	SYS_setsid,
	SYS_stat,
	SYS_getdents64,
	SYS_umount2,
	SYS_wait4,
	SYS_write,
	SYS_writev,
};

static int control;

static struct bh_console typed; /* read from COM1, [typed_at, count) not yet looked at */
static uint32_t typed_at;
static bool readable;  /* COM1, when it was read last */
static time_t read_at; /* when a byte came last, or the start */
static bool asked;     /* whether our work goes on, and it was not answered yet */
static bool stopping;

static time_t seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* COM1 raises no event: it is looked at, each time for some ten exits, so less often while it is silent. */
static int pause_ms(void)
{
	return seconds() - read_at < IDLE_S ? POLL_MS : IDLE_MS;
}

/* The next byte that was typed, or -1. */
static int typed_get(void)
{
	if (typed_at >= typed.count) {
		typed_at = 0;
		readable = vm_console_read(control, &typed) == 0;
		if (!readable || typed.count > sizeof typed.byte)
			typed.count = 0;
		if (typed.count > 0)
			read_at = seconds();
	}
	return typed_at < typed.count ? typed.byte[typed_at++] : -1;
}

/* Has another line begun? Its bytes stay. */
static bool next_line(void)
{
	int byte;

	do
		byte = typed_get();
	while (byte == '\n' || byte == '\r'); /* bound: what was typed */
	if (byte >= 0)
		typed_at--;
	return byte >= 0;
}

/* Events meant for us. */
static void hear(void)
{
	uint64_t events = vm_events(control);

	asked |= (events & HV_EVENT_ASK) != 0;
	stopping |= (events & HV_EVENT_STOP) != 0;
}

/* Our work is to read COM1: once that has gone well the hypervisor's question is answered. */
static void say_alive(void)
{
	if (asked && readable)
		asked = vm_heartbeat(control) != 0;
}

/* Waits for output of PID on FD. The command ends when the VM is to stop, and an ENDLESS one when the next line begins. */
static void watch(int fd, pid_t pid, bool endless)
{
	struct pollfd p[] = {
		{.fd = fd,	   .events = POLLIN},
		      {.fd = control, .events = POLLIN}
	       };

	for (;;) { /* ends with output, or the end of the command */
		int n = poll(p, 2, POLL_MS);

		if (n > 0 && p[1].revents != 0)
			hear();
		if ((next_line() && endless) || stopping)
			(void)kill(pid, SIGTERM);
		say_alive();
		if (n > 0 && p[0].revents != 0)
			return;
	}
}

/* What command PID says on FD. Lines on the console have a limit: what is longer goes on after a line that begins with `@ID+`. */
static void answer(const char *id, int fd, pid_t pid, bool endless)
{
	FILE *f = fdopen(fd, "r");
	char out[OUT_BYTES];

	if (f == NULL)
		return;
	(void)setvbuf(f, NULL, _IONBF, 0); /* what is not read yet is seen by poll */
	watch(fd, pid, endless);
	while (fgets(out, sizeof out, f) != NULL) {
		size_t n = strcspn(out, "\n");

		printf("@%s%c %.*s\n", id, out[n] == '\n' || feof(f) ? '|' : '+', (int)n, out);
		(void)fflush(stdout);
		watch(fd, pid, endless);
	}
	(void)fclose(f);
}

static void execute(struct admin_line *line)
{
	int ends[2], status = 0;
	pid_t pid;

	if (pipe(ends) != 0)
		return;
	pid = fork();
	if (pid == 0) {
		(void)dup2(ends[1], 1);
		(void)dup2(ends[1], 2);
		(void)close(ends[0]);
		(void)close(ends[1]);
		line->argv[0] = (char *)(uintptr_t) "bhctl";
		(void)execv(BHCTL, line->argv);
		_exit(127);
	}
	(void)close(ends[1]);
	if (pid > 0)
		answer(line->id, ends[0], pid, strcmp(line->argv[1], "chaos") == 0);
	else
		(void)close(ends[0]);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		status = 127 << 8;
	printf("@%s= %d\n", line->id,
	       WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	(void)fflush(stdout);
}

/* Bytes that COM1 received go into the line; a whole line is carried out. False: COM1 cannot be read. */
static bool take(struct admin_line *line)
{
	for (int byte = typed_get(); byte >= 0; byte = typed_get()) {
		if (admin_line_add(line, (uint8_t)byte))
			execute(line);
	}
	return readable;
}

/* The driver asks for CAP_SYS_ADMIN before it lets a program command the machine; bhctl opens the device itself. */
static int give_up(void)
{
	if (chown(CONTROL, SANDBOX_ID, SANDBOX_ID) != 0 ||
	    sandbox_user(SANDBOX_ID, 1ull << CAP_SYS_ADMIN) != 0)
		return -1;
	return sandbox_calls(calls, sizeof calls / sizeof *calls);
}

int main(int argc, char **argv)
{
	static struct admin_line line;
	int usage = daemon_usage("admind", usage_text, argc, argv);

	if (usage >= 0)
		return usage;
	control = vm_open(HV_EVENT_STOP | HV_EVENT_ASK);
	if (control < 0)
		return (int)daemon_fail(CONTROL, VM_EXIT_ENVIRONMENT);
	if (give_up() != 0)
		return (int)daemon_fail("giving up rights", VM_EXIT_ENVIRONMENT);
	(void)vm_ready(control);
	read_at = seconds();
	for (;;) {
		struct pollfd p = {.fd = control, .events = POLLIN};

		if (poll(&p, 1, pause_ms()) > 0)
			hear();
		if (stopping)
			return VM_EXIT_ASKED;
		(void)take(&line);
		say_alive();
	}
}
