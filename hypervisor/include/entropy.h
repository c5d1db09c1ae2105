/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes for guests: SHA-256 over a secret state, the processor's generator and the clock. Not for keys of the core's own. */
#ifndef ENTROPY_H
#define ENTROPY_H

#include "domain.h"

void entropy_init(const uint64_t *seed, size_t words);
/* entropy_get - 32 fresh bytes; the state moves on so that earlier answers cannot be computed from it. locks: core lock. */
void entropy_get(uint8_t out[32]);
/* entropy_fill - home processor, before each entry of the guest: have bytes ready for a call that asks for them. Takes the core lock. */
void entropy_fill(struct domain *d);

#endif
