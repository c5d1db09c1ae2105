/* SPDX-License-Identifier: Apache-2.0 */
/* Channels: named ends fixed by the description, bytes copied by the core, epochs. The layouts are in abi/hv_channel.h. */
#ifndef CHANNEL_H
#define CHANNEL_H

#include "domain.h"
#include "hv_channel.h"

/* chan_init - channels and the ends of each domain, in the order of the description. Boot only, after dom_init. */
void chan_init(void);
uint32_t chan_end_count(const struct domain *d);

#define CHAN_TURN_BYTES 16384u

/*
 * The hypercalls of the same names. END is the caller's number of the end: unchecked. All: core lock held.
 * errors  HV_EPERM no such end, or an end of the wrong direction (the same answer for both: existence is information)
 */
enum hv_err chan_info(struct domain *d, uint64_t end, struct hv_chan_info *out) MUST_CHECK;
enum hv_err chan_attach(struct domain *d, uint64_t end, gpa_t ring, uint64_t *epoch) MUST_CHECK;
/*
 * After CHAN_TURN_BYTES of payload others may have the lock, and the receiver is told of what is there; else it is told once, at the end.
 * *taken: messages delivered, valid with every error. GENERATION counts only on a channel to @focused.
 * chan_send_one: a message of one segment, which need not stand in a list.
 */
enum hv_err chan_send(struct domain *d, uint64_t end, gpa_t segments, uint64_t count,
		      uint64_t generation, uint64_t *taken) MUST_CHECK;
enum hv_err chan_send_one(struct domain *d, uint64_t end, gpa_t from, uint64_t bytes,
			  uint64_t generation) MUST_CHECK;
enum hv_err chan_ack(struct domain *d, uint64_t end, uint64_t peer_epoch) MUST_CHECK;

/* chan_focus_moved - input may flow to the new holder: senders to @focused that wait hear of it. Core lock held. */
void chan_focus_moved(void);

/* chan_domain_gone - all ends of D die now; far ends learn of it. Core lock held. */
void chan_domain_gone(struct domain *d, enum hv_stop_cause cause);
/* chan_refill - a period of D begins: its sends refused for lack of credit may be tried again. Home processor of D, as for chan_credit_waits. */
void chan_refill(struct domain *d);
bool chan_credit_waits(const struct domain *d);

#endif
