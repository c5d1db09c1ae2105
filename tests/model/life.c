/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two VMs, one with a device, one channel: every order of kill, restart, off, on, fault, steps of scrubbing and loading, attach, send, read
 * and acknowledge, and what the other VM may do each time the core lock is taken on the way through a death. The real life.c, life_load.c, device.c,
 * device_reset.c, channel.c and frames.c over ports that judge each call. Looks inside them to go back to a state; must not change anything there
 * otherwise.
 */
#include <stdlib.h>
#include "hypervisor/core/channel.c"
#include "hypervisor/core/device.c"
#include "hypervisor/core/frames.c"
#include "hypervisor/core/life.c"
#include "tests/check.h"
#include "tests/model/life_model.h"

#define LIVES	  3u /* of both together, with a device that resets; else one less */
#define ATTACHES  2u
#define STATES	  (1u << 22)
#define DEPTH_MAX 20000u
#define LOCKS	  4u /* the first so many times the lock is taken, the other VM may come before */

/* What one VM can do or suffer. */
enum act {
	KILL,
	RESTART,
	ON,
	STEP,
	FAULT,
	ATTACH,
	TALK, /* VM 0 sends; VM 1 reads */
	ACK,
	USE,  /* writes its memory, and drives its device */
	SAVE, /* asks for its checkpoint */
	ACTS
};
#define DEVICE_WRITES (VMS * ACTS) /* the device writes memory and interrupts, if it is let */
#define DEVICE_RESTS  (DEVICE_WRITES + 1)
#define ALONE	      (DEVICE_RESTS + 1)
/* A death or a step of VM v, and one act of the other or a device that writes, before the n-th lock. */
#define MEANWHILE (ACTS + 1)
#define OPS	  (ALONE + VMS * 2 * LOCKS * MEANWHILE)

struct vm_state {
	enum hv_vm_state state, after;
	uint64_t done, offset, life;
	uint32_t range;
	uint8_t open, kept, tracked, cold;
	uint32_t count, stage; /* of the restart policy */
};

static struct state {
	struct world world;
	struct vm_state vm[VMS];
	uint32_t word[FRAMES];
	struct channel chan;
	uint8_t ring[sizeof(struct hv_ring) + RING]; /* header and data */
	uint32_t config[32];
	bool assigned, resting;
	uint32_t command, waiting, msi;
	uint64_t reset; /* enum device_reset, enum hv_rung */
} now;

struct device devices[HV_SYS_DEV_MAX];
uint32_t device_count;
uint8_t device_of_vector[256], entry_of_vector[256];

static bool restarts; /* VM 0 comes back by itself: once, then from its image, then not */
static bool
	checkpoints; /* both VMs make one; then each attaches once, as channels are searched without */

static void perform(unsigned op);

void model_acts(unsigned op)
{
	perform(op);
}

uint8_t model_sender_life(void)
{
	return (uint8_t)channels[0].tx.epoch;
}

void model_fails(const char *what)
{
	(void)check_fail("tests/model/life_ports.c", 0, what);
}

/* --- the acts --- */
static void locked(void)
{
	lock_core();
}

static void talk(struct domain *d)
{
	struct hv_ring *r = (struct hv_ring *)(void *)ring_header;
	uint64_t taken;

	if (d->id == 0) {
		locked();
		(void)!chan_send(d, 0, (gpa_t){SEGS_GPA}, 1, 0, &taken);
		unlock_core();
		return;
	}
	if (!channels[0].rx.attached || r->head == r->tail)
		return;
	/* of the life the ring is for, and of no other */
	CHECK_EQ(ring_data[sizeof(struct hv_msg)], r->epoch);
	CHECK_TRUE(channels[0].rx.gone || channels[0].tx.epoch == r->epoch);
	r->head += RING;
}

static void ack(struct domain *d)
{
	struct hv_chan_info info;

	locked();
	if (chan_info(d, 0, &info) == HV_OK)
		(void)!chan_ack(d, 0, info.peer_epoch);
	unlock_core();
}

static void attach(struct domain *d)
{
	uint64_t epoch;

	locked();
	(void)!chan_attach(d, 0, (gpa_t){d->id == 1 ? RING_GPA : 0}, &epoch);
	unlock_core();
}

static void use(struct domain *d)
{
	unsigned first = frame_of(d, 0),
		 last = first + (unsigned)(d->mem->ram.bytes / PAGE_SIZE) - 1;

	world.byte[first] = world.byte[last] = 0xaa;
	world.dirty[first] = world.dirty[last] = d->tracked;
	if (d->id != 0 || !d->open)
		return;
	hw_mmio_write32(&config[1], (uint32_t)(PCI_MEMORY | PCI_INTX_OFF | PCI_MASTER));
	devices[0].msi_control = (uint32_t)MSI_ENABLE;
	devices[0].msi_data = 0x40;
	device_msi_update(&devices[0]);
}

static void device_acts(void)
{
	if (masters() && world.context && world.dma[0])
		world.byte[frame_of(owner(), 0)] = 0xaa;
	if (world.irq && (config[MSI_CAP / 4] & MSI_ENABLE)) {
		cpu = doms[0].cpu;
		(void)device_interrupt(VECTOR);
	}
}

static bool can(const struct domain *d, enum act a)
{
	bool runs = d->state == HV_VM_RUNNING;

	switch (a) {
	case KILL:
		return d->state != HV_VM_DEAD;
	case RESTART:
	case ON:
		return doms[0].life + doms[1].life < (flr_works ? LIVES : LIVES - 1);
	case STEP:
		return life_has_work(d);
	case FAULT:
	case TALK:
	case ACK:
	case USE:
		return runs;
	case SAVE:
		return runs && !d->open && (d->sys->flags & HV_DOM_CHECKPOINT);
	case ATTACH:
		return runs && d->open &&
		       (d->id == 0 ? &channels[0].tx : &channels[0].rx)->epoch <
			       (checkpoints ? 1 : ATTACHES);
	case ACTS:
		break;
	}
	return false;
}

static void request(struct domain *d, enum life_request r)
{
	locked();
	life_request(d, r);
	unlock_core();
}

static void act(struct domain *d, enum act a)
{
	cpu = d->cpu;
	switch (a) {
	case KILL:
	case RESTART:
	case ON:
		request(d, (enum life_request[]){LIFE_KILL,
						 (enum life_request)(LIFE_RESTART | LIFE_NOW),
						 LIFE_ON}[a]);
		life_serve(d);
		break;
	case STEP:
		life_step(d);
		break;
	case FAULT:
		life_stop(d, HV_STOP_TRIPLE_FAULT);
		break;
	case ATTACH:
		attach(d);
		break;
	case TALK:
		talk(d);
		break;
	case ACK:
		ack(d);
		break;
	case USE:
		use(d);
		break;
	case SAVE:
		locked();
		life_save(d);
		unlock_core();
		break;
	case ACTS:
		break;
	}
}

/* Parts of a number from ALONE on. */
static unsigned pair_vm(unsigned op)
{
	return (op - ALONE) / (2 * LOCKS * MEANWHILE);
}

static enum act pair_act(unsigned op)
{
	return (op - ALONE) / (LOCKS * MEANWHILE) % 2 == 0 ? FAULT : STEP;
}

static unsigned pair_lock(unsigned op)
{
	return 1 + (op - ALONE) / MEANWHILE % LOCKS;
}

static unsigned pair_meanwhile(unsigned op)
{
	unsigned what = (op - ALONE) % MEANWHILE;

	return what == ACTS ? DEVICE_WRITES : (1 - pair_vm(op)) * ACTS + what;
}

static bool possible(unsigned op)
{
	if (op < VMS * ACTS)
		return can(&doms[op / ACTS], (enum act)(op % ACTS));
	if (op == DEVICE_WRITES)
		return masters();
	if (op == DEVICE_RESTS)
		return devices[0].rest_until != 0;
	return can(&doms[pair_vm(op)], pair_act(op));
}

static void perform(unsigned op)
{
	if (!possible(op))
		return;
	if (op < VMS * ACTS)
		act(&doms[op / ACTS], (enum act)(op % ACTS));
	else if (op == DEVICE_WRITES)
		device_acts();
	else if (op == DEVICE_RESTS)
		clock_now = devices[0].rest_until;
	else {
		meanwhile_at = pair_lock(op);
		meanwhile_op = pair_meanwhile(op);
		act(&doms[pair_vm(op)], pair_act(op));
	}
	hw_windows_close();
}

/* --- what must hold between two steps --- */
static void holds(void)
{
	const struct channel *c = &channels[0];
	bool use_device;

	holds_always();
	for (unsigned i = 0; i < VMS; i++) {
		static const enum frame_kind kinds[] = {FRAME_FREE,  FRAME_RAM,	 FRAME_RAM,
							FRAME_SCRUB, FRAME_FREE, FRAME_FREE,
							FRAME_RAM,   FRAME_RAM};
		enum hv_vm_state s = doms[i].state;

		CHECK_TRUE(all_words(&doms[i], FRAME_WORD(kinds[s], i)));
		CHECK_EQ(world.npt[i], s == HV_VM_RUNNING || s == HV_VM_SAVING ||
					       (s == HV_VM_RESTORING && doms[i].tracked));
		CHECK_TRUE(s != HV_VM_RESTORING || doms[i].kept);
		CHECK_TRUE(!doms[i].kept || doms[i].open);
		CHECK_TRUE(s != HV_VM_RESTORING || !doms[i].cold);
		CHECK_TRUE(doms[i].restart.stage != RESTART_QUARANTINE || s == HV_VM_DEAD ||
			   (s == HV_VM_SCRUBBING && doms[i].after_scrub == HV_VM_DEAD));
	}
	use_device = doms[0].state == HV_VM_RUNNING && doms[0].open;
	CHECK_EQ(world.context, use_device);
	CHECK_EQ(world.irq, use_device);
	CHECK_EQ(devices[0].assigned, use_device);
	CHECK_TRUE(!masters() || use_device);
	CHECK_TRUE(!c->tx.attached || use_device);
	CHECK_TRUE(!c->rx.attached || (doms[1].state == HV_VM_RUNNING && doms[1].open));
}

/* --- the search: depth first, a state again is a state done --- */
static uint64_t visited[STATES];
static uint64_t state_count, step_count;
static unsigned deepest;
static struct state stack[DEPTH_MAX];
static uint16_t path[DEPTH_MAX];
static uint8_t locks_of[DEPTH_MAX][VMS * ACTS]; /* what each act took in that state, alone */

static void load(const struct state *s)
{
	now = *s;
	world = s->world;
	for (unsigned i = 0; i < VMS; i++) {
		struct domain *d = &doms[i];

		d->state = s->vm[i].state;
		d->after_scrub = s->vm[i].after;
		d->request = LIFE_NONE;
		d->life = s->vm[i].life;
		d->work.done = s->vm[i].done;
		d->work.offset = s->vm[i].offset;
		d->work.range = s->vm[i].range;
		d->work.image = image;
		d->work.wait = 0;
		d->open = s->vm[i].open;
		d->kept = s->vm[i].kept;
		d->tracked = s->vm[i].tracked;
		d->cold = s->vm[i].cold;
		d->restart = (struct restart){.count = s->vm[i].count,
					      .stage = (enum restart_stage)s->vm[i].stage};
		d->not_before = 0; /* its pause is over: what waits for that is unit/restart's */
	}
	memcpy(words, s->word, sizeof words);
	memcpy(config, s->config, sizeof config);
	memcpy(ring_header, s->ring, sizeof ring_header);
	memcpy(ring_data, s->ring + sizeof ring_header, RING);
	channels[0] = s->chan;
	devices[0].assigned = s->assigned;
	devices[0].command = (uint16_t)s->command;
	devices[0].waiting = s->waiting;
	devices[0].msi_control = s->msi;
	devices[0].reset = (enum device_reset)(s->reset & 0xff);
	devices[0].rung = (enum hv_rung)(s->reset >> 8);
	devices[0].arrived = 0;
	devices[0].rest_until = s->resting ? 1 : 0;
	clock_now = 0;
}

static void save(void)
{
	struct hv_ring *r = (struct hv_ring *)(void *)ring_header;

	channels[0].tx.gone_cause = channels[0].rx.gone_cause = HV_STOP_NONE;
	channels[0].lost = 0; /* nothing depends on it, nor on whole turns of the ring */
	channels[0].tail -= r->head;
	r->tail -= r->head;
	r->head = 0;
	for (unsigned i = 0; i < VMS; i++) {
		const struct domain *d = &doms[i];

		now.vm[i].state = d->state;
		now.vm[i].after = d->state == HV_VM_SCRUBBING ? d->after_scrub : HV_VM_OFF;
		now.vm[i].life = d->life;
		now.vm[i].done = life_has_work(d) ? d->work.done : 0;
		now.vm[i].open = d->open && (lives(d) || d->state == HV_VM_LOADING || d->kept);
		now.vm[i].kept = d->kept;
		now.vm[i].cold = d->cold;
		now.vm[i].count = d->restart.count;
		now.vm[i].stage = d->restart.stage;
		now.vm[i].tracked = d->tracked && (lives(d) || d->kept);
		for (unsigned p = 0;
		     !d->kept && d->state != HV_VM_SAVING && p < d->mem->ram.bytes / PAGE_SIZE; p++)
			world.kept[frame_of(d, p)] = 0; /* nothing reads it */
		now.vm[i].offset = d->state == HV_VM_LOADING ? d->work.offset : 0;
		now.vm[i].range = d->state == HV_VM_LOADING ? d->work.range : 0;
	}
	now.world = world;
	memcpy(now.word, words, sizeof words);
	memcpy(now.config, config, sizeof config);
	memcpy(now.ring, ring_header, sizeof ring_header);
	memcpy(now.ring + sizeof ring_header, ring_data, RING);
	now.chan = channels[0];
	now.assigned = devices[0].assigned;
	now.command = devices[0].command;
	now.waiting = devices[0].waiting;
	now.msi = devices[0].msi_control;
	now.reset = (uint64_t)devices[0].reset | (uint64_t)devices[0].rung << 8;
	now.resting = devices[0].rest_until > clock_now;
}

/* True the first time. Only 64 bits of a state are kept: two states with one hash would hide one of them. */
static bool is_new(const struct state *s)
{
	const uint64_t *p = (const uint64_t *)(const void *)s;
	uint64_t h = 0xcbf29ce484222325u;

	_Static_assert(sizeof *s % 8 == 0, "whole words");
	for (size_t i = 0; i < sizeof *s / 8; i++) {
		h = (h ^ p[i]) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
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

static void make_vms(void)
{
	static struct hv_sys_domain sys[VMS];

	for (unsigned i = 0; i < VMS; i++) {
		struct domain *d = &doms[i];
		struct handoff_dom *m = &loader.dom[i];

		m->ram = (struct handoff_extent){i * PAGES * PAGE_SIZE,
						 (i == 0 ? PAGES : 2) * PAGE_SIZE};
		m->image = (struct handoff_extent){(FRAMES - 1) * PAGE_SIZE, 2 * PAGE_SIZE};
		m->image_status = IMAGE_OK;
		m->kept = (struct handoff_extent){KEPT * PAGE_SIZE + m->ram.hpa, m->ram.bytes};
		sys[i].flags = HV_DOM_ENABLED | (checkpoints ? HV_DOM_CHECKPOINT : 0);
		sys[i].flags |= restarts && i == 0 ? HV_DOM_AUTORESTART : 0;
		sys[i].restart_count = 1;
		sys[i].restart_window_s = 60;
		sys[i].period_us = 1000000;
		*d = (struct domain){.id = i, .sys = &sys[i], .mem = m, .cpu = i};
		d->ram_bytes = m->ram.bytes;
	}
}

static void make_device(void)
{
	static struct hv_sys_device sys = {.reset = HV_RESET_FLR};
	static struct handoff_pci pci = {.bdf = BDF, .msi_cap = MSI_CAP, .pcie_cap = PCIE_CAP};

	pci.bar[0] = (struct handoff_bar){.hpa = BAR_HPA, .bytes = PAGE_SIZE};
	memset(config, 0, sizeof config);
	config[MSI_CAP / 4] = 0x00800005;
	config[(PCIE_CAP + 4) / 4] = (uint32_t)BIT(28); /* it can be reset */
	devices[0] = (struct device){
		.sys = &sys, .pci = &pci, .dom = &doms[0], .config = config, .irq_count = 1};
	devices[0].has = devices[0].may = RUNG(HV_RUNG_FLR);
	devices[0].vector[0] = VECTOR;
	device_of_vector[VECTOR] = 1;
	device_count = 1;
}

static void start_search(void)
{
	memset(&now, 0, sizeof now);
	memset(&world, 0, sizeof world);
	memset(visited, 0, sizeof visited);
	memset(ring_header, 0, sizeof ring_header);
	memset(ring_data, 0, sizeof ring_data);
	loader.tsc_khz = 1000;
	image = (struct hv_image){.magic = HV_IMAGE_MAGIC,
				  .version = HV_IMAGE_VERSION,
				  .range_count = 1,
				  .file_bytes = 2 * PAGE_SIZE};
	image.range[0] = (struct hv_image_range){.gpa = 0, .pages = 1};
	description.dom_count = VMS;
	description.chan_count = 1;
	description.chan[0] = (struct hv_sys_channel){
		.name = "model", .from = 0, .to = 1, .ring_bytes = RING, .msg_max = RING - 16};
	make_vms();
	make_device();
	frames_init(words, FRAMES - 1);
	memset(world.byte, 0x77, sizeof world.byte); /* what was there before us */
	chan_init();
	for (unsigned i = 0; i < VMS; i++)
		CHECK_EQ(frames_move((hpa_t){doms[i].mem->ram.hpa}, doms[i].mem->ram.bytes, 0,
				     FRAME_WORD(FRAME_SCRUB, i)),
			 HV_OK);
	for (cpu = 0; cpu < VMS; cpu++)
		life_boot(&doms[cpu]);
	save();
}

static void print_act(unsigned op)
{
	static const char *const acts[] = {"kill",   "restart", "on",  "step", "fault",
					   "attach", "talk",	"ack", "use",  "save"};

	if (op < VMS * ACTS)
		printf("vm%u %s", op / ACTS, acts[op % ACTS]);
	else
		printf("device %s", op == DEVICE_WRITES ? "writes" : "has rested");
}

static void print_path(unsigned depth)
{
	for (unsigned i = 0; i <= depth; i++) {
		unsigned op = path[i];

		printf("#   ");
		if (op >= ALONE) {
			print_act(pair_vm(op) * ACTS + pair_act(op));
			printf(", before lock %u: ", pair_lock(op));
			op = pair_meanwhile(op);
		}
		print_act(op);
		printf("\n");
	}
}

/* Does the act take the lock so often that anything can come before? */
static bool reached(unsigned depth)
{
	unsigned op = path[depth];

	return op < ALONE || locks_of[depth][pair_vm(op) * ACTS + pair_act(op)] >= pair_lock(op);
}

static void search(void)
{
	unsigned depth = 0;

	start_search();
	stack[0] = now;
	path[0] = 0;
	(void)is_new(&now);
	for (;;) {
		if (path[depth] ==
		    (restarts ? ALONE : OPS)) { /* what comes in between is searched without */
			if (depth == 0)
				return;
			path[--depth]++;
			continue;
		}
		load(&stack[depth]);
		if (possible(path[depth]) && reached(depth)) {
			locks = meanwhile_at = held = 0;
			perform(path[depth]);
			if (path[depth] < VMS * ACTS)
				locks_of[depth][path[depth]] = (uint8_t)locks;
			meanwhile_at = 0;
			holds();
			step_count++;
			save();
			if (check.case_failed) {
				print_path(depth);
				return;
			}
			if (is_new(&now)) {
				if (depth + 1 == DEPTH_MAX)
					abort(); /* raise it: nothing may be left out */
				stack[++depth] = now;
				path[depth] = 0;
				deepest = depth > deepest ? depth : deepest;
				continue;
			}
		}
		path[depth]++;
	}
}

static void run(bool resets, bool keeps)
{
	checkpoints = keeps;
	flr_works = resets;
	state_count = step_count = deepest = 0;
	search();
	printf("# FIGURE: %llu states, %llu steps, %u deep\n", (unsigned long long)state_count,
	       (unsigned long long)step_count, deepest);
	CHECK_TRUE(state_count > 1000);
}

static void every_order_with_a_device_that_resets(void)
{
	run(true, false);
}

static void every_order_with_a_device_that_does_not(void)
{
	run(false, false);
}

static void every_order_with_checkpoints(void)
{
	run(true, true);
}

static void every_order_of_restarts_by_itself(void)
{
	restarts = true;
	run(false, true);
	restarts = false;
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(every_order_with_a_device_that_resets);
	RUN(every_order_with_a_device_that_does_not);
	RUN(every_order_with_checkpoints);
	RUN(every_order_of_restarts_by_itself);
	return check_end();
}
