/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of bulkhead.ko know of each other. Start order is main.c's; nothing here is for other modules. */
#ifndef BULKHEAD_H
#define BULKHEAD_H

#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "hypercall.h"
#include "ring.h"

/* main.c: what the hypervisor said at load, constant from then on but for secret.c and checkpoint.c */
extern struct hv_info bh_info;

void bh_take_time(void); /* main.c: the date is the hypervisor's */

/* checkpoint.c */
long bh_checkpoint(void);

/* console.c */
int bh_console_start(void);

/* control.c: events for user space, from interrupt context */
int bh_control_start(void);
void bh_control_events(u64 events);

/* idle.c: how this VM sleeps */
void bh_idle_start(void);

/* chaos.c: trouble on the administrator's order, from interrupt context */
void bh_chaos_start(void);
void bh_chaos_events(u64 events);

/* secret.c */
struct bh_secret;
long bh_secret_take(struct bh_secret __user *arg);

/* capsule.c: CMD is BH_IOC_CAPSULE_PUT or _GET */
struct bh_capsule;
long bh_capsule(unsigned int cmd, struct bh_capsule __user *arg);

/* doorbell.c */
int bh_doorbell_start(void);
bool bh_doorbell_works(void);

/*
 * One end of a channel. `lock` guards the state and is taken in the interrupt; `io` guards ring, bounce buffer and head,
 * and one message at a time passes under it. Order: io, then lock.
 */
struct bh_end {
	unsigned int index; /* number in hypercalls */
	char name[HV_NAME_LEN + 1];
	u8 peer[HV_NAME_LEN];
	u32 dir, kind, flags, ring_bytes, msg_max;
	void (*event)(
		void *owner); /* for a part of this module that has the end to itself, from interrupt context */
	void *owner;

	spinlock_t lock;
	struct hv_chan_info *info; /* own page, the hypervisor answers here */
	bool gone;		   /* far end died, not acknowledged */
	bool blocked;		   /* sender: refused, no event since */
	u64 peer_epoch;
	wait_queue_head_t wait;

	struct mutex io;
	struct hv_ring *ring; /* receiver: header page and data behind it */
	u32 head;
	bool broken; /* ring content made no sense: nothing is read until the next attach or ack */
	u8 *bounce;  /* sender: msg_max bytes; net: a page for headers */
	struct hv_seg *seg; /* net: a page for a list; others send one message, without */
	u64 focus;	    /* generation that sends carry */
};

/* chan.c: ends, without user space */
int bh_chan_start(void);
unsigned int bh_chan_count(void);
struct bh_end *bh_chan_end(unsigned int index);
void bh_chan_event(unsigned int index); /* from interrupt context */
int bh_end_attach(struct bh_end *end);	/* a new life of the end */
int bh_end_state(struct bh_end *end, struct hv_chan_info *out);
int bh_end_ack(struct bh_end *end, struct hv_chan_info *before, struct hv_chan_info *after);
/* The same from any context, for who has the end to itself and so needs no end->io, here and below. */
int bh_end_ack_alone(struct bh_end *end, struct hv_chan_info *before, struct hv_chan_info *after);
bool bh_end_readable(struct bh_end *end); /* a message, or a reason why none will come */
const u8 *bh_end_data(const struct bh_end *end);
/* Under end->io. 0 and a message, or -EAGAIN none yet, -EPIPE far end died, -EIO ring broken. */
int bh_end_peek(struct bh_end *end, struct ring_msg *msg);
/* Under end->io, once the message is copied out. -EPIPE: the far end died meanwhile, the copy must not be used. */
int bh_end_consume(struct bh_end *end, const struct ring_msg *msg);
/* A receiver that reads on wants no event for a message; once it listens again, true: there is one that came meanwhile. */
void bh_end_quiet(struct bh_end *end);
bool bh_end_listen(struct bh_end *end);
bool bh_end_waits(const struct bh_end *end);  /* is there a message, as far as the ring tells? */
int bh_end_send(struct bh_end *end, u32 len); /* what is in bounce; -EAGAIN: an event follows */

/* chandev.c: ends as character devices */
int bh_chandev_start(void);

/* net.c: pairs of ends as network interfaces */
void bh_net_start(void);

/*
 * netwatch.c: before a sleep, interrupts on. If a message came since it was asked last, it looks for the next one for at most TICKS of the
 * TSC, and no far end needs to ring meanwhile. True: the kernel has something to do.
 */
bool bh_net_watch(u64 ticks);

/* fb.c: the screen, if this VM has one */
void bh_fb_start(void);
void bh_fb_focus(bool gained); /* from interrupt context */

/* input.c: ends of kind input as input devices */
void bh_input_start(void);
void bh_input_attach(void);  /* once the doorbell works */
void bh_input_release(void); /* the focus is lost; from interrupt context */

#endif
