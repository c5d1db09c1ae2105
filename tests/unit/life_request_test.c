/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a VM: every state against every request, and a VM that is asked to stop. */
#include "check.h"
#include "hv_event.h"
#include "life.h"
#include "tests/fakes/machine.h"

#define RESTART_NOW ((enum life_request)(LIFE_RESTART | LIFE_NOW))
#define OFF_NOW	    ((enum life_request)(LIFE_OFF | LIFE_NOW))

static struct domain *d;
static const struct hv_image_range twelve_pages = {.gpa = 0x1000, .pages = 12};

static void ask(enum life_request r)
{
	machine_request(d, r);
	life_serve(d);
}

static void stop_it(void *unused)
{
	(void)unused;
	life_stop(d, HV_STOP_EXIT);
}

static void bring_to(enum hv_vm_state s)
{
	machine_make(2);
	if (s == HV_VM_OFF)
		machine_system->dom[0].flags &= ~HV_DOM_ENABLED;
	if (s == HV_VM_REFUSED)
		machine_system->dom[0].image_digest[0] ^= 1;
	machine_boot();
	d = dom_at(0);
	if (s == HV_VM_SCRUBBING)
		return;
	if (s == HV_VM_LOADING) {
		machine_image(0, &twelve_pages, 1);
		while (d->state != HV_VM_LOADING)
			life_step(d);
		return;
	}
	(void)machine_settle(0);
	if (s == HV_VM_DEAD) {
		life_stop(d, HV_STOP_EXIT);
		(void)machine_settle(0);
	}
}

static void only_a_running_vm_stops(void)
{
	for (unsigned s = 0; s <= HV_VM_REFUSED; s++) {
		bring_to((enum hv_vm_state)s);
		CHECK_EQ(fake_try(stop_it, NULL), s == HV_VM_RUNNING ? END_RETURNED : END_ASSERT);
	}
}

/* A running VM that was asked to stop, to be off then. */
#define ASKED (HV_VM_REFUSED + 1)

struct cell {
	unsigned from; /* enum hv_vm_state, or ASKED */
	unsigned request;
	enum hv_vm_state at_once, in_the_end;
	enum hv_stop_cause cause;
	unsigned lives;
};

static const struct cell cells[] = {
	{HV_VM_OFF,	    LIFE_KILL,    HV_VM_OFF,	  HV_VM_OFF,     HV_STOP_NONE,   0},
	{HV_VM_OFF,	    LIFE_RESTART, HV_VM_LOADING,	 HV_VM_RUNNING, HV_STOP_NONE,   1},
	{HV_VM_OFF,	    LIFE_ON,	     HV_VM_LOADING,   HV_VM_RUNNING, HV_STOP_NONE,	 1},
	{HV_VM_OFF,	    LIFE_OFF,     HV_VM_OFF,	 HV_VM_OFF,	    HV_STOP_NONE,	  0},
	{HV_VM_OFF,	    RESTART_NOW,	 HV_VM_LOADING,	HV_VM_RUNNING, HV_STOP_NONE,   1},
	{HV_VM_OFF,	    OFF_NOW,	     HV_VM_OFF,	HV_VM_OFF,	   HV_STOP_NONE,	 0},
	{HV_VM_LOADING,	LIFE_KILL,	   HV_VM_SCRUBBING, HV_VM_DEAD,	HV_STOP_KILLED, 0},
	{HV_VM_LOADING,	LIFE_RESTART, HV_VM_SCRUBBING, HV_VM_RUNNING, HV_STOP_KILLED, 1},
	{HV_VM_LOADING,	LIFE_ON,	 HV_VM_LOADING,	HV_VM_RUNNING, HV_STOP_NONE,   1},
	{HV_VM_LOADING,	LIFE_OFF,	  HV_VM_SCRUBBING, HV_VM_OFF,     HV_STOP_OFF,	   0},
	{HV_VM_LOADING,	RESTART_NOW,  HV_VM_SCRUBBING, HV_VM_RUNNING, HV_STOP_KILLED, 1},
	{HV_VM_LOADING,	OFF_NOW,	 HV_VM_SCRUBBING, HV_VM_OFF,     HV_STOP_OFF,	  0},
	{HV_VM_RUNNING,	LIFE_KILL,	   HV_VM_SCRUBBING, HV_VM_DEAD,	HV_STOP_KILLED, 1},
	{HV_VM_RUNNING,	LIFE_RESTART, HV_VM_RUNNING,   HV_VM_RUNNING, HV_STOP_KILLED, 2},
	{HV_VM_RUNNING,	LIFE_ON,	 HV_VM_RUNNING,	HV_VM_RUNNING, HV_STOP_NONE,   1},
	{HV_VM_RUNNING,	LIFE_OFF,	  HV_VM_RUNNING,	 HV_VM_OFF,	    HV_STOP_OFF,	 1},
	{HV_VM_RUNNING,	RESTART_NOW,  HV_VM_SCRUBBING, HV_VM_RUNNING, HV_STOP_KILLED, 2},
	{HV_VM_RUNNING,	OFF_NOW,	 HV_VM_SCRUBBING, HV_VM_OFF,     HV_STOP_OFF,	  1},
	{ASKED,		LIFE_KILL,	   HV_VM_SCRUBBING, HV_VM_DEAD,	HV_STOP_KILLED, 1},
	{ASKED,		LIFE_RESTART, HV_VM_RUNNING,   HV_VM_RUNNING, HV_STOP_KILLED, 2},
	{ASKED,		LIFE_ON,	 HV_VM_RUNNING,	HV_VM_RUNNING, HV_STOP_KILLED, 2},
	{ASKED,		LIFE_OFF,	  HV_VM_RUNNING,	 HV_VM_OFF,	    HV_STOP_OFF,	 1},
	{ASKED,		RESTART_NOW,  HV_VM_SCRUBBING, HV_VM_RUNNING, HV_STOP_KILLED, 2},
	{ASKED,		OFF_NOW,	 HV_VM_SCRUBBING, HV_VM_OFF,     HV_STOP_OFF,	  1},
	{HV_VM_SCRUBBING, LIFE_KILL,    HV_VM_SCRUBBING, HV_VM_DEAD,	  HV_STOP_NONE,	0},
	{HV_VM_SCRUBBING, LIFE_RESTART, HV_VM_SCRUBBING, HV_VM_RUNNING, HV_STOP_NONE,   1},
	{HV_VM_SCRUBBING, LIFE_ON,	   HV_VM_SCRUBBING, HV_VM_RUNNING, HV_STOP_NONE,	 1},
	{HV_VM_SCRUBBING, LIFE_OFF,	    HV_VM_SCRUBBING, HV_VM_OFF,	HV_STOP_NONE,   0},
	{HV_VM_SCRUBBING, RESTART_NOW,  HV_VM_SCRUBBING, HV_VM_RUNNING, HV_STOP_NONE,   1},
	{HV_VM_SCRUBBING, OFF_NOW,	   HV_VM_SCRUBBING, HV_VM_OFF,     HV_STOP_NONE,   0},
	{HV_VM_DEAD,	     LIFE_KILL,	HV_VM_DEAD,	    HV_VM_DEAD,	HV_STOP_EXIT,   1},
	{HV_VM_DEAD,	     LIFE_RESTART, HV_VM_LOADING,	  HV_VM_RUNNING, HV_STOP_EXIT,   2},
	{HV_VM_DEAD,	     LIFE_ON,      HV_VM_LOADING,   HV_VM_RUNNING, HV_STOP_EXIT,	  2},
	{HV_VM_DEAD,	     LIFE_OFF,     HV_VM_DEAD,	   HV_VM_DEAD,    HV_STOP_EXIT,   1},
	{HV_VM_DEAD,	     RESTART_NOW,  HV_VM_LOADING,	 HV_VM_RUNNING, HV_STOP_EXIT,   2},
	{HV_VM_DEAD,	     OFF_NOW,      HV_VM_DEAD,	  HV_VM_DEAD,    HV_STOP_EXIT,   1},
	{HV_VM_REFUSED,	LIFE_KILL,	   HV_VM_REFUSED,	  HV_VM_REFUSED, HV_STOP_DIGEST, 0},
	{HV_VM_REFUSED,	LIFE_RESTART, HV_VM_LOADING,   HV_VM_REFUSED, HV_STOP_DIGEST, 0},
	{HV_VM_REFUSED,	LIFE_ON,	 HV_VM_LOADING,	HV_VM_REFUSED, HV_STOP_DIGEST, 0},
	{HV_VM_REFUSED,	LIFE_OFF,	  HV_VM_REFUSED,	 HV_VM_REFUSED, HV_STOP_DIGEST, 0},
	{HV_VM_REFUSED,	RESTART_NOW,  HV_VM_LOADING,   HV_VM_REFUSED, HV_STOP_DIGEST, 0},
	{HV_VM_REFUSED,	OFF_NOW,	 HV_VM_REFUSED,	HV_VM_REFUSED, HV_STOP_DIGEST, 0},
};

/* The time is over that a VM has which was asked to stop. */
static void time_is_over(void)
{
	fake.tsc += HV_STOP_MS * MACHINE_MS;
	life_serve(d);
}

static void one_cell(const struct cell *c)
{
	bool clean;

	bring_to(c->from == ASKED ? HV_VM_RUNNING : (enum hv_vm_state)c->from);
	if (c->from == ASKED)
		ask(LIFE_OFF);
	CHECK_EQ(d->state, c->from == ASKED ? HV_VM_RUNNING : c->from);
	ask((enum life_request)c->request);
	CHECK_EQ(d->request, LIFE_NONE);
	CHECK_EQ(d->state, c->at_once);
	CHECK_EQ(fake_open_windows(), 0);
	time_is_over();
	CHECK_EQ(fake_open_windows(), 0);
	(void)machine_settle(0);
	CHECK_EQ(d->state, c->in_the_end);
	CHECK_EQ(d->cause, c->cause);
	CHECK_EQ(d->life, c->lives);
	clean = machine_ram_zero(0) && machine_ram_words(0, FRAME_WORD(FRAME_FREE, 0));
	CHECK_EQ(clean, d->state != HV_VM_RUNNING);
	CHECK_EQ(machine_ram_words(0, FRAME_WORD(FRAME_RAM, 0)), d->state == HV_VM_RUNNING);
	if (check.case_failed)
		printf("# in state %s, request %u\n",
		       c->from == ASKED ? "asked" : life_state_name((enum hv_vm_state)c->from),
		       c->request);
}

static void every_request_in_every_state(void)
{
	CHECK_EQ(ARRAY_LEN(cells), 7 * 6);
	for (unsigned i = 0; i < ARRAY_LEN(cells) && !check.case_failed; i++)
		one_cell(&cells[i]);
}

static bool runs_in_the_end(void)
{
	time_is_over();
	return machine_settle(0)->state == HV_VM_RUNNING;
}

/* Two requests before the home processor looks: the end is the same as if it had looked in between. */
static void two_requests_are_both_served(void)
{
	static const enum hv_vm_state from[] = {HV_VM_OFF, HV_VM_RUNNING, HV_VM_DEAD};
	static const unsigned asked[] = {LIFE_KILL, LIFE_RESTART, LIFE_ON,
					 LIFE_OFF,  RESTART_NOW,  OFF_NOW};

	for (unsigned i = 0; i < ARRAY_LEN(from) * 36; i++) {
		enum life_request first = (enum life_request)asked[i / 6 % 6];
		enum life_request second = (enum life_request)asked[i % 6];
		bool runs, stopped, at_once;

		bring_to(from[i / 36]);
		ask(first);
		ask(second);
		at_once = from[i / 36] == HV_VM_RUNNING && d->state != HV_VM_RUNNING;
		runs = runs_in_the_end();
		stopped = from[i / 36] == HV_VM_RUNNING && d->life + !runs > 1;
		bring_to(from[i / 36]);
		machine_request(d, first);
		machine_request(d, second);
		life_serve(d);
		CHECK_EQ(from[i / 36] == HV_VM_RUNNING && d->state != HV_VM_RUNNING, at_once);
		CHECK_EQ(runs_in_the_end(), runs);
		CHECK_EQ(from[i / 36] == HV_VM_RUNNING && d->life + !runs > 1, stopped);
		if (check.case_failed) {
			printf("# in state %s, requests %u, %u\n", life_state_name(from[i / 36]),
			       first, second);
			return;
		}
	}
}

/* --- asked to stop --- */

static void it_is_asked_once_and_has_its_time(void)
{
	uint64_t begin;

	bring_to(HV_VM_RUNNING);
	(void)machine_call(d, HV_CALL_EVENT_TAKE, 0, 0, 0, 0);
	begin = fake.tsc;
	ask(LIFE_OFF);
	CHECK_EQ(d->events[1], HV_EVENT_STOP);
	(void)machine_call(d, HV_CALL_EVENT_TAKE, 0, 0, 0, 0);
	fake.tsc = begin + MACHINE_MS;
	ask(LIFE_OFF); /* asked again: neither another event nor more time */
	CHECK_EQ(d->events[1], 0);
	fake.tsc = begin + HV_STOP_MS * MACHINE_MS - 1;
	life_serve(d);
	CHECK_EQ(d->state, HV_VM_RUNNING);
	fake.tsc++;
	life_serve(d);
	CHECK_EQ(d->state, HV_VM_SCRUBBING);
	CHECK_EQ(machine_settle(0)->state, HV_VM_OFF);
	CHECK_EQ(d->cause, HV_STOP_OFF);
}

/* Whether it ends as asked or crashes on the way: what comes after is what was asked for, and costs no restart of its own. */
static void it_may_stop_by_itself(void)
{
	for (unsigned i = 0; i < 4; i++) {
		enum hv_stop_cause cause = i % 2 ? HV_STOP_EXIT : HV_STOP_NESTED_FAULT;

		bring_to(HV_VM_RUNNING);
		machine_system->dom[0].flags |= HV_DOM_AUTORESTART;
		machine_system->dom[0].restart_count = 1;
		machine_system->dom[0].restart_window_s = 60;
		ask(i / 2 ? LIFE_RESTART : LIFE_OFF);
		life_stop(d, cause);
		CHECK_EQ(machine_settle(0)->state, i / 2 ? HV_VM_RUNNING : HV_VM_OFF);
		CHECK_EQ(d->cause, cause);
		CHECK_EQ(d->restart.count, 0);
		time_is_over(); /* it was meant for the life before */
		CHECK_EQ(d->state, i / 2 ? HV_VM_RUNNING : HV_VM_OFF);
		CHECK_EQ(d->life, i / 2 ? 2 : 1);
	}
}

static void a_storm_waits_for_nobody(void)
{
	bring_to(HV_VM_RUNNING);
	ask(LIFE_OFF);
	ask(LIFE_STORM);
	CHECK_EQ(d->state, HV_VM_SCRUBBING);
	CHECK_EQ(machine_settle(0)->state, HV_VM_OFF);
	bring_to(HV_VM_RUNNING);
	machine_request(d, LIFE_STORM);
	machine_request(d, LIFE_OFF);
	life_serve(d);
	CHECK_EQ(d->state, HV_VM_SCRUBBING);
	CHECK_EQ(machine_settle(0)->state, HV_VM_OFF);
}

static void a_storm_undoes_no_request(void)
{
	bring_to(HV_VM_RUNNING);
	machine_request(d, LIFE_OFF);
	machine_request(d, LIFE_STORM);
	life_serve(d);
	time_is_over();
	CHECK_EQ(machine_settle(0)->state, HV_VM_OFF);
	bring_to(HV_VM_RUNNING);
	machine_request(d, LIFE_STORM);
	machine_request(d,
			LIFE_ON); /* on a VM that runs: nothing, and the storm is not forgotten */
	life_serve(d);
	CHECK_EQ(machine_settle(0)->life, 2);
}

static void no_request_changes_nothing(void)
{
	machine_start(1);
	d = dom_at(0);
	life_serve(d);
	CHECK_EQ(d->state, HV_VM_RUNNING);
}

static void a_refused_image_may_be_tried_again(void)
{
	bring_to(HV_VM_REFUSED);
	machine_system->dom[0].image_digest[0] ^= 1;
	ask(LIFE_ON);
	CHECK_EQ(machine_settle(0)->state, HV_VM_RUNNING);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(only_a_running_vm_stops);
	RUN(every_request_in_every_state);
	RUN(two_requests_are_both_served);
	RUN(it_is_asked_once_and_has_its_time);
	RUN(it_may_stop_by_itself);
	RUN(a_storm_waits_for_nobody);
	RUN(a_storm_undoes_no_request);
	RUN(no_request_changes_nothing);
	RUN(a_refused_image_may_be_tried_again);
	return check_end();
}
