/* SPDX-License-Identifier: Apache-2.0 */
/* The domain table and its event words: posted from anywhere, one interrupt for all until the guest takes them. */
#include "check.h"
#include "hv_event.h"
#include "tests/fakes/machine.h"

static struct domain *d;

static void fresh(void)
{
	machine_start(2);
	d = dom_at(1);
	CHECK_TRUE(vlapic_write(&d->vcpu.lapic, 0x80f, 0x1ff));
	d->pci.msi_control = 1;
	d->pci.msi_data = 0x51;
}

static unsigned rings(void)
{
	int vector = vlapic_pending(&d->vcpu.lapic);

	if (vector < 0)
		return 0;
	CHECK_EQ(vector, 0x51);
	vlapic_accept(&d->vcpu.lapic, 0x51);
	CHECK_TRUE(vlapic_write(&d->vcpu.lapic, 0x80b, 0));
	return 1;
}

static void ids_beyond_the_count_are_nobody(void)
{
	fresh();
	CHECK_TRUE(dom_find(0) == dom_at(0));
	CHECK_TRUE(dom_find(1) == dom_at(1));
	CHECK_TRUE(dom_find(2) == NULL);
	CHECK_TRUE(dom_find(HV_DOM_FOCUSED) == NULL);
	CHECK_TRUE(dom_find(0x100000000) == NULL);
	CHECK_TRUE(dom_find(UINT64_MAX) == NULL);
}

static void wrong_index(void *unused)
{
	(void)unused;
	(void)dom_at(2);
}

static void our_own_wrong_index_stops_the_machine(void)
{
	fresh();
	CHECK_EQ(fake_try(wrong_index, NULL), END_ASSERT);
}

static void cpus_wrap_round_the_processors_there_are(void)
{
	machine_make(3);
	machine_handoff->cpu_count = 2;
	for (unsigned i = 0; i < 3; i++)
		machine_system->dom[i].cpu = 5 + i;
	machine_boot();
	CHECK_EQ(dom_at(0)->cpu, 1);
	CHECK_EQ(dom_at(1)->cpu, 0);
	CHECK_EQ(dom_at(2)->cpu, 1);
}

static void an_event_rings_once_until_taken(void)
{
	uint64_t w[2];

	fresh();
	event_sync(d);
	CHECK_EQ(rings(), 0);
	dom_post(d, 0, BIT(3));
	event_sync(d);
	CHECK_EQ(rings(), 1);
	dom_post(d, 0, BIT(5));
	dom_post(d, 1, HV_EVENT_ASK);
	event_sync(d);
	CHECK_EQ(rings(), 0);
	event_take(d, &w[0], &w[1]);
	CHECK_EQ(w[0], BIT(3) | BIT(5));
	CHECK_EQ(w[1], HV_EVENT_ASK);
	event_sync(d);
	CHECK_EQ(rings(), 0);
	event_take(d, &w[0], &w[1]);
	CHECK_EQ(w[0] | w[1], 0);
	dom_post(d, 1, HV_EVENT_STOP);
	event_sync(d);
	CHECK_EQ(rings(), 1);
}

static void waits_for_the_msi_to_be_enabled(void)
{
	fresh();
	d->pci.msi_control = 0;
	dom_post(d, 0, 1);
	event_sync(d);
	CHECK_EQ(rings(), 0);
	d->pci.msi_control = 1;
	event_sync(d);
	CHECK_EQ(rings(), 1);
}

/* Linux writes an all-zero MSI while it is still enabled: that is off, and the ring must not be lost. */
static void a_vector_below_16_is_off(void)
{
	fresh();
	d->pci.msi_data = 0;
	dom_post(d, 0, 1);
	event_sync(d);
	CHECK_EQ(rings(), 0);
	d->pci.msi_data = 0x51;
	event_sync(d);
	CHECK_EQ(rings(), 1);
}

static void posting_kicks_another_processor_only(void)
{
	fresh();
	dom_post(d, 0, 1);
	CHECK_EQ(fake.kicks[0], 0);
	fake.cpu = 2;
	dom_post(d, 0, 2);
	CHECK_EQ(fake.kicks[0], 1);
}

/* Who posts what is posted already shakes nobody: a sender in a loop must not stop the VMs of another processor. */
static void posting_again_kicks_nobody(void)
{
	uint64_t w[2];

	fresh();
	fake.cpu = 2;
	for (unsigned i = 0; i < 100; i++)
		dom_post(d, 0, BIT(3));
	CHECK_EQ(fake.kicks[0], 1);
	dom_post(d, 0, BIT(3) | BIT(4));
	CHECK_EQ(fake.kicks[0], 2);
	fake.cpu = 0;
	event_take(d, &w[0], &w[1]);
	fake.cpu = 2;
	dom_post(d, 0, BIT(3));
	CHECK_EQ(fake.kicks[0], 3);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(ids_beyond_the_count_are_nobody);
	RUN(our_own_wrong_index_stops_the_machine);
	RUN(cpus_wrap_round_the_processors_there_are);
	RUN(an_event_rings_once_until_taken);
	RUN(waits_for_the_msi_to_be_enabled);
	RUN(a_vector_below_16_is_off);
	RUN(posting_kicks_another_processor_only);
	RUN(posting_again_kicks_nobody);
	return check_end();
}
