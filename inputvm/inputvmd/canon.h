/* SPDX-License-Identifier: Apache-2.0 */
/* The six canonical devices: written through uinput, read back by libinput. Must not decide what a key does. */
#ifndef CANON_H
#define CANON_H

#include <stdbool.h>

#include "codec_input.h"

/* uinput.c: makes the devices. False: it said why. Their event nodes live as long as the program. */
bool canon_create(void);
const char *canon_node(unsigned kind);

/* One frame, its SYN_REPORT included. libinput has it when this returns. */
void canon_write(const struct input_frame *frame);

/* listen.c: opens the devices with libinput, for nobody else. False: it said why, or libinput took one for something else. */
bool listen_start(void);
int listen_fd(void);

typedef void listen_key(unsigned code, bool down);

/* Tells KEY of every key of the keyboard that libinput has seen since the last call. */
void listen_turn(listen_key *key);

#endif
