/* SPDX-License-Identifier: Apache-2.0 */
/* The outer lease as this VM leaves it to its next life. Pure: no I/O, no clock. */
#ifndef LEASE_H
#define LEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEASE_TEXT  96u		 /* a line and a NUL */
#define LEASE_MIN_S 20u		 /* what ends sooner is asked for anew */
#define LEASE_MAX_S (24u * 3600) /* longer than that nobody is believed */
#define LEASE_DIR   "/run/vpn/client"
#define LEASE_FILE  LEASE_DIR "/kept"

struct lease {
	char address[16], router[16]; /* dotted quads; router "" = none */
	unsigned mask;		      /* bits */
	uint32_t left_s;
};

/*
 * lease_parse - "lease1 ADDRESS/MASK ROUTER END\n", ROUTER "-" where there is none, END in seconds since 1970; NOW likewise.
 *
 * TEXT comes from an earlier life or from the DHCP client, either of which may have been taken over: LEN bytes, any content.
 * False: anything but one such line, or a lease that cannot be: a net of less than 8 or more than 30 bits, an address that is none
 * of a host in it, a router elsewhere, or an end that is too near or too far. OUT is untouched then.
 */
bool lease_parse(const char *text, size_t len, uint64_t now, struct lease *out);

#endif
