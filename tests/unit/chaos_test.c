/* SPDX-License-Identifier: Apache-2.0 */
/* The words of `bhctl chaos`: what is right is read, everything else is refused and changes nothing. */
#include "check.h"

#include <stdarg.h>

#include "build-image/bhctl/chaos.h"

#define MINUTE 60000u

static bool words(struct chaos *c, int argc, ...)
{
	char *argv[12] = {0};
	va_list ap;

	va_start(ap, argc);
	for (int i = 0; i < argc; i++)
		argv[i] = va_arg(ap, char *);
	va_end(ap);
	return chaos_words(argc, argv, c);
}

static void right_words_are_read(void)
{
	struct chaos c;

	CHECK_TRUE(words(&c, 3, "chaos", "kill", "netvm"));
	CHECK_EQ(c.act, CHAOS_KILL);
	CHECK_STR(c.vm, "netvm");
	CHECK_EQ(c.every_ms, 10000);
	CHECK_EQ(c.for_ms, MINUTE);
	CHECK_TRUE(words(&c, 7, "chaos", "hang", "usbvm", "--every", "500ms", "--for", "10m"));
	CHECK_EQ(c.act, CHAOS_HANG);
	CHECK_EQ(c.every_ms, 500);
	CHECK_EQ(c.for_ms, 10 * MINUTE);
	CHECK_TRUE(words(&c, 5, "chaos", "flood", "vpnvm", "--for", "24h"));
	CHECK_EQ(c.act, CHAOS_FLOOD);
	CHECK_EQ(c.for_ms, 24 * 60 * MINUTE);
	CHECK_TRUE(words(&c, 5, "chaos", "flood", "vpnvm", "--every", "100ms"));
	CHECK_EQ(c.every_ms, 100);
}

static void wrong_words_change_nothing(void)
{
	static char *const times[] = {"10",
				      "s",
				      "10d",
				      "-1s",
				      "25h",
				      "99999999999999s",
				      "0s",
				      "99ms",
				      "1.5s",
				      "1s ",
				      "18446744073709551617ms",
				      ""};
	struct chaos c = {.every_ms = 7};

	CHECK_TRUE(!words(&c, 1, "chaos"));
	CHECK_TRUE(!words(&c, 2, "chaos", "kill"));
	CHECK_TRUE(!words(&c, 3, "chaos", "burn", "netvm"));
	CHECK_TRUE(!words(&c, 4, "chaos", "kill", "netvm", "--every"));
	CHECK_TRUE(!words(&c, 5, "chaos", "kill", "netvm", "--after", "10s"));
	for (unsigned i = 0; i < sizeof times / sizeof *times; i++)
		CHECK_TRUE(!words(&c, 5, "chaos", "kill", "netvm", "--every", times[i]));
	CHECK_TRUE(!words(&c, 5, "chaos", "kill", "netvm", "--for", "0s"));
	CHECK_EQ(c.every_ms, 7);
}

int main(void)
{
	RUN(right_words_are_read);
	RUN(wrong_words_change_nothing);
	return check_end();
}
