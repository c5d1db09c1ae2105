/* SPDX-License-Identifier: Apache-2.0 */
/* A system description that keeps every rule, at the edges of what is allowed. Made by hand, not by bhctl, so that neither vouches for the other. */
#ifndef GOOD_SYSTEM_H
#define GOOD_SYSTEM_H

#include "hv_system.h"

/* Domains of the description: work is protected, home is not; both have a screen. */
enum { NET, USB, INPUT, VPN, ADMIN, WORK, HOME };

void good_system(struct hv_system *s);

/* Appends a channel with a ring of 4 KiB; for tests that want one more. */
struct hv_sys_channel *good_channel(struct hv_system *s, const char *name, unsigned from,
				    unsigned to, uint32_t kind);

#endif
