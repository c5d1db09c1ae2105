/* SPDX-License-Identifier: Apache-2.0 */
/* The payload that leaves random bytes to its next life in its capsule, and says what an earlier one left; by complements, so that its lines are no copy. */
#include "guest.h"

static uint64_t had[2], mark[2];

static void tell(const char *low, const char *high, const uint64_t word[2])
{
	say_number(low, ~word[0]);
	say_number(high, ~word[1]);
}

void payload_main(void)
{
	struct hcall_result r = hcall(HV_CALL_CAPSULE_GET, (uint64_t)had, sizeof had, 0, 0);

	say_number("get", r.err);
	if (r.err == HV_OK)
		say_number("bytes", r.value);
	if (r.err == HV_OK && r.value != 0)
		tell("had-low", "had-high", had);
	had[0] = had[1] = 0;
	(void)hcall(HV_CALL_ENTROPY, (uint64_t)mark, sizeof mark, 0, 0);
	say_number("put", hcall(HV_CALL_CAPSULE_PUT, (uint64_t)mark, sizeof mark, 0, 0).err);
	tell("low", "high", mark);
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	rest();
}
