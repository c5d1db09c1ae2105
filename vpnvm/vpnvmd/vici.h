/* SPDX-License-Identifier: Apache-2.0 */
/* Asks charon whether it is at work, over its control socket. Must not wait longer than it is told, nor believe a length. */
#ifndef VPNVMD_VICI_H
#define VPNVMD_VICI_H

#include <stdbool.h>

/*
 * vici_ask - ask charon something ("version") over its control socket PATH; does not wait.
 *
 * Returns a descriptor that can be read once charon answers, however long that takes; to be closed. -1: it takes no question.
 */
int vici_ask(const char *path);

/*
 * vici_hear - the answer on FD of vici_ask, all of it within TIMEOUT_MS.
 *
 * Of the answer the kind is looked at: charon read the question, gave it to one of its threads and wrote back. The rest, 1 KiB at most, is read away.
 */
bool vici_hear(int fd, int timeout_ms);

/* Both at once. */
bool vici_answers(const char *path, int timeout_ms);

#endif
