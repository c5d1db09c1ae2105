/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes for guests: SHA-256 over a secret state, the processor's generator and the clock. Not for keys of the core's own. */
#ifndef ENTROPY_H
#define ENTROPY_H

#include "types.h"

void entropy_init(const uint64_t *seed, size_t words);
/* entropy_get - 32 fresh bytes; the state moves on so that earlier answers cannot be computed from it. locks: core lock. */
void entropy_get(uint8_t out[32]);

#endif
