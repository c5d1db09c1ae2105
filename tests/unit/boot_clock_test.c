/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the loader's time: dates, rates measured on model timers, timers that stand still, entropy without sources. */
#include "check.h"

#include "boot/clock.h"
#include "fakes/boot_hw_fake.h"

static struct efi_time date(uint16_t y, uint8_t mo, uint8_t d, uint8_t h, uint8_t mi, uint8_t s)
{
	return (struct efi_time){.year = y,
				 .month = mo,
				 .day = d,
				 .hour = h,
				 .minute = mi,
				 .second = s,
				 .zone = EFI_ZONE_UNKNOWN};
}

static uint64_t seconds(struct efi_time t)
{
	return clock_ns(&t) / 1000000000u;
}

static void dates_count_from_1970(void)
{
	CHECK_EQ(seconds(date(1970, 1, 1, 0, 0, 0)), 0);
	CHECK_EQ(seconds(date(1970, 1, 2, 0, 0, 1)), 86401);
	CHECK_EQ(seconds(date(2000, 2, 29, 12, 0, 0)), 951825600);
	CHECK_EQ(seconds(date(2000, 3, 1, 0, 0, 0)), 951868800);
	CHECK_EQ(seconds(date(2024, 12, 31, 23, 59, 59)), 1735689599);
	CHECK_EQ(seconds(date(2100, 3, 1, 0, 0, 0)), 4107542400);
}

/* Every day of four centuries is one day after the one before. */
static void days_follow_each_other(void)
{
	static const uint8_t len[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	uint64_t want = 0;

	for (uint16_t y = 1970; y < 2370; y++) {
		bool leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
		for (uint8_t m = 1; m <= 12; m++)
			for (uint8_t d = 1; d <= len[m - 1] + (leap && m == 2); d++, want += 86400)
				REQUIRE(seconds(date(y, m, d, 0, 0, 0)) == want);
	}
}

static void zones_and_nanoseconds_count(void)
{
	struct efi_time t = date(2024, 7, 1, 10, 0, 0);
	uint64_t utc = clock_ns(&t);

	t.zone = -120; /* two hours ahead of UTC */
	CHECK_EQ(clock_ns(&t), utc - 7200000000000ull);
	t.zone = 300;
	t.nanosecond = 5;
	CHECK_EQ(clock_ns(&t), utc + 18000000000000ull + 5);
}

static void senseless_dates_give_zero(void)
{
	const struct efi_time bad[] = {date(1969, 12, 31, 0, 0, 0), date(2024, 0, 1, 0, 0, 0),
				       date(2024, 13, 1, 0, 0, 0),  date(2024, 1, 0, 0, 0, 0),
				       date(2024, 1, 32, 0, 0, 0),  date(2024, 1, 1, 24, 0, 0),
				       date(2024, 1, 1, 0, 60, 0),  date(2024, 1, 1, 0, 0, 60)};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		CHECK_EQ(clock_ns(&bad[i]), 0);
}

static const struct acpi_fadt fadt = {.pm_timer = 0x608};

static void timers(void)
{
	fake_reset();
	fake.pm_port = 0x608;
	fake.read_ns = 900;
	fake.tsc_hz = 2596000000u;
	fake.apic_hz = 1000000000u;
	fake.mmio_hpa = 0xfee00000;
	fake.now_ns = 4680000000ull; /* the 24-bit counter wraps during the rounds */
}

static bool near(uint64_t got, uint64_t want)
{
	return got > want - want / 5000 && got < want + want / 5000;
}

static void rates_are_measured_within_a_fifth_of_a_thousandth(void)
{
	uint64_t tsc = 0, apic = 0;

	timers();
	REQUIRE(clock_init(&fadt));
	CHECK_TRUE(clock_rates(0xfee00000, &tsc, &apic));
	CHECK_TRUE(near(tsc, 2596000));
	CHECK_TRUE(near(apic, 1000000));
	CHECK_EQ(fake.mmio[0x3e0 / 4], 0xb);
	CHECK_TRUE(fake.mmio[0x320 / 4] & 1u << 16);
	CHECK_EQ(fake.mmio[0x380 / 4], 0); /* stopped again */
}

static void x2apic_is_reached_by_its_registers(void)
{
	uint64_t tsc = 0, apic = 0;

	timers();
	fake.mmio_hpa = 0; /* an access to the page fails the test */
	fake.x2apic = true;
	REQUIRE(clock_init(&fadt));
	CHECK_TRUE(clock_rates(0xfee00000, &tsc, &apic));
	CHECK_TRUE(near(apic, 1000000));
}

static void timers_that_stand_still_are_noticed(void)
{
	uint64_t tsc = 7, apic = 8;
	struct acpi_fadt none = {.pm_timer = 0};

	timers();
	CHECK_FALSE(clock_init(&none));
	fake.pm_stuck = true;
	CHECK_FALSE(clock_init(&fadt));
	fake.pm_stuck = false;
	REQUIRE(clock_init(&fadt));
	fake.apic_stuck = true;
	CHECK_FALSE(clock_rates(0xfee00000, &tsc, &apic));
	fake.apic_stuck = false;
	fake.pm_stuck = true;
	CHECK_FALSE(clock_rates(0xfee00000, &tsc, &apic));
	CHECK_EQ(tsc, 7);
	CHECK_EQ(apic, 8);
}

static void a_millisecond_is_one(void)
{
	timers();
	REQUIRE(clock_init(&fadt));
	uint64_t start = fake.now_ns;
	clock_wait_1ms();
	CHECK_TRUE(fake.now_ns - start >= 1000000 && fake.now_ns - start < 1010000);
}

static bool rng_there;

static efi_status rng_get(struct efi_rng *self, const struct efi_guid *algorithm, uint64_t bytes,
			  uint8_t *out)
{
	(void)self;
	(void)algorithm;
	memset(out, 0x22, bytes);
	return EFI_SUCCESS;
}

static efi_status locate(const struct efi_guid *guid, void *registration, void **out)
{
	static struct efi_rng rng = {NULL, rng_get};

	(void)guid;
	(void)registration;
	*out = &rng;
	return rng_there ? EFI_SUCCESS : EFI_NOT_FOUND;
}

static void entropy_says_how_good_it_is(void)
{
	static struct efi_boot_services boot;
	struct efi_system_table st = {.boot = &boot};
	uint64_t a[4], b[4];

	boot.locate_protocol = locate;
	timers();
	REQUIRE(clock_init(&fadt));
	rng_there = false;
	CHECK_EQ(clock_entropy(&st, a, 4), 16);
	fake.rdrand = true;
	fake.rdrand_step = 0x1111111111111111ull;
	CHECK_EQ(clock_entropy(&st, b, 4), 256);
	CHECK_TRUE(memcmp(a, b, sizeof a) != 0);
	fake.rdrand = false;
	rng_there = true;
	CHECK_EQ(clock_entropy(&st, a, 4), 256);
	for (unsigned i = 0; i < 4; i++)
		for (unsigned j = 0; j < i; j++)
			CHECK_NE(a[i], a[j]);
}

/* After some states of sleep generators of processors gave one value for ever, and called it good. */
static void a_generator_that_sticks_is_none(void)
{
	static struct efi_boot_services boot = {.locate_protocol = locate};
	struct efi_system_table st = {.boot = &boot};
	const uint64_t stuck[] = {0, 0x1234, ~0ull};
	uint64_t a[4];

	rng_there = false;
	for (unsigned i = 0; i < 3; i++) {
		timers();
		REQUIRE(clock_init(&fadt));
		fake.rdrand = true;
		fake.rdrand_value = stuck[i];
		CHECK_EQ(clock_entropy(&st, a, 4), 16);
		CHECK_EQ(clock_entropy(&st, a, 1), stuck[i] == 0x1234 ? 256 : 16);
	}
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(dates_count_from_1970);
	RUN(days_follow_each_other);
	RUN(zones_and_nanoseconds_count);
	RUN(senseless_dates_give_zero);
	RUN(rates_are_measured_within_a_fifth_of_a_thousandth);
	RUN(x2apic_is_reached_by_its_registers);
	RUN(timers_that_stand_still_are_noticed);
	RUN(a_millisecond_is_one);
	RUN(entropy_says_how_good_it_is);
	RUN(a_generator_that_sticks_is_none);
	return check_end();
}
