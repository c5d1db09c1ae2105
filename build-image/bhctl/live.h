/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs that act on a running machine. They work in adminvm only; elsewhere they say so. */
#ifndef LIVE_H
#define LIVE_H

#include <stdbool.h>

extern const char live_usage[];

bool live_verb(const char *word);
/* argv[0] is the verb. Exit status: 0 done, 1 refused by the hypervisor, 2 wrong usage, 3 no Bulkhead here. */
int live_main(int argc, char **argv);

#endif
