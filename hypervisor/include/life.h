/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a VM: scrub, load and hash, run, stop. */
#ifndef LIFE_H
#define LIFE_H

#include "domain.h"

/*
 *             on            loaded         stop/kill/off      scrubbed
 * OFF         LOADING       -              -                  -
 * SCRUBBING   remembered    -              remembered         after_scrub: LOADING, OFF, DEAD or REFUSED
 * LOADING     -             RUNNING        SCRUBBING          -       (wrong digest or image: SCRUBBING, then REFUSED)
 * RUNNING     -             -              SCRUBBING          -
 * DEAD        LOADING       -              -                  -
 * REFUSED     LOADING       -              -                  -
 * All transitions happen on the VM's home processor.
 */
void life_boot(struct domain *d); /* boot: its frames are SCRUB: scrub, then load if enabled */
bool life_has_work(const struct domain *d); /* a step is due */
void life_step(struct domain *d); /* a bounded number of pages scrubbed, copied or hashed */
void life_stop(struct domain *d, enum hv_stop_cause cause); /* a running VM dies now */
/* life_request - any processor; what was asked for before and is not served yet is not lost. Core lock held. */
void life_request(struct domain *d, enum life_request r);
void life_serve(struct domain *d); /* home processor: do what was requested */
/* life_announce - say once that nobody is on the way any more, and how many VMs are ready. Core lock held. */
void life_announce(void);
const char *life_state_name(enum hv_vm_state s);
const char *life_cause_name(enum hv_stop_cause c);

#endif
