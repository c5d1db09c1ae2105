/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of daemons: plain, and not too many. */
#include <unistd.h>

#include "check.h"
#include "logline.h"

/* What N calls wrote. */
static const char *logged(unsigned n)
{
	static char text[16384];
	int keep = dup(2), ends[2];
	ssize_t len;

	if (keep < 0 || pipe(ends) != 0)
		return "";
	(void)dup2(ends[1], 2);
	for (unsigned i = 0; i < n; i++)
		log_line("a\nb\x1b[31m%s %u", "\xff", i);
	(void)dup2(keep, 2);
	(void)close(keep);
	(void)close(ends[1]);
	len = read(ends[0], text, sizeof text - 1);
	(void)close(ends[0]);
	text[len > 0 ? len : 0] = '\0';
	return text;
}

static unsigned lines(const char *text)
{
	unsigned n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

static void nothing_but_printable_characters(void)
{
	CHECK_STR(logged(1), "test: a?b?[31m? 0\n");
}

/* A second may end on the way: then there are two portions, and a line about those left out. */
static void twenty_lines_in_a_second(void)
{
	unsigned n = lines(logged(100));

	CHECK_TRUE(n >= 19 && n <= 41);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	log_name("test");
	RUN(nothing_but_printable_characters);
	RUN(twenty_lines_in_a_second);
	return check_end();
}
