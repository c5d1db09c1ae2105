/* SPDX-License-Identifier: Apache-2.0 */
/* The restart policy: every cell of the table in restart.h, the pauses, and what is said of it. */
#include "check.h"
#include "life.h"
#include "restart.h"
#include "sched.h"
#include "tests/fakes/machine.h"

#define COUNT	3u
#define WINDOW	60u /* s */
#define SECOND	(1000 * MACHINE_MS)
#define STATUS	0x30000u
#define OFF_NOW ((enum life_request)(LIFE_OFF | LIFE_NOW))

static struct domain *d;

/* VM 1 restarts by itself; VM 0 asks for its status. With KEPT it has a checkpoint (of zeros, which will do here). */
static void fresh(bool kept)
{
	machine_make(2);
	machine_system->dom[1].flags |= HV_DOM_AUTORESTART;
	machine_system->dom[1].restart_count = COUNT;
	machine_system->dom[1].restart_window_s = WINDOW;
	machine_boot();
	(void)machine_settle(0);
	d = machine_settle(1);
	fake.tsc = 100 * SECOND;
	restart_pardon(d);
	d->kept = kept;
	fake_serial_clear();
}

static void die(void)
{
	life_stop(d, HV_STOP_NESTED_FAULT);
}

/* How long it was away, in ms, at the step of a ms that the wait has. */
static uint64_t away_ms(void)
{
	uint64_t begin = fake.tsc;

	(void)machine_settle(1);
	return (fake.tsc - begin) / MACHINE_MS;
}

static const struct hv_vm_status *status(void)
{
	CHECK_EQ(machine_call(dom_at(0), HV_CALL_VM_STATUS, 1, STATUS, 0, 0), HV_OK);
	return (const struct hv_vm_status *)(const void *)machine_ram(0, STATUS);
}

static void request(enum life_request r)
{
	machine_request(d, r);
	life_serve(d);
}

/* --- BUDGET --- */

static void it_comes_back_later_each_time(void)
{
	static const uint64_t pauses[] = {0, 250, 500, 1000, 2000, 4000, 4000};

	fresh(false);
	machine_system->dom[1].restart_count = ARRAY_LEN(pauses);
	for (unsigned i = 0; i < ARRAY_LEN(pauses); i++) {
		CHECK_EQ(status()->restarts_left, ARRAY_LEN(pauses) - i);
		die();
		CHECK_EQ(away_ms(), pauses[i]);
		CHECK_EQ(d->state, HV_VM_RUNNING);
	}
	CHECK_TRUE(fake_line("hv: vm vm1 restart 7 of 7 in 60 s, after 4000 ms"));
	CHECK_EQ(status()->restarts_left, 0);
	die();
	CHECK_EQ(machine_settle(1)->state, HV_VM_DEAD);
	CHECK_TRUE(fake_line("hv: vm vm1 has no restart left"));
}

static void a_vm_that_stayed_up_comes_back_at_once(void)
{
	fresh(false);
	die();
	(void)away_ms();
	die();
	CHECK_EQ(away_ms(), 250);
	fake.tsc += WINDOW * SECOND + 1;
	die();
	CHECK_EQ(away_ms(), 0);
	CHECK_EQ(d->restart.count, 1);
	CHECK_EQ(status()->restarts_left, COUNT - 1);
}

/* The window has a beginning and an end: a death just inside counts with those before. */
static void a_window_ends_with_its_last_tick(void)
{
	uint64_t begin;

	for (unsigned i = 0; i < 2; i++) {
		fresh(false);
		fake.tsc += 2 * WINDOW * SECOND;
		begin = fake.tsc;
		for (unsigned j = 0; j < COUNT; j++) {
			die();
			(void)away_ms();
		}
		fake.tsc = begin + WINDOW * SECOND + i;
		die();
		CHECK_EQ(machine_settle(1)->state, i == 0 ? HV_VM_DEAD : HV_VM_RUNNING);
	}
}

/* --- COLD --- */

static void use_up(void)
{
	for (unsigned i = 0; i < COUNT; i++) {
		d->restart.count = i;
		CHECK_TRUE(restart_next(d));
		CHECK_FALSE(d->cold);
	}
}

static void after_its_budget_it_starts_once_from_its_image(void)
{
	fresh(true);
	use_up();
	CHECK_TRUE(restart_next(d));
	CHECK_TRUE(d->cold);
	d->stopped_at = fake.tsc;
	restart_pause(d);
	CHECK_EQ(d->not_before, fake.tsc + 4 * SECOND);
	CHECK_EQ(d->restart.stage, RESTART_COLD);
	CHECK_TRUE(fake_line("hv: vm vm1 restart from its image, after 4000 ms"));
	CHECK_EQ(status()->restarts_left, 0);
	fake.tsc += WINDOW * SECOND;
	CHECK_FALSE(restart_next(d));
	CHECK_EQ(d->restart.stage, RESTART_QUARANTINE);
	CHECK_EQ(status()->quarantined, 1);
}

static void a_cold_life_that_lasts_is_as_good_as_new(void)
{
	fresh(true);
	use_up();
	CHECK_TRUE(restart_next(d));
	d->cold = false;
	fake.tsc += WINDOW * SECOND + 1;
	CHECK_TRUE(restart_next(d));
	CHECK_FALSE(d->cold);
	d->stopped_at = fake.tsc;
	restart_pause(d);
	CHECK_EQ(d->not_before, fake.tsc);
	CHECK_EQ(d->restart.count, 1);
	CHECK_EQ(d->restart.stage, RESTART_BUDGET);
}

static void without_a_checkpoint_every_start_was_cold(void)
{
	fresh(false);
	use_up();
	CHECK_FALSE(restart_next(d));
	CHECK_FALSE(d->cold);
	CHECK_EQ(d->restart.stage, RESTART_QUARANTINE);
}

/* --- QUARANTINE --- */

static void quarantined(void)
{
	fresh(false);
	for (unsigned i = 0; i <= COUNT; i++) {
		die();
		(void)machine_settle(1);
	}
	CHECK_EQ(d->state, HV_VM_DEAD);
	CHECK_EQ(d->cause, HV_STOP_NESTED_FAULT);
	CHECK_EQ(d->restarts, COUNT);
	CHECK_EQ(status()->quarantined, 1);
}

static void only_the_administrator_ends_a_quarantine(void)
{
	for (unsigned i = 0; i < 2; i++) {
		quarantined();
		fake.tsc += 10 * WINDOW * SECOND;
		life_serve(d);
		CHECK_FALSE(life_has_work(d));
		request(i == 0 ? LIFE_ON : LIFE_RESTART);
		CHECK_EQ(away_ms(), 0);
		CHECK_EQ(d->state, HV_VM_RUNNING);
		CHECK_EQ(status()->quarantined, 0);
		CHECK_EQ(status()->restarts_left, COUNT);
		die();
		CHECK_EQ(away_ms(), 0); /* and without the pauses of before */
		CHECK_EQ(d->state, HV_VM_RUNNING);
	}
}

/* --- requests in between --- */

static void a_request_forgets_what_was(void)
{
	static const enum life_request asked[] = {LIFE_ON, LIFE_RESTART, LIFE_OFF, LIFE_KILL,
						  OFF_NOW};

	for (unsigned i = 0; i < ARRAY_LEN(asked); i++) {
		fresh(false);
		for (unsigned j = 0; j < COUNT; j++) {
			die();
			(void)machine_settle(1);
		}
		request(asked[i]);
		CHECK_EQ(d->restart.count, 0);
		CHECK_EQ(status()->restarts_left, COUNT);
	}
	fresh(false);
	d->restart.count = COUNT;
	request(LIFE_STORM); /* a death of its own, whoever tells it */
	CHECK_EQ(machine_settle(1)->state, HV_VM_DEAD);
	CHECK_EQ(status()->quarantined, 1);
}

static void switched_on_it_does_not_wait_any_longer(void)
{
	fresh(false);
	d->restart.count = 2;
	die();
	while (d->work.wait == 0)
		life_step(d);
	CHECK_EQ(status()->restart_in_ms, 500);
	fake.tsc += 100 * MACHINE_MS;
	CHECK_EQ(status()->restart_in_ms, 400);
	request(LIFE_ON);
	CHECK_EQ(status()->restart_in_ms, 0);
	CHECK_EQ(away_ms(), 0);
	CHECK_EQ(d->state, HV_VM_RUNNING);
}

/* The processor sleeps meanwhile, and wakes for it. */
static void a_pause_costs_nothing(void)
{
	uint64_t until, begin;

	fresh(false);
	d->restart.count = 1;
	dom_at(0)->vcpu.halted = true;
	die();
	begin = fake.tsc;
	while (d->work.wait == 0)
		life_step(d);
	CHECK_TRUE(sched_pick(0, fake.tsc, &until) == NULL);
	CHECK_EQ(until, begin + 250 * MACHINE_MS);
	fake.tsc = until;
	CHECK_TRUE(sched_pick(0, fake.tsc, &until) == d);
}

static void who_is_not_to_restart_is_dead_and_no_more(void)
{
	fresh(true);
	machine_system->dom[1].flags &= ~HV_DOM_AUTORESTART;
	die();
	CHECK_EQ(machine_settle(1)->state, HV_VM_DEAD);
	CHECK_EQ(status()->quarantined, 0);
	CHECK_EQ(status()->restarts_left, 0);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(it_comes_back_later_each_time);
	RUN(a_vm_that_stayed_up_comes_back_at_once);
	RUN(a_window_ends_with_its_last_tick);
	RUN(after_its_budget_it_starts_once_from_its_image);
	RUN(a_cold_life_that_lasts_is_as_good_as_new);
	RUN(without_a_checkpoint_every_start_was_cold);
	RUN(only_the_administrator_ends_a_quarantine);
	RUN(a_request_forgets_what_was);
	RUN(switched_on_it_does_not_wait_any_longer);
	RUN(a_pause_costs_nothing);
	RUN(who_is_not_to_restart_is_dead_and_no_more);
	return check_end();
}
