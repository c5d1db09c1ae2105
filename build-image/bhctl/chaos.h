/* SPDX-License-Identifier: Apache-2.0 */
/* bhctl chaos: trouble for one VM, again and again. The words are taken apart without asking anybody. */
#ifndef CHAOS_H
#define CHAOS_H

#include <stdbool.h>
#include <stdint.h>

enum chaos_act {
	CHAOS_KILL,
	CHAOS_HANG,
	CHAOS_FLOOD,
};

struct chaos {
	enum chaos_act act;
	const char *vm;
	uint64_t every_ms, for_ms;
};

/* `chaos ACT VM [--every TIME] [--for TIME]`; TIME: 500ms, 10s, 10m, 1h. False: these are not such words. */
bool chaos_words(int argc, char **argv, struct chaos *c);

/* argv[0] is `chaos`. Exit status as live_main; 1 also where VM did not come back, or another VM was restarted. */
int chaos_main(int fd, int argc, char **argv);

#endif
