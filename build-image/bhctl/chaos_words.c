/* SPDX-License-Identifier: Apache-2.0 */
/* What the words after `bhctl chaos` mean. Asks nobody. */
#include <string.h>

#include "chaos.h"
#include "value.h"

#define EVERY_MIN_MS 100u
#define TIME_MAX     86400000u /* a day */
#define NUMBER_MAX   12u

static const struct value_word acts[] = {
	{"kill",	 CHAOS_KILL },
	{"hang",	 CHAOS_HANG },
	{"flood", CHAOS_FLOOD},
	VALUE_END,
};

static const struct value_word units[] = {
	{"ms", 1	},
	   {"s",	 1000   },
	{"m",  60000  },
	      {"h",  3600000},
	      VALUE_END,
};

static bool take_time(const char *s, uint64_t *out)
{
	char number[NUMBER_MAX] = {0};
	size_t digits = strspn(s, "0123456789");
	uint32_t unit;
	uint64_t n;

	if (digits == 0 || digits >= sizeof number || !value_word(s + digits, units, &unit))
		return false;
	memcpy(number, s, digits);
	if (!value_uint(number, TIME_MAX / unit, &n))
		return false;
	*out = n * unit;
	return true;
}

bool chaos_words(int argc, char **argv, struct chaos *c)
{
	struct chaos found = {.every_ms = 10000, .for_ms = 60000};
	uint32_t act;

	if (argc < 3 || argc % 2 == 0 || !value_word(argv[1], acts, &act))
		return false;
	found.act = (enum chaos_act)act;
	found.vm = argv[2];
	for (int i = 3; i < argc; i += 2) {
		bool every = strcmp(argv[i], "--every") == 0;

		if (!every && strcmp(argv[i], "--for") != 0)
			return false;
		if (!take_time(argv[i + 1], every ? &found.every_ms : &found.for_ms))
			return false;
	}
	if (found.every_ms < EVERY_MIN_MS || found.for_ms == 0)
		return false;
	*c = found;
	return true;
}
