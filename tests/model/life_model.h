/* SPDX-License-Identifier: Apache-2.0 */
/* What model/life.c and the ports it runs the core on share. Nobody else may include it. */
#ifndef LIFE_MODEL_H
#define LIFE_MODEL_H

#include "device_state.h"
#include "hv_channel.h"

#define VMS    2u
#define PAGES  65u /* of VM 0: scrubbed in two steps; VM 1 has 2 */
#define FRAMES (PAGES + 2u + 1u)
#define KEPT                                                                                       \
	(FRAMES + 8u) /* frames of checkpoints: one for each of the others, in the same order */
#define RING	 32u  /* one message */
#define RING_GPA 0x1000ull
#define SEGS_GPA 0x2000ull
#define BDF	 0x100u
#define MSI_CAP	 0x50u
#define PCIE_CAP 0x60u
#define BAR_HPA	 0x80000000u
#define VECTOR	 0x30u

/* The machine as the ports see it; part of a state. */
extern struct world {
	uint8_t byte[FRAMES];	 /* what fills each frame */
	uint8_t kept[FRAMES];	 /* and its copy in a checkpoint */
	bool dirty[FRAMES];	 /* written by the processor since it was looked at */
	bool npt[VMS], dma[VMS]; /* a translation is there */
	bool context, irq;
} world;
extern struct domain doms[VMS];
extern struct hv_system description;
extern struct handoff loader;
extern struct hv_image image;
extern uint32_t words[FRAMES]; /* of frames.c */
extern uint32_t config[32];
extern uint8_t ring_header[sizeof(struct hv_ring)], ring_data[RING];
extern bool flr_works;
extern unsigned cpu;   /* who acts */
extern unsigned locks; /* taken in this step */
extern unsigned held;  /* the lock is */
extern unsigned meanwhile_at, meanwhile_op;
extern uint64_t clock_now;

void model_acts(unsigned op); /* one more act, while another is under way */
uint8_t model_sender_life(void);
void model_fails(const char *what);

unsigned frame_of(const struct domain *d, unsigned page);
bool all_words(const struct domain *d, uint32_t word);
const struct domain *owner(void); /* of the device */
bool masters(void);		  /* may the device send requests? */
void holds_always(void);	  /* what must hold at every call of a port */

#endif
