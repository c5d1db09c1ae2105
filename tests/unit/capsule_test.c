/* SPDX-License-Identifier: Apache-2.0 */
/* A VM's capsule: what it puts, its own next life gets, and nobody else; what ends it. */
/* It holds capsule.c itself, to look where no call of it leads. */
#include "hypervisor/core/capsule.c"

#include "check.h"
#include "life.h"
#include "tests/fakes/machine.h"

#define FROM  0x30000ull
#define TO    0x50ff0ull /* over a page */
#define BYTES 5000u

static struct domain *d;

/* vm1 may keep 8 KiB, vm0 and vm3 some; vm2 nothing. */
static void fresh(void)
{
	memset(kept_bytes, 0, sizeof kept_bytes); /* as the machine is switched on */
	memset(capsules, 0, sizeof capsules);
	machine_make(4);
	machine_system->dom[0].capsule_bytes = 1024;
	machine_system->dom[1].capsule_bytes = 8192;
	machine_system->dom[3].capsule_bytes = HV_CAPSULE_MAX;
	machine_boot();
	for (unsigned i = 0; i < 4; i++)
		(void)machine_settle(i);
	d = dom_at(1);
}

static void fill(unsigned dom, uint8_t first)
{
	for (unsigned i = 0; i < HV_CAPSULE_MAX + 1; i++)
		*machine_ram(dom, FROM + i) = (uint8_t)(first + i * 7);
}

static enum hv_err put(unsigned dom, uint64_t bytes)
{
	return machine_call(dom_at(dom), HV_CALL_CAPSULE_PUT, FROM, bytes, 0, 0);
}

static enum hv_err get(unsigned dom, uint64_t room)
{
	memset(machine_ram(dom, TO), 0xee, HV_CAPSULE_MAX);
	return machine_call(dom_at(dom), HV_CALL_CAPSULE_GET, TO, room, 0, 0);
}

/* vm DOM gets BYTES that begin with FIRST, and not one byte more is written. */
static void has(unsigned dom, uint64_t bytes, uint8_t first)
{
	CHECK_EQ(get(dom, HV_CAPSULE_MAX), HV_OK);
	CHECK_EQ(dom_at(dom)->vcpu.gpr[RDX], bytes);
	for (unsigned i = 0; i < HV_CAPSULE_MAX; i++)
		REQUIRE(*machine_ram(dom, TO + i) == (i < bytes ? (uint8_t)(first + i * 7) : 0xee));
}

static void ask(enum life_request r)
{
	machine_request(d, r);
	life_serve(d);
	(void)machine_settle(1);
}

#define OFF_NOW ((enum life_request)(LIFE_OFF | LIFE_NOW))

static void what_is_put_the_next_life_gets(void)
{
	fresh();
	has(1, 0, 0);
	fill(1, 3);
	CHECK_EQ(put(1, BYTES), HV_OK);
	has(1, BYTES, 3);
	ask(LIFE_KILL); /* dead, until somebody switches it on */
	CHECK_EQ(d->state, HV_VM_DEAD);
	ask(LIFE_ON);
	has(1, BYTES, 3);
	life_stop(d, HV_STOP_TRIPLE_FAULT);
	ask(LIFE_RESTART);
	CHECK_EQ(d->state, HV_VM_RUNNING);
	has(1, BYTES, 3);
	fill(1, 9);
	CHECK_EQ(put(1, 10), HV_OK);
	has(1, 10, 9);
	CHECK_EQ(put(1, 0), HV_OK);
	has(1, 0, 0);
}

static void only_as_much_as_the_description_says(void)
{
	fresh();
	fill(1, 3);
	CHECK_EQ(put(1, 8192), HV_OK);
	has(1, 8192, 3);
	CHECK_EQ(put(1, 8193), HV_EMSGSIZE);
	CHECK_EQ(put(1, UINT64_MAX), HV_EMSGSIZE);
	CHECK_EQ(get(1, 8191), HV_EMSGSIZE);
	CHECK_EQ(*machine_ram(1, TO), 0xee);
	has(1, 8192, 3);
	CHECK_EQ(put(2, 1), HV_EPERM);
	CHECK_EQ(put(2, 0), HV_EPERM);
	CHECK_EQ(put(2, HV_CAPSULE_MAX + 1), HV_EPERM);
	CHECK_EQ(get(2, HV_CAPSULE_MAX), HV_EPERM);
	CHECK_EQ(*machine_ram(2, TO), 0xee);
}

static void bad_addresses_change_nothing(void)
{
	fresh();
	fill(1, 3);
	CHECK_EQ(put(1, BYTES), HV_OK);
	CHECK_EQ(machine_call(d, HV_CALL_CAPSULE_PUT, MACHINE_RAM - 8, 9, 0, 0), HV_EFAULT);
	CHECK_EQ(machine_call(d, HV_CALL_CAPSULE_PUT, UINT64_MAX, 2, 0, 0), HV_EFAULT);
	CHECK_EQ(machine_call(d, HV_CALL_CAPSULE_GET, MACHINE_RAM - 8, BYTES, 0, 0), HV_EFAULT);
	has(1, BYTES, 3);
}

static void nobody_gets_what_is_anothers(void)
{
	fresh();
	for (unsigned i = 0; i < 4; i++)
		fill(i, (uint8_t)(3 + i));
	CHECK_EQ(put(1, 8192), HV_OK);
	has(0, 0, 0);
	has(3, 0, 0);
	CHECK_EQ(put(3, HV_CAPSULE_MAX), HV_OK);
	CHECK_EQ(put(0, 1024), HV_OK);
	has(1, 8192, 4);
	has(3, HV_CAPSULE_MAX, 6);
	has(0, 1024, 3);
	ask(OFF_NOW); /* vm1's alone goes */
	has(3, HV_CAPSULE_MAX, 6);
	has(0, 1024, 3);
}

static void it_goes_when_the_vm_is_switched_off(void)
{
	fresh();
	fill(1, 3);
	CHECK_EQ(put(1, BYTES), HV_OK);
	ask(OFF_NOW);
	CHECK_EQ(d->state, HV_VM_OFF);
	ask(LIFE_ON);
	has(1, 0, 0);
	CHECK_EQ(put(1, BYTES), HV_OK);
	ask(LIFE_KILL);
	ask(LIFE_OFF); /* it is dead already */
	ask(LIFE_ON);
	has(1, 0, 0);
}

static void it_goes_when_the_vm_is_refused(void)
{
	fresh();
	fill(1, 3);
	CHECK_EQ(put(1, BYTES), HV_OK);
	machine_system->dom[1].image_digest[0] ^= 1;
	ask((enum life_request)(LIFE_RESTART | LIFE_NOW));
	CHECK_EQ(d->state, HV_VM_REFUSED);
	machine_system->dom[1].image_digest[0] ^= 1;
	ask(LIFE_ON);
	CHECK_EQ(d->state, HV_VM_RUNNING);
	has(1, 0, 0);
}

static void it_goes_when_the_memory_is_lost(void)
{
	fresh();
	fill(1, 3);
	CHECK_EQ(put(1, BYTES), HV_OK);
	d->device_lost = true; /* its device may still write there */
	ask(LIFE_KILL);
	CHECK_EQ(d->state, HV_VM_REFUSED);
	for (unsigned i = 0; i < 8192; i++)
		REQUIRE(place_of(d)[i] == 0);
}

static void another_image_does_not_get_it(void)
{
	static const struct hv_image_range other = {.gpa = 0x1000, .pages = 2};

	fresh();
	fill(1, 3);
	CHECK_EQ(put(1, BYTES), HV_OK);
	machine_image(1, &other, 1);
	ask((enum life_request)(LIFE_RESTART | LIFE_NOW));
	CHECK_EQ(d->state, HV_VM_RUNNING);
	has(1, 0, 0);
	fill(1, 5);
	CHECK_EQ(put(1, 20), HV_OK);
	has(1, 20, 5);
}

static void nothing_of_it_stays_behind(void)
{
	fresh();
	fill(1, 3);
	CHECK_EQ(put(1, BYTES), HV_OK);
	fill(1, 0);
	memset(machine_ram(1, FROM), 0xab, 1);
	CHECK_EQ(put(1, 1), HV_OK); /* shorter than before: the rest is gone, not hidden */
	has(1, 1, 0xab);
	for (unsigned i = 1; i < 8192; i++)
		REQUIRE(place_of(d)[i] == 0);
	ask(OFF_NOW);
	for (unsigned i = 0; i < sizeof kept_bytes; i++)
		REQUIRE(kept_bytes[i] == 0);
}

int main(void)
{
	RUN(what_is_put_the_next_life_gets);
	RUN(only_as_much_as_the_description_says);
	RUN(bad_addresses_change_nothing);
	RUN(nobody_gets_what_is_anothers);
	RUN(it_goes_when_the_vm_is_switched_off);
	RUN(it_goes_when_the_vm_is_refused);
	RUN(it_goes_when_the_memory_is_lost);
	RUN(another_image_does_not_get_it);
	RUN(nothing_of_it_stays_behind);
	return check_end();
}
