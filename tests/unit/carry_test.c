/* SPDX-License-Identifier: Apache-2.0 */
/* The packets that carry a marker, against bytes written down by hand. */
#include "check.h"
#include "service-vms/pvm-demo/carry_msg.h"

static void markers(void)
{
	char longest[CARRY_MARKER_MAX + 2];

	memset(longest, 'a', sizeof longest);
	longest[CARRY_MARKER_MAX + 1] = 0;
	CHECK_FALSE(carry_marker_ok(longest));
	longest[CARRY_MARKER_MAX] = 0;
	CHECK_TRUE(carry_marker_ok(longest));
	CHECK_TRUE(carry_marker_ok("0aZ9"));
	CHECK_FALSE(carry_marker_ok(""));
	CHECK_FALSE(carry_marker_ok("a.b"));
	CHECK_FALSE(carry_marker_ok("a b"));
	CHECK_FALSE(carry_marker_ok("a\n"));
}

static void query(void)
{
	static const uint8_t want[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0\4a1b2\x8"
				      "bulkhead\4test\0\0\1\0\1";
	uint8_t out[CARRY_BYTES];

	CHECK_EQ(carry_dns(out, 0x1234, "a1b2"), sizeof want - 1);
	CHECK_EQ(memcmp(out, want, sizeof want - 1), 0);
}

static void echo(void)
{
	/* 0800 + 0102 + 0003 + 6162 + 6300 = cd67 */
	static const uint8_t want[] = {8, 0, 0x32, 0x98, 1, 2, 0, 3, 'a', 'b', 'c'};
	uint8_t out[CARRY_BYTES];

	CHECK_EQ(carry_echo(out, 0x0102, 3, "abc"), sizeof want);
	CHECK_EQ(memcmp(out, want, sizeof want), 0);
}

static void longest_fits(void)
{
	char marker[CARRY_MARKER_MAX + 1];
	uint8_t out[CARRY_BYTES];

	memset(marker, 'f', CARRY_MARKER_MAX);
	marker[CARRY_MARKER_MAX] = 0;
	CHECK_TRUE(carry_dns(out, 0, marker) <= sizeof out);
	CHECK_TRUE(carry_echo(out, 0, 0, marker) <= sizeof out);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(markers);
	RUN(query);
	RUN(echo);
	RUN(longest_fits);
	return check_end();
}
