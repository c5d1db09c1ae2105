/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs that act on a running machine. They work in adminvm only; elsewhere they say so. */
#ifndef LIVE_H
#define LIVE_H

#include <stdbool.h>

#include "bulkhead_ioctl.h"
#include "status.h"

#define LIVE_REFUSED 1

extern const char live_usage[];

bool live_verb(const char *word);
/* argv[0] is the verb. Exit status: 0 done, 1 refused by the hypervisor, 2 wrong usage, 3 no Bulkhead here. */
int live_main(int argc, char **argv);

/* For the verbs that are files of their own. FD is the driver's control device. */
int live_usage_error(void);
int live_refused(const char *what);	      /* with errno */
uint32_t live_find(int fd, const char *name); /* HV_DOM_NONE, after saying which VMs there are */
bool live_status(int fd, struct status *s);   /* one question after the other */
int live_ioctl(int fd, unsigned request, void *arg);

#endif
