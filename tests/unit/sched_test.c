/* SPDX-License-Identifier: Apache-2.0 */
/* Who gets the processor: budgets hold whatever a guest does, sleepers wake in time, leftover time goes round. */
#include "check.h"
#include "fakes/device_fake.h"
#include "hv_event.h"
#include "life.h"
#include "sched.h"
#include "swap.h"
#include "tests/fakes/machine.h"

#define NEVER  UINT64_MAX
#define BUDGET (4 * MACHINE_MS) /* of each VM of machine_make */
#define PERIOD (20 * MACHINE_MS)
#define TIMER  0xecu
#define BELL   0x51u

/* What the guest of a VM does when it runs. */
enum plan { SPIN, SLEEP, TICK };

static enum plan plan[MACHINE_DOMS];
static uint64_t ran[MACHINE_DOMS], late[MACHINE_DOMS], due[MACHINE_DOMS];
static uint64_t tick_every, end_at;

static void awake(struct domain *d)
{
	struct vcpu_fake *cpu = vcpu_fake_of(&d->vcpu);

	cpu->interrupts = true;
	CHECK_TRUE(vlapic_write(&d->vcpu.lapic, 0x80f, 0x1ff));
	CHECK_TRUE(vlapic_write(&d->vcpu.lapic, 0x832, 0x40000 | TIMER));
	d->pci.msi_control = 1;
	d->pci.msi_data = BELL;
}

static void fresh(unsigned doms)
{
	machine_start(doms);
	memset(plan, 0, sizeof plan);
	memset(ran, 0, sizeof ran);
	memset(late, 0, sizeof late);
	memset(due, 0, sizeof due);
	for (unsigned i = 0; i < doms; i++) {
		awake(dom_at(i));
		sched_init(dom_at(i), fake.tsc);
	}
}

static struct domain *pick(uint64_t *until)
{
	*until = 0;
	return sched_pick(0, fake.tsc, until);
}

static void deadline(struct domain *d, uint64_t host_tsc)
{
	vlapic_deadline_set(&d->vcpu.lapic, host_tsc + vcpu_tsc_offset(&d->vcpu));
}

/* --- one decision --- */

static void higher_priority_goes_first(void)
{
	uint64_t until;

	fresh(3);
	machine_system->dom[1].priority = 7;
	CHECK_TRUE(pick(&until) == dom_at(1));
	CHECK_EQ(until, fake.tsc + BUDGET);
	dom_at(1)->vcpu.halted = true;
	machine_system->dom[2].priority = 2;
	CHECK_TRUE(pick(&until) == dom_at(2));
}

static void no_processor_serves_vms_of_another(void)
{
	uint64_t until;

	machine_make(2);
	machine_handoff->cpu_count = 2;
	machine_system->dom[1].cpu = 1;
	machine_boot();
	CHECK_TRUE(sched_pick(0, fake.tsc, &until) == dom_at(0));
	CHECK_TRUE(sched_pick(1, fake.tsc, &until) == dom_at(1));
	CHECK_TRUE(sched_pick(2, fake.tsc, &until) == NULL);
	CHECK_EQ(until, NEVER);
}

static void without_budget_one_waits_for_the_others(void)
{
	uint64_t until;

	fresh(2);
	machine_system->dom[0].priority = 7;
	sched_charge(dom_at(0), BUDGET - 1);
	CHECK_TRUE(pick(&until) == dom_at(0));
	CHECK_EQ(until, fake.tsc + 1);
	sched_charge(dom_at(0), 1000);
	CHECK_EQ(dom_at(0)->sched.left, 0);
	CHECK_EQ(dom_at(0)->sched.used, BUDGET + 999);
	CHECK_TRUE(pick(&until) == dom_at(1));
	sched_charge(dom_at(1), BUDGET / 2);
	fake.tsc = dom_at(0)->sched.period_end - 1; /* its refill cuts the turn short */
	CHECK_TRUE(pick(&until) == dom_at(1));
	CHECK_EQ(until, fake.tsc + 1);
	fake.tsc++;
	CHECK_TRUE(pick(&until) == dom_at(0));
	CHECK_EQ(dom_at(0)->sched.left, BUDGET);
	CHECK_EQ(dom_at(0)->sched.period_end, fake.tsc + PERIOD);
}

/* An exit is no reason to wait for the other's whole budget: who has used less of the period's goes first. */
static void among_equals_who_has_more_left_goes_first(void)
{
	uint64_t until;

	fresh(2);
	sched_charge(dom_at(0), MACHINE_MS);
	sched_charge(dom_at(1), 10 * MACHINE_US);
	dom_at(1)->sched.last_run = fake.tsc; /* it ran last, and comes back from an exit */
	CHECK_TRUE(pick(&until) == dom_at(1));
	sched_charge(dom_at(1), MACHINE_MS);
	CHECK_TRUE(pick(&until) == dom_at(0));
}

static void leftover_time_goes_round(void)
{
	uint64_t until;
	unsigned turns[3] = {0};

	fresh(3);
	machine_system->dom[0].priority = 7; /* counts for nothing without budget */
	for (unsigned i = 0; i < 3; i++)
		sched_charge(dom_at(i), BUDGET);
	for (unsigned i = 0; i < 6; i++) {
		struct domain *d = pick(&until);

		REQUIRE(d != NULL);
		CHECK_EQ(until, fake.tsc + MACHINE_MS);
		turns[d->id]++;
		d->sched.last_run = fake.tsc;
		fake.tsc += MACHINE_MS;
	}
	CHECK_EQ(turns[0], 2);
	CHECK_EQ(turns[1], 2);
	CHECK_EQ(turns[2], 2);
}

static void a_halted_vm_wakes_at_its_deadline(void)
{
	struct domain *d;
	uint64_t until, at;

	fresh(1);
	d = dom_at(0);
	d->vcpu.halted = true;
	CHECK_TRUE(pick(&until) == NULL);
	CHECK_EQ(until, NEVER);
	at = fake.tsc + 12345;
	deadline(d, at);
	CHECK_TRUE(pick(&until) == NULL);
	CHECK_EQ(until, at);
	fake.tsc = at;
	CHECK_TRUE(pick(&until) == d);
	CHECK_FALSE(d->vcpu.halted);
	CHECK_EQ(vlapic_pending(&d->vcpu.lapic), TIMER);
}

static void a_halted_vm_wakes_for_an_event(void)
{
	struct domain *d;
	uint64_t until;

	fresh(1);
	d = dom_at(0);
	d->vcpu.halted = true;
	dom_post(d, 1, HV_EVENT_ASK);
	CHECK_TRUE(pick(&until) == d);
	CHECK_EQ(vlapic_pending(&d->vcpu.lapic), BELL);
	CHECK_TRUE(vlapic_write(&d->vcpu.lapic, 0x808, 0xf0)); /* held back by its own priority */
	d->vcpu.halted = true;
	CHECK_TRUE(pick(&until) == NULL);
}

static void a_deadline_cuts_the_turn_of_another(void)
{
	uint64_t until;

	fresh(2);
	dom_at(1)->vcpu.halted = true;
	deadline(dom_at(1), fake.tsc + 700);
	CHECK_TRUE(pick(&until) == dom_at(0));
	CHECK_EQ(until, fake.tsc + 700);
}

/* However far away: it must not come out as a moment in the past, where every turn ends before it began. */
static void a_far_deadline_disturbs_nobody(void)
{
	static const uint64_t far[] = {UINT64_MAX, UINT64_MAX - 1, 1ull << 63, (1ull << 63) - 1};
	uint64_t until;

	fresh(2);
	dom_at(1)->vcpu.halted = true;
	fake.tsc += 5000;
	for (unsigned i = 0; i < ARRAY_LEN(far); i++) {
		vlapic_deadline_set(&dom_at(1)->vcpu.lapic, far[i]);
		CHECK_TRUE(pick(&until) == dom_at(0));
		CHECK_EQ(until, fake.tsc + BUDGET);
	}
	dom_at(0)->vcpu.halted = true;
	CHECK_TRUE(pick(&until) == NULL);
	CHECK_TRUE(until > fake.tsc);
}

static void work_after_death_is_work_of_the_vm(void)
{
	uint64_t until;

	fresh(2);
	machine_system->dom[1].priority = 7;
	life_stop(dom_at(1), HV_STOP_EXIT);
	CHECK_TRUE(pick(&until) == dom_at(1));
	sched_charge(dom_at(1), BUDGET);
	CHECK_TRUE(pick(&until) == dom_at(0)); /* scrubbing has no more rights than running */
	(void)machine_settle(1);
	dom_at(0)->vcpu.halted = true;
	CHECK_TRUE(pick(&until) == NULL);
}

/* --- the loop --- */

static void spin(unsigned dom, struct vcpu_exit *x)
{
	uint64_t stop = fake.timer > fake.tsc ? fake.timer : fake.tsc + 100;

	if (fake.timer == 0)
		fake_broken("a guest runs with no timer: nothing would ever end its turn");
	x->kind = VEXIT_HOST;
	ran[dom] += stop - fake.tsc;
	fake.tsc = stop;
	fake.timer = 0; /* one-shot */
	fake.vectors = 1;
}

/* Takes its timer interrupt and notes how late it is; in the turn after that ends it, arms the next one, halts. */
static void tick(unsigned dom, struct vcpu *v, struct vcpu_exit *x)
{
	struct vcpu_fake *cpu = vcpu_fake_of(v);

	ran[dom] += 2000;
	fake.tsc += 2000;
	if (cpu->taken == (int)TIMER) {
		if (fake.tsc - due[dom] > late[dom])
			late[dom] = fake.tsc - due[dom];
		x->kind = VEXIT_HOST;
		return;
	}
	CHECK_TRUE(vlapic_write(&v->lapic, 0x80b, 0));
	due[dom] = fake.tsc + tick_every;
	vlapic_deadline_set(&v->lapic, due[dom] + cpu->tsc_offset);
	x->kind = VEXIT_HLT;
}

static void play(struct vcpu *v, struct vcpu_exit *x)
{
	unsigned dom = vcpu_fake_of(v)->dom;

	if (fake_open_windows() != 0)
		fake_broken("a guest runs while a window is open");
	if (fake.tsc >= end_at)
		fake_stop(END_STOP);
	if (plan[dom] == SPIN) {
		spin(dom, x);
	} else if (plan[dom] == TICK) {
		tick(dom, v, x);
	} else {
		x->kind = VEXIT_HLT;
		fake.tsc += 1000;
	}
}

static void loop(void *unused)
{
	(void)unused;
	sched_loop();
}

static enum fake_end run_for(uint64_t ticks)
{
	vcpu_fake_guest = play;
	end_at = fake.tsc + ticks;
	fake.idles_allowed = 1000000;
	fake.tsc_step = 50;
	return fake_try(loop, NULL);
}

static void nobody_wants_it_the_processor_sleeps(void)
{
	fresh(2);
	plan[0] = plan[1] = SLEEP;
	fake.vectors = 3;
	CHECK_EQ(run_for(1000 * MACHINE_MS), END_IDLE);
	CHECK_EQ(fake.timer, 0);
	CHECK_TRUE(dom_at(0)->vcpu.halted && dom_at(1)->vcpu.halted);
	CHECK_EQ(fake.vectors, 0);
}

static void faults_of_more_than_one_turn_are_all_taken(void)
{
	fresh(1);
	plan[0] = SLEEP;
	fake.vector = HW_VECTOR_IOMMU;
	fake.vectors = 1; /* the IOMMU does not interrupt again before it was read empty */
	iommu_fake.fault_count = ARRAY_LEN(iommu_fake.faults);
	CHECK_EQ(run_for(1000 * MACHINE_MS), END_IDLE);
	CHECK_EQ(iommu_fake.fault_count, 0);
}

/* The device raises the next one as soon as one is taken. */
static void storm(struct vcpu *v, struct vcpu_exit *x)
{
	if (fake.tsc < end_at)
		CHECK_TRUE(fake.vectors > 1000);
	fake.vectors = 2000;
	play(v, x);
	fake.vectors = 2000;
}

static void a_storm_of_interrupts_holds_nobody(void)
{
	fresh(2);
	vcpu_fake_guest = storm;
	end_at = fake.tsc + 20 * PERIOD;
	fake.tsc_step = 50;
	fake.vectors = 2000;
	CHECK_EQ(fake_try(loop, NULL), END_STOP);
	CHECK_TRUE(ran[0] >= 20 * BUDGET && ran[1] >= 20 * BUDGET);
}

/* More than one turn's interrupts wait when everybody sleeps: nothing else would end that sleep. */
static void interrupts_left_over_are_taken_before_sleeping(void)
{
	fresh(1);
	plan[0] = SLEEP;
	fake.vectors = 100;
	CHECK_EQ(run_for(1000 * MACHINE_MS), END_IDLE);
	CHECK_EQ(fake.vectors, 0);
	CHECK_EQ(fake.idles, 1);
}

/* The call for random bytes takes what the loop has made ready: it must have, in every turn. */
static void ask(struct vcpu *v, struct vcpu_exit *x)
{
	struct domain *d = dom_at(vcpu_fake_of(v)->dom);

	if (fake.tsc >= end_at)
		fake_stop(END_STOP);
	CHECK_TRUE(d->random_fresh);
	v->gpr[RAX] = HV_CALL_BASE + HV_CALL_ENTROPY;
	v->gpr[RDI] = 0x30000 + ran[d->id]++ % 2 * 64;
	v->gpr[RSI] = 64;
	x->kind = VEXIT_HCALL;
}

static void random_bytes_are_ready_in_every_turn(void)
{
	fresh(2);
	vcpu_fake_guest = ask;
	end_at = fake.tsc + MACHINE_MS;
	fake.tsc_step = 50;
	CHECK_EQ(fake_try(loop, NULL), END_STOP);
	for (unsigned i = 0; i < 2; i++) {
		CHECK_TRUE(ran[i] > 2);
		CHECK_EQ(dom_at(i)->vcpu.gpr[RAX], HV_OK);
		CHECK_NE(memcmp(machine_ram(i, 0x30000), machine_ram(i, 0x30040), 64), 0);
	}
	CHECK_NE(memcmp(machine_ram(0, 0x30000), machine_ram(1, 0x30000), 64), 0);
}

static void spinning_vms_share_by_budget(void)
{
	uint64_t total = 0;

	fresh(4);
	machine_system->dom[0].priority = 7;
	CHECK_EQ(run_for(50 * PERIOD), END_STOP);
	for (unsigned i = 0; i < 4; i++) {
		CHECK_TRUE(ran[i] >= 50 * BUDGET * 95 / 100); /* what is promised to each */
		total += ran[i];
	}
	CHECK_TRUE(total >= 50 * PERIOD * 95 / 100);  /* nothing is left lying */
	CHECK_TRUE(ran[0] <= 50 * PERIOD * 30 / 100); /* a fifth, and its part of what is left */
}

static void a_spinner_alone_gets_everything(void)
{
	fresh(3);
	plan[1] = plan[2] = SLEEP;
	CHECK_EQ(run_for(20 * PERIOD), END_STOP);
	CHECK_TRUE(ran[0] >= 20 * PERIOD * 95 / 100);
}

static void a_sleeper_of_high_priority_wakes_in_time(void)
{
	fresh(4);
	machine_system->dom[2].priority = 7;
	plan[2] = TICK;
	tick_every = 3 * MACHINE_MS;
	CHECK_EQ(run_for(50 * PERIOD), END_STOP);
	CHECK_TRUE(vcpu_fake_of(&dom_at(2)->vcpu)->deliveries > 300);
	CHECK_TRUE(late[2] < 10 * MACHINE_US);
	CHECK_TRUE(ran[0] >= 50 * BUDGET && ran[1] >= 50 * BUDGET && ran[3] >= 50 * BUDGET);
}

/* A hostile one asks to be woken all the time: the others still get what is theirs. */
static void a_storm_of_deadlines_starves_nobody(void)
{
	fresh(3);
	machine_system->dom[2].priority = 7;
	plan[2] = TICK;
	tick_every = 1;
	CHECK_EQ(run_for(20 * PERIOD), END_STOP);
	CHECK_TRUE(ran[0] >= 20 * BUDGET && ran[1] >= 20 * BUDGET);
	fresh(3);
	plan[2] = SLEEP;
	vlapic_deadline_set(&dom_at(2)->vcpu.lapic, UINT64_MAX);
	fake.tsc += MACHINE_MS;
	CHECK_EQ(run_for(20 * PERIOD), END_STOP);
	CHECK_TRUE(vcpu_fake_of(&dom_at(0)->vcpu)->runs < 1000);
}

static void an_interrupt_in_a_shadow_is_tried_again_soon(void)
{
	fresh(1);
	vcpu_fake_of(&dom_at(0)->vcpu)->shadow = true;
	dom_post(dom_at(0), 0, 1);
	CHECK_EQ(run_for(200 * MACHINE_US), END_STOP);
	CHECK_EQ(vcpu_fake_of(&dom_at(0)->vcpu)->deliveries, 0);
	CHECK_TRUE(vcpu_fake_of(&dom_at(0)->vcpu)->runs >= 3); /* 40 us, 80 us, ... */
	CHECK_TRUE(vcpu_fake_of(&dom_at(0)->vcpu)->runs <= 6);
	vcpu_fake_of(&dom_at(0)->vcpu)->shadow = false;
	CHECK_EQ(run_for(200 * MACHINE_US), END_STOP);
	CHECK_EQ(vcpu_fake_of(&dom_at(0)->vcpu)->deliveries, 1);
	CHECK_EQ(vcpu_fake_of(&dom_at(0)->vcpu)->delivered, BELL);
	CHECK_EQ(dom_at(0)->vcpu.lapic.reg[VLAPIC_ISR + BELL / 32], 1u << BELL % 32);
}

/* The fake dies when registers are lost or shown to another; here: that switches do happen, and only when needed. */
static void registers_are_switched_between_vms(void)
{
	fresh(2);
	CHECK_EQ(run_for(10 * PERIOD), END_STOP);
	for (unsigned i = 0; i < 2; i++) {
		const struct vcpu_fake *cpu = vcpu_fake_of(&dom_at(i)->vcpu);

		CHECK_TRUE(cpu->loads > 5 && cpu->loads - cpu->saves <= 1);
	}
	fresh(1);
	CHECK_EQ(run_for(10 * PERIOD), END_STOP);
	CHECK_EQ(vcpu_fake_of(&dom_at(0)->vcpu)->loads, 1);
	CHECK_EQ(vcpu_fake_of(&dom_at(0)->vcpu)->saves, 0);
}

static void play_and_die(struct vcpu *v, struct vcpu_exit *x)
{
	if (vcpu_fake_of(v)->dom == 1 && fake.tsc > end_at / 2) {
		x->kind = VEXIT_TRIPLE;
		return;
	}
	play(v, x);
}

static void a_vm_that_dies_leaves_its_time_to_the_others(void)
{
	fresh(2);
	vcpu_fake_guest = play_and_die;
	end_at = fake.tsc + 20 * PERIOD;
	fake.idles_allowed = 1000000;
	fake.tsc_step = 50;
	CHECK_EQ(fake_try(loop, NULL), END_STOP);
	CHECK_EQ(dom_at(1)->state, HV_VM_DEAD);
	CHECK_TRUE(machine_ram_zero(1));
	CHECK_EQ(dom_at(0)->state, HV_VM_RUNNING);
	CHECK_TRUE(ran[0] > ran[1]);
	CHECK_TRUE(vcpu_fake_loaded(0) == &dom_at(0)->vcpu);
}

static unsigned scrubbed, left;

static void while_scrubbed(void)
{
	scrubbed++;
	left += vcpu_fake_left(0);
}

/* Nobody else may have run since: the registers must not wait for the next guest. */
static void the_processor_is_emptied_of_a_vm_that_died(void)
{
	for (unsigned doms = 1; doms <= 2; doms++) {
		fresh(2);
		plan[0] = doms == 1 ? SLEEP : SPIN;
		scrubbed = left = 0;
		vcpu_fake_guest = play_and_die;
		end_at = fake.tsc + 20 * PERIOD;
		fake.idles_allowed = 1000000;
		fake.tsc_step = 50;
		fake.window_watch = while_scrubbed;
		(void)fake_try(loop, NULL);
		fake.window_watch = NULL;
		CHECK_EQ(dom_at(1)->state, HV_VM_DEAD);
		CHECK_TRUE(scrubbed >= MACHINE_RAM / PAGE_SIZE);
		CHECK_EQ(left, 0);
	}
}

static void requests_are_served_between_turns(void)
{
	fresh(2);
	machine_request(dom_at(0), (enum life_request)(LIFE_RESTART | LIFE_NOW));
	machine_request(dom_at(1), (enum life_request)(LIFE_OFF | LIFE_NOW));
	CHECK_EQ(run_for(10 * PERIOD), END_STOP);
	CHECK_EQ(dom_at(0)->state, HV_VM_RUNNING);
	CHECK_EQ(dom_at(0)->life, 2);
	CHECK_EQ(dom_at(1)->state, HV_VM_OFF);
	CHECK_EQ(ran[1], 0);
}

/* It sleeps and no interrupt is due: the processor must look by itself when the time is over. */
static void the_end_of_its_time_to_stop_is_not_slept_through(void)
{
	uint64_t until;

	fresh(1);
	plan[0] = SLEEP;
	machine_request(dom_at(0), LIFE_OFF);
	life_serve(dom_at(0));
	CHECK_EQ(machine_call(dom_at(0), HV_CALL_EVENT_TAKE, 0, 0, 0, 0), HV_OK);
	dom_at(0)->vcpu.halted = true;
	CHECK_TRUE(pick(&until) == NULL);
	CHECK_EQ(until, dom_at(0)->stop_by);
}

static void requests_of_other_processors_are_left_alone(void)
{
	machine_make(2);
	machine_handoff->cpu_count = 2;
	machine_system->dom[1].cpu = 1;
	machine_boot();
	(void)machine_settle(0);
	(void)machine_settle(1);
	fake.cpu = 0;
	plan[0] = SLEEP;
	machine_request(dom_at(1), LIFE_OFF);
	CHECK_EQ(run_for(MACHINE_MS), END_IDLE);
	CHECK_EQ(dom_at(1)->state, HV_VM_RUNNING);
	CHECK_EQ(dom_at(1)->request, LIFE_OFF);
}

/* All sleep, and what was sealed is hashed all the same; a VM that wants its time has every second turn. */
static void a_spare_image_is_hashed_in_turns(void)
{
	machine_make(2);
	machine_spare(0);
	machine_boot();
	for (unsigned i = 0; i < 2; i++)
		awake(machine_settle(i));
	plan[0] = plan[1] = SLEEP;
	CHECK_EQ(machine_call(dom_at(0), HV_CALL_IMAGE_SEAL, 0, 1u << 20, 0, 0), HV_OK);
	CHECK_EQ(run_for(1000 * MACHINE_MS), END_IDLE);
	CHECK_EQ(dom_at(0)->swap.spare.state, HV_SPARE_SEALED);
	CHECK_EQ(machine_call(dom_at(0), HV_CALL_IMAGE_SEAL, 0, 0, 0, 0), HV_OK);
	swap_serve(dom_at(0));
	CHECK_EQ(machine_call(dom_at(0), HV_CALL_IMAGE_SEAL, 0, 1u << 20, 0, 0), HV_OK);
	plan[0] = SPIN;
	dom_at(0)->vcpu.halted = false;
	ran[0] = 0;
	CHECK_EQ(run_for(1000 * MACHINE_MS), END_STOP);
	CHECK_EQ(dom_at(0)->swap.spare.state, HV_SPARE_SEALED);
	CHECK_TRUE(ran[0] > 900 * MACHINE_MS);
}

static void the_end_of_a_trial_is_not_slept_through(void)
{
	uint64_t end;

	machine_make(1);
	machine_spare(0);
	machine_boot();
	awake(machine_settle(0));
	plan[0] = SLEEP;
	end = fake.tsc + 700 * MACHINE_MS;
	dom_at(0)->swap.spare.used = 1;
	dom_at(0)->swap.trial_end = end;
	fake_serial_clear();
	CHECK_EQ(run_for(2000 * MACHINE_MS), END_IDLE);
	CHECK_TRUE(fake_line("hv: vm vm0 goes back to its boot image, reason 1"));
	CHECK_EQ(dom_at(0)->life, 2);
	CHECK_TRUE(fake.tsc >= end && fake.tsc < end + 100 * MACHINE_MS);
}

/* Leaves by CPUID again and again, which needs nobody: until the turn is over it is not asked who goes next. */
static void chatter(struct vcpu *v, struct vcpu_exit *x)
{
	if (fake_open_windows() != 0)
		fake_broken("a guest runs while a window is open");
	if (fake.tsc >= end_at)
		fake_stop(END_STOP);
	(void)hw_window(WIN_WORK, (hpa_t){0}, false); /* as a call with memory does */
	ran[vcpu_fake_of(v)->dom] += 1000;
	fake.tsc += 1000;
	x->kind = VEXIT_CPUID;
}

static void exits_of_ones_own_do_not_end_a_turn(void)
{
	fresh(2);
	vcpu_fake_guest = chatter;
	end_at = fake.tsc + 2 * PERIOD;
	fake.tsc_step = 50;
	CHECK_EQ(fake_try(loop, NULL), END_STOP);
	CHECK_TRUE(ran[0] >= 2 * BUDGET && ran[1] >= 2 * BUDGET); /* and no longer */
	CHECK_TRUE(vcpu_fake_of(&dom_at(0)->vcpu)->runs >
		   20 * vcpu_fake_of(&dom_at(0)->vcpu)->loads);
}

static void masked(struct vcpu *v, struct vcpu_exit *x)
{
	struct domain *d = dom_at(vcpu_fake_of(v)->dom);

	CHECK_TRUE(!d->irq_waits);
	d->irq_waits = true;
	chatter(v, x);
}

static void a_masked_interrupt_is_looked_at_after_each_exit(void)
{
	fresh(1);
	vcpu_fake_guest = masked;
	end_at = fake.tsc + PERIOD;
	fake.tsc_step = 50;
	CHECK_EQ(fake_try(loop, NULL), END_STOP);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(higher_priority_goes_first);
	RUN(no_processor_serves_vms_of_another);
	RUN(without_budget_one_waits_for_the_others);
	RUN(among_equals_who_has_more_left_goes_first);
	RUN(leftover_time_goes_round);
	RUN(a_halted_vm_wakes_at_its_deadline);
	RUN(a_halted_vm_wakes_for_an_event);
	RUN(a_deadline_cuts_the_turn_of_another);
	RUN(a_far_deadline_disturbs_nobody);
	RUN(work_after_death_is_work_of_the_vm);
	RUN(nobody_wants_it_the_processor_sleeps);
	RUN(faults_of_more_than_one_turn_are_all_taken);
	RUN(a_storm_of_interrupts_holds_nobody);
	RUN(interrupts_left_over_are_taken_before_sleeping);
	RUN(random_bytes_are_ready_in_every_turn);
	RUN(spinning_vms_share_by_budget);
	RUN(a_spinner_alone_gets_everything);
	RUN(a_sleeper_of_high_priority_wakes_in_time);
	RUN(a_storm_of_deadlines_starves_nobody);
	RUN(an_interrupt_in_a_shadow_is_tried_again_soon);
	RUN(registers_are_switched_between_vms);
	RUN(a_vm_that_dies_leaves_its_time_to_the_others);
	RUN(the_processor_is_emptied_of_a_vm_that_died);
	RUN(requests_are_served_between_turns);
	RUN(the_end_of_its_time_to_stop_is_not_slept_through);
	RUN(requests_of_other_processors_are_left_alone);
	RUN(a_spare_image_is_hashed_in_turns);
	RUN(the_end_of_a_trial_is_not_slept_through);
	RUN(exits_of_ones_own_do_not_end_a_turn);
	RUN(a_masked_interrupt_is_looked_at_after_each_exit);
	return check_end();
}
