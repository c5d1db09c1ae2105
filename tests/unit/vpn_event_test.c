/* SPDX-License-Identifier: Apache-2.0 */
/* The updown script's line must be one of two; an address must be one. */
#include "check.h"
#include "vpnvm/vpnvmd/vpnvmd.h"

static void known_lines(void)
{
	char address[16] = "-";
	bool up = false;

	CHECK_TRUE(event_parse("up 10.78.0.1\n", &up, address));
	CHECK_TRUE(up);
	CHECK_EQ(strcmp(address, "10.78.0.1"), 0);
	CHECK_TRUE(event_parse("up 255.255.255.255\n", &up, address));
	CHECK_TRUE(event_parse("down\n", &up, address));
	CHECK_FALSE(up);
}

static void other_lines_are_refused(void)
{
	static const char *const bad[] = {"",
					  "up",
					  "up \n",
					  "up 1.2.3\n",
					  "up 10.78.0.256\n",
					  "up 0.0.0.0\n",
					  "down now\n",
					  "Up 10.78.0.1\n",
					  "up 10.78.0.1 x\n",
					  "up 255.255.255.2555\n",
					  "up ::1\n"};
	char address[16];
	bool up;

	for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
		CHECK_FALSE(event_parse(bad[i], &up, address));
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(known_lines);
	RUN(other_lines_are_refused);
	return check_end();
}
