/* SPDX-License-Identifier: Apache-2.0 */
/* Start and end of a daemon. Must not decide anything. */
#include "daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>

#include "logline.h"

int daemon_usage(const char *name, const char *text, int argc, char **argv)
{
	bool help = argc == 2 && strcmp(argv[1], "--help") == 0;

	log_name(name);
	if (argc <= 1)
		return -1;
	(void)fputs(text, help ? stdout : stderr);
	return help ? 0 : VM_EXIT_MISCONFIGURED;
}

int daemon_signals(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int daemon_open_end(int control, enum hv_kind kind, enum hv_chan_dir dir)
{
	struct chan_name name;

	if (vm_find_end(control, kind, dir, &name) != 0)
		return -1;
	return chan_open(name.text, dir, true);
}

void daemon_acknowledge(int end, const char *what)
{
	struct bh_ack ack;

	if (chan_ack(end, &ack) != 0)
		log_line("%s: %s", what, strerror(errno));
	else
		log_line("%s ended, cause %u", what, ack.cause);
}

unsigned daemon_fail(const char *what, unsigned status)
{
	log_line("%s: %s", what, strerror(errno));
	return status;
}
