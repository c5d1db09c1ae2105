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

/* Reads TEXT in pieces of PIECE bytes; gives back its lines, each with | behind it. */
static const char *in_pieces(const char *text, size_t piece)
{
	static char said[512];
	struct event_lines lines = {0};
	size_t all = strlen(text);

	said[0] = 0;
	for (size_t done = 0; done < all; done += piece) {
		const char *at = text + done;
		size_t left = piece < all - done ? piece : all - done;

		while (event_next(&lines, &at, &left)) {
			(void)strcat(said, lines.text);
			(void)strcat(said, "|");
		}
		CHECK_EQ(left, 0);
	}
	return said;
}

static void lines_come_joined_and_split(void)
{
	for (size_t piece = 1; piece <= 48; piece++) {
		CHECK_EQ(strcmp(in_pieces("down\nup 10.78.0.1\n", piece), "down|up 10.78.0.1|"), 0);
		CHECK_EQ(strcmp(in_pieces("down\ndown\n\nup 10.78.0.", piece), "down|down||"), 0);
	}
}

static void overlong_lines_are_dropped(void)
{
	char text[2 * EVENT_LINE + 8];

	(void)memset(text, 'x', sizeof text);
	(void)strcpy(text + 2 * EVENT_LINE, "\ndown\n");
	for (size_t piece = 1; piece <= sizeof text; piece++)
		CHECK_EQ(strcmp(in_pieces(text, piece), "down|"), 0);
	/* The longest one that fits. */
	(void)strcpy(text + EVENT_LINE - 1, "\n");
	CHECK_EQ(strlen(in_pieces(text, EVENT_LINE)), EVENT_LINE);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(known_lines);
	RUN(other_lines_are_refused);
	RUN(lines_come_joined_and_split);
	RUN(overlong_lines_are_dropped);
	return check_end();
}
