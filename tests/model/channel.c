/* SPDX-License-Identifier: Apache-2.0 */
/* Every order of attach, send, read, acknowledge and death on one channel of two messages: the real channel.c against a ghost that
 * keeps what must be so. Looks inside channel.c to go back to a state; must not change anything there otherwise. */
#include <stdlib.h>
#include "hypervisor/include/channel.h"
#undef CHAN_TURN_BYTES
#define CHAN_TURN_BYTES 1u /* the lock is let go after each message */
#include "hypervisor/core/channel.c"
#include "tests/check.h"

#define RING	  64u /* two messages of 32 bytes */
#define SLOT	  32u
#define RING_GPA  0x10000ull
#define SEGS_GPA  0x20000ull
#define TX_LIVES  3u
#define RX_LIVES  2u
#define DEATHS	  1u
#define STATES	  (1u << 22)
#define DEPTH_MAX 20000u

enum op {
	TX_ATTACH,
	RX_ATTACH,
	SEND_ONE,
	SEND_TWO,
	TX_DIES,
	RX_DIES,
	TX_ACK,
	RX_ACK,
	TX_ACK_WRONG,
	RX_ACK_WRONG,
	TX_TAKE,
	RX_TAKE,
	RX_READ,
	RX_BREAKS,
	/* a send of two, and what the receiver does while the lock is let go between them */
	SEND_RX_ATTACH,
	SEND_RX_DIES,
	SEND_RX_ACK,
	SEND_RX_READ,
	SEND_RX_BREAKS,
	OPS
};

/* What a side knows and owes, and what must come to it. */
struct ghost_side {
	uint8_t on, epoch, deaths;
	uint8_t gone, gone_epoch; /* the far end died, not acknowledged */
};

struct ghost {
	struct ghost_side tx, rx;
	uint8_t queue[4], queued; /* sent and not read: sender's epoch << 4 | number */
	uint8_t number;		  /* of the next message in this life of the sender */
	uint8_t owed;		  /* the sender was told AGAIN and waits for an event */
	uint8_t duty;		  /* the receiver saw want: it has to acknowledge */
	uint8_t awake;	/* the receiver has not yet found the ring empty since its last event */
	uint8_t broken; /* the receiver wrote a head that cannot be */
	uint16_t lost;
};

struct state {
	struct channel chan;
	uint64_t events[2];
	uint8_t header[sizeof(struct hv_ring)], data[RING];
	struct ghost g;
};

static struct state now;
static struct domain doms[2];
static struct hv_system description;
static uint8_t ring_page[HV_RING_DATA + RING];
static struct hv_seg segs[2];
static uint8_t payload[2];

/* --- ports of channel.c --- */
const struct hv_system *dom_system(void)
{
	return &description;
}

struct domain *dom_at(uint32_t id)
{
	return &doms[id];
}

uint32_t dom_count(void)
{
	return 2;
}

void dom_post(struct domain *d, unsigned word, uint64_t bits)
{
	CHECK_EQ(word, 0);
	now.events[d->id] |= bits;
}

void lock_assert_held(void)
{
}

static enum op between; /* what happens at the next lock_yield; OPS = nothing */
static void first_is_sent(void);

void lock_yield(void)
{
	first_is_sent();
}

enum hv_err focus_holder(uint64_t generation, struct domain **out)
{
	(void)generation;
	(void)out;
	return HV_ESTALE;
}

void assert_failed(const char *file, unsigned line, const char *what)
{
	printf("# %s:%u: %s\n", file, line, what);
	abort();
}

/* The receiver's ring, and nothing else of the receiver, is ever written; only while its end is attached. */
static uint8_t *at_receiver(gpa_t gpa, uint64_t bytes)
{
	if (gpa.v < RING_GPA || gpa.v - RING_GPA > sizeof ring_page - bytes)
		abort();
	return &ring_page[gpa.v - RING_GPA];
}

enum hv_err guestmem_copy_in(const struct domain *d, gpa_t from, void *to, uint64_t bytes)
{
	if (d == &doms[1])
		memcpy(to, at_receiver(from, bytes), bytes);
	else if (from.v == SEGS_GPA && bytes <= sizeof segs)
		memcpy(to, segs, bytes);
	else
		abort();
	return HV_OK;
}

enum hv_err guestmem_copy_out(const struct domain *d, gpa_t to, const void *from, uint64_t bytes)
{
	if (d != &doms[1] || !channels[0].rx.attached)
		abort();
	memcpy(at_receiver(to, bytes), from, bytes);
	return HV_OK;
}

enum hv_err guestmem_check(const struct domain *d, gpa_t at, uint64_t bytes)
{
	return d == &doms[1] && at.v == RING_GPA && bytes == sizeof ring_page ? HV_OK : HV_EFAULT;
}

void *guestmem_map(const struct domain *d, gpa_t at, uint64_t *bytes, enum win_slot slot)
{
	if (d == &doms[1] && slot != WIN_SRC && channels[0].rx.attached)
		return at_receiver(at, *bytes);
	if (d != &doms[0] || slot != WIN_SRC || *bytes != 1 || at.v >= sizeof payload)
		abort();
	return &payload[at.v];
}

uint32_t hw_word_read(const uint32_t *at)
{
	return *at;
}

void hw_word_write(uint32_t *at, uint32_t value)
{
	*at = value;
}

/* --- the ghost --- */
static struct ghost *g = &now.g;

static bool told(unsigned side)
{
	return (now.events[side] & 1) != 0;
}

/* A side dies, or begins anew without having died: what the far side must learn. */
static void ghost_death(struct ghost_side *dead, struct ghost_side *far)
{
	if (!dead->on)
		return;
	if (dead == &g->rx) {
		g->lost = (uint16_t)(g->lost + (g->broken ? RING : g->queued * SLOT));
		g->queued = g->duty = g->broken = 0;
	}
	dead->on = dead->gone = 0;
	if (!far->on)
		return;
	far->gone = 1;
	far->gone_epoch = dead->epoch;
	CHECK_TRUE(told(far == &g->rx));
}

static void ghost_ring_reset(void)
{
	g->queued = g->duty = g->broken = 0;
	CHECK_EQ(((struct hv_ring *)(void *)ring_page)->epoch, g->tx.on ? g->tx.epoch : 0);
}

static void attach(struct ghost_side *own, struct ghost_side *far)
{
	bool is_rx = own == &g->rx;
	uint64_t epoch = 0;

	CHECK_EQ(chan_attach(&doms[is_rx], 0, (gpa_t){is_rx ? RING_GPA : 0}, &epoch), HV_OK);
	ghost_death(own, far);
	CHECK_EQ(epoch, ++own->epoch);
	own->on = 1;
	own->gone = 0;
	if (!is_rx)
		g->number = g->owed = 0;
	if (is_rx || (far->on && !far->gone)) {
		CHECK_EQ(g->queued, 0); /* nothing unread is thrown away unseen */
		ghost_ring_reset();
	}
	g->awake = is_rx ? 1 : g->awake;
	if (far->on)
		CHECK_TRUE(told(!is_rx));
}

static enum hv_err send_should(unsigned count, unsigned *take)
{
	unsigned room = g->broken ? 0 : (RING - g->queued * SLOT) / SLOT;

	*take = 0;
	if (!g->tx.on)
		return HV_ESTATE;
	if (g->tx.gone || !g->rx.on || g->rx.gone)
		return HV_EAGAIN;
	*take = count < room ? count : room;
	return *take == count ? HV_OK : HV_EAGAIN;
}

static unsigned first_sent; /* messages of this send that the ghost has queued already */

static bool possible(enum op op);
static void perform(enum op op);

static void queue(unsigned i)
{
	g->queue[g->queued++] = payload[i];
	g->number = (uint8_t)((g->number + 1) % 3);
	CHECK_TRUE(told(1) || ((struct hv_ring *)(void *)ring_page)->quiet != 0);
}

/* The first of two messages is in the ring, and the receiver may act now. */
static void first_is_sent(void)
{
	queue(first_sent++);
	if (between != OPS && possible(between))
		perform(between);
}

static void send(unsigned count, enum op then)
{
	unsigned take;
	enum hv_err want = send_should(count, &take), err;
	uint64_t taken = 99;

	for (unsigned i = 0; i < count; i++) {
		segs[i] = (struct hv_seg){.gpa = i, .len = 1, .flags = HV_SEG_END};
		payload[i] = (uint8_t)(g->tx.epoch * 16u + (g->number + i) % 3);
	}
	between = then;
	first_sent = 0;
	if (count == 1) { /* as the list of one would be */
		err = chan_send_one(&doms[0], 0, (gpa_t){0}, 1, 0);
		taken = err == HV_OK;
	} else {
		err = chan_send(&doms[0], 0, (gpa_t){SEGS_GPA}, count, 0, &taken);
	}
	if (first_sent != 0) { /* the rest of it is a send of its own */
		want = send_should(count - first_sent, &take);
		take += first_sent;
	}
	CHECK_EQ(err, want);
	CHECK_EQ(taken, take);
	for (unsigned i = first_sent; i < take; i++)
		queue(i);
	if (want == HV_EAGAIN)
		g->owed = 1;
}

static void ack(struct ghost_side *own, const struct ghost_side *far, bool right)
{
	bool is_rx = own == &g->rx;
	uint64_t seen = own->gone ? own->gone_epoch : far->on ? far->epoch : 0;
	enum hv_err want = !own->on ? HV_ESTATE : right ? HV_OK : HV_ESTALE;

	CHECK_EQ(chan_ack(&doms[is_rx], 0, right ? seen : seen + 1), want);
	if (want != HV_OK)
		return;
	if (own->gone && is_rx) {
		g->lost = (uint16_t)(g->lost + (g->broken ? RING : g->queued * SLOT));
		ghost_ring_reset();
	}
	if (own->gone && g->tx.on)
		CHECK_TRUE(told(0));
	own->gone = 0;
	if (is_rx)
		g->duty = 0;
}

/* The receiver takes one message, as ring.c of the guest's driver does. */
static void read_one(void)
{
	struct hv_ring *r = (struct hv_ring *)(void *)ring_page;
	uint32_t at = r->head & (RING - 1), len;

	if (!g->rx.on || g->broken)
		return;
	if (r->head == r->tail) {
		CHECK_EQ(g->queued, 0);
		g->awake = 0;
		r->quiet = 0; /* an event is needed again */
		return;
	}
	memcpy(&len, &ring_page[HV_RING_DATA + at], sizeof len);
	CHECK_EQ(len, 1);
	CHECK_TRUE(g->queued > 0);
	CHECK_EQ(ring_page[HV_RING_DATA + at + 16], g->queue[0]);
	CHECK_EQ(g->queue[0] >> 4, r->epoch); /* of the life the header names, and of no other */
	r->head += SLOT;
	g->queued--;
	memmove(g->queue, g->queue + 1, g->queued);
	if (r->want != 0)
		g->duty = 1;
}

static void take_events(unsigned side)
{
	if (told(side)) {
		if (side == 0)
			g->owed = 0; /* it will try again */
		else
			g->awake = 1;
		if (side == 1 && g->rx.on)
			((struct hv_ring *)(void *)ring_page)->quiet =
				1; /* it reads until there is no more */
	}
	now.events[side] = 0;
}

static void die(struct ghost_side *side)
{
	bool is_rx = side == &g->rx;

	chan_domain_gone(&doms[is_rx], HV_STOP_KILLED);
	ghost_death(side, is_rx ? &g->tx : &g->rx);
	side->deaths++;
	now.events[is_rx] = 0;
	if (is_rx)
		memset(ring_page, 0xcc,
		       sizeof ring_page); /* scrubbed: nobody may write there now */
	else
		g->owed = 0;
}

static bool possible(enum op op)
{
	switch (op) {
	case TX_ATTACH:
		return g->tx.epoch < TX_LIVES;
	case RX_ATTACH:
		return g->rx.epoch < RX_LIVES;
	case TX_DIES:
		return g->tx.deaths < DEATHS;
	case RX_DIES:
		return g->rx.deaths < DEATHS;
	case RX_BREAKS:
		return g->rx.on && !g->broken && g->rx.epoch == 1;
	case SEND_ONE:
	case SEND_TWO:
	case TX_ACK:
	case RX_ACK:
	case TX_ACK_WRONG:
	case RX_ACK_WRONG:
	case TX_TAKE:
	case RX_TAKE:
	case RX_READ:
	case SEND_RX_ATTACH:
	case SEND_RX_DIES:
	case SEND_RX_ACK:
	case SEND_RX_READ:
	case SEND_RX_BREAKS:
	case OPS:
		break;
	}
	return true;
}

static const enum op meanwhile[] = {RX_ATTACH, RX_DIES, RX_ACK, RX_READ, RX_BREAKS};

static void perform(enum op op)
{
	switch (op) {
	case TX_ATTACH:
		attach(&g->tx, &g->rx);
		break;
	case RX_ATTACH:
		attach(&g->rx, &g->tx);
		break;
	case SEND_ONE:
	case SEND_TWO:
		send(op == SEND_ONE ? 1 : 2, OPS);
		break;
	case SEND_RX_ATTACH:
	case SEND_RX_DIES:
	case SEND_RX_ACK:
	case SEND_RX_READ:
	case SEND_RX_BREAKS:
		send(2, meanwhile[op - SEND_RX_ATTACH]);
		break;
	case TX_DIES:
		die(&g->tx);
		break;
	case RX_DIES:
		die(&g->rx);
		break;
	case TX_ACK:
	case TX_ACK_WRONG:
		ack(&g->tx, &g->rx, op == TX_ACK);
		break;
	case RX_ACK:
	case RX_ACK_WRONG:
		ack(&g->rx, &g->tx, op == RX_ACK);
		break;
	case TX_TAKE:
	case RX_TAKE:
		take_events(op == RX_TAKE);
		break;
	case RX_READ:
		read_one();
		break;
	case RX_BREAKS:
		((struct hv_ring *)(void *)ring_page)->head = channels[0].tail + 16;
		g->broken = 1;
		break;
	case OPS:
		break;
	}
}

/* --- what must hold in every state --- */
static void info_agrees(unsigned side, const struct ghost_side *own, const struct ghost_side *far)
{
	struct hv_chan_info i;
	uint32_t state = (own->on ? HV_CHAN_STATE_ATTACHED : 0) |
			 (own->gone ? HV_CHAN_STATE_GONE : 0) |
			 (far->on && !own->gone ? HV_CHAN_STATE_PEER : 0);

	CHECK_EQ(chan_info(&doms[side], 0, &i), HV_OK);
	CHECK_EQ(i.state & ~HV_CHAN_STATE_SPACE, state);
	CHECK_EQ(i.epoch, own->epoch);
	CHECK_EQ(i.peer_epoch, own->gone ? own->gone_epoch : far->on ? far->epoch : 0);
	CHECK_EQ(i.lost, g->lost);
}

static void holds(void)
{
	const struct hv_ring *r = (const struct hv_ring *)(const void *)ring_page;
	unsigned take;

	info_agrees(0, &g->tx, &g->rx);
	info_agrees(1, &g->rx, &g->tx);
	if (g->rx.on && !g->broken)
		CHECK_EQ(r->tail - r->head, g->queued * SLOT);
	if (!g->rx.on && g->rx.deaths != 0 && g->rx.epoch != 0)
		CHECK_EQ(r->tail, 0xcccccccc);
	/* the header tells a death, or another life, from a message */
	if (g->rx.on)
		CHECK_EQ(r->gone != 0, g->rx.gone);
	if (g->rx.on && !g->rx.gone)
		CHECK_EQ(r->epoch, g->tx.on ? g->tx.epoch : 0);
	/* nobody sleeps over what it waits for */
	if (g->rx.on && !g->broken && g->queued != 0 && !g->awake)
		CHECK_TRUE(told(1));
	if (g->owed && !g->duty && send_should(1, &take) == HV_OK)
		CHECK_TRUE(told(0));
}

/* --- the search: depth first, a state again is a state done --- */
static uint64_t visited[STATES];
static uint64_t state_count, step_count;
static struct state stack[DEPTH_MAX];
static uint8_t path[DEPTH_MAX];

static void state_load(const struct state *s)
{
	now = *s;
	channels[0] = s->chan;
	memcpy(ring_page, s->header, sizeof s->header);
	memcpy(ring_page + HV_RING_DATA, s->data, RING);
}

/* Nothing depends on whole turns of the ring, nor on bytes of it that nobody may read: one state, not many. */
static void normalise(void)
{
	struct hv_ring *r = (struct hv_ring *)(void *)ring_page;
	uint32_t turns = r->head & ~(RING - 1);

	channels[0].lost = g->lost = 0; /* each step's share was compared */
	if (!g->rx.on || g->broken)
		return;
	r->head -= turns;
	r->tail -= turns;
	channels[0].tail -= turns;
	for (uint32_t at = r->tail; at != r->head + RING; at++)
		ring_page[HV_RING_DATA + (at & (RING - 1))] = 0;
}

static void state_save(void)
{
	normalise();
	now.chan = channels[0];
	memcpy(now.header, ring_page, sizeof now.header);
	memcpy(now.data, ring_page + HV_RING_DATA, RING);
}

/* True the first time. Only 64 bits of a state are kept: two states with one hash would hide one of them. */
static bool is_new(const struct state *s)
{
	const uint8_t *p = (const uint8_t *)s;
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < sizeof *s; i++)
		h = (h ^ p[i]) * 0x100000001b3u;
	h += h == 0;
	for (uint64_t i = h % STATES;; i = (i + 1) % STATES) {
		if (visited[i] == h)
			return false;
		if (visited[i] != 0)
			continue;
		visited[i] = h;
		if (++state_count > STATES / 4 * 3) {
			printf("# more than %llu states\n", (unsigned long long)state_count);
			abort();
		}
		return true;
	}
}

static void start(void)
{
	description.chan_count = 1;
	description.chan[0] = (struct hv_sys_channel){
		.name = "model", .from = 0, .to = 1, .ring_bytes = RING, .msg_max = RING - 16};
	for (unsigned i = 0; i < 2; i++) {
		static struct hv_sys_domain sys[2];

		doms[i].id = i;
		doms[i].sys = &sys[i];
	}
	chan_init();
	memset(&now, 0, sizeof now);
	g->awake = 1;
	state_save();
}

static void print_path(unsigned depth)
{
	static const char *const names[] = {
		"tx attach",	    "rx attach",      "send 1",
		"send 2",	    "tx dies",	      "rx dies",
		"tx ack",	    "rx ack",	      "tx ack?",
		"rx ack?",	    "tx events",      "rx events",
		"rx read",	    "rx breaks",      "send 2, rx attach",
		"send 2, rx dies",  "send 2, rx ack", "send 2, rx read",
		"send 2, rx breaks"};

	for (unsigned i = 0; i <= depth; i++)
		printf("#   %s\n", names[path[i]]);
}

static void search(void)
{
	unsigned depth = 0;

	start();
	stack[0] = now;
	path[0] = 0;
	(void)is_new(&now);
	for (;;) {
		if (path[depth] == OPS) {
			if (depth == 0)
				return;
			path[--depth]++;
			continue;
		}
		state_load(&stack[depth]);
		if (possible((enum op)path[depth])) {
			perform((enum op)path[depth]);
			holds();
			step_count++;
			state_save();
			if (check.case_failed) {
				print_path(depth);
				return;
			}
			if (is_new(&now)) {
				if (depth + 1 == DEPTH_MAX)
					abort(); /* raise it: nothing may be left out */
				stack[++depth] = now;
				path[depth] = 0;
				continue;
			}
		}
		path[depth]++;
	}
}

static void every_order_of_steps(void)
{
	search();
	printf("# FIGURE: %llu states, %llu steps\n", (unsigned long long)state_count,
	       (unsigned long long)step_count);
	CHECK_TRUE(state_count > 10000);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(every_order_of_steps);
	return check_end();
}
