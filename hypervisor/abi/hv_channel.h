/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Channel rings and segment lists: the layout both sides see. Layout only: behaviour is in core/channel.c and in the guest driver. */
#ifndef HV_CHANNEL_H
#define HV_CHANNEL_H

#include <stdint.h>
#include "hv_hypercall.h"

/*
 * A ring is receiver memory: one header page, then `ring_bytes` of data (a power of two), contiguous and page-aligned in
 * guest-physical space. head and tail run freely modulo 2^32; the byte at offset x is data[x & (ring_bytes - 1)].
 * Only the hypervisor writes tail, want, epoch, gone and data, only the receiver writes head and quiet. The hypervisor keeps its own tail
 * and reads head once per decision: a wrong head hurts nobody but the receiver.
 *
 * Start: chan_attach, and the chan_ack that acknowledges a death, write the whole struct anew: all 0 and
 * the sender's epoch. Until that chan_ack the new life of the sender gets AGAIN, so the ring then holds nothing but its
 * old messages.
 * Full: the hypervisor sets want, then (full barrier) reads head again and decides by that. The receiver writes head, then
 * (full barrier) reads want: one of the two sees the other.
 * Quiet: the hypervisor writes tail, then (full barrier) reads quiet, and posts no event for the message while it is not 0. A receiver that
 * ends its reading writes 0, then (full barrier) reads tail once more. Events of any other kind come as ever.
 */
struct hv_ring {
	uint32_t head;	/* receiver: consumed up to here */
	uint32_t tail;	/* hypervisor: written up to here */
	uint32_t want;	/* hypervisor: not 0 = the sender waits for space, chan_ack after reading */
	uint32_t quiet; /* receiver: not 0 = it reads on and needs no event for a message */
	uint64_t epoch; /* hypervisor: epoch of the sender whose messages these are */
	uint32_t gone;	/* hypervisor: not 0 = that sender has died */
	uint8_t reserved[36];
};
_Static_assert(sizeof(struct hv_ring) == 64, "hv_ring");
#define HV_RING_DATA 4096u /* offset of data */

/* In front of each message in the ring; header and payload together are padded to HV_MSG_ALIGN. May wrap at any 16 bytes. */
struct hv_msg {
	uint32_t len; /* payload bytes */
	uint32_t reserved0;
	uint64_t reserved1;
};
_Static_assert(sizeof(struct hv_msg) == 16, "hv_msg");
#define HV_MSG_ALIGN 16u

/* One piece of one message; a message ends with the segment that has HV_SEG_END. */
struct hv_seg {
	uint64_t gpa; /* any alignment; may cross pages */
	uint32_t len; /* bytes, not 0 */
	uint32_t flags;
};
_Static_assert(sizeof(struct hv_seg) == 16, "hv_seg");
#define HV_SEG_END 1u

enum hv_chan_dir { HV_CHAN_TX = 1, HV_CHAN_RX = 2 };

/*
 * Attaching an end that is attached starts a new life of it: for the far end the old one died with cause HV_STOP_NONE,
 * a ring named before is the guest's own again. A death not acknowledged by then counts as acknowledged.
 * chan_ack names the peer_epoch that chan_info gave (0 = not there); when that is no longer true it answers ESTALE and
 * changes nothing, so reading a ring never acknowledges a death that the reader has not seen.
 *
 * What chan_info answers: constants of the description and the state now.
 */
struct hv_chan_info {
	uint8_t name[HV_NAME_LEN]; /* of the channel, unique in the domain together with dir */
	uint8_t peer[HV_NAME_LEN]; /* name of the other end, or "@focused" */
	uint32_t dir;
	uint32_t kind; /* HV_KIND_* */
	uint32_t ring_bytes;
	uint32_t msg_max;
	uint64_t epoch;	     /* of this end; 0 = never attached */
	uint64_t peer_epoch; /* of the far end; 0 = not there */
	uint32_t state;	     /* HV_CHAN_STATE_* bits */
	uint32_t peer_cause; /* enum hv_stop_cause of the far end's last death */
	uint64_t lost;	/* bytes of the ring, headers included, that nobody read when an end died */
	uint32_t flags; /* HV_EDGE_* of the description: what the ends are to let pass */
	uint32_t reserved;
};
_Static_assert(sizeof(struct hv_chan_info) == 88, "hv_chan_info");

#define HV_CHAN_STATE_ATTACHED 1u /* this end is attached */
#define HV_CHAN_STATE_PEER     2u /* the far end is attached */
#define HV_CHAN_STATE_GONE     4u /* the far end died; chan_ack(peer_epoch) acknowledges it */
#define HV_CHAN_STATE_SPACE    8u /* a send refused for lack of space may be tried again */

#endif
