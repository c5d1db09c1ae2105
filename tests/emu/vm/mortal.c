/* SPDX-License-Identifier: Apache-2.0 */
/* Becomes a daemon and kills it, in the VM's first life, at the Nth line of its log that holds WORD; the log goes on to the console. For tests, in no product image. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vm.h"

/* The VM's capsule says it: later lives are spared, whatever is plugged in then. */
static bool has_died(int control)
{
	char mark;
	uint32_t bytes = sizeof mark;

	return control < 0 || vm_capsule_get(control, &mark, &bytes) != 0 || bytes != 0;
}

static void watch(int log, long left, const char *word, pid_t daemon)
{
	int control = vm_open(0);
	FILE *f = fdopen(log, "r");
	char line[256];

	while (f != NULL && fgets(line, sizeof line, f) != NULL) { /* bound: the daemon's life */
		(void)fputs(line, stderr);
		if (strstr(line, word) != NULL && --left == 0 && !has_died(control) &&
		    vm_capsule_put(control, "1", 1) == 0)
			(void)kill(daemon, SIGKILL);
	}
}

int main(int argc, char **argv)
{
	int ends[2];

	if (argc < 4) {
		(void)fputs("usage: mortal N WORD DAEMON [ARGUMENT]\n", stderr);
		return VM_EXIT_MISCONFIGURED;
	}
	if (pipe(ends) != 0)
		return VM_EXIT_ENVIRONMENT;
	if (fork() == 0) {
		(void)close(ends[1]);
		watch(ends[0], strtol(argv[1], NULL, 10), argv[2], getppid());
		return 0;
	}
	(void)dup2(ends[1], 2);
	(void)close(ends[0]);
	(void)close(ends[1]);
	(void)execv(argv[3], argv + 3);
	return VM_EXIT_ENVIRONMENT;
}
