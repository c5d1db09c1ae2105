/* SPDX-License-Identifier: Apache-2.0 */
/* Judges an image on trial by what the machine says of itself. Pure: no I/O, no clock. */
#ifndef TRIAL_H
#define TRIAL_H

#include <stdbool.h>

#include "status.h"

/* What must work while it is on trial. */
#define GATE_DHCP     1u /* a VM behind it has a lease through it */
#define GATE_PING     2u /* such a VM has answers from beyond it */
#define GATE_KEYBOARD 4u /* an inputvm has a keyboard */
#define GATE_COUNT    3u
#define TRIAL_LOST_MS                                                                              \
	3000u /* so long a gate may be closed once it was open, and a keyboard be away */

struct trial {
	uint32_t vm;	   /* number of the VM that was swapped */
	uint32_t gates;	   /* GATE_* that are asked for */
	uint64_t limit_ms; /* it must be ready by then, and each gate be open so long after that */
	uint64_t life;	   /* of the VM when it was asked for: the next one is the image's */
	/* so far */
	uint64_t ready_ms; /* when it got ready; 0 = not yet */
	uint32_t opened;
	uint64_t seen_ms[GATE_COUNT]; /* when it was last open; 0 = never */
};

enum trial_verdict { TRIAL_GOES_ON, TRIAL_OVER, TRIAL_FAILED };

/* The gates that are open now for the VM that is swapped: protected VMs are behind a vpnvm, all others behind netvm. */
uint32_t trial_gates(const struct status *s, uint32_t vm);

/* trial_judge - NOW_MS since it began, 1 or more. OVER: it was confirmed or is gone. FAILED: WHY it must go back. */
enum trial_verdict trial_judge(struct trial *t, const struct status *s, uint64_t now_ms,
			       enum hv_back *why);

/* The name of a gate, and all of a list with commas; false: an unknown one. */
bool trial_gates_read(const char *list, uint32_t *gates);
const char *trial_gate_name(unsigned number);

#endif
