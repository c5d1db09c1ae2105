/* SPDX-License-Identifier: Apache-2.0 */
/* The few formats the loader's lines need; must stay pure. */
#include "fmt.h"

#include <stdint.h>

struct cursor {
	char *to;
	size_t at, cap;
};

static void put(struct cursor *c, char ch)
{
	if (c->at + 1 < c->cap)
		c->to[c->at++] = ch;
}

static void put_number(struct cursor *c, uint64_t v, unsigned base)
{
	char digits[20];
	unsigned n = 0;

	do {
		digits[n++] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v && n < sizeof digits);
	while (n > 0)
		put(c, digits[--n]);
}

size_t fmt_line(char *to, size_t cap, const char *format, va_list args)
{
	struct cursor c = {to, 0, cap};

	for (const char *f = format; *f; f++) {
		if (*f != '%') {
			put(&c, *f);
			continue;
		}
		f++;
		int wide = f[0] == 'l' && f[1] == 'l';
		f += wide ? 2 : 0;
		if (*f == 's') {
			for (const char *s = va_arg(args, const char *); *s; s++)
				put(&c, *s);
		} else if (*f == 'c') {
			put(&c, (char)va_arg(args, int));
		} else if (*f == 'u' || *f == 'x') {
			uint64_t v =
				wide ? va_arg(args, unsigned long long) : va_arg(args, unsigned);
			put_number(&c, v, *f == 'u' ? 10 : 16);
		} else if (*f) {
			put(&c, *f);
		} else {
			break;
		}
	}
	to[c.at] = 0;
	return c.at;
}
