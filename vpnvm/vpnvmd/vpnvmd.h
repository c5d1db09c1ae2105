/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of vpnvmd. */
#ifndef VPNVMD_H
#define VPNVMD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define OUTER	   "bh-netvm"
#define EVENT_FIFO "/run/vpn/events"
#define EVENT_LINE 64

/* A program and its words, NULL at the end: run to its end; 0 when it said 0. */
int run(char *const argv[]);
/* Start and go on; -1 with errno. */
pid_t start(char *const argv[]);

/* What was read of the updown script's lines so far; zero at first. */
struct event_lines {
	char text[EVENT_LINE]; /* after event_next: a line without its end */
	size_t used;
	bool overlong;
};

/*
 * event_next - takes bytes from *AT, *LEFT of them, up to the end of the next line; keeps the start of a line for later.
 *
 * True: TEXT is a whole line. False: all bytes are taken. A line that does not fit is dropped whole.
 */
bool event_next(struct event_lines *lines, const char **at, size_t *left);

/* One line of the updown script: "up ADDRESS" or "down". False: anything else. ADDRESS is a dotted quad, checked. */
bool event_parse(const char *line, bool *up, char address[16]);

/* INTERFACE's own lease may be renewed. 0, or -1 with errno. */
int outer_up(const char *interface);

/* The tunnel gave this address: hand it to the inner VM, let its packets be forwarded into the tunnel. 0 or -1. */
int inner_up(const char *interface, const char *address);

#endif
