/* SPDX-License-Identifier: Apache-2.0 */
/* The payload in the place of inputvm: types with the right generation of the focus, and with all the wrong ones. */
#include "chan.h"

#define ONE   1u /* the two VMs with a screen, by their numbers */
#define TWO   2u
#define TRIES 2000000u

static struct hv_vm_status status;
/* What is sent lies here alone; no receiver may ever have a copy of the wrong ones. */
static const char right_one[CHAN_TEXT] = "right: key for one";
static const char right_two[CHAN_TEXT] = "right: key for two";
static const char stale_at_once[CHAN_TEXT] = "wrong: the focus has just moved";
static const char stale_later[CHAN_TEXT] = "wrong: the focus is elsewhere";
static const char ahead[CHAN_TEXT] = "wrong: generation to come";
static const char to_nobody[CHAN_TEXT] = "wrong: nobody has the focus";
static const char last_one[CHAN_TEXT] = "last: end for one";
static const char last_two[CHAN_TEXT] = "last: end for two";

static void wait_ready(uint64_t id)
{
	for (unsigned i = 0; i < TRIES; i++) {
		(void)hcall(HV_CALL_VM_STATUS, id, (uint64_t)&status, 0, 0);
		if (status.ready)
			return;
	}
	say("a receiver does not get ready");
}

static uint64_t focus(uint64_t id)
{
	struct hcall_result r = hcall(HV_CALL_FOCUS_SET, id, 0, 0, 0);

	if (r.err != HV_OK)
		say_number("focus", r.err);
	return r.value;
}

void payload_main(void)
{
	uint64_t old, now;

	wait_ready(ONE);
	wait_ready(TWO);
	(void)chan_attach(false);
	old = focus(ONE);
	say_number("one", chan_say_until(right_one, old, HV_EAGAIN));
	now = focus(TWO);
	say_number("just moved", chan_say(stale_at_once, old));
	say_number("two", chan_say_until(right_two, now, HV_EAGAIN));
	say_number("elsewhere", chan_say(stale_later, old));
	say_number("to come", chan_say(ahead, now + 1));
	now = focus(0xffff);
	say_number("nobody", chan_say(to_nobody, now));
	say_number("nobody, old", chan_say(to_nobody, now - 1));
	now = focus(ONE);
	say_number("end", chan_say_until(last_one, now, HV_EAGAIN));
	now = focus(TWO);
	say_number("end", chan_say_until(last_two, now, HV_EAGAIN));
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	for (;;)
		__asm__ volatile("pause");
}
