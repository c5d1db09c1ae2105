/* SPDX-License-Identifier: Apache-2.0 */
/* The two files that tell PID 1 what its VM runs: /etc/modules and /etc/daemon. Pure: text in, struct out. */
#ifndef INIT_CONFIG_H
#define INIT_CONFIG_H

#include <stdbool.h>

#define CONFIG_ARGS    15
#define CONFIG_MODULES 32

/*
 * /etc/daemon, one word and its arguments on each line, # begins a comment:
 *   exec PATH [ARGUMENT...]   what the VM runs, required; words are separated by blanks, nothing is quoted
 *   ready                     PID 1 says that the VM is ready once it runs (else the daemon says so)
 *   heartbeat                 PID 1 answers the hypervisor's question for progress (else the daemon does)
 *   respawn                   when it ends it is started again (else its end is the VM's)
 *   screen                    it runs on the screen's first terminal where the VM has a screen (else on the console)
 */
struct daemon_config {
	bool ready, heartbeat, respawn, screen;
	char *argv[CONFIG_ARGS + 1]; /* points into the text */
};

/*
 * /etc/modules: NAME [PARAMETERS] on each line, in the order of loading. The VM's later lives begin at a line `checkpoint`;
 * drivers that come before it are given their devices after it.
 */
struct module_list {
	unsigned count;
	bool checkpoint;
	unsigned before; /* of them come before the checkpoint; all where there is none */
	struct {
		char *name, *params; /* point into the text; params may be "" */
	} module[CONFIG_MODULES];
};

/* NULL, or what is wrong with the text. TEXT is cut into words in place and must outlive OUT. */
const char *config_daemon(char *text, struct daemon_config *out);
const char *config_modules(char *text, struct module_list *out);

#endif
