/* SPDX-License-Identifier: Apache-2.0 */
/* Which key, button or motion reaches the focused VM, and which is a chord of ours. Pure: tells what to send, sends nothing. */
#ifndef ROUTER_H
#define ROUTER_H

#include <stdbool.h>
#include <stdint.h>

#include "codec_input.h"

/*
 * The state of one key (also of one button, and of the touch of a pad, screen or pen as a whole):
 *
 *   UP       not held
 *   PASSED   held, and the focused VM knows
 *   WAITING  a Ctrl or Alt that is held, and nobody knows yet: it may become part of a chord
 *   HELD     held, and nobody knows or will know: it must come up first
 *
 *             press                       release                   another key     switch, loss
 *   UP        see below                   UP                        UP              UP
 *   PASSED    PASSED                      UP, sent                  PASSED          HELD
 *   WAITING   WAITING                     UP, sent press + release  PASSED, sent    HELD
 *   HELD      HELD                        UP                        HELD            HELD
 *
 * UP + press: HELD if nobody has the focus, if no frame may carry the key (system keys), or if it ends a chord; WAITING
 * for Ctrl and Alt; else PASSED and sent. A chord is 1 to 9 or Pause while Ctrl and Alt are held, in whatever state, and no
 * other modifier; its keys become HELD, so those not yet sent never are. "Another key" is a press that
 * passes, a button, a wheel step or the begin of a touch. A switch is a new generation of the focus: the hypervisor tells the old VM to let
 * go of everything. A loss is a frame that could not be delivered.
 */
enum held_state { IS_UP, IS_PASSED, IS_WAITING, IS_HELD };

#define ROUTER_CODES  768u
#define ROUTER_VMS    16u
#define ROUTER_NOBODY 0xffffu /* no VM has the focus */
#define ROUTER_KEYS   8u      /* of one answer */

#define CHORD_NONE	-1
#define CHORD_ATTENTION 0 /* Ctrl+Alt+Pause; 1 to 9 are themselves */

struct router {
	uint32_t vm; /* who has the focus, or ROUTER_NOBODY */
	uint64_t generation;
	uint8_t key[INPUT_KINDS][ROUTER_CODES]; /* enum held_state */
	uint8_t touch[INPUT_KINDS];		/* enum held_state */
	unsigned waiting_count;
	uint16_t waiting[4];	   /* codes of WAITING keys in the order of their presses */
	uint8_t locks[ROUTER_VMS]; /* bit n = LED_ n, as the VM's own keys have set it */
};

/* Keys of the keyboard to send, each a frame of its own, in this order. */
struct router_keys {
	int chord; /* CHORD_ */
	unsigned count;
	struct {
		uint16_t code;
		uint8_t value;
	} key[ROUTER_KEYS];
};

void router_init(struct router *r);

/* router_key - a key of the keyboard goes down or up; OUT says what to send before anything else. */
void router_key(struct router *r, unsigned code, bool down, struct router_keys *out);

/*
 * router_frame - a frame of another kind than the keyboard.
 *
 * flush   keys to send first
 * out     what is left of the frame; count 0 = nothing
 */
void router_frame(struct router *r, const struct input_frame *in, struct router_keys *flush,
		  struct input_frame *out);

/* router_focus - the hypervisor's answer: VM (or ROUTER_NOBODY) has the focus since GENERATION. */
void router_focus(struct router *r, uint32_t vm, uint64_t generation);

/* router_loss - a frame did not arrive: nothing that is held counts any more. */
void router_loss(struct router *r);

/* Lamps to show: bit n = LED_ n of evdev, those of the focused VM. */
unsigned router_leds(const struct router *r);

#endif
