/* SPDX-License-Identifier: Apache-2.0 */
/* A VM that gets nowhere is stopped by what it was offered; one that others keep from the processor is not. */
#include "check.h"
#include "hv_event.h"
#include "life.h"
#include "progress.h"
#include "sched.h"
#include "tests/fakes/machine.h"

#define NEVER	 UINT64_MAX
#define MS	 500u
#define MISSED	 4u
#define START_MS 3000u /* of VM 0 */
#define PATIENCE (MS * MISSED * MACHINE_MS)
#define ASK	 (PROGRESS_ASK_MS * MACHINE_MS)
#define BELL	 0x51u
#define REASON_E "hv: vm vm0 makes no progress: events not taken for 2000 ms that it was offered"
#define REASON_A                                                                                   \
	"hv: vm vm0 makes no progress: a question not answered for 2000 ms that it was offered"

static struct domain *d;
static uint64_t until;
static uint32_t budget_us = 4000; /* of all but VM 0 */

static void make(unsigned doms)
{
	machine_make(doms);
	for (unsigned i = 0; i < doms; i++) {
		machine_system->dom[i].progress_ms = MS;
		machine_system->dom[i].progress_missed = MISSED;
		machine_system->dom[i].start_ms = i == 0 ? START_MS : 0;
		machine_system->dom[i].budget_us = i == 0 ? 1000 : budget_us;
	}
	machine_boot();
	for (unsigned i = 0; i < doms; i++) {
		d = machine_settle(i);
		vcpu_fake_of(&d->vcpu)->interrupts = true;
		CHECK_TRUE(vlapic_write(&d->vcpu.lapic, 0x80f, 0x1ff));
		d->pci.msi_control = 1;
		d->pci.msi_data = BELL;
	}
	fake_serial_clear();
	d = dom_at(0);
}

/* VM 0 says it is ready, VM 1 and others want the processor all the time and are not judged. */
static void ready(unsigned doms)
{
	make(doms);
	CHECK_EQ(machine_call(d, HV_CALL_HEARTBEAT, 1, 0, 0, 0), HV_OK);
	d->vcpu.halted = true;
}

/* One turn as the scheduler does it, in which PICKED runs for TICKS, or nobody. */
static void turn(struct domain *picked, uint64_t ticks)
{
	progress_judge(0);
	until = NEVER;
	progress_look(0, picked, fake.tsc, &until);
	fake.tsc += ticks;
	if (picked != NULL)
		progress_ran(picked, fake.tsc);
}

static bool stopped(void)
{
	progress_judge(0);
	return d->state != HV_VM_RUNNING;
}

/* Until the question is there. */
static void asked(unsigned doms)
{
	ready(doms);
	turn(NULL, ASK);
	turn(NULL, 0);
	CHECK_EQ(d->events[1], HV_EVENT_ASK);
}

static void take(void)
{
	uint64_t words[2];

	event_take(d, &words[0], &words[1]);
}

/* --- questions --- */

static void it_is_asked_every_five_seconds(void)
{
	ready(1);
	for (unsigned i = 0; i < 3; i++) {
		turn(NULL, ASK - 1);
		CHECK_EQ(until, fake.tsc + 1); /* sleep ends for it */
		turn(NULL, 1);
		CHECK_EQ(d->events[1], 0);
		turn(NULL, 0);
		CHECK_EQ(d->events[1], HV_EVENT_ASK);
		take();
		CHECK_EQ(machine_call(d, HV_CALL_HEARTBEAT, 0, 0, 0, 0), HV_OK);
	}
	CHECK_FALSE(stopped());
}

static void nobody_is_asked_who_need_not_answer(void)
{
	/* no progress_ms; asked to stop; does not run */
	for (unsigned i = 0; i < 3; i++) {
		ready(1);
		if (i == 0)
			machine_system->dom[0].progress_ms = 0;
		if (i == 1) {
			machine_request(d, LIFE_OFF);
			life_serve(d);
			take();
		}
		if (i == 2)
			life_stop(d, HV_STOP_EXIT);
		for (unsigned j = 0; j < 4; j++)
			turn(NULL, ASK);
		CHECK_EQ(until, NEVER);
		CHECK_EQ(d->events[1], 0);
		CHECK_EQ(d->state, i == 2 ? HV_VM_SCRUBBING : HV_VM_RUNNING);
	}
}

/* What it ran and what it slept, not the turns of others; and nobody sleeps through the verdict. */
static void who_does_not_get_ready_is_stopped(void)
{
	uint64_t most = START_MS * MACHINE_MS;

	for (unsigned asleep = 0; asleep < 2; asleep++) {
		make(2);
		d->vcpu.halted = false;
		turn(dom_at(1), 2 * most); /* it waits for its turn */
		CHECK_EQ(until, d->progress.ask_at);
		d->progress.ask_at = NEVER;
		CHECK_FALSE(stopped());
		d->vcpu.halted = asleep == 0;
		turn(asleep != 0 ? d : NULL, most / 2);
		d->vcpu.halted = asleep != 0;
		turn(asleep != 0 ? NULL : d, most - most / 2 - 1);
		CHECK_EQ(until, fake.tsc + 1);
		CHECK_FALSE(stopped());
		turn(asleep != 0 ? NULL : d, 1);
		CHECK_TRUE(stopped());
		CHECK_EQ(d->cause, HV_STOP_PROGRESS);
		CHECK_TRUE(fake_line(
			"hv: vm vm0 makes no progress: not ready for 3000 ms that it was offered"));
	}
	ready(1); /* that it is over does not count for what follows */
	d->vcpu.halted = false;
	turn(d, 2 * most);
	CHECK_FALSE(stopped());
}

/* A cable or a far end may be missing: that takes as long as it takes, and its daemon says that it is there. Nothing else is judged yet. */
static void who_is_not_ready_is_waited_for_while_it_answers(void)
{
	make(1);
	d->vcpu.halted = true;
	machine_system->dom[0].start_ms = ASK / MACHINE_MS + 1;
	for (unsigned i = 0; i < 4; i++) {
		turn(NULL, 0);
		CHECK_EQ(until, fake.tsc + ASK);
		turn(NULL, ASK);
		turn(NULL, 0);
		CHECK_EQ(d->events[1], HV_EVENT_ASK);
		take();
		CHECK_EQ(machine_call(d, HV_CALL_HEARTBEAT, 0, 0, 0, 0), HV_OK);
	}
	dom_post(d, 0, 1);
	turn(NULL, 0);
	turn(NULL, ASK); /* neither is a question answered nor the event taken */
	CHECK_FALSE(stopped());
	CHECK_EQ(d->progress.events.offered, 0);
	CHECK_EQ(d->progress.ask.offered, 0);
	turn(NULL, MACHINE_MS);
	CHECK_TRUE(stopped());
	CHECK_TRUE(fake_line(
		"hv: vm vm0 makes no progress: not ready for 5001 ms that it was offered"));
}

/* Nobody may have been there to hear it: the next one comes within five seconds. */
static void a_question_from_before_it_was_ready_is_forgotten(void)
{
	make(1);
	d->vcpu.halted = true;
	machine_system->dom[0].start_ms = 0;
	turn(NULL, ASK);
	turn(NULL, MACHINE_MS);
	CHECK_EQ(d->events[1], HV_EVENT_ASK);
	take();
	CHECK_EQ(machine_call(d, HV_CALL_HEARTBEAT, 1, 0, 0, 0), HV_OK);
	turn(NULL, PATIENCE);
	CHECK_FALSE(stopped());
	turn(NULL, ASK - PATIENCE - MACHINE_MS);
	turn(NULL, 0);
	CHECK_EQ(d->events[1], HV_EVENT_ASK);
	take();
	turn(NULL, PATIENCE);
	CHECK_TRUE(stopped());
	CHECK_TRUE(fake_line(REASON_A));
}

static void without_a_limit_a_start_is_waited_for(void)
{
	make(1);
	d->vcpu.halted = true;
	machine_system->dom[0].start_ms = 0;
	for (unsigned i = 0; i < 100; i++) {
		turn(NULL, ASK);
		CHECK_EQ(until, d->progress.ask_at);
		REQUIRE(!stopped());
	}
}

static void another_processors_vms_are_left_alone(void)
{
	machine_make(2);
	machine_handoff->cpu_count = 2;
	machine_system->dom[1].cpu = 1;
	machine_system->dom[1].progress_ms = MS;
	machine_system->dom[1].progress_missed = MISSED;
	machine_boot();
	(void)machine_settle(0);
	d = machine_settle(1);
	fake.cpu = 0;
	d->ready = true;
	dom_post(d, 0, 1);
	d->vcpu.halted = true;
	for (unsigned i = 0; i < 4; i++)
		turn(NULL, ASK);
	CHECK_EQ(until, NEVER);
	CHECK_EQ(d->events[1], 0);
	CHECK_EQ(d->state, HV_VM_RUNNING);
}

/* --- verdicts --- */

static void who_runs_and_does_not_answer_is_stopped(void)
{
	asked(1);
	d->vcpu.halted = false;
	take();
	turn(d, PATIENCE - 1);
	CHECK_EQ(until, fake.tsc + 1); /* it does not get more than that */
	CHECK_FALSE(stopped());
	turn(d, 1);
	CHECK_TRUE(stopped());
	CHECK_EQ(d->cause, HV_STOP_PROGRESS);
	CHECK_TRUE(fake_line(REASON_A));
	CHECK_TRUE(fake_line_with("hv: vm vm0 stopped: no-progress "));
}

static void who_runs_and_does_not_take_events_is_stopped(void)
{
	ready(1);
	turn(NULL, 0);
	d->vcpu.halted = false;
	dom_post(d, 0, 4);
	turn(d, PATIENCE - 1);
	CHECK_FALSE(stopped());
	turn(d, 1);
	CHECK_TRUE(stopped());
	CHECK_TRUE(fake_line(REASON_E));
}

/* Halted and deaf: it could have had the processor all the time. The core must not sleep through the verdict. */
static void who_sleeps_through_an_event_is_stopped(void)
{
	ready(1);
	turn(NULL, 0);
	d->pci.msi_control = 0;
	dom_post(d, 0, 4);
	turn(NULL, 10);
	CHECK_EQ(until, fake.tsc - 10 + PATIENCE);
	turn(NULL, PATIENCE - 11);
	CHECK_FALSE(stopped());
	turn(NULL, 1);
	CHECK_TRUE(stopped());
	CHECK_TRUE(fake_line(REASON_E));
}

static void each_part_is_waited_for_alone(void)
{
	asked(1);
	for (unsigned i = 0; i < 3; i++) { /* takes whatever comes, and never answers */
		turn(NULL, PATIENCE / 4);
		take();
		dom_post(d, 0, 1);
	}
	CHECK_FALSE(stopped());
	turn(NULL, PATIENCE / 4);
	CHECK_TRUE(stopped());
	CHECK_TRUE(fake_line(REASON_A));
	ready(1);
	turn(NULL, 0);
	dom_post(d, 0, 1);
	for (unsigned i = 0; i < 4; i++) { /* answers all the time, and takes nothing */
		CHECK_FALSE(stopped());
		turn(NULL, PATIENCE / 4);
		CHECK_EQ(machine_call(d, HV_CALL_HEARTBEAT, 0, 0, 0, 0), HV_OK);
	}
	CHECK_TRUE(stopped());
	CHECK_TRUE(fake_line(REASON_E));
}

static void what_is_taken_or_answered_ends_the_row(void)
{
	asked(1);
	for (unsigned i = 0; i < 5; i++) {
		dom_post(d, 1, HV_EVENT_ASK);
		d->progress.ask.waits = true;
		turn(NULL, PATIENCE - 1);
		CHECK_FALSE(stopped());
		take();
		CHECK_EQ(machine_call(d, HV_CALL_HEARTBEAT, 0, 0, 0, 0), HV_OK);
	}
	/* saying ready once more is no answer */
	d->progress.ask.waits = true;
	turn(NULL, PATIENCE / 2);
	CHECK_EQ(machine_call(d, HV_CALL_HEARTBEAT, 1, 0, 0, 0), HV_OK);
	turn(NULL, PATIENCE / 2); /* until it is asked again */
	turn(NULL, PATIENCE / 2);
	CHECK_TRUE(stopped());
}

/* What was taken in a turn and came again has not waited for all of it. */
static void what_comes_again_waits_anew(void)
{
	ready(1);
	turn(NULL, 0);
	dom_post(d, 0, 1);
	progress_judge(0);
	progress_look(0, d, fake.tsc, &until);
	fake.tsc += 2 * PATIENCE;
	take();
	dom_post(d, 0, 1);
	progress_ran(d, fake.tsc);
	CHECK_FALSE(stopped());
	CHECK_EQ(d->progress.events.offered, 0);
}

/* --- what was not offered --- */

static void time_that_others_had_does_not_count(void)
{
	asked(2);
	d->vcpu.halted = false; /* it wants the processor, and is not picked */
	for (unsigned i = 0; i < 100; i++) {
		turn(dom_at(1), PATIENCE);
		CHECK_EQ(until, d->progress.ask_at);
		REQUIRE(!stopped());
	}
	CHECK_EQ(d->progress.events.offered + d->progress.ask.offered, 0);
	/* what it ran itself does */
	for (unsigned i = 0; i < 4; i++) {
		REQUIRE(!stopped());
		turn(dom_at(1), PATIENCE);
		turn(d, PATIENCE / 4);
	}
	CHECK_TRUE(stopped());
}

/* The timer comes late: firmware had the processor, or all of the machine stood still. */
static void more_than_was_set_does_not_count(void)
{
	asked(1);
	d->vcpu.halted = false;
	for (unsigned i = 0; i < 100; i++) {
		progress_judge(0);
		until = fake.tsc + MACHINE_MS;
		progress_look(0, d, fake.tsc, &until);
		fake.tsc += PATIENCE;
		progress_ran(d, fake.tsc);
		REQUIRE(!stopped());
	}
	CHECK_EQ(d->progress.ask.offered, 100 * MACHINE_MS);
	progress_judge(0);
	until = fake.tsc - 1; /* what was set has passed already */
	progress_look(0, d, fake.tsc, &until);
	progress_ran(d, fake.tsc + 5);
	CHECK_EQ(d->progress.ask.offered, 100 * MACHINE_MS);
}

static void time_in_which_nothing_waits_does_not_count(void)
{
	ready(2);
	turn(NULL, 0);
	d->vcpu.halted = false;
	for (unsigned i = 0; i < 100; i++) {
		d->progress.ask_at = NEVER;
		turn(d, PATIENCE);
		dom_post(d, 0, 1); /* comes at the end of it */
		progress_judge(0);
		REQUIRE(d->state == HV_VM_RUNNING);
		take();
	}
	CHECK_FALSE(stopped());
}

static void another_life_begins_anew(void)
{
	asked(1);
	turn(NULL, PATIENCE - 1);
	machine_request(d, (enum life_request)(LIFE_RESTART | LIFE_NOW));
	life_serve(d);
	(void)machine_settle(0);
	CHECK_EQ(d->life, 2);
	d->ready = true;
	turn(NULL, ASK - 1);
	CHECK_FALSE(stopped());
	CHECK_EQ(d->progress.ask.offered + d->progress.events.offered, 0);
}

/* --- in the scheduler's loop --- */

static uint64_t end_at, died_at, healthy_exits, waited;
static bool deaf;

/* How long, at most, VM 0's events waited while others ran. */
static void note_wait(const struct domain *me, uint64_t stop)
{
	static uint64_t row;

	row = me->id != 0 && dom_at(0)->events[1] != 0 ? row + (stop - fake.tsc) : 0;
	waited = row > waited ? row : waited;
}

/* VM 0 takes and answers when the bell rings and sleeps otherwise; VM 1 and 2 spin; with DEAF VM 0 spins as well. */
static void play(struct vcpu *v, struct vcpu_exit *x)
{
	struct domain *me = dom_at(vcpu_fake_of(v)->dom);
	uint64_t stop = fake.timer > fake.tsc ? fake.timer : fake.tsc + 100;

	if (fake.tsc >= end_at)
		fake_stop(END_STOP);
	note_wait(me, stop);
	if (me->id == 0 && !deaf) {
		fake.tsc += 20000;
		if (vcpu_fake_of(v)->taken >= 0) { /* in service after this turn */
			x->kind = VEXIT_HOST;
			return;
		}
		CHECK_TRUE(vlapic_write(&v->lapic, 0x80b, 0));
		v->gpr[RAX] = HV_CALL_BASE +
			      (healthy_exits % 2 == 0 ? HV_CALL_EVENT_TAKE : HV_CALL_HEARTBEAT);
		v->gpr[RDI] = v->gpr[RSI] = 0;
		x->kind = healthy_exits++ % 3 == 2 ? VEXIT_HLT : VEXIT_HCALL;
		return;
	}
	x->kind = VEXIT_HOST;
	fake.tsc = stop;
	fake.timer = 0;
	fake.vectors = 1;
}

static void loop(void *unused)
{
	(void)unused;
	sched_loop();
}

static void run_for(uint64_t ticks)
{
	vcpu_fake_guest = play;
	end_at = fake.tsc + ticks;
	fake.idles_allowed = 1000000;
	fake.tsc_step = 50;
	(void)fake_try(loop, NULL);
}

static void on_stopped(void)
{
	if (d->state != HV_VM_RUNNING && died_at == 0)
		died_at = fake.tsc;
}

static void a_spinner_is_stopped_in_the_time_promised(void)
{
	uint64_t begin;

	ready(1);
	d->vcpu.halted = false;
	deaf = true;
	died_at = 0;
	begin = fake.tsc;
	fake.serial_watch = on_stopped;
	run_for(3 * ASK);
	fake.serial_watch = NULL;
	CHECK_EQ(d->cause, HV_STOP_PROGRESS);
	CHECK_TRUE(died_at >= begin + ASK + PATIENCE);
	CHECK_TRUE(died_at <= begin + ASK + PATIENCE + 10 * MACHINE_MS);
}

/* Two spin beside it for a minute with more rights than it has: it is late, and lives. */
static void a_healthy_vm_lives_beside_spinners(void)
{
	budget_us = 9000;
	make(3);
	machine_system->dom[0].progress_ms = 1; /* stricter than a description may be */
	machine_system->dom[0].progress_missed = 1;
	machine_system->dom[1].priority = machine_system->dom[2].priority = 7;
	CHECK_EQ(machine_call(d, HV_CALL_HEARTBEAT, 1, 0, 0, 0), HV_OK);
	d->progress.ask_at = fake.tsc + ASK + 3 * MACHINE_MS; /* early in their periods */
	deaf = false;
	healthy_exits = waited = 0;
	run_for(12 * ASK);
	CHECK_EQ(d->state, HV_VM_RUNNING);
	CHECK_TRUE(waited > 2 * MACHINE_MS);
	CHECK_TRUE(healthy_exits >= 3 * 11); /* it was asked, took and answered */
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(it_is_asked_every_five_seconds);
	RUN(nobody_is_asked_who_need_not_answer);
	RUN(who_does_not_get_ready_is_stopped);
	RUN(who_is_not_ready_is_waited_for_while_it_answers);
	RUN(a_question_from_before_it_was_ready_is_forgotten);
	RUN(without_a_limit_a_start_is_waited_for);
	RUN(another_processors_vms_are_left_alone);
	RUN(who_runs_and_does_not_answer_is_stopped);
	RUN(who_runs_and_does_not_take_events_is_stopped);
	RUN(who_sleeps_through_an_event_is_stopped);
	RUN(each_part_is_waited_for_alone);
	RUN(what_is_taken_or_answered_ends_the_row);
	RUN(what_comes_again_waits_anew);
	RUN(time_that_others_had_does_not_count);
	RUN(more_than_was_set_does_not_count);
	RUN(time_in_which_nothing_waits_does_not_count);
	RUN(another_life_begins_anew);
	RUN(a_spinner_is_stopped_in_the_time_promised);
	RUN(a_healthy_vm_lives_beside_spinners);
	return check_end();
}
