/* SPDX-License-Identifier: Apache-2.0 */
/* Asks charon whether it is at work, over its control socket. Must not wait longer than it is told, nor believe a length. */
#ifndef VPNVMD_VICI_H
#define VPNVMD_VICI_H

#include <stdbool.h>

/*
 * vici_answers - one question ("version") and its answer, within TIMEOUT_MS.
 *
 * Of the answer the kind is looked at: charon read the question, gave it to one of its threads and wrote back. The rest, 1 KiB at most, is read away.
 */
bool vici_answers(const char *path, int timeout_ms);

#endif
