/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of vpnvmd. */
#ifndef VPNVMD_H
#define VPNVMD_H

#include <stdbool.h>
#include <sys/types.h>

#define OUTER	   "bh-netvm"
#define EVENT_FIFO "/run/vpn/events"
#define EVENT_LINE 64

/* A program and its words, NULL at the end: run to its end; 0 when it said 0. */
int run(char *const argv[]);
/* Start and go on; -1 with errno. */
pid_t start(char *const argv[]);

/* One line of the updown script: "up ADDRESS" or "down". False: anything else. ADDRESS is a dotted quad, checked. */
bool event_parse(const char *line, bool *up, char address[16]);

/* INTERFACE's own lease may be renewed. 0, or -1 with errno. */
int outer_up(const char *interface);

/* The tunnel gave this address: hand it to the inner VM, let its packets be forwarded into the tunnel. 0 or -1. */
int inner_up(const char *interface, const char *address);

#endif
