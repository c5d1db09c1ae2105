/* SPDX-License-Identifier: Apache-2.0 */
/* The one way a byte moves between VMs. Must not look at what the bytes mean. */
#include "channel.h"
#include "focus.h"
#include "guestmem.h"
#include "hw.h"
#include "lock.h"

#define HEADER_BYTES ((uint32_t)sizeof(struct hv_msg))
#define NOT_ZERO     1u

/* One end. `gone`: the far end died and this side has not acknowledged it yet. */
struct side {
	struct domain *dom;
	uint32_t end; /* number of the end in dom: its event bit */
	bool attached, gone;
	uint64_t epoch, gone_epoch;
	enum hv_stop_cause gone_cause;
};

struct channel {
	const struct hv_sys_channel *sys;
	struct side tx, rx;
	gpa_t ring;
	uint32_t tail;
	bool sender_waits; /* a send was refused for lack of space */
	uint64_t credit_left,
		credit_period; /* bytes left in the sender's period that ends at credit_period */
	uint64_t lost;
};

/* What a domain's end number means: `count` rings from `first` on, more than one only for the sender to @focused. */
struct end {
	uint16_t first, count;
	enum hv_chan_dir dir;
};

static struct channel channels[HV_SYS_RING_MAX];
static uint32_t channel_count;
static struct end ends[HV_DOM_MAX][HV_DOM_CHAN_MAX];
static uint32_t end_counts[HV_DOM_MAX];
static uint64_t credit_waits[HV_DOM_MAX]; /* ends refused for lack of credit */

static uint32_t end_add(const struct domain *d, uint32_t first, enum hv_chan_dir dir)
{
	uint32_t n = end_counts[d->id]++;

	ASSERT(n < HV_DOM_CHAN_MAX); /* system_check counted them */
	ends[d->id][n] = (struct end){.first = (uint16_t)first, .count = 0, .dir = dir};
	return n;
}

static void ring_add(const struct hv_sys_channel *sys, struct domain *from, uint32_t tx_end,
		     struct domain *to)
{
	struct channel *c = &channels[channel_count];

	ASSERT(channel_count < HV_SYS_RING_MAX); /* system_check counted them */
	memset(c, 0, sizeof *c);
	c->sys = sys;
	c->tx = (struct side){.dom = from, .end = tx_end};
	c->rx = (struct side){.dom = to, .end = end_add(to, channel_count, HV_CHAN_RX)};
	ends[to->id][c->rx.end].count = 1;
	ends[from->id][tx_end].count++;
	channel_count++;
}

void chan_init(void)
{
	const struct hv_system *s = dom_system();

	channel_count = 0;
	memset(end_counts, 0, sizeof end_counts);
	memset(credit_waits, 0, sizeof credit_waits);
	for (uint32_t i = 0; i < s->chan_count; i++) {
		const struct hv_sys_channel *sys = &s->chan[i];
		struct domain *from = dom_at(sys->from);
		uint32_t tx_end = end_add(from, channel_count, HV_CHAN_TX);

		if (sys->to != HV_DOM_FOCUSED) {
			ring_add(sys, from, tx_end, dom_at(sys->to));
			continue;
		}
		for (uint32_t j = 0; j < dom_count(); j++) {
			if (dom_at(j)->sys->flags & HV_DOM_SCREEN)
				ring_add(sys, from, tx_end, dom_at(j));
		}
	}
}

uint32_t chan_end_count(const struct domain *d)
{
	return end_counts[d->id];
}

static const struct end *end_find(const struct domain *d, uint64_t end)
{
	lock_assert_held();
	if (end >= end_counts[d->id] || ends[d->id][end].count == 0)
		return NULL;
	return &ends[d->id][end];
}

/* An end that sends. */
static const struct end *end_of_sender(const struct domain *d, uint64_t end)
{
	const struct end *e = end_find(d, end);

	return e != NULL && e->dir == HV_CHAN_TX ? e : NULL;
}

static struct side *own_side(struct channel *c, enum hv_chan_dir dir)
{
	return dir == HV_CHAN_TX ? &c->tx : &c->rx;
}

static struct side *far_side(struct channel *c, enum hv_chan_dir dir)
{
	return dir == HV_CHAN_TX ? &c->rx : &c->tx;
}

static void notify(const struct side *s)
{
	dom_post(s->dom, 0, BIT(s->end));
}

/* The header of the receiver's ring, until the lock is let go; NULL when there is none. */
static struct hv_ring *ring_of(const struct channel *c)
{
	uint64_t bytes = sizeof(struct hv_ring); /* all of it: it is page-aligned */

	return guestmem_map(c->rx.dom, c->ring, &bytes, WIN_RING);
}

/* Unread bytes; a head outside what was written says that the receiver is broken: its ring then counts as full. */
static uint32_t ring_used(const struct channel *c, const struct hv_ring *ring)
{
	uint32_t used = ring != NULL ? c->tail - hw_word_read(&ring->head) : UINT32_MAX;

	return used < c->sys->ring_bytes ? used : c->sys->ring_bytes;
}

/* A ring for the sender's present life: empty, with that life's epoch. */
static enum hv_err ring_start(struct channel *c)
{
	struct hv_ring header = {.epoch = c->tx.attached ? c->tx.epoch : 0};

	c->tail = 0;
	c->sender_waits = false;
	return guestmem_copy_out(c->rx.dom, c->ring, &header, sizeof header);
}

/* This side's life is over: the far side learns its epoch and why. */
static void side_gone(struct channel *c, struct side *dead, struct side *other,
		      enum hv_stop_cause cause)
{
	struct hv_ring *ring;

	if (!dead->attached)
		return;
	if (dead == &c->rx) {
		c->lost += ring_used(c, ring_of(c));
		c->ring = (gpa_t){0};
	}
	dead->attached = false;
	dead->gone = false;
	if (!other->attached)
		return;
	other->gone = true;
	other->gone_epoch = dead->epoch;
	other->gone_cause = cause;
	ring = dead == &c->tx ? ring_of(c) : NULL;
	if (ring != NULL)
		hw_word_write(&ring->gone, NOT_ZERO);
	notify(other);
}

/* The ring an end tells about; of those of a sender to @focused one whose death is not acknowledged, if there is one. */
static struct channel *ring_shown(const struct end *e)
{
	struct channel *c = &channels[e->first];

	for (unsigned i = 0; i < e->count; i++) {
		if (own_side(&c[i], e->dir)->gone)
			return &c[i];
	}
	return c;
}

enum hv_err chan_info(struct domain *d, uint64_t end, struct hv_chan_info *out)
{
	const struct end *e = end_find(d, end);
	struct channel *c;
	const struct side *own, *far;

	if (e == NULL)
		return HV_EPERM;
	c = ring_shown(e);
	own = own_side(c, e->dir);
	far = far_side(c, e->dir);
	memset(out, 0, sizeof *out);
	memcpy(out->name, c->sys->name, sizeof out->name);
	memcpy(out->peer,
	       c->sys->to == HV_DOM_FOCUSED && e->dir == HV_CHAN_TX
		       ? (const uint8_t *)"@focused\0\0\0\0\0\0\0"
		       : far->dom->sys->name,
	       sizeof out->peer);
	out->dir = e->dir;
	out->kind = c->sys->kind;
	out->ring_bytes = c->sys->ring_bytes;
	out->msg_max = c->sys->msg_max;
	out->epoch = own->epoch;
	out->peer_epoch = own->gone ? own->gone_epoch : far->attached ? far->epoch : 0;
	out->state = (own->attached ? HV_CHAN_STATE_ATTACHED : 0) |
		     (own->gone ? HV_CHAN_STATE_GONE : 0) |
		     (far->attached && !own->gone ? HV_CHAN_STATE_PEER : 0) |
		     (c->sender_waits ? 0 : HV_CHAN_STATE_SPACE);
	out->peer_cause = own->gone_cause;
	out->lost = c->lost;
	out->flags = c->sys->flags;
	return HV_OK;
}

static enum hv_err attach_one(struct channel *c, enum hv_chan_dir dir, gpa_t ring)
{
	struct side *own = own_side(c, dir), *far = far_side(c, dir);

	if (dir == HV_CHAN_RX) {
		if ((ring.v & PAGE_MASK) != 0)
			return HV_EINVAL;
		if (guestmem_check(own->dom, ring, HV_RING_DATA + c->sys->ring_bytes) != HV_OK)
			return HV_EFAULT;
	}
	side_gone(c, own, far, HV_STOP_NONE);
	own->attached = true;
	own->gone = false;
	own->epoch++;
	if (dir == HV_CHAN_RX)
		c->ring = ring;
	/* An empty ring with the sender's epoch: the receiver has nothing unread of a life before. */
	if (c->rx.attached && !c->rx.gone && ring_start(c) != HV_OK)
		return HV_EFAULT;
	if (far->attached)
		notify(far);
	return HV_OK;
}

enum hv_err chan_attach(struct domain *d, uint64_t end, gpa_t ring, uint64_t *epoch)
{
	const struct end *e = end_find(d, end);

	if (e == NULL)
		return HV_EPERM;
	for (unsigned i = 0; i < e->count; i++) {
		enum hv_err err = attach_one(&channels[e->first + i], e->dir, ring);

		if (err != HV_OK)
			return err;
	}
	*epoch = own_side(&channels[e->first], e->dir)->epoch;
	return HV_OK;
}

static uint32_t padded(uint32_t bytes)
{
	return (bytes + HV_MSG_ALIGN - 1) & ~(HV_MSG_ALIGN - 1);
}

/* Is there room? When not, `want` asks the receiver to say when; it is set before head is read again: pairs with the receiver's order. */
static bool space_for(struct channel *c, struct hv_ring *ring, uint32_t need)
{
	if (c->sys->ring_bytes - ring_used(c, ring) >= need)
		return true;
	hw_word_write(&ring->want, NOT_ZERO);
	atomic_thread_fence(memory_order_seq_cst);
	if (c->sys->ring_bytes - ring_used(c, ring) >= need)
		return true;
	c->sender_waits = true;
	return false;
}

/* Has the sender credit for this in its present period? When not, the next period wakes it. */
static bool credit_for(struct channel *c, uint32_t need)
{
	if (c->sys->credit_kib == 0)
		return true;
	if (c->credit_period != c->tx.dom->sched.period_end) {
		c->credit_period = c->tx.dom->sched.period_end;
		c->credit_left = (uint64_t)c->sys->credit_kib << 10;
	}
	if (c->credit_left >= need)
		return true;
	credit_waits[c->tx.dom->id] |= BIT(c->tx.end);
	return false;
}

/* Where the ring takes the bytes from ring offset `at` on: up to *bytes of them, as many as lie in a row. NULL: that is not RAM. */
static ALWAYS_INLINE uint8_t *ring_piece(const struct channel *c, uint32_t at, uint64_t *bytes)
{
	uint32_t size = c->sys->ring_bytes, from = at & (size - 1);

	if (*bytes > size - from)
		*bytes = size - from;
	return guestmem_map(c->rx.dom, (gpa_t){c->ring.v + HV_RING_DATA + from}, bytes, WIN_DST);
}

/* One message, checked: `len` bytes from segments on. Tail is published last: a fault on the way delivers nothing. */
static ALWAYS_INLINE enum hv_err put_message(struct channel *c, struct hv_ring *ring,
					     struct hv_seg *seg, uint32_t len)
{
	uint32_t need = HEADER_BYTES + padded(len), left = len;
	uint64_t n, room = HEADER_BYTES + len; /* bytes from `to` on */
	uint8_t *to;
	const uint8_t *from;

	if (!credit_for(c, need) || !space_for(c, ring, need))
		return HV_EAGAIN;
	to = ring_piece(c, c->tail, &room);
	if (to == NULL)
		return HV_EFAULT;
	*(struct hv_msg *)(void *)to = (struct hv_msg){.len = len}; /* aligned: in one piece */
	to += HEADER_BYTES;
	room -= HEADER_BYTES;
	for (; left > 0; left -= (uint32_t)n, to += n, room -= n) { /* bound: pieces of both */
		if (room == 0) {
			room = left;
			to = ring_piece(c, c->tail + HEADER_BYTES + len - left, &room);
		}
		n = seg->len < room ? seg->len : room;
		from = guestmem_map(c->tx.dom, (gpa_t){seg->gpa}, &n, WIN_SRC);
		if (to == NULL || from == NULL)
			return HV_EFAULT;
		memcpy(to, from, n);
		seg->gpa += n;
		seg->len -= (uint32_t)n;
		if (seg->len == 0)
			seg++;
	}
	atomic_thread_fence(memory_order_release); /* pairs with the receiver's acquire of tail */
	c->tail += need;
	hw_word_write(&ring->tail, c->tail);
	if (c->sys->credit_kib != 0)
		c->credit_left -= need;
	return HV_OK;
}

/* Behind the last segment of the message that starts at seg; NULL when it does not end within the list, or its size is not allowed. */
static struct hv_seg *message_end(const struct channel *c, struct hv_seg *seg,
				  const struct hv_seg *list_end, uint32_t *len, enum hv_err *err)
{
	uint32_t sum = 0, max = c->sys->msg_max;

	for (; seg != list_end; seg++) {
		if (seg->len == 0 || seg->len > max - sum || (seg->flags & ~HV_SEG_END) != 0) {
			*err = (seg->flags & ~HV_SEG_END) != 0 ? HV_EINVAL : HV_EMSGSIZE;
			return NULL;
		}
		sum += seg->len;
		if (seg->flags & HV_SEG_END) {
			*len = sum;
			return seg + 1;
		}
	}
	*err = HV_EINVAL;
	return NULL;
}

/* The ring this send goes to. */
static enum hv_err ring_for(const struct end *e, uint64_t generation, struct channel **out)
{
	struct channel *c = &channels[e->first];
	struct domain *focused;
	enum hv_err err;

	*out = c;
	if (c->sys->to != HV_DOM_FOCUSED)
		return HV_OK;
	err = focus_holder(generation, &focused);
	for (unsigned i = 0; i < e->count && err == HV_OK; i++) {
		if (c[i].rx.dom == focused)
			*out = &c[i];
	}
	return err;
}

/* May a message go now, and to which ring? Asked again each time after the lock was let go. */
static ALWAYS_INLINE enum hv_err ring_ready(const struct end *e, uint64_t generation,
					    struct channel **out, struct hv_ring **ring)
{
	enum hv_err err = ring_for(e, generation, out);
	const struct channel *c = *out;

	if (err != HV_OK)
		return err;
	if (!c->tx.attached)
		return HV_ESTATE;
	if (c->tx.gone || !c->rx.attached || c->rx.gone)
		return HV_EAGAIN; /* a death is not acknowledged, or nobody is there: an event follows */
	*ring = ring_of(c);
	return *ring != NULL ? HV_OK : HV_EAGAIN;
}

/* Messages are in the ring that the receiver may sleep on. */
static void tell_receiver(const struct channel *c, const struct hv_ring *ring)
{
	atomic_thread_fence(memory_order_seq_cst); /* the receiver: quiet = 0, then tail */
	if (hw_word_read(&ring->quiet) == 0)
		notify(&c->rx);
}

/* Sends the messages of the list at seg, up to `list_end`. Segments that were sent are changed. */
static enum hv_err send_list(const struct end *e, uint64_t generation, struct hv_seg *seg,
			     const struct hv_seg *list_end, uint64_t *taken)
{
	struct hv_seg *next;
	struct channel *c;
	struct hv_ring *ring;
	enum hv_err err;
	uint32_t len = 0, untold; /* bytes of the messages that the receiver was not told of */

	for (;;) { /* bound: HV_SEG_MAX */
		err = ring_ready(e, generation, &c, &ring);
		for (untold = 0; err == HV_OK && seg != list_end && untold < CHAN_TURN_BYTES;) {
			next = message_end(c, seg, list_end, &len, &err);
			if (next != NULL)
				err = put_message(c, ring, seg, len);
			if (err != HV_OK)
				break;
			++*taken;
			untold += len;
			seg = next;
		}
		c->tx.dom->sent_bytes += untold;
		if (untold != 0)
			tell_receiver(c, ring);
		if (err != HV_OK || seg == list_end)
			return err;
		lock_yield();
	}
}

enum hv_err chan_send(struct domain *d, uint64_t end, gpa_t segments, uint64_t count,
		      uint64_t generation, uint64_t *taken)
{
	struct hv_seg list[HV_SEG_MAX];
	const struct end *e = end_of_sender(d, end);

	*taken = 0;
	if (e == NULL)
		return HV_EPERM;
	if (count == 0 || count > HV_SEG_MAX)
		return HV_EINVAL;
	if (guestmem_copy_in(d, segments, list, count * sizeof list[0]) != HV_OK)
		return HV_EFAULT;
	return send_list(e, generation, list, list + count, taken);
}

enum hv_err chan_send_one(struct domain *d, uint64_t end, gpa_t from, uint64_t bytes,
			  uint64_t generation)
{
	struct hv_seg seg = {.gpa = from.v, .len = (uint32_t)bytes, .flags = HV_SEG_END};
	const struct end *e = end_of_sender(d, end);
	uint64_t taken = 0;

	if (e == NULL)
		return HV_EPERM;
	if (bytes > HV_CHAN_MSG_MAX)
		return HV_EMSGSIZE;
	return send_list(e, generation, &seg, &seg + 1, &taken);
}

/* The receiver has read, or has seen the sender's death: the sender may go on. */
static void sender_wake(struct channel *c)
{
	c->sender_waits = false;
	if (c->tx.attached)
		notify(&c->tx);
}

enum hv_err chan_ack(struct domain *d, uint64_t end, uint64_t peer_epoch)
{
	const struct end *e = end_find(d, end);
	struct channel *c;
	struct side *own, *far;
	struct hv_ring *ring;

	if (e == NULL)
		return HV_EPERM;
	for (unsigned i = 0; i < e->count; i++) {
		c = &channels[e->first + i];
		own = own_side(c, e->dir);
		far = far_side(c, e->dir);
		if (!own->attached)
			return HV_ESTATE;
		if (e->count == 1 && peer_epoch != (own->gone	    ? own->gone_epoch
						    : far->attached ? far->epoch
								    : 0))
			return HV_ESTALE;
		if (own->gone && e->dir == HV_CHAN_RX) {
			c->lost += ring_used(c, ring_of(c));
			if (ring_start(c) != HV_OK)
				return HV_EFAULT;
		}
		if (e->dir == HV_CHAN_RX) {
			ring = ring_of(c);
			if (ring == NULL)
				return HV_EFAULT;
			hw_word_write(&ring->want, 0);
		}
		if (own->gone || c->sender_waits)
			sender_wake(c);
		own->gone = false;
	}
	return HV_OK;
}

void chan_domain_gone(struct domain *d, enum hv_stop_cause cause)
{
	lock_assert_held();
	for (uint32_t i = 0; i < channel_count; i++) {
		struct channel *c = &channels[i];

		if (c->tx.dom == d)
			side_gone(c, &c->tx, &c->rx, cause);
		if (c->rx.dom == d)
			side_gone(c, &c->rx, &c->tx, cause);
	}
	credit_waits[d->id] = 0;
}

void chan_refill(struct domain *d)
{
	dom_post(d, 0, credit_waits[d->id]);
	credit_waits[d->id] = 0;
}

void chan_focus_moved(void)
{
	for (uint32_t i = 0; i < channel_count; i++) {
		if (channels[i].sys->to == HV_DOM_FOCUSED && channels[i].tx.attached)
			notify(&channels[i].tx);
	}
}

bool chan_credit_waits(const struct domain *d)
{
	return credit_waits[d->id] != 0;
}
