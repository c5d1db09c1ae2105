/* SPDX-License-Identifier: Apache-2.0 */
/* An image on trial: what must work, from when on, how long it may be away, and whose word counts. */
#include "check.h"

#include <string.h>

#include "build-image/bhctl/trial.h"

enum { NET, WORK, VPN, PERSONAL, INPUT };

static struct status s;
static struct trial t;
static enum hv_back why;

static void fresh(uint32_t gates)
{
	static const uint32_t roles[] = {HV_ROLE_NETVM, HV_ROLE_PVM, HV_ROLE_VPNVM, HV_ROLE_PVM,
					 HV_ROLE_INPUTVM};

	memset(&s, 0, sizeof s);
	s.vms = 5;
	for (uint32_t i = 0; i < s.vms; i++) {
		s.vm[i].role = roles[i];
		s.vm[i].state = HV_VM_RUNNING;
		s.vm[i].ready = 1;
		s.vm[i].life = 3;
	}
	s.vm[WORK].flags = HV_DOM_PROTECTED;
	s.vm[NET].spare.used = 1;
	s.vm[NET].spare.trial_ms = 60000;
	s.vm[INPUT].status = HV_STATUS_KEYS;
	t = (struct trial){.vm = NET, .gates = gates, .limit_ms = 30000, .life = 3};
	why = HV_BACK_NONE;
}

static enum trial_verdict at(uint64_t ms)
{
	return trial_judge(&t, &s, ms, &why);
}

static void new_life(uint64_t ms)
{
	s.vm[NET].life = 4;
	CHECK_EQ(at(ms), TRIAL_GOES_ON);
}

static void a_list_of_gates(void)
{
	uint32_t gates = 0;

	CHECK_TRUE(trial_gates_read("keyboard,dhcp", &gates));
	CHECK_EQ(gates, GATE_DHCP | GATE_KEYBOARD);
	CHECK_TRUE(trial_gates_read("ping", &gates));
	CHECK_EQ(gates, GATE_PING);
	CHECK_FALSE(trial_gates_read("dns", &gates));
	CHECK_FALSE(trial_gates_read("ping,", &gates));
}

static void protected_vms_are_behind_the_vpn(void)
{
	fresh(0);
	s.vm[WORK].status = HV_STATUS_LEASE | HV_STATUS_TRAFFIC;
	CHECK_EQ(trial_gates(&s, NET), GATE_KEYBOARD);
	CHECK_EQ(trial_gates(&s, VPN), GATE_DHCP | GATE_PING | GATE_KEYBOARD);
	s.vm[WORK].status = 0;
	s.vm[PERSONAL].status = HV_STATUS_LEASE;
	CHECK_EQ(trial_gates(&s, NET), GATE_DHCP | GATE_KEYBOARD);
	CHECK_EQ(trial_gates(&s, VPN), GATE_KEYBOARD);
	s.vm[VPN].status = HV_STATUS_TRAFFIC;
	CHECK_EQ(trial_gates(&s, NET), GATE_DHCP | GATE_PING | GATE_KEYBOARD);
	s.vm[PERSONAL].ready = 0;
	s.vm[INPUT].state = HV_VM_DEAD;
	CHECK_EQ(trial_gates(&s, NET), GATE_PING);
}

static void confirmed_or_gone_it_is_over(void)
{
	fresh(GATE_DHCP);
	new_life(1);
	s.vm[NET].spare.trial_ms = 0;
	CHECK_EQ(at(2), TRIAL_OVER);
	fresh(GATE_DHCP);
	s.vm[NET].spare.used = 0;
	CHECK_EQ(at(1), TRIAL_OVER);
}

static void it_must_get_ready(void)
{
	fresh(0);
	CHECK_EQ(at(30000), TRIAL_GOES_ON); /* the life before is ready: that is not asked for */
	s.vm[NET].life = 4;
	s.vm[NET].ready = 0;
	CHECK_EQ(at(30000), TRIAL_GOES_ON);
	CHECK_EQ(at(30001), TRIAL_FAILED);
	CHECK_EQ(why, HV_BACK_READY);
}

static void a_gate_must_open(void)
{
	static const struct {
		uint32_t gate;
		enum hv_back why;
	} rows[] = {
		{GATE_DHCP, HV_BACK_LEASE},
		    {GATE_PING, HV_BACK_PING }
	     };

	for (unsigned i = 0; i < 2; i++) {
		fresh(rows[i].gate);
		s.vm[PERSONAL].status =
			HV_STATUS_LEASE | HV_STATUS_TRAFFIC; /* of the life before */
		CHECK_EQ(at(1), TRIAL_GOES_ON);
		s.vm[PERSONAL].status &= i == 0 ? HV_STATUS_TRAFFIC : HV_STATUS_LEASE;
		new_life(1000);
		CHECK_EQ(at(31000), TRIAL_GOES_ON);
		CHECK_EQ(at(31001), TRIAL_FAILED);
		CHECK_EQ(why, rows[i].why);
	}
}

static void a_gate_that_nobody_asked_for_may_stay_shut(void)
{
	fresh(GATE_DHCP);
	new_life(1000);
	s.vm[PERSONAL].status = HV_STATUS_LEASE;
	s.vm[INPUT].status = 0;
	for (uint64_t ms = 1100; ms < 60000; ms += 200)
		CHECK_EQ(at(ms), TRIAL_GOES_ON);
	CHECK_EQ(t.opened, GATE_DHCP | GATE_KEYBOARD);
}

static void an_open_gate_may_not_shut_for_long(void)
{
	fresh(GATE_DHCP | GATE_PING);
	new_life(1000);
	s.vm[PERSONAL].status = HV_STATUS_LEASE | HV_STATUS_TRAFFIC;
	CHECK_EQ(at(2000), TRIAL_GOES_ON);
	s.vm[PERSONAL].status = HV_STATUS_LEASE;
	CHECK_EQ(at(2000 + TRIAL_LOST_MS), TRIAL_GOES_ON);
	s.vm[PERSONAL].status |= HV_STATUS_TRAFFIC;
	CHECK_EQ(at(2001 + TRIAL_LOST_MS), TRIAL_GOES_ON);
	s.vm[PERSONAL].status = HV_STATUS_LEASE;
	CHECK_EQ(at(2002 + 2 * TRIAL_LOST_MS), TRIAL_FAILED);
	CHECK_EQ(why, HV_BACK_PING);
}

/* It is not behind what is swapped: it counts from the first moment. */
static void the_keyboard_counts_from_the_start(void)
{
	fresh(GATE_KEYBOARD);
	CHECK_EQ(at(1), TRIAL_GOES_ON);
	s.vm[INPUT].status = 0;
	CHECK_EQ(at(1 + TRIAL_LOST_MS), TRIAL_GOES_ON);
	CHECK_EQ(at(2 + TRIAL_LOST_MS), TRIAL_FAILED);
	CHECK_EQ(why, HV_BACK_KEYS);
	fresh(GATE_KEYBOARD);
	s.vm[INPUT].ready = 0; /* there never was one */
	CHECK_EQ(at(TRIAL_LOST_MS + 1), TRIAL_FAILED);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(a_list_of_gates);
	RUN(protected_vms_are_behind_the_vpn);
	RUN(confirmed_or_gone_it_is_over);
	RUN(it_must_get_ready);
	RUN(a_gate_must_open);
	RUN(a_gate_that_nobody_asked_for_may_stay_shut);
	RUN(an_open_gate_may_not_shut_for_long);
	RUN(the_keyboard_counts_from_the_start);
	return check_end();
}
