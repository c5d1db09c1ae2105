/* SPDX-License-Identifier: Apache-2.0 */
/* A kept lease is one line, right in every field, or it is nothing: it may have been left by somebody who had taken vpnvm over. */
#include "check.h"
#include "vpnvm/vpnvmd/lease.h"

#define NOW 1000000000ull

static struct lease l;

static bool parse(const char *text)
{
	memset(&l, 0x5a, sizeof l);
	return lease_parse(text, strlen(text), NOW, &l);
}

static bool untouched(void)
{
	const uint8_t *p = (const uint8_t *)&l;

	for (unsigned i = 0; i < sizeof l; i++)
		if (p[i] != 0x5a)
			return false;
	return true;
}

static void a_lease_is_taken(void)
{
	CHECK_TRUE(parse("lease1 192.168.77.93/24 192.168.77.1 1000000120\n"));
	CHECK_STR(l.address, "192.168.77.93");
	CHECK_EQ(l.mask, 24);
	CHECK_STR(l.router, "192.168.77.1");
	CHECK_EQ(l.left_s, 120);
	CHECK_TRUE(parse("lease1 10.0.0.1/8 - 1000000020\n"));
	CHECK_STR(l.router, "");
	CHECK_EQ(l.left_s, LEASE_MIN_S);
	CHECK_TRUE(parse("lease1 223.255.255.253/30 223.255.255.254 1000086400\n"));
	CHECK_STR(l.address, "223.255.255.253");
	CHECK_EQ(l.left_s, LEASE_MAX_S);
}

static void refused(const char *text)
{
	if (parse(text) || !untouched())
		check_fail(__FILE__, __LINE__, text);
}

static void what_is_no_line_is_refused(void)
{
	static const char *const bad[] = {
		"",
		"\n",
		"lease1",
		"lease2 192.168.77.93/24 192.168.77.1 1000000120\n",
		" lease1 192.168.77.93/24 192.168.77.1 1000000120\n",
		"lease1  192.168.77.93/24 192.168.77.1 1000000120\n",
		"lease1 192.168.77.93/24 192.168.77.1 1000000120",
		"lease1 192.168.77.93/24 192.168.77.1 1000000120\nx",
		"lease1 192.168.77.93/24 192.168.77.1 1000000120\n\n",
		"lease1 192.168.77.93/24 192.168.77.1 1000000120 \n",
		"lease1 192.168.77.93/24 192.168.77.1\n",
		"lease1 192.168.77.93 192.168.77.1 1000000120\n",
		"lease1 192.168.77.93/24 192.168.77.1;reboot 1000000120\n",
		"lease1 192.168.77.93/24 $(reboot) 1000000120\n",
		"lease1 192.168.77.93/24 -1 1000000120\n",
	};

	for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
		refused(bad[i]);
	CHECK_FALSE(lease_parse("lease1 10.0.0.1/8 - 1000000100\n\0", 32, NOW, &l));
}

static void numbers_have_one_way_of_writing(void)
{
	refused("lease1 192.168.77.093/24 192.168.77.1 1000000120\n");
	refused("lease1 192.168.77.93/024 192.168.77.1 1000000120\n");
	refused("lease1 192.168.77.93/24 192.168.77.1 01000000120\n");
	refused("lease1 192.168.77.256/24 192.168.77.1 1000000120\n");
	refused("lease1 192.168.77/24 192.168.77.1 1000000120\n");
	refused("lease1 192.168.77.93.1/24 192.168.77.1 1000000120\n");
	refused("lease1 +192.168.77.93/24 192.168.77.1 1000000120\n");
	refused("lease1 0xc0.168.77.93/24 192.168.77.1 1000000120\n");
	refused("lease1 192.168.77.93/24 192.168.77.1 18446744073709551736\n");
	refused("lease1 192.168.77.93/24 192.168.77.1 "
		"000000000000000000000000000000000000000000000000000000000120\n");
}

static void addresses_are_those_of_hosts_of_the_net(void)
{
	refused("lease1 192.168.77.0/24 192.168.77.1 1000000120\n");
	refused("lease1 192.168.77.255/24 192.168.77.1 1000000120\n");
	refused("lease1 0.168.77.93/24 0.168.77.1 1000000120\n");
	refused("lease1 127.0.0.93/24 127.0.0.1 1000000120\n");
	refused("lease1 224.0.0.93/24 224.0.0.1 1000000120\n");
	refused("lease1 255.255.255.254/24 - 1000000120\n");
	refused("lease1 10.0.0.1/7 - 1000000120\n");
	refused("lease1 10.0.0.1/0 - 1000000120\n");
	refused("lease1 10.0.0.1/31 - 1000000120\n");
	refused("lease1 10.0.0.1/32 - 1000000120\n");
	refused("lease1 192.168.77.93/24 192.168.78.1 1000000120\n");
	refused("lease1 192.168.77.93/24 192.168.77.93 1000000120\n");
	refused("lease1 192.168.77.93/24 192.168.77.0 1000000120\n");
	refused("lease1 192.168.77.93/24 192.168.77.255 1000000120\n");
	refused("lease1 192.168.77.93/24 0.0.0.0 1000000120\n");
}

static void it_ends_neither_too_soon_nor_too_late(void)
{
	refused("lease1 192.168.77.93/24 192.168.77.1 1000000019\n");
	refused("lease1 192.168.77.93/24 192.168.77.1 1000000000\n");
	refused("lease1 192.168.77.93/24 192.168.77.1 999999999\n");
	refused("lease1 192.168.77.93/24 192.168.77.1 0\n");
	refused("lease1 192.168.77.93/24 192.168.77.1 1000086401\n");
	refused("lease1 192.168.77.93/24 192.168.77.1 4294967295\n");
}

/* Every cut and every changed byte of a right line: taken only as what it says. */
static void damaged_lines_are_nothing_else(void)
{
	static const char good[] = "lease1 192.168.77.93/24 192.168.77.1 1000000120\n";
	char text[sizeof good];

	for (size_t n = 0; n < sizeof good - 1; n++)
		CHECK_FALSE(lease_parse(good, n, NOW, &l));
	for (size_t i = 0; i < sizeof good - 1; i++) {
		for (unsigned c = 0; c < 256; c++) {
			memcpy(text, good, sizeof good);
			text[i] = (char)c;
			if (!lease_parse(text, sizeof good - 1, NOW, &l))
				continue;
			REQUIRE(c == (uint8_t)good[i] ||
				(c >= '0' && c <= '9')); /* a number that fits */
			REQUIRE(l.mask >= 8 && l.mask <= 30);
			REQUIRE(l.left_s >= LEASE_MIN_S && l.left_s <= LEASE_MAX_S);
		}
	}
}

int main(void)
{
	RUN(a_lease_is_taken);
	RUN(what_is_no_line_is_refused);
	RUN(numbers_have_one_way_of_writing);
	RUN(addresses_are_those_of_hosts_of_the_net);
	RUN(it_ends_neither_too_soon_nor_too_late);
	RUN(damaged_lines_are_nothing_else);
	return check_end();
}
