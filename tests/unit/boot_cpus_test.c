/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the choice of processors: one thread of each core, by either way a processor tells; the others are stopped. */
#include "check.h"

#include "boot/cpus.h"
#include "fakes/boot_hw_fake.h"

static struct cpus c;
static struct acpi_madt m;

static void madt(unsigned n, const uint32_t *ids)
{
	memset(&m, 0, sizeof m);
	m.cpus = n;
	for (unsigned i = 0; i < n; i++)
		m.apic_id[i] = ids[i];
}

/* Leaf 0x0B as it is with THREADS to a core, whose ids have BITS bits. */
static void leaf_b(uint32_t threads, uint32_t bits, uint32_t id)
{
	fake_reset();
	fake_cpuid(0, 0xd, 0, 0, 0);
	fake_cpuid(0xb, bits, threads, 0x100, id);
}

/* Leaf 0x8000001E, and no leaf 0x0B. */
static void leaf_1e(uint32_t threads, bool extensions)
{
	fake_reset();
	fake_cpuid(0, 7, 0, 0, 0);
	fake_cpuid(1, 0, 0x05000000, 0, 0);
	fake_cpuid(0x80000000, 0x8000001e, 0, 0, 0);
	fake_cpuid(0x80000001, 0, 0, extensions ? 1u << 22 : 0, 0);
	fake_cpuid(0x8000001e, 0, (threads - 1) << 8, 0, 0);
}

static void the_processor_tells_the_bits_of_a_thread(void)
{
	leaf_b(2, 1, 3);
	CHECK_EQ(cpus_thread_bits(), 1);
	CHECK_EQ(cpus_boot_id(), 3);
	leaf_b(1, 0, 0);
	CHECK_EQ(cpus_thread_bits(), 0);
	leaf_b(2, 1, 0);
	fake_cpuid(0xb, 4, 8, 0x200, 0); /* the first level is that of cores */
	CHECK_EQ(cpus_thread_bits(), 0);
}

static void older_processors_tell_it_in_another_leaf(void)
{
	const unsigned bits[] = {0, 0, 1, 2, 2, 3, 3, 3, 3};

	for (uint32_t threads = 1; threads <= 8; threads++) {
		leaf_1e(threads, true);
		CHECK_EQ(cpus_thread_bits(), bits[threads]);
	}
	CHECK_EQ(cpus_boot_id(), 5);
	leaf_1e(2, false);
	CHECK_EQ(cpus_thread_bits(), 0);
	leaf_1e(2, true);
	fake_cpuid(0x80000000, 0x8000001d, 0, 0, 0);
	CHECK_EQ(cpus_thread_bits(), 0);
	leaf_1e(4, true);
	fake_cpuid(0, 0xb, 0, 0, 0); /* the leaf is there and empty */
	fake_cpuid(0xb, 0, 0, 0, 0);
	CHECK_EQ(cpus_thread_bits(), 2);
}

static void one_thread_of_each_core_runs(void)
{
	madt(6, (const uint32_t[]){0, 1, 2, 3, 4, 5});
	cpus_choose(&m, 0, 1, &c);
	REQUIRE(c.count == 3);
	CHECK_EQ(c.siblings, 3);
	CHECK_EQ(c.apic_id[0], 0);
	CHECK_EQ(c.apic_id[1], 2);
	CHECK_EQ(c.apic_id[2], 4);
}

static void the_boot_processor_is_the_one_of_its_core(void)
{
	madt(4, (const uint32_t[]){0x10, 0x12, 0x11, 0x13});
	cpus_choose(&m, 0x13, 1, &c);
	REQUIRE(c.count == 2);
	CHECK_EQ(c.siblings, 2);
	CHECK_EQ(c.apic_id[0], 0x13);
	CHECK_EQ(c.apic_id[1], 0x10);
}

static void without_threads_all_run(void)
{
	madt(3, (const uint32_t[]){4, 5, 6});
	cpus_choose(&m, 5, 0, &c);
	REQUIRE(c.count == 3);
	CHECK_EQ(c.siblings, 0);
	CHECK_EQ(c.apic_id[0], 5);
	CHECK_EQ(c.apic_id[1], 4);
	CHECK_EQ(c.apic_id[2], 6);
}

static void more_than_the_core_takes_are_left_out(void)
{
	uint32_t ids[ACPI_CPU_MAX];

	for (unsigned i = 0; i < ACPI_CPU_MAX; i++)
		ids[i] = i;
	madt(ACPI_CPU_MAX, ids);
	cpus_choose(&m, 0, 0, &c);
	CHECK_EQ(c.count, CPU_MAX);
	CHECK_EQ(c.siblings, 0);
	CHECK_EQ(c.apic_id[CPU_MAX - 1], CPU_MAX - 1);
	cpus_choose(&m, 0, 1, &c);
	CHECK_EQ(c.count, CPU_MAX);
	CHECK_EQ(c.apic_id[CPU_MAX - 1], 2 * (CPU_MAX - 1));
}

static void all_others_are_stopped(void)
{
	fake_reset();
	fake.mmio_hpa = 0xfee00000;
	CHECK_TRUE(cpus_park(0xfee00000));
	CHECK_EQ(fake.mmio[0x300 / 4], 0xc4500);
	fake_reset();
	fake.x2apic = true;
	CHECK_TRUE(cpus_park(0xfee00000));
	CHECK_EQ(fake.icr, 0xc4500);
}

static void an_init_that_is_not_sent_is_noticed(void)
{
	fake_reset();
	fake.mmio_hpa = 0xfee00000;
	fake.icr_stuck = true;
	CHECK_FALSE(cpus_park(0xfee00000));
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(the_processor_tells_the_bits_of_a_thread);
	RUN(older_processors_tell_it_in_another_leaf);
	RUN(one_thread_of_each_core_runs);
	RUN(the_boot_processor_is_the_one_of_its_core);
	RUN(without_threads_all_run);
	RUN(more_than_the_core_takes_are_left_out);
	RUN(all_others_are_stopped);
	RUN(an_init_that_is_not_sent_is_noticed);
	return check_end();
}
