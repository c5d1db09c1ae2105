/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a VM: scrub, load and hash, run, stop. */
#ifndef LIFE_H
#define LIFE_H

#include "domain.h"
#include "frames.h"

/*
 *             on            work done      stop, kill, now    off, restart
 * OFF         LOADING       -              -                  -, LOADING
 * SCRUBBING   remembered    after_scrub    remembered         remembered         (after_scrub: LOADING, OFF, DEAD or REFUSED)
 * LOADING     -             RUNNING        SCRUBBING          SCRUBBING          (wrong digest or image: SCRUBBING, then REFUSED)
 * RUNNING     -, remembered -              dies               RUNNING
 * SAVING      -, remembered RUNNING        dies               SAVING
 * RESTORING   -             RUNNING        dies               dies               (wrong secret, no devices: SCRUBBING, then REFUSED)
 * DEAD        LOADING       -              -                  -, LOADING
 * REFUSED     LOADING       -              -                  -, LOADING
 * One that dies is RESTORING when it is to run again, its checkpoint is whole, and neither `cold` nor a lost device forbids it; else SCRUBBING.
 * A running VM that is to be off or to start again is asked (HV_EVENT_STOP) and has HV_STOP_MS to stop by itself; then, or when
 * it stops for whatever reason, it dies. What is asked meanwhile only changes what comes after, but for kill and now.
 * All transitions happen on the VM's home processor.
 */
void life_boot(struct domain *d); /* boot: its frames are SCRUB: scrub, then load if enabled */
bool life_has_work(
	const struct domain *d);  /* there are steps to be done, now or when work.wait is over */
void life_step(struct domain *d); /* a bounded number of pages scrubbed, copied or hashed */
void life_stop(struct domain *d, enum hv_stop_cause cause); /* a running VM dies now */
/* life_request - any processor; what was asked for before and is not served yet is not lost. Core lock held. */
void life_request(struct domain *d, enum life_request r);
void life_serve(struct domain *d); /* home processor: do what was requested */
/* life_announce - say once that nobody is on the way any more, and how many VMs are ready. Core lock held. */
void life_announce(void);
const char *life_state_name(enum hv_vm_state s);
const char *life_cause_name(enum hv_stop_cause c);

/* Between life.c, which a guest's exit reaches, and life_load.c, which it does not. Home processor. */
void life_load(struct domain *d); /* its frames are FREE and clean: begin to load, or refuse */
void life_set_state(struct domain *d, enum hv_vm_state to); /* and say so on the bar */
void life_move_ram(struct domain *d, enum frame_kind from, enum frame_kind to);
void life_scrub(struct domain *d,
		enum hv_vm_state after); /* its frames are SCRUB: begin to zero them */
void life_drop_table(struct domain *d);	 /* no translation of its memory stays */
void life_save(
	struct domain
		*d); /* its checkpoint is to be taken: it does not run meanwhile. Core lock held. */

/* Between life_load.c and checkpoint.c. Home processor, no lock held. */
bool life_scrub_page(hpa_t page) MUST_CHECK;	   /* false: it does not keep zeros */
enum hv_err life_map(struct domain *d) MUST_CHECK; /* its RAM and its screen, in an empty table */
bool life_open(struct domain *d)
	MUST_CHECK; /* its devices are its own from here on; false: refused */
void life_begin(struct domain *d, const char *how); /* a new life, its vCPU is set up */
void life_wait(struct domain *d, uint64_t now, bool rested);
const char *
life_secret_fault(struct domain *d); /* put its secret in place; NULL = done, or it has none */
void life_unfit(struct domain *d);   /* refused: its devices or its screen cannot be had */
void life_refuse(struct domain *d, enum hv_stop_cause cause, const char *why);

#endif
