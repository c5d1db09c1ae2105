/* SPDX-License-Identifier: Apache-2.0 */
/* Packets that carry a marker: a DNS query and an echo request. Pure: no I/O. */
#ifndef CARRY_MSG_H
#define CARRY_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CARRY_MARKER_MAX 63u /* bytes: one label of a DNS name */
#define CARRY_BYTES	 128u
#define CARRY_DOMAIN	 "bulkhead.test"

/* 1 to CARRY_MARKER_MAX letters and digits: what a URL and a DNS name take as it is. */
bool carry_marker_ok(const char *marker);

/* Both: the bytes written; MARKER is a good one. Numbers in host order. */
size_t carry_dns(uint8_t out[CARRY_BYTES], uint16_t id,
		 const char *marker); /* A of MARKER.CARRY_DOMAIN */
size_t carry_echo(uint8_t out[CARRY_BYTES], uint16_t id, uint16_t number, const char *marker);

#endif
