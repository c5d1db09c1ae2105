/* SPDX-License-Identifier: Apache-2.0 */
/* Values of a site: every form that is one, and what merely looks like one. */
#include "check.h"

#include "build-image/bhctl/value.h"
#include "hv_system.h"

static void numbers(void)
{
	uint64_t n = 0;

	CHECK_TRUE(value_uint("0", 0, &n) && n == 0);
	CHECK_TRUE(value_uint("4294967295", UINT32_MAX, &n) && n == UINT32_MAX);
	CHECK_TRUE(value_uint("18446744073709551615", UINT64_MAX, &n) && n == UINT64_MAX);
	CHECK_TRUE(value_uint("007", 9, &n) && n == 7);
	n = 42;
	CHECK_FALSE(value_uint("4294967296", UINT32_MAX, &n));
	CHECK_FALSE(value_uint("18446744073709551616", UINT64_MAX, &n));
	CHECK_FALSE(value_uint("10", 9, &n));
	CHECK_FALSE(value_uint("9", 8, &n));
	CHECK_FALSE(value_uint("", 9, &n));
	CHECK_FALSE(value_uint("-1", 9, &n));
	CHECK_FALSE(value_uint("+1", 9, &n));
	CHECK_FALSE(value_uint("1 ", 9, &n));
	CHECK_FALSE(value_uint("0x1", 9, &n));
	CHECK_EQ(n, 42);
}

static void sizes(void)
{
	uint64_t n = 0;

	CHECK_TRUE(value_bytes("4096", &n) && n == 4096);
	CHECK_TRUE(value_bytes("64K", &n) && n == 65536);
	CHECK_TRUE(value_bytes("32M", &n) && n == 32u << 20);
	CHECK_TRUE(value_bytes("2G", &n) && n == 2ull << 30);
	CHECK_TRUE(value_bytes("4294967295G", &n) && n == 4294967295ull << 30);
	CHECK_FALSE(value_bytes("K", &n));
	CHECK_FALSE(value_bytes("1k", &n));
	CHECK_FALSE(value_bytes("1T", &n));
	CHECK_FALSE(value_bytes("1MB", &n));
	CHECK_FALSE(value_bytes("1 M", &n));
	CHECK_FALSE(value_bytes("4294967296", &n));
}

static void times(void)
{
	uint64_t n = 0;
	uint32_t a = 0, b = 0;

	CHECK_TRUE(value_us("7us", &n) && n == 7);
	CHECK_TRUE(value_us("20ms", &n) && n == 20000);
	CHECK_TRUE(value_us("3s", &n) && n == 3000000);
	CHECK_FALSE(value_us("3", &n));
	CHECK_FALSE(value_us("3m", &n));
	CHECK_FALSE(value_us("3s ", &n));
	CHECK_FALSE(value_us("ms", &n));
	CHECK_TRUE(value_rate("5/60s", &a, &b) && a == 5 && b == 60);
	CHECK_TRUE(value_rate("1000/86400s", &a, &b) && a == 1000 && b == 86400);
	a = b = 42;
	CHECK_FALSE(value_rate("1001/60s", &a, &b));
	CHECK_FALSE(value_rate("5/86401s", &a, &b));
	CHECK_FALSE(value_rate("0/60s", &a, &b));
	CHECK_FALSE(value_rate("5/0s", &a, &b));
	CHECK_FALSE(value_rate("5/60", &a, &b));
	CHECK_FALSE(value_rate("5/60ms", &a, &b));
	CHECK_FALSE(value_rate("5:60s", &a, &b));
	CHECK_FALSE(value_rate("5/", &a, &b));
	CHECK_TRUE(a == 42 && b == 42);
}

static void colours(void)
{
	uint32_t n = 0;

	CHECK_TRUE(value_colour("#09afbe", &n) && n == 0x09afbe);
	CHECK_FALSE(value_colour("09afbe", &n));
	CHECK_FALSE(value_colour("#09afb", &n));
	CHECK_FALSE(value_colour("#09afbe0", &n));
	CHECK_FALSE(value_colour("#09AFBE", &n));
	CHECK_FALSE(value_colour("#09afbg", &n));
	CHECK_FALSE(value_colour("#/9afbe", &n));
	CHECK_FALSE(value_colour("#:9afbe", &n));
	CHECK_FALSE(value_colour("#`9afbe", &n));
	CHECK_FALSE(value_colour("", &n));
}

static void devices(void)
{
	uint32_t m = 0, v = 0;

	CHECK_TRUE(value_match("class:0c03", &m, &v) && m == HV_MATCH_CLASS && v == 0x0c03);
	CHECK_TRUE(value_match("id:8086:10d3", &m, &v) && m == HV_MATCH_ID && v == 0x808610d3);
	CHECK_TRUE(value_match("slot:ff:1f.7", &m, &v) && m == HV_MATCH_SLOT && v == 0xffff);
	CHECK_TRUE(value_match("slot:00:10.1", &m, &v) && v == 0x81);
	m = v = 42;
	CHECK_FALSE(value_match("class:0c0", &m, &v));
	CHECK_FALSE(value_match("class:0c030", &m, &v));
	CHECK_FALSE(value_match("class:", &m, &v));
	CHECK_FALSE(value_match("clas:0c03", &m, &v));
	CHECK_FALSE(value_match("id:8086", &m, &v));
	CHECK_FALSE(value_match("id:8086.10d3", &m, &v));
	CHECK_FALSE(value_match("id:8086:10d", &m, &v));
	CHECK_FALSE(value_match("id:8086:10d3 ", &m, &v));
	CHECK_FALSE(value_match("slot:00:20.0", &m, &v));
	CHECK_FALSE(value_match("slot:00:10.8", &m, &v));
	CHECK_FALSE(value_match("slot:00.10.0", &m, &v));
	CHECK_FALSE(value_match("slot:00:10:0", &m, &v));
	CHECK_FALSE(value_match("slot:00:10.00", &m, &v));
	CHECK_FALSE(value_match("slot:0:10.0", &m, &v));
	CHECK_FALSE(value_match("slow:00:10.0", &m, &v));
	CHECK_FALSE(value_match("", &m, &v));
	CHECK_TRUE(m == 42 && v == 42);
}

static void names(void)
{
	CHECK_TRUE(value_name("a", 15));
	CHECK_TRUE(value_name("az-09", 5));
	CHECK_FALSE(value_name("az-090", 5));
	CHECK_FALSE(value_name("", 15));
	CHECK_FALSE(value_name("A", 15));
	CHECK_FALSE(value_name("a b", 15));
	CHECK_FALSE(value_name("a.b", 15));
}

static void words(void)
{
	static const struct value_word table[] = {
		{"one",	1},
		    {"two",  2},
		{"four", 4},
		     VALUE_END
	      };
	uint32_t n = 42;

	CHECK_TRUE(value_word("two", table, &n) && n == 2);
	CHECK_FALSE(value_word("tw", table, &n));
	CHECK_FALSE(value_word("twos", table, &n));
	CHECK_TRUE(value_words("two,one", table, &n) && n == 3);
	CHECK_TRUE(value_words("four", table, &n) && n == 4);
	CHECK_TRUE(value_words("none", table, &n) && n == 0);
	n = 42;
	CHECK_FALSE(value_words("", table, &n));
	CHECK_FALSE(value_words("one,", table, &n));
	CHECK_FALSE(value_words(",one", table, &n));
	CHECK_FALSE(value_words("one,one", table, &n));
	CHECK_FALSE(value_words("one,none", table, &n));
	CHECK_FALSE(value_words("one two", table, &n));
	CHECK_FALSE(value_words("a-word-of-16-chr", table, &n));
	CHECK_EQ(n, 42);
	CHECK_TRUE(value_bool("yes", &n) && n == 1);
	CHECK_TRUE(value_bool("no", &n) && n == 0);
	CHECK_FALSE(value_bool("Yes", &n));
	CHECK_STR(value_name_of(table, 4), "four");
	CHECK_STR(value_name_of(table, 3), "?");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(numbers);
	RUN(sizes);
	RUN(times);
	RUN(colours);
	RUN(devices);
	RUN(names);
	RUN(words);
	return check_end();
}
