/* SPDX-License-Identifier: Apache-2.0 */
/* The log: what the core says comes out as said, and nothing a guest sends can look like it. */
#include "check.h"
#include "log.h"
#include "tests/fakes/hw_fake.h"

static struct log_guest guest;

static void fresh(void)
{
	fake_reset();
	memset(&guest, 0, sizeof guest);
	memcpy(guest.name, "work", 5);
}

static void say(const char *text)
{
	log_guest_put(&guest, (const uint8_t *)text, strlen(text));
}

static void core_lines_come_out_as_said(void)
{
	fresh();
	log_line("plain");
	log_line("%s|%u|%x|%lu|%lx|", "s", 0u, 0xdeadbeefu, UINT64_MAX, (unsigned long)UINT64_MAX);
	log_line("%u %lu 100", 4294967295u, 10ul);
	CHECK_STR(fake.serial, "hv: plain\n"
			       "hv: s|0|deadbeef|18446744073709551615|ffffffffffffffff|\n"
			       "hv: 4294967295 10 100\n");
}

/* Our own mistakes must not read beyond the arguments. */
static void a_bad_format_ends_the_line(void)
{
	const char *volatile wrong = "a%d%s";
	const char *volatile cut = "b%", *volatile cut_long = "c%l";

	fresh();
	log_line(wrong, 1, "never shown");
	log_line(cut, 1);
	log_line(cut_long, 1ul);
	CHECK_STR(fake.serial, "hv: a\nhv: b\nhv: c\n");
}

static void long_strings_are_cut(void)
{
	char text[LOG_LINE_MAX + 100];

	fresh();
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = 0;
	log_line("%s", text);
	CHECK_EQ(fake.serial_len, 4 + LOG_LINE_MAX + 1);
}

static void guest_lines_are_prefixed(void)
{
	fresh();
	say("one\ntwo");
	CHECK_STR(fake.serial, "[work] one\n");
	say(" more\r\n\n\nthree\n");
	CHECK_STR(fake.serial, "[work] one\n[work] two more\n[work] three\n");
	log_guest_flush(&guest);
	CHECK_STR(fake.serial, "[work] one\n[work] two more\n[work] three\n");
	say("rest");
	log_guest_flush(&guest);
	CHECK_TRUE(fake_line("[work] rest"));
	CHECK_EQ(guest.used, 0);
}

static void a_name_of_full_length_is_whole(void)
{
	fresh();
	memset(guest.name, 'n', sizeof guest.name);
	say("x\n");
	CHECK_STR(fake.serial, "[nnnnnnnnnnnnnnnn] x\n");
}

static void bytes_that_are_no_text_are_escaped(void)
{
	static const uint8_t odd[] = {0, 7, 8, 9, 0x1b, '[', 'm', 0x7f, 0x80, 0xff, '\\', '\n'};

	fresh();
	log_guest_put(&guest, odd, sizeof odd);
	CHECK_STR(fake.serial, "[work] \\x00\\x07\\x08\\x09\\x1b[m\\x7f\\x80\\xff\\x5c\n");
}

static void long_lines_are_split_and_each_part_prefixed(void)
{
	char text[3 * LOG_LINE_MAX];

	fresh();
	memset(text, 'a', sizeof text);
	memcpy(text + LOG_LINE_MAX, "hv: forged", 10);
	log_guest_put(&guest, (const uint8_t *)text, LOG_LINE_MAX + 10);
	log_guest_flush(&guest);
	CHECK_EQ(fake.serial_len, 7 + LOG_LINE_MAX + 1 + 7 + 10 + 1);
	CHECK_TRUE(fake_line("[work] hv: forged"));
	CHECK_EQ(guest.used, 0);
}

/* The promise itself: any bytes, cut anywhere, with core lines in between. */
static void no_guest_byte_makes_a_line_of_the_core(void)
{
	static const char text[] = "\r\nhv: x\r\n\rhv: \n\x85hv: \x0chv: \x1b[2Khv: \0\nhv:";
	uint64_t seed = 99;
	unsigned core = 0, said = 0;

	fresh();
	for (unsigned i = 0; i < 3000; i++) {
		uint8_t byte = (uint8_t)text[i % (sizeof text - 1)];

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		if (seed >> 60 == 0)
			byte = (uint8_t)(seed >> 32);
		log_guest_put(&guest, &byte, 1);
		if (seed >> 58 == 1) {
			log_line("core");
			said++;
		}
	}
	for (char *at = fake.serial; *at != 0; at = strchr(at, '\n') + 1) {
		if (strncmp(at, "hv: core\n", 9) == 0)
			core++;
		else
			REQUIRE(strncmp(at, "[work] ", 7) == 0);
		REQUIRE(strchr(at, '\n') != NULL);
	}
	CHECK_TRUE(said > 10);
	CHECK_EQ(core, said);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(core_lines_come_out_as_said);
	RUN(a_bad_format_ends_the_line);
	RUN(long_strings_are_cut);
	RUN(guest_lines_are_prefixed);
	RUN(a_name_of_full_length_is_whole);
	RUN(bytes_that_are_no_text_are_escaped);
	RUN(long_lines_are_split_and_each_part_prefixed);
	RUN(no_guest_byte_makes_a_line_of_the_core);
	return check_end();
}
