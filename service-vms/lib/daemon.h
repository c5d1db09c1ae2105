/* SPDX-License-Identifier: Apache-2.0 */
/* What the start and the end of every daemon look like. Must not know what a daemon does. */
#ifndef DAEMON_H
#define DAEMON_H

#include "chan.h"
#include "vm.h"

/*
 * daemon_usage - for a program that takes no argument but --help: names the program for log_line and looks at the arguments.
 *
 * Returns -1 when there is none, else the exit status after TEXT was printed: 0 for --help, VM_EXIT_MISCONFIGURED.
 */
int daemon_usage(const char *name, const char *text, int argc, char **argv);

/* daemon_signals - a descriptor that is readable after SIGTERM, which does nothing else from now on; -1 with errno. */
int daemon_signals(void);

/* daemon_open_end - this VM's end of its channel of that kind, non-blocking; -1 with errno, ENOENT = it has none. */
int daemon_open_end(int control, enum hv_kind kind, enum hv_chan_dir dir);

/* daemon_acknowledge - the far end of END died: say so as WHAT on the console, and let the next life begin. */
void daemon_acknowledge(int end, const char *what);

/* daemon_fail - WHAT and errno on the console; returns STATUS. */
unsigned daemon_fail(const char *what, unsigned status);

#endif
