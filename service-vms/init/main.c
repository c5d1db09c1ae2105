/* SPDX-License-Identifier: Apache-2.0 */
/* PID 1 of every VM: prepares the system, runs one daemon, tells the hypervisor how it ended. Never returns. */
#include "init.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "vm.h"

#define RC_TIMEOUT_S   30
#define STOP_TIMEOUT_S 2
#define QUICK_DEATHS                                                                               \
	5 /* that many within a second of their start, one after the other, are enough */

static int control = -1;
static struct daemon_config config;
static char config_text[1024];

/* A VM without hypervisor calls can still reset; that too ends this life. */
_Noreturn static void end_vm(unsigned status)
{
	say("the VM ends with status %u", status);
	if (control >= 0)
		vm_exit(control, status);
	(void)reboot(RB_AUTOBOOT);
	for (;;)
		(void)pause();
}

static void read_config(void)
{
	const char *wrong = "cannot be read";

	if (read_text("/etc/daemon", config_text, sizeof config_text))
		wrong = config_daemon(config_text, &config);
	if (wrong != NULL) {
		say("/etc/daemon: %s", wrong);
		end_vm(VM_EXIT_MISCONFIGURED);
	}
}

/* All that needs neither device nor channel nor secret. */
static void prepare(struct module_list *modules)
{
	if (!mount_all() || !limit_free_lists() || !wake_seldom())
		end_vm(VM_EXIT_ENVIRONMENT);
	read_config();
	if (!read_modules(modules) || !load_modules(modules, 0, modules->before > 0))
		end_vm(VM_EXIT_ENVIRONMENT);
	if (modules->checkpoint && !hold_devices())
		end_vm(VM_EXIT_ENVIRONMENT);
	if (!load_modules(modules, 1, modules->before) || !open_console())
		end_vm(VM_EXIT_ENVIRONMENT);
	control = vm_open(HV_EVENT_STOP | (config.heartbeat ? HV_EVENT_ASK : 0));
	if (control < 0 || !set_hostname(control))
		end_vm(VM_EXIT_ENVIRONMENT);
}

/* From here on each life is its own: later ones begin with this function. */
static void begin_life(const struct module_list *modules)
{
	if (modules->checkpoint && vm_checkpoint(control) != 0) {
		say("no checkpoint: %s", strerror(errno));
		end_vm(VM_EXIT_ENVIRONMENT);
	}
	if (!have_kernel_speak() || !seed_random(control) ||
	    !load_modules(modules, modules->before, modules->count))
		end_vm(VM_EXIT_ENVIRONMENT);
	if (modules->checkpoint && !bind_devices())
		end_vm(VM_EXIT_ENVIRONMENT);
	if (!store_secret(control) || !root_read_only())
		end_vm(VM_EXIT_ENVIRONMENT);
}

static void run_rc(void)
{
	static char *const argv[] = {"/bin/sh", "/etc/rc", NULL};
	unsigned status = 0;
	pid_t pid;

	if (access("/etc/rc", R_OK) != 0)
		return;
	pid = start_child(argv, TERMINAL_NONE);
	if (pid < 0)
		end_vm(VM_EXIT_ENVIRONMENT);
	if (!wait_child(pid, RC_TIMEOUT_S, &status)) {
		say("/etc/rc did not end within %u s", RC_TIMEOUT_S);
		end_vm(VM_EXIT_ENVIRONMENT);
	}
	if (status != 0) {
		say("/etc/rc ended with status %u", status);
		end_vm(status);
	}
}

static time_t seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static pid_t start_daemon(void)
{
	pid_t pid = start_child(config.argv, config.screen ? TERMINAL_SCREEN : TERMINAL_CONSOLE);

	if (pid < 0)
		end_vm(VM_EXIT_ENVIRONMENT);
	return pid;
}

/* The daemon has ended: a new one if the configuration says so, else the end of the VM. */
static pid_t after_death(unsigned status, time_t started)
{
	static unsigned quick;

	if (!config.respawn) {
		say("%s ended with status %u", config.argv[0], status);
		end_vm(status);
	}
	quick = seconds() - started <= 1 ? quick + 1 : 0;
	if (quick == QUICK_DEATHS) {
		say("%s keeps ending, last with status %u", config.argv[0], status);
		end_vm(VM_EXIT_ENVIRONMENT);
	}
	return start_daemon();
}

/* What the daemon has started is the daemon's to end. The hypervisor waits a little longer than this does (HV_STOP_MS). */
static void stop(pid_t daemon)
{
	unsigned status;

	say("asked to stop");
	(void)kill(daemon, SIGTERM);
	if (config.screen)
		(void)kill(daemon, SIGHUP); /* a shell there does not hear the other */
	if (!wait_child(daemon, STOP_TIMEOUT_S, &status))
		say("%s did not stop within %u s", config.argv[0], STOP_TIMEOUT_S);
	end_vm(VM_EXIT_ASKED);
}

static void on_events(pid_t daemon)
{
	uint64_t events = vm_events(control);

	if (events & HV_EVENT_ASK)
		(void)vm_heartbeat(control);
	if (events & HV_EVENT_STOP)
		stop(daemon);
}

/* Reaps what there is. True and the status if DAEMON was among it. */
static bool reap(pid_t daemon, unsigned *status)
{
	bool ended = false;
	pid_t got;
	int raw;

	while ((got = waitpid(-1, &raw, WNOHANG)) > 0) {
		if (got == daemon) {
			*status = child_status(raw);
			ended = true;
		}
	}
	return ended;
}

/* Runs for the life of the VM: sleeps until a child ended or the hypervisor has something to say. */
_Noreturn static void serve(int signals)
{
	time_t started = seconds();
	pid_t daemon = start_daemon();
	struct signalfd_siginfo info;
	unsigned status;

	if (config.ready && vm_ready(control) != 0)
		say("cannot say ready: %s", strerror(errno));
	for (;;) {
		struct pollfd fd[2] = {
			{.fd = signals, .events = POLLIN},
			   {.fd = control, .events = POLLIN}
		    };

		if (poll(fd, 2, -1) < 0)
			continue;
		if (fd[0].revents != 0)
			(void)!read(signals, &info, sizeof info);
		if (reap(daemon, &status)) {
			daemon = after_death(status, started);
			started = seconds();
		}
		if (fd[1].revents != 0)
			on_events(daemon);
	}
}

/* Ctrl-Alt-Del and terminal signals mean nothing here; children are heard of through a descriptor. */
static void take_signals(sigset_t *child)
{
	(void)reboot(RB_DISABLE_CAD);
	(void)sigemptyset(child);
	(void)sigaddset(child, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, child, NULL);
}

int main(void)
{
	static struct module_list modules;
	sigset_t child;
	int signals;

	if (getpid() != 1) {
		(void)fputs("init: only the kernel starts this\n", stderr);
		return VM_EXIT_MISCONFIGURED;
	}
	take_signals(&child);
	prepare(&modules);
	begin_life(&modules);
	signals =
		signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK); /* not before 0 to 2 are taken */
	if (signals < 0)
		end_vm(VM_EXIT_ENVIRONMENT);
	run_rc();
	if (!forbid_modules())
		end_vm(VM_EXIT_ENVIRONMENT);
	serve(signals);
}
