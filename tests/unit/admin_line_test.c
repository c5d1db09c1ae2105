/* SPDX-License-Identifier: Apache-2.0 */
/* What admind takes for a command, and what it drops. */
#include "check.h"
#include "service-vms/adminvm/admin_line.h"

static struct admin_line line;

static bool add(const char *text)
{
	bool good = false;

	for (; *text != 0; text++)
		good = admin_line_add(&line, (uint8_t)*text);
	return good;
}

static void a_command(void)
{
	CHECK_TRUE(add("@7a restart  netvm\r"));
	CHECK_EQ(strcmp(line.id, "7a"), 0);
	CHECK_EQ(strcmp(line.argv[1], "restart"), 0);
	CHECK_EQ(strcmp(line.argv[2], "netvm"), 0);
	CHECK_TRUE(line.argv[3] == NULL);
	CHECK_TRUE(add("@b status\n"));
	CHECK_EQ(strcmp(line.id, "b"), 0);
	CHECK_TRUE(line.argv[2] == NULL);
}

static void dropped(void)
{
	static const char *const bad[] = {"\n",
					  "status\n",
					  "@\n",
					  "@x\n",
					  "@x \n",
					  "@x! status\n",
					  "@12345678901234567 status\n",
					  "@x status\x01\n",
					  "@x 1 2 3 4 5 6 7 8 9\n"};

	for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
		CHECK_FALSE(add(bad[i]));
	CHECK_TRUE(add("@x 1 2 3 4 5 6 7 8\n"));
}

static void too_long(void)
{
	CHECK_FALSE(add("@x "));
	for (unsigned i = 0; i < ADMIN_LINE_BYTES; i++)
		CHECK_FALSE(add("y"));
	CHECK_FALSE(add("\n"));
	CHECK_TRUE(add("@x status\n"));
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(a_command);
	RUN(dropped);
	RUN(too_long);
	return check_end();
}
